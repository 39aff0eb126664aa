package board

import (
	"bytes"
	"context"
	"testing"
	"time"

	"kontor/node/api/wire"
	"kontor/node/audit"
	"kontor/protocol/decision"
)

// tamper flips bits all over the file: nothing but the file as it was may verify.
func tamper(t *testing.T, file []byte) {
	t.Helper()
	step := max(len(file)/400, 1)
	for at := 0; at < len(file); at += step {
		bent := bytes.Clone(file)
		bent[at] ^= 1 << (at % 8)
		if r, err := audit.Verify(bytes.NewReader(bent)); err == nil || r.Final {
			t.Fatalf("bit %d of byte %d flipped, and the file still verifies", at%8, at)
		}
	}
	for _, n := range []int{0, 1, len(file) / 2, len(file) - 1} {
		if _, err := audit.Verify(bytes.NewReader(file[:n])); err == nil {
			t.Fatalf("cut to %d bytes the file still verifies", n)
		}
	}
	if _, err := audit.Verify(bytes.NewReader(append(bytes.Clone(file), 0))); err == nil {
		t.Fatal("with a byte more the file still verifies")
	}
}

// What an officer may not do is refused where it is tried, with its code, and leaves nothing behind.
func TestSignaturesThatDoNotCount(t *testing.T) {
	c := paired(t)
	c.short(t)
	c.agency.appoint(t, "CMO", "CMO", "Relief Agency max", limit)
	c.agency.appoint(t, "poor CFO", "CFO", "Relief Agency kim", 1)
	c.agency.appoint(t, "gone CFO", "CFO", "Relief Agency lee", limit)
	c.agency.appoint(t, "ada as CFO", "CFO", "Relief Agency ada", limit)
	_, document := c.agree(t)
	ctx := context.Background()

	late := c.agency.signature(t, document, "gone CFO", "CFO")
	c.agency.revoke(t, "gone CFO")
	if err := c.agency.signs(t, document, "COO", "COO"); err != nil {
		t.Fatal(err)
	}
	entries := c.agency.seq(t, c.pid)
	for _, bad := range []struct {
		what    string
		officer string
		role    decision.Role
		want    string
	}{
		{"a CMO as CFO", "CMO", "CFO", "SIGNATURE-05"},
		{"above the limit", "poor CFO", "CFO", "SIGNATURE-06"},
		{"with a revoked key", "gone CFO", "CFO", "SIGNATURE-05"},
		{"twice", "COO", "COO", "AGREEMENT-34"},
		{"by one person in two roles", "ada as CFO", "CFO", "AGREEMENT-34"},
	} {
		if got := codesOf(c.agency.signs(t, document, bad.officer, bad.role)); got != bad.want {
			t.Errorf("signing %s: got %q, want %q", bad.what, got, bad.want)
		}
	}
	if _, err := c.agency.Sign(ctx, admin, wire.AgreementSignRequest{Signed: late}); codesOf(err) != "SIGNATURE-05" {
		t.Errorf("a signature from before the revocation, carried after it: %v", err)
	}
	if _, err := c.maker.Sign(ctx, admin, wire.AgreementSignRequest{Signed: c.agency.signature(t, document, "CFO", "CFO")}); codesOf(err) != "SIGNATURE-04" {
		t.Errorf("the partner's signature in one's own feed: %v", err)
	}
	if _, err := c.agency.Sign(ctx, By{Role: wire.Planner}, wire.AgreementSignRequest{Signed: c.agency.signature(t, document, "CFO", "CFO")}); codesOf(err) != "FORBIDDEN" {
		t.Errorf("a planner hands in a signature: %v", err)
	}
	if _, err := c.agency.Sign(ctx, By{Role: wire.COO}, wire.AgreementSignRequest{Signed: c.agency.signature(t, document, "CFO", "CFO")}); codesOf(err) != "FORBIDDEN" {
		t.Errorf("the COO hands in the CFO's signature: %v", err)
	}
	if wire.AgreementSign.Permission.Allows(wire.Planner) || wire.TopicOffer.Permission.Allows(wire.Viewer) || !wire.AgreementSign.Permission.Allows(wire.CFO) {
		t.Error("permissions of the routes")
	}
	if got := c.agency.seq(t, c.pid); got != entries {
		t.Errorf("refused signatures wrote %d entries", got-entries)
	}
	// The same command twice is one signature.
	in := wire.AgreementSignRequest{Signed: c.agency.signature(t, document, "CFO", "CFO")}
	one, err := c.agency.Sign(ctx, command("sign"), in)
	if err != nil {
		t.Fatal(err)
	}
	if two, err := c.agency.Sign(ctx, command("sign"), in); err != nil || two != one {
		t.Errorf("said again: %+v, %v", two, err)
	}
	// An open round exports, and the file says that it proves nothing final.
	var file bytes.Buffer
	if err := c.agency.Export(admin, wire.AgreementQuery{Agreement: document}, &file); err != nil {
		t.Fatal(err)
	}
	if report, err := audit.Verify(&file); err == nil || report.Final || len(report.Signatures) != 2 {
		t.Errorf("an open round verifies: %v", err)
	}
}

