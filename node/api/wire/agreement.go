package wire

import (
	"kontor/protocol/block"
	"kontor/protocol/calendar"
	"kontor/protocol/decision"
	"kontor/protocol/quantity"
)

// Routes of the officers about agreements, from the document to the last step of its plan.
var (
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
