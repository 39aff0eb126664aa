package performance

import (
	"cmp"
	"crypto/hmac"
	"crypto/sha256"
	"fmt"
	"slices"

	"kontor/protocol/artifact"
	"kontor/protocol/block"
	"kontor/protocol/calendar"
	"kontor/protocol/forecast"
	"kontor/protocol/quantity"
)

// Event says what of a delivery a line reports.
type Event string

// The events. Those of arrival are the values of the parameter "event" of the delivery measures.
const (
	Despatch      Event = "DESPATCH" // sent; it feeds the figure shipped
	Arrival       Event = "ARRIVAL"
	Dock          Event = "DOCK"
	ReceiptPosted Event = "RECEIPT_POSTED"
)

// arrivals are the events that a report can count by.
var arrivals = []Event{Arrival, Dock, ReceiptPosted}

// Line is one canonical line (practice T7): one delivery for one line of an order, or the order line alone while nothing came.
type Line struct {
	Order    string             `cbor:"order" json:"order"`
	Line     string             `cbor:"line,omitempty" json:"line,omitempty"`
	Item     string             `cbor:"item" json:"item"`
	Ordered  *quantity.Quantity `cbor:"ordered,omitempty" json:"ordered,omitempty"`
	Due      calendar.Date      `cbor:"due,omitzero" json:"due,omitzero"`
	Event    Event              `cbor:"event,omitempty" json:"event,omitempty"`       // absent: nothing came
	Delivery string             `cbor:"delivery,omitempty" json:"delivery,omitempty"` // number of the despatch advice, where both know it
	N        int64              `cbor:"n,omitzero" json:"n,omitzero"`                 // tells deliveries without such a number apart, in order of their dates
	Accepted *quantity.Quantity `cbor:"accepted,omitempty" json:"accepted,omitempty"`
	Date     calendar.Date      `cbor:"date,omitzero" json:"date,omitzero"` // of the event

	OrderedOn calendar.Date      `cbor:"orderedOn,omitzero" json:"orderedOn,omitzero"`   // date of the order
	Damaged   *quantity.Quantity `cbor:"damaged,omitempty" json:"damaged,omitempty"`     // of what came; absent: nobody looked
	Documents *bool              `cbor:"documents,omitempty" json:"documents,omitempty"` // whether what came had the right ones; absent: nobody looked
}

// Key names the line among those of its cell. It says nothing of event, quantity and dates, so that both sides call one
// delivery by one name where they differ about it.
func (l Line) Key() string {
	n := ""
	if l.N > 0 {
		n = fmt.Sprint(l.N)
	}
	return forecast.JoinKey(l.Order, l.Line, l.Item, l.Delivery, n)
}

// Check bounds a line that came from elsewhere.
func (l Line) Check() error {
	name := func(s string) bool { return s == "" || artifact.IsName(s) }
	within := func(q *quantity.Quantity) bool { return q == nil || figure(*q) }
	day := func(d calendar.Date) bool { return d == 0 || d.Valid() }
	switch {
	case l.Order == "" && l.Delivery == "" || !name(l.Order) || !name(l.Line) || !artifact.IsName(l.Item) || !name(l.Delivery) || l.N < 0 || l.N > MaxLines:
		return fmt.Errorf("line %q: order, line, item or delivery is missing or no plain name", artifact.Clip(l.Key()))
	case l.Event != "" && l.Event != Despatch && !slices.Contains(arrivals, l.Event):
		return fmt.Errorf("line %q: unknown event %q", artifact.Clip(l.Key()), artifact.Clip(string(l.Event)))
	case !within(l.Ordered) || !within(l.Accepted) || !within(l.Damaged) || !day(l.Due) || !day(l.Date) || !day(l.OrderedOn):
		return fmt.Errorf("line %q: a quantity or date is out of bounds", artifact.Clip(l.Key()))
	}
	return nil
}

// SortLines puts lines in order of their keys.
func SortLines(lines []Line) {
	slices.SortFunc(lines, func(a, b Line) int { return cmp.Compare(a.Key(), b.Key()) })
}

// Differs lists the fields in which two lines of one key differ; where one is absent it is "missing".
func Differs(a, b *Line) (fields []string) {
	if a == nil || b == nil {
		return []string{"missing"}
	}
	amount := func(x, y *quantity.Quantity) bool { return (x == nil) != (y == nil) || x != nil && *x != *y }
	for _, f := range []struct {
		name string
		not  bool
	}{{"ordered", amount(a.Ordered, b.Ordered)}, {"due", a.Due != b.Due}, {"event", a.Event != b.Event}, {"accepted", amount(a.Accepted, b.Accepted)}, {"date", a.Date != b.Date},
		{"orderedOn", a.OrderedOn != b.OrderedOn}, {"damaged", amount(a.Damaged, b.Damaged)}, {"documents", (a.Documents == nil) != (b.Documents == nil) || a.Documents != nil && *a.Documents != *b.Documents}} {
		if f.not {
			fields = append(fields, f.name)
		}
	}
	return fields
}

// Hash is a SHA-256.
type Hash = [sha256.Size]byte

// Labels keep the hashes of this package apart from each other and from everything else that is hashed.
const (
	labelSalt  = "kontor performance salt v1"
	labelCell  = "kontor performance cell v1"
	labelPlace = "kontor performance place v1"
	labelLine  = "kontor performance line v1"
	labelLeaf  = "kontor performance leaf v1"
	labelNode  = "kontor performance node v1"
	labelRoot  = "kontor performance root v1"
)

// LineSaltSize is the bytes of a line's salt.
const LineSaltSize = 16

// Salt is what the two sides of a partnership know and nobody else does: with it both give equal lines equal hashes,
// and who sees a report without it can't try lines.
type Salt Hash

// NewSalt derives the salt of a partnership's lines from its channel key (32 random bytes).
func NewSalt(channel []byte) Salt { return Salt(mac(channel, labelSalt)) }

func mac(key []byte, parts ...string) (out Hash) {
	h := hmac.New(sha256.New, key)
	for _, p := range parts {
		h.Write([]byte(p))
		h.Write([]byte{0})
	}
	h.Sum(out[:0])
	return out
}

// cell is the salt of one cell.
func (s Salt) cell(key string) Hash { return mac(s[:], labelCell, key) }

// place is where a line stands in its cell's tree.
func place(cell Hash, key string) Hash { return mac(cell[:], labelPlace, key) }

// lineSalt is what opens one line: who is given it can check that line and try no other.
func lineSalt(cell Hash, key string) []byte {
	m := mac(cell[:], labelLine, key)
	return m[:LineSaltSize]
}

// Opening is one line with its salt: against a tree it shows that the line stands there, and nothing of the others.
type Opening struct {
	Line Line   `cbor:"line" json:"line"`
	Salt []byte `cbor:"salt" json:"salt"`
}

// Leaf is the hash of the line at a place; an error where the line can't be written.
func (o Opening) Leaf(at Hash) (Hash, error) {
	if len(o.Salt) != LineSaltSize {
		return Hash{}, fmt.Errorf("salt of %d bytes; want %d", len(o.Salt), LineSaltSize)
	}
	data, err := block.Marshal(o.Line)
	if err != nil {
		return Hash{}, err
	}
	h := sha256.New()
	h.Write([]byte(labelLeaf))
	h.Write(at[:])
	h.Write(o.Salt)
	h.Write(data)
	return Hash(h.Sum(nil)), nil
}
