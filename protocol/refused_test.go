package protocol_test

import (
	"bytes"
	"fmt"
	"testing"

	"kontor/crypto/keys"
	"kontor/protocol"
	"kontor/protocol/artifact"
	"kontor/protocol/block"
	"kontor/protocol/calendar"
	"kontor/protocol/decision"
	"kontor/protocol/feed"
	"kontor/protocol/forecast"
	"kontor/protocol/quantity"
	"kontor/testnet/virtual"
)

// TestRefusedArtifacts shares what may not come into force: the author's own program refuses to write it; written all the same, it is
// stored as refused, never in force, and every member keeps the same rows (PROTOCOL 4, business verdicts).
func TestRefusedArtifacts(t *testing.T) {
	type change func(s *virtual.Scene, d *forecast.Document)
	first := func(d *forecast.Document) *forecast.Cell { return &d.Lines[0].Buckets[0] }
	for _, c := range []struct {
		name, code string
		change     change
	}{
		{"quantiles fall", forecast.CodeFalling, func(_ *virtual.Scene, d *forecast.Document) { first(d).Quantiles[2].Q = quantity.Of(1) }},
		{"levels fall", forecast.CodeLevel, func(_ *virtual.Scene, d *forecast.Document) { first(d).Quantiles[2].P = 1 }},
		{"buckets overlap", forecast.CodeBuckets, func(_ *virtual.Scene, d *forecast.Document) {
			first(d).Bucket = calendar.Bucket{Start: first(d).Start, End: first(d).End.AddDays(3)}
		}},
		{"buckets unsorted", forecast.CodeBuckets, func(_ *virtual.Scene, d *forecast.Document) {
			b := d.Lines[0].Buckets
			b[0], b[1] = b[1], b[0]
		}},
		{"negative quantity", forecast.CodeNegative, func(_ *virtual.Scene, d *forecast.Document) { first(d).Mean = quantity.Of(-5) }},
		{"unknown unit", forecast.CodeUnit, func(_ *virtual.Scene, d *forecast.Document) { d.Lines[0].Unit = "FURLONG" }},
		{"unit that does not fit the product", forecast.CodeUnit, func(_ *virtual.Scene, d *forecast.Document) {
			other := d.Lines[0]
			other.Unit, other.Location.Region = "KGM", "NG"
			d.Lines = append(d.Lines, other)
		}},
		{"product outside the scope", forecast.CodeScope, func(_ *virtual.Scene, d *forecast.Document) { d.Lines[0].Item.BuyersID = "SECRET-1" }},
		{"no lines", forecast.CodeEmpty, func(_ *virtual.Scene, d *forecast.Document) { d.Lines = nil }},
		{"a revision of nothing", artifact.CodeRevision, func(_ *virtual.Scene, d *forecast.Document) { d.Header.Revision = 3 }},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := scene(t, 2, false)
			agency := s.Desk("agency")
			doc := virtual.Forecast("a", 0, nil, s.Now, 100, 200, 300)
			c.change(s, &doc)
			draft := must[protocol.Draft](t)(virtual.Share(doc))
			refusedAtHome(t, agency, draft)
			e := must[feed.Entry](t)(agency.Force(draft, nil))
			everywhere(t, s, e, c.code)
			notInForce(t, s, draft.Body.CID)
		})
	}
}

func refusedAtHome(t testing.TB, d *virtual.Desk, draft protocol.Draft) {
	t.Helper()
	before := d.DB.Len()
	if _, err := d.Write(draft); err == nil {
		t.Fatal("the author's own program writes it")
	}
	if d.DB.Len() != before {
		t.Fatal("a refused draft left something behind")
	}
}

