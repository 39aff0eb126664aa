package campaign

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"

	"kontor/protocol/artifact"
	"kontor/protocol/block"
	"kontor/protocol/calendar"
	"kontor/protocol/capacity"
	"kontor/protocol/forecast"
)

// Bounds of a search for conflicts.
const (
	MaxConflicts = 1_000 // a calendar with more is broken as a whole
	MaxPairs     = 4_000_000
)

// Held is a calendar in force and whose it is.
type Held struct {
	Author   block.CID
	Side     string // "buyer" or "seller"
	CID      block.CID
	Document Document
}

// CoverOf answers the cover of an event's items: of a match made with the event's lift in demand and blocked lots
// taken out of stock. nil means that there is nothing to match.
type CoverOf func(e Event) *capacity.Result

// Input is what conflicts are found in: both sides' calendars, cover and lot blocks. At is the time the state of
// proposals is judged at, ms UTC.
type Input struct {
	Calendars []Held
	Blocks    []LotBlock
	Cover     CoverOf
	At        int64
	Agreed    []AgreedLift
}

// ConflictKind says what stands against an event.
type ConflictKind string

// The kinds of conflicts.
const (
	ByBlackout ConflictKind = "BLACKOUT"
	ByCampaign ConflictKind = "CAMPAIGN" // another event on the same item and place
	ByCover    ConflictKind = "COVER"
	ByQuality  ConflictKind = "QUALITY"
	ByMessage  ConflictKind = "MESSAGE" // an approval is missing
	ByTime     ConflictKind = "EXPIRED" // the proposal was not accepted in time
	ByReply    ConflictKind = "REJECTED"
	ByTerms    ConflictKind = "AGREED" // the event is not as an agreement fixes it
)

// Raised are the kinds that become exceptions; approvals and acceptance are steps of the event, and its own view shows them.
var Raised = []ConflictKind{ByBlackout, ByCampaign, ByCover, ByQuality}

// Severity says whether the event may still go.
type Severity string

// The severities.
const (
	Warns Severity = "WARN"
	Stops Severity = "BLOCK" // the event may not become ACTIVE
)

// Conflict is one thing that stands against an event.
type Conflict struct {
	ID       string          `json:"id"` // the same on both nodes
	Kind     ConflictKind    `json:"kind"`
	Severity Severity        `json:"severity"`
	Calendar block.CID       `json:"calendar"` // that holds the event
	Event    string          `json:"event"`
	With     string          `json:"with,omitempty"` // the blackout, event, lot block or asset on the other side of it
	Items    []string        `json:"items,omitempty"`
	Period   calendar.Bucket `json:"period,omitzero"`
	Shortage int64           `json:"shortage,omitempty"` // COVER: probability, ppm, the lower end of its interval
	Upper    int64           `json:"upper,omitempty"`    // its upper end
	Text     string          `json:"text"`
}

// DefaultMaxShortage is the probability of a shortage above which an event that states no limit may not go.
const DefaultMaxShortage = capacity.DefaultRisk

// Conflicts finds what stands against each open event, by calendar, event and kind. Both nodes find the same from the
// same documents. An error says that the calendars are too large to be compared.
func Conflicts(in Input) ([]Conflict, error) {
	f := finder{Input: in}
	f.Calendars = sorted(in.Calendars)
	f.expand(f.days())
	var all []held
	for _, c := range f.Calendars {
		for _, e := range c.Document.Events {
			if e.Status.Open() {
				all = append(all, held{c, e})
			}
		}
	}
	if len(all)*len(all) > MaxPairs {
		return nil, fmt.Errorf("conflicts: %d open events are too many to compare", len(all))
	}
	for i, h := range all {
		f.blackouts(h)
		for j, other := range all {
			if i != j {
				f.overlap(h, other)
			}
		}
		f.cover(h)
		f.quality(h)
		f.messages(h)
		f.replies(h)
		f.agreed(h)
	}
	f.missing()
	slices.SortStableFunc(f.found, func(a, b Conflict) int {
		return cmp.Or(a.Calendar.Compare(b.Calendar), cmp.Compare(a.Event, b.Event), cmp.Compare(a.Severity, b.Severity), cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.With, b.With), a.Period.Compare(b.Period))
	})
	return f.found[:min(len(f.found), MaxConflicts)], nil
}

// Blocked are the conflicts of one event that keep it from going.
func Blocked(all []Conflict, calendar block.CID, event string) (out []Conflict) {
	for _, c := range all {
		if c.Calendar == calendar && c.Event == event && c.Severity == Stops {
			out = append(out, c)
		}
	}
	return out
}

type held struct {
	Held
	Event
}

