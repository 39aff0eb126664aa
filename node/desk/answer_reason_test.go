package desk

import (
	"strings"
	"testing"
	"time"

	"kontor/protocol/calendar"
	"kontor/protocol/capacity"
	"kontor/protocol/forecast"
	"kontor/protocol/partnership"
	"kontor/protocol/quantity"
)

// Where the match commits less, the answer says what the desk named for the line, the most particular reason; elsewhere nothing changes.
func TestAnAnswerSaysWhyALineGetsLess(t *testing.T) {
	maker, customer := foundDesk(t, "Maker"), foundDesk(t, "Agency")
	monday := calendar.DateOf(time.Now().UnixMilli()).AddDays(14).StartOfWeek(time.Monday)
	var lines []forecast.Line
	for _, at := range []struct {
		product, region string
		asked           int64
	}{{"A", "CI", 300}, {"A", "KE", 300}, {"B", "CI", 300}, {"C", "CI", 0}} {
		l := need(at.product, at.region)
		l.Unit = quantity.Piece
		l.Buckets = []forecast.Cell{{Bucket: calendar.Bucket{Start: monday, End: monday.AddDays(7)}, Mean: quantity.Of(at.asked)}}
		lines = append(lines, l)
	}
	p := customer.buysFrom(t, maker)
	customer.shares(t, p, lines...)
	soon(t, "the forecast at the maker", func() bool { return len(maker.received(t, p.PID)) == 1 })
	if _, err := maker.ImportStock([]byte("product,on_hand\nA,1\nB,1\n"), ImportOptions{}); err != nil {
		t.Fatal(err)
	}
	if _, err := maker.Import("", groups(monday, "2026-01-05"), ImportOptions{}); err != nil {
		t.Fatal(err)
	}
	if _, err := maker.ShareCapacity(t.Context(), "", ""); err != nil {
		t.Fatal(err)
	}
	seller, err := maker.Partner("", partnership.RoleSeller)
	if err != nil {
		t.Fatal(err)
	}
	answer := func(reasons ...string) (map[string]capacity.CommitReason, int, error) {
		made, err := maker.answer(seller, maker.n.Now(), reasons)
		out := map[string]capacity.CommitReason{}
		for i, l := range made.answer.Lines {
			if lines[i].Key() != l.Line {
				t.Fatalf("line %d is %s", i, l.Line)
			}
			for _, c := range l.Buckets {
				out[reasonAt(lines[i].Item.ID(), lines[i].Location.Key())] = c.Reason
			}
		}
		return out, made.out.Explained, err
	}
	for _, c := range []struct {
		reasons           []string
		ci, ke, b, c      capacity.CommitReason
		explained         int
		refused, hasWords string
	}{
		{nil, "CAPACITY", "CAPACITY", "CAPACITY", "", 0, "", ""},
		{[]string{"material"}, "MATERIAL", "MATERIAL", "MATERIAL", "", 3, "", ""},
		{[]string{"A=MASTER_DATA", "A@KE=LEAD_TIME"}, "MASTER_DATA", "LEAD_TIME", "CAPACITY", "", 2, "", ""},
		{[]string{"C=MATERIAL"}, "CAPACITY", "CAPACITY", "CAPACITY", "", 0, "", ""},
		{[]string{"A=WEATHER"}, "", "", "", "", 0, `"WEATHER"`, "CAPACITY, MATERIAL"},
		{[]string{"D=MATERIAL"}, "", "", "", "", 0, `"D"`, "PRODUCT@REGION"},
		{[]string{"A=MATERIAL", "A=LOT_SIZE"}, "", "", "", "", 0, "MATERIAL and LOT_SIZE", "A"},
		{[]string{"MATERIAL", "LOT_SIZE"}, "", "", "", "", 0, "MATERIAL and LOT_SIZE", "PRODUCT=CODE"},
	} {
		got, explained, err := answer(c.reasons...)
		if c.refused != "" {
			if err == nil || !strings.Contains(err.Error(), c.refused) || !strings.Contains(err.Error(), c.hasWords) {
				t.Errorf("%q: %v", c.reasons, err)
			}
			continue
		}
		if err != nil || got["A@CI"] != c.ci || got["A@KE"] != c.ke || got["B@CI"] != c.b || got["C@CI"] != c.c || explained != c.explained {
			t.Errorf("%q: %v, %d explained: %v", c.reasons, got, explained, err)
		}
	}
}
