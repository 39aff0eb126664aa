package terms

import (
	"fmt"
	"math/big"
	"slices"
	"sort"

	"kontor/protocol/artifact"
	"kontor/protocol/calendar"
	"kontor/protocol/forecast"
	"kontor/protocol/quantity"
)

// Position is what was taken of a line since its cumulative quantities began, in the line's unit.
type Position struct {
	Received    quantity.Quantity `json:"received"`
	Invoiced    quantity.Quantity `json:"invoiced"`
	ReusedMade  quantity.Quantity `json:"reusedFinished"` // sold or used elsewhere, with evidence
	ReusedParts quantity.Quantity `json:"reusedRaw"`
}

// Exposed is what one line has the seller carry at the buyer's risk. It is no debt: see Claim.
type Exposed struct {
	Line     string            `json:"line"`
	Product  string            `json:"product"`
	Clause   string            `json:"clause"`
	Unit     quantity.Unit     `json:"unit"`         // the authorisation's
	Since    calendar.Date     `json:"since"`        // cumulative quantities begin here
	FabHigh  quantity.Quantity `json:"fabHighWater"` // most that was ever authorised to be made, cumulative
	RawHigh  quantity.Quantity `json:"rawHighWater"` // most for which material was ever authorised
	Taken    quantity.Quantity `json:"taken"`        // the greater of received and invoiced
	Finished quantity.Quantity `json:"finished"`     // made or in the making, beyond what was taken and reused
	Raw      quantity.Quantity `json:"raw"`          // material for more
	Value    quantity.Money    `json:"value"`        // of both, the buyer's part
	Cells    []ExposedCell     `json:"cells"`
}

// ExposedCell is the part of an exposure that a bucket adds.
type ExposedCell struct {
	Bucket   calendar.Bucket   `json:"bucket"`
	Finished quantity.Quantity `json:"finished"`
	Raw      quantity.Quantity `json:"raw"`
}

// Exposure follows the authorisations through the versions of a forecast, oldest first, by line key. High-water marks of
// the cumulative year never fall: what was authorised once may have been made. Of a line,
//
//	finished = max(0, fabHigh - taken - reused made)
//	raw      = max(0, rawHigh - max(fabHigh, taken) - reused parts)
//
// with taken the greater of received and invoiced (measures D10 as corrected). A bucket is authorised to be made when it
// begins within the clause's fab period of the issue or is marked FIRM or FAB_AUTH, and its material to be bought within
// the raw period or when marked RAW_AUTH. Buckets that a version no longer shows because they are over count as they
// stood last. Cells sum to the line.
func (d Document) Exposure(versions []forecast.Document, taken map[string]Position) ([]Exposed, error) {
	if len(versions) == 0 {
		return []Exposed{}, nil
	}
	newest := d.Calendar.Day(versions[len(versions)-1].Header.Issued)
	keys := map[string]forecast.Item{}
	for _, v := range versions {
		for _, l := range v.Lines {
			keys[l.Key()] = l.Item
		}
	}
	sorted := make([]string, 0, len(keys))
	for k := range keys {
		sorted = append(sorted, k)
	}
	slices.Sort(sorted)
	out := []Exposed{}
	for _, key := range sorted {
		item := keys[key]
		a, ok := best(d.Authorisations, func(a Authorisation) ([]string, bool) { return a.Items, true }, item.BuyersID, item.SellersID, item.GTIN)
		if !ok {
			continue
		}
		e, err := d.exposed(a, key, versions, a.Since(newest), taken[key])
		if err != nil {
			return nil, fmt.Errorf("exposure of line %q: %w", artifact.Clip(key), err)
		}
		e.Product = item.ID()
		out = append(out, e)
	}
	return out, nil
}

// Since is the first day of the cumulative year a day lies in.
func (a Authorisation) Since(day calendar.Date) calendar.Date {
	start := a.Year
	for n := 1; n <= 2*MaxYears; n++ {
		next := a.Year.AddMonths(12 * n)
		if next > day {
			break
		}
		start = next
	}
	return start
}

// authorised is what one bucket lets the seller make and buy for.
type authorised struct{ fab, raw *big.Rat }