type window struct {
	Blackout
	windows []calendar.Bucket
}

type finder struct {
	Input
	closed []window
	found  []Conflict
}

func (f *finder) add(c Conflict) {
	h := sha256.New()
	for _, part := range []string{"kontor conflict v1", string(c.Kind), c.Calendar.String(), c.Event, c.With, c.Period.String()} {
		fmt.Fprintf(h, "%d:%s", len(part), part)
	}
	c.ID = hex.EncodeToString(h.Sum(nil)[:16])
	f.found = append(f.found, c)
}

// days are those of all events.
func (f *finder) days() (span calendar.Bucket) {
	for _, c := range f.Calendars {
		for _, e := range c.Document.Events {
			if span.Start == 0 || e.Period.Start < span.Start {
				span.Start = e.Period.Start
			}
			span.End = max(span.End, e.Period.End)
		}
	}
	return span
}

// expand writes every blackout out over some days, once.
func (f *finder) expand(span calendar.Bucket) {
	if !span.Valid() {
		return
	}
	for _, c := range f.Calendars {
		for _, b := range c.Document.Blackouts {
			f.closed = append(f.closed, window{b, b.Windows(span)})
		}
	}
	slices.SortStableFunc(f.closed, func(a, b window) int { return cmp.Compare(a.ID, b.ID) })
}

func (f *finder) blackouts(h held) {
	for _, b := range f.closed {
		if !touches(b.Places, h.Places) {
			continue
		}
		items := hit(b.Items, h.Event)
		if len(b.Items) > 0 && len(items) == 0 {
			continue
		}
		for _, w := range b.windows {
			if !w.Overlaps(h.Period) {
				continue
			}
			severity := Stops
			if b.Soft {
				severity = Warns
			}
			f.add(Conflict{Kind: ByBlackout, Severity: severity, Calendar: h.CID, Event: h.ID, With: b.ID, Items: items, Period: w,
				Text: fmt.Sprintf("%s lies in the blackout %q (%s) of %s", h.Period, artifact.Clip(b.ID), b.Reason, w)})
			break // one day in a blackout is enough; a daily one would fill the list
		}
	}
}

// hit are the event's items among those named, by the event's own names.
func hit(ids []string, e Event) (out []string) {
	for _, id := range ids {
		if i, ok := e.item(id); ok && !slices.Contains(out, i.ID()) {
			out = append(out, i.ID())
		}
	}
	slices.Sort(out)
	return out
}

// touches reports whether two lists of places share one; none means everywhere.
func touches(a, b []forecast.Location) bool {
	if len(a) == 0 || len(b) == 0 {
		return true
	}
	for _, x := range a {
		for _, y := range b {
			if placesMeet(x, y) {
				return true
			}
		}
	}
	return false
}

// placesMeet compares the most precise names both have; a region holds its subdivisions and the sites in it.
func placesMeet(x, y forecast.Location) bool {
	switch {
	case x.GLN != "" && y.GLN != "":
		return x.GLN == y.GLN
	case x.UNLOCODE != "" && y.UNLOCODE != "":
		return x.UNLOCODE == y.UNLOCODE
	}
	inside := func(a, b string) bool { return a == b || strings.HasPrefix(a, b+"-") }
	return x.Region != "" && y.Region != "" && (inside(x.Region, y.Region) || inside(y.Region, x.Region))
}

func (f *finder) overlap(h, other held) {
	if !h.Period.Overlaps(other.Period) || !touches(h.Places, other.Places) {
		return
	}
	var items []string
	severity, how := Warns, "both on the same item and place"
	for _, i := range h.Items {
		for _, o := range other.Items {
			if !sameItem(i, o) {
				continue
			}
			items = append(items, i.ID())
			if changesPrice(h.Event, i) && changesPrice(other.Event, o) {
				severity, how = Stops, "both change the price of the same item"
			}
		}
	}
	if len(items) == 0 {
		return
	}
	slices.Sort(items)
	items = slices.Compact(items)
	both := calendar.Bucket{Start: max(h.Period.Start, other.Period.Start), End: min(h.Period.End, other.Period.End)}
	f.add(Conflict{Kind: ByCampaign, Severity: severity, Calendar: h.CID, Event: h.ID, With: other.CID.String() + "/" + other.ID, Items: items, Period: both,
		Text: fmt.Sprintf("runs beside %q in %s, %s", artifact.Clip(other.Name), both, how)})
}

func changesPrice(e Event, i forecast.Item) bool {
	for _, o := range e.Offers {
		if o.Mechanism.ChangesPrice() {
			if x, ok := e.item(o.Item); ok && sameItem(x, i) {
				return true
			}
		}
	}
	return false
}
