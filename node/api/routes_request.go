package api

import (
	"context"

	"kontor/node/api/wire"
	"kontor/node/desk"
	"kontor/protocol"
	"kontor/protocol/block"
	"kontor/protocol/request"
)

// SignedDetail is a grant of detail as its officer signed it.
type SignedDetail struct {
	Signed []byte `json:"signed" doc:"canonical protocol.Signed"`
}

// RequestPolicy is what the node answers by itself.
type RequestPolicy struct {
	Answer string `json:"answer" doc:"desk, state or send"`
}

// Routes of requests and scopes.
var (
	RequestUpdate    = wire.Post[desk.AskOptions, desk.Asked]("/v1/request/update", wire.Plan, "Asks a partner for newer figures.")
	RequestDetail    = wire.Post[desk.AskOptions, desk.Asked]("/v1/request/detail", wire.Plan, "Asks a partner for detail beyond scope or grain, with a purpose and an end.")
	RequestList      = wire.Get[WithQuery, []desk.RequestView]("/v1/request/list", wire.View, "Lists the requests of both sides.")
	RequestAnswer    = wire.Post[desk.AnswerOptions, desk.Answered]("/v1/request/answer", wire.Plan, "Answers a request, denies it, or takes a grant back.")
	RequestForm      = wire.Get[desk.DetailOptions, desk.DetailForm]("/v1/request/form", wire.Work, "Fills in what an officer signs to grant detail.")
	RequestGrant     = wire.Post[SignedDetail, desk.Answered]("/v1/request/grant", wire.Work, "Grants detail with an officer's signature.")
	RequestRules     = wire.Post[RequestPolicy, wire.None]("/v1/request/policy", wire.Plan, "Sets what the node answers by itself when newer figures are asked for.")
	RequestRulesShow = wire.Get[wire.None, RequestPolicy]("/v1/request/policy", wire.View, "Shows what the node answers by itself when newer figures are asked for.")
	TextRules        = wire.Post[desk.TextPolicy, wire.None]("/v1/scope/texts", wire.Administer, "Sets what becomes of personal data in texts that leave.")
	TextRulesShow    = wire.Get[wire.None, desk.TextPolicy]("/v1/scope/texts", wire.View, "Shows what becomes of personal data in texts that leave.")
	ScopeShow        = wire.Get[WithQuery, []desk.ScopeView]("/v1/scope/show", wire.View, "Shows what every member may share, kind by kind.")
	ScopeSet         = wire.Post[desk.ScopeOptions, desk.ScopeWritten]("/v1/scope/set", wire.Administer, "Narrows what this company lets leave of a kind.")
)

func registerRequests(r *Registry, d *desk.Desk) {
	Handle(r, RequestUpdate, func(ctx context.Context, c Caller, in desk.AskOptions) (desk.Asked, error) {
		return d.Ask(ctx, request.Update, in, c.Command)
	})
	Handle(r, RequestDetail, func(ctx context.Context, c Caller, in desk.AskOptions) (desk.Asked, error) {
		return d.Ask(ctx, request.Detail, in, c.Command)
	})
	Handle(r, RequestList, func(_ context.Context, _ Caller, in WithQuery) ([]desk.RequestView, error) {
		return d.Requests(in.With)
	})
	Handle(r, RequestAnswer, func(ctx context.Context, c Caller, in desk.AnswerOptions) (desk.Answered, error) {
		return d.AnswerRequest(ctx, in, c.Command)
	})
	Handle(r, RequestForm, func(_ context.Context, _ Caller, in desk.DetailOptions) (desk.DetailForm, error) {
		return d.DetailDraft(in)
	})
	Handle(r, RequestGrant, func(ctx context.Context, c Caller, in SignedDetail) (desk.Answered, error) {
		var s protocol.Signed
		if err := block.Unmarshal(in.Signed, &s); err != nil {
			return desk.Answered{}, wire.Problemf("BAD_SIGNATURE", "the signed grant does not decode: %v", err)
		}
		return d.GrantDetail(ctx, s, c.Command)
	})
	Handle(r, RequestRulesShow, func(context.Context, Caller, wire.None) (RequestPolicy, error) {
		answer, err := d.RequestPolicy()
		return RequestPolicy{string(answer)}, err
	})
	Handle(r, RequestRules, func(_ context.Context, _ Caller, in RequestPolicy) (wire.None, error) {
		return wire.None{}, d.SetRequestPolicy(desk.AutoAnswer(in.Answer))
	})
	Handle(r, TextRules, func(_ context.Context, _ Caller, in desk.TextPolicy) (wire.None, error) {
		return wire.None{}, d.SetTextPolicy(in)
	})
	Handle(r, TextRulesShow, func(_ context.Context, _ Caller, _ wire.None) (desk.TextPolicy, error) { return d.TextPolicy() })
	Handle(r, ScopeShow, func(_ context.Context, _ Caller, in WithQuery) ([]desk.ScopeView, error) { return d.Scopes(in.With) })
	Handle(r, ScopeSet, func(ctx context.Context, c Caller, in desk.ScopeOptions) (desk.ScopeWritten, error) {
		return d.SetScope(ctx, in, c.Command)
	})
}
