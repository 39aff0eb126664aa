package desk

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"kontor/node"
	"kontor/node/intake"
	"kontor/node/outlet"
	"kontor/protocol/forecast"
	"kontor/protocol/quantity"
)

// noticeRows keep the notices of disturbances that came in files, until somebody has seen to them: private, of whatever partner sent the file.
const noticeRows = "figures/notice/"

// maxNotices bounds the notices kept.
const maxNotices = 10_000

// Notice tells of something that disturbs demand or capacity, as a partner's system sent it.
type Notice struct {
	ID       string          `cbor:"id" json:"id"`
	Source   string          `cbor:"source,omitempty" json:"source,omitempty"` // of the disruption, the same along the chain
	Related  []string        `cbor:"related,omitempty" json:"related,omitempty"`
	Text     string          `cbor:"text" json:"text"`
	Effect   string          `cbor:"effect" json:"effect"` // demand-increase, demand-reduction, capacity-increase, capacity-reduction; or one of those below
	Cause    string          `cbor:"cause" json:"cause"`
	Status   string          `cbor:"status" json:"status"` // open or resolved
	Start    int64           `cbor:"start" json:"start"`   // ms UTC
	End      int64           `cbor:"end,omitempty" json:"end,omitempty"`
	Changed  int64           `cbor:"changed" json:"changed"`
	Measure  string          `cbor:"measure,omitempty" json:"measure,omitempty"`
	Products []forecast.Item `cbor:"products,omitempty" json:"products,omitempty"`
	Sender   []string        `cbor:"sender,omitempty" json:"sender,omitempty"`
	Receiver []string        `cbor:"receiver,omitempty" json:"receiver,omitempty"`
	Done     bool            `cbor:"done,omitempty" json:"done,omitempty"` // somebody here has seen to it
	// With is the partnership whose file it was, where that was said; "" is found by its products.
	With  string             `cbor:"with,omitempty" json:"with,omitempty"`
	Taken int64              `cbor:"taken" json:"taken"`                     // when it came, ms UTC
	Units *quantity.Quantity `cbor:"units,omitempty" json:"units,omitempty"` // by which two values differ, where it says so
	Unit  quantity.Unit      `cbor:"unit,omitempty" json:"unit,omitempty"`
}

// Key names it among the private rows.
func (n Notice) Key() string { return n.ID }

// Open tells whether it waits for somebody.
func (n Notice) Open() bool { return n.Status == "open" && !n.Done && n.Effect != effectOutput }

func (d *Desk) takeNotices(draft *intake.Draft, report *intake.Report, o ImportOptions) (ImportResult, error) {
	result := ImportResult{Report: report, DryRun: o.DryRun}
	held, err := d.Notices()
	if err != nil {
		return result, err
	}
	told := noticesOf(draft, cmp.Or(o.at, d.node.Now()))
	if len(held)+len(told) > maxNotices {
		return result, node.Failf("IMPORT_REFUSED", "nothing was imported: %d notices and %d in the file are more than %d; take those seen to away: kontor notice done ID --forget", len(held), len(told), maxNotices)
	}
	with := ""
	if o.From != "" {
		p, err := d.Partner(o.From, "")
		if err != nil {
			return result, err
		}
		with = p.PID.String()
	}
	var list []Notice
	for _, n := range told {
		made := n
		made.With, made.Taken = with, cmp.Or(o.at, d.node.Now())
		// What was seen to and says the same is not asked again.
		if i := slices.IndexFunc(held, func(h Notice) bool { return h.ID == n.ID }); i >= 0 {
			if held[i].Changed > n.Changed {
				continue // an older word
			}
			made.Done = held[i].Done && held[i].Changed == n.Changed
			if held[i].Changed == n.Changed {
				made.Taken, made.With = held[i].Taken, cmp.Or(with, held[i].With)
			}
		}
		list = append(list, made)
	}
	err = d.change(o, &result, func(rows node.PrivateRows) error { return putRows(rows, noticeRows, list, &result) })
	return result, err
}

// Effects of notices that no notification has.
const (
	effectDeviation = "deviation"      // two values differ
	effectAsked     = "update-request" // newer figures are asked for
	effectOutput    = "planned-output" // what is planned to be made: nothing is disturbed, and nobody has to act
)

