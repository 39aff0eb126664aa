package vectors

import (
	"bytes"
	"encoding/json"
	"testing"

	"github.com/ipld/go-ipld-prime"
	"github.com/ipld/go-ipld-prime/codec/dagcbor"
	"github.com/ipld/go-ipld-prime/codec/dagjson"

	"kontor/crypto/keys"
	"kontor/crypto/sign"
	"kontor/protocol"
	"kontor/protocol/block"
	"kontor/protocol/calendar"
	"kontor/protocol/decision"
	"kontor/protocol/dispute"
	"kontor/protocol/feed"
	"kontor/protocol/identity"
	"kontor/protocol/quantity"
	"kontor/protocol/remedy"
	"kontor/protocol/terms"
	"kontor/testnet/virtual"
)

// signedVector is one signed or hashed object of the protocol.
type signedVector struct {
	What      string          `json:"what"`
	CID       string          `json:"cid"`                 // of the body
	Type      string          `json:"type,omitempty"`      // payload type of the signature; absent: the body is hashed, not signed
	Key       octets          `json:"key,omitempty"`       // Ed25519
	Signature octets          `json:"signature,omitempty"` // over the pre-authentication encoding of type and body
	Body      octets          `json:"body"`                // canonical DAG-CBOR
	View      json.RawMessage `json:"view"`                // the body as DAG-JSON, for people
}

