package exception

import (
	"fmt"
	"reflect"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"kontor/protocol/block"
	"kontor/protocol/calendar"
	"kontor/protocol/quantity"
)

const day = 24 * 60 * 60 * 1000

func take(steps ...[]Exception) (tracks []Track) {
	for n, found := range steps {
		tracks = Advance(tracks, Step{N: int64(n), T: int64(n) * day, Found: found})
	}
	return tracks
}

// What stays the same trouble keeps its name over every revision of the documents, though each finds it under another.
func TestIdentityStaysOverRevisions(t *testing.T) {
	tracks := take([]Exception{at("A", "2027-01", 5)}, []Exception{named(at("A", "2027-01", 7), "second")}, nil, []Exception{named(at("A", "2027-01", 7), "fourth")})
	if len(tracks) != 2 {
		t.Fatalf("%d tracks: want one that went with the third revision, and one that came with the fourth", len(tracks))
	}
	first := tracks[0]
	if first.ID != at("A", "2027-01", 0).ID || len(first.Seen) != 2 || first.Newest().Units != quantity.Of(7) || first.Newest().ID != first.ID {
		t.Errorf("%+v: want the first name with the second figures", first)
	}
	if first.Gone == nil || *first.Gone != (Moment{2, 2 * day}) || tracks[1].Raised != (Moment{3, 3 * day}) || tracks[1].Gone != nil {
		t.Errorf("%+v, %+v", first, tracks[1])
	}
	if open := Open(tracks); len(open) != 1 || open[0].ID != tracks[1].ID {
		t.Errorf("open: %+v", open)
	}
}

// named gives an exception the name it would have under other documents.
func named(e Exception, document string) Exception {
	e.ID = NewID(e.Kind, e.Scope, block.SumRaw([]byte(document)))
	return e
}

func TestGrowthIsMeasuredSinceAMoment(t *testing.T) {
	tracks := take([]Exception{at("A", "2027-01", 100)}, []Exception{at("A", "2027-01", 105)}, []Exception{at("A", "2027-01", 106)})
	if tracks[0].Grown(1 * day) {
		t.Error("from 210 to 212 is within the tolerance")
	}
	if !tracks[0].Grown(0) {
		t.Error("from 200 to 212 is more than five percent")
	}
}

// A revision alone gives nobody more time.
func TestDeadlinesMoveForAReason(t *testing.T) {
	due := func(e Exception, deadline int64) Exception { e.Deadline = deadline; return e }
	first := due(at("A", "2027-01", 100), 10*day)
	for _, c := range []struct {
		what string
		t    int64
		next Exception
		want int64
	}{
		{"a revision that would give two more days", 5 * day, due(at("A", "2027-01", 100), 12*day), 10 * day},
		{"an earlier one", 5 * day, due(at("A", "2027-01", 100), 8*day), 8 * day},
		{"grown before it passed", 5 * day, due(at("A", "2027-01", 200), 12*day), 10 * day},
		{"grown after it passed", 11 * day, due(at("A", "2027-01", 200), 13*day), 13 * day},
		{"the same after it passed", 11 * day, due(at("A", "2027-01", 101), 13*day), 10 * day},
	} {
		tracks := Advance(Advance(nil, Step{N: 0, Found: []Exception{first}}), Step{N: 1, T: c.t, Found: []Exception{c.next}})
		if got := tracks[0].Newest().Deadline; len(tracks) != 1 || got != c.want {
			t.Errorf("%s: deadline on day %d, want %d", c.what, got/day, c.want/day)
		}
	}
	long := due(at("A", "2027-01", 100), 10*day)
	long.Scope.Buckets.End = at("A", "2027-02", 0).Scope.Buckets.End
	tracks := take([]Exception{long}, []Exception{due(at("A", "2027-02", 100), 40*day)})
	if len(tracks) != 1 || tracks[0].Newest().Deadline != 40*day {
		t.Errorf("trouble that begins a month later keeps the deadline of the earlier: %+v", tracks)
	}
}

// Who decides at the old deadline reads what is missing now, not what was missing at first.
func TestDefaultsSayTheFiguresOfNow(t *testing.T) {
	due := func(units, deadline int64, code string) Exception {
		e := at("A", "2027-01", units)
		e.Deadline = deadline
		e.Default = Outcome{Code: code, Text: fmt.Sprintf("If nothing is done by %s %d are missing.", calendar.DateOf(deadline), units)}
		return e
	}
	for _, c := range []struct {
		what string
		next Exception
		want string
	}{
		{"more, later", due(200, 12*day, OutcomeNoCommit), "If nothing is done by 1970-01-11 200 are missing."},
		{"more, later the same day", due(200, 10*day+1, OutcomeNoCommit), "If nothing is done by 1970-01-11 200 are missing."},
		{"another outcome than was known", due(200, 12*day, OutcomeLastCommit), "If nothing is done by 1970-01-11 100 are missing."},
		{"sooner", due(200, 8*day, OutcomeLastCommit), "If nothing is done by 1970-01-09 200 are missing."},
	} {
		tracks := take([]Exception{due(100, 10*day, OutcomeNoCommit)}, []Exception{c.next})
		if got := tracks[0].Newest().Default.Text; got != c.want {
			t.Errorf("%s: %q, want %q", c.what, got, c.want)
		}
	}
}

// Whoever went another way first and came back holds the same tracks as one that took the right steps at once.
func TestRewindTakesStepsBack(t *testing.T) {
	found := rapid.Custom(func(t *rapid.T) []Exception {
		var all []Exception
		for _, b := range []string{"2027-01", "2027-02", "2027-04"} {
			if rapid.Bool().Draw(t, "there") {
				all = append(all, named(at("A", b, rapid.Int64Range(1, 9).Draw(t, "units")), rapid.StringMatching("[a-c]").Draw(t, "document")))
			}
		}
		return Join(all)
	})
	rapid.Check(t, func(t *rapid.T) {
		steps := rapid.SliceOfN(found, 1, 8).Draw(t, "steps")
		wrong := rapid.SliceOfN(found, 0, 4).Draw(t, "steps taken back")
		keep := rapid.IntRange(0, len(steps)).Draw(t, "steps that stood")
		tracks := take(append(slices.Clone(steps[:keep]), wrong...)...)
		tracks, ok := Rewind(tracks, int64(keep))
		if !ok {
			t.Fatal("the few steps are not remembered")
		}
		for n := keep; n < len(steps); n++ {
			tracks = Advance(tracks, Step{N: int64(n), T: int64(n) * day, Found: steps[n]})
		}
		if want := take(steps...); len(want)+len(tracks) > 0 && !reflect.DeepEqual(tracks, want) {
			t.Fatalf("after a rewind\n%+v\nat once\n%+v", tracks, want)
		}
		ids := map[ID]bool{}
		for _, e := range Open(tracks) {
			if ids[e.ID] {
				t.Fatalf("two open exceptions of one name %s", e.ID)
			}
			ids[e.ID] = true
		}
	})
}
