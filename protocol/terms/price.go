package terms

import (
	"errors"
	"fmt"
	"math/big"

	"kontor/protocol/artifact"
	"kontor/protocol/calendar"
	"kontor/protocol/quantity"
)

var (
	// ErrNoPrice says that no clause prices a product on a day.
	ErrNoPrice = errors.New("no price clause")
	// ErrNoValue says that the value of an index in the month that counts is not known.
	ErrNoValue = errors.New("no index value")
)

// Published looks up what an index was published at, for months the terms do not fix. Nil knows none.
type Published func(index string, month calendar.Date) (quantity.Quantity, bool)

// Ask is one line to be priced.
type Ask struct {
	Product  string            `json:"product"`
	Quantity quantity.Quantity `json:"quantity"`
	Unit     quantity.Unit     `json:"unit"` // "" = the clause's
	Day      calendar.Date     `json:"day"`  // whose price counts
}

// fault is why an ask has no price, with the product and the day: an ask of one product stands in no document whose lines could be counted.
func (a Ask) fault(err error) error {
	return fmt.Errorf("product %q on %s: %w", artifact.Clip(a.Product), a.Day, err)
}

// Part is some of the quantity at one price.
type Part struct {
	Quantity quantity.Quantity `json:"quantity"` // in the clause's unit
	Price    quantity.Price    `json:"price"`
}

// Priced is what one line costs, with how it came about.
type Priced struct {
	Ask
	Clause string          `json:"clause"`
	Kind   PriceKind       `json:"kind"`
	Parts  []Part          `json:"parts"`
	Index  *IndexValue     `json:"index,omitempty"`  // the value that counted
	Collar string          `json:"collar,omitempty"` // "LOW" or "HIGH" where the collar held
	Amount *quantity.Money `json:"amount"`           // rounded; nil where amounts are rounded only at the end and this is one of several lines

	exact *big.Rat // in the currency's major unit
}

// Bill is several lines priced together.
type Bill struct {
	Lines []Priced       `json:"lines"`
	Total quantity.Money `json:"total"`
}

// Amount prices lines together. Exact rationals are rounded to minor units once at the end, or line by line, as the
// rounding clause says. Errors wrap ErrNoPrice or ErrNoValue, or name a unit that does not fit.
func (d Document) Amount(lines []Ask, published Published) (Bill, error) {
	b := Bill{Lines: []Priced{}, Total: quantity.Money{Currency: d.Currency}}
	sum := new(big.Rat)
	for _, ask := range lines {
		p, err := d.price(ask, published)
		if err != nil {
			return Bill{}, ask.fault(err)
		}
		if d.Rounding.Level == PerLine || len(lines) == 1 {
			m, err := d.money(p.exact)
			if err != nil {
				return Bill{}, ask.fault(err)
			}
			p.Amount = &m
			if b.Total, err = b.Total.Add(m); err != nil {
				return Bill{}, err
			}
		}
		sum.Add(sum, p.exact)
		b.Lines = append(b.Lines, p)
	}
	if d.Rounding.Level == PerLine || len(lines) <= 1 {
		return b, nil
	}
	var err error
	b.Total, err = d.money(sum)
	return b, err
}

// Cost is what one line costs before it is rounded, in the currency's major unit.
func (d Document) Cost(ask Ask, published Published) (*big.Rat, error) {
	p, err := d.price(ask, published)
	if err != nil {
		return nil, ask.fault(err)
	}
	return p.exact, nil
}

// Money rounds an exact amount in the currency's major unit once, as the rounding clause says.
func (d Document) Money(exact *big.Rat) (quantity.Money, error) { return d.money(exact) }

// PriceOf is the clause that prices a product on a day.
func (d Document) PriceOf(product string, day calendar.Date) (Price, bool) {
	return best(d.Prices, func(p Price) ([]string, bool) { return p.Items, p.Valid.Contains(day) }, product)
}

// UnitPrice is what one unit of a product, known by any of its identifiers, is worth by the terms on a day, where something is to be valued and nothing is
// billed: a fixed price; of tiers that of the first; by an index the price at the value the terms fix for the month that counts, else at the newest they fix
// before it, else at the base. It follows from the terms alone, so that both sides have the same. ok is false where no clause prices the product, or its unit
// does not convert exactly.
func (d Document) UnitPrice(unit quantity.Unit, day calendar.Date, ids ...string) (price quantity.Price, ok bool) {
	clause, ok := best(d.Prices, func(p Price) ([]string, bool) { return p.Items, p.Valid.Contains(day) }, ids...)
	if !ok {
		return price, false
	}
	price = clause.Base
	if clause.Kind == Indexed && clause.Index != nil {
		var err error
		if price, _, err = d.Moved(clause, clause.Index.Provisional(clause.Index.Counts(day))); err != nil {
			return quantity.Price{}, false
		}
	}
	per, err := quantity.Convert(price.Per, clause.Unit, unit)
	if err != nil {
		return quantity.Price{}, false
	}
	price.Per = per
	return price, true
}

