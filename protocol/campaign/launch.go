package campaign

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"kontor/protocol/block"
	"kontor/protocol/calendar"
)

// GateState says where a gate stands.
type GateState string

// The states of a gate.
const (
	GatePassed GateState = "PASSED"
	GateOpen   GateState = "WAITING" // not passed, its day has not come
	GateLate   GateState = "LATE"    // not passed, its day is over
)

// GateView is a gate with what it waits for.
type GateView struct {
	Gate
	State GateState `json:"state"`
	Waits []string  `json:"waits"` // why it is not passed
}

// LaunchView puts a new item, its event and the gates of both sides on one date.
type LaunchView struct {
	Calendar block.CID     `json:"calendar"`
	Event    string        `json:"event"`
	Name     string        `json:"name"`
	Status   Status        `json:"status"`
	Item     string        `json:"item"`
	Date     calendar.Date `json:"date"`
	Ready    bool          `json:"ready"` // every gate is passed
	Gates    []GateView    `json:"gates"` // by day due
}

// Launches views every open launch, by date, from the conflicts found in the same input.
func Launches(in Input, conflicts []Conflict) []LaunchView {
	f := finder{Input: in}
	out := []LaunchView{}
	for _, c := range in.Calendars {
		for _, e := range c.Document.Events {
			if e.Launch == nil || !e.Status.Open() {
				continue
			}
			h := held{c, e}
			v := LaunchView{Calendar: c.CID, Event: e.ID, Name: e.Name, Status: e.Status, Item: e.Launch.Item, Date: e.Launch.Date, Ready: true}
			for _, g := range e.Launch.Gates {
				waits := f.waits(h, g, conflicts)
				view := GateView{Gate: g, State: GatePassed, Waits: waits}
				if len(waits) > 0 {
					view.State, v.Ready = GateOpen, false
					if calendar.DateOf(in.At) > g.Due {
						view.State = GateLate
					}
				}
				v.Gates = append(v.Gates, view)
			}
			slices.SortStableFunc(v.Gates, func(a, b GateView) int { return cmp.Or(cmp.Compare(a.Due, b.Due), cmp.Compare(a.Kind, b.Kind)) })
			out = append(out, v)
		}
	}
	slices.SortStableFunc(out, func(a, b LaunchView) int {
		return cmp.Or(cmp.Compare(a.Date, b.Date), a.Calendar.Compare(b.Calendar), cmp.Compare(a.Event, b.Event))
	})
	return out
}

// waits says what keeps a gate shut; nothing when it is passed. A launch waits for every blocked lot of its item,
// whatever its severity: what reaches the market first is what it will remember.
func (f *finder) waits(h held, g Gate, conflicts []Conflict) []string {
	waits := []string{}
	stopped := func(kind ConflictKind) {
		for _, c := range Blocked(conflicts, h.CID, h.ID) {
			if c.Kind == kind {
				waits = append(waits, c.Text)
			}
		}
	}
	switch g.Kind {
	case GateCampaign:
		if verdict, _ := f.verdict(h); verdict != Accepted {
			waits = append(waits, "the other side has not accepted the event as it stands")
		}
		stopped(ByBlackout)
		stopped(ByCampaign)
	case GateCapacity:
		stopped(ByCover)
		for _, c := range conflicts {
			if c.Calendar == h.CID && c.Event == h.ID && c.Kind == ByCover && c.Shortage == 0 && c.Upper == 0 && c.Severity == Warns {
				waits = append(waits, c.Text)
			}
		}
	case GateQuality:
		item, _ := h.item(h.Launch.Item)
		for _, b := range f.Blocks {
			if sameItem(b.Item, item) {
				waits = append(waits, fmt.Sprintf("lot block %q of %s is not released", b.ID, b.Since))
			}
		}
	case GateMessage:
		stopped(ByMessage)
		for _, c := range conflicts {
			if c.Calendar == h.CID && c.Event == h.ID && c.Kind == ByMessage && strings.HasSuffix(c.Text, unapproved) {
				waits = append(waits, c.Text)
			}
		}
	case GateManual:
		if g.Done == 0 {
			waits = append(waits, "nobody has passed it")
		}
	}
	return waits
}
