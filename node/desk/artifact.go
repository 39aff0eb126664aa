package desk

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"kontor/node"
	"kontor/protocol"
	"kontor/protocol/artifact"
	"kontor/protocol/block"
	"kontor/protocol/decision"
	"kontor/protocol/provenance"
)

// AgreementKind is how agreements are called among the artifacts: they come about by signatures, not by an entry of one author.
const AgreementKind = "agreement"

// ArtifactView is one version of an artifact this node holds, of any kind.
type ArtifactView struct {
	CID      block.CID      `json:"cid"`
	Kind     string         `json:"kind"` // forecast, capacity, answer, campaign, quality, agreement and so on
	Type     string         `json:"type"`
	With     string         `json:"with"`
	Author   string         `json:"author"` // of an agreement: its parties
	Own      bool           `json:"own"`
	Series   string         `json:"series,omitempty"`
	Revision int64          `json:"revision"`
	Status   string         `json:"status"` // IN_FORCE, SUPERSEDED, WITHDRAWN, REFUSED; of an agreement its verdict
	T        int64          `json:"t"`      // ms UTC
	Codes    []string       `json:"codes,omitempty"`
	Grade    artifact.Grade `json:"grade,omitempty"`
	Evidence string         `json:"evidence,omitempty"`
	// Of a version in force: from which day on its figures are older than its author vouches for, as of now; "" while none are.
	StaleFrom  string          `json:"stale_from,omitempty"`
	StaleUntil string          `json:"stale_until,omitempty"`
	Reaffirmed int64           `json:"reaffirmed,omitempty"` // until when its author says it stands, ms UTC
	Invalid    []string        `json:"invalid,omitempty"`    // events that make it unfit to build on, in words
	Withdrawn  *protocol.Ended `json:"withdrawn,omitempty"`

	pid block.CID
}

// ArtifactQuery asks for versions.
type ArtifactQuery struct {
	With string `json:"with,omitempty"`
	Kind string `json:"kind,omitempty" doc:"forecast, capacity, answer, campaign, quality, agreement and so on; empty: all"`
	All  bool   `json:"all,omitempty" doc:"superseded, withdrawn and refused versions too"`
}

// Artifacts lists the versions held, of every kind, oldest first in each partnership.
func (d *Desk) Artifacts(q ArtifactQuery) ([]ArtifactView, error) {
	if kinds := append(protocol.ArtifactKinds(), AgreementKind); q.Kind != "" && !slices.Contains(kinds, q.Kind) {
		return nil, node.Failf("BAD_KIND", "%q is no kind of artifact; there are %s", q.Kind, strings.Join(kinds, ", "))
	}
	return across(d, q.With, func(p *node.Partnership, r *protocol.Replica) ([]ArtifactView, error) {
		list, err := d.artifactsOf(p, r, q)
		slices.SortStableFunc(list, func(a, b ArtifactView) int { return cmp.Compare(a.T, b.T) })
		return list, err
	})
}

func (d *Desk) artifactsOf(p *node.Partnership, r *protocol.Replica, q ArtifactQuery) (out []ArtifactView, err error) {
	for _, kind := range protocol.ArtifactKinds() {
		if q.Kind != "" && q.Kind != kind {
			continue
		}
		rows, err := r.Versions(protocol.ArtifactType(kind))
		if err != nil {
			return nil, err
		}
		for _, row := range rows {
			if !q.All && row.Status != protocol.InForce {
				continue
			}
			v, err := d.artifactView(p, r, row)
			if err != nil {
				return nil, err
			}
			out = append(out, v)
		}
	}
	if q.All {
		refused, err := d.refusedArtifacts(p, r, q.Kind)
		if err != nil {
			return nil, err
		}
		out = append(out, refused...)
	}
	if q.Kind != "" && q.Kind != AgreementKind {
		return out, nil
	}
	rounds, err := r.Rounds()
	for _, round := range rounds {
		if q.All || round.Verdict == decision.Final {
			out = append(out, d.agreementView(p, round))
		}
	}
	return out, err
}

func (d *Desk) refusedArtifacts(p *node.Partnership, r *protocol.Replica, kind string) (out []ArtifactView, err error) {
	refused, err := r.Refused()
	if err != nil {
		return nil, err
	}
	for _, ref := range refused {
		typ := protocol.ArtifactType(ref.Kind)
		if typ == "" || kind != "" && kind != ref.Kind {
			continue
		}
		e, found, err := r.Log.Get(ref.Entry)
		if err != nil {
			return nil, err
		}
		if found && e.Header.Body != nil {
			out = append(out, ArtifactView{CID: *e.Header.Body, Kind: ref.Kind, Type: typ, With: d.PartnerName(p), Author: d.node.CompanyName(ref.Author), Own: ref.Author == d.node.Company(),
				Status: "REFUSED", T: e.Header.T, Codes: ref.Codes, pid: p.PID})
		}
	}
	return out, nil
}

