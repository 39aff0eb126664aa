// Package exception holds what somebody should do something about: a shortage ahead, an overloaded line, figures
// gone stale. It is a room of its own because exceptions arise from every business noun (capacity today, campaigns,
// quality and freshness later) and are worked off in one list, so they belong to none of them.
//
// Most callers need Exception, ID and Reconcile, which compares the open list with what the newest documents show:
// what is new is raised, what remains keeps its identity, and an exception whose cause is gone closes by itself.
//
// Guarantees: pure functions; ids follow from the documents and the scope alone, so both nodes of a partnership
// speak of the same exception without exchanging it. An id identifies, it hides nothing.
package exception

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"

	"kontor/protocol/block"
	"kontor/protocol/calendar"
	"kontor/protocol/quantity"
)

// ID names an exception: the first 16 bytes of a SHA-256 over its cause.
type ID [16]byte

// idLabel keeps these hashes apart from every other use of SHA-256.
const idLabel = "kontor exception v1"

// NewID derives the id from what caused the exception: the documents compared, the kind, and the scope with its
// first bucket. Later buckets may join without changing it.
func NewID(kind Kind, scope Scope, sources ...block.CID) ID {
	h := sha256.New()
	part := func(b []byte) { fmt.Fprintf(h, "%d:%s", len(b), b) } // lengths keep neighbouring parts apart
	part([]byte(idLabel))
	part([]byte(kind))
	part([]byte(scope.Group))
	part([]byte(scope.Product))
	part([]byte(scope.Region))
	part([]byte(scope.Buckets.Start.String()))
	for _, c := range sources {
		if c.Defined() {
			part(c.Bytes())
		} else {
			part(nil)
		}
	}
	var id ID
	copy(id[:], h.Sum(nil))
	return id
}

// ParseID reads 32 hexadecimal digits.
func ParseID(s string) (ID, error) {
	var id ID
	if len(s) != 2*len(id) {
		return ID{}, fmt.Errorf("malformed exception id %q: want 32 hexadecimal digits", s)
	}
	if _, err := hex.Decode(id[:], []byte(s)); err != nil {
		return ID{}, fmt.Errorf("malformed exception id %q: %w", s, err)
	}
	return id, nil
}

// String is 32 hexadecimal digits.
func (id ID) String() string { return hex.EncodeToString(id[:]) }

// MarshalText writes String, for JSON.
func (id ID) MarshalText() ([]byte, error) { return []byte(id.String()), nil }

// UnmarshalText reads what ParseID reads.
func (id *ID) UnmarshalText(text []byte) error {
	parsed, err := ParseID(string(text))
	if err != nil {
		return err
	}
	*id = parsed
	return nil
}

// Kind says what is wrong.
type Kind string

// The kinds of exceptions.
const (
	Shortage  Kind = "SHORTAGE"   // cumulative demand is likely to exceed cumulative supply
	Overload  Kind = "OVERLOAD"   // demand exceeds a group's actual capacity, and no stock is shared that could cover it
	StaleData Kind = "STALE_DATA" // an input in use is older than its freshness allows
	// Invalidated is an input in use that was overtaken: what it was made from was withdrawn or has changed, or stock it counts on was blocked.
	Invalidated Kind = "INVALIDATED"
	Flex        Kind = "FLEX"              // a forecast moved beyond the bands both signed, and nobody has answered that move yet
	FrozenZone  Kind = "FROZEN_ZONE"       // it moved where the terms let nothing move
	Volatility  Kind = "VOLATILITY"        // demand of a group moved by more between two measurements than its thresholds allow
	Overstock   Kind = "OVERSTOCK"         // more will lie there than the cover that is wanted
	Bias        Kind = "FORECAST_BIAS"     // forecasts of an item err to one side, and go on doing so
	Campaign    Kind = "CAMPAIGN_CONFLICT" // something stands against an event both could still change
	Chart       Kind = "CONTROL_CHART"     // the newest subgroups of a defect count signal
	Missing     Kind = "MISSING_INPUT"     // what was to be said by now was not: an answer, a report of actuals
	Unmapped    Kind = "UNMAPPED_PRODUCT"  // a line of the forecast that no capacity group makes, and no product map explains
	SLARisk     Kind = "SLA_AT_RISK"       // a promise of the terms is missed at the rate its window has gone so far
	SlotReview  Kind = "SLOT_REVIEW"       // the forecast behind a capacity slot moved materially since the slot was set aside
	IndexDue    Kind = "INDEX_DUE"         // deliveries are about to be adjusted by a value of an index that a side has not stated
	Unpaid      Kind = "REMEDY_OVERDUE"    // what the terms made one side owe was to be paid by a day and is not settled
	Late        Kind = "MILESTONE_OVERDUE" // a step of a rollout plan in force was due and nobody reported it
	Rollback    Kind = "ROLLBACK_MET"      // the figures meet a condition under which an agreement in force goes back
	Disturbed   Kind = "DISTURBANCE"       // a partner's system told of something in a file, and nobody here has seen to it
	Upstream    Kind = "UPSTREAM_CHANGE"   // demand behind a supplier has moved since it was last told, and telling it is left to people or to a planning system
)

