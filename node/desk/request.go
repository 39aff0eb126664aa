package desk

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"kontor/node"
	"kontor/protocol"
	"kontor/protocol/block"
	"kontor/protocol/calendar"
	"kontor/protocol/partnership"
	"kontor/protocol/request"
)

// RequestView is a request for newer figures or for detail, of either side.
type RequestView struct {
	ID      block.CID       `json:"id"`
	With    string          `json:"with"`
	By      string          `json:"by"`
	To      string          `json:"to"`
	Own     bool            `json:"own"` // this company asks
	Form    request.Form    `json:"form"`
	Asked   request.Request `json:"asked"`
	T       int64           `json:"t"` // ms UTC
	Verdict request.Verdict `json:"verdict"`
	Waits   bool            `json:"waits"` // an answer is still owed
	Overdue bool            `json:"overdue,omitempty"`
	Reply   *request.Reply  `json:"reply,omitempty"`
	Replied int64           `json:"replied,omitempty"`
	Grant   *request.Grant  `json:"grant,omitempty"`
	Officer string          `json:"officer,omitempty"`
	Stands  bool            `json:"stands"` // of a grant: it stands now; it ends by itself

	pid, by block.CID
}

// Requests lists the requests of a partnership, or of all, oldest first.
func (d *Desk) Requests(with string) ([]RequestView, error) {
	now := d.node.Now()
	out, err := across(d, with, func(p *node.Partnership, r *protocol.Replica) (out []RequestView, err error) {
		asked, err := r.Requests()
		for _, q := range asked {
			v := RequestView{ID: q.Entry, With: d.PartnerName(p), By: d.node.CompanyName(q.By), To: d.node.CompanyName(q.To), Own: q.By == d.node.Company(), Form: q.Form, Asked: q.Request, T: q.T,
				Verdict: q.Verdict, Waits: q.Waits(), Reply: q.Reply, Replied: q.RepliedAt, Grant: q.Grant, Officer: q.Officer, pid: p.PID, by: q.By}
			v.Overdue = v.Waits && q.Due > 0 && now > q.Due
			v.Stands = q.Grant != nil && q.Verdict == request.Granted && now >= q.Grant.From && now < q.Grant.Until
			out = append(out, v)
		}
		return out, err
	})
	if err != nil {
		return nil, err
	}
	slices.SortStableFunc(out, func(a, b RequestView) int { return cmp.Compare(a.T, b.T) })
	return out, nil
}

// FindRequest finds a request by its ID or the end of it.
func (d *Desk) FindRequest(name string) (v RequestView, err error) {
	const least = 6
	list, err := d.Requests("")
	if err != nil {
		return v, err
	}
	found := 0
	for _, x := range list {
		if text := x.ID.String(); text == name || len(name) >= least && len(text) > len(name) && text[len(text)-len(name):] == name {
			v = x
			found++
		}
	}
	if found != 1 {
		return v, node.Failf("NO_SUCH_REQUEST", "%d requests are called %q; kontor request list shows all", found, name)
	}
	return v, nil
}

// AskOptions ask a partner for newer figures, or for detail.
type AskOptions struct {
	With     string   `json:"with"`
	To       string   `json:"to,omitempty" doc:"in a circle: the member asked"`
	Kinds    []string `json:"kinds" doc:"forecast, capacity and so on; empty: all"`
	Products []string `json:"products"`
	Regions  []string `json:"regions"`
	Newer    bool     `json:"newer" doc:"only if there is something newer than what is held"`
	Due      string   `json:"due,omitempty" doc:"day by which an answer is asked for"`
	Note     string   `json:"note,omitempty"`
	Purpose  string   `json:"purpose,omitempty" doc:"of detail: what it is for"`
	Period   string   `json:"period,omitempty" doc:"of detail: days the figures are about, 2027-02 or 2027-02-01/2027-05-01"`
	Until    string   `json:"until,omitempty" doc:"of detail: last day on which it may leave"`
}

