package wire

import (
	"time"

	"kontor/protocol/block"
	"kontor/protocol/calendar"
	"kontor/protocol/decision"
	"kontor/protocol/quantity"
)

// matchTime is what it takes to compute a match once per generated option.
const matchTime = 2 * time.Minute

// Routes of the officers about topics. Preparing is for the desk as well; what binds or shows what officers think is theirs.
var (
	TopicOpen = Post[TopicOpenRequest, TopicReceipt]("/v1/topic/open", Work,
		"Open a topic about an exception: context, option 0 and others with their effects, issues, deadline.").Slow(matchTime)
	TopicJoin = Post[TopicAct, TopicReceipt]("/v1/topic/join", Work,
		"Take the matter up.")
	TopicContext = Post[TopicContextRequest, TopicReceipt]("/v1/topic/context", Work,
		"Name artifacts the topic rests on, or take back those this company named.")
	TopicNote = Post[TopicNoteRequest, TopicNotes]("/v1/topic/note", Work,
		"Keep a note or an internal reference beside a topic, or forget one. It never leaves this node.")
	TopicBasis = Post[TopicBasisRequest, TopicReceipt]("/v1/topic/basis", Work,
		"State what a unit short, a unit over and the option itself cost this side.")
	TopicReady = Post[TopicReadyRequest, TopicReceipt]("/v1/topic/ready", Decide,
		"Say that the context is complete, and commit to the lens weights.")
	TopicScore = Post[TopicScoreRequest, TopicScored]("/v1/topic/score", Decide,
		"Score options on the lenses, and go as far as possible: join, state the basis, be ready, commit.")
	TopicReveal = Post[TopicRevealRequest, TopicReceipt]("/v1/topic/reveal", Decide,
		"Open parts of the score commitment: positions, the ranking, or the scores.")
	TopicOffer = Post[TopicOfferRequest, TopicOffered]("/v1/topic/offer", Decide,
		"Make an offer: a full package with trade-offs.")
	TopicAccept = Post[TopicAcceptRequest, TopicAccepted]("/v1/topic/accept", Decide,
		"Accept the newest offer and, when all have, put the agreement document on the table.")
	TopicDecline = Post[TopicDeclineRequest, TopicReceipt]("/v1/topic/decline", Decide,
		"End the topic: option 0 happens.")
	TopicWithdraw = Post[TopicDeclineRequest, TopicReceipt]("/v1/topic/withdraw", Work,
		"Take back a topic this company opened, before anyone scored.")
	TopicOption = Post[TopicOptionRequest, TopicReceipt]("/v1/topic/option", Decide,
		"Put an option on the list of an open topic.").Slow(matchTime)
	TopicIssue = Post[TopicIssueRequest, TopicReceipt]("/v1/topic/issue", Decide,
		"Name one more issue of the negotiation.")
	TopicDelegate = Post[TopicDelegateRequest, TopicDelegated]("/v1/topic/delegate", Decide,
		"Let the node offer by itself, step by step inside limits. People accept.")
	TopicLedger = Get[TopicListQuery, TradeLedger]("/v1/topic/ledger", View,
		"List the trade-offs of all topics: who gave what for what, until when.")
	GoalList = Get[None, Goals]("/v1/topic/goals", Decide,
		"List this company's goals, which scores on Local Vision cite by number. They never leave this node.")
	GoalSet = Post[Goals, Goals]("/v1/topic/goals/set", Decide,
		"Replace this company's goals.")
	TopicList = Get[TopicListQuery, TopicListing]("/v1/topic/list", View,
		"List topics, newest first.")
	TopicShow = Get[TopicQuery, TopicDetail]("/v1/topic/show", View,
		"Show one topic, all parties side by side.")
)

// TopicQuery names a topic: its ID or the end of it; empty: the only one that is open.
type TopicQuery struct {
	Topic string `json:"topic,omitempty"`
	With  string `json:"with,omitempty" doc:"partner; empty: all"`
}

// TopicAct is a command about a topic. As is the role it is done in: an officer's token has one; the admin, who keeps the books for
// the officers, says which.
type TopicAct struct {
	TopicQuery
	As decision.Role `json:"as,omitempty"`
}

