package capacity

import (
	"testing"

	"pgregory.net/rapid"

	"kontor/protocol/artifact"
	"kontor/protocol/calendar"
	"kontor/protocol/forecast"
	"kontor/protocol/quantity"
)

func asked(quantities ...int64) *forecast.Document {
	l := forecast.Line{Item: forecast.Item{BuyersID: "A"}, Unit: "C62"}
	for i, q := range quantities {
		m := calendar.MustBucket("2027-01").Start.Month().Add(i)
		l.Buckets = append(l.Buckets, forecast.Cell{Bucket: calendar.Bucket{Start: m.First(), End: m.Add(1).First()}, Mean: quantity.Of(q)})
	}
	return &forecast.Document{Lines: []forecast.Line{l}}
}

// A slot needs a review where its own days moved materially since the plan was made, and nowhere else.
func TestSlotsNeedReview(t *testing.T) {
	slot := func(id, bucket string, status SlotStatus) Slot {
		return Slot{ID: id, Bucket: calendar.MustBucket(bucket), Product: "A", Quantity: quantity.Of(50), Status: status}
	}
	expires := slot("expired", "2027-02", SlotReserved)
	expires.ExpiresAt = 1_000
	named := slot("other line", "2027-02", SlotReserved)
	named.Line = "some other line"
	p := Plan{Groups: []Group{{ID: "L1", Slots: []Slot{slot("january", "2027-01", SlotCommitted), slot("february", "2027-02", SlotCommitted), slot("offered", "2027-02", SlotOffered),
		slot("used", "2027-02", SlotConsumed), expires, named}}}}
	made := asked(100, 100)
	for name, c := range map[string]struct {
		now  *forecast.Document
		want map[string]SlotStatus
	}{
		"nothing moved":            {asked(100, 100), nil},
		"within five in a hundred": {asked(100, 105), nil},
		"february rose":            {asked(100, 150), map[string]SlotStatus{"february": SlotNeedsReview, "offered": SlotNeedsReview}},
		"february is gone":         {asked(100), map[string]SlotStatus{"february": SlotNeedsReview, "offered": SlotNeedsReview}},
		"january moved too":        {asked(10, 10), map[string]SlotStatus{"january": SlotNeedsReview, "february": SlotNeedsReview, "offered": SlotNeedsReview}},
	} {
		views, err := Slots(p, made, c.now, 2_000)
		if err != nil {
			t.Fatal(err)
		}
		for _, v := range views {
			want := v.Slot.Status
			if v.Slot.ID == "expired" {
				want = SlotReleased
			}
			if w, ok := c.want[v.Slot.ID]; ok {
				want = w
			}
			if v.State != want {
				t.Errorf("%s: slot %s is %s, want %s", name, v.Slot.ID, v.State, want)
			}
		}
	}
	if views, err := Slots(p, nil, made, 0); err != nil || len(views) != 6 || views[0].State == SlotNeedsReview {
		t.Errorf("%+v, %v: a plan made for no forecast is reviewed by nobody", views, err)
	}
}

// A slot can't say of itself that it needs a review.
func TestSlotNeedsReviewIsNotWritten(t *testing.T) {
	var r artifact.Report
	checkSlots(&r, "", Group{Slots: []Slot{{ID: "s", Bucket: calendar.MustBucket("2027-01"), Product: "A", Status: SlotNeedsReview}}})
	if len(r.Findings()) == 0 {
		t.Error("it was written")
	}
}

// Whatever the key, no line is given away more than once, and no product gets more than its share.
func TestCutProperties(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var shares []ProductShare
		for _, p := range []string{"A", "B", "C"} {
			shares = append(shares, ProductShare{p, rapid.Int64Range(1, forecast.PPM).Draw(t, p)})
		}
		for _, rule := range []AllocationRule{ByContract, ByPriority} {
			if err := CheckShares(rule, shares); err != nil {
				continue // agreed shares above one whole are refused
			}
			cut, sum := Cut(rule, shares), int64(0)
			for i, s := range shares {
				if cut[s.Product] > s.PPM || cut[s.Product] < 0 {
					t.Fatalf("%s: %s gets %d of %d", rule, s.Product, cut[s.Product], s.PPM)
				}
				if i == 0 && cut[s.Product] != s.PPM {
					t.Fatalf("%s: the first gets %d of %d", rule, cut[s.Product], s.PPM)
				}
				sum += cut[s.Product]
			}
			if sum > forecast.PPM {
				t.Fatalf("%s: %d ppm are given away", rule, sum)
			}
		}
	})
}

func TestCheckShares(t *testing.T) {
	for _, c := range []struct {
		rule   AllocationRule
		shares []ProductShare
		ok     bool
	}{
		{ByReceipts, nil, true}, {InEqual, nil, true}, {ByReceipts, []ProductShare{{"A", 1}}, false},
		{ByContract, nil, false}, {ByContract, []ProductShare{{"A", 600_000}, {"B", 400_000}}, true}, {ByContract, []ProductShare{{"A", 600_000}, {"B", 400_001}}, false},
		{ByPriority, []ProductShare{{"A", 600_000}, {"B", 600_000}}, true}, {ByPriority, []ProductShare{{"A", 1}, {"A", 1}}, false}, {ByPriority, []ProductShare{{"A", 0}}, false}, {"BY_FORECAST", nil, false},
	} {
		if err := CheckShares(c.rule, c.shares); (err == nil) != c.ok {
			t.Errorf("%s %v: %v", c.rule, c.shares, err)
		}
	}
}