// A document cannot be signed after its time.
func TestNothingIsSignedAfterSignBy(t *testing.T) {
	c := paired(t)
	c.short(t)
	ctx := context.Background()
	opened, err := c.maker.Open(ctx, admin, wire.TopicOpenRequest{})
	if err != nil {
		t.Fatal(err)
	}
	act := wire.TopicAct{TopicQuery: wire.TopicQuery{Topic: opened.Topic}}
	c.sees(t, c.agency, opened.Topic, decision.Proposed)
	for _, who := range []*company{c.agency, c.maker} {
		who.scores(t, opened.Topic, "COO", 7)
		who.scores(t, opened.Topic, "CFO", 7)
	}
	c.sees(t, c.agency, opened.Topic, decision.Negotiation)
	if _, err := c.agency.Offer(ctx, admin, offerOf(act, 1, c.agency)); err != nil {
		t.Fatal(err)
	}
	soon(t, "the offer", func() bool { d, err := c.maker.Show(admin, act.TopicQuery); return err == nil && d.Rounds == 1 })
	if _, err := c.maker.Accept(ctx, admin, wire.TopicAcceptRequest{TopicAct: act, NoDraft: true}); err != nil {
		t.Fatal(err)
	}
	// The shortest life in which this machine can draft.
	var drafted wire.AgreementReceipt
	var signBy int64
	for life := 300 * time.Millisecond; ; life *= 4 {
		signBy = time.Now().Add(life).UnixMilli()
		if drafted, err = c.maker.Draft(ctx, admin, wire.AgreementDraftRequest{TopicAct: act, SignBy: signBy}); err == nil {
			break
		}
		if life > time.Minute {
			t.Fatal(err)
		}
	}
	signed := c.maker.signature(t, drafted.Agreement, "COO", "COO")
	time.Sleep(time.Until(time.UnixMilli(signBy + 1)))
	if _, err := c.maker.Sign(ctx, admin, wire.AgreementSignRequest{Signed: signed}); codesOf(err) != "ROUND-02" {
		t.Errorf("signed after sign_by: %v", err)
	}
	if _, err := c.maker.Draft(ctx, admin, wire.AgreementDraftRequest{TopicAct: act, SignBy: time.Now().Add(15 * 24 * time.Hour).UnixMilli()}); err == nil {
		t.Error("a second document for the round, open for 15 days")
	}
}

// A node that has just started signs nothing before a partner has confirmed its newest entry.
func TestASignatureWaitsForThePartnersWord(t *testing.T) {
	c := paired(t)
	c.short(t)
	_, document := c.agree(t)
	signed := c.maker.signature(t, document, "COO", "COO")
	c.agency.stop()
	c.maker.stop()
	c.maker.start(t)
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	in := wire.AgreementSignRequest{Signed: signed}
	if _, err := c.maker.Sign(ctx, command("sign"), in); codesOf(err) != "HEAD_UNCONFIRMED" {
		t.Fatalf("alone after a restart: %v", err)
	}
	if wire.Meaning("HEAD_UNCONFIRMED").Exit != wire.ExitNotNow {
		t.Error("the code does not say that it is a matter of time")
	}
	c.agency.start(t)
	soon(t, "the partner's word", func() bool { return c.maker.n.HeadConfirmed(c.pid) })
	if _, err := c.maker.Sign(ctx, command("sign"), in); err != nil {
		t.Error(err)
	}
}
