package board

import (
	"math/big"

	"kontor/protocol/calendar"
	"kontor/protocol/decision"
	"kontor/protocol/quantity"
)

// effects: the seller commits the option's cells, brought in proportion to the accepted quantity; the buyer stands by what its forecast asks for in
// the cells where the seller makes more. Rounding goes to the last cell.
func (d *drafter) effects() []decision.Effect {
	if d.contract != nil {
		return d.contract.effects(d.topic)
	}
	if own := d.subjectEffects(); len(own) > 0 {
		return own
	}
	out := []decision.Effect{}
	units, sum, scaled := d.agreed()
	left := units
	inTime := d.inTime()
	for i, e := range inTime {
		q := e.Quantity
		if scaled {
			part := new(big.Int).Mul(big.NewInt(whole(e.Quantity)), big.NewInt(units))
			n := part.Quo(part, big.NewInt(sum)).Int64()
			if i == len(inTime)-1 {
				n = left
			}
			left -= n
			q = quantity.Of(n)
		}
		one := decision.Effect{Kind: decision.SlotCommitted, Party: e.Party, Cell: e.Cell, Quantity: q, Unit: e.Unit, Artifact: d.plan}
		if d.buyer != nil && e.Party == *d.buyer {
			one.Kind, one.Artifact = decision.ForecastAccepted, d.forecast
		}
		if q.Sign() == 0 && one.Kind == decision.SlotCommitted {
			continue
		}
		out = append(out, one)
		if asked := d.asked[e.Bucket]; one.Kind == decision.SlotCommitted && d.buyer != nil && len(d.topic.Scope.Products) == 1 && asked.Sign() > 0 {
			out = append(out, decision.Effect{Kind: decision.ForecastAccepted, Party: *d.buyer, Cell: e.Cell, Quantity: asked, Unit: e.Unit, Artifact: d.forecast})
		}
	}
	return out
}

func (d *drafter) last() calendar.Date {
	last := d.topic.Scope.Horizon.End
	if v := d.terms[issueDelivery]; v.Date != nil {
		last = max(last, *v.Date)
	}
	return last
}

// delivery is the day by which everything is there.
func (d *drafter) delivery() calendar.Date {
	if v := d.terms[issueDelivery]; v.Date != nil {
		return max(*v.Date, d.today)
	}
	return max(d.topic.Scope.Horizon.Last(), d.today)
}

func (d *drafter) unit() quantity.Unit {
	for _, e := range d.option.Effects {
		return e.Unit
	}
	return ""
}

func (d *drafter) targets() []decision.Target {
	out := []decision.Target{}
	if d.moves() {
		return out // where an event goes, nothing more is delivered than before
	}
	units, sum, _ := d.agreed()
	if sum > 0 {
		out = append(out, decision.Target{ID: "delivered", Name: "extra quantity delivered in full", Target: quantity.Of(units), Unit: string(d.unit()), By: d.delivery()})
	}
	if len(d.option.Effects) > 0 {
		out = append(out, decision.Target{ID: "short", Name: "units short at the end of a period", AtMost: true, Target: d.option.Expect.Short, Unit: string(d.unit()),
			By: max(d.topic.Scope.Horizon.Last(), d.today)})
	}
	return out
}

// amount is what a signer commits to at most: the agreed quantity at the agreed surcharge, rounded up to the minor unit; nil where the terms name no
// surcharge.
func (d *drafter) amount(currency quantity.Currency) *quantity.Money {
	v := d.terms[issueSurcharge]
	units, _, named := d.agreed()
	if v.Number == nil || !named || currency.Digits() < 0 {
		return nil
	}
	m, err := quantity.Price{Amount: *v.Number, Currency: currency, Per: quantity.Of(1000)}.Times(quantity.Of(units))
	if err != nil {
		return nil
	}
	return &m
}
