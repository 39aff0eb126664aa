package audit_test

import (
	"bytes"
	"errors"
	"testing"

	"kontor/node/audit"
	"kontor/protocol"
	"kontor/protocol/block"
	"kontor/protocol/decision"
	"kontor/protocol/identity"
	"kontor/testnet/virtual"
)

// cast is a partnership in which an agreement is being made, without network or clock.
type cast struct {
	t        testing.TB
	s        *virtual.Scene
	document block.CID
	doc      decision.Agreement
}

func (c *cast) does(who string, kind string, v any) {
	c.t.Helper()
	d, err := virtual.Body(kind, v)
	if err == nil {
		_, err = c.s.Desk(who).Write(d)
	}
	if err != nil {
		c.t.Fatalf("%s: %s: %v", who, kind, err)
	}
	c.s.Now += virtual.Minute
	if err := c.s.Meet(); err != nil {
		c.t.Fatal(err)
	}
}

func (c *cast) signs(who, role string) {
	c.t.Helper()
	desk := c.s.Desk(who)
	signed, err := virtual.RoleSignature(desk.Company, desk.At, role, c.doc, c.document)
	if err != nil {
		c.t.Fatal(err)
	}
	c.does(who, protocol.KindSignature, signed)
}

// drafted brings a scene as far as a document on the table.
func drafted(t testing.TB) *cast {
	t.Helper()
	s, err := virtual.NewScene(2, false)
	if err != nil {
		t.Fatal(err)
	}
	c := &cast{t: t, s: s}
	if err := s.Signed(); err != nil {
		t.Fatal(err)
	}
	maker := s.Desk("maker").ID
	fc, err := virtual.Share(virtual.Forecast("a", 0, nil, s.Now, 100, 100, 200))
	if err == nil {
		_, err = s.Desk("agency").Write(fc)
	}
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Meet(); err != nil {
		t.Fatal(err)
	}
	proposal := virtual.Proposal(s.Genesis, maker, s.Now+9*virtual.Day, fc.Body.CID)
	c.does("maker", protocol.KindTopic, decision.Act{Verb: decision.ProposeTopic, Propose: &proposal})
	topic := func() (t decision.Topic) {
		err := s.Desk("maker").View(func(r *protocol.Replica) error {
			all, err := r.Topics()
			if len(all) > 0 {
				t = all[0]
			}
			return err
		})
		if err != nil {
			c.t.Fatal(err)
		}
		return t
	}
	id := topic().ID
	act := func(who string, a decision.Act) {
		a.Topic = &id
		c.does(who, protocol.KindTopic, a)
	}
	act("agency", decision.Act{Verb: decision.Join})
	for _, who := range []string{"agency", "maker"} {
		act(who, decision.Act{Verb: decision.Ready, Weights: virtual.DigestOf("weights of " + who)})
	}
	for _, who := range []string{"agency", "maker"} {
		act(who, decision.Act{Verb: decision.Commit, Commit: virtual.DigestOf("scores of " + who)})
	}
	act("maker", decision.Act{Verb: decision.MakeOffer, Offer: virtual.Offer(1, 500)})
	act("agency", decision.Act{Verb: decision.AcceptOffer, Accept: &decision.Acceptance{Round: 1, Offer: topic().Offers[0].Entry}})
	err = s.Desk("maker").View(func(r *protocol.Replica) (err error) {
		c.doc, err = virtual.Agreement(r, s.Cast, topic(), s.Now+2*virtual.Day, 1000, fc.Body.CID)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	b, err := c.doc.Block()
	if err != nil {
		t.Fatal(err)
	}
	c.document = b.CID
	c.does("maker", protocol.KindDraft, c.doc)
	return c
}

func final(t testing.TB) *cast {
	c := drafted(t)
	for _, who := range []string{"agency", "maker"} {
		c.signs(who, "COO")
		c.signs(who, "CFO")
	}
	return c
}

func (c *cast) export(who string) []byte {
	c.t.Helper()
	var file bytes.Buffer
	err := c.s.Desk(who).View(func(r *protocol.Replica) error {
		return audit.Export(&file, r, func(company block.CID, from int64) []identity.Envelope { return c.s.Cast.Of(company).Chain.From(from) }, c.document)
	})
	if err != nil {
		c.t.Fatal(err)
	}
	return file.Bytes()
}

func code(err error) string {
	var f *audit.Failure
	if errors.As(err, &f) {
		return f.Check.Code
	}
	if err != nil {
		return "uncoded: " + err.Error()
	}
	return ""
}

func proposal(c *cast) *decision.Proposal {
	p := virtual.Proposal(c.s.Genesis, c.s.Desk("agency").ID, c.s.Now+9*virtual.Day)
	return &p
}

func mustBlock(t testing.TB, v any) block.Block {
	t.Helper()
	b, err := block.New(v)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// index and page are the file's own form, written down again here: a liar would write them anew, with hashes that fit.
type index struct {
	Type      string       `cbor:"type"`
	PID       block.CID    `cbor:"pid"`
	Agreement block.CID    `cbor:"agreement"`
	Members   []memberPart `cbor:"members"`
}
