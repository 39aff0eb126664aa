package board

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"kontor/crypto/keys"
	"kontor/node"
	"kontor/node/api/wire"
	"kontor/node/desk"
	"kontor/node/p2p"
	"kontor/protocol"
	"kontor/protocol/block"
	"kontor/protocol/calendar"
	"kontor/protocol/decision"
)

// clockTolerance is by how much a partner's clock may differ before nothing with a deadline is signed (PROTOCOL 4).
const clockTolerance = 2 * time.Minute

// documentOf is an agreement's document with what became of its round.
type documentOf struct {
	p        *node.Partnership
	row      protocol.RoundRow
	doc      decision.Agreement
	standing decision.Standing
	pending  bool
}

// toDo tells whether an agreement's steps, reviews and last day are still somebody's to see to: it stands, and no other took its place.
func (d documentOf) toDo() bool {
	return d.standing == decision.InForce || d.standing == decision.Upcoming
}

// documents lists the agreements of the partnerships a caller sees, newest last.
func (b *Board) documents(by By, with string) (out []documentOf, err error) {
	list, err := b.visible(by.Scope, with)
	if err != nil {
		return nil, err
	}
	today := calendar.DateOf(b.node.Now())
	for _, p := range list {
		var held []documentOf
		err := b.node.View(p.PID, func(r *protocol.Replica) error {
			rounds, err := r.Rounds()
			if err != nil {
				return err
			}
			line, err := r.Line()
			if err != nil {
				return err
			}
			standings, err := r.Standings(today)
			if err != nil {
				return err
			}
			for _, row := range rounds {
				doc, err := r.Agreement(row.Document)
				if err != nil {
					return err
				}
				held = append(held, documentOf{p: p, row: row, doc: doc, standing: standings[row.Document], pending: row.Verdict != decision.Open && settledBy(row).Lam > line})
			}
			return nil
		})
		if err != nil {
			return nil, err
		}
		for _, d := range held {
			if t, err := b.scopeOf(p, d.doc.Topic); err == nil && seesScope(by.Scope, t) {
				out = append(out, d)
			}
		}
	}
	slices.SortStableFunc(out, func(x, y documentOf) int { return cmp.Compare(x.doc.SignBy, y.doc.SignBy) })
	return out, nil
}

// settledBy is the last mark that made a round's verdict.
func settledBy(row protocol.RoundRow) (last decision.Mark) {
	see := func(m *decision.Mark) {
		if m != nil && m.Lam > last.Lam {
			last = *m
		}
	}
	for _, p := range row.Parties {
		see(p.Ack)
		see(p.Void)
	}
	for _, l := range row.Lapses {
		see(&l.At)
	}
	see(row.Resolved)
	see(row.Aborted)
	return last
}

func (b *Board) scopeOf(p *node.Partnership, topic block.CID) (s decision.Scope, err error) {
	err = b.node.View(p.PID, func(r *protocol.Replica) error {
		t, _, err := r.Topic(topic)
		s = t.Scope
		return err
	})
	return s, err
}

// pick finds the document a caller means: by CID or the end of it, or the only one it can be.
func (b *Board) pick(by By, q wire.AgreementQuery, likely func(documentOf) bool) (documentOf, error) {
	list, err := b.documents(by, q.With)
	if err != nil {
		return documentOf{}, err
	}
	var fits []documentOf
	for _, d := range list {
		if q.Agreement != "" && strings.HasSuffix(d.row.Document.String(), q.Agreement) || q.Agreement == "" && likely(d) {
			fits = append(fits, d)
		}
	}
	if q.Agreement == "" && len(fits) == 0 && len(list) == 1 {
		fits = list
	}
	switch {
	case len(fits) == 1:
		return fits[0], nil
	case len(fits) > 1:
		return documentOf{}, node.Failf("WHICH_AGREEMENT", "%d agreements fit; name one by its CID (kontor agreement list)", len(fits))
	case q.Agreement == "":
		return documentOf{}, node.Failf("NO_AGREEMENT", "no agreement is on the table; it comes with the acceptance of an offer: kontor topic accept")
	}
	return documentOf{}, node.Failf("NO_AGREEMENT", "no agreement %q is known; kontor agreement list shows them", q.Agreement)
}

