package capacity

import (
	"fmt"
	"testing"

	"pgregory.net/rapid"

	"kontor/protocol/artifact"
	"kontor/protocol/quantity"
)

func group(id string, linked ...string) Group {
	g := Group{ID: id, Unit: quantity.Pack, Capacities: capacities("2027-W02", "300", "350")}
	for _, product := range linked {
		g.Links = append(g.Links, Link{Product: product})
	}
	return g
}

func around(id string, inside ...string) Group {
	g := group(id)
	g.Nested = inside
	return g
}

// The example of the DCM KIT's page on nesting: five toys on two lines, all through one paint shop.
func TestAPaintShopCarriesTheDemandOfItsLines(t *testing.T) {
	f := doc(line("Toy 1", "DE", cell("2027-W02", "60")), line("Toy 2", "DE", cell("2027-W02", "40")), line("Toy 3", "DE", cell("2027-W02", "50")),
		line("Toy 4", "DE", cell("2027-W02", "100")), line("Toy 5", "DE", cell("2027-W02", "70")))
	shop := around("A paint shop", "Line 1", "Line 2")
	r := match(t, f, Plan{Header: header(PlanType), Groups: []Group{shop, group("Line 1", "Toy 1", "Toy 2", "Toy 3"), group("Line 2", "Toy 4", "Toy 5")}})
	for id, want := range map[string]string{"Line 1": "150", "Line 2": "170", "A paint shop": "320"} {
		for _, g := range r.Groups {
			if g.Group == id && g.Buckets[0].Demand != q(want) {
				t.Errorf("%s carries %s, want %s", id, g.Buckets[0].Demand, want)
			}
		}
	}
	if shop := r.Groups[0].Buckets[0]; shop.Verdict != Bottleneck || shop.Colour != Orange || len(r.Unlinked) > 0 {
		t.Errorf("%+v, unlinked %v: 320 of 300, at most 350", shop, r.Unlinked)
	}
	if len(r.Products[0].Groups) != 1 {
		t.Errorf("toy 1 is allotted by %v: the shop has no share of its own to allot", r.Products[0].Groups)
	}
}

// A series that reaches a group in two ways counts once, and what is inactive adds nothing.
func TestNestedDemandCountsOnce(t *testing.T) {
	f := doc(line("A", "DE", cell("2027-W02", "60")), line("B", "DE", cell("2027-W02", "40")))
	idle := group("Idle", "B")
	idle.Inactive = true
	r := match(t, f, Plan{Header: header(PlanType), Groups: []Group{around("Site", "Hall", "Line", "Idle"), around("Hall", "Line"), group("Line", "A"), idle}})
	if len(r.Groups) != 3 || r.Groups[2].Group != "Site" || r.Groups[2].Buckets[0].Demand != q("60") {
		t.Errorf("%+v", r.Groups)
	}
}

// Whatever stands inside whatever: either the plan is refused, or the match ends and every group carries what its parts carry together.
func TestNestingIsRefusedOrEnds(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		f := doc(line("A", "DE", cell("2027-W02", "1")), line("B", "DE", cell("2027-W02", "10")), line("C", "DE", cell("2027-W02", "100")))
		p := Plan{Header: header(PlanType), Groups: []Group{group("0", "A"), group("1", "B"), group("2", "C")}}
		carries := []map[string]bool{{"A": true}, {"B": true}, {"C": true}}
		n := rapid.IntRange(1, 12).Draw(t, "groups")
		for i := range n {
			g := group(fmt.Sprint(3 + i))
			// Mostly what stands before, sometimes what comes later: then it may be a circle.
			for _, k := range rapid.SliceOfNDistinct(rapid.IntRange(0, min(3+i+rapid.IntRange(0, 1).Draw(t, "ahead"), 2+n)), 1, 3, rapid.ID).Draw(t, "inside") {
				g.Nested = append(g.Nested, fmt.Sprint(k))
			}
			p.Groups = append(p.Groups, g)
		}
		circular, depth := false, make([]int, len(p.Groups))
		for i := 3; i < len(p.Groups); i++ {
			all := map[string]bool{}
			for _, id := range p.Groups[i].Nested {
				var k int
				fmt.Sscan(id, &k)
				if k >= i {
					circular = true // or only ahead: then the next one may be sound
					break
				}
				depth[i] = max(depth[i], depth[k]+1)
				for product := range carries[k] {
					all[product] = true
				}
			}
			carries = append(carries, all)
		}
		found := CheckPlan(p)
		if len(found) > 0 {
			if codes := artifact.Codes(found); len(codes) != 1 || codes[0] != CodeNested {
				t.Fatal(found)
			}
			if deepest := maxOf(depth); !circular && deepest <= MaxNesting {
				t.Fatalf("refused at depth %d without a circle: %v", deepest, found)
			}
			return
		}
		if deepest := maxOf(depth); !circular && deepest > MaxNesting {
			t.Fatalf("taken at depth %d", deepest)
		}
		r, err := Match(Input{Forecast: f, Plan: p})
		if err != nil {
			t.Fatal(err)
		}
		if circular {
			return
		}
		for _, g := range r.Groups {
			var k int
			fmt.Sscan(g.Group, &k)
			want := int64(0)
			for product, n := range map[string]int64{"A": 1, "B": 10, "C": 100} {
				if carries[k][product] {
					want += n
				}
			}
			if g.Buckets[0].Demand != quantity.Of(want) {
				t.Fatalf("group %s carries %s, want %d", g.Group, g.Buckets[0].Demand, want)
			}
		}
	})
}

func maxOf(all []int) (m int) {
	for _, n := range all {
		m = max(m, n)
	}
	return m
}
