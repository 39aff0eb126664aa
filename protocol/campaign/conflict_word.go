package campaign

import (
	"bytes"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"

	"kontor/protocol/artifact"
	"kontor/protocol/calendar"
	"kontor/protocol/forecast"
)

// quality is practice T17: a lot block stops a campaign when it is critical; one that is not counts by the cover it
// takes away, which cover has judged already, and warns.
func (f *finder) quality(h held) {
	for _, b := range f.blocksOf(h.Event) {
		severity, word := Warns, "is blocked; what it takes from cover counts there"
		if b.Critical {
			severity, word = Stops, "is blocked as critical"
		}
		f.add(Conflict{Kind: ByQuality, Severity: severity, Calendar: h.CID, Event: h.ID, With: b.Source.String() + "/" + b.ID, Items: []string{b.Item.ID()},
			Text: fmt.Sprintf("a lot of %q %s since %s (block %q)", artifact.Clip(b.Item.ID()), word, b.Since, artifact.Clip(b.ID))})
	}
}

func (f *finder) blocksOf(e Event) (out []LotBlock) {
	for _, b := range f.Blocks {
		for _, i := range e.Items {
			if sameItem(i, b.Item) && (b.Place == (forecast.Location{}) || touches([]forecast.Location{b.Place}, e.Places)) {
				out = append(out, b)
				break
			}
		}
	}
	return out
}

// approved reports whether a role of a side has approved an asset of an event, in that side's own calendar.
func (f *finder) approved(h held, need string, asset []byte) bool {
	side, role, _ := strings.Cut(need, ":")
	for _, c := range f.Calendars {
		if c.Side != side {
			continue
		}
		for _, y := range c.Document.Replies {
			if y.Series == h.Document.Header.Series && y.Event == h.ID && y.Role == role && slices.ContainsFunc(y.Assets, func(a []byte) bool { return bytes.Equal(a, asset) }) {
				return true
			}
		}
	}
	return false
}

// unapproved is what stands against a message that no role is asked to approve: it warns, and keeps a launch's message gate shut.
const unapproved = "is approved by nobody: no role is named to do so"

func (f *finder) messages(h held) {
	for _, m := range h.Messages {
		if len(m.Needs) == 0 {
			name := hex.EncodeToString(m.Asset)
			f.add(Conflict{Kind: ByMessage, Severity: Warns, Calendar: h.CID, Event: h.ID, With: name + "/nobody", Text: fmt.Sprintf("message %s... %s", name[:12], unapproved)})
		}
		for _, need := range m.Needs {
			if !f.approved(h, need, m.Asset) {
				name := hex.EncodeToString(m.Asset)
				f.add(Conflict{Kind: ByMessage, Severity: Stops, Calendar: h.CID, Event: h.ID, With: name + "/" + need,
					Text: fmt.Sprintf("message %s... is not approved by %s", name[:12], need)})
			}
		}
		if m.Embargo > 0 && m.Embargo >= h.Period.Start.Millis() {
			name := hex.EncodeToString(m.Asset)
			f.add(Conflict{Kind: ByMessage, Severity: Warns, Calendar: h.CID, Event: h.ID, With: name + "/embargo",
				Text: fmt.Sprintf("message %s... may not be shown on the first day: its embargo ends on %s", name[:12], calendar.DateOf(m.Embargo))})
		}
	}
}

// verdict is what other companies reply to the event as it stands now, and who does: a refusal stands before all else, and having seen it before nothing.
func (f *finder) verdict(h held) (Verdict, string) {
	terms, err := h.Terms()
	if err != nil {
		return "", ""
	}
	var verdict Verdict
	by := ""
	for _, c := range f.Calendars {
		if c.Author == h.Author {
			continue
		}
		for _, y := range c.Document.Replies {
			if y.Series != h.Document.Header.Series || y.Event != h.ID || !bytes.Equal(y.Digest, terms) {
				continue
			}
			if y.Verdict == Declined || verdict == "" || verdict == Seen {
				verdict, by = y.Verdict, y.Role
			}
			if verdict == Declined {
				return verdict, by
			}
		}
	}
	return verdict, by
}

func (f *finder) replies(h held) {
	verdict, by := f.verdict(h)
	switch {
	case verdict == Declined:
		f.add(Conflict{Kind: ByReply, Severity: Stops, Calendar: h.CID, Event: h.ID, With: by, Text: "the other side's " + by + " rejected it as it stands"})
	case h.ExpiredAt(f.At) && verdict != Accepted:
		f.add(Conflict{Kind: ByTime, Severity: Stops, Calendar: h.CID, Event: h.ID, Text: fmt.Sprintf("was to be accepted by %s: it has expired", h.AcceptBy)})
	}
}
