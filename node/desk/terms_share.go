package desk

import (
	"context"
	"fmt"
	"strings"
	_ "time/tzdata" // a node on a machine without a zone database drafts the same terms

	"kontor/node"
	"kontor/protocol"
	"kontor/protocol/artifact"
	"kontor/protocol/block"
	"kontor/protocol/terms"
)

// preparedTerms are terms ready to be shared.
type preparedTerms struct {
	doc      terms.Document
	sheet    block.Sheet
	withheld int
	changes  []terms.Change
	current  *protocol.ArtifactRow
	before   terms.Document
	notes    []string
	refusals []artifact.Finding // personal data that may not leave
}

func (d *Desk) prepareTerms(p *node.Partnership, contract string) (out preparedTerms, err error) {
	granted, err := d.granted(p, protocol.KindTerms)
	if err != nil {
		return out, err
	}
	draft, err := d.termsDraft(contract)
	if err != nil {
		return out, err
	}
	s, err := d.series(p.PID, terms.Type, draft.Contract)
	if err != nil {
		return out, err
	}
	err = d.node.View(p.PID, func(r *protocol.Replica) error {
		h, current, err := d.next(r, terms.Type, s, d.node.Now())
		if err != nil {
			return err
		}
		h.Scope, h.Provenance = granted, artifact.Provenance{SourceSystem: "contract desk", ExtractedAt: h.Issued, Activity: "EDIT"}
		draft.Header = h
		out.doc, out.current = terms.Filter(draft, granted), current
		out.withheld = clauses(draft) - clauses(out.doc)
		texts := d.texts(p)
		maskTerms(&out.doc, texts)
		out.notes, out.refusals = texts.notes, texts.refusals
		if current == nil {
			return nil
		}
		if out.before, err = r.Terms(current.Root); err != nil {
			return err
		}
		out.changes = terms.Diff(out.before, out.doc)
		return nil
	})
	if err != nil {
		return out, err
	}
	out.sheet, err = terms.ToSheet(out.doc, s.Key)
	return out, err
}

// maskTerms masks personal data in every text of terms that people wrote, in their order. A contract and a clause go by their names, and masked they would be
// others: those are refused.
func maskTerms(doc *terms.Document, texts *texts) {
	mask := func(text *string, path string, at ...any) { *text = texts.mask(fmt.Sprintf(path, at...), *text) }
	mask(&doc.Title, "title")
	mask(&doc.Law, "governingLaw")
	mask(&doc.Jurisdiction, "jurisdiction")
	for i := range doc.SLAs {
		s := &doc.SLAs[i]
		mask(&s.Name, "slas[%d].name", i)
		for k := range s.Duties {
			mask(&s.Duties[k].What, "slas[%d].reporting[%d].what", i, k)
		}
	}
	for i := range doc.Cadence {
		c := &doc.Cadence[i]
		mask(&c.Name, "cadence[%d].name", i)
		for k := range c.Gates {
			mask(&c.Gates[k], "cadence[%d].gates[%d]", i, k)
		}
	}
	if a := doc.Arbitration; a != nil {
		mask(&a.Seat, "arbitration.seat")
		mask(&a.Rules, "arbitration.rules")
	}
	texts.refuse("contractReference", doc.Contract)
	for i, id := range doc.Clauses() {
		texts.refuse(fmt.Sprintf("clauses[%d].id", i), id)
	}
}

func (t preparedTerms) findings() []artifact.Finding {
	found := append(terms.Check(t.doc), t.refusals...)
	if t.current != nil {
		found = append(found, terms.CheckRevision(t.before, t.doc)...)
	}
	return found
}

// TermsQuery names a contract with a partner.
type TermsQuery struct {
	With     string `json:"with,omitempty"`
	Contract string `json:"contract,omitempty" doc:"reference; empty: the only one"`
}

// TermsPreview is the partner's view of a draft of terms, before anything leaves.
type TermsPreview struct {
	Preview
	Document terms.Document `json:"document"` // exactly what the partner will hold
	Diff     []terms.Change `json:"diff"`
}

// PreviewTerms shows every field of the terms a partner would see, and why it may.
func (d *Desk) PreviewTerms(in TermsQuery) (out TermsPreview, err error) {
	p, err := d.Partner(in.With, "")
	if err != nil {
		return out, err
	}
	pre, err := d.prepareTerms(p, in.Contract)
	if err != nil {
		return out, err
	}
	v, err := d.outline(p, pre.doc.Header, terms.Type, pre.sheet, pre.findings(), pre.notes)
	if err != nil {
		return out, err
	}
	v.Series, v.Withheld, v.Changes = clauses(pre.doc), pre.withheld, len(pre.changes)
	out = TermsPreview{Document: pre.doc, Diff: pre.changes, Preview: v}
	for _, c := range pre.changes {
		if c.Material {
			out.Material++
		}
	}
	out.Sees = termsFields(pre.doc)
	return out, nil
}

// termsFields lists the fields that terms have and why each may leave.
func termsFields(doc terms.Document) []Seen {
	sees := []Seen{{"contractReference, effectivePeriod", doc.Contract + ", " + doc.Period.String(), "both name the contract by it"}}
	add := func(has bool, field, what, why string) {
		if has {
			sees = append(sees, Seen{field, what, why})
		}
	}
	scope := "scope: products " + strings.Join(doc.Header.Scope.Products, " ")
	add(true, "currency, rounding, calendar, tolerance, loop", "how amounts, days and deliveries are counted", "both compute alike by them")
	add(true, "dataTerms, disputePath", "what may be done with data; who settles what by when", "both are bound by them")
	add(len(doc.Cadence) > 0, "cadence", "meetings with their gates", "both plan by them")
	add(len(doc.Prices) > 0, "prices", node.Count(len(doc.Prices), "price clause"), "what this partner pays; "+scope)
	add(len(doc.Bands) > 0, "flexBands", node.Count(len(doc.Bands), "band"), "what moves without asking; "+scope)
	add(len(doc.Authorisations) > 0, "authorizations", "periods, unit values and the buyer's part", "what the seller carries at the buyer's risk; "+scope)
	add(len(doc.SLAs) > 0, "slas", node.Count(len(doc.SLAs), "promise")+" with whole definitions", "both measure by them")
	add(len(doc.Remedies) > 0, "remedies", node.Count(len(doc.Remedies), "remedy"), "what follows when a promise is missed")
	add(true, "provenance", "contract desk", "every artifact says where it comes from")
	return sees
}

// ShareTerms shares terms with a partner as their next revision. That proposes: signatures of both put them in force.
func (d *Desk) ShareTerms(ctx context.Context, in TermsQuery, command node.Command) (out Shared, err error) {
	p, err := d.Partner(in.With, "")
	if err != nil {
		return out, err
	}
	pre, err := d.prepareTerms(p, in.Contract)
	if err != nil {
		return out, err
	}
	out = Shared{With: d.PartnerName(p), Revision: pre.doc.Header.Revision, Series: clauses(pre.doc), Changes: len(pre.changes)}
	if pre.current != nil && len(pre.changes) == 0 {
		return d.unchanged(p, pre.current, out)
	}
	if findings := pre.findings(); len(findings) > 0 {
		return out, &node.Failure{Code: "TERMS_REFUSED", Text: fmt.Sprintf("the terms break %s: %s", node.Count(len(findings), "rule"), findings[0].Error()), Findings: findings}
	}
	return d.revise(ctx, p, command, protocol.KindTerms, pre.sheet, out)
}