// noticesOf are what a file tells of: notifications, values of an ExceptionNotification that differ by more than was agreed, requests for newer figures, or
// planned output. What has no date of its own is of the time it came.
func noticesOf(draft *intake.Draft, now int64) (out []Notice) {
	for _, q := range draft.Requests {
		of := cmp.Or(q.What, "every kind")
		n := Notice{ID: "request:" + of + "/" + cmp.Or(q.ID, "all"), Effect: effectAsked, Cause: "a partner's system asks", Status: "open", Start: now, Changed: now, Text: "newer figures of " + of}
		if q.ID != "" {
			n.Text += ", " + q.ID
		}
		if q.Known != 0 {
			n.Text += ", if newer than " + time.UnixMilli(q.Known).UTC().Format(time.RFC3339)
		}
		out = append(out, n)
	}
	if draft.Kind == intake.Output {
		out = append(out, outputsOf(draft.Movements, now)...)
	}
	for _, n := range draft.Notices {
		out = append(out, Notice{ID: n.ID, Source: n.Source, Related: n.Related, Text: n.Text, Effect: n.Effect, Cause: n.Cause, Status: n.Status, Start: n.Start, End: n.End, Changed: n.Changed,
			Measure: n.Measure, Products: n.Products, Sender: n.Sender, Receiver: n.Receiver})
	}
	for _, x := range draft.Deviations {
		status := "open"
		if x.Status == "RESOLVED" || x.Status == "SUPERSEDED" {
			status = "resolved"
		}
		n := Notice{ID: x.Sender + ":" + x.Document + "/" + x.ID, Effect: effectDeviation, Cause: cmp.Or(x.Of, "values that differ"), Status: status, Start: x.Period.Start.Millis(), End: x.Period.End.Millis() - 1,
			Products: []forecast.Item{x.Item}, Unit: x.Unit, Text: fmt.Sprintf("%s beside %s %s", x.Source, x.Compared, x.Unit)}
		if x.Sender != "" {
			n.Sender = []string{x.Sender}
		}
		if x.Issued.Valid() {
			n.Changed = x.Issued.Millis()
		}
		if by, err := x.Source.Sub(x.Compared); err == nil {
			by = by.Abs()
			n.Units = &by
		}
		out = append(out, n)
	}
	return out
}

// outputsOf are the planned outputs of a file, one notice for each product and unit.
func outputsOf(movements []intake.Movement, now int64) (out []Notice) {
	at := map[string]int{}
	for _, m := range movements {
		id := "output:" + m.Item.ID() + "/" + string(m.Unit)
		i, held := at[id]
		if !held {
			i = len(out)
			at[id] = i
			out = append(out, Notice{ID: id, Effect: effectOutput, Cause: "planned production output", Status: "open", Start: m.Date.Millis(), End: m.Date.AddDays(1).Millis() - 1, Changed: now, Products: []forecast.Item{m.Item}, Unit: m.Unit, Units: &quantity.Quantity{}})
		}
		n := &out[i]
		n.Start, n.End = min(n.Start, m.Date.Millis()), max(n.End, m.Date.AddDays(1).Millis()-1)
		if sum, err := n.Units.Add(m.Quantity); err == nil {
			n.Units = &sum
		}
		n.Text = m.Unit.Said(n.Units.String()) + " are planned to be made"
	}
	return out
}

// Notices lists the notices held, those that wait first, then the newest.
func (d *Desk) Notices() (out []Notice, err error) {
	err = d.node.ReadPrivate(func(rows node.PrivateRows) error {
		out, err = scanRows[Notice](rows, noticeRows)
		return err
	})
	if out == nil {
		out = []Notice{}
	}
	slices.SortStableFunc(out, func(a, b Notice) int {
		if a.Open() != b.Open() {
			if a.Open() {
				return -1
			}
			return 1
		}
		return cmp.Or(cmp.Compare(b.Changed, a.Changed), strings.Compare(a.ID, b.ID))
	})
	return out, err
}

// NoticeDone says that somebody has seen to a notice, or forgets it.
type NoticeDone struct {
	ID     string `json:"id"`
	Forget bool   `json:"forget,omitempty"`
}

// DoneNotice marks a notice as seen to.
func (d *Desk) DoneNotice(in NoticeDone) (n Notice, err error) {
	err = d.node.Private(func(rows node.PrivateRows) error {
		key := noticeRows + rowName(in.ID)
		found, err := rows.Get(key, &n)
		if err != nil {
			return err
		}
		if !found {
			return node.Failf("NO_NOTICE", "no notice %q is held; kontor notice list shows them", in.ID)
		}
		if in.Forget {
			return rows.Delete(key)
		}
		n.Done = true
		return rows.Put(key, n)
	})
	return n, err
}

// NoticeFile writes a notice as a Catena-X DemandAndCapacityNotification, for another system.
func (d *Desk) NoticeFile(id string) ([]byte, error) {
	list, err := d.Notices()
	if err != nil {
		return nil, err
	}
	for _, n := range list {
		switch {
		case n.ID != id:
			continue
		case n.Effect == effectDeviation:
			return nil, node.Failf("BAD_NOTICE", "notice %s came as an ExceptionNotification of UBL; a DemandAndCapacityNotification has no field for two values that differ", id)
		case n.Effect == effectAsked || n.Effect == effectOutput:
			return nil, node.Failf("BAD_NOTICE", "notice %s tells of no disturbance (%s), and a DemandAndCapacityNotification tells of nothing else", id, n.Effect)
		}
		return outlet.Notice(intake.Notice{ID: n.ID, Source: n.Source, Related: n.Related, Text: n.Text, Effect: n.Effect, Cause: n.Cause, Status: n.Status, Start: n.Start, End: n.End,
			Changed: n.Changed, Measure: n.Measure, Products: n.Products, Sender: n.Sender, Receiver: n.Receiver})
	}
	return nil, node.Failf("NO_NOTICE", "no notice %q is held; kontor notice list shows them", id)
}