// TopicOpenRequest opens a topic. Without a proposal the node makes one from the exception.
type TopicOpenRequest struct {
	With      string                 `json:"with,omitempty"`
	Exception string                 `json:"exception,omitempty" doc:"ID; empty: the most valuable open one"`
	Title     string                 `json:"title,omitempty"`
	Deadline  int64                  `json:"deadline,omitempty" doc:"ms UTC; empty: the exception's, at least two days ahead"`
	Basis     []decision.OptionBasis `json:"basis,omitempty" doc:"this side's value basis of options"`
	Proposal  *decision.Proposal     `json:"proposal,omitempty" doc:"written by hand; parts left empty are filled in from the exception"`
	Manual    bool                   `json:"manual,omitempty" doc:"the proposal stands on its own, without an exception"`
}

// TopicListQuery chooses topics.
type TopicListQuery struct {
	With    string `json:"with,omitempty" doc:"partner; empty: all"`
	Open    bool   `json:"open,omitempty" doc:"those that still wait for people"`
	Waiting bool   `json:"waiting,omitempty" doc:"those whose next step is the caller's"`
}

// TopicOptionRequest puts an option on the list. What it leaves short and over is computed where the topic names a forecast and a plan.
type TopicOptionRequest struct {
	TopicAct
	Option NewOption            `json:"option"`
	Basis  *decision.ValueBasis `json:"basis,omitempty" doc:"what it is worth to this side"`
}

// NewOption is an option as a person writes it.
type NewOption struct {
	ID      string                `json:"id,omitempty" doc:"empty: the next number"`
	Summary string                `json:"summary"`
	Effects []NewEffect           `json:"effects,omitempty"`
	Needs   []string              `json:"needs,omitempty" doc:"what it asks of either side"`
	Expect  *decision.Expectation `json:"expect,omitempty" doc:"empty: computed"`
}

// NewEffect is a quantity on top of a party's plan.
type NewEffect struct {
	Product  string            `json:"product"`
	Region   string            `json:"region,omitempty" doc:"empty: every region"`
	Bucket   calendar.Bucket   `json:"bucket"`
	Party    *block.CID        `json:"party,omitempty" doc:"empty: the seller"`
	Quantity quantity.Quantity `json:"quantity"`
	Unit     quantity.Unit     `json:"unit"`
}

// TopicIssueRequest names an issue.
type TopicIssueRequest struct {
	TopicAct
	ID   string             `json:"id"`
	Name string             `json:"name"`
	Kind decision.IssueKind `json:"kind" doc:"QUANTITY, DATE, PRICE, SHARE, TERM or OTHER"`
	Unit string             `json:"unit,omitempty" doc:"empty for a date"`
	Low  string             `json:"low"`
	High string             `json:"high"`
}

// TopicDelegateRequest says how far the node may go. It stays in this node.
type TopicDelegateRequest struct {
	TopicAct
	Option string      `json:"option,omitempty"`
	Issues []Delegated `json:"issues,omitempty" doc:"every issue of the topic"`
	Steps  int64       `json:"steps,omitempty" doc:"offers after the first until the last values are reached"`
	Off    bool        `json:"off,omitempty" doc:"take it back"`
}

// Delegated is how far the node may go on one issue.
type Delegated struct {
	Issue string `json:"issue"`
	First string `json:"first"`
	Last  string `json:"last"`
	// Pace is EVEN, EARLY (large steps first) or LATE; empty: EVEN.
	Pace decision.Pace `json:"pace,omitempty"`
}

// TopicDelegated is what the node goes by now.
type TopicDelegated struct {
	Topic    string             `json:"topic"`
	Strategy *decision.Strategy `json:"strategy,omitempty"`
	Waits    string             `json:"waits,omitempty" doc:"why it has made no offer now"`
}

// TopicReceipt is what a command about a topic wrote.
type TopicReceipt struct {
	Partnership string `json:"partnership"`
	Topic       string `json:"topic"`
	Entry       string `json:"entry,omitempty"`
	Seq         int64  `json:"seq,omitempty"`
	T           int64  `json:"t,omitempty" doc:"claimed time, ms UTC"`
}

// TopicContextRequest names artifacts.
type TopicContextRequest struct {
	TopicAct
	Artifacts []block.CID `json:"artifacts,omitempty"`
	Drop      []block.CID `json:"drop,omitempty" doc:"named by this company before"`
}

// TopicNoteRequest keeps a note or an internal reference, or forgets one.
type TopicNoteRequest struct {
	TopicAct
	Text   string `json:"text,omitempty"`
	Ref    string `json:"ref,omitempty" doc:"where to look at home: a ticket, a file, a record of the own system"`
	Forget int64  `json:"forget,omitempty" doc:"number of the note"`
}

// TopicNotes are this company's own notes about a topic.
type TopicNotes struct {
	Topic string      `json:"topic"`
	Notes []TopicMemo `json:"notes"`
}

