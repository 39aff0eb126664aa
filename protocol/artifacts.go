package protocol

import (
	"fmt"

	"kontor/protocol/artifact"
	"kontor/protocol/block"
	"kontor/protocol/campaign"
	"kontor/protocol/capacity"
	"kontor/protocol/decision"
	"kontor/protocol/forecast"
	"kontor/protocol/performance"
	"kontor/protocol/product"
	"kontor/protocol/provenance"
	"kontor/protocol/quality"
	"kontor/protocol/terms"
)

// artifactKind is one row of the table of artifacts: what can be said of any of them, whatever its noun.
type artifactKind struct {
	kind string // of the entries that carry it
	typ  string // document type
	// open reads a sheet of the type: its header, the document, and the artifacts it names beside its parent.
	open func(block.Sheet) (Opened, error)
	// diff lists the differences of two documents of the type. Nil: by their JSON view, every one material.
	diff func(old, revised any) ([]artifact.Change, error)
}

// Opened is an artifact of any type.
type Opened struct {
	Header   artifact.Header
	Document any // forecast.Document, capacity.Plan and so on
	Inputs   []block.CID
}

var artifactKinds = []artifactKind{
	{KindForecast, forecast.Type, opened(forecast.FromSheet, func(d forecast.Document) (artifact.Header, []block.CID) { return d.Header, nil }), diffForecasts},
	{KindCapacity, capacity.PlanType, opened(capacity.PlanFromSheet, func(p capacity.Plan) (artifact.Header, []block.CID) {
		return p.Header, append(named(p.Forecast), p.Includes...)
	}), diffPlans},
	{KindAnswer, capacity.AnswerType, opened(capacity.AnswerFromSheet, func(a capacity.Answer) (artifact.Header, []block.CID) {
		return a.Header, append(named(a.Plan), a.Forecast)
	}), nil},
	{KindCampaign, campaign.Type, opened(campaign.FromSheet, func(d campaign.Document) (artifact.Header, []block.CID) { return d.Header, nil }), diffCampaigns},
	{KindQuality, quality.Type, opened(quality.FromSheet, func(d quality.Document) (artifact.Header, []block.CID) { return d.Header, nil }), diffQuality},
	{KindTerms, terms.Type, opened(terms.FromSheet, func(d terms.Document) (artifact.Header, []block.CID) { return d.Header, nil }), diffTerms},
	{KindProduct, product.Type, opened(product.FromSheet, func(d product.Document) (artifact.Header, []block.CID) { return d.Header, nil }), nil},
	{KindPerformance, performance.Type, opened(performance.FromSheet, func(d performance.Document) (artifact.Header, []block.CID) { return d.Header, nil }), diffPerformance},
}

func named(id *block.CID) []block.CID {
	if id == nil {
		return nil
	}
	return []block.CID{*id}
}

// opened makes the opener of one type.
func opened[D any](read func(block.Sheet) (D, error), says func(D) (artifact.Header, []block.CID)) func(block.Sheet) (Opened, error) {
	return func(s block.Sheet) (Opened, error) {
		doc, err := read(s)
		if err != nil {
			return Opened{}, err
		}
		header, inputs := says(doc)
		return Opened{header, doc, append(inputs, header.Provenance.DerivedFrom...)}, nil
	}
}

// ArtifactType is the document type that entries of a kind carry; empty for other kinds.
func ArtifactType(kindName string) string {
	for _, k := range artifactKinds {
		if k.kind == kindName {
			return k.typ
		}
	}
	return ""
}

// ArtifactKind is the kind of the entries that carry documents of a type; empty for other types.
func ArtifactKind(typ string) string {
	for _, k := range artifactKinds {
		if k.typ == typ {
			return k.kind
		}
	}
	return ""
}

// ArtifactKinds lists the kinds of entries that carry artifacts.
func ArtifactKinds() (out []string) {
	for _, k := range artifactKinds {
		out = append(out, k.kind)
	}
	return out
}

// OpenArtifact reads a sheet of any known type.
func OpenArtifact(s block.Sheet) (Opened, error) {
	for _, k := range artifactKinds {
		if k.typ == s.Type {
			return k.open(s)
		}
	}
	return Opened{}, fmt.Errorf("%q is no type of artifact this program knows", artifact.Clip(s.Type))
}

// DiffArtifacts lists the cells in which a revision differs from an earlier one, and which of them are material. Both are of one type.
func DiffArtifacts(old, revised block.Sheet) ([]artifact.Change, error) {
	if old.Type != revised.Type {
		return nil, fmt.Errorf("a %s is not compared with a %s", artifact.Clip(old.Type), artifact.Clip(revised.Type))
	}
	a, err := OpenArtifact(old)
	if err != nil {
		return nil, err
	}
	b, err := OpenArtifact(revised)
	if err != nil {
		return nil, err
	}
	for _, k := range artifactKinds {
		if k.typ == old.Type && k.diff != nil {
			return k.diff(a.Document, b.Document)
		}
	}
	return artifact.Compare(a.Document, b.Document, nil)
}

