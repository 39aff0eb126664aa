package measure

import (
	"testing"
)

func TestStock(t *testing.T) {
	var s Stock
	add := func(item, on, blocked string, expected bool) {
		s.Add(StockDay{Item: item, Location: "B", Listed: true, OnHand: amount(on), Blocked: q(blocked), Expected: expected, MostCover: amount("60"), Demand: item != "old", UnitValue: q("2"), Used: q("10")})
	}
	add("A", "100", "20", true)
	add("A", "20", "20", true) // all of it blocked: nothing to sell
	add("A", "0", "0", false)  // nothing was wanted
	add("old", "20", "0", false)
	s.Add(StockDay{Item: "A", Location: "C"})
	s.Add(StockDay{Item: "A", Location: "D", Listed: true})
	r := s.Result(StockoutRate)
	wants(t, "stockouts", r, "0.25")
	if r.Count != 4 || r.Excluded[NotListed] != 1 || r.Excluded[NotShared] != 1 {
		t.Errorf("%+v", r)
	}
	wants(t, "overstock", s.Result(Overstock), "0.2") // 20 of 100
	wants(t, "excess and obsolete", s.Result(ExcessValue), "0.4")
	wants(t, "turns", s.Result(Turns), "146") // 40 · 365 / 100
	var silent Stock
	silent.Add(StockDay{Listed: true})
	wants(t, "of stock that is not shared", silent.Result(StockoutRate), string(NotShared))
	wants(t, "of nothing", (&Stock{}).Result(StockoutRate), string(NoData))
	var bare Stock
	bare.Add(StockDay{Listed: true, OnHand: amount("5")})
	wants(t, "overstock without bands", bare.Result(Overstock), string(NotShared))
}

// Thirty items at locations, each with fewer stockouts after the agreement than before: told apart from chance. With as many up as down: not.
func TestStockBeforeAndAfterAnAgreement(t *testing.T) {
	window := func(outOf func(i int) int) *Stock {
		var s Stock
		for i := range 30 {
			for d := range 28 {
				on := amount("5")
				if d < outOf(i) {
					on = amount("0")
				}
				s.Add(StockDay{Item: string(rune('A' + i)), Listed: true, OnHand: on, Expected: true})
			}
		}
		return &s
	}
	before := window(func(i int) int { return 6 + i%3 })
	better := window(func(i int) int { return 3 + i%2 })
	same := window(func(i int) int { return 6 + (i+1)%3 })
	changes, unpaired := StockoutChanges(before, better)
	r := Compared(changes, unpaired, nil)
	if r.Verdict != Distinguishable || r.Value.Rat().Sign() >= 0 || r.Count != 30 || r.Interval.High.Rat().Sign() >= 0 {
		t.Errorf("fewer stockouts: %+v", r)
	}
	changes, unpaired = StockoutChanges(before, same)
	if r := Compared(changes, unpaired, nil); r.Verdict != Noise {
		t.Errorf("as many up as down: %+v", r)
	}
	if r := Compared([]Change{{whole(1), whole(0)}}, 3, nil); r.Reason != TooFew || r.Excluded[NoData] != 3 {
		t.Errorf("one item: %+v", r)
	}
}

// What was lost on days without stock is estimated from what was foreseen, with its interval: 12 foreseen and 4 sold are 8 lost, of 10 to 20 are 6 to 16. Days
// without a band are counted and left out; where stock was there nothing is lost, and without any band nothing is claimed.
func TestLostSales(t *testing.T) {
	set := Setting{"band": "0.8"}
	day := func(onHand, sold string, w *Wanted) StockDay {
		return StockDay{Item: "A", Listed: true, OnHand: amount(onHand), Expected: true, Used: q(sold), Wanted: w}
	}
	s := Stock{Setting: set}
	s.Add(day("50", "3", &Wanted{q("10"), q("12"), q("20")}))
	wants(t, "with stock", s.Result(LostSales), "0")
	s.Add(day("0", "4", &Wanted{q("10"), q("12"), q("20")}))
	s.AddSpan(day("0", "30", &Wanted{q("20"), q("28"), q("40")}), 2)
	r := s.Result(LostSales)
	wants(t, "lost", r, "8")
	if r.Count != 3 || r.Interval == nil || r.Interval.Low.Rat().Cmp(whole(6)) != 0 || r.Interval.High.Rat().Cmp(whole(26)) != 0 || r.Interval.Level != 800_000 {
		t.Errorf("%+v", r)
	}
	s.Add(day("0", "0", nil))
	if r := s.Result(LostSales); r.Excluded[NoBands] != 1 || !r.Measured() {
		t.Errorf("%+v", r)
	}
	bare := Stock{Setting: set}
	bare.Add(day("0", "0", nil))
	wants(t, "without a band", bare.Result(LostSales), string(NoBands))
}
