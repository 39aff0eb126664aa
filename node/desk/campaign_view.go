package desk

import (
	"bytes"
	"encoding/hex"
	"errors"
	"slices"

	"kontor/node"
	"kontor/node/ical"
	"kontor/protocol"
	"kontor/protocol/artifact"
	"kontor/protocol/block"
	"kontor/protocol/calendar"
	"kontor/protocol/campaign"
	"kontor/protocol/capacity"
	"kontor/protocol/forecast"
	"kontor/protocol/partnership"
	"kontor/protocol/quality"
)

// campaignInput gathers what conflicts are found in: the calendars in force of all members, the lot blocks of their quality reports, and
// the match. draft takes the place of the company's own
// calendar in force.
func (d *Desk) campaignInput(p *node.Partnership, r *protocol.Replica, draft *preparedCampaign) (in campaign.Input, notes []string, err error) {
	in.At = d.node.Now()
	rows, err := r.InForce(campaign.Type, block.CID{})
	if err != nil {
		return in, nil, err
	}
	for _, row := range rows {
		if draft != nil && row.Author == d.node.Company() && row.Series == draft.doc.Header.Series.String() {
			continue
		}
		doc, err := r.Campaign(row.Root)
		if err != nil {
			return in, nil, err
		}
		in.Calendars = append(in.Calendars, campaign.Held{Author: row.Author, Side: sideOf(p, row.Author), CID: row.Root, Document: doc})
	}
	if draft != nil {
		in.Calendars = append(in.Calendars, campaign.Held{Author: d.node.Company(), Side: sideOf(p, d.node.Company()), CID: draft.root, Document: draft.doc})
	}
	if in.Blocks, err = lotBlocks(r); err != nil {
		return in, nil, err
	}
	effects, err := effectsOn(r, calendar.DateOf(in.At), 0)
	if err != nil {
		return in, nil, err
	}
	in.Agreed = agreedLifts(effects)
	match, err := d.MatchInput(p, r)
	var fail *node.Failure
	switch {
	case errors.As(err, &fail):
		notes = append(notes, fail.Text)
		in.Cover = func(campaign.Event) *capacity.Result { return nil }
		return in, notes, nil
	case err != nil:
		return in, nil, err
	}
	in.Cover, notes, err = campaign.NewCover(match, in.WithAgreed(), in.Blocks)
	return in, notes, err
}

func sideOf(p *node.Partnership, company block.CID) string {
	m, _ := p.Genesis.Member(company)
	if m.Role == partnership.RoleSeller {
		return partnership.RoleSeller
	}
	return partnership.RoleBuyer
}

// lotBlocks are the open lot blocks of all quality reports in force.
func lotBlocks(r *protocol.Replica) (out []campaign.LotBlock, err error) {
	rows, err := r.InForce(quality.Type, block.CID{})
	if err != nil {
		return nil, err
	}
	for _, row := range rows {
		report, err := r.Quality(row.Root)
		if err != nil {
			return nil, err
		}
		out = append(out, campaign.LotBlocks(row.Root, report)...)
	}
	return out, nil
}

// HeldEvent is one event in force, of either side.
type HeldEvent struct {
	With     string         `json:"with"`
	Author   string         `json:"author"`
	Own      bool           `json:"own"`
	Calendar block.CID      `json:"calendar"`
	Event    campaign.Event `json:"event"`
	Expired  bool           `json:"expired"` // its last day of acceptance is over
	Terms    string         `json:"terms"`   // what a reply is about, hexadecimal
	// Against is what stands against it; an event that is blocked may not become ACTIVE.
	Against []campaign.Conflict `json:"against"`
	Blocked bool                `json:"blocked"`
	// Answers are what the other parties said of it as it stands, or since when nothing came of them.
	Answers []EventAnswer `json:"answers"`
}

// EventAnswer is a party's word on an event of another.
type EventAnswer struct {
	Name    string           `json:"name"`
	Own     bool             `json:"own"`
	Role    string           `json:"role,omitempty"`
	Verdict campaign.Verdict `json:"verdict,omitempty"` // empty: nothing was said of the event as it stands
	Before  bool             `json:"before,omitempty"`  // of the event as it was before its last change something was said
	Heard   int64            `json:"heard,omitempty"`   // claimed time of its newest entry held here, ms UTC: silent since, where nothing was said
}

// CampaignCheck is everything about the campaigns of one partnership, the same on both nodes.
type CampaignCheck struct {
	With      string                `json:"with"`
	Events    []HeldEvent           `json:"events"`
	Blackouts int                   `json:"blackouts"`
	Windows   []HeldBlackout        `json:"windows"` // the blackouts one by one
	Conflicts []campaign.Conflict   `json:"conflicts"`
	Launches  []campaign.LaunchView `json:"launches"`
	Lots      int                   `json:"lots"`  // lots blocked now
	Notes     []string              `json:"notes"` // what cover could not count, and why
}

