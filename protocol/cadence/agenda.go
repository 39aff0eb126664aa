package cadence

import (
	"cmp"
	"encoding/hex"
	"slices"

	"kontor/protocol/block"
	"kontor/protocol/calendar"
)

// MaxItems is how many items a meeting can deal with; the others wait, and are counted.
const MaxItems = 10

// Kind says what an item is about; the order of the constants is the order of the agenda.
type Kind string

// The kinds of items.
const (
	Milestone Kind = "MILESTONE" // a step of a rollout plan that is overdue, or due before the next meeting
	Decision  Kind = "DECISION"  // a topic that is open
	Exception Kind = "EXCEPTION" // somebody has to act
	Figures   Kind = "FIGURES"   // two sets of numbers about one month
	Gate      Kind = "GATE"      // a launch is not ready
)

var kinds = []Kind{Milestone, Decision, Exception, Figures, Gate}

// Item is one thing to talk about.
type Item struct {
	Kind  Kind          `cbor:"kind" json:"kind"`
	Ref   string        `cbor:"ref" json:"ref"` // what names it on both nodes
	Title string        `cbor:"title" json:"title"`
	Owner string        `cbor:"owner" json:"owner"` // side or company, and role
	Due   calendar.Date `cbor:"due" json:"due"`
}

// Plan is the agenda of a meeting.
type Plan struct {
	Items []Item `cbor:"items" json:"items"`
	More  int64  `cbor:"more" json:"more"` // items that found no room
}

// Canceled tells a meeting with nothing to talk about: it is not held.
func (p Plan) Canceled() bool { return len(p.Items) == 0 }

// Agenda puts what is open into the one order of both nodes: overdue first, then by kind and day due. The first [MaxItems] are the agenda.
func Agenda(open []Item, meeting calendar.Date) Plan {
	sorted := slices.Clone(open)
	late := func(i Item) int {
		if i.Due < meeting {
			return 0
		}
		return 1
	}
	slices.SortFunc(sorted, func(a, b Item) int {
		return cmp.Or(cmp.Compare(late(a), late(b)), cmp.Compare(slices.Index(kinds, a.Kind), slices.Index(kinds, b.Kind)),
			cmp.Compare(a.Due, b.Due), cmp.Compare(a.Ref, b.Ref), cmp.Compare(a.Title, b.Title), cmp.Compare(a.Owner, b.Owner))
	})
	sorted = slices.Compact(sorted)
	n := min(len(sorted), MaxItems)
	return Plan{Items: append([]Item{}, sorted[:n]...), More: int64(len(sorted) - n)}
}

// Digest is eight hexadecimal digits over an agenda, for two people to compare: equal digits, equal agendas.
func (p Plan) Digest() (string, error) {
	data, err := block.Marshal(p)
	if err != nil {
		return "", err
	}
	return hex.EncodeToString(block.Sum(data).Bytes()[4:8]), nil
}
