package desk

import (
	"context"
	"fmt"
	"strings"

	"kontor/node"
	"kontor/protocol"
	"kontor/protocol/artifact"
	"kontor/protocol/block"
	"kontor/protocol/calendar"
	"kontor/protocol/campaign"
)

// preparedCampaign is a calendar ready to be shared.
type preparedCampaign struct {
	doc      campaign.Document
	sheet    block.Sheet
	root     block.CID
	withheld int
	changes  []campaign.Change
	current  *protocol.ArtifactRow
	before   campaign.Document
	notes    []string
	refusals []artifact.Finding // personal data that may not leave
}

// prepareCampaign builds the calendar one partner would get: the draft, inside the scope. An event that the version in force holds and the
// draft does not stays as it is, so that nothing vanishes by an import.
func (d *Desk) prepareCampaign(p *node.Partnership) (out preparedCampaign, err error) {
	granted, err := d.granted(p, protocol.KindCampaign)
	if err != nil {
		return out, err
	}
	draft, err := d.campaignDraft(p.PID)
	if err != nil {
		return out, err
	}
	if len(draft.Events)+len(draft.Blackouts)+len(draft.Replies) == 0 {
		return out, node.Failf("NO_DRAFT", "there is no campaign to share yet; run: kontor campaign plan EVENT, or kontor campaign import FILE")
	}
	s, err := d.series(p.PID, campaign.Type, "own")
	if err != nil {
		return out, err
	}
	err = d.node.View(p.PID, func(r *protocol.Replica) error {
		h, current, err := d.next(r, campaign.Type, s, d.node.Now())
		if err != nil {
			return err
		}
		h.Scope, h.Provenance = granted, artifact.Provenance{SourceSystem: "campaign desk", ExtractedAt: h.Issued, Activity: "EDIT"}
		draft.Header = h
		names, err := d.theirNumbers(p, r, calendar.DateOf(h.Issued))
		if err != nil {
			return err
		}
		named := draft
		if names != nil {
			names.campaign(&named)
		}
		out.doc, out.current = campaign.Filter(named, granted), current
		texts := d.texts(p)
		maskCampaign(&out.doc, texts)
		out.notes, out.refusals = texts.notes, texts.refusals
		if names != nil {
			out.notes = append(out.notes, names.notes...)
		}
		out.withheld = len(draft.Events) + len(draft.Blackouts) - len(out.doc.Events) - len(out.doc.Blackouts)
		if current == nil {
			return nil
		}
		if out.before, err = r.Campaign(current.Root); err != nil {
			return err
		}
		for _, e := range out.before.Events {
			if _, there := out.doc.Event(e.ID); !there {
				out.doc.Events = append(out.doc.Events, e)
			}
		}
		out.changes = campaign.Diff(out.before, out.doc)
		out.doc.Header.Reason = campaign.ReasonForRevision(out.changes)
		return nil
	})
	if err != nil {
		return out, err
	}
	if out.sheet, err = campaign.ToSheet(out.doc, s.Key); err != nil {
		return out, err
	}
	root, _, err := out.sheet.Build()
	out.root = root.CID
	return out, err
}

// maskCampaign masks personal data in the texts of a calendar.
func maskCampaign(doc *campaign.Document, texts *texts) {
	for i := range doc.Events {
		e := &doc.Events[i]
		e.Name = texts.mask(fmt.Sprintf("events[%d].name", i), e.Name)
		for k := range e.Items {
			e.Items[k].Description = texts.mask(fmt.Sprintf("events[%d].items[%d].description", i, k), e.Items[k].Description)
		}
	}
	for i := range doc.Blackouts {
		doc.Blackouts[i].Note = texts.mask(fmt.Sprintf("blackouts[%d].note", i), doc.Blackouts[i].Note)
	}
}

// findings are what would refuse the calendar.
func (c preparedCampaign) findings() []artifact.Finding {
	found := append(campaign.Check(c.doc), c.refusals...)
	if c.current != nil {
		found = append(found, campaign.CheckRevision(c.before, c.doc)...)
	}
	return found
}

// CampaignPreview is the partner's view of the campaign draft, before anything leaves.
type CampaignPreview struct {
	Preview
	Document campaign.Document   `json:"document"` // exactly what the partner will hold
	Diff     []campaign.Change   `json:"diff"`
	Blocked  []campaign.Conflict `json:"blocked"` // what keeps events from going as the draft has them
}

// PreviewCampaign shows every field of the calendar a partner would see, and why it may.
func (d *Desk) PreviewCampaign(with string) (out CampaignPreview, err error) {
	p, err := d.Partner(with, "")
	if err != nil {
		return out, err
	}
	pre, err := d.prepareCampaign(p)
	if err != nil {
		return out, err
	}
	v, err := d.outline(p, pre.doc.Header, campaign.Type, pre.sheet, pre.findings(), pre.notes)
	if err != nil {
		return out, err
	}
	v.Series, v.Withheld, v.Changes = len(pre.doc.Events)+len(pre.doc.Blackouts)+len(pre.doc.Replies), pre.withheld, len(pre.changes)
	out = CampaignPreview{Document: pre.doc, Diff: pre.changes, Blocked: []campaign.Conflict{}, Preview: v}
	for _, c := range pre.changes {
		if c.Material {
			out.Material++
		}
	}
	for _, e := range pre.doc.Events {
		out.Buckets += len(e.Impacts)
		if len(e.Items) == 1 && len(e.Impacts) > 0 {
			out.Inferable = append(out.Inferable, fmt.Sprintf("event %q: one product stands behind its lift", e.ID))
		}
	}
	out.Sees = campaignFields(pre.doc)
	if len(out.Findings) == 0 {
		out.Blocked, err = d.blockedGo(p, pre)
	}
	return out, err
}

