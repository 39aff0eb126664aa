package performance

import (
	"math/big"

	"kontor/protocol/measure"
)

// Counted is what a cell says of a measure that measure.Tally makes.
type Counted struct {
	Held, All int64 // of all, those that held; of LEAD_TIME the days of all
	LeftOut   []Left
}

// Counted is what the cell says of a measure by a setting; false where it was not counted.
func (c Cell) Counted(code measure.Code, s measure.Setting) (out Counted, counted bool) {
	if c.Service == nil {
		return out, false
	}
	switch code {
	case measure.LineFill, measure.OrderFill:
		filled := c.Service.Shipped
		if s["fillEvent"] == "RECEIVED" {
			filled = c.Service.Received
		}
		if filled == nil {
			return out, false
		}
		f := filled.Lines
		if code == measure.OrderFill {
			f = filled.Orders
		}
		if s["backorder"] == "INCLUDED" {
			return Counted{f.Whole, f.Due, f.LeftOut}, true
		}
		return Counted{f.First, f.Due, f.LeftOut}, true
	case measure.OTIFOrders:
		if t := c.Service.Timely; t != nil {
			return Counted{t.Both, t.Due, t.LeftOut}, true
		}
	case measure.PerfectOrder:
		if p := c.Service.Perfect; p != nil {
			return Counted{p.All, p.Due, p.LeftOut}, true
		}
	case measure.LeadTime:
		if l := c.Service.Lead; l != nil {
			return Counted{l.Days, l.Due, l.LeftOut}, true
		}
	}
	return out, false
}

// LeftOut are all lists of what the cell's counts leave out.
func (c Cell) LeftOut() (out [][]Left) {
	if c.Deliveries != nil {
		out = append(out, c.Deliveries.LeftOut)
	}
	if c.Service != nil {
		out = append(out, c.Service.leftOut()...)
	}
	return out
}

// Or is the service, completed by what only another report of the cell counts.
func (s *Service) Or(other *Service) *Service {
	if s == nil || other == nil {
		if s == nil {
			return other
		}
		return s
	}
	out := *s
	if out.Shipped == nil {
		out.Shipped = other.Shipped
	}
	if out.Received == nil {
		out.Received = other.Received
	}
	if out.Timely == nil {
		out.Timely = other.Timely
	}
	if out.Perfect == nil {
		out.Perfect = other.Perfect
	}
	if out.Lead == nil {
		out.Lead = other.Lead
	}
	return &out
}

// Served puts the counts of one measure together.
func Served(actuals []Settled, code measure.Code, s measure.Setting) *measure.Tally {
	t := &measure.Tally{}
	for _, c := range actuals {
		apart := c.served(code, s)
		t.LeaveOut(measure.Disputed, apart)
		if x, counted := c.Counted(code, s); counted && apart == 0 {
			t.Add(x.Held, x.All)
			for _, l := range x.LeftOut {
				t.LeaveOut(l.Reason, int(l.Lines))
			}
		}
	}
	return t
}

// served are the lines or orders of a measure about which the two sides differ.
func (c Settled) served(code measure.Code, s measure.Setting) int {
	received, later := s["fillEvent"] == "RECEIVED", s["backorder"] == "INCLUDED"
	for _, x := range serviceMeasures {
		if x.code == code && (x.setting == nil || (x.setting["fillEvent"] == "RECEIVED") == received && (x.setting["backorder"] == "INCLUDED") == later) {
			return c.Apart[x.name]
		}
	}
	return 0
}

// serviceMeasure is one of the counts of a service.
type serviceMeasure struct {
	name    string
	code    measure.Code
	setting measure.Setting // that tells it from others of the code
}

// serviceMeasures are all of them, as comparisons name them. What is disputed of one is in no measure.
var serviceMeasures = func() (out []serviceMeasure) {
	for _, event := range []string{"SHIPPED", "RECEIVED"} {
		for _, code := range []measure.Code{measure.LineFill, measure.OrderFill} {
			for _, backorder := range []string{"EXCLUDED", "INCLUDED"} {
				name := string(code) + " " + event
				if backorder == "INCLUDED" {
					name += " with backorders"
				}
				out = append(out, serviceMeasure{name: name, code: code, setting: measure.Setting{"fillEvent": event, "backorder": backorder}})
			}
		}
	}
	for _, code := range []measure.Code{measure.OTIFOrders, measure.PerfectOrder, measure.LeadTime} {
		out = append(out, serviceMeasure{name: string(code), code: code})
	}
	return out
}()

// compareService compares the counts that either side's cell has.
func compareService(b, s Cell, t Tolerance) (out []ComparedShare) {
	for _, m := range serviceMeasures {
		x, inB := b.Counted(m.code, m.setting)
		y, inS := s.Counted(m.code, m.setting)
		if !inB && !inS {
			continue
		}
		c := ComparedShare{Measure: m.name, BuyerOf: x.All, BuyerHas: x.Held, SellerOf: y.All, SellerHas: y.Held, Verdict: Unequal}
		switch {
		case !inB || !inS:
			c.Verdict = OneSided
		case x.All == y.All && x.Held == y.Held:
			c.Verdict = Equal
		case x.All > 0 && y.All > 0 && t.allowsService(m.code, big.NewRat(x.Held, x.All), big.NewRat(y.Held, y.All)):
			c.Verdict = DeMinimis
		}
		out = append(out, c)
	}
	return out
}

// allowsService tells whether two values differ by no more than is allowed: shares by points, days by the same part of the larger.
func (t Tolerance) allowsService(code measure.Code, x, y *big.Rat) bool {
	if code != measure.LeadTime {
		return t.allowsShare(x, y)
	}
	larger := x
	if larger.Cmp(y) < 0 {
		larger = y
	}
	d := new(big.Rat).Sub(x, y)
	return d.Abs(d).Cmp(new(big.Rat).Mul(larger, big.NewRat(t.PPM, ppmWhole))) <= 0
}
