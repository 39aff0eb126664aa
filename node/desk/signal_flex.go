package desk

import (
	"errors"
	"fmt"
	"slices"

	"kontor/node"
	"kontor/protocol"
	"kontor/protocol/calendar"
	"kontor/protocol/exception"
	"kontor/protocol/forecast"
	"kontor/protocol/quantity"
	"kontor/protocol/terms"
)

// beyond is a forecast in force that moved beyond the bands, and what was said to that.
type beyond struct {
	view     LoopView
	pair     flexed
	contract terms.Document
	cells    []terms.FlexCell // outside the bands
}

// beyondBands judges the newest move of the forecast in force by the bands in force; nil where no terms hold bands or nothing moved beyond them. Where
// several contracts hold bands, a cell is judged by those that speak of it.
func (d *Desk) beyondBands(p *node.Partnership, r *protocol.Replica, inForce []terms.Agreed) (*beyond, error) {
	banded := slices.DeleteFunc(slices.Clone(inForce), func(a terms.Agreed) bool { return len(a.Document.Bands) == 0 })
	if len(banded) == 0 {
		return nil, nil
	}
	out := &beyond{contract: banded[0].Document}
	_, _, err := d.loopInput(p, r, &out.view)
	var none *node.Failure
	if errors.As(err, &none) {
		return nil, nil // no forecast yet
	}
	if err != nil {
		return nil, err
	}
	if out.pair, err = d.flexPair(p, r); err != nil {
		return nil, err
	}
	for i, a := range banded {
		cells, err := a.Document.Flex(out.pair.reference, out.pair.revised)
		if err != nil {
			return nil, fmt.Errorf("flex bands of %q: %w", a.Document.Contract, err)
		}
		for _, c := range cells {
			if !c.Inside && (c.Band != "" || len(banded) == 1) {
				out.contract = banded[i].Document
				out.cells = append(out.cells, c)
			}
		}
	}
	if len(out.cells) == 0 {
		return nil, nil
	}
	return out, nil
}

// flex raises each product whose forecast moved beyond the bands: by itself a node answers inside them alone. It goes when the move is answered under a
// mandate or by an officer, or when the forecast comes back.
func (s *sight) flex() (out []exception.Exception, err error) {
	b, err := s.d.beyondBands(s.p, s.r, s.inForce)
	if err != nil || b == nil || b.view.Signed != nil {
		return nil, err
	}
	units := map[string]quantity.Unit{}
	for _, l := range b.pair.revised.Lines {
		units[l.Item.ID()] = l.Unit
	}
	at := map[exception.ID]int{}
	for _, c := range b.cells {
		e := exception.Exception{Kind: exception.Flex, Side: exception.Seller, Unit: units[c.Product], Scope: exception.Scope{Product: c.Product, Buckets: c.Bucket}}
		if c.Zone == terms.Frozen {
			e.Kind = exception.FrozenZone
		}
		// The reference stays while one move after another goes unanswered: they are one exception.
		e = named(e, exception.Scope{Product: c.Product}, b.pair.referenceCID)
		i, joined := at[e.ID]
		if !joined {
			i = len(out)
			at[e.ID], out = i, append(out, e)
		}
		if out[i], err = withMove(out[i], c); err != nil {
			return nil, err
		}
	}
	for i := range out {
		e := &out[i]
		if *e, err = s.valued(*e, "moved beyond the bands", "PLANNER"); err != nil {
			return nil, err
		}
		e.Deadline = b.pair.revised.AnswerDue
		if e.Deadline == 0 {
			e.Deadline = s.workday(b.contract.Calendar.Day(b.pair.revised.Header.Issued), reactDays)
		}
		e.Cause = fmt.Sprintf("%s of %s moved by %s beyond what %s lets move", e.Scope.Buckets, e.Scope.Product, e.Unit.Said(e.Units.Format(0)), b.contract.Contract)
		if b.view.Answer != nil {
			e.Cause += ", and the answer to it bears no mandate's nor officer's signature"
		}
		e.Default = noAnswer(b.pair.revised.OnNoAnswer)
	}
	return out, nil
}

// withMove adds a cell's move to an exception.
func withMove(e exception.Exception, c terms.FlexCell) (exception.Exception, error) {
	e.Scope.Buckets.Start, e.Scope.Buckets.End = min(e.Scope.Buckets.Start, c.Bucket.Start), max(e.Scope.Buckets.End, c.Bucket.End)
	by, err := c.New.Sub(c.Old)
	if err == nil {
		e.Units, err = e.Units.Add(by.Abs())
	}
	e.UnitsMax = e.Units
	return e, err
}

// noAnswer is what comes of a forecast that nobody answers.
func noAnswer(means forecast.OnNoAnswer) exception.Outcome {
	if means == forecast.LastCommitStands {
		return exception.Outcome{Code: exception.OutcomeLastCommit, Text: "If nobody answers, what was committed last stands."}
	}
	return exception.Outcome{Code: exception.OutcomeNoCommit, Text: "If nobody answers, nothing is committed to the forecast as it is now."}
}

// movedProducts are the products beyond the bands, ascending.
func (b *beyond) movedProducts() []string {
	var out []string
	for _, c := range b.cells {
		out = append(out, c.Product)
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// worth is what the moves beyond the bands are worth by a company's prices, else by those of the contract whose bands they are. ok is false where one has no price,
// or there are several currencies.
func (b *beyond) worth(prices map[string]quantity.Price, today calendar.Date) (total quantity.Money, ok bool, err error) {
	units := map[string]quantity.Unit{}
	for _, l := range b.pair.revised.Lines {
		units[l.Item.ID()] = l.Unit
	}
	for _, c := range b.cells {
		price, known := prices[c.Product]
		if !known {
			price, known = b.contract.UnitPrice(units[c.Product], today, c.Product)
		}
		if !known {
			return quantity.Money{}, false, nil
		}
		by, err := c.New.Sub(c.Old)
		if err != nil {
			return total, false, err
		}
		worth, err := price.Times(by.Abs())
		if err != nil {
			return total, false, err
		}
		switch {
		case total.Currency == "":
			total = worth
		case total.Currency != worth.Currency:
			return quantity.Money{}, false, nil
		default:
			if total, err = total.Add(worth); err != nil {
				return total, false, err
			}
		}
	}
	return total, true, nil
}
