package doc

import (
	"fmt"
	"strings"
	"testing"

	"kontor/protocol"
	"kontor/protocol/block"
	"kontor/protocol/decision"
)

func TestDecisions(t *testing.T) {
	p := newPlay(t)
	p.share()
	p.agree()
	round, err := block.Marshal(p.round)
	p.check(err)
	entries, err := p.buyer.Entries()
	p.check(err)
	way := []string{"lam  author  seq  entry"}
	for _, e := range entries {
		if h := e.Header; h.Lam >= p.proposed.Header.Lam && h.Kind != protocol.KindReceipt {
			what := h.Kind
			if h.Kind == protocol.KindTopic {
				act, err := decision.ParseAct(p.block(*h.Body))
				p.check(err)
				what += " " + string(act.Verb)
			}
			way = append(way, fmt.Sprintf("%3d  %-6s  %3d  %s", h.Lam, p.scene.Cast.Of(h.Author).Name, h.Seq, what))
		}
	}
	var edges strings.Builder
	edges.WriteString("| from | cause | to | when |\n|---|---|---|---|\n")
	for _, e := range decision.Edges {
		fmt.Fprintf(&edges, "| %s | %s | %s | %s |\n", e.From, e.Cause, e.To, e.When)
	}
	var weights strings.Builder
	weights.WriteString("| kind |")
	for _, r := range decision.ScoringRoles {
		weights.WriteString(" " + string(r) + " |")
	}
	weights.WriteString("\n|---|---|---|---|---|\n")
	for _, k := range []decision.Kind{decision.DemandCapacity, decision.JointMarketing, decision.Quality, decision.Commercial} {
		fmt.Fprintf(&weights, "| %s |", k)
		for _, r := range decision.ScoringRoles {
			fmt.Fprintf(&weights, " %d |", k.Weight(r))
		}
		weights.WriteString("\n")
	}
	page(t, "decisions.md", map[string]string{
		"way":       fence(way...),
		"proposal":  bytesAndView(t, "The act that opened the topic", p.block(*p.proposed.Header.Body)),
		"agreement": bytesAndView(t, "The document", p.document.Body.Data),
		"signature": bytesAndView(t, "The first role signature, as its entry carries it", p.block(*p.signatures[0].Header.Body)),
		"round":     "The round's row when it was final:\n\n" + fence(view(t, round)),
		"edges":     edges.String(),
		"weights":   weights.String(),
	})
}