func (d Document) price(ask Ask, published Published) (Priced, error) {
	if ask.Quantity.Sign() < 0 || !figure(ask.Quantity) {
		return Priced{}, fmt.Errorf("a quantity of %s can't be priced: want at least nothing and at most %d decimals", ask.Quantity, MaxDecimals)
	}
	clause, ok := d.PriceOf(ask.Product, ask.Day)
	if !ok {
		return Priced{}, ErrNoPrice
	}
	if ask.Unit == "" {
		ask.Unit = clause.Unit
	}
	q, err := quantity.Convert(ask.Quantity, ask.Unit, clause.Unit)
	if err != nil {
		return Priced{}, fmt.Errorf("it is priced per %s: %w", clause.Unit, err)
	}
	out := Priced{Ask: ask, Clause: clause.ID, Kind: clause.Kind, Parts: []Part{}, exact: new(big.Rat)}
	switch clause.Kind {
	case Tiered:
		out.Parts, err = clause.parts(q)
	case Indexed:
		var moved quantity.Price
		if moved, err = d.moved(clause, ask.Day, published, &out); err == nil {
			out.Parts = []Part{{q, moved}}
		}
	default:
		out.Parts = []Part{{q, clause.Base}}
	}
	if err != nil {
		return Priced{}, err
	}
	for _, p := range out.Parts {
		cost := new(big.Rat).Mul(p.Quantity.Rat(), p.Price.Amount.Rat())
		out.exact.Add(out.exact, cost.Quo(cost, p.Price.Per.Rat()))
	}
	return out, nil
}

// parts divides a quantity over the tiers: by MARGINAL the units beyond each border pay its price and those up to it the one before; by ALL_UNITS all pay
// the price of the highest tier whose border the quantity reaches: 100 units are in a tier from 100 on.
func (p Price) parts(q quantity.Quantity) ([]Part, error) {
	at := func(amount quantity.Quantity) quantity.Price {
		return quantity.Price{Amount: amount, Currency: p.Base.Currency, Per: p.Base.Per}
	}
	if p.Basis == AllUnits {
		amount := p.Base.Amount
		for _, t := range p.Tiers {
			if !q.Less(t.From) {
				amount = t.Amount
			}
		}
		return []Part{{q, at(amount)}}, nil
	}
	var out []Part
	from, amount := quantity.Quantity{}, p.Base.Amount
	add := func(to quantity.Quantity) error {
		n, err := to.Sub(from)
		if err == nil && n.Sign() > 0 {
			out = append(out, Part{n, at(amount)})
		}
		return err
	}
	for _, t := range p.Tiers {
		if !t.From.Less(q) {
			break
		}
		if err := add(t.From); err != nil {
			return nil, err
		}
		from, amount = t.From, t.Amount
	}
	if err := add(q); err != nil {
		return nil, err
	}
	if len(out) == 0 {
		out = []Part{{q, at(p.Base.Amount)}}
	}
	return out, nil
}

// money rounds an exact amount in the currency's major unit to minor units.
func (d Document) money(exact *big.Rat) (quantity.Money, error) {
	digits := d.Currency.Digits()
	if digits < 0 {
		return quantity.Money{}, fmt.Errorf("amount in unknown currency %q", string(d.Currency))
	}
	q, err := round(exact, digits, d.Rounding.Mode)
	if err != nil {
		return quantity.Money{}, err
	}
	minor, whole := q.At(-digits)
	if !whole || !minor.IsInt64() {
		return quantity.Money{}, fmt.Errorf("amount %s %s: %w", q, d.Currency, quantity.ErrOverflow)
	}
	return quantity.Money{Minor: minor.Int64(), Currency: d.Currency}, nil
}

// round keeps so many decimals of an exact number.
func round(exact *big.Rat, decimals int, mode RoundingMode) (quantity.Quantity, error) {
	scale := new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(decimals)), nil)
	n := new(big.Int).Mul(new(big.Int).Abs(exact.Num()), scale)
	n, rest := n.QuoRem(n, exact.Denom(), new(big.Int))
	half := rest.Lsh(rest, 1).Cmp(exact.Denom()) // twice the rest against the whole
	up := false
	switch mode {
	case Down:
	case Up:
		up = rest.Sign() > 0
	case HalfEven:
		up = half > 0 || half == 0 && n.Bit(0) == 1
	default:
		up = half >= 0
	}
	if up {
		n.Add(n, big.NewInt(1))
	}
	if exact.Sign() < 0 {
		n.Neg(n)
	}
	return quantity.FromBig(n, -decimals)
}
