package desk

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"time"

	"kontor/node"
	"kontor/protocol"
	"kontor/protocol/artifact"
	"kontor/protocol/block"
	"kontor/protocol/calendar"
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

// ArtifactDiff is how two versions differ.
type ArtifactDiff struct {
	From     ArtifactView      `json:"from"`
	To       ArtifactView      `json:"to"`
	Changed  int               `json:"changed"`  // cells
	Material int               `json:"material"` // of them, beyond the tolerance
	Changes  []artifact.Change `json:"changes"`  // the first of them
}

// MaxShownChanges is how many changes a difference lists: more than anybody reads, and what one answer of the API holds with ease.
const MaxShownChanges = 5000

// DiffArtifacts compares two versions of one type; with one, it is compared with the revision it replaced.
func (d *Desk) DiffArtifacts(from, to string) (out ArtifactDiff, err error) {
	if to == "" {
		to, from = from, ""
	}
	if out.To, err = d.FindArtifact(to); err != nil {
		return out, err
	}
	if from == "" {
		content, err := d.Artifact(to)
		if err != nil {
			return out, err
		}
		if content.Header.Parent == nil {
			return out, node.Failf("NO_PARENT", "%s is the first of its series; name another version to compare it with: kontor artifact diff OLD NEW", out.To.CID.Short())
		}
		from = content.Header.Parent.String()
	}
	if out.From, err = d.FindArtifact(from); err != nil {
		return out, err
	}
	if out.From.Type != out.To.Type {
		return out, node.Failf("BAD_PAIR", "%s is a %s and %s a %s: versions of one type are compared", out.From.CID.Short(), out.From.Type, out.To.CID.Short(), out.To.Type)
	}
	changes, err := d.changes(out.From, out.To)
	if err != nil {
		return out, err
	}
	out.Changed, out.Material, out.Changes = len(changes), countMaterial(changes), changes[:min(len(changes), MaxShownChanges)]
	return out, nil
}

func countMaterial(changes []artifact.Change) (n int) {
	for _, c := range changes {
		if c.Material {
			n++
		}
	}
	return n
}

func (d *Desk) changes(from, to ArtifactView) (changes []artifact.Change, err error) {
	if from.Kind == AgreementKind {
		var docs [2]decision.Agreement
		for i, v := range []ArtifactView{from, to} {
			err := d.node.View(v.pid, func(r *protocol.Replica) (err error) {
				docs[i], err = r.Agreement(v.CID)
				return err
			})
			if err != nil {
				return nil, err
			}
		}
		return artifact.Compare(docs[0], docs[1], nil)
	}
	var sheets [2]block.Sheet
	for i, v := range []ArtifactView{from, to} {
		err := d.node.View(v.pid, func(r *protocol.Replica) (err error) {
			sheets[i], err = r.Sheet(v.CID)
			return err
		})
		if err != nil {
			return nil, err
		}
	}
	changes, err = protocol.DiffArtifacts(sheets[0], sheets[1])
	if changes == nil {
		changes = []artifact.Change{}
	}
	return changes, err
}

// ArtifactStep is one version in the history of a series.
type ArtifactStep struct {
	ArtifactView
	Reason   artifact.Reason `json:"reason,omitempty"`
	Issued   int64           `json:"issued"`
	Changed  int             `json:"changed"`  // cells, against the revision before
	Material int             `json:"material"` // of them
}

// MaxHistory is how many of the newest versions a history compares.
const MaxHistory = 60

// ArtifactHistory lists the versions of the series that a version belongs to, oldest first, with what each changed.
func (d *Desk) ArtifactHistory(name string) ([]ArtifactStep, error) {
	v, err := d.FindArtifact(name)
	if err != nil {
		return nil, err
	}
	out := []ArtifactStep{}
	if v.Series == "" {
		return append(out, ArtifactStep{ArtifactView: v}), nil
	}
	list, err := d.Artifacts(ArtifactQuery{Kind: v.Kind, All: true})
	if err != nil {
		return nil, err
	}
	list = slices.DeleteFunc(list, func(x ArtifactView) bool { return x.Series != v.Series || x.pid != v.pid })
	slices.SortStableFunc(list, func(a, b ArtifactView) int { return cmp.Compare(a.Revision, b.Revision) })
	list = list[max(0, len(list)-MaxHistory):]
	for i, x := range list {
		step := ArtifactStep{ArtifactView: x}
		err := d.node.View(x.pid, func(r *protocol.Replica) error {
			sheet, err := r.Sheet(x.CID)
			if err != nil {
				return err
			}
			doc, err := protocol.OpenArtifact(sheet)
			step.Reason, step.Issued = doc.Header.Reason, doc.Header.Issued
			return err
		})
		if err != nil {
			return nil, err
		}
		if i > 0 {
			changes, err := d.changes(list[i-1], x)
			if err != nil {
				return nil, err
			}
			step.Changed, step.Material = len(changes), countMaterial(changes)
		}
		out = append(out, step)
	}
	return out, nil
}

