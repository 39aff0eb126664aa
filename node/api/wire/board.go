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

// Routes of the officers: topics and agreements. Preparing is for the desk as well; what binds or shows what officers think is theirs.
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
	TopicList = Get[TopicListQuery, TopicListing]("/v1/topic/list", View,
		"List topics, newest first.")
	TopicShow = Get[TopicQuery, TopicDetail]("/v1/topic/show", View,
		"Show one topic, all parties side by side.")

	AgreementDraft = Post[AgreementDraftRequest, AgreementReceipt]("/v1/agreement/draft", Decide,
		"Put the document of the accepted offer on the table.")
	AgreementShow = Get[AgreementQuery, AgreementDetail]("/v1/agreement/show", View,
		"Show a document by its very bytes, its rendering, who signed and who must until when.")
	AgreementSign = Post[AgreementSignRequest, AgreementReceipt]("/v1/agreement/sign", Decide,
		"Hand in an officer's signature. The officer's own program makes it; the node never holds the key.")
	AgreementRequest = Get[AgreementQuery, SigningRequest]("/v1/agreement/request", View,
		"Give what an officer needs to sign on a machine without a node, signed by this node.")
	AgreementLapse = Post[AgreementWordRequest, AgreementReceipt]("/v1/agreement/lapse", Decide,
		"Record that another party stayed silent seven days past sign-by: the document reserves nothing here any more.")
	AgreementResolve = Post[AgreementWordRequest, AgreementReceipt]("/v1/agreement/resolve", Decide,
		"As the witness: the set of signatures was complete in time.")
	AgreementAbort = Post[AgreementWordRequest, AgreementReceipt]("/v1/agreement/abort", Decide,
		"As the witness: it was not.")
	AgreementMilestone = Post[AgreementMilestoneRequest, AgreementReceipt]("/v1/agreement/milestone", Work,
		"Report a step of a final agreement's rollout plan done, with what shows it.")
	AgreementAmend = Post[AgreementAmendRequest, TopicReceipt]("/v1/agreement/amend", Work,
		"Open a topic that replaces a final agreement, or ends it early: what is signed then takes its place.")
	AgreementReconfirm = Post[AgreementQuery, AgreementReceipt]("/v1/agreement/reconfirm", Decide,
		"Say again that a final agreement holds where another fixes the same cells. When every party has, it acts there.")
	AgreementList = Get[AgreementQuery, AgreementListing]("/v1/agreement/list", View,
		"List agreements and how they stand.")
	AgreementExport = GetFile[AgreementQuery]("/v1/agreement/export", View,
		"Give everything that proves an agreement as one CAR file, for kontor audit verify.")
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

// TradeLedger lists trade-offs, newest first.
type TradeLedger struct {
	Trades []LedgerTrade `json:"trades"`
}

// LedgerTrade is one trade-off of a topic's newest offer.
type LedgerTrade struct {
	Topic   string          `json:"topic"`
	Title   string          `json:"title"`
	Partner string          `json:"partner"`
	By      string          `json:"by" doc:"who stated it"`
	Own     bool            `json:"own"`
	Round   int64           `json:"round"`
	Status  decision.Status `json:"status" doc:"of the topic; AGREED: it holds"`
	T       int64           `json:"t" doc:"ms UTC"`
	decision.TradeOff
}

