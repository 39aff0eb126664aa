package desk

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"kontor/node"
	"kontor/protocol"
	"kontor/protocol/artifact"
	"kontor/protocol/block"
	"kontor/protocol/forecast"
	"kontor/protocol/partnership"
)

// fencesKey is the row of the time fences, which stay when the draft is replaced.
const fencesKey = "forecast/fences"

// Seen is one field a partner would see, and why it may.
type Seen struct {
	Field string `json:"field"`
	What  string `json:"what"`
	Why   string `json:"why"`
}

// Preview is the partner's view of a draft, before anything leaves.
type Preview struct {
	With      string             `json:"with"`
	Type      string             `json:"type"`
	Revision  int64              `json:"revision"`
	Series    int                `json:"series"`
	Buckets   int                `json:"buckets"`
	Bytes     int                `json:"bytes"`
	Withheld  int                `json:"withheld"` // lines outside the scope: they stay at home
	Outside   []string           `json:"outside"`  // the first of them, each with why
	Changes   int                `json:"changes"`  // cells that differ from the version in force
	Material  int                `json:"material"` // of them, beyond tolerance
	Sees      []Seen             `json:"sees"`
	Inferable []string           `json:"inferable"` // what the partner could work out beyond what is written
	Notes     []string           `json:"notes"`
	Findings  []artifact.Finding `json:"findings"` // what would be refused
	Sample    []forecast.Line    `json:"sample"`   // the first lines, as the partner would see them
}

// previewLines is how many lines a preview shows in full.
const previewLines = 3

// prepared is a forecast ready to be shared.
type prepared struct {
	doc      forecast.Document
	sheet    block.Sheet
	withheld int
	outside  []string // the first lines withheld
	changes  []forecast.Change
	before   forecast.Document // the version in force
	current  *protocol.ArtifactRow
	notes    []string
	grain    []artifact.Step    // of the scope
	refusals []artifact.Finding // personal data that may not leave
}

// prepare builds the document one partner would get.
func (d *Desk) prepare(p *node.Partnership) (out prepared, err error) {
	return d.prepareOnly(p, nil)
}

// sellerHasNone says of a missing draft what a company shares with a customer in its place.
func (d *Desk) sellerHasNone(p *node.Partnership, err error) error {
	if node.AsFailure(err).Code != "NO_DRAFT" || d.node.Own(p).Role != partnership.RoleSeller {
		return err
	}
	return node.Failf("NO_DRAFT", "this company sells to %s and has no forecast to share with it: that is the customer's. What a seller shares: kontor forecast answer (to the customer's forecast), kontor capacity share, kontor quality share, kontor performance share; what was shared already: kontor forecast list", d.PartnerName(p))
}

