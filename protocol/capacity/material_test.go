package capacity

import (
	"testing"

	"kontor/protocol/calendar"
	"kontor/protocol/quantity"
)

// What a revision of a plan must change to be material to some products in some days (practice T1).
func TestMaterialPlan(t *testing.T) {
	march, june := calendar.MustBucket("2027-03"), calendar.MustBucket("2027-06")
	stock := quantity.Of(10)
	group := func(id, product string, in calendar.Bucket, actual int64) Group {
		return Group{ID: id, Unit: "PK", Links: []Link{{Product: product}}, Capacities: []Capacity{{Bucket: in, Actual: quantity.Of(actual), Maximum: quantity.Of(2000)}}}
	}
	plan := func(groups ...Group) Plan {
		return Plan{Groups: groups, Positions: []Position{{Product: "A", Unit: "PK", Stock: &stock}}}
	}
	old := plan(group("L1", "A", march, 1000), group("L2", "B", march, 1000))
	other := quantity.Of(9000)
	moreStock, noStock := plan(old.Groups...), plan(old.Groups...)
	moreStock.Positions = []Position{{Product: "A", Unit: "PK", Stock: &other}}
	noStock.Positions = nil
	slotted := group("L1", "A", march, 1000)
	slotted.Slots = []Slot{{ID: "s", Bucket: march, Product: "A", Quantity: quantity.Of(5), Status: SlotOffered}}
	idle := group("L1", "A", march, 1000)
	idle.Inactive = true
	for _, c := range []struct {
		what    string
		revised Plan
		from    string
		want    bool
	}{
		{"nothing", old, "2027-01-01", false},
		{"five percent", plan(group("L1", "A", march, 1050), old.Groups[1]), "2027-01-01", false},
		{"more", plan(group("L1", "A", march, 1051), old.Groups[1]), "2027-01-01", true},
		{"more, when it is over", plan(group("L1", "A", march, 1051), old.Groups[1]), "2027-04-01", false},
		{"another product's line", plan(old.Groups[0], group("L2", "B", march, 1)), "2027-01-01", false},
		{"another period", plan(group("L1", "A", june, 1000), old.Groups[1]), "2027-01-01", true},
		{"the line is gone", plan(old.Groups[1]), "2027-01-01", true},
		{"the line stands still", plan(idle, old.Groups[1]), "2027-01-01", true},
		{"a slot offered", plan(slotted, old.Groups[1]), "2027-01-01", true},
		{"the day's stock", moreStock, "2027-01-01", false},
		{"no stock shared any more", noStock, "2027-01-01", true},
		{"a group around the line", plan(old.Groups[0], old.Groups[1], around("Site", "L1")), "2027-01-01", true},
		{"a group around another line", plan(old.Groups[0], old.Groups[1], around("Site", "L2")), "2027-01-01", false},
	} {
		if got := Material(old, c.revised, []string{"A"}, march, calendar.MustDate(c.from)); got != c.want {
			t.Errorf("%s: material %t", c.what, got)
		}
	}
}
