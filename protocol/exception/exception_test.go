package exception

import (
	"reflect"
	"testing"

	"pgregory.net/rapid"

	"kontor/protocol/block"
	"kontor/protocol/calendar"
	"kontor/protocol/quantity"
)

func at(product, bucket string, units int64) Exception {
	s := Scope{Group: "L1", Product: product, Buckets: calendar.MustBucket(bucket)}
	return Exception{ID: NewID(Shortage, s, block.SumRaw([]byte("f"))), Kind: Shortage, Scope: s, Units: quantity.Of(units), UnitsMax: quantity.Of(2 * units),
		Value: quantity.Money{Minor: units * 100, Currency: "USD"}, Deadline: s.Buckets.Start.Millis()}
}

func TestIDFollowsFromCause(t *testing.T) {
	a, b := at("A", "2027-01", 1), at("A", "2027-01", 99)
	if a.ID != b.ID {
		t.Error("figures are no part of the identity")
	}
	s := a.Scope
	for name, id := range map[string]ID{
		"another document": NewID(Shortage, s, block.SumRaw([]byte("g"))),
		"two documents":    NewID(Shortage, s, block.SumRaw([]byte("f")), block.CID{}),
		"another kind":     NewID(Overload, s, block.SumRaw([]byte("f"))),
		"another bucket":   at("A", "2027-02", 1).ID,
		"shifted names":    NewID(Shortage, Scope{Group: "L", Product: "1A", Buckets: s.Buckets}, block.SumRaw([]byte("f"))),
	} {
		if id == a.ID {
			t.Errorf("%s has the same id", name)
		}
	}
	if back, err := ParseID(a.ID.String()); err != nil || back != a.ID {
		t.Errorf("%v, %v", back, err)
	}
	if id, err := ParseID("zz"); err == nil || id != (ID{}) {
		t.Error("a malformed id was read")
	}
}

func TestJoinContiguousBuckets(t *testing.T) {
	joined := Join([]Exception{at("A", "2027-03", 7), at("B", "2027-01", 1), at("A", "2027-01", 5), at("A", "2027-02", 9), at("A", "2027-05", 2)})
	if len(joined) != 3 {
		t.Fatalf("%d exceptions: want A January to March, A May, B January", len(joined))
	}
	a := joined[0]
	if a.ID != at("A", "2027-01", 0).ID || a.Scope.Buckets.String() != "2027-01-01/2027-04-01" || a.Units != quantity.Of(9) || a.UnitsMax != quantity.Of(18) || a.Value.Minor != 900 {
		t.Errorf("%+v: a shortage not made good is still there, so the largest bucket counts and not the sum", a)
	}
}

func TestReconcile(t *testing.T) {
	open := []Exception{at("A", "2027-01", 5), at("B", "2027-01", 5)}
	// A moved to January and February under newer documents, B is gone, C is new.
	newer := Scope{Group: "L1", Product: "A", Buckets: calendar.Bucket{Start: calendar.MustDate("2027-01-01"), End: calendar.MustDate("2027-03-01")}}
	found := []Exception{at("C", "2027-01", 1), {ID: NewID(Shortage, newer, block.SumRaw([]byte("newer"))), Kind: Shortage, Scope: newer, Units: quantity.Of(8)}}
	c := Reconcile(open, found)
	if len(c.Raised) != 1 || c.Raised[0].Scope.Product != "C" || len(c.Closed) != 1 || c.Closed[0].Scope.Product != "B" {
		t.Errorf("raised %v, closed %v", c.Raised, c.Closed)
	}
	if len(c.Kept) != 1 || c.Kept[0].ID != open[0].ID || c.Kept[0].Units != quantity.Of(8) || c.Kept[0].Scope != newer {
		t.Errorf("kept %+v: want the old id with the new figures", c.Kept)
	}
}

// Nothing is lost, nothing is invented, a second look at the same documents changes nothing, order is irrelevant.
func TestReconcileProperties(t *testing.T) {
	list := rapid.Custom(func(t *rapid.T) []Exception {
		var all []Exception
		for _, p := range []string{"A", "B"} {
			for _, b := range []string{"2027-01", "2027-02", "2027-04", "2027-06"} {
				if rapid.Bool().Draw(t, "there") {
					all = append(all, at(p, b, rapid.Int64Range(1, 9).Draw(t, "units")))
				}
			}
		}
		return Join(all)
	})
	rapid.Check(t, func(t *rapid.T) {
		open, found := list.Draw(t, "open"), list.Draw(t, "found")
		c := Reconcile(open, found)
		if len(c.Kept)+len(c.Closed) != len(open) || len(c.Kept)+len(c.Raised) != len(found) {
			t.Fatalf("open %d found %d: kept %d closed %d raised %d", len(open), len(found), len(c.Kept), len(c.Closed), len(c.Raised))
		}
		now := append(append([]Exception(nil), c.Kept...), c.Raised...)
		again := Reconcile(now, found)
		if len(again.Raised) != 0 || len(again.Closed) != 0 {
			t.Fatalf("a second look raised %d and closed %d", len(again.Raised), len(again.Closed))
		}
		other := Reconcile(rapid.Permutation(open).Draw(t, "order of open"), rapid.Permutation(found).Draw(t, "order of found"))
		if !reflect.DeepEqual(c, other) {
			t.Fatal("another order, another result")
		}
	})
}