// Asked is the receipt of a request.
type Asked struct {
	ID    block.CID `json:"id"`
	To    string    `json:"to"`
	Waits []string  `json:"waits,omitempty"` // members that get it when they are back
}

// Ask puts a request to a partner. It changes nothing by itself.
func (d *Desk) Ask(ctx context.Context, form request.Form, o AskOptions, command node.Command) (Asked, error) {
	p, err := d.Partner(o.With, "")
	if err != nil {
		return Asked{}, err
	}
	q := request.Request{Form: form, Kinds: o.Kinds, Products: o.Products, Regions: o.Regions, Purpose: o.Purpose}
	if q.To, err = d.memberNamed(p, o.To); err != nil {
		return Asked{}, err
	}
	for _, k := range o.Kinds {
		if kinds := protocol.ArtifactKinds(); !slices.Contains(kinds, k) {
			return Asked{}, node.Failf("BAD_KIND", "%q is no kind of artifact; there are %s", k, strings.Join(kinds, ", "))
		}
	}
	if q.Due, err = dayEnd(o.Due); err != nil {
		return Asked{}, err
	}
	if q.Until, err = dayEnd(o.Until); err != nil {
		return Asked{}, err
	}
	if o.Period != "" {
		days, err := calendar.ParseBucket(o.Period)
		if err != nil {
			return Asked{}, node.Failf("BAD_PERIOD", "%v", err)
		}
		q.Period = &days
	}
	texts := d.texts(p)
	q.Note, q.Purpose = texts.mask("note", o.Note), texts.mask("purpose", o.Purpose)
	if len(texts.refusals) > 0 {
		return Asked{}, &node.Failure{Code: "REFUSED", Text: texts.refusals[0].Error(), Findings: texts.refusals}
	}
	w, err := d.node.Write(ctx, p.PID, command, func(r *protocol.Replica, now int64) (protocol.Draft, error) {
		if o.Newer {
			if q.Newer, err = versionsOf(r, q.To, q.Kinds); err != nil {
				return protocol.Draft{}, err
			}
		}
		if findings := q.Check(now); len(findings) > 0 {
			return protocol.Draft{}, &node.Failure{Code: "REQUEST_REFUSED", Text: findings[0].Error(), Findings: findings}
		}
		body, err := block.New(q)
		return protocol.Draft{Kind: protocol.KindRequest, Body: &body}, err
	})
	if err != nil {
		return Asked{}, err
	}
	waits, err := d.waits(p, w.Entry)
	return Asked{ID: w.Entry, To: d.node.CompanyName(q.To), Waits: waits}, err
}

// dayEnd is the last moment of a day, ms UTC; 0 for no day.
func dayEnd(day string) (int64, error) {
	if day == "" {
		return 0, nil
	}
	at, err := calendar.ParseDate(day)
	if err != nil {
		return 0, node.Failf("BAD_DATE", "%v", err)
	}
	return at.AddDays(1).Millis() - 1, nil
}

// memberNamed is the member asked: the only other writing one, or the one named.
func (d *Desk) memberNamed(p *node.Partnership, name string) (id block.CID, err error) {
	var fits []block.CID
	for _, m := range p.Genesis.Others(d.node.Company()) {
		if m.Role != partnership.RoleObserver && (name == "" || d.node.CompanyName(m.Company) == name || m.Company.String() == name) {
			fits = append(fits, m.Company)
		}
	}
	if len(fits) != 1 {
		return id, node.Failf("WHICH_PARTNER", "%d members of the partnership fit; say which with --to NAME", len(fits))
	}
	return fits[0], nil
}

// versionsOf are the versions in force of an author, of some kinds or all.
func versionsOf(r *protocol.Replica, author block.CID, kinds []string) (out []block.CID, err error) {
	if len(kinds) == 0 {
		kinds = protocol.ArtifactKinds()
	}
	for _, kind := range kinds {
		rows, err := r.InForce(protocol.ArtifactType(kind), author)
		if err != nil {
			return nil, err
		}
		for _, row := range rows {
			if len(out) < request.MaxVersions {
				out = append(out, row.Root)
			}
		}
	}
	return out, nil
}
