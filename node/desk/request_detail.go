package desk

import (
	"context"
	"fmt"
	"strings"

	"kontor/crypto/keys"
	"kontor/node"
	"kontor/protocol"
	"kontor/protocol/block"
	"kontor/protocol/request"
)

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
	f.Text = fmt.Sprintf("%s sees %s in %s of %s, at the grain it has, for %q; nothing of it leaves after %s", v.By, orAny(f.Grant.Products), orAny(f.Grant.Regions), f.Grant.Period, f.Grant.Purpose, issuedDay(until))
	return f, nil
}

func orAny(list []string) string {
	if len(list) == 0 {
		return "everything"
	}
	return strings.Join(list, ", ")
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