// prepareOnly is the same, with what is new about some lines alone: the others stay as the version in force has them. Nil means all.
func (d *Desk) prepareOnly(p *node.Partnership, only func(forecast.Line) bool) (out prepared, err error) {
	draft, lines, err := d.draft()
	if err != nil {
		return out, d.sellerHasNone(p, err)
	}
	leaving, err := d.leaving(p, protocol.KindForecast)
	if err != nil {
		return out, err
	}
	fences, err := d.Fences()
	if err != nil {
		return out, err
	}
	family, err := d.families()
	if err != nil {
		return out, err
	}
	s, err := d.series(p.PID, forecast.Type, "own")
	if err != nil {
		return out, err
	}
	err = d.node.View(p.PID, func(r *protocol.Replica) error {
		h, current, err := d.next(r, forecast.Type, s, d.node.Now())
		if err != nil {
			return err
		}
		h.Provenance, h.Reason, h.Scope = draft.Provenance, draft.Reason, leaving.Scope
		out.doc = forecast.Document{Header: h, Purpose: forecast.OrderForecast, Method: draft.Method, WeekScheme: draft.WeekScheme, OnNoAnswer: forecast.NoCommit, Fences: fences,
			AnswerDue: h.Issued + answerDays*24*60*60*1000, Lines: lines}
		if err := d.agreedLoop(r, &out.doc); err != nil {
			return err
		}
		kept, outside, notes, err := reduceForecast(out.doc, leaving, family)
		if err != nil {
			return err
		}
		if leaving.Set != nil {
			out.grain = leaving.Set.Grain
		}
		out.withheld, out.outside = len(lines)-countIn(lines, leaving), outside
		withOrders, lost, err := d.withOrders(kept.Lines)
		if err != nil {
			return err
		}
		notes = append(notes, lost...)
		texts := d.texts(p)
		kept.Lines = slices.Clone(withOrders)
		for i := range kept.Lines {
			l, path := &kept.Lines[i], fmt.Sprintf("lines[%d]", i)
			l.Item.Description = texts.mask(path+".item.description", l.Item.Description)
			l.GapReason = texts.mask(path+".gapReason", l.GapReason)
		}
		out.notes, out.refusals = append(notes, texts.notes...), texts.refusals
		out.doc, out.current = kept, current
		if current != nil {
			if out.before, err = r.Forecast(current.Root); err != nil {
				return err
			}
		}
		if only != nil {
			out.doc.Lines = onlyNew(out.before.Lines, out.doc.Lines, only)
		}
		if current == nil {
			return nil
		}
		out.changes, err = forecast.Diff(out.before, out.doc)
		return err
	})
	if err != nil {
		return out, err
	}
	out.notes = append(slices.Clone(draft.Notes), out.notes...)
	out.sheet, err = node.BuildForecast(out.doc, s.Key)
	return out, err
}

// onlyNew are the new lines that are asked for, and the others as they were.
func onlyNew(before, now []forecast.Line, asked func(forecast.Line) bool) (out []forecast.Line) {
	for _, l := range before {
		if !asked(l) {
			out = append(out, l)
		}
	}
	for _, l := range now {
		if asked(l) {
			out = append(out, l)
		}
	}
	return out
}

func orAll(list []string) string {
	if len(list) == 0 {
		return "as the invitation says"
	}
	return strings.Join(list, " ")
}

func countIn(lines []forecast.Line, l protocol.Leaving) (n int) {
	for _, line := range lines {
		if inScope(l, line) {
			n++
		}
	}
	return n
}

// answerDays is by when an answer is asked for: practice T5 wants a date, the desk's default is two weeks.
const answerDays = 14

