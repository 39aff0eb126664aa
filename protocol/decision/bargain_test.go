package decision

import (
	"fmt"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"kontor/protocol/block"
)

func TestFallbackBargainingByHand(t *testing.T) {
	position := func(option string, p Position, open int64, conditions ...string) OptionPosition {
		return OptionPosition{Option: option, Position: p, Open: open, Conditions: conditions}
	}
	for _, c := range []struct {
		what          string
		agency, maker []string
		shown         []OptionPosition // by the maker
		delta         map[string]string
		want          string
		depth         int64
	}{
		{"both like 1 best", []string{"1", "2", "0"}, []string{"1", "0", "2"}, nil, nil, "1", 1},
		{"the second choice of both beats the first of one", []string{"1", "2", "3", "0"}, []string{"3", "2", "1", "0"}, nil, nil, "2", 2},
		{"met at one step: the larger pie", []string{"1", "2", "0"}, []string{"2", "1", "0"}, nil, map[string]string{"1": "900", "2": "1000"}, "2", 2},
		{"met at one step, equal pies: the smaller ID", []string{"1", "2", "0"}, []string{"2", "1", "0"}, nil, map[string]string{"1": "900", "2": "900.0"}, "1", 2},
		{"below one impasse line", []string{"1", "0", "2"}, []string{"2", "0", "1"}, nil, nil, "", 0},
		{"openly rejected", []string{"1", "2", "0"}, []string{"1", "2", "0"}, []OptionPosition{position("1", Reject, 1)}, nil, "2", 2},
	} {
		b := Propose([]Side{{agency, c.agency, nil}, {maker, c.maker, c.shown}}, c.delta)
		if b.Option != c.want || b.Depth != c.depth {
			t.Errorf("%s: got %q at %d, want %q at %d", c.what, b.Option, b.Depth, c.want, c.depth)
		}
	}
	b := Propose([]Side{
		{agency, []string{"1", "0", "2"}, []OptionPosition{position("1", Accept, 0), position("2", Reject, 2)}},
		{maker, []string{"2", "0", "1"}, []OptionPosition{position("1", Conditional, 1, "overtime is paid"), position("2", Accept, 0)}}}, nil)
	if got := fmt.Sprint(b.Ways[0].Option, " ", b.Ways[0].Conditions, " ", b.Ways[1].Option, " ", b.Ways[1].Open); got != "1 [overtime is paid] 2 2" {
		t.Errorf("at the impasse: %+v", b.Ways)
	}
}

// Pareto-optimal, maximises the smaller satisfaction, above both impasse lines; swapping the companies changes
// nothing.
func TestFallbackBargainingProperties(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		ids := []string{"0", "1", "2", "3", "4", "5"}[:rapid.IntRange(2, 6).Draw(t, "options")]
		a := rapid.Permutation(ids).Draw(t, "agency")
		b := rapid.Permutation(ids).Draw(t, "maker")
		delta := map[string]string{}
		for _, id := range ids {
			delta[id] = fmt.Sprint(rapid.IntRange(-3, 3).Draw(t, "delta"))
		}
		sides := []Side{{Company: agency, Order: a}, {Company: maker, Order: b}}
		got := Propose(sides, delta)
		swapped := Propose([]Side{sides[1], sides[0]}, delta)
		if got.Option != swapped.Option || got.Depth != swapped.Depth || !slices.EqualFunc(got.Ways, swapped.Ways, func(x, y Way) bool { return x.Option == y.Option && x.TopOf == y.TopOf }) {
			t.Fatalf("%+v, swapped %+v", got, swapped)
		}
		place := func(order []string, id string) int { return slices.Index(order, id) }
		above := func(id string) bool { return place(a, id) < place(a, "0") && place(b, id) < place(b, "0") }
		if got.Option == "" {
			if i := slices.IndexFunc(ids, above); i >= 0 {
				t.Fatalf("impasse, although %s is above both lines", ids[i])
			}
			return
		}
		if !above(got.Option) {
			t.Fatalf("%s is not above both lines", got.Option)
		}
		worst := func(id string) int { return max(place(a, id), place(b, id)) }
		for _, id := range ids {
			if !above(id) {
				continue
			}
			if worst(id) < worst(got.Option) {
				t.Fatalf("%s leaves both better off at the worst", id)
			}
			if place(a, id) < place(a, got.Option) && place(b, id) < place(b, got.Option) {
				t.Fatalf("%s is better for both", id)
			}
		}
	})
}