// Kinds are all of them, in the order they are told of.
var Kinds = []Kind{Shortage, Overload, Flex, FrozenZone, Volatility, SlotReview, Overstock, Bias, Unmapped, Missing, StaleData, Invalidated, Campaign, Chart, SLARisk, IndexDue, Unpaid, Late, Rollback, Disturbed, Upstream}

// Officer is the role whose officers lead where an exception of a kind is above the desk (the weights of lenses by topic): operations for supply and demand,
// marketing for campaigns, technology for quality, finance for what the terms say.
func (k Kind) Officer() string {
	switch k {
	case Campaign:
		return "CMO"
	case Chart:
		return "CTO"
	case Flex, FrozenZone, SLARisk, IndexDue, Unpaid, Overstock:
		return "CFO"
	}
	return "COO"
}

// OfTheDesk tells the kinds whose value is what rests on figures that are late, old or moving, and not what is lost by them: seeing to one disposes of no money, so
// that no mandate is too small for it.
func (k Kind) OfTheDesk() bool {
	return k == StaleData || k == Invalidated || k == Missing || k == Volatility
}

// Speed says who deals with it first (practice T4).
type Speed string

// The speeds.
const (
	Desk     Speed = "DESK"     // planner, buyer, account under a mandate
	Officers Speed = "OFFICERS" // above mandate: a topic
)

// Scope is what an exception speaks of.
type Scope struct {
	Group   string          `cbor:"group,omitempty" json:"group,omitempty"` // capacity group
	Product string          `cbor:"product,omitempty" json:"product,omitempty"`
	Region  string          `cbor:"region,omitempty" json:"region,omitempty"`
	Buckets calendar.Bucket `cbor:"buckets" json:"buckets"` // from the first to the last bucket concerned
}

// Exception is one thing to deal with.
type Exception struct {
	ID       ID                `cbor:"id" json:"id"`
	Kind     Kind              `cbor:"kind" json:"kind"`
	Scope    Scope             `cbor:"scope" json:"scope"`
	Side     Side              `cbor:"side" json:"side"`   // whose exception it is
	Speed    Speed             `cbor:"speed" json:"speed"` // desk or officers
	Role     string            `cbor:"role" json:"role"`   // "PLANNER", "COO"
	Units    quantity.Quantity `cbor:"units" json:"units"` // expected units short, lower end: what is certain to be expected
	UnitsMax quantity.Quantity `cbor:"unitsMax" json:"unitsMax"`
	Unit     quantity.Unit     `cbor:"unit" json:"unit"`
	Value    quantity.Money    `cbor:"value" json:"value"`                       // units × the policy's unit value; zero where none is known
	Shortage int64             `cbor:"shortagePpm" json:"shortagePpm"`           // largest probability of a shortage, lower end, ppm
	Upper    int64             `cbor:"shortageUpperPpm" json:"shortageUpperPpm"` // the same, upper end
	Deadline int64             `cbor:"deadline" json:"deadline"`                 // ms UTC: after that the default outcome is what happens
	Default  Outcome           `cbor:"default" json:"default"`                   // if nothing is done
	// Worth says how units and value come about, so that whoever reads them can follow.
	Worth string `cbor:"worth,omitempty" json:"worth,omitempty"`
	// Cause says what is wrong in a sentence, where kind, scope and units do not.
	Cause string `cbor:"cause,omitempty" json:"cause,omitempty"`
}

// Span is the units in words: what is certain to what is possible, one figure where both are the same, "-" where nothing is counted.
func (e Exception) Span() string {
	switch low, high := e.Units.Format(0), e.UnitsMax.Format(0); {
	case e.Units.IsZero() && e.UnitsMax.IsZero():
		return "-"
	case low == high:
		return high
	default:
		return low + " to " + high
	}
}

// Priced puts a value on units by a price, and says how it came about. of says what the units are, "moved", "expected short".
func (e Exception) Priced(units quantity.Quantity, of string, price quantity.Price) (Exception, error) {
	value, err := price.Times(units)
	if err != nil {
		return e, err
	}
	e.Value = value
	e.Worth = fmt.Sprintf("%s %s x %s %s per %s = %s", e.Unit.Said(units.String()), of, price.Amount, price.Currency, price.Per, value)
	return e, nil
}

// Side is the side of the trade that owns an exception.
type Side string

// The sides.
const (
	Buyer  Side = "BUYER"
	Seller Side = "SELLER"
)

// Outcome is what happens by itself.
type Outcome struct {
	Code string `cbor:"code" json:"code"` // stable
	Text string `cbor:"text" json:"text"` // a sentence for people
}

