package exception

import (
	"slices"
	"testing"

	"pgregory.net/rapid"

	"kontor/protocol/quantity"
)

func TestObserve(t *testing.T) {
	a, b := at("A", "2027-01", 5), at("B", "2027-01", 5)
	a.Deadline, b.Deadline = 100, 100
	tracks := Observe(nil, 10, []Exception{a, b})
	if len(tracks) != 2 || len(Open(tracks)) != 2 {
		t.Fatalf("%+v", tracks)
	}
	later := a
	later.Deadline, later.Units = 500, quantity.Of(6)
	tracks = Observe(tracks, 20, []Exception{later})
	open := Open(tracks)
	if len(open) != 1 || open[0].ID != a.ID || open[0].Deadline != 100 || open[0].Units != quantity.Of(6) {
		t.Errorf("%+v: want A with the new figures and the old deadline", open)
	}
	tracks = Observe(tracks, 30, []Exception{a, b})
	back := tracks[slices.IndexFunc(tracks, func(k Track) bool { return k.ID == b.ID })]
	if !back.Returned || back.Raised.T != 30 || back.Gone != nil {
		t.Errorf("%+v: want B as another matter, raised at 30", back)
	}
}

// Whatever was found before, what is open is what the newest look found, each once; and looking again changes nothing.
func TestObserveProperties(t *testing.T) {
	looks := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) (all []Exception) {
		for _, p := range []string{"A", "B", "C"} {
			if rapid.Bool().Draw(t, p) {
				all = append(all, at(p, "2027-01", rapid.Int64Range(1, 9).Draw(t, "units")))
			}
		}
		return all
	}), 1, 8)
	rapid.Check(t, func(t *rapid.T) {
		var tracks []Track
		all := looks.Draw(t, "looks")
		for i, found := range all {
			tracks = Observe(tracks, int64(i), found)
		}
		found := all[len(all)-1]
		open := Open(tracks)
		if len(open) != len(found) {
			t.Fatalf("%d found, %d open", len(found), len(open))
		}
		for _, e := range found {
			if !slices.ContainsFunc(open, func(o Exception) bool { return o.ID == e.ID && o.Units == e.Units }) {
				t.Fatalf("%s of %s is not open as it looks now", e.Units, e.Scope.Product)
			}
		}
		if again := Observe(tracks, int64(len(all)), found); len(again) != len(tracks) || len(Open(again)) != len(open) {
			t.Fatal("a second look at the same changed something")
		}
	})
}