func open(d documentOf) bool { return d.row.Verdict == decision.Open }

// Agreements lists agreements.
func (b *Board) Agreements(by By, q wire.AgreementQuery) (wire.AgreementListing, error) {
	out := wire.AgreementListing{Agreements: []wire.AgreementInfo{}}
	list, err := b.documents(by, q.With)
	for _, d := range list {
		out.Agreements = append(out.Agreements, b.agreement(d))
	}
	return out, err
}

func (b *Board) agreement(d documentOf) wire.AgreementInfo {
	out := wire.AgreementInfo{CID: d.row.Document.String(), Topic: d.doc.Topic.String(), Partnership: d.p.PID.String(), Partner: b.desk.PartnerName(d.p), Title: d.doc.Title,
		Round: d.doc.Round, Verdict: d.row.Verdict, Standing: d.standing, Pending: d.pending, Binding: d.row.Binding(b.node.Company()), SignBy: d.doc.SignBy,
		Signatures: len(d.row.Signatures), Parties: []wire.AgreementParty{}, Effects: len(d.doc.Effects), Amount: d.doc.Amount, From: d.doc.From, Expires: d.doc.Expires}
	for _, s := range d.row.Status() {
		one := wire.AgreementParty{Company: s.Company.String(), Name: b.node.CompanyName(s.Company), Own: s.Company == b.node.Company(), Signers: s.Signers,
			Missing: s.Missing, State: s.State, SilentSince: s.SilentSince}
		for _, p := range d.doc.Parties {
			if p.Company == s.Company {
				one.Quorum = p.Quorum
			}
		}
		out.Parties = append(out.Parties, one)
	}
	return out
}

// Agreement shows a document by its very bytes.
func (b *Board) Agreement(by By, q wire.AgreementQuery) (out wire.AgreementDetail, err error) {
	d, err := b.pick(by, q, open)
	if err != nil {
		return out, err
	}
	out = wire.AgreementDetail{AgreementInfo: b.agreement(d), Company: b.node.Company().String(), IDHead: b.node.Chain(b.node.Company()).Head().String(), Keys: []wire.Signer{}}
	if err := b.node.View(d.p.PID, func(r *protocol.Replica) error { return readDocuments(r, d.row, &out) }); err != nil {
		return out, err
	}
	is, err := decision.Render(out.Document)
	if err != nil {
		return out, err
	}
	out.Text, out.Digest = is.Text, is.Digest.String()
	if out.Cells, err = b.effects(d); err != nil {
		return out, err
	}
	if out.Plan, err = b.plan(d); err != nil {
		return out, err
	}
	oversold, err := b.desk.AddsOversell(d.p, d.row.Document, d.doc.Effects)
	if err != nil {
		return out, err
	}
	if len(oversold) > 0 && out.Verdict == decision.Open {
		out.Oversold = desk.OversoldText(oversold)
	}
	if out.Previous != nil {
		was, err := decision.Render(out.Previous)
		if err != nil {
			return out, err
		}
		out.Changes = decision.Changes(was, is)
	}
	for _, cert := range b.node.Chain(b.node.Company()).Now().Current(keys.Role) {
		s := wire.Signer{Key: keys.Public(cert.Key).Hex(), Role: cert.Role}
		if cert.Limit != nil {
			s.Limit = &wire.Amount{Minor: cert.Limit.Minor, Currency: cert.Limit.Currency}
		}
		out.Keys = append(out.Keys, s)
	}
	return out, nil
}

// readDocuments reads the bytes of a round's document, of the agreement that it amends and of the document of the round before.
func readDocuments(r *protocol.Replica, row protocol.RoundRow, out *wire.AgreementDetail) (err error) {
	if out.Document, err = r.Block(row.Document); err != nil {
		return err
	}
	topic, _, err := r.Topic(row.Topic)
	if err != nil {
		return err
	}
	if topic.Amends != nil {
		if out.Amended, err = r.Block(topic.Amends.Agreement); err != nil {
			return err
		}
	}
	rounds, err := r.Rounds()
	if err != nil {
		return err
	}
	before := int64(0)
	for _, other := range rounds {
		if other.Topic == row.Topic && other.Number < row.Number && other.Number > before {
			before = other.Number
			if out.Previous, err = r.Block(other.Document); err != nil {
				return err
			}
		}
	}
	return nil
}