// view is the body as DAG-JSON.
func view(t *testing.T, body []byte) json.RawMessage {
	t.Helper()
	node, err := ipld.Decode(body, dagcbor.Decode)
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	if err := dagjson.Encode(node, &out); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

type signedList struct {
	t   *testing.T
	all []signedVector
}

func (l *signedList) add(what, kind string, key, sig, body []byte) {
	v := signedVector{What: what, CID: block.Sum(body).String(), Body: body, View: view(l.t, body)}
	if kind != "" {
		v.Type, v.Key, v.Signature = sign.PayloadType(kind), key, sig
	}
	l.all = append(l.all, v)
}

func (l *signedList) addAct(a dispute.Act) {
	l.t.Helper()
	if code := a.Check(); code != "" {
		l.t.Fatal(code)
	}
	body, err := block.Marshal(a)
	if err != nil {
		l.t.Fatal(err)
	}
	l.add("act on a dispute: "+string(a.Verb), "", nil, nil, body)
}

// TestSignedVectors makes every signed type once: the identity chain of a company, a partnership, entries, what officers and desks sign,
// and an agreement with its signatures.
func TestSignedVectors(t *testing.T) {
	l := &signedList{t: t}
	ok := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	s, err := virtual.NewScene(2, false)
	ok(err)
	ok(s.Signed())
	agency, maker := s.Desk("agency"), s.Desk("maker")
	seen := map[string]bool{}
	for _, env := range agency.Chain.From(0) {
		var e identity.Entry
		ok(block.Unmarshal(env.Entry, &e))
		if seen[e.Kind] {
			continue
		}
		seen[e.Kind] = true
		l.add("identity entry: "+e.Kind, identity.EntryKind, env.Signatures[0].Key, env.Signatures[0].Sig, env.Entry)
		if e.Genesis != nil {
			body, err := block.Marshal(e.Genesis)
			ok(err)
			l.add("identity genesis: its CID is the CompanyID", "", nil, nil, body)
		}
		if e.Cert != nil {
			unsigned := *e.Cert
			unsigned.Proof = nil
			body, err := block.Marshal(unsigned)
			ok(err)
			l.add("certificate, without its proof, which is the certified key's signature", identity.CertificateKind, e.Cert.Key, e.Cert.Proof, body)
		}
	}
	rotated(t, agency.Company, l)
	genesis, err := block.Marshal(s.Genesis)
	ok(err)
	l.add("partnership genesis: its CID is the PartnershipID", "", nil, nil, genesis)

	var pid protocol.Replica
	pid.Contract = agency.Contract
	m := virtual.MandateOf(&pid, agency.Company, s.Now)
	mandate, err := virtual.SignedBody(protocol.KindMandateGrant, protocol.MandateSignature, agency.Officer("CFO"), m)
	ok(err)
	closing, err := virtual.SignedBody(protocol.KindExceptionClose, protocol.ExceptionSignature, agency.Company.Desk, virtual.ExceptionOf(&pid, "shortage-1", 90_00))
	ok(err)
	revocation, err := virtual.SignedBody(protocol.KindMandateRevoke, protocol.MandateRevokeSignature, agency.Officer("COO"), protocol.MandateRevocation{PID: pid.PID, Key: m.Key})
	ok(err)
	record, err := virtual.SignedBody(protocol.KindRecord, protocol.RecordSignature, agency.Officer("COO"),
		protocol.Record{PID: pid.PID, Type: "delivery", Text: []byte("40 pallets arrived"), Label: "delivery note 7"})
	ok(err)
	fork, err := agency.ForkVote(protocol.ForkResolution{PID: pid.PID, Author: maker.ID, Seq: 4, Main: block.Sum([]byte("main")),
		Kept: []block.CID{block.Sum([]byte("kept"))}}, "COO")
	ok(err)
	carried := func(what, label string, d protocol.Draft) {
		var signed protocol.Signed
		ok(block.Unmarshal(d.Body.Data, &signed))
		l.add(what, label, signed.Key, signed.Sig, signed.Document)
		l.add(what+", as an entry's body carries it", "", nil, nil, d.Body.Data)
	}
	carried("resolution of a fork", protocol.ForkSignature, fork)
	resume, err := virtual.SignedBody(protocol.KindResume, protocol.ResumeSignature, agency.Officer("COO"),
		protocol.Resume{PID: pid.PID, Author: maker.ID, Seq: 4, Head: block.Sum([]byte("head")), Gone: []block.CID{block.Sum([]byte("gone"))}})
	ok(err)
	carried("resumption of a lost feed", protocol.ResumeSignature, resume)
	ruleset, err := block.New(protocol.RulesetVote{Version: 2})
	ok(err)
	l.add("rule set taken up", "", nil, nil, ruleset.Data)
	for _, c := range []struct {
		what, label string
		draft       protocol.Draft
	}{{"mandate", protocol.MandateSignature, mandate}, {"exception closed at the desk", protocol.ExceptionSignature, closing},
		{"mandate revoked", protocol.MandateRevokeSignature, revocation}, {"record", protocol.RecordSignature, record}} {
		_, err := agency.Write(c.draft)
		ok(err)
		carried(c.what, c.label, c.draft)
	}
	topic, err := s.Negotiate(s.Now + 20*virtual.Day)
	ok(err)
	document, err := s.Draft(agency, topic, s.Now+virtual.Day, 1000_00)
	ok(err)
	ok(s.Meet())
	ok(agency.View(func(r *protocol.Replica) error {
		data, err := r.Block(document)
		l.add("agreement", "", nil, nil, data)
		return err
	}))
	draft, err := agency.Signature(document, "CFO", nil)
	ok(err)
	role, err := decision.ParseSignedRole(draft.Body.Data)
	ok(err)
	body, err := role.Body.Marshal()
	ok(err)
	l.add("role signature", decision.SignatureKind, role.Body.Key[:], role.Sig, body)
	_, err = agency.Write(draft)
	ok(err)
	_, err = maker.Write(protocol.Draft{Kind: protocol.KindHeartbeat})
	ok(err)
	ok(s.Meet())
	var commitment protocol.Draft
	ok(agency.View(func(r *protocol.Replica) (err error) {
		commitment, _, err = r.CommitmentDraft(agency.ID)
		return err
	}))
	l.add("commitment to a state root", "", nil, nil, commitment.Body.Data)
	_, err = agency.Write(commitment)
	ok(err)
	entries, err := agency.Entries()
	ok(err)
	kinds := map[string]bool{}
	for _, e := range entries {
		if e.Header.Author != agency.ID || kinds[e.Header.Kind] {
			continue
		}
		kinds[e.Header.Kind] = true
		key := agency.Author().Key.Public()
		l.add("entry header: "+e.Header.Kind, feed.SignatureKind, key[:], e.Envelope.Sig, e.Envelope.Header)
	}
	hours, proof := quantity.MustParse("6.5"), block.Sum([]byte("stop report"))
	for _, a := range []remedy.Act{
		{Verb: remedy.Request, Items: []string{"0011223344556677"}},
		{Verb: remedy.Acknowledge, Items: []string{"0011223344556677", "8899aabbccddeeff"}},
		{Verb: remedy.Settle, Items: []string{"0011223344556677"}, Reference: "credit note 4711"},
		{Verb: remedy.Dispute, Items: []string{"0011223344556677"}, Reason: "the dock was closed on 12 March"},
		{Verb: remedy.MakeClaim, Claim: &remedy.Claim{Contract: "FRAME-2027", Clause: "line-down", Day: calendar.MustDate("2027-03-12"), Hours: &hours, Evidence: &proof}},
		{Verb: remedy.Agree, Window: &remedy.Window{Contract: "FRAME-2027", SLA: "otif", Period: calendar.MustBucket("2027-03")}},
	} {
		if code := a.Check(); code != "" {
			t.Fatal(code)
		}
		body, err := block.Marshal(a)
		ok(err)
		l.add("act on remedies: "+string(a.Verb), "", nil, nil, body)
	}
	credit := dispute.Subject{Kind: dispute.Credit, Contract: "FRAME-2027", Item: "0011223344556677"}
	id := dispute.Identify(proof, credit)
	sum := &quantity.Money{Minor: 120_00, Currency: "EUR"}
	for _, i := range []dispute.Instrument{
		{Verb: dispute.Propose, Level: dispute.Desk, Outcome: dispute.Sum, Amount: sum, Text: "two days of three were force majeure"},
		{Verb: dispute.Accept, Level: dispute.Desk, Proposal: &proof, Outcome: dispute.Sum, Amount: sum},
		{Verb: dispute.Withdraw, Level: dispute.COO, Text: "the notice has come"},
		{Verb: dispute.Rule, Level: dispute.Arbiter, Outcome: terms.Halved, Text: "both sides knew of the closed dock"},
	} {
		i.Partnership, i.Dispute, i.Company, i.Role = pid.PID, id, agency.ID, "COO"
		if code := i.Check(); code != "" {
			t.Fatal(code)
		}
		signed, err := protocol.SignDocument(agency.Officer("COO"), dispute.SignatureKind, i)
		ok(err)
		l.add("dispute: "+string(i.Verb), dispute.SignatureKind, signed.Key, signed.Sig, signed.Document)
		l.addAct(dispute.Act{Verb: i.Verb, Dispute: id, Signed: &dispute.Sealed{Document: signed.Document, Key: signed.Key, Sig: signed.Sig}})
	}
	for _, a := range []dispute.Act{
		{Verb: dispute.OpenDispute, Subject: &credit, Text: "The dock was closed on 12 March.", Evidence: []block.CID{proof}},
		{Verb: dispute.Declare, Dispute: id, Text: "The notice is attached.\nIt came on the 11th."},
		{Verb: dispute.Escalate, Dispute: id},
	} {
		l.addAct(a)
	}
	golden(t, "signed.json", map[string]any{"signed": l.all})
}

// rotated makes the kinds of identity entries that the usual chain has no need of: a policy, a checkpoint, and new roots, which the old
// and the new ones sign.
func rotated(t *testing.T, c *virtual.Company, l *signedList) {
	t.Helper()
	chain, err := identity.Load(c.Chain.From(0))
	if err != nil {
		t.Fatal(err)
	}
	next := c.NextRoot.Public()
	for _, x := range []struct {
		kind  string
		fill  func(*identity.Entry)
		roots []keys.Private
	}{
		{identity.KindSetPolicy, func(e *identity.Entry) {
			e.Policy = &identity.Policy{TopicKind: "DEMAND_CAPACITY", Quorum: "CFO and 1 of (COO, CMO)"}
		}, []keys.Private{c.Root}},
		{identity.KindCheckpoint, func(*identity.Entry) {}, []keys.Private{c.Root}},
		{identity.KindRotateRoot, func(e *identity.Entry) {
			e.Rotate = &identity.Rotation{Set: identity.RootSet{Roots: [][]byte{next[:]}, Threshold: 1}, Next: make([]byte, 32)}
		}, []keys.Private{c.Root, c.NextRoot}},
		{identity.KindSetPolicy, func(e *identity.Entry) {
			e.Policy = &identity.Policy{TopicKind: "COMMERCIAL", Quorum: "CEO and CFO", When: &identity.Condition{
				Above: &identity.Amount{Minor: 1_000_000_00, Currency: "USD"}, Products: []string{"ZDV-300"}, Regions: []string{"CI", "NG"}}}
		}, []keys.Private{c.NextRoot}},
	} {
		e := chain.Next(x.kind)
		x.fill(&e)
		env, err := identity.SignEntry(e, x.roots)
		if err != nil {
			t.Fatal(err)
		}
		if err := chain.Append(env); err != nil {
			t.Fatal(err)
		}
		for i, sig := range env.Signatures {
			what := "identity entry: " + x.kind
			if len(env.Signatures) > 1 {
				what += []string{", by one root", ", by the other"}[i]
			}
			l.add(what, identity.EntryKind, sig.Key, sig.Sig, env.Entry)
		}
	}
}