// artifactView says of a version what the feeds say; for one in force also how fresh and how valid it is now.
func (d *Desk) artifactView(p *node.Partnership, r *protocol.Replica, row protocol.ArtifactRow) (v ArtifactView, err error) {
	v = ArtifactView{CID: row.Root, Kind: protocol.ArtifactKind(row.Type), Type: row.Type, With: d.PartnerName(p), Author: d.node.CompanyName(row.Author), Own: row.Author == d.node.Company(),
		Series: row.Series, Revision: row.Revision, Status: row.Status, T: row.T, Withdrawn: row.Ended, pid: p.PID}
	if row.Status != protocol.InForce {
		return v, nil
	}
	life, err := d.life(r, row)
	if err != nil {
		return v, err
	}
	if life.stale {
		v.StaleFrom, v.StaleUntil = life.span.Start.String(), life.span.End.String()
	}
	v.Reaffirmed, v.Invalid = life.reaffirmed, life.invalid
	return v, nil
}

func (d *Desk) agreementView(p *node.Partnership, round protocol.RoundRow) ArtifactView {
	v := ArtifactView{CID: round.Document, Kind: AgreementKind, Type: decision.AgreementType, With: d.PartnerName(p), Status: string(round.Verdict), pid: p.PID}
	var parties []string
	for _, party := range round.Parties {
		parties = append(parties, d.node.CompanyName(party.Company))
		v.Own = v.Own || party.Company == d.node.Company()
		for _, m := range []*decision.Mark{party.Ack, party.Void} {
			if m != nil {
				v.T = max(v.T, m.T)
			}
		}
	}
	v.Author = strings.Join(parties, ", ")
	return v
}

// FindArtifact finds a version held by its CID or the end of it.
func (d *Desk) FindArtifact(name string) (v ArtifactView, err error) {
	const least = 6 // characters that people compare
	list, err := d.Artifacts(ArtifactQuery{All: true})
	if err != nil {
		return v, err
	}
	found := 0
	for _, x := range list {
		switch text := x.CID.String(); {
		case text == name && (x.Status != "REFUSED" || found == 0): // refused first, and shared again as it is
			v, found = x, 1
		case len(name) >= least && text != name && strings.HasSuffix(text, name):
			if v.CID != x.CID {
				found++
			}
			v = x
		}
	}
	if found != 1 {
		return v, node.Failf("NO_SUCH_ARTIFACT", "%d artifacts held are called %q; kontor artifact list --all shows them, by CID or the end of it", found, name)
	}
	return v, nil
}

// ArtifactContent is a version with all it says.
type ArtifactContent struct {
	ArtifactView
	Header   artifact.Header `json:"header"`
	Document any             `json:"document"`
}

// Artifact opens a version of any kind.
func (d *Desk) Artifact(name string) (out ArtifactContent, err error) {
	if out.ArtifactView, err = d.FindArtifact(name); err != nil {
		return out, err
	}
	err = d.node.View(out.pid, func(r *protocol.Replica) error {
		if out.Kind == AgreementKind {
			doc, err := r.Agreement(out.CID)
			out.Document = doc
			return err
		}
		sheet, err := r.Sheet(out.CID)
		if err != nil {
			return err
		}
		doc, err := protocol.OpenArtifact(sheet)
		out.Header, out.Document = doc.Header, doc.Document
		return err
	})
	if err != nil {
		return out, err
	}
	g, err := d.Provenance(name)
	if err == nil && len(g.Nodes) > 0 {
		out.Grade, out.Evidence = g.Nodes[0].Grade, g.Nodes[0].Evidence
	}
	return out, err
}

// Provenance is where a version comes from.
func (d *Desk) Provenance(name string) (g provenance.Graph, err error) {
	v, err := d.FindArtifact(name)
	if err != nil {
		return g, err
	}
	err = d.node.View(v.pid, func(r *protocol.Replica) error {
		g, err = r.Derivation(v.CID, d.node.CompanyName)
		return err
	})
	return g, err
}

// joined lists the values of a type for a sentence.
func joined[T ~string](values []T) string {
	texts := make([]string, len(values))
	for i, v := range values {
		texts[i] = string(v)
	}
	return strings.Join(texts, ", ")
}

// issuedDay writes the day of a time for a sentence.
func issuedDay(ms int64) string { return time.UnixMilli(ms).UTC().Format(time.DateOnly) }