func (d Document) exposed(a Authorisation, key string, versions []forecast.Document, since calendar.Date, p Position) (Exposed, error) {
	last := map[calendar.Bucket]authorised{} // each bucket as the newest version that shows it has it
	fabHigh, rawHigh := map[calendar.Bucket]*big.Rat{}, map[calendar.Bucket]*big.Rat{}
	lineUnit := a.Unit
	for _, v := range versions {
		issued := d.Calendar.Day(v.Header.Issued)
		line, shown := v.Line(key)
		if issued < since || !shown {
			continue
		}
		lineUnit = line.Unit
		line, err := line.In(a.Unit)
		if err != nil {
			return Exposed{}, err
		}
		if len(line.Buckets) > 0 { // what lies ahead of this version is what it says, and no more
			for b := range last {
				if b.End > line.Buckets[0].Start {
					delete(last, b)
				}
			}
		}
		for _, c := range line.Buckets {
			if c.Start < since {
				continue
			}
			ahead := int64(c.Start.Sub(issued))
			now := authorised{new(big.Rat), new(big.Rat)}
			if ahead < a.FabDays || c.Firmness == forecast.Firm || c.Firmness == forecast.Fabrication {
				now.fab = c.Mean.Rat()
			}
			if now.fab.Sign() > 0 || ahead < a.RawDays || c.Firmness == forecast.RawMaterial {
				now.raw = c.Mean.Rat()
			}
			last[c.Bucket] = now
		}
		fab, raw := new(big.Rat), new(big.Rat)
		for _, b := range ordered(last) {
			fab, raw = new(big.Rat).Add(fab, last[b].fab), new(big.Rat).Add(raw, last[b].raw)
			fabHigh[b], rawHigh[b] = greater(fabHigh[b], fab), greater(rawHigh[b], raw)
		}
	}
	return d.carried(a, key, since, fabHigh, rawHigh, lineUnit, p)
}

// carried subtracts what was taken and reused from the marks, bucket by bucket.
func (d Document) carried(a Authorisation, key string, since calendar.Date, fabHigh, rawHigh map[calendar.Bucket]*big.Rat, lineUnit quantity.Unit, p Position) (e Exposed, err error) {
	convert := func(q quantity.Quantity) *big.Rat {
		if err == nil {
			q, err = quantity.Convert(q, lineUnit, a.Unit)
		}
		return q.Rat()
	}
	taken := greater(convert(p.Received), convert(p.Invoiced))
	made, parts := convert(p.ReusedMade), convert(p.ReusedParts)
	if err != nil {
		return e, err
	}
	e = Exposed{Line: key, Clause: a.ID, Unit: a.Unit, Since: since, Cells: []ExposedCell{}}
	fab, raw := new(big.Rat), new(big.Rat) // marks up to here
	buckets := ordered(fabHigh)
	finished, material := make([]*big.Rat, len(buckets)+1), make([]*big.Rat, len(buckets)+1) // up to the bucket of the index; the last is the line's
	finished[len(buckets)], material[len(buckets)] = new(big.Rat), new(big.Rat)
	for i, b := range buckets {
		fab, raw = greater(fab, fabHigh[b]), greater(raw, rawHigh[b])
		finished[i], material[i] = above(fab, taken, made), above(raw, greater(fab, taken), parts)
		finished[len(buckets)], material[len(buckets)] = finished[i], material[i]
	}
	// Material up to a bucket may be made into goods by a later one: it counts no further than it is left at the end.
	for i := len(buckets) - 1; i >= 0; i-- {
		finished[i], material[i] = lesser(finished[i], finished[i+1]), lesser(material[i], material[i+1])
	}
	for i, b := range buckets {
		before := [2]*big.Rat{new(big.Rat), new(big.Rat)}
		if i > 0 {
			before = [2]*big.Rat{finished[i-1], material[i-1]}
		}
		cell := ExposedCell{Bucket: b, Finished: exact(new(big.Rat).Sub(finished[i], before[0]), &err), Raw: exact(new(big.Rat).Sub(material[i], before[1]), &err)}
		if cell.Finished.Sign() > 0 || cell.Raw.Sign() > 0 {
			e.Cells = append(e.Cells, cell)
		}
	}
	left, parted := finished[len(buckets)], material[len(buckets)]
	e.FabHigh, e.RawHigh, e.Taken = exact(fab, &err), exact(raw, &err), exact(taken, &err)
	e.Finished, e.Raw = exact(left, &err), exact(parted, &err)
	if err != nil {
		return e, err
	}
	value := new(big.Rat).Add(worth(left, a.Finished, a.LiablePPM.Finished), worth(parted, a.Raw, a.LiablePPM.Raw))
	e.Value, err = d.money(value)
	return e, err
}

