package measure

import (
	"testing"

	"kontor/protocol/calendar"
	"kontor/protocol/quantity"
)

func amount(text string) *quantity.Quantity {
	v := q(text)
	return &v
}

func day(text string) calendar.Date { return calendar.MustDate(text) }

func TestValueAdded(t *testing.T) {
	good, bad := &Errors{}, &Errors{}
	good.Add(q("10"), q("11"))
	bad.Add(q("10"), q("15"))
	r := Added(bad.Result(WAPE), good.Result(WAPE), nil)
	wants(t, "value added", r, "0.4")
	if r.Verdict != Better || Added(good.Result(WAPE), bad.Result(WAPE), nil).Verdict != Worse || Added(good.Result(WAPE), good.Result(WAPE), nil).Verdict != Neutral {
		t.Error("verdicts of value added")
	}
	if Added(bad.Result(WAPE), good.Result(MAE), nil).Measured() {
		t.Error("two different measures were compared")
	}
}

func TestDefects(t *testing.T) {
	var d, none, wrong Defects
	d.Add(Lot{Units: q("10000"), Defective: q("12"), Defects: q("15")})
	d.Add(Lot{Units: q("500"), Defective: q("500"), Provisional: true})
	wants(t, "ppm", d.Result(DefectPPM), "1200")
	wants(t, "yield", d.Result(Yield), "0.9988")
	wants(t, "DPMO", d.PerMillionOpportunities(5), "300")
	if r := d.Result(DefectPPM); r.Excluded[Suspect] != 1 || r.Interval.Low.Cmp(r.Value) >= 0 || r.Interval.High.Cmp(r.Value) <= 0 {
		t.Errorf("%+v", r)
	}
	none.Add(Lot{Units: q("50")})
	r := none.Result(DefectPPM)
	wants(t, "ppm of none found", r, "0")
	if high := shown(r.Interval.High, 0); high != "58155" { // 1 - 0.05^(1/50), near 3/50
		t.Errorf("none of fifty: up to %s ppm", high)
	}
	wrong.Add(Lot{Units: q("5"), Defective: q("6")})
	wants(t, "more defective than made", wrong.Result(DefectPPM), string(NotPossible))
	wants(t, "of nothing", (&Defects{}).Result(DefectPPM), string(NoData))
}

func TestSupply(t *testing.T) {
	r, beyond := Supply(q("25"), plain(10, 10, 10), nil)
	wants(t, "days", r, "2.5")
	if _, all := Supply(q("30"), plain(10, 10, 10), nil); beyond || !all {
		t.Error("stock that covers all that is known")
	}
	if _, all := Supply(q("3"), plain(0, 0), nil); !all {
		t.Error("no demand is covered by any stock")
	}
	var perfect, lead Tally
	perfect.Add(1, 2)
	perfect.LeaveOut(NotRecorded, 3)
	wants(t, "perfect orders", perfect.Result(PerfectOrder, nil), "0.5")
	lead.Add(21, 2)
	lead.Add(9, 2)
	wants(t, "lead time", lead.Result(LeadTime, nil), "7.5")
	var none Tally
	none.LeaveOut(NotRecorded, 3)
	if r := none.Result(PerfectOrder, nil); r.Measured() || r.Reason != NotRecorded || r.Excluded[NotRecorded] != 3 {
		t.Errorf("orders of which nobody recorded damage: %+v", r)
	}
	var k Kept
	k.Add(q("120"), q("100"), q("130"))
	k.Add(q("80"), q("100"), q("50"))
	wants(t, "adherence", k.Result(Adherence), "0.75")
	wants(t, "attainment", k.Result(Attainment), "1")
	wants(t, "median", StepDays("D3", []int{9, 2, 4, 3}, 1), "3.5")
	wants(t, "median of what is not done", StepDays("D8", nil, 2), string(Pending))
	wants(t, "median of nothing", StepDays("D8", nil, 0), string(NoData))
}
