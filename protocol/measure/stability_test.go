package measure

import (
	"slices"
	"testing"

	"kontor/protocol/quantity"
)

func TestRevisions(t *testing.T) {
	var r Revisions
	r.Add(q("100"), q("120"), true)
	r.Add(q("100"), q("90"), false)
	r.Add(q("50"), q("50"), true)
	wants(t, "nervousness", r.Result(Nervousness), "0.156863") // (30 + 10) / 255
	wants(t, "deviation", r.Result(DemandShift), "0.04")
	wants(t, "frozen", r.Result(FrozenChanges), "20")
	wants(t, "revised", r.Result(Revised), "0.666667")
	if n := r.Result(FrozenChanges).Count; n != 1 {
		t.Errorf("%d frozen cells changed", n)
	}
	var still, fresh Revisions
	still.Add(q("0"), q("0"), false)
	fresh.Add(q("0"), q("5"), false)
	wants(t, "deviation of nothing", still.Result(DemandShift), "0")
	wants(t, "nervousness of nothing", still.Result(Nervousness), "0")
	wants(t, "deviation from nothing", fresh.Result(DemandShift), string(ZeroDenominator))
}

// A ratio without errors on either side, or with a divisor of nothing, is not measured.
func TestUncertaintyIsARatioOfErrors(t *testing.T) {
	of := func(errors ...int64) *Errors {
		e := &Errors{}
		for _, by := range errors {
			e.Add(quantity.Of(100), quantity.Of(100+by))
		}
		return e
	}
	wants(t, "twice as unsure", Uncertainty(of(20, -20), of(10, -10)), "2")
	for _, c := range []struct {
		up, down *Errors
		reason   Reason
	}{{of(), of(5), NoData}, {of(5), of(), NoData}, {of(5), of(0), ZeroDenominator}} {
		if r := Uncertainty(c.up, c.down); r.Measured() || r.Reason != c.reason {
			t.Errorf("%v, want %s", r, c.reason)
		}
	}
}

// What each tier's orders vary by, where every tier has three periods of lead time and averages five: as computed from the filters.
func TestBullwhipOverTiersIsMoreThanTheProduct(t *testing.T) {
	var got []string
	for _, d := range Amplified([]int{3, 3, 3}, 5) {
		got = append(got, shown(d, 2))
	}
	if !slices.Equal(got, []string{"2.92", "10.37", "41.04"}) {
		t.Errorf("tiers amplify by %v", got)
	}
	for lead, want := range map[int]string{3: "2.92", 6: "6.28", 9: "11.08"} { // all tiers see the demand itself
		if v := shown(Amplified([]int{lead}, 5)[0], 2); v != want {
			t.Errorf("lead time %d: %s, want %s", lead, v, want)
		}
	}
	var a Amplification
	for i := range 12 {
		a.Add(quantity.Of(int64(80+40*(i%2))), quantity.Of(int64(90+20*(i%2))), false)
	}
	a.Add(q("900"), q("90"), true)
	wants(t, "bullwhip", a.Result(), "4")
	if a.Result().Excluded[Promoted] != 1 {
		t.Error("the promotion is not counted")
	}
	var flat Amplification
	for range 12 {
		flat.Add(q("5"), q("5"), false)
	}
	wants(t, "bullwhip of constant demand", flat.Result(), string(ZeroDenominator))
	wants(t, "bullwhip of nothing", (&Amplification{}).Result(), string(TooFew))
}
