// Package protocol is where the nouns meet: the table of entry kinds, the fold that turns admitted entries into rows,
// and the commands that turn a decision at home into the next entry.
//
// A [Replica] is one company's copy of one partnership inside one storage transaction. [Replica.Receive] admits what a partner sent,
// [Replica.Write] writes the company's own next entry; both fold, settle and compare roots through the same code. [Views] read rows.
//
// Guarantees: the same set of entries gives the same rows on every node; a local command that the fold would refuse is never
// written; nothing here knows a clock, randomness, disk or network.
package protocol

import (
	"kontor/protocol/block"
	"kontor/protocol/decision"
	"kontor/protocol/feed"
	"kontor/protocol/identity"
	"kontor/protocol/partnership"
	"kontor/protocol/state"
)

// Kinds of entries. A kind that writes rows is critical: a node that does not know it halts that feed.
const (
	KindSign           = "partnership.sign"
	KindSuspend        = "partnership.suspend"
	KindEnd            = "partnership.end"
	KindCircle         = "circle.propose"
	KindCircleClose    = "circle.close"
	KindReceipt        = "receipt"
	KindHeartbeat      = "heartbeat"
	KindCommitment     = "commitment"
	KindAttachment     = "attachment"
	KindForecast       = "forecast"
	KindCapacity       = "capacity"
	KindAnswer         = "answer"
	KindAnswerSign     = "answer.sign"
	KindCampaign       = "campaign"
	KindQuality        = "quality"
	KindWithdraw       = "artifact.withdraw"
	KindReaffirm       = "artifact.reaffirm"
	KindTerms          = "terms"
	KindPerformance    = "performance"
	KindProduct        = "product"
	KindScope          = "scope.set"
	KindRequest        = "request"
	KindReply          = "request.reply"
	KindMandateGrant   = "mandate.grant"
	KindMandateRevoke  = "mandate.revoke"
	KindExceptionClose = "exception.close"
	KindTopic          = "topic"
	KindRecord         = "record"
	KindDraft          = "agreement.draft"
	KindSignature      = "agreement.sign"
	KindLapse          = "agreement.lapse"
	KindResolve        = "agreement.resolve"
	KindAbort          = "agreement.abort"
	KindMilestone      = "agreement.milestone"
	KindReconfirm      = "agreement.reconfirm"
	KindMinutes        = "minutes"
	KindMinutesAnswer  = "minutes.answer"
	KindRemedy         = "remedy"
	KindDispute        = "dispute"
	KindForkResolve    = "fork.resolve"
	KindRuleset        = "ruleset"
	KindResume         = "feed.resume"
)

// bodyForm says what an entry of a kind carries.
type bodyForm int

const (
	noBody       bodyForm = iota
	documentBody          // one block
	sheetBody             // a root block with chunks below it
)

// kind is one row of the table.
type kind struct {
	form     bodyForm
	critical bool
	// binding kinds bind their author; they freeze while a fork is unresolved and after the partnership was suspended.
	binding bool
	// housekeeping kinds cause no receipts, commitments or screens.
	housekeeping bool
	// commutes: what the rules do depends on the entry and on rows alone, so that one that comes late need not take back what stands after it.
	commutes bool
	// winds: it winds up what is open, and so counts after the partnership has ended.
	winds bool
	// apply folds the entry. It returns the codes that refuse it, having written nothing, or nil. Nil where a kind writes no rows.
	apply func(*fold) ([]string, error)
}

// fold is what the business rules of one entry may read and write.
type fold struct {
	replica *Replica
	entry   feed.Entry
	genesis *partnership.Genesis
	author  partnership.Member
	view    identity.View // the author's identity as the entry names it
	body    []byte
	rows    state.Rows
	side    *block.CID // the branch it stands on, where that is not the one that counts
	// noTopics: no topic is active, as far as this entry has looked.
	noTopics bool

	// What the kind's rules found out for the hooks that every entry passes: role signatures it carries by document, the artifact it
	// replaces and what that may be material to, and its word on a round.
	signatures map[block.CID][]decision.SignatureFact
	replaces   *block.CID
	withdrawn  bool // replaces is taken back, and nothing stands in its place
	revised    *revision
	word       *roundWord
	// owing: something beside time may let SLA windows open or be evaluated.
	owing bool
	// ruled: an agreement stands or falls by the end of a dispute, whatever becomes of the entry's own act.
	ruled bool
}

// block reads a block of this partnership below the entry's body.
func (f *fold) block(id block.CID) ([]byte, error) { return f.replica.Block(id) }

// FeatureLevel is the capability level this program writes into its entries.
const FeatureLevel = 1

// Known tells whether this program knows a kind.
func Known(kindName string) bool { _, known := kinds[kindName]; return known }

// CarriesSheet tells whether the body of a kind is a sheet: a root with everything below it, where other bodies are one block.
func CarriesSheet(kindName string) bool { return kinds[kindName].form == sheetBody }