// campaignFields lists the fields that a calendar has and why each may leave.
func campaignFields(doc campaign.Document) []Seen {
	sees := []Seen{{"zone", doc.Zone, "dates are days of a zone"}}
	add := func(has bool, field, what, why string) {
		for _, s := range sees {
			has = has && s.Field != field
		}
		if has {
			sees = append(sees, Seen{field, what, why})
		}
	}
	scope := doc.Header.Scope
	for _, e := range doc.Events {
		add(true, "event", "name, type, state, period", "a joint plan begins with what and when")
		add(true, "items", "products of the event", "scope: products "+strings.Join(scope.Products, " "))
		add(len(e.Places) > 0, "participatingLocations", "countries or regions of the event", "scope: regions "+strings.Join(scope.Regions, " "))
		add(e.SellIn != nil || e.SellOut != nil, "shipPeriod, performancePeriod", "when goods are needed, when sales count", "supply is planned by them")
		add(e.Submitted != 0 || e.AcceptBy != 0, "submissionDate, latestProposalAcceptanceDate", "when it was proposed, by when it is to be accepted", "a proposal ends")
		add(len(e.Tactics) > 0, "tactics", "displays, features, channels", "the lift rests on them")
		add(len(e.Offers) > 0, "offers", "mechanism and depth; no resale price", "the price the public will pay stays at home (practice T19)")
		add(len(e.Impacts) > 0, "plannedImpact", "planned lift, its levels, items it takes from and adds to", "the company's own plan: no third party stands behind a cell (PROTOCOL 7)")
		add(e.Funding != nil, "funding", "shares, cap and deadline of claims", "both pay by it")
		add(len(e.Messages) > 0, "messaging", "hash of each asset, claims, who approves, embargo", "the hash, not the asset: approval is of these very bytes")
		add(e.Go != nil, "goNoGo", "greatest probability of a shortage", "both nodes judge by it")
		add(e.Launch != nil, "launch", "item, date, gates with roles", "both sides pass gates")
	}
	for _, b := range doc.Blackouts {
		add(true, "blackouts", "reason, days, recurrence, items, places", "the other side plans around them")
		add(b.Note != "", "blackouts.note", "a remark", "written for the partner")
	}
	add(len(doc.Replies) > 0, "replies", "verdict or approval by role", "the other side asked; roles, never names")
	add(true, "provenance", "campaign desk", "every artifact says where it comes from")
	return sees
}

// blockedGo are the conflicts that stand against events which the calendar makes ACTIVE and which were not.
func (d *Desk) blockedGo(p *node.Partnership, pre preparedCampaign) ([]campaign.Conflict, error) {
	goes := map[string]bool{}
	for _, e := range pre.doc.Events {
		was, _ := pre.before.Event(e.ID)
		goes[e.ID] = e.Status == campaign.Active && was.Status != campaign.Active
	}
	blocked := []campaign.Conflict{}
	err := d.node.View(p.PID, func(r *protocol.Replica) error {
		in, _, err := d.campaignInput(p, r, &pre)
		if err != nil {
			return err
		}
		all, err := campaign.Conflicts(in)
		for _, c := range all {
			if c.Calendar == pre.root && goes[c.Event] && c.Severity == campaign.Stops {
				blocked = append(blocked, c)
			}
		}
		return err
	})
	return blocked, err
}

// ShareCampaign shares the calendar with a partner as its next revision. An event that something blocks does not go: it is not shared as
// ACTIVE.
func (d *Desk) ShareCampaign(ctx context.Context, with string, command node.Command) (out Shared, err error) {
	p, err := d.Partner(with, "")
	if err != nil {
		return out, err
	}
	pre, err := d.prepareCampaign(p)
	if err != nil {
		return out, err
	}
	out = Shared{With: d.PartnerName(p), Revision: pre.doc.Header.Revision, Series: len(pre.doc.Events), Buckets: len(pre.doc.Blackouts) + len(pre.doc.Replies), Changes: len(pre.changes)}
	if pre.current != nil && len(pre.changes) == 0 {
		return d.unchanged(p, pre.current, out)
	}
	if findings := pre.findings(); len(findings) > 0 {
		return out, &node.Failure{Code: "CAMPAIGN_REFUSED", Text: fmt.Sprintf("the calendar breaks %s: %s", node.Count(len(findings), "rule"), findings[0].Error()), Findings: findings}
	}
	blocked, err := d.blockedGo(p, pre)
	if err != nil {
		return out, err
	}
	if len(blocked) > 0 {
		f := &node.Failure{Code: "CAMPAIGN_BLOCKED", Text: fmt.Sprintf("event %q may not go because of %s: %s; kontor campaign check shows all", blocked[0].Event, node.Count(len(blocked), "conflict"), blocked[0].Text)}
		for _, c := range blocked {
			f.Findings = append(f.Findings, artifact.Finding{Code: string(c.Kind), Path: "events." + c.Event, Text: c.Text})
		}
		return out, f
	}
	return d.revise(ctx, p, command, protocol.KindCampaign, pre.sheet, out)
}
