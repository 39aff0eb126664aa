package decision

import "fmt"

// Cause is what moves a topic: an act of a party, or a fact of the fold.
type Cause string

// Facts of the fold that move topics; the verbs of acts are causes too.
const (
	ContextRevised Cause = "context revised" // a named artifact has a material revision or was withdrawn
	DeadlinePassed Cause = "deadline passed" // a party's feed passed the topic's deadline
	RoundFinal     Cause = "round final"
	RoundVoid      Cause = "round void"
	RoundContested Cause = "round contested"
	DisputeOpened  Cause = "dispute opened"
)

// Edge is one legal move.
type Edge struct {
	From  Status
	Cause Cause
	To    Status
	When  string // the condition, in words
}

// Edges are all legal moves between states. What is not here does not happen; an act that a state takes without
// leaving it is in acts below.
var Edges = []Edge{
	{Proposed, Cause(Join), InContext, "the last party joins"},
	{InContext, Cause(Ready), Scoring, "the last party declares its context complete"},
	{Scoring, Cause(Commit), Negotiation, "the last party commits to its scores"},
	{Scoring, Cause(Ready), Negotiation, "reconfirmed: every party's scores stand"},
	{Negotiation, Cause(AcceptOffer), Signing, "the last party accepts the newest offer"},
	{Signing, Cause(MakeOffer), Negotiation, "no role signature yet: a party reopens the talks"},

	{Scoring, ContextRevised, InContext, "scores are kept and marked old"},
	{Negotiation, ContextRevised, InContext, "scores are kept and marked old"},
	{Signing, ContextRevised, InContext, "no role signature yet"},

	{Proposed, Cause(Decline), Declined, ""},
	{InContext, Cause(Decline), Declined, ""},
	{Scoring, Cause(Decline), Declined, ""},
	{Negotiation, Cause(Decline), Declined, ""},
	{Signing, Cause(Decline), Declined, "no role signature yet"},

	{Proposed, Cause(Withdraw), Withdrawn, "by its author"},
	{InContext, Cause(Withdraw), Withdrawn, "by its author"},

	{Proposed, DeadlinePassed, Expired, ""},
	{InContext, DeadlinePassed, Expired, ""},
	{Scoring, DeadlinePassed, Expired, ""},
	{Negotiation, DeadlinePassed, Expired, ""},
	{Signing, DeadlinePassed, Expired, "no role signature yet; no document, or an acceptance the passing did not know"},

	{Signing, RoundFinal, Agreed, ""},
	{Signing, RoundVoid, Negotiation, "the topic's deadline lies ahead"},
	{Signing, RoundVoid, Expired, "the topic's deadline has passed"},
	{Signing, RoundContested, InContest, ""},
	{Agreed, RoundContested, InContest, "a lapse the acknowledgement did not precede, or a fork"},
	{InContest, RoundFinal, Agreed, "the witness resolves, or the dispute about it lets it stand"},
	{InContest, RoundVoid, Expired, "the witness aborts, a third party voids, or the dispute about it ends otherwise"},

	{Agreed, DisputeOpened, Disputed, ""},
	{InContest, DisputeOpened, Disputed, ""},
}

// acts says which acts each state takes.
var acts = map[Status][]Verb{
	Proposed:    {Join, Decline, Withdraw},
	InContext:   {AddContext, DropContext, AddOption, AddIssue, StateBasis, Ready, Decline, Withdraw},
	Scoring:     {Commit, Decline},
	Negotiation: {RevealScores, MakeOffer, AcceptOffer, Decline},
	Signing:     {RevealScores, MakeOffer, Decline},
}

// legal tells whether the table has the move.
func legal(from Status, cause Cause, to Status) bool {
	for _, e := range Edges {
		if e.From == from && e.Cause == cause && e.To == to {
			return true
		}
	}
	return false
}

// move changes the status along the table. Callers have checked the condition; a move off the table is a fault here.
func (t Topic) move(cause Cause, to Status, at Mark) Topic {
	if !legal(t.Status, cause, to) {
		panic(fmt.Sprintf("invariant: topic moves along its table, not from %s by %q to %s", t.Status, cause, to))
	}
	t.Status, t.Since = to, at
	return t
}

// Active tells whether a topic still waits for people.
func (s Status) Active() bool {
	switch s {
	case Proposed, InContext, Scoring, Negotiation, Signing:
		return true
	}
	return false
}
