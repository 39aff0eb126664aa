package protocol

import (
	"slices"
	"strings"

	"kontor/protocol/block"
	"kontor/protocol/calendar"
	"kontor/protocol/decision"
	"kontor/protocol/dispute"
	"kontor/protocol/partnership"
	"kontor/protocol/state"
	"kontor/protocol/terms"
)

// contestRound opens the dispute about a document that an entry made contested: by no side, under the terms in force that come first by name of contract and
// have a path, else by the plain one. With as many disputes running as may, either side opens it by hand.
func (f *fold) contestRound(before decision.Verdict, row RoundRow) error {
	if row.Verdict != decision.Contested || before == decision.Contested {
		return nil
	}
	state.Opaque(f.rows) // documents are read beside rows
	full, err := f.disputesFull(byNobody, 1)
	if err != nil || full {
		return err
	}
	o := dispute.Opening{Subject: dispute.Subject{Kind: dispute.Agreement, Artifact: &row.Document}, Own: true}
	doc := plainTerms(f.genesis)
	list, err := f.paths(row.Document)
	if err != nil {
		return err
	}
	if len(list) > 0 {
		first := slices.MinFunc(list, func(a, b terms.Agreed) int { return strings.Compare(a.Document.Contract, b.Document.Contract) })
		o.Subject.Contract, o.Terms, doc = first.Document.Contract, &first.Root, first.Document
	}
	_, err = f.begin(o, doc)
	return err // one that runs already decides it as well
}

// paths are the terms in force that name a dispute path, but for those that a document puts in force itself.
func (f *fold) paths(document block.CID) ([]terms.Agreed, error) {
	list, err := f.replica.TermsInForce(calendar.DateOf(f.entry.Header.T))
	return slices.DeleteFunc(list, func(a terms.Agreed) bool { return len(a.Document.Disputes) == 0 || a.Agreement == document }), err
}

// plainTerms stand for terms where none in force name a dispute path.
func plainTerms(g *partnership.Genesis) terms.Document {
	return terms.Document{Frame: terms.Frame{Disputes: dispute.PlainPath(g.Arbiter != nil), Rounding: terms.Rounding{Mode: terms.HalfUp}}}
}

// DisputeTerms are the terms whose path a dispute goes, with their calendar.
func (r *Replica) DisputeTerms(d dispute.Dispute) (terms.Document, error) {
	if d.Terms != nil {
		return r.Terms(*d.Terms)
	}
	return plainTerms(&r.Genesis), nil
}

// ruleRound puts what a dispute about a contested document came to into effect: it stands, and its effects with it, or it is void. What the two agreed upon
// instead is another agreement. A withdrawal decides nothing, and a document that is final is changed by a later agreement alone.
func (f *fold) ruleRound(d dispute.Dispute) error {
	var row RoundRow
	found, err := get(f.rows, roundKey(*d.Subject.Artifact), &row)
	if err != nil || !found || row.Verdict != decision.Contested || d.End.Cause == dispute.Withdrawn {
		return err
	}
	row.Round = row.Round.Rule(decision.Ruling{Stands: d.End.Outcome == terms.Stands, At: f.mark()})
	if err := f.putRound(row); err != nil {
		return err
	}
	f.ruled = true
	return f.changeTopic(row.Topic, func(t decision.Topic) decision.Topic { return t.Settle(row.Round, f.mark()) })
}
