package desk

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"sort"
	"strings"

	"kontor/node"
	"kontor/node/ical"
	"kontor/node/intake"
	"kontor/node/intake/door"
	"kontor/protocol/artifact"
	"kontor/protocol/campaign"
)

// ImportCalendar takes a calendar file: entries with UIDs that this company gave move its own events, others become blackouts of the given
// reason. An entry with a lower SEQUENCE than the one held is left out.
func (d *Desk) ImportCalendar(data []byte, reason string) (ImportResult, error) {
	return d.importKind(intake.Campaign, data, ImportOptions{Format: string(door.ICal), Reason: reason})
}

// takeCalendar puts the entries of a calendar into the draft of the campaigns.
func (d *Desk) takeCalendar(entries []ical.Entry, report *intake.Report, o ImportOptions) (ImportResult, error) {
	result := ImportResult{Report: report, DryRun: o.DryRun}
	why := campaign.BlackoutReason(strings.ToUpper(cmp.Or(o.Reason, string(campaign.ForFreeze))))
	if !why.Known() {
		return result, node.Failf("BAD_BLACKOUT", "reason %q: want INVENTORY, QUALITY_HOLD, LEGAL, BRAND or FREEZE", o.Reason)
	}
	var own []artifact.SeriesID
	for _, p := range d.node.Partnerships() {
		s, err := d.series(p.PID, campaign.Type, "own")
		if err != nil {
			return result, err
		}
		own = append(own, s.Series)
	}
	sort.SliceStable(entries, func(i, j int) bool { return entries[i].Sequence < entries[j].Sequence })
	notes := report.Notes
	err := d.change(o, &result, func(rows node.PrivateRows) error {
		report.Notes = slices.Clone(notes) // tried once more where an undo does not fit
		for _, e := range entries {
			if err := takeEntry(rows, e, own, why, &result); err != nil {
				return err
			}
		}
		return nil
	})
	return result, err
}

func takeEntry(rows node.PrivateRows, e ical.Entry, own []artifact.SeriesID, why campaign.BlackoutReason, result *ImportResult) error {
	for _, series := range own {
		key, ours := e.Key(series)
		if !ours {
			continue
		}
		kind, id, _ := strings.Cut(key, "|")
		if kind != "event" {
			result.Unchanged++
			return nil // blackouts and deliveries of ours are kept here, not there
		}
		id, deliveries := strings.CutSuffix(id, "|shipPeriod")
		var was draftEvent
		found, err := rows.Get(draftEvents+id, &was)
		if err != nil || !found {
			return err
		}
		now := was
		if len(e.Spans) == 0 {
			result.Unchanged++
			return nil // an event ends by its status here, not by a calendar without its day
		}
		if deliveries {
			now.Event.SellIn = &e.Spans[0].Days
		} else {
			now.Event.Period = e.Spans[0].Days
		}
		return putCounted(rows, draftEvents+id, now, was, true, result)
	}
	sum := sha256.Sum256([]byte(e.UID))
	id := "ics-" + hex.EncodeToString(sum[:6])
	var was draftBlackout
	found, err := rows.Get(draftBlackouts+id, &was)
	if err != nil {
		return err
	}
	if found && e.Sequence < was.Sequence {
		result.Report.Note(intake.Complaint{Code: intake.NoteIgnored, Value: artifact.Clip(e.UID), Text: fmt.Sprintf("sequence %d is older than %d, which is held", e.Sequence, was.Sequence)})
		return nil
	}
	spans := e.Spans
	if e.Free && !e.Canceled {
		result.Report.Note(intake.Complaint{Code: intake.NoteNotCarried, Value: artifact.Clip(e.UID), Text: "it takes no time (TRANSP:TRANSPARENT): no blackout was made of it"})
	}
	if e.Free || e.Canceled {
		spans = nil
	}
	// The title stays at home: people's calendars name people.
	for i, span := range spans {
		name := id
		if i > 0 {
			name = fmt.Sprintf("%s-%d", id, i+1)
		}
		var was draftBlackout
		found, err := rows.Get(draftBlackouts+name, &was)
		if err != nil {
			return err
		}
		now := draftBlackout{campaign.Blackout{ID: name, Reason: why, Period: span.Days, RRule: span.RRule}, e.UID, e.Sequence}
		if err := putCounted(rows, draftBlackouts+name, now, was, found, result); err != nil {
			return err
		}
	}
	for i := len(spans); i < ical.MaxSpans; i++ { // what the entry had before, and has no more
		name := id
		if i > 0 {
			name = fmt.Sprintf("%s-%d", id, i+1)
		}
		if found, err := rows.Get(draftBlackouts+name, &draftBlackout{}); err != nil || !found {
			return err
		}
		if err := rows.Delete(draftBlackouts + name); err != nil {
			return err
		}
	}
	return nil
}
