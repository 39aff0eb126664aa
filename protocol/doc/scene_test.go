package doc

import (
	"fmt"
	"testing"

	"kontor/protocol"
	"kontor/protocol/block"
	"kontor/protocol/decision"
	"kontor/protocol/feed"
	"kontor/testnet/virtual"
)

// play is the partnership of the examples: an agency that buys, a maker that sells, and what they write from the first entry to a
// final agreement. All keys and nonces follow from names, so every run writes the same bytes.
type play struct {
	t     testing.TB
	scene *virtual.Scene
	buyer *virtual.Desk
	other *virtual.Desk

	forecast, plan, answer protocol.Draft
	shared                 feed.Entry // that carries the forecast
	proposed               feed.Entry
	topic                  block.CID
	document               protocol.Draft
	signatures             []feed.Entry
	round                  protocol.RoundRow
}

func (p *play) check(err error) {
	p.t.Helper()
	if err != nil {
		p.t.Fatal(err)
	}
}

// write lets a desk write and everybody hear of it, an hour later each time.
func (p *play) write(d *virtual.Desk, draft protocol.Draft, err error) feed.Entry {
	p.t.Helper()
	p.check(err)
	p.scene.Now += virtual.Hour
	e, err := d.Write(draft)
	p.check(err)
	p.check(p.scene.Meet())
	return e
}

func newPlay(t testing.TB) *play {
	t.Helper()
	scene, err := virtual.NewScene(2, false)
	p := &play{t: t, scene: scene}
	p.check(err)
	p.check(scene.Signed())
	p.buyer, p.other = scene.Desks[0], scene.Desks[1]
	return p
}

// share writes a forecast, the plan made for it and the answer to it.
func (p *play) share() {
	p.t.Helper()
	doc := virtual.Forecast("agency", 0, nil, p.scene.Now, 100, 120, 140)
	var err error
	p.forecast, err = virtual.Share(doc)
	p.shared = p.write(p.buyer, p.forecast, err)
	root := p.forecast.Body.CID
	p.plan, err = virtual.Share(virtual.Plan("maker plan", 0, nil, &root, p.scene.Now, 110))
	p.write(p.other, p.plan, err)
	p.answer, err = virtual.Share(virtual.Answer("maker answer", 0, nil, p.scene.Now, root, doc))
	p.write(p.other, p.answer, err)
}

func (p *play) act(d *virtual.Desk, a decision.Act) feed.Entry {
	p.t.Helper()
	if a.Verb != decision.ProposeTopic {
		a.Topic = &p.topic
	}
	draft, err := virtual.Body(protocol.KindTopic, a)
	return p.write(d, draft, err)
}

// agree takes a topic from its proposal to a final agreement.
func (p *play) agree() {
	p.t.Helper()
	proposal := virtual.Proposal(p.scene.Genesis, p.other.ID, p.scene.Now+10*virtual.Day, p.forecast.Body.CID)
	p.proposed = p.act(p.other, decision.Act{Verb: decision.ProposeTopic, Propose: &proposal})
	p.topic = p.proposed.CID
	p.act(p.buyer, decision.Act{Verb: decision.Join})
	both := []*virtual.Desk{p.buyer, p.other}
	for _, d := range both {
		p.act(d, decision.Act{Verb: decision.Ready, Weights: virtual.DigestOf("weights " + d.Name)})
	}
	for _, d := range both {
		p.act(d, decision.Act{Verb: decision.Commit, Commit: virtual.DigestOf("scores " + d.Name)})
	}
	offer := p.act(p.other, decision.Act{Verb: decision.MakeOffer, Offer: virtual.Offer(1, 400)})
	p.act(p.buyer, decision.Act{Verb: decision.AcceptOffer, Accept: &decision.Acceptance{Round: 1, Offer: offer.CID}})
	var doc decision.Agreement
	p.check(p.buyer.View(func(r *protocol.Replica) error {
		topic, found, err := r.Topic(p.topic)
		if err == nil && !found {
			err = fmt.Errorf("the topic is gone")
		}
		if err == nil {
			doc, err = virtual.Agreement(r, p.scene.Cast, topic, p.scene.Now+3*virtual.Day, 0, p.forecast.Body.CID)
		}
		return err
	}))
	var err error
	p.document, err = virtual.Body(protocol.KindDraft, doc)
	p.write(p.buyer, p.document, err)
	for _, d := range both {
		for _, officer := range []string{"COO", "CFO"} {
			s, err := virtual.RoleSignature(d.Company, d.At, officer, doc, p.document.Body.CID)
			p.check(err)
			draft, err := virtual.Body(protocol.KindSignature, s)
			p.signatures = append(p.signatures, p.write(d, draft, err))
		}
	}
	p.check(p.buyer.View(func(r *protocol.Replica) error {
		var found bool
		var err error
		p.round, found, err = r.Round(p.document.Body.CID)
		if err == nil && (!found || p.round.Verdict != decision.Final) {
			err = fmt.Errorf("the example's agreement is %q", p.round.Verdict)
		}
		return err
	}))
}

// block reads a block the buyer holds.
func (p *play) block(id block.CID) (data []byte) {
	p.t.Helper()
	p.check(p.buyer.View(func(r *protocol.Replica) (err error) {
		data, err = r.Block(id)
		return err
	}))
	return data
}
