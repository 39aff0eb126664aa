package desk

import (
	"context"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"

	"kontor/crypto/keys"
	"kontor/node"
	"kontor/protocol"
	"kontor/protocol/block"
	"kontor/protocol/dispute"
	"kontor/protocol/quantity"
	"kontor/protocol/terms"
)

// DisputeOpen opens a dispute: about an entry of a remedy, or about what Kind names.
type DisputeOpen struct {
	With     string              `json:"with,omitempty" doc:"partner; empty: the only one"`
	Entry    string              `json:"entry,omitempty" doc:"of a remedy, by its ID or the beginning of it"`
	Kind     dispute.SubjectKind `json:"kind,omitempty" doc:"CLAUSE, MEASUREMENT, LINES, FINDING or AGREEMENT, where it is about no entry"`
	Contract string              `json:"contract,omitempty" doc:"whose dispute path it goes"`
	Artifact string              `json:"artifact,omitempty" doc:"CID of terms, a report or an agreement"`
	Part     string              `json:"part,omitempty" doc:"the clause, the SLA, the line or the finding"`
	Period   string              `json:"period,omitempty" doc:"of a measurement"`
	Worth    *quantity.Money     `json:"worth,omitempty" doc:"what is in dispute, where the subject has no amount of its own"`
	Text     string              `json:"text" doc:"why, in at most 4096 bytes"`
	Evidence []block.CID         `json:"evidence,omitempty" doc:"shared artifacts or attachments"`
}

// DisputeSay states something in a dispute, or takes it to the next level.
type DisputeSay struct {
	ID       string      `json:"id" doc:"of the dispute, or the beginning of it"`
	Text     string      `json:"text,omitempty"`
	Evidence []block.CID `json:"evidence,omitempty" doc:"shared artifacts or attachments"`
}

// DisputeFormQuery asks for what is to be signed.
type DisputeFormQuery struct {
	ID       string `json:"id" doc:"of the dispute, or the beginning of it"`
	Verb     string `json:"verb" doc:"PROPOSE, ACCEPT, WITHDRAW or RULE"`
	Key      string `json:"key" doc:"that will sign: an officer's or a desk's Ed25519 key, hexadecimal"`
	Outcome  string `json:"outcome,omitempty" doc:"STANDS, DROPPED, HALVED, AMOUNT or AGREED"`
	Amount   string `json:"amount,omitempty" doc:"of outcome AMOUNT: '120.00 EUR'"`
	Text     string `json:"text,omitempty" doc:"the grounds, or what is agreed"`
	Proposal string `json:"proposal,omitempty" doc:"ACCEPT: the entry that carries it, or the beginning of it; empty: the other side's newest"`
	// Beside is what other officers of this company signed already: this key signs the same, whatever else is said here.
	Beside []string `json:"beside,omitempty" doc:"canonical protocol.Signed, in hexadecimal"`
}

// DisputeForm is what an officer or a desk signs: filled in by the node, rendered and signed by the signer's own program.
type DisputeForm struct {
	Instrument dispute.Instrument `json:"instrument"`
	Text       string             `json:"text"` // what it means, in words
	// Quorum is whose signatures this company's signing policy asks for, and Missing who of them has not signed when this key has.
	Quorum  string `json:"quorum,omitempty"`
	Missing string `json:"missing,omitempty"`
}

// DisputeSigned hands in a signed instrument.
type DisputeSigned struct {
	Signed []byte   `json:"signed"`           // canonical protocol.Signed
	Beside [][]byte `json:"beside,omitempty"` // of further officers, over the same
	Chain  [][]byte `json:"chain,omitempty"`  // RULE of an arbiter without a feed: its identity chain
}

// DisputeDone is what an act did.
type DisputeDone struct {
	DisputeView
	Entry block.CID `json:"entry"`
	Waits []string  `json:"waits,omitempty"` // members that get it when they are back
}

// leastDisputeID is the shortest beginning of an ID that names a dispute.
const leastDisputeID = 4

// OpenDispute opens one.
func (d *Desk) OpenDispute(ctx context.Context, q DisputeOpen, command node.Command) (out DisputeDone, err error) {
	act := dispute.Act{Verb: dispute.OpenDispute, Text: q.Text, Evidence: sorted(q.Evidence), Worth: q.Worth}
	p, err := d.disputeSubject(q, &act)
	if err != nil {
		return out, err
	}
	return d.writeDispute(ctx, p, act, command)
}

// SayDispute states something, or escalates.
func (d *Desk) SayDispute(ctx context.Context, verb dispute.Verb, q DisputeSay, command node.Command) (out DisputeDone, err error) {
	p, known, err := d.disputeNamed(q.ID)
	if err != nil {
		return out, err
	}
	return d.writeDispute(ctx, p, dispute.Act{Verb: verb, Dispute: known.ID, Text: q.Text, Evidence: sorted(q.Evidence)}, command)
}

