package board

import (
	"context"
	"strings"
	"testing"

	dto "github.com/prometheus/client_model/go"

	"kontor/node/api/wire"
	"kontor/protocol/bound"
	"kontor/protocol/decision"
)

// roundsRefused reads how often the limit of rounds refused an offer.
func (c *company) roundsRefused(t *testing.T) (n float64) {
	t.Helper()
	families, err := c.n.Metrics().Gather()
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range families {
		for _, m := range f.Metric {
			if f.GetName() == "kontor_limit_refused_total" && strings.Contains(labels(m), bound.Rounds) {
				n = m.GetCounter().GetValue()
			}
		}
	}
	return n
}

func labels(m *dto.Metric) (out string) {
	for _, l := range m.Label {
		out += l.GetName() + "=" + l.GetValue() + " "
	}
	return out
}

// Two sides that offer in turn may do so a hundred times; what comes after is refused and counted, and accepting the last is not.
func TestRoundsAreBounded(t *testing.T) {
	c := paired(t)
	c.short(t)
	ctx := context.Background()
	act := c.reachesTalks(t)
	sides := []*company{c.maker, c.agency}
	for round := 1; round <= decision.MaxRounds; round++ {
		who, other := sides[(round+1)%2], sides[round%2]
		if _, err := who.Offer(ctx, admin, offerOf(act, round, who)); err != nil {
			t.Fatalf("round %d: %v", round, err)
		}
		soon(t, "the offer", func() bool { d, err := other.Show(admin, act.TopicQuery); return err == nil && d.Rounds == round })
	}
	if _, err := c.maker.Offer(ctx, admin, offerOf(act, 2, c.maker)); !strings.Contains(codesOf(err), "TOPIC-25") {
		t.Fatalf("one round more: %v", err)
	}
	if n := c.maker.roundsRefused(t); n != 1 {
		t.Errorf("%v refusals are counted, not 1", n)
	}
	if _, err := c.maker.Accept(ctx, admin, wire.TopicAcceptRequest{TopicAct: act}); err != nil {
		t.Errorf("the last offer can't be accepted: %v", err)
	}
}
