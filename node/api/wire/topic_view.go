package wire

import (
	"kontor/protocol/decision"
)

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
	Goals     []Goal                  `json:"goals" doc:"of this company: Local Vision is a change towards one of them"`
}

// Goals are what this company wants to reach, at most seven; the first is number 1.
type Goals struct {
	Goals []Goal `json:"goals"`
}

// Goal is one of them, with how it is measured.
type Goal struct {
	Text    string `json:"text" cbor:"text"`
	Measure string `json:"measure" cbor:"measure"`
}

// LastReason is the reason a role gave last on a lens.
type LastReason struct {
	Role   decision.Role `json:"role"`
	Lens   decision.Lens `json:"lens"`
	Points int64         `json:"points"`
	Reason string        `json:"reason"`
}