// PrepareDispute fills in what is signed.
func (d *Desk) PrepareDispute(q DisputeFormQuery) (form DisputeForm, err error) {
	p, known, err := d.disputeNamed(q.ID)
	if err != nil {
		return form, err
	}
	if err := d.mayRule(known, dispute.Verb(q.Verb)); err != nil {
		return form, err
	}
	if len(q.Beside) > 0 {
		if form.Instrument, err = besideOf(q, known, p.PID); err != nil {
			return form, err
		}
		form.Instrument.Role, form.Text = d.roleOf(q.Key), d.disputeWords(p, known, form.Instrument)
		form.Quorum, form.Missing = d.settlementQuorum(known, form.Instrument, q)
		return form, nil
	}
	i := dispute.Instrument{Partnership: p.PID, Dispute: known.ID, Verb: dispute.Verb(q.Verb), Level: known.Step().Level, Company: d.node.Company(), Role: d.roleOf(q.Key), Outcome: terms.Outcome(q.Outcome)}
	texts := d.texts(p)
	if i.Text = texts.mask("text", q.Text); len(texts.refusals) > 0 {
		return form, &node.Failure{Code: "REFUSED", Text: texts.refusals[0].Error(), Findings: texts.refusals}
	}
	if err := withAmount(&i, q.Amount); err != nil {
		return form, err
	}
	if i.Verb == dispute.Accept {
		o, err := d.proposalNamed(p, known, q.Proposal)
		if err != nil {
			return form, err
		}
		i.Proposal, i.Outcome, i.Amount = &o.Entry, o.Outcome, o.Amount
	}
	if code := i.Check(); code != "" {
		return form, node.Failf("BAD_REQUEST", "%s of a dispute with outcome %q: say one of STANDS, DROPPED, HALVED, an amount, or AGREED with a text", strings.ToLower(q.Verb), i.Outcome)
	}
	form.Instrument, form.Text = i, d.disputeWords(p, known, i)
	form.Quorum, form.Missing = d.settlementQuorum(known, i, q)
	return form, nil
}

// mayRule refuses a ruling of a company that is not the arbiter, or before its level, before an officer is shown what to sign.
func (d *Desk) mayRule(known dispute.Dispute, v dispute.Verb) error {
	if v != dispute.Rule {
		return nil
	}
	why := ""
	switch {
	case known.Arbiter == nil:
		why = "the partnership names no arbiter"
	case *known.Arbiter != d.node.Company():
		why = "the arbiter is " + d.node.CompanyName(*known.Arbiter)
	case known.End == nil && known.Step().Level != dispute.Arbiter:
		why = "the dispute is at level " + known.Step().Level
	default:
		return nil
	}
	return node.Failf("REFUSED", "%s: %s: %s", dispute.CodeArbiter, protocol.Sentences[dispute.CodeArbiter], why)
}

// proposalNamed is an open proposal of the other side.
func (d *Desk) proposalNamed(p *node.Partnership, known dispute.Dispute, name string) (out dispute.Offered, err error) {
	side := partyOf(p, d.node.Company())
	for _, o := range slices.Backward(known.Proposals) {
		if partyOf(p, o.By) != side && o.Level == known.Step().Level && (name == "" || strings.HasPrefix(o.Entry.String(), name) || strings.HasPrefix(o.Entry.Short(), name)) {
			return o, nil
		}
	}
	return out, node.Failf("NO_SUCH_PROPOSAL", "no proposal %sof the other side is open at level %s; kontor dispute show %s lists them", quoted(name), known.Step().Level, known.ID[:8])
}

func quoted(name string) string {
	if name == "" {
		return ""
	}
	return fmt.Sprintf("%q ", name)
}

// SignDispute hands in what was signed.
func (d *Desk) SignDispute(ctx context.Context, q DisputeSigned, command node.Command) (out DisputeDone, err error) {
	var s protocol.Signed
	if err := block.Unmarshal(q.Signed, &s); err != nil {
		return out, node.Failf("BAD_SIGNATURE", "the signed instrument does not decode: %v", err)
	}
	i, err := dispute.ParseInstrument(s.Document)
	if err != nil {
		return out, node.Failf("BAD_SIGNATURE", "the signed document does not decode: %v", err)
	}
	p, err := d.node.Partnership(i.Partnership)
	if err != nil {
		return out, err
	}
	act := dispute.Act{Verb: i.Verb, Dispute: i.Dispute, Signed: &dispute.Sealed{Document: s.Document, Key: s.Key, Sig: s.Sig}, Chain: q.Chain}
	if err := besideIn(&act, q.Beside); err != nil {
		return out, err
	}
	return d.writeDispute(ctx, p, act, command)
}

func (d *Desk) writeDispute(ctx context.Context, p *node.Partnership, act dispute.Act, command node.Command) (out DisputeDone, err error) {
	texts := d.texts(p)
	if act.Text = texts.mask("text", act.Text); len(texts.refusals) > 0 {
		return out, &node.Failure{Code: "REFUSED", Text: texts.refusals[0].Error(), Findings: texts.refusals}
	}
	w, err := d.node.Write(ctx, p.PID, command, func(*protocol.Replica, int64) (protocol.Draft, error) {
		body, err := block.New(act)
		return protocol.Draft{Kind: protocol.KindDispute, Body: &body}, err
	})
	if err != nil {
		return out, err
	}
	out.Entry = w.Entry
	id := act.Dispute
	if act.Subject != nil {
		id = dispute.Identify(w.Entry, *act.Subject)
	}
	if out.DisputeView, err = d.Dispute(id, nil); err != nil {
		return out, err
	}
	out.Waits, err = d.waits(p, w.Entry)
	return out, err
}