// PreviewForecast shows what a partner would see.
func (d *Desk) PreviewForecast(with string) (Preview, error) {
	p, err := d.Partner(with, "")
	if err != nil {
		return Preview{}, err
	}
	pre, err := d.prepare(p)
	if err != nil {
		return Preview{}, err
	}
	v, err := d.outline(p, pre.doc.Header, forecast.Type, pre.sheet, append(forecast.Check(pre.doc), pre.refusals...), pre.notes)
	if err != nil {
		return Preview{}, err
	}
	v.Series, v.Withheld, v.Outside, v.Changes = len(pre.doc.Lines), pre.withheld, append(v.Outside, pre.outside...), len(pre.changes)
	for _, l := range pre.doc.Lines {
		v.Buckets += len(l.Buckets)
	}
	for _, c := range pre.changes {
		if forecast.Material(c, pre.before.ToleranceAt(c.Bucket)) {
			v.Material++
		}
	}
	scope := pre.doc.Header.Scope
	v.Sees = []Seen{
		{"item", "the buyer's item numbers", "scope: products " + strings.Join(scope.Products, " ")},
		{"location", "country or region of need", "scope: regions " + strings.Join(scope.Regions, " ")},
		{"buckets.mean, quantiles, cumulative", "expected need and its bands", "the company's own plan: no third party stands behind a cell (PROTOCOL 7)"},
		{"method", fmt.Sprintf("%s, bands %s", strings.TrimSpace(pre.doc.Method.Name+" "+pre.doc.Method.Version), pre.doc.Method.Bands), "so that the bands' record can be judged"},
		{"purpose, roles", orAll(scope.Purpose) + ", " + orAll(scope.Roles), "scope: what it may be used for, and by whom"},
		{"provenance", pre.doc.Header.Provenance.SourceSystem + ", " + pre.doc.Header.Provenance.Activity, "every artifact says where its figures come from"},
	}
	if slices.ContainsFunc(pre.doc.Lines, forecast.Line.HasOrders) {
		v.Sees = append(v.Sees, Seen{"buckets.ordered, consumption", "the sum of open orders of each period, and where they meet forecast", "the partner holds these orders; both take them from what is foreseen"})
	}
	if len(pre.grain) > 0 {
		v.Sees = append(v.Sees, seenGrain(pre.grain))
	}
	if len(pre.doc.Fences) > 0 {
		v.Sees = append(v.Sees, Seen{"timeFences", forecast.FencesText(pre.doc.Fences), "how firm the figures are, and how far a revision may move them"})
	}
	for _, l := range pre.doc.Lines {
		if l.Members == 1 && len(v.Inferable) < previewLines {
			v.Inferable = append(v.Inferable, fmt.Sprintf("family %s in %s stands for one product alone", l.Item.ID(), orAnywhere(l.Location.Key())))
		}
	}
	v.Notes = append(v.Notes, askedReasons(pre)...)
	v.Sample = pre.doc.Lines[:min(len(pre.doc.Lines), previewLines)]
	return v, nil
}

// Shared is the receipt of a share.
type Shared struct {
	CID       block.CID `json:"cid"`
	Entry     block.CID `json:"entry"`
	With      string    `json:"with"`
	Revision  int64     `json:"revision"`
	Series    int       `json:"series"`
	Buckets   int       `json:"buckets"`
	Bytes     int       `json:"bytes"`
	Changes   int       `json:"changes"`
	Unchanged bool      `json:"unchanged,omitempty"` // nothing differs from the version in force: nothing was written
	// Waits are the members that do not hold it and are not connected: they get it when they are back.
	Waits []string `json:"waits,omitempty"`
}

// ShareForecast shares the draft with a partner as the next revision.
func (d *Desk) ShareForecast(ctx context.Context, with string, command node.Command) (Shared, error) {
	p, err := d.Partner(with, "")
	if err != nil {
		return Shared{}, err
	}
	return d.shareOnly(ctx, p, command, nil)
}

func (d *Desk) shareOnly(ctx context.Context, p *node.Partnership, command node.Command, only func(forecast.Line) bool) (Shared, error) {
	pre, err := d.prepareOnly(p, only)
	if err != nil {
		return Shared{}, err
	}
	out := Shared{With: d.PartnerName(p), Revision: pre.doc.Header.Revision, Series: len(pre.doc.Lines), Changes: len(pre.changes)}
	for _, l := range pre.doc.Lines {
		out.Buckets += len(l.Buckets)
	}
	if pre.current != nil && len(pre.changes) == 0 && sameBeside(pre.before, pre.doc) {
		return d.unchanged(p, pre.current, out)
	}
	if len(pre.doc.Lines) == 0 && pre.withheld > 0 {
		return out, node.Failf("NOT_IN_SCOPE", "nothing of the draft may leave to %s (%s outside the scope); kontor scope show says what may, kontor forecast preview what stays at home", out.With, node.Count(pre.withheld, "line"))
	}
	if findings := append(forecast.Check(pre.doc), pre.refusals...); len(findings) > 0 {
		return out, &node.Failure{Code: "FORECAST_REFUSED", Text: fmt.Sprintf("the forecast breaks %s: %s", node.Count(len(findings), "rule"), findings[0].Error()), Findings: findings}
	}
	return d.revise(ctx, p, command, protocol.KindForecast, pre.sheet, out)
}
