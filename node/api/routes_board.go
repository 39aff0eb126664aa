package api

import (
	"context"
	"io"

	"kontor/node/api/wire"
	"kontor/node/board"
)

// RegisterBoard registers the routes of the officers and lets the board go on by itself with what they have decided, until the node closes.
func RegisterBoard(r *Registry, b *board.Board) {
	registerTopics(r, b)
	registerAgreements(r, b)
	registerCadence(r, b)
	registerTermsTopics(r, b)
	go b.Watch()
}

// by is the caller as the board sees it.
func by(c Caller) board.By { return board.By{Role: c.Role, Scope: c.Scope, Command: c.Command} }

func registerTopics(r *Registry, b *board.Board) {
	Handle(r, wire.TopicOpen, func(ctx context.Context, c Caller, in wire.TopicOpenRequest) (wire.TopicReceipt, error) {
		return b.Open(ctx, by(c), in)
	})
	Handle(r, wire.TopicJoin, func(ctx context.Context, c Caller, in wire.TopicAct) (wire.TopicReceipt, error) {
		return b.Join(ctx, by(c), in)
	})
	Handle(r, wire.TopicContext, func(ctx context.Context, c Caller, in wire.TopicContextRequest) (wire.TopicReceipt, error) {
		return b.Context(ctx, by(c), in)
	})
	Handle(r, wire.TopicNote, func(ctx context.Context, c Caller, in wire.TopicNoteRequest) (wire.TopicNotes, error) {
		return b.Note(ctx, by(c), in)
	})
	Handle(r, wire.TopicBasis, func(ctx context.Context, c Caller, in wire.TopicBasisRequest) (wire.TopicReceipt, error) {
		return b.Basis(ctx, by(c), in)
	})
	Handle(r, wire.TopicReady, func(ctx context.Context, c Caller, in wire.TopicReadyRequest) (wire.TopicReceipt, error) {
		return b.Ready(ctx, by(c), in)
	})
	Handle(r, wire.TopicScore, func(ctx context.Context, c Caller, in wire.TopicScoreRequest) (wire.TopicScored, error) {
		return b.Score(ctx, by(c), in)
	})
	Handle(r, wire.TopicReveal, func(ctx context.Context, c Caller, in wire.TopicRevealRequest) (wire.TopicReceipt, error) {
		return b.Reveal(ctx, by(c), in)
	})
	Handle(r, wire.TopicOffer, func(ctx context.Context, c Caller, in wire.TopicOfferRequest) (wire.TopicOffered, error) {
		return b.Offer(ctx, by(c), in)
	})
	Handle(r, wire.TopicAccept, func(ctx context.Context, c Caller, in wire.TopicAcceptRequest) (wire.TopicAccepted, error) {
		return b.Accept(ctx, by(c), in)
	})
	Handle(r, wire.TopicDecline, func(ctx context.Context, c Caller, in wire.TopicDeclineRequest) (wire.TopicReceipt, error) {
		return b.Decline(ctx, by(c), in)
	})
	Handle(r, wire.TopicWithdraw, func(ctx context.Context, c Caller, in wire.TopicDeclineRequest) (wire.TopicReceipt, error) {
		return b.Withdraw(ctx, by(c), in)
	})
	Handle(r, wire.TopicOption, func(ctx context.Context, c Caller, in wire.TopicOptionRequest) (wire.TopicReceipt, error) {
		return b.AddOption(ctx, by(c), in)
	})
	Handle(r, wire.TopicIssue, func(ctx context.Context, c Caller, in wire.TopicIssueRequest) (wire.TopicReceipt, error) {
		return b.AddIssue(ctx, by(c), in)
	})
	Handle(r, wire.TopicDelegate, func(ctx context.Context, c Caller, in wire.TopicDelegateRequest) (wire.TopicDelegated, error) {
		return b.Delegate(ctx, by(c), in)
	})
	Handle(r, wire.TopicLedger, func(_ context.Context, c Caller, in wire.TopicListQuery) (wire.TradeLedger, error) {
		return b.Ledger(by(c), in)
	})
	Handle(r, wire.GoalList, func(context.Context, Caller, wire.None) (wire.Goals, error) { return b.Goals() })
	Handle(r, wire.GoalSet, func(_ context.Context, _ Caller, in wire.Goals) (wire.Goals, error) { return b.SetGoals(in) })
	Handle(r, wire.Waits, func(_ context.Context, c Caller, in wire.WaitingQuery) (wire.WaitingListing, error) {
		return b.Waiting(by(c), in)
	})
	Handle(r, wire.TopicList, func(_ context.Context, c Caller, in wire.TopicListQuery) (wire.TopicListing, error) {
		return b.List(by(c), in)
	})
	Handle(r, wire.TopicShow, func(_ context.Context, c Caller, in wire.TopicQuery) (wire.TopicDetail, error) {
		return b.Show(by(c), in)
	})
}