// disputeNamed finds a dispute by its ID or the beginning of it, or by that of the entry it is about.
func (d *Desk) disputeNamed(name string) (in *node.Partnership, out dispute.Dispute, err error) {
	fits := 0
	for _, p := range d.node.Partnerships() {
		err := d.node.View(p.PID, func(r *protocol.Replica) error {
			all, err := r.Disputes()
			for _, x := range all {
				begins := func(id string) bool { return len(name) >= leastDisputeID && strings.HasPrefix(id, name) }
				if x.ID == name || begins(x.ID) || begins(x.Subject.Item) {
					fits++
					in, out = p, x
				}
			}
			return err
		})
		if err != nil {
			return nil, out, err
		}
	}
	if fits != 1 {
		return nil, out, node.Failf("NO_SUCH_DISPUTE", "%d disputes are called %q; kontor dispute list shows all", fits, name)
	}
	return in, out, nil
}

// RulingQuery asks an arbiter's own node for what its officer signs about a dispute that it holds as a file only.
type RulingQuery struct {
	Partnership string `json:"partnership" doc:"PartnershipID"`
	Dispute     string `json:"dispute" doc:"ID"`
	Key         string `json:"key" doc:"of an officer, that will sign, hexadecimal"`
	Outcome     string `json:"outcome" doc:"STANDS, DROPPED, HALVED or AMOUNT"`
	Amount      string `json:"amount,omitempty" doc:"of outcome AMOUNT: '120.00 EUR'"`
	Text        string `json:"text,omitempty" doc:"the grounds"`
}

// RulingForm is a ruling to sign, with the identity that goes with it.
type RulingForm struct {
	Instrument dispute.Instrument `json:"instrument"`
	Chain      [][]byte           `json:"chain"`
}

// PrepareRuling fills in a ruling from outside the partnership.
func (d *Desk) PrepareRuling(q RulingQuery) (form RulingForm, err error) {
	pid, err := block.ParseCID(q.Partnership)
	if err != nil {
		return form, node.Failf("BAD_REQUEST", "partnership %q is no CID: %v", q.Partnership, err)
	}
	i := dispute.Instrument{Partnership: pid, Dispute: q.Dispute, Verb: dispute.Rule, Level: dispute.Arbiter, Company: d.node.Company(), Role: d.roleOf(q.Key), Outcome: terms.Outcome(q.Outcome), Text: q.Text}
	if err := withAmount(&i, q.Amount); err != nil {
		return form, err
	}
	if i.Check() != "" {
		return form, node.Failf("BAD_REQUEST", "a ruling says STANDS, DROPPED, HALVED or an amount, with plain grounds of at most %d bytes", dispute.MaxStatement)
	}
	form.Instrument, form.Chain = i, [][]byte{}
	for _, env := range d.node.Chain(d.node.Company()).From(0) {
		data, err := block.Marshal(env)
		if err != nil {
			return form, err
		}
		form.Chain = append(form.Chain, data)
	}
	if len(form.Chain) > dispute.MaxChain {
		return form, node.Failf("CHAIN_TOO_LONG", "the identity chain has %d entries; a ruling carries at most %d: name an arbiter that is a member", len(form.Chain), dispute.MaxChain)
	}
	return form, nil
}

// roleOf is the role of an own key: an officer's by its certificate, else a desk's, whose mandate the partners judge.
func (d *Desk) roleOf(key string) string {
	pub, err := hex.DecodeString(key)
	if err != nil {
		return dispute.DeskRole
	}
	if cert, officer := d.node.Chain(d.node.Company()).Now().Key(pub, keys.Role, d.node.Now()); officer {
		return cert.Role
	}
	return dispute.DeskRole
}

func sorted(list []block.CID) []block.CID {
	list = slices.Clone(list)
	slices.SortFunc(list, block.CID.Compare)
	return slices.Compact(list)
}

// withAmount makes the outcome an amount, where one is given; an outcome beside it would say something else.
func withAmount(i *dispute.Instrument, text string) (err error) {
	if text == "" {
		return nil
	}
	if i.Outcome != "" && i.Outcome != dispute.Sum {
		return node.Failf("BAD_REQUEST", "outcome %q and an amount of %s say different things: leave one of them out", i.Outcome, text)
	}
	i.Outcome = dispute.Sum
	i.Amount, err = parseMoney(text)
	return err
}

func parseMoney(text string) (*quantity.Money, error) {
	m, err := quantity.ParseMoney(text)
	if err != nil {
		return nil, node.Failf("BAD_REQUEST", "amount: %v; \"120.00 EUR\" is of the right form", err)
	}
	return &m, nil
}
