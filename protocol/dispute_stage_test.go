package protocol_test

import (
	"fmt"
	"slices"
	"testing"

	"kontor/crypto/keys"
	"kontor/protocol"
	"kontor/protocol/dispute"
	"kontor/protocol/quantity"
	"kontor/protocol/remedy"
	"kontor/protocol/terms"
	"kontor/testnet/virtual"
)

// pathToArbiter is a dispute path with every level.
func pathToArbiter(d *terms.Document) {
	d.Disputes = []terms.DisputeLevel{{Level: dispute.Desk, Days: 5, Default: terms.NextLevel}, {Level: dispute.COO, Days: 5, Default: terms.NextLevel},
		{Level: dispute.CEO, Days: 5, Default: terms.NextLevel}, {Level: dispute.Arbiter, Days: 20, Default: terms.Halved}}
}

// withArbiter seats a third company that is witness and arbiter.
func withArbiter(t *testing.T) *virtual.Scene {
	t.Helper()
	plain := scene(t, 3, true)
	g := plain.Genesis
	g.Arbiter = g.Witness
	s := must[*virtual.Scene](t)(virtual.NewSceneOf(plain.Cast, g))
	if err := s.Signed(); err != nil {
		t.Fatal(err)
	}
	return s
}

func (y *year) disputes() (out []dispute.Dispute) {
	y.t.Helper()
	if err := y.buyer.View(func(r *protocol.Replica) (err error) { out, err = r.Disputes(); return err }); err != nil {
		y.t.Fatal(err)
	}
	return out
}

func disputeText(d dispute.Dispute) string {
	text := fmt.Sprintf("dispute over %s, opened by the %s: ", d.Worth, d.Side)
	if d.End != nil {
		text += fmt.Sprintf("%s at %s, %s", d.End.Cause, d.End.Level, d.End.Outcome)
		if d.End.Amount != nil {
			text += fmt.Sprintf(", %s of it owed", d.End.Amount)
		}
		return text
	}
	n := d.Now()
	return text + fmt.Sprintf("%s until %s, then %s; without a word %s on %s; %d statements, %d proposals, %d acts the other has not seen", n.Level, n.Until, n.Then, n.Default, n.Ends, len(d.Statements), len(d.Proposals), len(d.Pending))
}

// missed is a credit over 493.80 that both sides compute alike.
func (y *year) missed() remedy.Item {
	y.t.Helper()
	share(y.t, y.buyer, virtual.Forecast("march", 0, nil, y.s.Now, 100)) // which has no part in it
	y.day("2027-02-03")
	for _, d := range []*virtual.Desk{y.buyer, y.seller} {
		y.report(d, "2027-01", counted{due: 20, good: 10})
	}
	y.day("2027-02-16")
	return y.one("2027-01", remedy.Kind(terms.Credit))
}

func (y *year) about(d *virtual.Desk, a dispute.Act) []string {
	y.t.Helper()
	e := write(y.t, d, protocol.KindDispute, a)
	codes := codesOf(y.t, d, e)
	y.s.Now += virtual.Hour
	return codes
}

func (y *year) opened(d *virtual.Desk, i remedy.Item) string {
	y.t.Helper()
	s := dispute.Subject{Kind: dispute.Credit, Contract: i.Contract, Item: i.ID}
	if codes := y.about(d, dispute.Act{Verb: dispute.OpenDispute, Subject: &s, Text: "The dock was closed on three days.\nSee the port's notice."}); len(codes) > 0 {
		y.t.Fatal(codes)
	}
	y.say("the %s opens a dispute over the credit of %s", y.side(d), i.Period)
	y.beat(y.s.Desks...)
	y.state()
	return y.one(i.Period.String(), i.Kind).Dispute
}

func (y *year) side(d *virtual.Desk) string {
	switch d {
	case y.buyer:
		return "buyer"
	case y.seller:
		return "seller"
	}
	return "arbiter"
}

func (y *year) the(id string) dispute.Dispute {
	y.t.Helper()
	list := slices.DeleteFunc(y.disputes(), func(d dispute.Dispute) bool { return d.ID != id })
	if len(list) != 1 {
		y.t.Fatalf("%d disputes are called %s", len(list), id)
	}
	return list[0]
}

// sealed signs what a role says at the level where the dispute stands.
func (y *year) sealed(d *virtual.Desk, role string, i dispute.Instrument) dispute.Act {
	key := d.Officer(role)
	if role == dispute.DeskRole {
		key = d.Company.Desk
	}
	return y.sealedWith(d, key, role, i)
}

// sealedWith signs with a key of its own.
func (y *year) sealedWith(d *virtual.Desk, key keys.Private, role string, i dispute.Instrument) dispute.Act {
	y.t.Helper()
	if i.Level == "" {
		i.Level = y.the(i.Dispute).Step().Level
	}
	i.Partnership, i.Company, i.Role = d.Contract.PID, d.ID, role
	s := must[protocol.Signed](y.t)(protocol.SignDocument(key, dispute.SignatureKind, i))
	return dispute.Act{Verb: i.Verb, Dispute: i.Dispute, Signed: &dispute.Sealed{Document: s.Document, Key: s.Key, Sig: s.Sig}}
}

func (y *year) signs(d *virtual.Desk, role string, i dispute.Instrument) []string {
	y.t.Helper()
	codes := y.about(d, y.sealed(d, role, i))
	if len(codes) == 0 {
		y.say("the %s's %s signs: %s %s %s", y.side(d), role, i.Verb, i.Outcome, i.Text)
		y.beat(y.s.Desks...)
		y.state()
	}
	return codes
}

func (y *year) escalates(d *virtual.Desk, id string) {
	y.t.Helper()
	if codes := y.about(d, dispute.Act{Verb: dispute.Escalate, Dispute: id, Text: "no figures have come"}); len(codes) > 0 {
		y.t.Fatal(codes)
	}
	y.say("the %s takes it to the next level", y.side(d))
	y.beat(y.s.Desks...)
	y.state()
}

func (y *year) good(codes []string) {
	y.t.Helper()
	if len(codes) > 0 {
		y.t.Fatal(codes)
	}
}

func (y *year) bad(codes []string, want string) {
	y.t.Helper()
	if !slices.Equal(codes, []string{want}) {
		y.t.Fatalf("refused with %v, want %s", codes, want)
	}
	meet(y.t, y.s)
	sameRows(y.t, y.s.Desks...)
}

func euro(minor int64) *quantity.Money { return &quantity.Money{Minor: minor, Currency: "EUR"} }
