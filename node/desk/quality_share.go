package desk

import (
	"context"
	"crypto/sha256"
	"fmt"
	"strings"

	"kontor/node"
	"kontor/protocol"
	"kontor/protocol/artifact"
	"kontor/protocol/block"
	"kontor/protocol/calendar"
	"kontor/protocol/quality"
)

// preparedQuality is a report ready to be shared.
type preparedQuality struct {
	doc      quality.Document
	sheet    block.Sheet
	withheld int
	changes  []quality.Change
	current  *protocol.ArtifactRow
	before   quality.Document
	notes    []string
	refusals []artifact.Finding // personal data that may not leave
}

// saltOf is the salt of a report's lots and serials: of the series, so that it stays through all revisions, and not its key.
func saltOf(s seriesRow) []byte {
	sum := sha256.Sum256(append([]byte("kontor quality salt v1"), s.Key[:]...))
	return sum[:quality.SaltSize]
}

func (d *Desk) prepareQuality(p *node.Partnership) (out preparedQuality, err error) {
	granted, err := d.granted(p, protocol.KindQuality)
	if err != nil {
		return out, err
	}
	s, err := d.series(p.PID, quality.Type, "own")
	if err != nil {
		return out, err
	}
	draft, err := d.qualityDraft(p.PID, saltOf(s))
	if err != nil {
		return out, err
	}
	rows := func(q quality.Document) int {
		return len(q.Measures) + len(q.Complaints) + len(q.Cases) + len(q.Blocks) + len(q.Audits)
	}
	if rows(draft) == 0 {
		return out, node.Failf("NO_DRAFT", "there is no quality report to share yet; run: kontor quality import FILE, or kontor quality block ID")
	}
	err = d.node.View(p.PID, func(r *protocol.Replica) error {
		h, current, err := d.next(r, quality.Type, s, d.node.Now())
		if err != nil {
			return err
		}
		h.Scope, h.Provenance = granted, artifact.Provenance{SourceSystem: "quality desk", ExtractedAt: h.Issued, Activity: "EDIT"}
		draft.Header = h
		names, err := d.theirNumbers(p, r, calendar.DateOf(h.Issued))
		if err != nil {
			return err
		}
		named := draft
		if names != nil {
			names.quality(&named)
		}
		out.doc, out.current = quality.Filter(named, granted), current
		texts := d.texts(p)
		maskQuality(&out.doc, texts)
		out.notes, out.refusals = texts.notes, texts.refusals
		if names != nil {
			out.notes = append(out.notes, names.notes...)
		}
		out.withheld = rows(draft) - rows(out.doc)
		if current == nil {
			return nil
		}
		if out.before, err = r.Quality(current.Root); err != nil {
			return err
		}
		keepHeld(&out.doc, out.before)
		out.changes = quality.Diff(out.before, out.doc)
		return nil
	})
	if err != nil {
		return out, err
	}
	out.sheet, err = quality.ToSheet(out.doc, s.Key)
	return out, err
}

// maskQuality masks personal data in the texts of a report, and refuses it in the names that complaints, audits, processes and causes go by.
func maskQuality(doc *quality.Document, texts *texts) {
	for i := range doc.Measures {
		m := &doc.Measures[i]
		m.CostBasis = texts.mask(fmt.Sprintf("measures[%d].costBasis", i), m.CostBasis)
		m.Item.Description = texts.mask(fmt.Sprintf("measures[%d].item.description", i), m.Item.Description)
		texts.refuse(fmt.Sprintf("measures[%d].process", i), m.Process)
	}
	for i := range doc.Complaints {
		c := &doc.Complaints[i]
		c.Text = texts.mask(fmt.Sprintf("complaints[%d].text", i), c.Text)
		c.Item.Description = texts.mask(fmt.Sprintf("complaints[%d].item.description", i), c.Item.Description)
		texts.refuse(fmt.Sprintf("complaints[%d].id", i), c.ID)
		texts.refuse(fmt.Sprintf("complaints[%d].supplierComplaintId", i), c.SupplierID)
	}
	for i := range doc.Cases {
		c := &doc.Cases[i]
		c.Is, c.IsNot = texts.mask(fmt.Sprintf("cases[%d].is", i), c.Is), texts.mask(fmt.Sprintf("cases[%d].isNot", i), c.IsNot)
		for k := range c.Causes {
			texts.refuse(fmt.Sprintf("cases[%d].causes[%d].node", i, k), c.Causes[k].Node)
			for w := range c.Causes[k].Whys {
				c.Causes[k].Whys[w] = texts.mask(fmt.Sprintf("cases[%d].causes[%d].whys[%d]", i, k, w), c.Causes[k].Whys[w])
			}
		}
		for k := range c.Actions {
			c.Actions[k].Measure = texts.mask(fmt.Sprintf("cases[%d].actions[%d].measure", i, k), c.Actions[k].Measure)
		}
	}
	for i := range doc.Audits {
		texts.refuse(fmt.Sprintf("audits[%d].id", i), doc.Audits[i].ID)
		texts.refuse(fmt.Sprintf("audits[%d].standard", i), doc.Audits[i].Standard)
		for k := range doc.Audits[i].Findings {
			f := &doc.Audits[i].Findings[k]
			f.Text = texts.mask(fmt.Sprintf("audits[%d].findings[%d].text", i, k), f.Text)
		}
	}
}

