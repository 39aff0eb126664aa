package protocol

import (
	"slices"

	"kontor/protocol/artifact"
	"kontor/protocol/block"
	"kontor/protocol/calendar"
	"kontor/protocol/decision"
	"kontor/protocol/terms"
)

func applyTerms(f *fold) ([]string, error) {
	v, err := f.judge(func(s block.Sheet, scopes []artifact.Scope, rules RuleSet) (verdict, error) {
		doc, err := terms.FromSheet(s)
		if err != nil {
			return verdict{}, err
		}
		return verdict{codes: artifact.Codes(append(terms.CheckUnder(doc, rules.Artifacts), outside(func(s artifact.Scope) []artifact.Finding { return terms.CheckScope(doc, s) }, scopes)...)), header: doc.Header}, nil
	})
	if err != nil || len(v.codes) > 0 {
		return v.codes, err
	}
	return f.install(v)
}

// reviseTerms compares two revisions: the codes that refuse the later one, else whether it is material. Terms that are
// signed stay as they are: a revision proposes, and only another agreement puts it in their place.
func (f *fold) reviseTerms(old, revised block.CID) ([]string, error) {
	a, err := f.replica.Terms(old)
	if err != nil {
		return nil, err
	}
	b, err := f.replica.Terms(revised)
	if err != nil {
		return nil, err
	}
	if codes := artifact.Codes(terms.CheckRevision(a, b)); len(codes) > 0 {
		return codes, nil
	}
	material := terms.Material(terms.Diff(a, b))
	f.revised = &revision{other: func(decision.Scope) bool { return material }}
	return nil, nil
}

// namesTerms refuses a document whose effects would put other terms in force than those the party named has on the table.
func (f *fold) namesTerms(doc decision.Agreement) (string, error) {
	for _, e := range doc.Effects {
		if e.Kind != decision.TermsInForce {
			continue
		}
		if e.Artifact == nil {
			return codeTerms, nil
		}
		var row ArtifactRow
		found, err := get(f.rows, versionKey(*e.Artifact), &row)
		if err != nil {
			return "", err
		}
		if !found || row.Type != terms.Type || row.Author != e.Party || row.Status != InForce {
			return codeTerms, nil
		}
	}
	return "", nil
}

// Terms opens contract terms by their root.
func (r *Replica) Terms(root block.CID) (terms.Document, error) {
	sheet, err := r.Sheet(root)
	if err != nil {
		return terms.Document{}, err
	}
	return terms.FromSheet(sheet)
}

// AgreedTerms lists the terms that agreements which stand on a day name, in the order in which these became final: what
// was superseded, expired, voided or is contested by then is not among them, what has not begun is.
func (r *Replica) AgreedTerms(on calendar.Date) ([]terms.Agreed, error) {
	ledger, err := r.Concluded()
	if err != nil {
		return nil, err
	}
	spans := map[block.CID]decision.Agreement{}
	for _, c := range ledger {
		spans[c.CID] = c.Doc
	}
	out := []terms.Agreed{}
	for _, e := range decision.TermsAgreed(ledger, on) {
		doc, err := r.Terms(*e.Artifact)
		if err != nil {
			return nil, err
		}
		out = append(out, terms.Agreed{Agreement: e.Agreement, Root: *e.Artifact, Author: e.Party, From: spans[e.Agreement].From, Expires: spans[e.Agreement].Expires, Document: doc})
	}
	return out, nil
}

// TermsInForce are the terms in force on a day, one of each contract, by its reference.
func (r *Replica) TermsInForce(on calendar.Date) ([]terms.Agreed, error) {
	agreed, err := r.AgreedTerms(on)
	return terms.InForce(agreed, on), err
}

// Standings are where every agreement stands on a day. One that puts terms in force and nothing else is also superseded where later terms of the same contracts hold for as
// long as it would run.
func (r *Replica) Standings(on calendar.Date) (map[block.CID]decision.Standing, error) {
	ledger, err := r.Concluded()
	if err != nil {
		return nil, err
	}
	agreed, err := r.AgreedTerms(on)
	if err != nil {
		return nil, err
	}
	out, overtaken := decision.Standings(ledger, on), terms.Overtaken(agreed, on)
	for _, c := range ledger {
		more := slices.ContainsFunc(c.Doc.Effects, func(e decision.Effect) bool { return e.Kind != decision.TermsInForce })
		if overtaken[c.CID] && !more {
			out[c.CID] = decision.Superseded
		}
	}
	return out, nil
}