// ChangedValue marks a computed Partnership Value that is another now than when a role scored.
type ChangedValue struct {
	Role   decision.Role `json:"role"`
	Option string        `json:"option"`
	From   int64         `json:"from" doc:"computed when the role scored"`
	To     int64         `json:"to" doc:"computed now"`
	Points int64         `json:"points" doc:"what stands in the role's score"`
	Again  bool          `json:"again,omitempty" doc:"more than two from the computed value: the role must give it anew"`
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

// TopicInfo is a topic in one line.
type TopicInfo struct {
	ID          string          `json:"id"`
	Partnership string          `json:"partnership"`
	Partner     string          `json:"partner"`
	Kind        decision.Kind   `json:"kind"`
	Title       string          `json:"title"`
	Status      decision.Status `json:"status"`
	ProposedBy  string          `json:"proposed_by"`
	Opened      int64           `json:"opened" doc:"ms UTC"`
	Deadline    int64           `json:"deadline" doc:"ms UTC"`
	Rounds      int             `json:"rounds"`
	Document    string          `json:"agreement,omitempty"`
	Waiting     []TopicWait     `json:"waiting"`
}

// TopicWait is one party's next step.
type TopicWait struct {
	Company string `json:"company"`
	Name    string `json:"name"`
	Todo    string `json:"todo"`
	By      int64  `json:"by" doc:"ms UTC"`
}

// TopicListing lists topics.
type TopicListing struct {
	Topics []TopicInfo `json:"topics"`
}

// TopicDetail is everything about a topic that this caller may see.
type TopicDetail struct {
	TopicInfo
	Scope      decision.Scope        `json:"scope"`
	Default    string                `json:"default" doc:"what happens by itself if nothing is agreed"`
	Reason     string                `json:"reason,omitempty" doc:"of a decline or an expiry"`
	Context    []decision.ContextRef `json:"context"`
	Parties    []TopicParty          `json:"parties"`
	Options    []decision.Option     `json:"options"`
	Issues     []decision.Issue      `json:"issues"`
	Arithmetic []decision.Arithmetic `json:"arithmetic" doc:"computed Partnership Values with the way to them"`
	// Expectations say which options' figures follow from the documents the topic names.
	Expectations []decision.ExpectationCheck `json:"expectations"`
	Offers       []TopicRound                `json:"offers"`
	Proposal     *decision.Bargain           `json:"proposal,omitempty" doc:"what the node proposes once all rankings are shown"`
	Own          *OwnScores                  `json:"own,omitempty" doc:"for officers only; it never leaves the node"`
	Deadlines    []decision.Deadline         `json:"deadlines" doc:"what happens by itself, and when"`
	Notes        []TopicMemo                 `json:"notes,omitempty" doc:"of this company; they never leave the node"`
	Amends       *decision.Amendment         `json:"amends,omitempty" doc:"the agreement the topic is about to replace or to end"`
	Refused      []string                    `json:"refused,omitempty" doc:"issues nothing may be agreed about: they name a resale price"`
	Binding      string                      `json:"binding,omitempty" doc:"what the document on the table means for this company now"`
	Signing      []decision.PartyStatus      `json:"signing,omitempty"`
}

// TopicParty is one party's part.
type TopicParty struct {
	Company   string                    `json:"company"`
	Name      string                    `json:"name"`
	Label     string                    `json:"label"`
	Own       bool                      `json:"own"`
	Roles     []decision.Role           `json:"roles" doc:"that must score"`
	Joined    bool                      `json:"joined"`
	Ready     bool                      `json:"ready"`
	Committed bool                      `json:"committed"`
	Old       bool                      `json:"old,omitempty" doc:"scores from before a material revision"`
	Positions []decision.OptionPosition `json:"positions,omitempty"`
	Order     []string                  `json:"order,omitempty" doc:"shown ranking, best first"`
	Accepted  int64                     `json:"accepted,omitempty" doc:"round"`
	Heard     int64                     `json:"heard,omitempty" doc:"claimed time of its newest entry held here, ms UTC: silent since, while it is waited for"`
}

// TopicRound is one offer with what it changed.
type TopicRound struct {
	decision.Offer
	Name     string             `json:"name" doc:"who made it"`
	Changes  []decision.Change  `json:"changes"`
	Distance *decision.Distance `json:"distance,omitempty"`
}

// OwnScores is what this company's officers have entered.
type OwnScores struct {
	Weights   decision.CompanyWeights `json:"weights"`
	Scores    []decision.Score        `json:"scores"`
	Values    []decision.OptionValue  `json:"values"`
	Missing   []decision.Role         `json:"missing" doc:"roles that have not scored every option"`
	Committed bool                    `json:"committed"`
	Changed   []ChangedValue          `json:"changed,omitempty" doc:"Partnership Values that are others now than when a role scored"`
	Reasons   []LastReason            `json:"last_reasons" doc:"given before for the same lens, to be used again"`
}

// LastReason is the reason a role gave last on a lens.
type LastReason struct {
	Role   decision.Role `json:"role"`
	Lens   decision.Lens `json:"lens"`
	Points int64         `json:"points"`
	Reason string        `json:"reason"`
}

// AgreementDraftRequest asks for the document of an accepted offer. What is left empty is filled in from option and offer.
type AgreementDraftRequest struct {
	TopicAct
	SignBy   int64                `json:"sign_by,omitempty" doc:"ms UTC; default 72 hours from now, at most 14 days"`
	From     calendar.Date        `json:"from,omitzero" doc:"first day of effect; default today"`
	Expires  calendar.Date        `json:"expires,omitzero" doc:"first day without; default 30 days after the horizon"`
	Amount   *quantity.Money      `json:"amount,omitempty" doc:"what a signer commits to at most; default quantity x surcharge"`
	Effects  []decision.Effect    `json:"effects,omitempty"`
	Targets  []decision.Target    `json:"targets,omitempty"`
	Rollout  []decision.Milestone `json:"rollout,omitempty"`
	Reviews  []calendar.Date      `json:"reviews,omitempty"`
	Rollback []decision.Rollback  `json:"rollback,omitempty"`
	// RollbackText are conditions as people write them, after those of Rollback.
	RollbackText []string `json:"rollback_text,omitempty" doc:"CONDITION => ACTION in words, or MEASURE below|above LIMIT [UNIT] in PERIOD [of PRODUCT,PRODUCT] for SIDE ROLE DAYS => ACTION"`
	// Supersedes names other final agreements whose place it takes, beside the one its topic is about.
	Supersedes []block.CID `json:"supersedes,omitempty"`
}

// AgreementReceipt is what a command about an agreement wrote.
type AgreementReceipt struct {
	Partnership string `json:"partnership"`
	Topic       string `json:"topic"`
	Agreement   string `json:"agreement" doc:"CID of the document"`
	Entry       string `json:"entry"`
	Seq         int64  `json:"seq"`
	T           int64  `json:"t" doc:"claimed time, ms UTC"`
}

// AgreementQuery names an agreement: the CID of its document or the end of it; empty: the only one that can be meant.
type AgreementQuery struct {
	Agreement string `json:"agreement,omitempty"`
	With      string `json:"with,omitempty"`
}

// AgreementInfo is an agreement in one line.
type AgreementInfo struct {
	CID         string            `json:"cid"`
	Topic       string            `json:"topic"`
	Partnership string            `json:"partnership"`
	Partner     string            `json:"partner"`
	Title       string            `json:"title"`
	Round       int64             `json:"round"`
	Verdict     decision.Verdict  `json:"verdict" doc:"OPEN, FINAL, VOID or CONTESTED"`
	Standing    decision.Standing `json:"standing"`
	Pending     bool              `json:"pending" doc:"the verdict stands above the settled line and may still change places"`
	Binding     string            `json:"binding" doc:"what it means for this company now"`
	SignBy      int64             `json:"sign_by" doc:"ms UTC"`
	Signatures  int               `json:"signatures"`
	Parties     []AgreementParty  `json:"parties"`
	Effects     int               `json:"effects"`
	Amount      *quantity.Money   `json:"amount,omitempty"`
	From        calendar.Date     `json:"from"`
	Expires     calendar.Date     `json:"expires"`
}

// AgreementParty is who of a party has signed and who must.
type AgreementParty struct {
	Company     string          `json:"company"`
	Name        string          `json:"name"`
	Own         bool            `json:"own"`
	Quorum      string          `json:"quorum"`
	Signers     []decision.Role `json:"signers"`
	Missing     string          `json:"missing,omitempty"`
	State       string          `json:"state" doc:"WAITING, ACKNOWLEDGED, VOIDED or LAPSED"`
	SilentSince int64           `json:"silent_since,omitempty" doc:"ms UTC"`
}

// AgreementListing lists agreements.
type AgreementListing struct {
	Agreements []AgreementInfo `json:"agreements"`
}

// AgreementDetail is what an officer's program needs to show and sign a document.
type AgreementDetail struct {
	AgreementInfo
	Document []byte        `json:"document" doc:"the very bytes that are signed"`
	Previous []byte        `json:"previous,omitempty" doc:"the document of the round before"`
	Amended  []byte        `json:"amended,omitempty" doc:"the agreement whose place it is to take"`
	Text     string        `json:"text" doc:"the rendering; a signer's program renders the bytes itself"`
	Digest   string        `json:"digest" doc:"over document and rendering, to compare by telephone"`
	Changes  string        `json:"changes,omitempty" doc:"against the round before, line by line"`
	Company  string        `json:"company" doc:"of this node"`
	IDHead   string        `json:"id_head" doc:"head of this company's identity chain"`
	Keys     []Signer      `json:"keys" doc:"this company's officers' keys in force"`
	Cells    []EffectState `json:"cells" doc:"the effects, and whether they act today"`
	Plan     []PlanStep    `json:"plan" doc:"the rollout plan, and where each step stands today"`
	// Oversold says that this company would promise all its customers more than its lines can carry, and what first; empty: it would not, or promises nothing here.
	Oversold string `json:"oversold,omitempty"`
}

// AgreementAmendRequest opens a topic about an agreement. The topic is made from the one it came of; the proposal replaces parts of it.
type AgreementAmendRequest struct {
	AgreementQuery
	End      bool               `json:"end,omitempty" doc:"end it early: nothing takes its place"`
	Title    string             `json:"title,omitempty"`
	Deadline int64              `json:"deadline,omitempty" doc:"ms UTC; empty: in seven days"`
	Proposal *decision.Proposal `json:"proposal,omitempty"`
}

// AgreementWordRequest is a word on a signing round.
type AgreementWordRequest struct {
	AgreementQuery
	Party string `json:"party,omitempty" doc:"over whom a lapse is recorded: name or CompanyID; empty: the only one that is silent"`
}

// AgreementMilestoneRequest reports a step done.
type AgreementMilestoneRequest struct {
	AgreementQuery
	Milestone string     `json:"milestone"`
	Proof     string     `json:"proof" doc:"what shows it"`
	Evidence  *block.CID `json:"evidence,omitempty" doc:"a shared artifact"`
}

// PlanStep is a step of the rollout plan and where it stands today.
type PlanStep struct {
	decision.Milestone
	Name     string             `json:"name" doc:"of the party"`
	State    decision.StepState `json:"state" doc:"WAITING, READY, OVERDUE or DONE"`
	DoneAt   int64              `json:"done_at,omitempty" doc:"claimed time of the report, ms UTC"`
	Shown    string             `json:"shown,omitempty" doc:"what the report says shows it"`
	Evidence string             `json:"evidence,omitempty"`
}

// EffectState is a cell an agreement fixes and whether it does so today.
type EffectState struct {
	decision.Effect
	Name    string `json:"name" doc:"of the party"`
	Acts    bool   `json:"acts" doc:"the agreement is final and not over, and holds in the cell: later matches count it"`
	Pending bool   `json:"pending,omitempty" doc:"one reconfirmation is due: another agreement in force fixes the same cell, or the figures were materially revised since"`
	// Due is the last day to reconfirm, of a pending effect; Why says what another agreement does to it and what happens by itself.
	Due calendar.Date `json:"due,omitzero"`
	Why string        `json:"why,omitempty"`
}

// Signer is an officer's key that may sign.
type Signer struct {
	Key   string  `json:"key" doc:"hex"`
	Role  string  `json:"role"`
	Limit *Amount `json:"limit,omitempty"`
}

// AgreementSignRequest hands in a signature.
type AgreementSignRequest struct {
	AgreementQuery
	Signed []byte `json:"signed" doc:"canonical decision.SignedRole"`
}