// Sign carries an officer's signature. The officer's own program made it over what it rendered; the node judges whether now is the time, and the fold
// everything else.
func (b *Board) Sign(ctx context.Context, by By, in wire.AgreementSignRequest) (wire.AgreementReceipt, error) {
	signed, err := decision.ParseSignedRole(in.Signed)
	if err != nil {
		return wire.AgreementReceipt{}, node.Failf("BAD_SIGNATURE", "the signature does not decode: %v", err)
	}
	// An officer hands in what it signed itself; the admin carries for all.
	if by.Role.Officer() && decision.Role(by.Role) != signed.Body.Role || !by.Role.Officer() && by.Role != wire.Admin {
		return wire.AgreementReceipt{}, wire.Problemf("FORBIDDEN", "the token is the %s's; the signature is the %s's", by.Role, signed.Body.Role)
	}
	d, err := b.pick(by, wire.AgreementQuery{Agreement: signed.Body.Document.String(), With: in.With}, open)
	var unknown *node.Failure
	if errors.As(err, &unknown) && unknown.Code == "NO_AGREEMENT" {
		return wire.AgreementReceipt{}, node.Failf("NO_AGREEMENT", "the signature is of document %s, which is none of this node's: what was signed is not what this node asked for; make another request: kontor agreement request", signed.Body.Document)
	}
	if err != nil {
		return wire.AgreementReceipt{}, err
	}
	if err := b.clocksAgree(ctx, d.p); err != nil {
		return wire.AgreementReceipt{}, err
	}
	body, err := block.New(signed)
	if err != nil {
		return wire.AgreementReceipt{}, err
	}
	w, err := b.node.Write(ctx, d.p.PID, by.Command, func(*protocol.Replica, int64) (protocol.Draft, error) {
		return protocol.Draft{Kind: protocol.KindSignature, Body: &body}, nil
	})
	if err != nil {
		return wire.AgreementReceipt{}, err
	}
	return wire.AgreementReceipt{Partnership: d.p.PID.String(), Topic: d.doc.Topic.String(), Agreement: d.row.Document.String(), Entry: w.Entry.String(), Seq: w.Seq, T: w.T}, nil
}

// How long a signature waits for the first comparison of clocks after a start, and how often it looks.
const (
	clockPatience = 5 * time.Second
	clockPause    = 50 * time.Millisecond
)

// clocksAgree tells why nothing with a deadline may be signed now: where two clocks differ, a deadline means two moments (PROTOCOL 4). That a partner
// has confirmed our newest entry since this process started, the node itself sees to; but a partner may have confirmed it by asking, and only
// an ask of our own compares clocks.
func (b *Board) clocksAgree(ctx context.Context, p *node.Partnership) error {
	host := b.node.Host()
	if host == nil || b.node.Confirmed() {
		return nil // offline, or an admin has said that this clock is right
	}
	for waited := time.Duration(0); ; waited += clockPause {
		compared, err := b.compareClocks(host, p)
		switch {
		case err != nil || compared:
			return err
		case waited >= clockPatience && b.node.HeadConfirmed(p.PID):
			return node.Failf("CLOCK_UNCOMPARED", "no partner's clock could be compared with this machine's since the node started; keep it connected and sign again, or, if this clock is right, run: kontor clock confirm")
		case waited >= clockPatience:
			return nil // no partner was heard at all: the node says so
		}
		if waited == 0 {
			host.SyncNow(p.PID)
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(clockPause):
		}
	}
}

// compareClocks tells whether any other member's clock is known, and why nothing may be signed where one is too far away.
func (b *Board) compareClocks(host *p2p.Host, p *node.Partnership) (compared bool, err error) {
	for _, m := range p.Genesis.Others(b.node.Company()) {
		offset, known := host.ClockOffset(m.Company, p.PID)
		compared = compared || known
		if known && offset.Abs() > clockTolerance {
			return true, node.Failf("CLOCK_DISAGREES", "the clock of %s differs from this machine's by %s; nothing with a deadline is signed while they differ by more than %s: compare both with a time server, and if this one is right run: kontor clock confirm",
				b.node.CompanyName(m.Company), offset.Round(time.Second), clockTolerance)
		}
	}
	return compared, nil
}