func TestRevealOpensWhatWasCommitted(t *testing.T) {
	s := negotiated(t)
	sheet, secret := scoresOf(s.topic, agency), secretOf(s.topic.ID, agency)
	weights, _ := secret.CommitWeights(sheet.Weights)
	scores, err := secret.Commit(sheet)
	if err != nil {
		t.Fatal(err)
	}
	committed := Committed{pid, s.topic.ID, agency, weights, scores}
	options := s.topic.OptionIDs()
	reveal := func(show Show) Reveal {
		r, err := secret.Reveal(scoresOf(s.topic, agency), show) // a sheet of its own, to be bent
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	for _, show := range []Show{{Positions: true}, {Rank: true}, {Positions: true, Rank: true}, {Scores: true}} {
		if found := reveal(show).Verify(committed, options); len(found) > 0 {
			t.Errorf("%+v: %v", show, found)
		}
	}
	if r := reveal(Show{Rank: true}); r.Scores != nil || r.Positions != nil {
		t.Error("a reveal of the rank opens more than the rank")
	}
	other := block.Sum([]byte("other"))
	for _, c := range []struct {
		what string
		bend func(*Reveal, *Committed)
		want string
	}{
		{"another commitment", func(_ *Reveal, c *Committed) { c.Scores[0] ^= 1 }, "REVEAL-01"},
		{"copied to another topic", func(_ *Reveal, c *Committed) { c.Topic = other }, "REVEAL-03"},
		{"copied from the partner", func(_ *Reveal, c *Committed) { c.Company = maker }, "REVEAL-03"},
		{"weights changed after the first score", func(_ *Reveal, c *Committed) { c.Weights[0] ^= 1 }, "REVEAL-02"},
		{"another rank", func(r *Reveal, _ *Committed) { r.Rank.Order[0], r.Rank.Order[1] = r.Rank.Order[1], r.Rank.Order[0] }, "REVEAL-03"},
		{"another position", func(r *Reveal, _ *Committed) { r.Positions.Positions[0].Position = Reject }, "REVEAL-03"},
		{"another score", func(r *Reveal, _ *Committed) { r.Scores.Sheet.Scores[0].Points-- }, "REVEAL-03"},
		{"a short salt", func(r *Reveal, _ *Committed) { r.Rank.Salt = r.Rank.Salt[:31] }, "REVEAL-03"},
		{"scores without what they give", func(r *Reveal, _ *Committed) { r.Rank = nil }, "REVEAL-04"},
	} {
		r, committed := reveal(Show{Scores: true}), committed
		c.bend(&r, &committed)
		if got := codes(r.Verify(committed, options)); got != c.want {
			t.Errorf("%s: got %q, want %q", c.what, got, c.want)
		}
	}
	if found := reveal(Show{Rank: true}).Verify(committed, []string{"0", "1"}); codes(found) != "REVEAL-05" {
		t.Errorf("a ranking of other options: %v", found)
	}
}

// A company that commits to scores and to a rank they do not give is found out when it shows the scores.
func TestRevealOfRankThatScoresDoNotGive(t *testing.T) {
	s := negotiated(t)
	sheet, secret := scoresOf(s.topic, agency), secretOf(s.topic.ID, agency)
	honest, err := secret.Reveal(sheet, Show{Scores: true})
	if err != nil {
		t.Fatal(err)
	}
	lie := honest
	lie.Rank = &RankShown{honest.Rank.Salt, []string{"2", "0", "1"}}
	lie.Parts.Rank, _ = secret.place().hash(rankLeaf, lie.Rank.Salt, lie.Rank.Order)
	c := Committed{pid, s.topic.ID, agency, lie.Parts.Weights, lie.Parts.root()}
	if got := codes(lie.Verify(c, s.topic.OptionIDs())); got != "REVEAL-04" {
		t.Errorf("got %q", got)
	}
}
