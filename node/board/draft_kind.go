package board

import (
	"fmt"
	"slices"

	"kontor/protocol"
	"kontor/protocol/artifact"
	"kontor/protocol/block"
	"kontor/protocol/calendar"
	"kontor/protocol/campaign"
	"kontor/protocol/decision"
	"kontor/protocol/quality"
)

// issueDue is the day by which work on complaints is to be closed, where a topic about quality names it.
const issueDue = "due"

// draftedOn is what a topic about a campaign or about quality rests on, beside forecast and plan.
type draftedOn struct {
	events     []plannedEvent
	complaints []openComplaint
}

type plannedEvent struct {
	author   block.CID
	calendar block.CID
	event    campaign.Event
}

type openComplaint struct {
	report    block.CID
	by        block.CID // who complains
	complaint quality.Complaint
}

// readSubject takes the open events of a calendar that add something in the topic's scope, or the complaints of a report that are about its products.
func (d *drafter) readSubject(r *protocol.Replica, c block.CID, row protocol.ArtifactRow) error {
	about := artifact.Scope{Products: d.topic.Scope.Products, Regions: d.topic.Scope.Regions}
	switch row.Type {
	case campaign.Type:
		doc, err := r.Campaign(c)
		if err != nil {
			return err
		}
		for _, e := range doc.Events {
			if e.Status.Open() && slices.ContainsFunc(e.Impacts, func(m campaign.Impact) bool {
				region := regionOf(m)
				return about.HasProduct(m.Item) && (region == artifact.All || about.HasRegion(region)) && m.Bucket.Overlaps(d.topic.Scope.Horizon)
			}) {
				d.subject.events = append(d.subject.events, plannedEvent{row.Author, c, e})
			}
		}
	case quality.Type:
		doc, err := r.Quality(c)
		if err != nil {
			return err
		}
		for _, k := range doc.Complaints {
			double := slices.ContainsFunc(d.subject.complaints, func(o openComplaint) bool { return o.complaint.ID == k.ID })
			if about.HasProduct(k.Item.ID()) && !double {
				d.subject.complaints = append(d.subject.complaints, openComplaint{c, row.Author, k})
			}
		}
	}
	return nil
}

// subjectEffects are what a topic about a campaign or quality fixes: the lifts of the events it is about, and the day by which the other side closes its work on
// each complaint.
func (d *drafter) subjectEffects() (out []decision.Effect) {
	switch d.topic.Kind {
	case decision.JointMarketing:
		out = d.lifts()
	case decision.Quality:
		for _, k := range d.subject.complaints {
			e := decision.Effect{Kind: decision.CAPADue, Party: d.other(k.by), Ref: k.complaint.ID, Artifact: &k.report,
				Cell: decision.Cell{Product: k.complaint.Item.ID(), Region: d.topic.Scope.Regions[0], Bucket: d.until()}}
			if d.topic.Scope.Horizon.Covers(e.Bucket) {
				out = append(out, e)
			}
		}
	}
	return out
}

// until is the part of the topic's horizon that ends with the agreed day.
func (d *drafter) until() calendar.Bucket {
	b := d.topic.Scope.Horizon
	if v := d.terms[issueDue]; v.Date != nil && *v.Date < b.End && *v.Date >= b.Start {
		b.End = v.Date.AddDays(1)
	}
	return b
}

// other is who answers to a party: the one other, or in a circle the seller.
func (d *drafter) other(company block.CID) block.CID {
	for _, p := range d.topic.Parties {
		if p.Company != company && (len(d.topic.Parties) == 2 || d.seller != nil && p.Company == *d.seller) {
			return p.Company
		}
	}
	return company
}

// subjectRollout are the steps of a topic about a campaign or quality.
func (d *drafter) subjectRollout() (out []decision.Milestone) {
	step := func(id, title string, party block.CID, owner decision.Role, due calendar.Date, proof string, after ...string) {
		if after == nil {
			after = []string{}
		}
		out = append(out, decision.Milestone{ID: id, Title: clip(title), Party: party, Owner: owner, Due: max(due, d.today), After: after, Proof: proof})
	}
	for i, e := range d.subject.events {
		if d.topic.Kind != decision.JointMarketing {
			break
		}
		if d.moves() {
			e = e.movedTo(d.option)
		}
		n := fmt.Sprint(i + 1)
		step(n+"-1-plan", "plan the event "+e.event.Name+" as agreed", e.author, d.ownerOf(e.author, decision.CMO), d.today.AddDays(prepareDays), "campaign calendar shared with the agreed lift")
		step(n+"-2-report", "report what the event "+e.event.Name+" added", e.author, d.ownerOf(e.author, decision.CMO), max(e.event.Period.End, d.today.AddDays(prepareDays)).AddDays(callOffDays), "performance report of the event's periods", n+"-1-plan")
	}
	for i, k := range d.subject.complaints {
		if d.topic.Kind != decision.Quality {
			break
		}
		who, n := d.other(k.by), fmt.Sprint(i+1)
		step(n+"-1-cause", "find the cause behind complaint "+k.complaint.ID, who, d.ownerOf(who, decision.CTO), min(d.today.AddDays(prepareDays), max(d.until().Last(), d.today)), "causes (D4) in the quality report")
		step(n+"-2-close", "close the work on complaint "+k.complaint.ID, who, d.ownerOf(who, decision.CTO), d.until().Last(), "D8 in the quality report", n+"-1-cause")
	}
	return out
}

// ownerOf is who of a company answers for a step: the role of the trade where the topic asks for it, else who answers for everything.
func (d *drafter) ownerOf(company block.CID, role decision.Role) decision.Role {
	if slices.Contains(required(d.topic, company), role) {
		return role
	}
	return d.owner(company)
}