func registerCadence(r *Registry, b *board.Board) {
	Handle(r, wire.CadenceShow, func(_ context.Context, c Caller, in wire.CadenceQuery) (wire.CadenceReport, error) {
		return b.Cadence(by(c), in)
	})
	Handle(r, wire.CadenceCalendar, func(_ context.Context, c Caller, in wire.CadenceQuery) (wire.CadenceFile, error) {
		return b.CadenceCalendar(by(c), in)
	})
	Handle(r, wire.CadenceMinutes, func(_ context.Context, c Caller, in wire.CadenceQuery) (wire.MinutesReport, error) {
		return b.Minutes(by(c), in)
	})
	Handle(r, wire.CadenceRecord, func(ctx context.Context, c Caller, in wire.MinutesRequest) (wire.MinutesReceipt, error) {
		return b.Record(ctx, by(c), in)
	})
	Handle(r, wire.CadenceConfirm, func(ctx context.Context, c Caller, in wire.MinutesAnswerRequest) (wire.MinutesReceipt, error) {
		return b.AnswerMinutes(ctx, by(c), in)
	})
	Handle(r, wire.CadenceDone, func(ctx context.Context, c Caller, in wire.MinutesDoneRequest) (wire.MinutesReceipt, error) {
		return b.ActionDone(ctx, by(c), in)
	})
}

func registerAgreements(r *Registry, b *board.Board) {
	Handle(r, wire.AgreementDraft, func(ctx context.Context, c Caller, in wire.AgreementDraftRequest) (wire.AgreementReceipt, error) {
		return b.Draft(ctx, by(c), in)
	})
	Handle(r, wire.AgreementShow, func(_ context.Context, c Caller, in wire.AgreementQuery) (wire.AgreementDetail, error) {
		return b.Agreement(by(c), in)
	})
	Handle(r, wire.AgreementRequest, func(_ context.Context, c Caller, in wire.AgreementQuery) (wire.SigningRequest, error) {
		return b.SigningRequest(by(c), in)
	})
	Handle(r, wire.AgreementSign, func(ctx context.Context, c Caller, in wire.AgreementSignRequest) (wire.AgreementReceipt, error) {
		return b.Sign(ctx, by(c), in)
	})
	say := func(route wire.Route[wire.AgreementWordRequest, wire.AgreementReceipt], word func(context.Context, board.By, wire.AgreementWordRequest) (wire.AgreementReceipt, error)) {
		Handle(r, route, func(ctx context.Context, c Caller, in wire.AgreementWordRequest) (wire.AgreementReceipt, error) {
			return word(ctx, by(c), in)
		})
	}
	say(wire.AgreementLapse, b.Lapse)
	say(wire.AgreementResolve, b.Resolve)
	say(wire.AgreementAbort, b.Abort)
	Handle(r, wire.AgreementMilestone, func(ctx context.Context, c Caller, in wire.AgreementMilestoneRequest) (wire.AgreementReceipt, error) {
		return b.Milestone(ctx, by(c), in)
	})
	Handle(r, wire.AgreementAmend, func(ctx context.Context, c Caller, in wire.AgreementAmendRequest) (wire.TopicReceipt, error) {
		return b.Amend(ctx, by(c), in)
	})
	Handle(r, wire.AgreementReconfirm, func(ctx context.Context, c Caller, in wire.AgreementQuery) (wire.AgreementReceipt, error) {
		return b.Reconfirm(ctx, by(c), in)
	})
	Handle(r, wire.AgreementList, func(_ context.Context, c Caller, in wire.AgreementQuery) (wire.AgreementListing, error) {
		return b.Agreements(by(c), in)
	})
	HandleDownload(r, wire.AgreementExport, func(_ context.Context, c Caller, in wire.AgreementQuery, w io.Writer) error {
		return b.Export(by(c), in, w)
	})
}