func diffForecasts(old, revised any) ([]artifact.Change, error) {
	before := old.(forecast.Document)
	changes, err := forecast.Diff(before, revised.(forecast.Document))
	if err != nil {
		return nil, err
	}
	out := make([]artifact.Change, 0, len(changes))
	for _, c := range changes {
		x := artifact.Change{Row: c.Line, Cell: c.Bucket.String(), Delta: c.Delta, Material: forecast.Material(c, before.ToleranceAt(c.Bucket))}
		for i, f := range c.Fields {
			if i > 0 {
				x.Field += ", "
			}
			x.Field += f
		}
		switch {
		case c.Old == nil:
			x.Field, x.New = "added", c.New.Mean.String()
		case c.Unshared:
			x.Field, x.Old = "no longer shared", c.Old.Mean.String()
		case c.New == nil:
			x.Field, x.Old = "removed", c.Old.Mean.String()
		default:
			x.Old, x.New = c.Old.Mean.String(), c.New.Mean.String()
		}
		out = append(out, x)
	}
	return out, nil
}

// diffPlans judges by the tolerance of practice T1: capacities within five percent inform, and so does how much stock lies there; links, slots, load
// and whether stock is shared do not.
func diffPlans(old, revised any) ([]artifact.Change, error) {
	return artifact.Compare(old, revised, func(c artifact.Change) bool {
		switch c.Field {
		case "actual", "maximum":
			return c.Exceeds(50_000)
		case "stock":
			return c.Old == "" || c.New == ""
		case "asOf", "inTransit", "backlog", "name", "forecast", "includes":
			return false
		}
		return true
	})
}

func diffCampaigns(old, revised any) (out []artifact.Change, err error) {
	for _, c := range campaign.Diff(old.(campaign.Document), revised.(campaign.Document)) {
		out = append(out, artifact.Change{Row: c.Row, Field: c.Field, Old: c.Old, New: c.New, Delta: c.Delta, Material: c.Material})
	}
	return out, nil
}

func diffQuality(old, revised any) (out []artifact.Change, err error) {
	for _, c := range quality.Diff(old.(quality.Document), revised.(quality.Document)) {
		out = append(out, artifact.Change{Row: c.Row, Field: c.Field, Old: c.Old, New: c.New, Material: c.Material})
	}
	return out, nil
}

func diffTerms(old, revised any) (out []artifact.Change, err error) {
	for _, c := range terms.Diff(old.(terms.Document), revised.(terms.Document)) {
		out = append(out, artifact.Change{Row: c.Clause, Field: c.How, Material: c.Material})
	}
	return out, nil
}

func diffPerformance(old, revised any) (out []artifact.Change, err error) {
	for _, c := range performance.Diff(old.(performance.Document), revised.(performance.Document)) {
		out = append(out, artifact.Change{Row: c.Cell, Field: c.Field, Old: c.Old, New: c.New, Material: c.Material})
	}
	return out, nil
}

// Derivation is where an artifact or an agreement of this partnership comes from. name gives a company's name where one is known.
func (r *Replica) Derivation(root block.CID, name func(block.CID) string) (provenance.Graph, error) {
	return provenance.Build(root, func(id block.CID) (in provenance.Input, err error) {
		var round RoundRow
		if found, err := get(r.Rows(), roundKey(id), &round); err != nil || found {
			if err == nil {
				in, err = r.agreementInput(round)
			}
			return in, err
		}
		row, found, err := r.Version(id)
		if err != nil || !found {
			return in, err
		}
		sheet, err := r.Sheet(id)
		if err != nil {
			return in, err
		}
		doc, err := OpenArtifact(sheet)
		if err != nil {
			return in, err
		}
		h := doc.Header
		received, err := r.received(row, name)
		if err != nil {
			return in, err
		}
		grade, says := provenance.Grade(h.Evidence, false, received)
		in = provenance.Input{Parent: h.Parent, Inputs: doc.Inputs, Commitments: h.Provenance.Commitments, Node: provenance.Node{Type: row.Type, Author: row.Author.String(), Name: name(row.Author),
			Revision: row.Revision, Issued: h.Issued, Source: h.Provenance.SourceSystem, Record: h.Provenance.SourceRecord, Version: h.Provenance.Version, Activity: h.Provenance.Activity,
			Extracted: h.Provenance.ExtractedAt, Grade: grade, Evidence: says, Status: row.Status, Held: true}}
		if row.Ended != nil {
			in.Withdrawn = row.Ended.T
		}
		return in, nil
	})
}

// agreementInput is an agreement as a node: made from the artifacts its parties looked at, and evidenced by both where it is final.
func (r *Replica) agreementInput(round RoundRow) (in provenance.Input, err error) {
	doc, err := r.Agreement(round.Document)
	if err != nil {
		return in, err
	}
	in.Inputs = append(append(in.Inputs, doc.Artifacts...), doc.Supersedes...)
	grade, says := provenance.Grade(artifact.GradeB, round.Verdict == decision.Final, nil)
	in.Node = provenance.Node{Type: doc.Type, Activity: "AGREEMENT", Grade: grade, Evidence: says, Status: string(round.Verdict), Issued: doc.From.Millis(), Held: true}
	return in, nil
}

// received names the other members that have acknowledged the entry of a version.
func (r *Replica) received(row ArtifactRow, name func(block.CID) string) (names []string, err error) {
	e, found, err := r.Log.Get(row.Entry)
	if err != nil || !found {
		return nil, err
	}
	for _, m := range r.Genesis.Others(row.Author) {
		seq, err := r.Acknowledged(row.Author, m.Company)
		if err != nil {
			return nil, err
		}
		if seq >= e.Header.Seq {
			names = append(names, name(m.Company))
		}
	}
	return names, nil
}