func (q preparedQuality) findings() []artifact.Finding {
	found := append(quality.Check(q.doc), q.refusals...)
	if q.current != nil {
		found = append(found, quality.CheckRevision(q.before, q.doc)...)
	}
	return found
}

// QualityPreview is the partner's view of the quality draft, before anything leaves.
type QualityPreview struct {
	Preview
	Document quality.Document `json:"document"` // exactly what the partner will hold
	Diff     []quality.Change `json:"diff"`
}

// PreviewQuality shows every field of the report a partner would see, and why it may.
func (d *Desk) PreviewQuality(with string) (out QualityPreview, err error) {
	p, err := d.Partner(with, "")
	if err != nil {
		return out, err
	}
	pre, err := d.prepareQuality(p)
	if err != nil {
		return out, err
	}
	v, err := d.outline(p, pre.doc.Header, quality.Type, pre.sheet, pre.findings(), pre.notes)
	if err != nil {
		return out, err
	}
	v.Series, v.Withheld, v.Changes = len(pre.sheet.Rows), pre.withheld, len(pre.changes)
	out = QualityPreview{Document: pre.doc, Diff: pre.changes, Preview: v}
	for _, c := range pre.changes {
		if c.Material {
			out.Material++
		}
	}
	for _, m := range pre.doc.Measures {
		out.Buckets += max(1, len(m.Subgroups))
	}
	out.Sees = qualityFields(pre.doc)
	if len(pre.doc.Blocks) > 0 {
		out.Notes = append(out.Notes, "lot and serial numbers leave as salted hashes: who has the goods can recognise them, and who has the report can try numbers")
	}
	return out, nil
}

// qualityFields lists the fields that a report has and why each may leave.
func qualityFields(doc quality.Document) []Seen {
	scope := doc.Header.Scope
	sees := []Seen{{"service", "when complaints count as received, deadlines of the 8D", "both clocks run by the contract's rule"}}
	for _, f := range []struct {
		has              bool
		field, what, why string
	}{
		{len(doc.Measures) > 0, "measures", "counts with their denominator, failure codes, subgroups", "scope: products " + strings.Join(scope.Products, " ") + ", regions " + strings.Join(scope.Regions, " ")},
		{len(doc.Complaints) > 0, "complaints", "numbers, severity, codes, status, text", "the supplier works on them"},
		{len(doc.Cases) > 0, "cases", "causes, actions, steps, roles", "the customer waits for them; roles, never names"},
		{len(doc.Blocks) > 0, "blocks", "product, quantity, severity, hashes of lots and serials, chances of release", "what is blocked is missing from cover (practice T17)"},
		{len(doc.Audits) > 0, "audits", "standard, result, findings, hash of the evidence", "the hash, not the evidence"},
		{true, "salt", "16 random bytes", "so that the partner can recognise its own lots"},
		{true, "provenance", doc.Header.Provenance.SourceSystem, "every artifact says where it comes from"},
	} {
		if f.has {
			sees = append(sees, Seen{f.field, f.what, f.why})
		}
	}
	return sees
}

// ShareQuality shares the report with a partner as its next revision.
func (d *Desk) ShareQuality(ctx context.Context, with string, command node.Command) (out Shared, err error) {
	p, err := d.Partner(with, "")
	if err != nil {
		return out, err
	}
	pre, err := d.prepareQuality(p)
	if err != nil {
		return out, err
	}
	out = Shared{With: d.PartnerName(p), Revision: pre.doc.Header.Revision, Series: len(pre.doc.Measures), Buckets: len(pre.sheet.Rows) - len(pre.doc.Measures), Changes: len(pre.changes)}
	if pre.current != nil && len(pre.changes) == 0 {
		return d.unchanged(p, pre.current, out)
	}
	if findings := pre.findings(); len(findings) > 0 {
		return out, &node.Failure{Code: "QUALITY_REFUSED", Text: fmt.Sprintf("the report breaks %s: %s", node.Count(len(findings), "rule"), findings[0].Error()), Findings: findings}
	}
	return d.revise(ctx, p, command, protocol.KindQuality, pre.sheet, out)
}
