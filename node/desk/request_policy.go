package desk

import (
	"context"
	"errors"
	"slices"

	"kontor/node"
	"kontor/protocol"
	"kontor/protocol/feed"
	"kontor/protocol/forecast"
	"kontor/protocol/request"
)

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