// HeldBlackout is a blackout in force, whose it is, and when it holds next.
type HeldBlackout struct {
	Author   string            `json:"author"`
	Blackout campaign.Blackout `json:"blackout"`
	Next     *calendar.Bucket  `json:"next,omitempty"` // the window that lasts or comes next; absent: all are over
}

// lookAhead is how far the next window of a recurring blackout is looked for: the longest rules are yearly.
const lookAhead = 400

// heldBlackout says when a blackout holds next, from a day on.
func heldBlackout(author string, b campaign.Blackout, today calendar.Date) HeldBlackout {
	out := HeldBlackout{Author: author, Blackout: b}
	until := max(today, b.Period.Start).AddDays(lookAhead)
	if windows := b.Windows(calendar.Bucket{Start: today, End: until}); len(windows) > 0 {
		out.Next = &windows[0]
	}
	return out
}

// CheckCampaigns finds what stands against the events in force with a partner, and where launches stand.
func (d *Desk) CheckCampaigns(with string) (out CampaignCheck, err error) {
	p, err := d.Partner(with, "")
	if err != nil {
		return out, err
	}
	out = CampaignCheck{With: d.PartnerName(p), Events: []HeldEvent{}, Windows: []HeldBlackout{}, Conflicts: []campaign.Conflict{}, Notes: []string{}}
	err = d.node.View(p.PID, func(r *protocol.Replica) error {
		in, notes, err := d.campaignInput(p, r, nil)
		if err != nil {
			return err
		}
		all, err := campaign.Conflicts(in)
		if err != nil {
			return err
		}
		out.Conflicts, out.Notes = append(out.Conflicts, all...), append(out.Notes, notes...)
		out.Launches, out.Lots = campaign.Launches(in, all), len(in.Blocks)
		for _, c := range in.Calendars {
			out.Blackouts += len(c.Document.Blackouts)
			for _, b := range c.Document.Blackouts {
				out.Windows = append(out.Windows, heldBlackout(d.node.CompanyName(c.Author), b, calendar.DateOf(in.At)))
			}
			for _, e := range c.Document.Events {
				terms, err := e.Terms()
				if err != nil {
					return err
				}
				h := HeldEvent{With: out.With, Author: d.node.CompanyName(c.Author), Own: c.Author == d.node.Company(), Calendar: c.CID, Event: e, Expired: e.ExpiredAt(in.At),
					Terms: hex.EncodeToString(terms), Against: []campaign.Conflict{}}
				if h.Answers, err = d.eventAnswers(p, r, in, c, e, terms); err != nil {
					return err
				}
				for _, x := range all {
					if x.Calendar == c.CID && x.Event == e.ID {
						h.Against = append(h.Against, x)
						h.Blocked = h.Blocked || x.Severity == campaign.Stops
					}
				}
				out.Events = append(out.Events, h)
			}
		}
		return nil
	})
	return out, err
}

// eventAnswers are the words of the parties that an event is not of: each role's on the event as it stands, else that there is none.
func (d *Desk) eventAnswers(p *node.Partnership, r *protocol.Replica, in campaign.Input, of campaign.Held, e campaign.Event, terms []byte) ([]EventAnswer, error) {
	out := []EventAnswer{}
	for _, m := range p.Genesis.Members {
		if m.Company == of.Author || partyOf(p, m.Company) == "" {
			continue
		}
		none := EventAnswer{Name: d.node.CompanyName(m.Company), Own: m.Company == d.node.Company()}
		head, found, err := r.Log.Head(m.Company)
		if err != nil {
			return nil, err
		}
		if found {
			none.Heard = head.Header.T
		}
		said := false
		for _, c := range in.Calendars {
			if c.Author != m.Company {
				continue
			}
			for _, y := range c.Document.Replies {
				if y.Series != of.Document.Header.Series || y.Event != e.ID || y.Verdict == "" {
					continue
				}
				if !bytes.Equal(y.Digest, terms) {
					none.Before = true
					continue
				}
				one := none
				one.Role, one.Verdict, said = y.Role, y.Verdict, true
				out = append(out, one)
			}
		}
		if !said {
			out = append(out, none)
		}
	}
	return out, nil
}

// Campaigns lists the events in force of all partnerships.
func (d *Desk) Campaigns() ([]HeldEvent, error) {
	out := []HeldEvent{}
	for _, p := range d.node.Partnerships() {
		if p.Removed {
			continue
		}
		c, err := d.CheckCampaigns(p.PID.String())
		if err != nil {
			return nil, err
		}
		out = append(out, c.Events...)
	}
	return out, nil
}