func notInForce(t testing.TB, s *virtual.Scene, root block.CID) {
	t.Helper()
	for _, d := range s.Desks {
		err := d.View(func(r *protocol.Replica) error {
			if _, found, err := r.Version(root); err != nil || found {
				return fmt.Errorf("%s holds it as a version: %t, %v", d.Name, found, err)
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
}

// TestScopeOfARole: a seller shares no forecast where only the buyer's scope names forecasts.
func TestScopeOfARole(t *testing.T) {
	s := scene(t, 2, false)
	draft := must[protocol.Draft](t)(virtual.Share(virtual.Forecast("a", 0, nil, s.Now, 1, 2)))
	refusedAtHome(t, s.Desk("maker"), draft)
	everywhere(t, s, must[feed.Entry](t)(s.Desk("maker").Force(draft, nil)), "SCOPE-01")
}

// TestSuperseded: plans and answers made for a forecast that was revised meanwhile are refused, with nothing else touched.
func TestSuperseded(t *testing.T) {
	s := scene(t, 2, false)
	agency, maker := s.Desk("agency"), s.Desk("maker")
	old := virtual.Forecast("a", 0, nil, s.Now, 100, 200)
	first := must[protocol.Draft](t)(virtual.Share(old))
	must[feed.Entry](t)(agency.Write(first))
	meet(t, s)
	second := must[protocol.Draft](t)(virtual.Share(virtual.Forecast("a", 1, &first.Body.CID, s.Now, 900, 200)))
	must[feed.Entry](t)(agency.Write(second))
	meet(t, s)
	for _, doc := range []any{virtual.Plan("p", 0, nil, &first.Body.CID, s.Now, 100), virtual.Answer("q", 0, nil, s.Now, first.Body.CID, old)} {
		draft := must[protocol.Draft](t)(virtual.Share(doc))
		refusedAtHome(t, maker, draft)
		everywhere(t, s, must[feed.Entry](t)(maker.Force(draft, nil)), "SERIES-02")
		notInForce(t, s, draft.Body.CID)
	}
	// A revision issued before the one in force, and one whose unit is of another kind.
	early := virtual.Forecast("a", 2, &second.Body.CID, s.Now-1, 900, 200)
	mass := virtual.Forecast("a", 2, &second.Body.CID, s.Now, 900, 200)
	mass.Lines[0].Unit = "KGM"
	for code, doc := range map[string]forecast.Document{forecast.CodeRevision: early, forecast.CodeUnit: mass} {
		draft := must[protocol.Draft](t)(virtual.Share(doc))
		refusedAtHome(t, agency, draft)
		everywhere(t, s, must[feed.Entry](t)(agency.Force(draft, nil)), code)
		notInForce(t, s, draft.Body.CID)
	}
	// A revision that leaves one out, and one over a version that is not in force.
	for _, doc := range []forecast.Document{virtual.Forecast("a", 3, &second.Body.CID, s.Now, 1), virtual.Forecast("a", 2, &first.Body.CID, s.Now, 1)} {
		draft := must[protocol.Draft](t)(virtual.Share(doc))
		everywhere(t, s, must[feed.Entry](t)(agency.Force(draft, nil)), "SERIES-01")
	}
}

// TestMandates: a desk acts inside what an officer granted and nowhere else (practice T4).
func TestMandates(t *testing.T) {
	s := scene(t, 2, false)
	agency, maker := s.Desk("agency"), s.Desk("maker")
	var r protocol.Replica
	r.Contract = agency.Contract
	grant := func(d *virtual.Desk, officer string, change func(*protocol.Mandate)) protocol.Draft {
		m := virtual.MandateOf(&r, d.Company, s.Now)
		change(&m)
		return must[protocol.Draft](t)(virtual.SignedBody(protocol.KindMandateGrant, protocol.MandateSignature, d.Officer(officer), m))
	}
	closing := func(d *virtual.Desk, id string, value int64, change func(*protocol.ExceptionClose)) protocol.Draft {
		c := virtual.ExceptionOf(&r, id, value)
		change(&c)
		return must[protocol.Draft](t)(virtual.SignedBody(protocol.KindExceptionClose, protocol.ExceptionSignature, d.Desk, c))
	}
	same := func(*protocol.ExceptionClose) {}
	refuse := func(name string, d *virtual.Desk, draft protocol.Draft, code string) {
		t.Helper()
		t.Log(name)
		refusedAtHome(t, d, draft)
		everywhere(t, s, must[feed.Entry](t)(d.Force(draft, nil)), code)
	}
	write := func(d *virtual.Desk, draft protocol.Draft) {
		t.Helper()
		e := must[feed.Entry](t)(d.Write(draft))
		everywhere(t, s, e, "")
	}
	refuse("no mandate yet", agency, closing(agency, "x", 10, same), "MANDATE-01")
	refuse("above the officer's own limit", agency, grant(agency, "CFO", func(m *protocol.Mandate) { m.Limit.Minor = virtual.Limit + 1 }), "KEY-03")
	refuse("another company's officer", agency, func() protocol.Draft {
		m := virtual.MandateOf(&r, agency.Company, s.Now)
		return must[protocol.Draft](t)(virtual.SignedBody(protocol.KindMandateGrant, protocol.MandateSignature, maker.Officer("CFO"), m))
	}(), "KEY-01")
	refuse("for another partnership", agency, grant(agency, "CFO", func(m *protocol.Mandate) { m.PID = block.Sum([]byte("other")) }), "BODY-01")
	write(agency, grant(agency, "CFO", func(*protocol.Mandate) {}))
	refuse("granted twice", agency, grant(agency, "CFO", func(*protocol.Mandate) {}), "MANDATE-05")
	refuse("value above the mandate", agency, closing(agency, "x", 100_01, same), "MANDATE-03")
	refuse("value below nothing", agency, closing(agency, "x", -1, same), "MANDATE-03")
	refuse("product outside the mandate", agency, closing(agency, "x", 10, func(c *protocol.ExceptionClose) { c.Products = []string{"OTHER"} }), "MANDATE-02")
	refuse("no product named, under a mandate for some", agency, closing(agency, "x", 10, func(c *protocol.ExceptionClose) { c.Products = []string{} }), "MANDATE-02")
	refuse("an exception of another name", agency, closing(agency, "x", 10, func(c *protocol.ExceptionClose) { c.Exception = "shortage-1" }), "BODY-01")
	refuse("an exception's name in capitals", agency, closing(agency, "x", 10, func(c *protocol.ExceptionClose) { c.Exception = "AB" + c.Exception[2:] }), "BODY-01")
	write(agency, closing(agency, "x", 100_00, same))
	refuse("closed already", agency, closing(agency, "x", 10, same), "EXCEPTION-01")
	refuse("the partner has no mandate", maker, closing(maker, "y", 10, same), "MANDATE-01")
	agency.At = virtual.CFORevoked
	refuse("the officer who granted it was revoked", agency, closing(agency, "z", 10, same), "MANDATE-01")
	refuse("the revoked officer grants again", agency, grant(agency, "CFO", func(m *protocol.Mandate) { m.Holder = "other desk" }), "KEY-01")
}

// TestMandateKeys: a desk's key is no other key of its company, and a company has at most 64 mandates in force (PROTOCOL 9).
func TestMandateKeys(t *testing.T) {
	s := scene(t, 2, false)
	agency := s.Desk("agency")
	var r protocol.Replica
	r.Contract = agency.Contract
	grant := func(key keys.Public) protocol.Draft {
		m := virtual.MandateOf(&r, agency.Company, s.Now)
		m.Key = key[:]
		return must[protocol.Draft](t)(virtual.SignedBody(protocol.KindMandateGrant, protocol.MandateSignature, agency.Officer("CFO"), m))
	}
	deskKey := func(i int) keys.Public {
		return must[keys.Private](t)(keys.FromSeed(bytes.Repeat([]byte{byte(i), 77}, 16))).Public()
	}
	own := map[string]keys.Public{"feed": agency.Author().Key.Public(), "root": agency.Root.Public(), "the officer's own": agency.Officer("CFO").Public(), "another officer's": agency.Officer("COO").Public()}
	for name, key := range own {
		t.Log(name)
		draft := grant(key)
		refusedAtHome(t, agency, draft)
		everywhere(t, s, must[feed.Entry](t)(agency.Force(draft, nil)), "MANDATE-07")
	}
	for i := range protocol.MaxMandates {
		must[feed.Entry](t)(agency.Write(grant(deskKey(i))))
	}
	last := deskKey(protocol.MaxMandates)
	draft := grant(last)
	refusedAtHome(t, agency, draft)
	everywhere(t, s, must[feed.Entry](t)(agency.Force(draft, nil)), "MANDATE-06")
	first := deskKey(0)
	must[feed.Entry](t)(agency.Write(must[protocol.Draft](t)(virtual.SignedBody(protocol.KindMandateRevoke, protocol.MandateRevokeSignature, agency.Officer("CFO"),
		protocol.MandateRevocation{PID: agency.Contract.PID, Key: first[:]}))))
	everywhere(t, s, must[feed.Entry](t)(agency.Write(grant(last))), "")
}

// TestDeskSignsRecords: a desk signs records exactly where its mandate names them.
func TestDeskSignsRecords(t *testing.T) {
	s := scene(t, 2, false)
	agency, maker := s.Desk("agency"), s.Desk("maker")
	pid := agency.Contract.PID
	record := func(d *virtual.Desk, of *block.CID) protocol.Draft {
		rec := protocol.Record{PID: pid, Type: "delivery", Label: "delivery", Of: of}
		return must[protocol.Draft](t)(virtual.SignedBody(protocol.KindRecord, protocol.RecordSignature, d.Company.Desk, rec))
	}
	grant := func(d *virtual.Desk, kinds ...string) {
		t.Helper()
		m := virtual.MandateOf(&protocol.Replica{Contract: d.Contract}, d.Company, s.Now)
		m.Kinds = kinds
		draft := must[protocol.Draft](t)(virtual.SignedBody(protocol.KindMandateGrant, protocol.MandateSignature, d.Officer("CFO"), m))
		everywhere(t, s, must[feed.Entry](t)(d.Write(draft)), "")
	}
	refusedAtHome(t, agency, record(agency, nil))
	everywhere(t, s, must[feed.Entry](t)(agency.Force(record(agency, nil), nil)), "KEY-01")
	grant(agency, protocol.KindExceptionClose, protocol.KindRecord)
	e := must[feed.Entry](t)(agency.Write(record(agency, nil)))
	everywhere(t, s, e, "")
	grant(maker, protocol.KindExceptionClose)
	everywhere(t, s, must[feed.Entry](t)(maker.Force(record(maker, &e.CID), nil)), "MANDATE-02")
	agency.At = virtual.CFORevoked
	everywhere(t, s, must[feed.Entry](t)(agency.Force(record(agency, nil), nil)), "KEY-01")
}

// signing opens a topic among all parties and puts its document on the table.
func signing(t testing.TB, s *virtual.Scene, amount int64, artifacts ...block.CID) block.CID {
	t.Helper()
	topic := must[block.CID](t)(s.Negotiate(s.Now+20*virtual.Day, artifacts...))
	document := must[block.CID](t)(s.Draft(s.Parties()[0], topic, s.Now+3*virtual.Day, amount, artifacts...))
	meet(t, s)
	return document
}

// TestRefusedSignatures: whose signature does not count, and why; nothing of it moves the round.
func TestRefusedSignatures(t *testing.T) {
	for _, c := range []struct {
		name, code string
		amount     int64
		prepare    func(*virtual.Scene, *virtual.Desk, block.CID)
		officer    string
		alter      func(*decision.RoleSignature)
	}{
		{name: "the wrong role", code: "SIGNATURE-05", officer: "CMO", alter: func(b *decision.RoleSignature) { b.Role = "CFO" }},
		{name: "above the officer's limit", code: "SIGNATURE-06", officer: "CFO", amount: virtual.Limit + 1},
		{name: "a revoked key", code: "SIGNATURE-05", officer: "CFO", prepare: func(_ *virtual.Scene, d *virtual.Desk, _ block.CID) { d.At = virtual.CFORevoked }},
		{name: "a key not certified yet", code: "SIGNATURE-05", officer: virtual.CFO2},
		{name: "after sign_by", code: "ROUND-02", officer: "CFO", prepare: func(s *virtual.Scene, _ *virtual.Desk, _ block.CID) { s.Now += 3*virtual.Day + 1 }},
		{name: "another sign_by", code: "SIGNATURE-02", officer: "CFO", alter: func(b *decision.RoleSignature) { b.SignBy++ }},
		{name: "another round", code: "SIGNATURE-01", officer: "CFO", alter: func(b *decision.RoleSignature) { b.Round++ }},
		{name: "another partnership", code: "SIGNATURE-01", officer: "CFO", alter: func(b *decision.RoleSignature) { b.Partnership = block.Sum([]byte("other")) }},
		{name: "another policy", code: "SIGNATURE-03", officer: "CFO", alter: func(b *decision.RoleSignature) { b.Policy = block.Sum([]byte("weaker")) }},
		{name: "of a document nobody drafted", code: "AGREEMENT-30", officer: "CFO", alter: func(b *decision.RoleSignature) { b.Document = block.Sum([]byte("other")) }},
		{name: "twice", code: "AGREEMENT-34", officer: "CFO", prepare: func(_ *virtual.Scene, d *virtual.Desk, doc block.CID) {
			must[feed.Entry](t)(d.Write(must[protocol.Draft](t)(d.Signature(doc, "CFO", nil))))
		}},
		{name: "twice by one person with a new key", code: "AGREEMENT-34", officer: virtual.CFO2, prepare: func(_ *virtual.Scene, d *virtual.Desk, doc block.CID) {
			must[feed.Entry](t)(d.Write(must[protocol.Draft](t)(d.Signature(doc, "CFO", nil))))
			d.At = virtual.CFOBack
		}},
		{name: "an identity its company has not published", code: "SIGNATURE-05", officer: "CFO", alter: func(b *decision.RoleSignature) { b.IDHead = block.Sum([]byte("head")) }},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := scene(t, 2, false)
			agency := s.Desk("agency")
			document := signing(t, s, c.amount)
			if c.prepare != nil {
				c.prepare(s, agency, document)
			}
			before, _, _ := agency.Round(document)
			draft := must[protocol.Draft](t)(agency.Signature(document, c.officer, c.alter))
			refusedAtHome(t, agency, draft)
			e := must[feed.Entry](t)(agency.Force(draft, nil))
			everywhere(t, s, e, c.code)
			after, _, _ := agency.Round(document)
			if len(after.Signatures) != len(before.Signatures) {
				t.Errorf("the round holds %d signatures, before %d", len(after.Signatures), len(before.Signatures))
			}
		})
	}
	t.Run("of another company, carried by this one", func(t *testing.T) {
		s := scene(t, 2, false)
		document := signing(t, s, 0)
		draft := must[protocol.Draft](t)(s.Desk("maker").Signature(document, "CFO", nil))
		everywhere(t, s, must[feed.Entry](t)(s.Desk("agency").Force(draft, nil)), "SIGNATURE-04")
	})
	t.Run("an altered signature", func(t *testing.T) {
		s := scene(t, 2, false)
		agency := s.Desk("agency")
		document := signing(t, s, 0)
		draft := must[protocol.Draft](t)(agency.Signature(document, "CFO", nil))
		signed := must[decision.SignedRole](t)(decision.ParseSignedRole(draft.Body.Data))
		signed.Sig[0] ^= 1
		everywhere(t, s, must[feed.Entry](t)(agency.Force(must[protocol.Draft](t)(virtual.Body(protocol.KindSignature, signed)), nil)), "SIGNATURE-07")
	})
}

// TestMalformedBodies: a body that is no document of its kind is refused by every member alike.
func TestMalformedBodies(t *testing.T) {
	s := scene(t, 2, false)
	agency := s.Desk("agency")
	for _, kind := range protocol.Kinds() {
		switch kind {
		case protocol.KindSign, protocol.KindReceipt, protocol.KindHeartbeat:
			continue
		}
		draft := must[protocol.Draft](t)(virtual.Body(kind, map[string]int64{"nonsense": 1}))
		e := must[feed.Entry](t)(agency.Force(draft, nil))
		meet(t, s)
		for _, d := range s.Desks {
			if len(codesOf(t, d, e)) == 0 {
				t.Errorf("%s holds a %s of nonsense in force", d.Name, kind)
			}
		}
	}
	sameRows(t, s.Desks...)
}