// Liable is the buyer's part of what was made and of the material that was bought for it and not taken, rounded as the terms say. Quantities are in
// the authorisation's unit.
func (d Document) Liable(a Authorisation, finished, raw quantity.Quantity) (quantity.Money, error) {
	return d.money(new(big.Rat).Add(worth(finished.Rat(), a.Finished, a.LiablePPM.Finished), worth(raw.Rat(), a.Raw, a.LiablePPM.Raw)))
}

// worth is the buyer's part of what a quantity costs.
func worth(q *big.Rat, p quantity.Price, ppm int64) *big.Rat {
	v := new(big.Rat).Mul(q, p.Amount.Rat())
	v.Quo(v, p.Per.Rat())
	return v.Mul(v, big.NewRat(ppm, PPM))
}

func above(mark, taken, reused *big.Rat) *big.Rat {
	left := new(big.Rat).Sub(mark, taken)
	left.Sub(left, reused)
	return greater(left, new(big.Rat))
}

func greater(a, b *big.Rat) *big.Rat {
	if a == nil || a.Cmp(b) < 0 {
		return b
	}
	return a
}

func lesser(a, b *big.Rat) *big.Rat {
	if b.Cmp(a) < 0 {
		return b
	}
	return a
}

// exact is a rational that is a decimal: sums and differences of decimals are.
func exact(r *big.Rat, err *error) quantity.Quantity {
	q, e := round(r, quantity.MaxExponent, HalfUp)
	if *err == nil {
		*err = e
	}
	return q
}

func ordered[V any](m map[calendar.Bucket]V) []calendar.Bucket {
	out := make([]calendar.Bucket, 0, len(m))
	for b := range m {
		out = append(out, b)
	}
	sort.Slice(out, func(i, j int) bool { return out[i].Compare(out[j]) < 0 })
	return out
}

func sortMeetings(m []Meeting) {
	sort.SliceStable(m, func(i, j int) bool { return m[i].Day < m[j].Day })
}

// EventKind is what turns an exposure into a claim.
type EventKind string

// The events.
const (
	Cancelled EventKind = "CANCEL"
	EndOfLife EventKind = "END_OF_LIFE"
	Shortfall EventKind = "SHORTFALL" // the buyer took less than it had stood by
)

// Event is something that happened to a line.
type Event struct {
	Kind EventKind     `json:"kind"`
	Day  calendar.Date `json:"day"`
}

// Claim is what an exposure comes to on a day.
type Claim struct {
	Due    bool           `json:"due"`
	From   calendar.Date  `json:"from,omitzero"` // the first day it may be claimed
	Amount quantity.Money `json:"amount"`
	Why    string         `json:"why"`
}

// Claim says what may be claimed: nothing without an event, for stock and material in the pipeline are trade as usual;
// nothing before what was left has aged as the clause says, so that it can be used otherwise; then the value.
func (a Authorisation) Claim(e Exposed, happened *Event, on calendar.Date) Claim {
	none := Claim{Amount: quantity.Money{Currency: e.Value.Currency}}
	if happened == nil || !slices.Contains([]EventKind{Cancelled, EndOfLife, Shortfall}, happened.Kind) {
		none.Why = "exposure only: nothing was cancelled, ended or left untaken"
		return none
	}
	none.From = happened.Day.AddDays(int(a.AgeDays))
	if on < none.From {
		none.Why = fmt.Sprintf("what was left may still be used otherwise until %s", none.From)
		return none
	}
	return Claim{Due: e.Value.Minor > 0, From: none.From, Amount: e.Value, Why: fmt.Sprintf("%s of %s, aged %d days", happened.Kind, happened.Day, a.AgeDays)}
}