// Campaign shows one event in force by its ID, of either side.
func (d *Desk) Campaign(with, id string) (HeldEvent, error) {
	list, err := d.Campaigns()
	if err != nil {
		return HeldEvent{}, err
	}
	var found []HeldEvent
	for _, e := range list {
		if e.Event.ID == id && (with == "" || e.With == with) {
			found = append(found, e)
		}
	}
	switch len(found) {
	case 0:
		return HeldEvent{}, node.Failf("NO_SUCH_EVENT", "no event %q is in force; kontor campaign list shows those that are", id)
	case 1:
		return found[0], nil
	}
	return HeldEvent{}, node.Failf("WHICH_EVENT", "%d events are called %q; say with whom with --with", len(found), id)
}

// ReplyPlan is a role's word on an event in force.
type ReplyPlan struct {
	With    string   `json:"with,omitempty"`
	Event   string   `json:"event"`
	Own     bool     `json:"own,omitempty"` // of the company's own calendar: to approve its own messages
	Role    string   `json:"role"`
	Verdict string   `json:"verdict,omitempty"` // ACKNOWLEDGED, ACCEPTED or REJECTED
	Approve []string `json:"approve,omitempty"` // assets, SHA-256 in hexadecimal; "all" for those of the event
}

// PlanReply keeps a role's word on an event as it stands now in the draft; it leaves with the next share.
func (d *Desk) PlanReply(in ReplyPlan) (y campaign.Reply, err error) {
	p, err := d.Partner(in.With, "")
	if err != nil {
		return y, err
	}
	if !artifact.IsRole(in.Role) {
		return y, node.Failf("BAD_ROLE", "%q is no code of a role such as CMO", in.Role)
	}
	err = d.node.View(p.PID, func(r *protocol.Replica) error {
		rows, err := r.InForce(campaign.Type, block.CID{})
		if err != nil {
			return err
		}
		for _, row := range rows {
			if (row.Author == d.node.Company()) != in.Own {
				continue
			}
			doc, err := r.Campaign(row.Root)
			if err != nil {
				return err
			}
			if e, ok := doc.Event(in.Event); ok {
				y = campaign.Reply{Series: doc.Header.Series, Event: e.ID, Role: in.Role, Verdict: campaign.Verdict(in.Verdict)}
				return fillReply(&y, e, in.Approve)
			}
		}
		return node.Failf("NO_SUCH_EVENT", "no event %q is in force with %s", in.Event, d.PartnerName(p))
	})
	if err != nil {
		return y, err
	}
	if !slices.Contains([]campaign.Verdict{"", campaign.Seen, campaign.Accepted, campaign.Declined}, y.Verdict) || y.Verdict == "" && len(y.Assets) == 0 {
		return y, node.Failf("BAD_VERDICT", "a reply accepts, acknowledges or rejects the event, or approves an asset of it")
	}
	return y, d.node.Private(func(rows node.PrivateRows) error { return rows.Put(draftReplies+p.PID.String()+"/"+y.Key(), y) })
}

func fillReply(y *campaign.Reply, e campaign.Event, approve []string) error {
	if y.Verdict != "" {
		terms, err := e.Terms()
		if err != nil {
			return err
		}
		y.Digest = terms
	}
	for _, name := range approve {
		known := false
		for _, m := range e.Messages {
			if name == "all" || name == hex.EncodeToString(m.Asset) {
				y.Assets, known = append(y.Assets, m.Asset), true
			}
		}
		if !known {
			return node.Failf("NO_SUCH_ASSET", "event %q has no asset %q; kontor campaign show lists them", e.ID, name)
		}
	}
	slices.SortFunc(y.Assets, bytes.Compare)
	return nil
}

// CalendarFile writes the campaigns in force with a partner, of both sides, as iCalendar: those whose products and places the caller may see.
func (d *Desk) CalendarFile(with string, sees func(items []string, places []forecast.Location) bool) ([]byte, error) {
	p, err := d.Partner(with, "")
	if err != nil {
		return nil, err
	}
	var docs []campaign.Document
	err = d.node.View(p.PID, func(r *protocol.Replica) error {
		docs = nil
		rows, err := r.InForce(campaign.Type, block.CID{})
		if err != nil {
			return err
		}
		for _, row := range rows {
			doc, err := r.Campaign(row.Root)
			if err != nil {
				return err
			}
			doc.Events = slices.DeleteFunc(doc.Events, func(e campaign.Event) bool {
				var ids []string
				for _, i := range e.Items {
					ids = append(ids, i.ID())
				}
				return !sees(ids, e.Places)
			})
			doc.Blackouts = slices.DeleteFunc(doc.Blackouts, func(b campaign.Blackout) bool { return !sees(b.Items, b.Places) })
			docs = append(docs, doc)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	if len(docs) == 0 {
		return nil, node.Failf("NO_CAMPAIGN", "no campaign calendar is in force with %s", d.PartnerName(p))
	}
	return ical.Write("Campaigns with "+d.PartnerName(p), docs...), nil
}
