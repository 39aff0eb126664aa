package protocol

import (
	"slices"
	"strings"

	"kontor/crypto/keys"
	"kontor/protocol/block"
	"kontor/protocol/dispute"
	"kontor/protocol/identity"
	"kontor/protocol/partnership"
	"kontor/protocol/quantity"
	"kontor/protocol/remedy"
	"kontor/protocol/state"
	"kontor/protocol/terms"
)

func init() {
	for code, text := range map[string]string{
		dispute.CodeForm:     "the act on a dispute is of no known kind, has parts of another, or too long a text",
		dispute.CodeUnknown:  "no such dispute is held here: kontor dispute list",
		dispute.CodeSubject:  "nothing of that name is held here, or no terms in force name a dispute path for it; a contested agreement takes the plain path only where none do",
		dispute.CodeAgain:    "a dispute about it is open or has ended (who did not open it may dispute after a withdrawal), or this was said before",
		dispute.CodeSide:     "this act is not this company's: parties speak, and who opened a dispute withdraws it",
		dispute.CodeLate:     "the level's time is over, or the dispute has ended",
		dispute.CodeLevel:    "it is signed for another level, or no level follows",
		dispute.CodeRole:     "the key does not speak at this level: at the desks a desk or an officer, then the COO, then the CEO",
		dispute.CodeAmount:   "the amount is in another currency, more than what is in dispute, or above the signer's limit, which covers its own currency alone: kontor officer list",
		dispute.CodeProposal: "no such proposal of the other side is open at this level, or it says something else",
		dispute.CodeMany:     "more statements, proposals or open disputes than there may be",
		dispute.CodeArbiter:  "a ruling is signed by the arbiter that the partnership names, at the arbiter's level",
		dispute.CodeQuorum:   "the company's signing policy for settlements asks for more officers than signed, or one of them signed something else: kontor policy show; kontor dispute propose --signed and --beside",
		dispute.CodeEvidence: "the evidence is not shared here: share or attach it first",
		dispute.CodeStands:   "the entry does not stand where it can be disputed, or the time for it is over; an amount of a measurement is claimed when its window is final and none of its entries is held or disputed",
	} {
		Sentences[code] = text
	}
}

func (f *fold) disputeMark() dispute.Mark {
	h := f.entry.Header
	return dispute.Mark{By: h.Author, Entry: f.entry.CID, Seq: h.Seq, T: h.T}
}

// known is the newest claimed time among the entry and those of members that it knows. A feed's own times only never go back: without the others' a clock that was
// turned back opens disputes whose days are over. Of a forked feed what is before the fork counts.
func (f *fold) known() (int64, error) {
	t := f.entry.Header.T
	for _, m := range f.genesis.Members {
		seq := int64(0)
		if i := f.replica.Circle.Index(m.Company); i >= 0 {
			seq = f.entry.Clock[i]
		}
		if forks := f.replica.forks[m.Company]; len(forks) > 0 {
			seq = min(seq, forks[0].Seq-1)
		}
		if seq < 1 {
			continue
		}
		entries, err := f.replica.Log.At(m.Company, seq)
		if err != nil {
			return 0, err
		}
		for _, e := range entries {
			t = max(t, e.Header.T)
		}
	}
	return t, nil
}

func applyDispute(f *fold) ([]string, error) {
	act, err := dispute.ParseAct(f.body)
	if err != nil {
		return []string{codeBody}, nil
	}
	if code := act.Check(); code != "" {
		return []string{code}, nil
	}
	if f.side != nil && !act.Verb.Binds() {
		return []string{codeSideBranch}, nil
	}
	if code, err := f.shared(act.Evidence); err != nil || code != "" {
		return nonEmpty(code), err
	}
	if act.Verb == dispute.OpenDispute {
		return f.openNamed(act)
	}
	var d dispute.Dispute
	found, err := get(f.rows, disputePrefix+act.Dispute, &d)
	if err != nil {
		return nil, err
	}
	if !found {
		return []string{dispute.CodeUnknown}, nil
	}
	by := dispute.Doer{Mark: f.disputeMark(), Side: f.side}
	if act.Signed != nil {
		var code string
		if by.Instrument, by.Signer, code, err = f.disputeSigner(act); err != nil || code != "" {
			return nonEmpty(code), err
		}
	}
	after, code := d.Do(act, by)
	if code != "" {
		return []string{code}, nil
	}
	if act.Verb.Binds() {
		if code := f.settles(d, act, *by.Instrument); code != "" {
			return []string{code}, nil
		}
	}
	return nil, f.putDispute(&d, after)
}

// shared refuses evidence that the partners can't open.
func (f *fold) shared(evidence []block.CID) (code string, err error) {
	for _, id := range evidence {
		known, err := isShared(f.rows, id)
		if err != nil {
			return "", err
		}
		if !known {
			return dispute.CodeEvidence, nil
		}
	}
	return "", nil
}

// isShared tells whether the partners can open what a CID names: it is an artifact, an attachment or a document of this partnership.
func isShared(rows state.Rows, id block.CID) (bool, error) {
	for _, key := range []string{versionKey(id), attachmentKey(id), roundKey(id)} {
		if _, known, err := rows.Get(key); err != nil || known {
			return known, err
		}
	}
	return false, nil
}

