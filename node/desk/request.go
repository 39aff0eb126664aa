package desk

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"

	"kontor/crypto/keys"
	"kontor/node"
	"kontor/protocol"
	"kontor/protocol/block"
	"kontor/protocol/calendar"
	"kontor/protocol/feed"
	"kontor/protocol/forecast"
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
	all := d.node.Partnerships()
	if with != "" {
		p, err := d.Partner(with, "")
		if err != nil {
			return nil, err
		}
		all = []*node.Partnership{p}
	}
	out := []RequestView{}
	now := d.node.Now()
	for _, p := range all {
		err := d.node.View(p.PID, func(r *protocol.Replica) error {
			asked, err := r.Requests()
			for _, q := range asked {
				v := RequestView{ID: q.Entry, With: d.PartnerName(p), By: d.node.CompanyName(q.By), To: d.node.CompanyName(q.To), Own: q.By == d.node.Company(), Form: q.Form, Asked: q.Request, T: q.T,
					Verdict: q.Verdict, Waits: q.Waits(), Reply: q.Reply, Replied: q.RepliedAt, Grant: q.Grant, Officer: q.Officer, pid: p.PID, by: q.By}
				v.Overdue = v.Waits && q.Due > 0 && now > q.Due
				v.Stands = q.Grant != nil && q.Verdict == request.Granted && now >= q.Grant.From && now < q.Grant.Until
				out = append(out, v)
			}
			return err
		})
		if err != nil {
			return nil, err
		}
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
		if !slices.Contains(protocol.ArtifactKinds(), k) {
			return Asked{}, node.Failf("BAD_KIND", "%q is no kind of artifact", k)
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

// AnswerOptions answer a request by hand.
type AnswerOptions struct {
	ID      string `json:"id"`
	Verdict string `json:"verdict" doc:"SENT, NOTHING_NEWER, LATER, DENIED or REVOKED"`
	Note    string `json:"note,omitempty"`
}

// Answered is the receipt of an answer.
type Answered struct {
	ID      block.CID       `json:"id"`
	Entry   block.CID       `json:"entry"`
	To      string          `json:"to"`
	Verdict request.Verdict `json:"verdict"`
	Roots   []block.CID     `json:"roots"` // SENT: the versions
	Until   int64           `json:"until,omitempty"`
}

// AnswerRequest answers a request that was put to this company. SENT names the versions in force that are newer than those asked about.
func (d *Desk) AnswerRequest(ctx context.Context, o AnswerOptions, command node.Command) (Answered, error) {
	v, err := d.FindRequest(o.ID)
	if err != nil {
		return Answered{}, err
	}
	if v.Asked.To != d.node.Company() {
		return Answered{}, node.Failf("NOT_ASKED", "request %s was put to %s, who answers it", v.ID.Short(), v.To)
	}
	p, err := d.node.Partnership(v.pid)
	if err != nil {
		return Answered{}, err
	}
	texts := d.texts(p)
	a := request.Reply{Request: v.ID, Verdict: request.Verdict(o.Verdict), Note: texts.mask("note", o.Note)}
	if len(texts.refusals) > 0 {
		return Answered{}, &node.Failure{Code: "REFUSED", Text: texts.refusals[0].Error(), Findings: texts.refusals}
	}
	return d.reply(ctx, v, a, command)
}

func (d *Desk) reply(ctx context.Context, v RequestView, a request.Reply, command node.Command) (Answered, error) {
	w, err := d.node.Write(ctx, v.pid, command, func(r *protocol.Replica, _ int64) (protocol.Draft, error) {
		if a.Verdict == request.Sent {
			var err error
			if a.Roots, err = d.newerThan(r, v); err != nil {
				return protocol.Draft{}, err
			}
			if len(a.Roots) == 0 {
				return protocol.Draft{}, node.Failf("NO_NEWER", "nothing newer is in force than what %s holds: share it first, or answer --nothing", v.By)
			}
		}
		body, err := block.New(a)
		return protocol.Draft{Kind: protocol.KindReply, Body: &body}, err
	})
	return Answered{ID: v.ID, Entry: w.Entry, To: v.By, Verdict: a.Verdict, Roots: append([]block.CID{}, a.Roots...)}, err
}

// newerThan are this company's versions in force that are newer than those a request names; where it names none, than the request.
func (d *Desk) newerThan(r *protocol.Replica, v RequestView) (roots []block.CID, err error) {
	newest, err := versionsOf(r, d.node.Company(), v.Asked.Kinds)
	if err != nil {
		return nil, err
	}
	for _, root := range newest {
		row, _, err := r.Version(root)
		if err != nil {
			return nil, err
		}
		if len(v.Asked.Newer) > 0 && !slices.Contains(v.Asked.Newer, root) || len(v.Asked.Newer) == 0 && row.T >= v.T {
			concerned, err := concernsAsked(r, v, row)
			if err != nil {
				return nil, err
			}
			if concerned {
				roots = append(roots, root)
			}
		}
	}
	return roots, nil
}

// DetailOptions ask for the document an officer may sign to grant detail. Empty lists mean what was asked for.
type DetailOptions struct {
	ID       string   `json:"id"`
	Products []string `json:"products"`
	Regions  []string `json:"regions"`
	Until    string   `json:"until,omitempty" doc:"last day; empty: what was asked for"`
}

// DetailForm is the grant an officer is asked to sign, and what it means.
type DetailForm struct {
	Grant request.Grant `json:"grant"`
	By    string        `json:"by"` // who asks
	Text  string        `json:"text"`
}

// DetailDraft fills in a grant for a request of detail, with the statement of what the receiver could work out. The officer's own program signs it: see
// [SignDetail].
func (d *Desk) DetailDraft(o DetailOptions) (f DetailForm, err error) {
	v, err := d.FindRequest(o.ID)
	if err != nil {
		return f, err
	}
	if v.Asked.To != d.node.Company() || v.Form != request.Detail || !v.Waits {
		return f, node.Failf("NOT_ASKED", "request %s is no request for detail that waits for this company", v.ID.Short())
	}
	until, err := dayEnd(o.Until)
	if err != nil {
		return f, err
	}
	if until == 0 {
		until = v.Asked.Until
	}
	q := v.Asked
	kinds := q.Kinds
	if len(kinds) == 0 {
		kinds = []string{protocol.KindForecast}
	}
	pick := func(given, asked []string) []string {
		if len(given) == 0 {
			given = asked
		}
		return append([]string{}, given...)
	}
	f = DetailForm{By: v.By, Grant: request.Grant{V: 1, PID: v.pid, Request: v.ID, To: v.by, Kinds: kinds, Products: pick(o.Products, q.Products), Regions: pick(o.Regions, q.Regions),
		Purpose: q.Purpose, Period: *q.Period, From: d.node.Now(), Until: until, Inferable: []string{}}}
	for _, id := range f.Grant.Products {
		if len(f.Grant.Inferable) < request.MaxVersions {
			f.Grant.Inferable = append(f.Grant.Inferable, fmt.Sprintf("%s alone stands behind its figures: what is shared shows its demand by site and period", id))
		}
	}
	if findings := f.Grant.Check(q, v.pid, v.ID, f.Grant.To); len(findings) > 0 {
		return f, &node.Failure{Code: "BAD_GRANT", Text: findings[0].Error(), Findings: findings}
	}
	f.Text = fmt.Sprintf("%s sees %v in %v of %s, at the grain it has, for %q; nothing of it leaves after %s", v.By, orAny(f.Grant.Products), orAny(f.Grant.Regions), f.Grant.Period, f.Grant.Purpose, issuedDay(until))
	return f, nil
}

func orAny(list []string) any {
	if len(list) == 0 {
		return "everything"
	}
	return list
}

// SignDetail signs a grant of detail with an officer's role key, in the officer's own process.
func SignDetail(role keys.Private, g request.Grant) (protocol.Signed, error) {
	return protocol.SignDocument(role, request.Signature, g)
}

// GrantDetail carries an officer's grant to the partner. It stands until its end, and then no more, by itself.
func (d *Desk) GrantDetail(ctx context.Context, s protocol.Signed, command node.Command) (Answered, error) {
	var g request.Grant
	if err := block.Unmarshal(s.Document, &g); err != nil {
		return Answered{}, node.Failf("BAD_SIGNATURE", "the signed document does not decode: %v", err)
	}
	v, err := d.FindRequest(g.Request.String())
	if err != nil {
		return Answered{}, err
	}
	data, err := block.Marshal(s)
	if err != nil {
		return Answered{}, err
	}
	out, err := d.reply(ctx, v, request.Reply{Request: g.Request, Verdict: request.Granted, Grant: data}, command)
	out.Until = g.Until
	return out, err
}

// AutoAnswer is what this node may answer by itself when a partner asks for newer figures.
type AutoAnswer string

// The policies.
const (
	AnswerByDesk  AutoAnswer = "desk"  // nothing: people answer
	AnswerByState AutoAnswer = "state" // whether something newer is in force, or waits in a draft; the default
	AnswerBySend  AutoAnswer = "send"  // shares the draft where its rules pass, and says so
)

const requestPolicyKey = "request/policy"

type requestPolicyRow struct {
	Answer AutoAnswer `cbor:"answer"`
}

// SetRequestPolicy sets what this node answers by itself.
func (d *Desk) SetRequestPolicy(a AutoAnswer) error {
	if !slices.Contains([]AutoAnswer{AnswerByDesk, AnswerByState, AnswerBySend}, a) {
		return node.Failf("BAD_POLICY", "%q is no policy; right are desk, state and send", a)
	}
	return d.node.Private(func(rows node.PrivateRows) error { return rows.Put(requestPolicyKey, requestPolicyRow{a}) })
}

// RequestPolicy is what this node answers by itself.
func (d *Desk) RequestPolicy() (AutoAnswer, error) {
	row := requestPolicyRow{AnswerByState}
	err := d.node.ReadPrivate(func(rows node.PrivateRows) error {
		_, err := rows.Get(requestPolicyKey, &row)
		return err
	})
	return row.Answer, err
}

// AnswerRequests answers requests for newer figures by itself, within the policy, until ctx ends. Detail is never granted by itself.
func (d *Desk) AnswerRequests(ctx context.Context) error {
	return d.whenever(ctx, "requests not answered", d.answerPass, func(out protocol.Outcome) bool {
		return slices.ContainsFunc(out.Admitted, func(e feed.Entry) bool { return e.Header.Kind == protocol.KindRequest })
	})
}

func (d *Desk) answerPass(ctx context.Context) error {
	policy, err := d.RequestPolicy()
	if err != nil || policy == AnswerByDesk {
		return err
	}
	list, err := d.Requests("")
	if err != nil {
		return err
	}
	var all []error
	for _, v := range list {
		if v.Asked.To == d.node.Company() && v.Form == request.Update && v.Verdict == request.Open {
			all = append(all, d.answerOne(ctx, v, policy))
		}
	}
	return errors.Join(all...)
}

// answerOne says what is newer than what was asked about, after sharing what may be shared; where a draft waits for people, that it comes later.
func (d *Desk) answerOne(ctx context.Context, v RequestView, policy AutoAnswer) error {
	a := request.Reply{Request: v.ID, Verdict: request.Nothing}
	for _, kind := range protocol.ArtifactKinds() {
		if len(v.Asked.Kinds) > 0 && !slices.Contains(v.Asked.Kinds, kind) {
			continue
		}
		waiting, err := d.renew(ctx, v, kind, policy == AnswerBySend)
		if err != nil {
			d.node.Log().Info("asked for newer figures, nothing shared by itself", "kind", kind, "with", v.By, "reason", err)
		}
		if waiting {
			a.Verdict, a.Note = request.Later, "newer figures wait for the desk"
		}
	}
	err := d.node.View(v.pid, func(r *protocol.Replica) error {
		newest, err := d.newerThan(r, v)
		if len(newest) > 0 && a.Verdict == request.Nothing {
			a.Verdict = request.Sent
		}
		return err
	})
	if err != nil {
		return err
	}
	_, err = d.reply(ctx, v, a, "")
	return err
}

// renew shares what the draft of a kind has newer, where it may; waiting tells that there is something newer which it did not share.
func (d *Desk) renew(ctx context.Context, v RequestView, kind string, send bool) (waiting bool, err error) {
	p, err := d.node.Partnership(v.pid)
	if err != nil {
		return false, err
	}
	with := p.PID.String()
	changed := 0
	var fail *node.Failure
	switch kind {
	case protocol.KindForecast:
		var pre prepared
		pre, err = d.prepareOnly(p, v.lines())
		if changed = len(pre.changes); pre.current == nil && err == nil && len(pre.doc.Lines) > 0 {
			changed = 1
		}
	case protocol.KindCampaign:
		var pre preparedCampaign
		pre, err = d.prepareCampaign(p)
		changed = countCampaign(pre)
	case protocol.KindQuality:
		var pre QualityPreview
		pre, err = d.PreviewQuality(with)
		changed = pre.Changes
	default: // a plan and an answer are made for a forecast: people make them
		return false, nil
	}
	if errors.As(err, &fail) && (fail.Code == "NO_DRAFT" || fail.Code == "NOT_IN_SCOPE" || fail.Code == "NO_QUALITY") {
		return false, nil // nothing of the kind is there to share
	}
	if err != nil || changed == 0 {
		return false, err
	}
	if !send {
		return true, nil
	}
	switch kind {
	case protocol.KindForecast:
		_, err = d.shareOnly(ctx, p, "", v.lines())
	case protocol.KindCampaign:
		_, err = d.ShareCampaign(ctx, with, "")
	case protocol.KindQuality:
		_, err = d.ShareQuality(ctx, with, "")
	}
	return err != nil, err
}

// lines are those of a forecast that a request asks about; nil where it names no products and regions.
func (v RequestView) lines() func(forecast.Line) bool {
	if len(v.Asked.Products)+len(v.Asked.Regions) == 0 {
		return nil
	}
	about := request.Grant{Products: v.Asked.Products, Regions: v.Asked.Regions}.Scope()
	return func(l forecast.Line) bool {
		return about.HasProduct(l.Item.BuyersID, l.Item.SellersID, l.Item.GTIN) && about.HasRegion(l.Location.Region)
	}
}

// concernsAsked tells whether a forecast is newer in what a request asks about: than the version of its series that the asking member named, or at all where it
// named none. Other artifacts are newer as a whole.
func concernsAsked(r *protocol.Replica, v RequestView, row protocol.ArtifactRow) (bool, error) {
	asked := v.lines()
	if asked == nil || row.Type != forecast.Type {
		return true, nil
	}
	doc, err := r.Forecast(row.Root)
	if err != nil {
		return false, err
	}
	only := func(d forecast.Document) forecast.Document {
		d.Lines = slices.DeleteFunc(slices.Clone(d.Lines), func(l forecast.Line) bool { return !asked(l) })
		return d
	}
	for _, root := range v.Asked.Newer {
		held, found, err := r.Version(root)
		if err != nil || !found || held.Series != row.Series {
			continue
		}
		was, err := r.Forecast(root)
		if err != nil {
			return false, err
		}
		changes, err := forecast.Diff(only(was), only(doc))
		return len(changes) > 0, err
	}
	return len(only(doc).Lines) > 0, nil
}

func countCampaign(pre preparedCampaign) int {
	if pre.current == nil && len(pre.doc.Events)+len(pre.doc.Blackouts)+len(pre.doc.Replies) > 0 {
		return 1
	}
	return len(pre.changes)
}
