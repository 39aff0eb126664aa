package protocol_test

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"kontor/protocol"
	"kontor/protocol/block"
	"kontor/protocol/calendar"
	"kontor/protocol/feed"
	"kontor/protocol/performance"
	"kontor/protocol/quantity"
	"kontor/protocol/remedy"
	"kontor/protocol/terms"
	"kontor/testnet/virtual"
)

// Two companies report, correct, close, act on entries and hear of each other in parts, in an order that a seed draws: in the end both keep the same
// rows, which a fold from nothing gives as well, no credit is there twice, and no quarter exceeds its cap.
func TestCreditsUnderSeeds(t *testing.T) {
	seeds := uint64(12)
	if testing.Short() {
		seeds = 4
	}
	for seed := range seeds {
		t.Run(fmt.Sprint(seed), func(t *testing.T) { playCredits(t, seed) })
	}
}

func playCredits(t *testing.T, seed uint64) {
	y := newYear(t, func(d *terms.Document) {
		d.Prices[0].Kind = terms.Indexed
		d.Prices[0].Index = &terms.Index{ID: "PULP-EU", BaseValue: quantity.Of(100), WeightPPM: terms.PPM, Decimals: 4, Adjust: &terms.Adjustment{FinalDays: 20, OnMissing: terms.LastKnown, DisputeDays: 10}}
	})
	s, rng := y.s, rand.New(rand.NewPCG(seed, 7))
	desks := []*virtual.Desk{y.buyer, y.seller}
	// One month that is missed for certain, closed by both.
	s.Now = calendar.MustDate("2027-02-02").Millis()
	for _, d := range desks {
		y.report(d, "2027-01", counted{due: 20, good: 10, closed: true})
	}
	meet(t, s)
	for range 70 {
		s.Now += virtual.Hour + rng.Int64N(5*virtual.Day)
		d := desks[rng.IntN(2)]
		other := desks[0]
		if other == d {
			other = desks[1]
		}
		d.Skew = rng.Int64N(10 * 60_000)
		switch rng.IntN(8) {
		case 0, 1, 2:
			reportSome(t, d, calendar.DateOf(s.Now), rng)
		case 3:
			must[feed.Entry](t)(d.Write(protocol.Draft{Kind: protocol.KindHeartbeat}))
		case 4, 5:
			p, err := d.Pack(other)
			if err != nil {
				t.Fatal(err)
			}
			if len(p.Envelopes) > 0 { // a part of it: the rest comes later
				p.Envelopes = p.Envelopes[:1+rng.IntN(len(p.Envelopes))]
				if _, err := other.Take(p); err != nil && !protocol.IsVerdict(err) {
					t.Fatal(err)
				}
			}
		default:
			actSome(t, d, rng)
		}
	}
	s.Now = max(s.Now, calendar.MustDate("2028-03-01").Millis()) + virtual.Day
	for range 3 {
		s.Now += virtual.Day
		y.beat(desks...)
	}
	sameRows(t, s.Desks...)
	type quarter struct {
		remedy string
		start  calendar.Month
	}
	seen, sums := map[string]bool{}, map[quarter]int64{}
	for _, i := range y.items() {
		key := fmt.Sprint(i.Kind, i.Window, i.Remedy)
		if seen[key] {
			t.Errorf("twice: %s", i)
		}
		seen[key] = true
		if m := i.Period.Last().Month(); i.Remedy == "credit" && i.Kind != remedy.EarnedBack && i.Status != remedy.Dropped {
			sums[quarter{i.Remedy, m - m%3}] += i.Net(terms.Seller)
		}
	}
	if len(seen) == 0 {
		t.Error("the missed January brought nothing")
	}
	for q, sum := range sums {
		if sum > 60_000 {
			t.Errorf("%s comes to %d cents in the quarter from %s", q.remedy, sum, q.start)
		}
	}
}

// reportSome reports one of the three months before a day, or corrects the report, as far as the desk's own rows let it.
func reportSome(t *testing.T, d *virtual.Desk, today calendar.Date, rng *rand.Rand) {
	t.Helper()
	month := today.Month().Add(-1 - rng.IntN(3))
	if month < calendar.MustDate("2027-01-01").Month() {
		return
	}
	w := calendar.Bucket{Start: month.First(), End: month.Add(1).First()}
	due, closed := 10+rng.Int64N(20), rng.IntN(4) == 0
	good := due - rng.Int64N(due/2)
	if rng.IntN(2) == 0 {
		due, good = 20, 18 // often both say the same
	}
	doc := virtual.Performance(d.Name+month.String(), 0, nil, d.Clock(), w, closed, 1)
	all, onTime := quantity.Of(due*100), quantity.Of(good*100)
	doc.Cells[0].Ordered, doc.Cells[0].Received, doc.Cells[0].Lines = &all, &all, nil
	doc.Cells[0].Deliveries = &performance.Deliveries{Due: due, OnTime: good, Quantified: due, InFull: due, Both: good, InWindow: onTime, Ordered: all}
	if err := d.View(func(r *protocol.Replica) error {
		row, err := r.Window(w)
		for _, have := range row.Reports {
			if have.Author != d.ID {
				continue
			}
			v, _, err := r.Version(have.Root)
			if err != nil {
				return err
			}
			parent := block.CID(have.Root)
			doc.Header.Revision, doc.Header.Parent, doc.Closed = v.Revision+1, &parent, have.Closed || closed
		}
		return err
	}); err != nil {
		t.Fatal(err)
	}
	share(t, d, doc) // refused where both have closed
}

// actSome says something of an entry the desk sees; much of it is refused.
func actSome(t *testing.T, d *virtual.Desk, rng *rand.Rand) {
	t.Helper()
	var items []remedy.Item
	var windows []protocol.SLARow
	if err := d.View(func(r *protocol.Replica) (err error) {
		if items, err = r.Remedies(); err != nil {
			return err
		}
		windows, err = r.SLAWindows()
		return err
	}); err != nil {
		t.Fatal(err)
	}
	var a remedy.Act
	switch n := rng.IntN(6); {
	case n == 0 && len(windows) > 0:
		a = remedy.Act{Verb: []remedy.Verb{remedy.Agree, remedy.Lapse}[rng.IntN(2)], Window: &windows[rng.IntN(len(windows))].Window}
	case n < 3:
		a = remedy.Act{Verb: remedy.State, Point: &remedy.Point{Index: "PULP-EU", Month: calendar.MustDate("2027-01-01").AddMonths(rng.IntN(8)), Value: quantity.Of(90 + rng.Int64N(20)), Final: rng.IntN(2) == 0, Source: "bulletin"}}
	case len(items) == 0:
		return
	default:
		a = remedy.Act{Verb: []remedy.Verb{remedy.Acknowledge, remedy.Settle, remedy.Dispute}[rng.IntN(3)], Items: []string{items[rng.IntN(len(items))].ID}}
		switch a.Verb {
		case remedy.Settle:
			a.Reference = "credit note"
		case remedy.Dispute:
			a.Reason = "the dock was closed"
		}
	}
	write(t, d, protocol.KindRemedy, a)
}