// WithdrawOptions say what is taken back, and why.
type WithdrawOptions struct {
	CID   string `json:"cid"`
	Cause string `json:"cause" doc:"ERROR, PLAN_ENDED, UNIT_CHANGED, PRICE_EXPIRED, SITE_CLOSED, LOT_BLOCKED, SOURCE_WITHDRAWN or PRODUCT_ENDED"`
	Note  string `json:"note,omitempty"`
}

// LifeWritten is the receipt of a withdrawal or a reaffirmation.
type LifeWritten struct {
	CID   block.CID `json:"cid"`
	Entry block.CID `json:"entry"`
	With  string    `json:"with"`
	Until int64     `json:"until,omitempty"` // ms UTC
	Waits []string  `json:"waits,omitempty"` // members that get it when they are back
}

// WithdrawArtifact takes a version of this company's own that is in force back. Both nodes hold it as withdrawn; what was agreed on it stays.
func (d *Desk) WithdrawArtifact(ctx context.Context, o WithdrawOptions, command node.Command) (LifeWritten, error) {
	if !slices.Contains(protocol.Causes, protocol.Cause(o.Cause)) {
		return LifeWritten{}, node.Failf("BAD_CAUSE", "%q is no cause of a withdrawal; right are %s", o.Cause, joined(protocol.Causes))
	}
	v, p, err := d.ownArtifact(o.CID)
	if err != nil {
		return LifeWritten{}, err
	}
	texts := d.texts(p)
	note := texts.mask("note", o.Note)
	if len(texts.refusals) > 0 {
		return LifeWritten{}, &node.Failure{Code: "REFUSED", Text: texts.refusals[0].Error(), Findings: texts.refusals}
	}
	return d.writeLife(ctx, p, v, command, protocol.KindWithdraw, protocol.Withdrawal{Artifact: v.CID, Cause: protocol.Cause(o.Cause), Note: note}, 0)
}

// ReaffirmOptions say what still stands, and until when.
type ReaffirmOptions struct {
	CID   string `json:"cid"`
	Until string `json:"until" doc:"last day, such as 2027-01-31"`
}

// ReaffirmArtifact says that a version of this company's own still stands unchanged until a day: its figures count as fresh from now.
func (d *Desk) ReaffirmArtifact(ctx context.Context, o ReaffirmOptions, command node.Command) (LifeWritten, error) {
	last, err := calendar.ParseDate(o.Until)
	if err != nil {
		return LifeWritten{}, node.Failf("BAD_DATE", "the last day of a reaffirmation: %v", err)
	}
	v, p, err := d.ownArtifact(o.CID)
	if err != nil {
		return LifeWritten{}, err
	}
	until := last.AddDays(1).Millis() - 1
	return d.writeLife(ctx, p, v, command, protocol.KindReaffirm, protocol.Reaffirmation{Artifact: v.CID, Until: until}, until)
}

func (d *Desk) ownArtifact(name string) (v ArtifactView, p *node.Partnership, err error) {
	if v, err = d.FindArtifact(name); err != nil {
		return v, nil, err
	}
	if !v.Own || v.Kind == AgreementKind || v.Status != protocol.InForce {
		return v, nil, node.Failf("NOT_IN_FORCE", "%s is %s %s of %s: only an artifact of one's own, in force, can be withdrawn or reaffirmed", v.CID.Short(), v.Status, v.Kind, v.Author)
	}
	for _, x := range d.node.Partnerships() {
		if x.PID == v.pid {
			return v, x, nil
		}
	}
	return v, nil, node.Failf("NO_PARTNER", "the partnership of %s is gone", v.CID.Short())
}

func (d *Desk) writeLife(ctx context.Context, p *node.Partnership, v ArtifactView, command node.Command, kind string, doc any, until int64) (LifeWritten, error) {
	body, err := block.New(doc)
	if err != nil {
		return LifeWritten{}, err
	}
	w, err := d.node.Write(ctx, p.PID, command, func(*protocol.Replica, int64) (protocol.Draft, error) {
		return protocol.Draft{Kind: kind, Body: &body}, nil
	})
	if err != nil {
		return LifeWritten{}, err
	}
	waits, err := d.waits(p, w.Entry)
	return LifeWritten{CID: v.CID, Entry: w.Entry, With: v.With, Until: until, Waits: waits}, err
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