// disputeSigner verifies an instrument and says whose key signed it, as the signer's identity stands at this entry.
func (f *fold) disputeSigner(act dispute.Act) (*dispute.Instrument, dispute.Signer, string, error) {
	var i dispute.Instrument
	no := func(code string) (*dispute.Instrument, dispute.Signer, string, error) {
		return nil, dispute.Signer{}, code, nil
	}
	if code := f.open(Signed{act.Signed.Document, act.Signed.Key, act.Signed.Sig}, dispute.SignatureKind, &i); code != "" {
		return no(code)
	}
	if i.Partnership != f.replica.PID {
		return no(dispute.CodeForm)
	}
	view := f.view
	if act.Verb == dispute.Rule && !f.arbiterWrites() {
		outside, code := arbiterView(f.genesis, act.Chain)
		if code != "" {
			return no(code)
		}
		view = outside
	} else if i.Company != f.author.Company {
		return no(dispute.CodeRole) // an officer's signature counts in its own company's feed
	}
	if cert, officer := view.Key(act.Signed.Key, keys.Role, f.entry.Header.T); officer {
		s := dispute.Signer{Role: cert.Role}
		if cert.Limit != nil {
			s.Limit = &quantity.Money{Minor: cert.Limit.Minor, Currency: quantity.Currency(cert.Limit.Currency)}
		}
		return &i, s, "", nil
	}
	if act.Verb == dispute.Rule {
		return no(dispute.CodeArbiter)
	}
	row, code, err := f.mandate(act.Signed.Key, KindDispute)
	switch {
	case err != nil:
		return nil, dispute.Signer{}, "", err
	case code == codeMandate:
		return no(codeRoleKey) // neither an officer nor a desk of this company
	case code != "":
		return no(code)
	case len(row.Products) > 0:
		return no(codeMandateScope) // a dispute names no product
	}
	return &i, dispute.Signer{Role: dispute.DeskRole, Limit: &quantity.Money{Minor: row.Limit.Minor, Currency: quantity.Currency(row.Limit.Currency)}}, "", nil
}

// arbiterWrites tells whether the arbiter is a member with a feed that counts: then a ruling counts in that feed alone.
func (f *fold) arbiterWrites() bool {
	if f.genesis.Arbiter == nil {
		return false
	}
	m, member := f.genesis.Member(*f.genesis.Arbiter)
	return member && m.Role != partnership.RoleObserver
}

// arbiterView is the identity of an arbiter that has no feed here, from the chain that the ruling carries. Whoever brings the ruling may leave out the chain's
// newest entries: a revocation it does not show is not known.
func arbiterView(g *partnership.Genesis, chain [][]byte) (view identity.View, code string) {
	if g.Arbiter == nil || len(chain) == 0 {
		return view, dispute.CodeArbiter
	}
	envs := make([]identity.Envelope, len(chain))
	for i, data := range chain {
		if block.Unmarshal(data, &envs[i]) != nil {
			return view, dispute.CodeForm
		}
	}
	c, err := identity.Load(envs)
	if err != nil || c.Company() != *g.Arbiter {
		return view, dispute.CodeArbiter
	}
	return c.Now(), ""
}

// openNamed opens the dispute that an act asks for.
func (f *fold) openNamed(act dispute.Act) ([]string, error) {
	s := *act.Subject
	side, party := sidesOf(f.genesis)[f.author.Company]
	if !party {
		return []string{dispute.CodeSide}, nil
	}
	if s.Kind == dispute.Credit {
		i, found, err := f.owedItem(s.Item)
		if err != nil || !found || i.Contract != s.Contract {
			return []string{dispute.CodeSubject}, err
		}
		return f.contend(i, act.Text, act.Evidence)
	}
	if p, err := f.partnership(); err != nil || p.over(f) {
		return []string{codeEnded}, err // what is owed may still be disputed, in its days
	}
	if full, err := f.disputesFull(f.ownSide(), 1); err != nil || full {
		return nonEmpty(dispute.CodeMany), err
	}
	root, doc, code, err := f.disputePath(s)
	if err != nil || code != "" {
		return nonEmpty(code), err
	}
	if act.Worth != nil && (root == nil || act.Worth.Currency != doc.Currency) { // without terms there is no currency, and nothing by which it is paid
		return []string{dispute.CodeAmount}, nil
	}
	if act.Worth != nil && s.Kind == dispute.Measurement {
		if good, err := f.measurable(remedy.Window{Contract: s.Contract, SLA: s.Part, Period: *s.Period}); err != nil || !good {
			return []string{dispute.CodeStands}, err
		}
	}
	debtor := terms.Party("")
	if act.Worth != nil {
		debtor = remedy.Other(side) // who disputes says that the other owes it
	}
	return f.begin(dispute.Opening{Subject: s, Terms: root, Side: side, Worth: act.Worth, Debtor: debtor, Evidence: act.Evidence}, doc)
}

// Disputes lists every dispute, by the time it was opened.
func (r *Replica) Disputes() (out []dispute.Dispute, err error) {
	err = scanRows(r.Rows(), disputePrefix, func(_ string, d dispute.Dispute) error {
		out = append(out, d)
		return nil
	})
	slices.SortStableFunc(out, func(a, b dispute.Dispute) int {
		if a.Opened.T != b.Opened.T {
			return int(min(max(a.Opened.T-b.Opened.T, -1), 1))
		}
		return strings.Compare(a.ID, b.ID)
	})
	return out, err
}

// Dispute finds one dispute by its ID.
func (r *Replica) Dispute(id string) (d dispute.Dispute, found bool, err error) {
	found, err = get(r.Rows(), disputePrefix+id, &d)
	return d, found, err
}

// SettledDispute is a dispute as it stands at the settled line: nothing below it changes any more.
func (r *Replica) SettledDispute(id string) (d dispute.Dispute, found bool, err error) {
	data, found, err := r.machine.SettledValue(disputePrefix + id)
	if err != nil || !found {
		return d, false, err
	}
	return d, true, block.Unmarshal(data, &d)
}
