package capacity

import (
	"math/big"

	"kontor/protocol/calendar"
	"kontor/protocol/quantity"
)

// DefaultCoverDays is how many days of demand stock may cover at most where nobody says otherwise: the most cover of D11.
const DefaultCoverDays = 90

// coverLevel is the quantile of the demand that stock is compared with (D11), ppm.
const coverLevel = 900_000

// Ahead is how far the stock that lies there now reaches (D11): what is on hand less what is owed, without what will arrive.
type Ahead struct {
	AsOf   calendar.Date     `json:"asOf"`
	Stock  quantity.Quantity `json:"stock"`            // 0 where more is owed than lies there
	Days   quantity.Quantity `json:"daysOfSupply"`     // of the mean demand from that day on, in tenths, rounded down
	Beyond bool              `json:"beyond,omitempty"` // it outlasts the demand that is known: the days are at least these
	// Cover is the 0.9 quantile of the demand up to Until; Excess is the stock above it. Absent where no bands are shared, or the forecast ends before.
	Until  calendar.Date      `json:"until,omitzero"`
	Cover  *quantity.Quantity `json:"mostCover,omitempty"`
	Excess *quantity.Quantity `json:"overstock,omitempty"`
}

// reach is the most cover while it is looked for: the demand up to the first bucket that ends no earlier than the day it must reach. Rather too long than too
// short: it claims too little overstock rather than too much.
type reach struct {
	reach calendar.Date
	until calendar.Date // 0: the forecast ends before
	most  *big.Int      // nil: no level so high is shared
}

// high is the lowest level of a curve at or above the one that stock is compared with: of a sum of lines, all at their high levels together, as in the
// comonotone end of the cover view.
func (c curve) high() *big.Int {
	for i, level := range c.levels {
		if level >= coverLevel {
			return new(big.Int).Set(c.values[i])
		}
	}
	return nil
}

// ahead reads a stock against the demand to come. The most cover is the position's own where it states one.
func (m *matcher) ahead(r reach, position Position, cells []ProductCell) (*Ahead, error) {
	out := &Ahead{AsOf: position.AsOf}
	stock := new(big.Int).Sub(m.at(*position.Stock), m.at(position.Backlog))
	if stock.Sign() < 0 {
		stock.SetInt64(0)
	}
	var err error
	if out.Stock, err = toQuantity(stock, m.scale); err != nil {
		return nil, err
	}
	if out.Days, out.Beyond, err = daysOfSupply(out.Stock.Rat(), out.AsOf, cells); err != nil {
		return nil, err
	}
	most := r.most
	if position.MaxCover != nil {
		most = m.at(*position.MaxCover)
	} else if most != nil {
		out.Until = r.until
	}
	if most == nil {
		return out, nil
	}
	over := new(big.Int).Sub(stock, most)
	if over.Sign() < 0 {
		over.SetInt64(0)
	}
	cover, err := toQuantity(most, m.scale)
	if err != nil {
		return nil, err
	}
	excess, err := toQuantity(over, m.scale)
	out.Cover, out.Excess = &cover, &excess
	return out, err
}

// daysOfSupply is how many days of mean demand a stock covers, in tenths, rounded down; a bucket's demand comes evenly over its days. beyond says that it
// outlasts what is known.
func daysOfSupply(left *big.Rat, from calendar.Date, cells []ProductCell) (days quantity.Quantity, beyond bool, err error) {
	sum := new(big.Rat)
	beyond = true
	for _, c := range cells {
		b := c.Bucket
		if b.End <= from {
			continue
		}
		length := b.Days()
		b.Start = max(b.Start, from)
		want := new(big.Rat).Mul(c.Demand.Rat(), big.NewRat(int64(b.Days()), int64(length)))
		if left.Cmp(want) < 0 {
			sum.Add(sum, want.Quo(left, want).Mul(want, big.NewRat(int64(b.Days()), 1)))
			beyond = false
			break
		}
		left.Sub(left, want)
		sum.Add(sum, big.NewRat(int64(b.Days()), 1))
	}
	sum.Mul(sum, big.NewRat(10, 1))
	days, err = quantity.FromBig(new(big.Int).Quo(sum.Num(), sum.Denom()), -1)
	return days, beyond, err
}
