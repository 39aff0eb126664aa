package exception

import (
	"cmp"
	"math/big"
	"slices"
	"strings"

	"kontor/protocol/calendar"
	"kontor/protocol/quantity"
)

// Bounds of what is remembered of exceptions.
const (
	// MaxSightings is how many changes of one exception are kept; a rewind beyond them begins anew.
	MaxSightings = 64
	// MaxPast is how many exceptions are remembered whose cause is gone: years of them, for the measure of alert quality.
	MaxPast = 5000
)

// GrowthPPM is by how much an exception must have grown since somebody dealt with it to need somebody again: the tolerance of practice T1.
const GrowthPPM = 50_000

// Step is one look at the documents of a partnership: what stood against each other from an entry on, and what that shows.
type Step struct {
	N     int64 // 0 is the first pair of documents
	T     int64 // claimed time of the entry that made the pair, ms UTC
	Found []Exception
}

// Moment is when something happened to an exception.
type Moment struct {
	Step int64 `cbor:"step" json:"step"`
	T    int64 `cbor:"t" json:"t"` // ms UTC
}

// Sighting is how an exception looked from a step on.
type Sighting struct {
	Moment
	Exception Exception `cbor:"exception" json:"exception"`
}

// Track is one exception over the revisions of the documents that show it: one identity from the step that raised it to the one that shows its cause
// gone.
type Track struct {
	ID     ID         `cbor:"id" json:"id"`
	Raised Moment     `cbor:"raised" json:"raised"`
	Gone   *Moment    `cbor:"gone,omitempty" json:"gone,omitempty"`
	Seen   []Sighting `cbor:"seen" json:"seen"` // oldest first; where it changed
	// Returned says that it had gone before it was raised here: what was done about it then was about another matter.
	Returned bool `cbor:"returned,omitempty" json:"returned,omitempty"`
}

// Newest is how the exception looked last.
func (t Track) Newest() Exception { return t.Seen[len(t.Seen)-1].Exception }

// At is how it looked at a time, ms UTC; before its first sighting: as at first.
func (t Track) At(ms int64) Exception {
	e := t.Seen[0].Exception
	for _, s := range t.Seen {
		if s.T <= ms {
			e = s.Exception
		}
	}
	return e
}

// Grown tells whether it has grown since a time by more than [GrowthPPM]: what somebody dealt with then is another thing now.
func (t Track) Grown(since int64) bool { return grown(t.At(since).UnitsMax, t.Newest().UnitsMax) }

func grown(from, to quantity.Quantity) bool {
	e := min(from.Exponent(), to.Exponent())
	a, _ := from.At(e)
	b, _ := to.At(e)
	limit := new(big.Int).Mul(a, big.NewInt(1_000_000+GrowthPPM))
	return b.Mul(b, big.NewInt(1_000_000)).Cmp(limit) > 0
}

// Open lists the exceptions whose cause is there, as they look now.
func Open(tracks []Track) []Exception {
	var out []Exception
	for _, t := range tracks {
		if t.Gone == nil {
			out = append(out, t.Newest())
		}
	}
	return out
}

// Advance takes the next step: what is new is raised, what remains keeps its identity, and what has no cause any more is gone. The order of tracks is
// that of raising, then of identity. Steps come one by one: whoever takes the same ones holds the same tracks.
//
// A deadline moves only for a reason: forward when the trouble begins later than before, or when it passed and the trouble grew; a revision alone
// gives nobody more time.
func Advance(tracks []Track, s Step) []Track {
	c := Reconcile(Open(tracks), s.Found)
	at := Moment{s.N, s.T}
	out := make([]Track, 0, len(tracks)+len(c.Raised))
	kept := map[ID]Exception{}
	for _, e := range c.Kept {
		kept[e.ID] = e
	}
	for _, t := range tracks {
		if t.Gone == nil {
			if e, still := kept[t.ID]; still {
				t = t.sees(at, e)
			} else {
				t.Gone = &at
			}
		}
		out = append(out, t)
	}
	for _, e := range c.Raised {
		out = append(out, Track{ID: e.ID, Raised: at, Seen: []Sighting{{at, e}}})
	}
	slices.SortStableFunc(out, func(a, b Track) int {
		return cmp.Or(cmp.Compare(a.Raised.Step, b.Raised.Step), slices.Compare(a.ID[:], b.ID[:]))
	})
	return forget(out)
}

// forget drops the exceptions gone longest, beyond MaxPast.
func forget(tracks []Track) []Track {
	past := 0
	for _, t := range tracks {
		if t.Gone != nil {
			past++
		}
	}
	return slices.DeleteFunc(tracks, func(t Track) bool {
		if t.Gone == nil || past <= MaxPast {
			return false
		}
		past--
		return true
	})
}

// sees adds a sighting where something changed.
func (t Track) sees(at Moment, e Exception) Track {
	was := t.Newest()
	later := e.Scope.Buckets.Start > was.Scope.Buckets.Start
	again := at.T > was.Deadline && grown(was.UnitsMax, e.UnitsMax)
	if !later && !again && was.Deadline < e.Deadline {
		e.Default = e.dueAs(was)
		e.Deadline = was.Deadline
	}
	if e == was {
		return t
	}
	t.Seen = append(slices.Clone(t.Seen), Sighting{at, e})
	if len(t.Seen) > MaxSightings {
		t.Seen = t.Seen[len(t.Seen)-MaxSightings:]
	}
	return t
}

// dueAs is what comes by itself at the deadline that stood before: the outcome known then, with the figures of now. One of another code is not what
// was known, and does not take its place.
func (e Exception) dueAs(was Exception) Outcome {
	if e.Default.Code != was.Default.Code {
		return was.Default
	}
	out := e.Default
	out.Text = strings.ReplaceAll(out.Text, calendar.DateOf(e.Deadline).String(), calendar.DateOf(was.Deadline).String())
	return out
}

// Rewind is the tracks as they were before a step; ok is false where that is not remembered any more and the steps must be taken anew from the first.
func Rewind(tracks []Track, step int64) (out []Track, ok bool) {
	if len(tracks) >= MaxPast {
		return nil, false // some may have been forgotten
	}
	for _, t := range tracks {
		if t.Raised.Step >= step {
			continue
		}
		if t.Gone != nil && t.Gone.Step >= step {
			t.Gone = nil
		}
		t.Seen = slices.Clone(t.Seen)
		for len(t.Seen) > 0 && t.Seen[len(t.Seen)-1].Step >= step {
			t.Seen = t.Seen[:len(t.Seen)-1]
		}
		if len(t.Seen) == 0 {
			return nil, false
		}
		out = append(out, t)
	}
	return out, true
}
