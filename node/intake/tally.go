package intake

import (
	"fmt"
	"strconv"
)

// Tally notes what a file says again and again once, where it was first met, with
// the number of times and of items.
type Tally struct {
	report *Report
	seen   map[string]*tallied
}

type tallied struct {
	note, times, items, last int // place among the notes, -1 where they were full; the item met last
}

// NewTally begins a tally that notes in a report.
func NewTally(r *Report) *Tally { return &Tally{report: r, seen: map[string]*tallied{}} }

// Note counts one more of a key in an item, which is any number that tells items
// apart, and notes the first.
func (t *Tally) Note(key string, item int, c Complaint) {
	if k := t.seen[key]; k != nil {
		k.times++
		if item != k.last {
			k.items++
			k.last = item
		}
		return
	}
	before := len(t.report.Notes)
	t.report.Note(c)
	if len(t.report.Notes) == before {
		before = -1
	}
	t.seen[key] = &tallied{before, 1, 1, item}
}

// Close writes the numbers into the notes.
func (t *Tally) Close() {
	for _, k := range t.seen {
		switch {
		case k.note < 0 || k.times == 1:
		case k.items == 1:
			t.report.Notes[k.note].Text += fmt.Sprintf(" (%d times)", k.times)
		case k.times == k.items:
			t.report.Notes[k.note].Text += fmt.Sprintf(" (and of %d more %s)", k.items-1, map[bool]string{true: "item", false: "items"}[k.items == 2])
		default:
			t.report.Notes[k.note].Text += fmt.Sprintf(" (%d times, in %d items)", k.times, k.items)
		}
	}
	t.seen = map[string]*tallied{}
}

// Backlog is the backlog of an item without periods: noted, and left aside. Where there
// are periods it stands beside them, in the line's schedule.
func (t *Tally) Backlog(item int, amount string, at Complaint) {
	at.Code, at.Value = NoteNotCarried, amount
	at.Text = "the backlog of an item without periods: left aside, no line of a forecast holds it"
	at.Want = "the backlog column of a stock file, where it shall count"
	t.Note("backlog", item, at)
}

// Counted judges a count that a message gives of its own parts. Where it is higher
// than what was found, something is missing and the file is refused; a lower one, and
// one that is no number, is noted.
func (r *Report) Counted(claimed string, found int, what string, at Complaint) {
	n, err := strconv.Atoi(claimed)
	if err == nil && n == found {
		return
	}
	at.Code, at.Value, at.Want = NoteTrailer, claimed, strconv.Itoa(found)
	at.Text = fmt.Sprintf("the message counts wrongly: there are %d %s", found, what)
	if err == nil && n > found {
		at.Code = CodeTruncated
		at.Text = fmt.Sprintf("the message counts %d %s, and there are %d: something is missing", n, what, found)
		at.Want = "the whole file, or its count corrected by the sender"
		r.Complain(at)
		return
	}
	r.Note(at)
}