// TopicMemo is one note. It stays in this node.
type TopicMemo struct {
	N    int64  `json:"n"`
	Text string `json:"text,omitempty"`
	Ref  string `json:"ref,omitempty"`
	By   string `json:"by" doc:"role of the token"`
	T    int64  `json:"t" doc:"ms UTC"`
}

// TopicBasisRequest states value bases.
type TopicBasisRequest struct {
	TopicAct
	Basis []decision.OptionBasis `json:"basis"`
}

// TopicReadyRequest declares the context complete.
type TopicReadyRequest struct {
	TopicAct
	Weights *decision.CompanyWeights `json:"weights,omitempty" doc:"before the first score; empty: the standard weights"`
	Keep    bool                     `json:"keep,omitempty" doc:"after a revision: the scores stand"`
}

// Scoring is one answer: an option on a lens.
type Scoring struct {
	Option   string        `json:"option"`
	Lens     decision.Lens `json:"lens"`
	Points   int64         `json:"points"`
	Reason   string        `json:"reason,omitempty" doc:"needed for 0 to 2 and 8 to 10"`
	Lift     string        `json:"lift,omitempty" doc:"what would lift the objection a score of 0 to 2 is"`
	Evidence []string      `json:"evidence,omitempty"`
}

// TopicScoreRequest scores for one role. Partnership Value is filled in from the arithmetic unless it is given.
type TopicScoreRequest struct {
	TopicAct
	Scores  []Scoring                `json:"scores"`
	Lifted  []decision.Lifting       `json:"lifted,omitempty" doc:"objections taken back, by their role or the CEO"`
	Basis   []decision.OptionBasis   `json:"basis,omitempty"`
	Weights *decision.CompanyWeights `json:"weights,omitempty"`
	Reveal  string                   `json:"reveal,omitempty" doc:"what to show once all have committed: positions, rank or scores"`
	Keep    bool                     `json:"keep,omitempty"`
}

// TopicScored says how far the scoring came.
type TopicScored struct {
	TopicReceipt
	Steps     []string               `json:"steps" doc:"what was written: JOIN, BASIS, READY, COMMIT"`
	WaitsFor  []string               `json:"waits_for" doc:"what must happen before this company's scores are committed"`
	Committed bool                   `json:"committed"`
	Values    []decision.OptionValue `json:"values" doc:"what the scores say so far; they stay in this node"`
	Changed   []ChangedValue         `json:"changed,omitempty"`
}

// TopicRevealRequest chooses what to open.
type TopicRevealRequest struct {
	TopicAct
	Positions bool `json:"positions,omitempty"`
	Rank      bool `json:"rank,omitempty"`
	Scores    bool `json:"scores,omitempty" doc:"opens everything"`
}

// TopicOfferRequest makes an offer. Issues left out keep the last offer's value.
type TopicOfferRequest struct {
	TopicAct
	Option string              `json:"option"`
	Values []string            `json:"values" doc:"issue=value"`
	Trades []decision.TradeOff `json:"trades"`
	Note   string              `json:"note,omitempty"`
	// Counter refuses where no offer of another party stands to be answered.
	Counter bool `json:"counter,omitempty"`
}

// TopicOffered says what an offer changed.
type TopicOffered struct {
	TopicReceipt
	Round    int64              `json:"round"`
	Option   string             `json:"option"`
	Changes  []decision.Change  `json:"changes" doc:"against the offer before"`
	Before   *decision.Distance `json:"distance_before,omitempty" doc:"between the parties' newest offers, ppm of the range"`
	Distance *decision.Distance `json:"distance,omitempty"`
}

// TopicAcceptRequest accepts the newest offer; Round guards against one that came in between.
type TopicAcceptRequest struct {
	TopicAct
	Round   int64 `json:"round,omitempty" doc:"0: the newest"`
	NoDraft bool  `json:"no_draft,omitempty" doc:"leave the document to kontor agreement draft"`
}

// TopicAccepted says which offer was accepted, and the document that came of it.
type TopicAccepted struct {
	TopicReceipt
	Round     int64  `json:"round"`
	Agreement string `json:"agreement,omitempty" doc:"document on the table"`
	SignBy    int64  `json:"sign_by,omitempty" doc:"ms UTC"`
	Undrafted string `json:"undrafted,omitempty" doc:"why no document was put on the table"`
}

// TopicDeclineRequest ends a topic.
type TopicDeclineRequest struct {
	TopicAct
	Reason string `json:"reason"`
}
