package protocol

import (
	"slices"
	"strings"

	"kontor/protocol/block"
	"kontor/protocol/calendar"
	"kontor/protocol/decision"
	"kontor/protocol/dispute"
	"kontor/protocol/performance"
	"kontor/protocol/quality"
	"kontor/protocol/remedy"
	"kontor/protocol/terms"
)

// contend opens a dispute about an entry and holds it.
func (f *fold) contend(i owed, text string, evidence []block.CID) ([]string, error) {
	if full, err := f.disputesFull(f.ownSide(), 1); err != nil || full {
		return nonEmpty(dispute.CodeMany), err
	}
	s := dispute.Subject{Kind: dispute.Credit, Contract: i.Contract, Item: i.ID}
	by, err := f.contender(i.under)
	if err != nil {
		return nil, err
	}
	reason, _, _ := strings.Cut(text, "\n")
	if i.Dispute != "" && !i.Again(by.Side) {
		return []string{dispute.CodeAgain}, nil
	}
	after, code := i.Contend(by, reason, dispute.Identify(f.entry.CID, s))
	if code != "" {
		return []string{disputeCode(code)}, nil
	}
	if err := put(f.rows, remedyPrefix+i.ID, after); err != nil {
		return nil, err
	}
	return f.begin(dispute.Opening{Subject: s, Terms: i.Terms, Side: by.Side, Worth: after.Stood, Debtor: i.Debtor, Evidence: evidence}, i.under)
}

// contender is the author as one who disputes an entry, on the newest day that it knows of.
func (f *fold) contender(doc terms.Document) (remedy.Doer, error) {
	t, err := f.known()
	return remedy.Doer{Company: f.author.Company, Side: sidesOf(f.genesis)[f.author.Company], T: f.entry.Header.T, Day: dayOf(doc, t)}, err
}

// disputeCode says in the words of disputes why an entry can't be disputed.
func disputeCode(code string) string {
	if code == remedy.CodeSide {
		return dispute.CodeSide
	}
	return dispute.CodeStands
}

// contest opens the dispute of an entry over which the two sides' figures stay apart (practice T7): no company opened it, so it is the debtor's to
// withdraw. Where as many run as may, the entry is held and its dispute begins when one of them ends.
func (f *fold) contest(i remedy.Item) (remedy.Item, error) {
	full, err := f.disputesFull(byNobody, 1)
	if err != nil {
		return i, err
	}
	if full {
		return i, f.rows.Put(disputeWaitPrefix+i.ID, []byte{})
	}
	doc, err := f.replica.Terms(*i.Terms)
	if err != nil {
		return i, err
	}
	s := dispute.Subject{Kind: dispute.Credit, Contract: i.Contract, Item: i.ID}
	i = i.Contested(dispute.Identify(f.entry.CID, s))
	_, err = f.begin(dispute.Opening{Subject: s, Terms: i.Terms, Side: i.Debtor, Worth: i.Stood, Debtor: i.Debtor, Own: true}, doc)
	return i, err
}

// begin writes the rows of a new dispute.
func (f *fold) begin(o dispute.Opening, doc terms.Document) ([]string, error) {
	key := disputeSubjectPrefix + o.Subject.Key()
	var last string
	known, err := get(f.rows, key, &last)
	if err != nil {
		return nil, err
	}
	if known {
		var d dispute.Dispute
		if _, err := get(f.rows, disputePrefix+last, &d); err != nil {
			return nil, err
		}
		if again := d.Again(o.Side) || o.Own && d.End != nil && o.Subject.Kind == dispute.Agreement; !again {
			return []string{dispute.CodeAgain}, nil
		}
	}
	for company, side := range sidesOf(f.genesis) {
		o.Parties = append(o.Parties, dispute.Party{Company: company, Side: side})
	}
	slices.SortFunc(o.Parties, func(a, b dispute.Party) int { return a.Company.Compare(b.Company) })
	o.Levels, o.Clock, o.Rounding, o.Arbiter, o.At = doc.Disputes, dispute.ClockOf(doc.Calendar), doc.Rounding.Mode, f.genesis.Arbiter, f.disputeMark()
	if o.Known, err = f.known(); err != nil {
		return nil, err
	}
	d := dispute.Open(o)
	if err := put(f.rows, key, d.ID); err != nil {
		return nil, err
	}
	return nil, f.putDispute(nil, d)
}

// disputePath finds what a subject names, and the terms whose path a dispute about it goes.
func (f *fold) disputePath(s dispute.Subject) (root *block.CID, doc terms.Document, code string, err error) {
	no := func(err error) (*block.CID, terms.Document, string, error) {
		return nil, terms.Document{}, dispute.CodeSubject, err
	}
	known := false
	switch s.Kind {
	case dispute.Measurement:
		var row SLARow
		found, err := get(f.rows, slaPrefix+slaKey(remedy.Window{Contract: s.Contract, SLA: s.Part, Period: *s.Period}), &row)
		if err != nil || !found || row.Result() == nil {
			return no(err)
		}
		doc, err := f.replica.Terms(row.Terms)
		return &row.Terms, doc, "", err
	case dispute.Agreement:
		var row RoundRow
		found, err := get(f.rows, roundKey(*s.Artifact), &row)
		if err != nil {
			return no(err)
		}
		known = found && (row.Verdict == decision.Final || row.Verdict == decision.Contested)
		if known && s.Contract == "" { // only where nothing else brings it to an end
			list, err := f.paths(*s.Artifact)
			if err != nil || len(list) > 0 || row.Verdict != decision.Contested {
				return no(err)
			}
			return nil, plainTerms(f.genesis), "", nil
		}
	default:
		var row ArtifactRow
		found, err := get(f.rows, versionKey(*s.Artifact), &row)
		if err != nil {
			return no(err)
		}
		known = found && row.Type == map[dispute.SubjectKind]string{dispute.Clause: terms.Type, dispute.Lines: performance.Type, dispute.Finding: quality.Type}[s.Kind]
	}
	if !known {
		return no(nil)
	}
	list, err := f.replica.TermsInForce(calendar.DateOf(f.entry.Header.T))
	if err != nil {
		return no(err)
	}
	at := slices.IndexFunc(list, func(a terms.Agreed) bool { return a.Document.Contract == s.Contract })
	if at < 0 {
		return no(nil)
	}
	if s.Kind == dispute.Clause {
		named, err := f.replica.Terms(*s.Artifact)
		if err != nil {
			return no(err)
		}
		if named.Contract != s.Contract || !named.HasClause(s.Part) {
			return no(nil)
		}
	}
	return &list[at].Root, list[at].Document, "", nil
}
