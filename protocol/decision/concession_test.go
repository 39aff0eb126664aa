package decision

import (
	"strings"
	"testing"

	"pgregory.net/rapid"

	"kontor/protocol/block"
	"kontor/protocol/calendar"
	"kontor/protocol/quantity"
)

// Two nodes that offer by themselves never leave their people's limits, never take a step back, end after their steps, and where the limits meet leave an
// offer on the table that one side's people need only accept.
func TestStrategiesStayInsideTheirLimits(t *testing.T) {
	buyer, seller := block.Sum([]byte("buyer")), block.Sum([]byte("seller"))
	rapid.Check(t, func(t *rapid.T) {
		day := calendar.MustDate("2027-03-01")
		topic := Topic{Options: []Option{{ID: "0"}, {ID: "1"}}, Status: Negotiation, Parties: []Participant{{Company: buyer}, {Company: seller}}, Issues: []Issue{
			{ID: "by", Kind: DateIssue, Low: Day(day), High: Day(day + 100)},
			{ID: "price", Kind: PriceIssue, Low: Number(quantity.Of(0)), High: Number(quantity.Of(1000))},
		}}
		draw := func(name string, up bool) Strategy {
			low, high := rapid.Int64Range(0, 100).Draw(t, name+" low"), rapid.Int64Range(0, 100).Draw(t, name+" high")
			if low > high {
				low, high = high, low
			}
			if !up {
				low, high = high, low
			}
			return Strategy{Option: "1", Steps: rapid.Int64Range(1, 12).Draw(t, name+" steps"), Issues: []Concession{
				{Issue: "by", First: Day(day + calendar.Date(low)), Last: Day(day + calendar.Date(high))},
				{Issue: "price", First: Number(quantity.Of(low * 10)), Last: Number(quantity.Of(high * 10))},
			}}
		}
		sides := []Strategy{draw("buyer", true), draw("seller", false)}
		var before [2]*Terms
		why := ""
		for turn := 0; why == "" && turn < 2*MaxRounds; turn++ {
			i := turn % 2
			if found := sides[i].Check(topic); len(found) > 0 {
				t.Fatal(found)
			}
			var terms Terms
			if terms, why = sides[i].Concede(topic, topic.Parties[i]); why != "" {
				continue
			}
			if found := terms.check(topic.Issues); len(found) > 0 || terms.Round != int64(len(topic.Offers))+1 {
				t.Fatalf("round %d: %v", terms.Round, found)
			}
			for k, issue := range topic.Issues {
				c := sides[i].Issues[k]
				v, _ := terms.value(issue.ID)
				// No further than Last in the direction of conceding, and never back.
				if limit := (Concession{First: c.First, Last: c.Last}); !limit.reached(c.Last, v) && c.First.rat().Cmp(c.Last.rat()) != 0 {
					t.Fatalf("side %d offers %s on %s, beyond %s", i, v, issue.ID, c.Last)
				}
				if before[i] != nil {
					was, _ := before[i].value(issue.ID)
					if c.Last.rat().Cmp(c.First.rat())*v.rat().Cmp(was.rat()) < 0 {
						// Only to meet an offer that is better for us than our last one.
						if theirs, _ := topic.Offers[len(topic.Offers)-1].value(issue.ID); !theirs.Equal(v) {
							t.Fatalf("side %d goes back on %s from %s to %s", i, issue.ID, was, v)
						}
					}
				}
			}
			before[i] = &terms
			topic.Offers = append(topic.Offers, Offer{Terms: terms, By: topic.Parties[i].Company})
		}
		if why == "" {
			t.Fatal("the nodes go on for ever")
		}
		meet := true
		for k := range topic.Issues {
			meet = meet && sides[0].Issues[k].Last.rat().Cmp(sides[1].Issues[k].Last.rat()) >= 0
		}
		if meet && sides[0].Steps == sides[1].Steps && why != ConcedeAccept {
			t.Fatalf("the limits meet, and it ends with: %s", why)
		}
	})
}

func TestStrategiesThatDoNotFit(t *testing.T) {
	topic := Topic{Options: []Option{{ID: "0"}, {ID: "1"}}, Issues: []Issue{{ID: "price", Kind: PriceIssue, Low: Number(quantity.Of(0)), High: Number(quantity.Of(10))}}}
	way := func(first, last int64) []Concession {
		return []Concession{{Issue: "price", First: Number(quantity.Of(first)), Last: Number(quantity.Of(last))}}
	}
	for what, s := range map[string]Strategy{
		"no option":    {Steps: 1, Issues: way(1, 2)},
		"option 0":     {Option: "0", Steps: 1, Issues: way(1, 2)},
		"no steps":     {Option: "1", Issues: way(1, 2)},
		"no issue":     {Option: "1", Steps: 1},
		"out of range": {Option: "1", Steps: 1, Issues: way(1, 11)},
		"another kind": {Option: "1", Steps: 1, Issues: []Concession{{Issue: "price", First: Day(1), Last: Day(2)}}},
	} {
		if got := codes(s.Check(topic)); got != "PERSON-05" {
			t.Errorf("%s: %q", what, got)
		}
	}
}

// Each issue goes its own pace: the ends are the same, what lies between is not, and no step goes back.
func TestPaces(t *testing.T) {
	at := map[Pace][]string{}
	for _, pace := range []Pace{Even, Early, Late, ""} {
		c := Concession{Issue: "price", First: number("0"), Last: number("100"), Pace: pace}
		for step := range int64(5) {
			at[pace] = append(at[pace], c.at(step, 4).String())
		}
	}
	for pace, want := range map[Pace]string{Even: "0 25 50 75 100", "": "0 25 50 75 100", Early: "0 43 75 93 100", Late: "0 6 25 56 100"} {
		if got := strings.Join(at[pace], " "); got != want {
			t.Errorf("%q goes %s, want %s", pace, got, want)
		}
	}
	s := negotiated(t)
	strategy := Strategy{Option: "1", Steps: 4, Issues: []Concession{{"price", number("10"), number("12"), "SOON"}, {"ship", date("2027-03-31"), date("2027-03-01"), ""}, {"volume", number("60000"), number("90000"), Late}}}
	if found := strategy.Check(s.topic); codes(found) != "PERSON-05" {
		t.Errorf("an unknown pace: %v", found)
	}
	strategy.Issues[0].Pace = Early
	if found := strategy.Check(s.topic); len(found) > 0 {
		t.Errorf("known paces: %v", found)
	}
}