// Codes of default outcomes.
const (
	OutcomeShareShortage = "AGREED_SHARE" // supply is divided by agreed shares and the rest stays open
	OutcomeLastCommit    = "LAST_COMMIT_STANDS"
	OutcomeNoCommit      = "NO_COMMIT"
	OutcomeStaleStands   = "STALE_FIGURES_STAND"     // figures that are too old go on being used
	OutcomeOvertaken     = "OVERTAKEN_FIGURES_STAND" // figures that were overtaken go on being used
	OutcomeConflict      = "CONFLICT_STAYS"          // the event goes as planned, or may not go, as the rules of conflicts say
	OutcomeStays         = "STAYS"                   // nothing changes by itself: it lies there, errs on, signals on
	OutcomeNotCounted    = "NOT_COUNTED"             // what is missing enters no match and no measure
	OutcomeRemedy        = "TERMS_APPLY"             // what the terms say of a promise that was missed
	OutcomeSlotStands    = "SLOT_STANDS"             // the slot holds what it held
	OutcomeOwed          = "STAYS_OWED"              // what is not paid stays owed and is netted with what comes
	OutcomeRollback      = "ROLLBACK_CONDITIONS"     // what the agreement says of steps that are not taken
)

// Sort orders by value, largest first, then deadline, then id: the order in which people should look at them.
// Amounts in several currencies are ordered by currency first.
func Sort(all []Exception) {
	slices.SortFunc(all, func(a, b Exception) int {
		return cmp.Or(
			strings.Compare(string(a.Value.Currency), string(b.Value.Currency)),
			cmp.Compare(b.Value.Minor, a.Value.Minor),
			cmp.Compare(a.Deadline, b.Deadline),
			slices.Compare(a.ID[:], b.ID[:]),
		)
	})
}

// Join merges exceptions of one kind and scope whose buckets touch or overlap: one cause, one exception. The joined
// one keeps the id of the earliest; units, value and probability are the largest of its parts, because a shortage
// not made good is still there in the next bucket.
func Join(all []Exception) []Exception {
	sorted := slices.Clone(all)
	slices.SortStableFunc(sorted, func(a, b Exception) int {
		return cmp.Or(strings.Compare(a.place(), b.place()), a.Scope.Buckets.Compare(b.Scope.Buckets), slices.Compare(a.ID[:], b.ID[:]))
	})
	var joined []Exception
	for _, e := range sorted {
		if n := len(joined); n > 0 && joined[n-1].place() == e.place() && e.Scope.Buckets.Start <= joined[n-1].Scope.Buckets.End {
			joined[n-1] = joined[n-1].with(e)
			continue
		}
		joined = append(joined, e)
	}
	return joined
}

func (e Exception) place() string {
	return strings.Join([]string{string(e.Kind), e.Scope.Group, e.Scope.Product, e.Scope.Region}, "\x00")
}

func (e Exception) with(f Exception) Exception {
	e.Scope.Buckets.End = max(e.Scope.Buckets.End, f.Scope.Buckets.End)
	if e.Units.Less(f.Units) {
		e.Units = f.Units
	}
	if e.UnitsMax.Less(f.UnitsMax) {
		e.UnitsMax = f.UnitsMax
	}
	if order, err := e.Value.Cmp(f.Value); err == nil && order < 0 {
		e.Value = f.Value
	}
	e.Shortage, e.Upper = max(e.Shortage, f.Shortage), max(e.Upper, f.Upper)
	e.Deadline = min(e.Deadline, f.Deadline)
	if f.Speed == Officers {
		e.Speed, e.Role = f.Speed, f.Role
	}
	return e
}

// Changes are what a new look at the documents does to the open list.
type Changes struct {
	Raised []Exception // not open before
	Kept   []Exception // open before and still there: the old id with the new figures
	Closed []Exception // open before, and the cause is gone
}

// Reconcile compares the open exceptions with those the newest documents show. An open one is still there if one
// of the found has its kind and place and shares a day with it; each found one continues at most one open one, the
// earliest. Neither list's order matters.
func Reconcile(open, found []Exception) Changes {
	var c Changes
	byPlace := func(a, b Exception) int {
		return cmp.Or(strings.Compare(a.place(), b.place()), a.Scope.Buckets.Compare(b.Scope.Buckets), slices.Compare(a.ID[:], b.ID[:]))
	}
	open, found = slices.SortedFunc(slices.Values(open), byPlace), slices.SortedFunc(slices.Values(found), byPlace)
	taken := make([]bool, len(found))
	from := 0 // found is sorted as open is: earlier places are done with
	for _, o := range open {
		for from < len(found) && found[from].place() < o.place() {
			from++
		}
		kept := false
		for i := from; i < len(found) && found[i].place() == o.place(); i++ {
			if !taken[i] && found[i].Scope.Buckets.Overlaps(o.Scope.Buckets) {
				f := found[i]
				f.ID, taken[i], kept = o.ID, true, true
				c.Kept = append(c.Kept, f)
				break
			}
		}
		if !kept {
			c.Closed = append(c.Closed, o)
		}
	}
	for i, f := range found {
		if !taken[i] {
			c.Raised = append(c.Raised, f)
		}
	}
	return c
}
