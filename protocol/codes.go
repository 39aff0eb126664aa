package protocol

import (
	"strings"

	"kontor/protocol/decision"
)

// Codes of the rules that belong to no single noun. A noun's own codes stand in its package.
const (
	codeUnsigned       = "PARTNERSHIP-01"
	codeEnded          = "PARTNERSHIP-02"
	codeSuspended      = "PARTNERSHIP-03"
	codeForked         = "PARTNERSHIP-04"
	codeSignedTwice    = "PARTNERSHIP-05"
	codeSideBranch     = "PARTNERSHIP-06"
	codeSuspensions    = "PARTNERSHIP-07"
	codeWithdrawn      = "PARTNERSHIP-08"
	codeTooFar         = "PARTNERSHIP-09"
	codeRuleset        = "RULESET-01"
	codeResumeMembers  = "RESUME-01"
	codeResumeHead     = "RESUME-02"
	codeNoFork         = "FORK-01"
	codeForkKept       = "FORK-02"
	codeForkMain       = "FORK-03"
	codeForkOther      = "FORK-04"
	codeForkResolved   = "FORK-05"
	codeForkBranch     = "FORK-06"
	codeCircleGenesis  = "CIRCLE-01"
	codeCircleMembers  = "CIRCLE-02"
	codeCircleNode     = "CIRCLE-03"
	codeCircleKnown    = "CIRCLE-04"
	codeCircleFounder  = "CIRCLE-05"
	codeCircleMany     = "CIRCLE-06"
	codeCircleExpires  = "CIRCLE-07"
	codeCircleNone     = "CIRCLE-08"
	codeCircleClosed   = "CIRCLE-09"
	codeBody           = "BODY-01"
	codeScopeKind      = "SCOPE-01"
	codeScopeWide      = "SCOPE-02"
	codeScopeForm      = "SCOPE-03"
	codeScopePurpose   = "SCOPE-04"
	codeRevision       = "SERIES-01"
	codeSuperseded     = "SERIES-02"
	codeNotInForce     = "LIFE-01"
	codeCause          = "LIFE-02"
	codeUntil          = "LIFE-03"
	codeWindowTaken    = "SERIES-03"
	codeWindowClosed   = "SERIES-04"
	codeRoleKey        = "KEY-01"
	codeRoleSignature  = "KEY-02"
	codeLimit          = "KEY-03"
	codeTwice          = "AGREEMENT-34"
	codeMandate        = "MANDATE-01"
	codeMandateScope   = "MANDATE-02"
	codeMandateLimit   = "MANDATE-03"
	codeMandateTime    = "MANDATE-04"
	codeMandateKnown   = "MANDATE-05"
	codeMandateMany    = "MANDATE-06"
	codeMandateKey     = "MANDATE-07"
	codeClosed         = "EXCEPTION-01"
	codeAnswerSigned   = "ANSWER-30"
	codeNoRecord       = "RECORD-01"
	codeCommitment     = "COMMITMENT-01"
	codeNoTopic        = "TOPIC-30"
	codeTopicOpen      = "TOPIC-31"
	codePolicy         = "AGREEMENT-33"
	codeNoRound        = "AGREEMENT-30"
	codeTerms          = "AGREEMENT-37"
	codeSupersedes     = "AGREEMENT-38"
	codeReconfirm      = "AGREEMENT-39"
	codeAmends         = "TOPIC-32"
	codeNotFinal       = "MILESTONE-01"
	codeMilestone      = "MILESTONE-02"
	codeMilestoneWaits = "MILESTONE-03"
	codeMilestoneDone  = "MILESTONE-04"
	codeProof          = "MILESTONE-05"
	codeAttachment     = "ATTACHMENT-01"
)

// Sentences says what each code means and, where there is one, what to do.
var Sentences = map[string]string{
	codeUnsigned:       "the partnership is not signed by all members yet",
	codeEnded:          "the partnership has ended",
	codeSuspended:      "the partnership is suspended: nothing new can bind until the suspension is lifted",
	codeForked:         "a member wrote two histories: nothing can bind until officers of all members have signed how it is resolved: kontor partner fork",
	codeSignedTwice:    "the member has signed the partnership already",
	codeSideBranch:     "the entry stands on the second history of its author: nobody relied on it first",
	codeSuspensions:    "the partnership was suspended and taken up too often: end it, or go on",
	codeWithdrawn:      "a member withdrew before all had signed: the circle never came about",
	codeTooFar:         "this company wrote two histories and stands 1,024 entries past the fork: nothing more is written until the fork is resolved",
	codeRuleset:        "the rule set is not newer than the one in force, or than the one the member has taken up",
	codeResumeMembers:  "the resumption names others than writing members of this partnership, or its signer is none of those that remain",
	codeResumeHead:     "the resumption's head is not the newest entry of that feed that its signer holds",
	codeNoFork:         "the resolution names no place at which its member wrote two entries, as far as this entry's place goes",
	codeForkKept:       "an entry that the resolution keeps is not a later entry of one of the branches, or stands after this entry: write something else first",
	codeForkMain:       "the branch that counts is none of the fork's",
	codeForkOther:      "the company's officers sign another resolution of this fork already",
	codeForkResolved:   "the fork is resolved",
	codeForkBranch:     "the member that forked signs on the branch from which its feed goes on",
	codeCircleGenesis:  "the genesis of the circle proposed does not decode, has fewer than three members, or can't found a partnership",
	codeCircleMembers:  "a circle is proposed in the partnership of two of its members, and there alone",
	codeCircleNode:     "the circle names another node key of the proposer or the receiver than their identities certify",
	codeCircleKnown:    "the circle is proposed here already",
	codeCircleFounder:  "the founder named is not the proposal's author",
	codeCircleMany:     "64 circles are open in this partnership, or 1024 were ever proposed: no more may be",
	codeCircleExpires:  "a proposed circle can be joined for 90 days at most, and for some time",
	codeCircleNone:     "no such circle is proposed in this partnership",
	codeCircleClosed:   "the circle was withdrawn or declined before",
	codeBody:           "the body does not decode as a document of this kind",
	codeScopeKind:      "no scope lets this role share artifacts of this kind",
	codeScopeWide:      "the scope names products or regions that the invitation did not grant: what both signed can be narrowed, not widened by one",
	codeScopeForm:      "a list of the scope is too long, holds what is no name, or its grain is no ladder of rising horizons",
	codeScopePurpose:   "the artifact is for roles or a purpose that its author's scope does not name",
	codeRevision:       "the revision does not follow the one in force: share again on top of it",
	codeSuperseded:     "the artifact answered has been superseded: answer the version in force",
	codeNotInForce:     "only its author can say this of an artifact, and only of a version in force",
	codeCause:          "the cause of a withdrawal is on no list, or its note is too long or not plain text",
	codeUntil:          "an artifact is reaffirmed until a time after the entry's own and at most 400 days after it",
	codeWindowTaken:    "the company reports this window under another series already: revise that report",
	codeWindowClosed:   "every side has closed the window, or the terms' days for it are over: what is found later is a matter of a dispute or of the next window",
	codeRoleKey:        "the key is not in force for its company at this entry",
	codeRoleSignature:  "the officer's or desk's signature does not verify over these bytes",
	codeLimit:          "the amount is above the officer's commitment limit",
	codeTwice:          "this key or person has signed already",
	codeMandate:        "no mandate in force covers this key: ask an officer for one",
	codeMandateScope:   "the mandate does not cover this kind of act or this product",
	codeMandateLimit:   "the value is above the mandate's limit: it goes to an officer",
	codeMandateTime:    "the mandate is not valid at the time of this entry",
	codeMandateKnown:   "a mandate for this key exists already",
	codeMandateMany:    "the company has 64 mandates in force here: revoke one first",
	codeMandateKey:     "the key is one of the company's own: a desk acts with a key of its own",
	codeClosed:         "the exception is closed already",
	codeAnswerSigned:   "this answer is signed for already",
	codeNoRecord:       "the record to countersign does not exist or is one's own",
	codeCommitment:     "the commitment's root is not 32 bytes",
	codeNoTopic:        "no such topic is open in this partnership",
	codeTopicOpen:      "a topic about this exception is open already: go on with that one",
	codePolicy:         "a party's quorum is not the one in force when the topic was opened",
	codeTerms:          "the terms that the document would put in force are not the newest that the party named has shared here",
	codeNoRound:        "no signing round is open for this document",
	codeSupersedes:     "the document takes the place of what is no final agreement of this partnership, or leaves out a party of it",
	codeReconfirm:      "the document is not final, the company is no party of it, or has reconfirmed it already",
	codeAmends:         "the topic is about an agreement that is not final in this partnership",
	codeNotFinal:       "milestones are of agreements that are final",
	codeMilestone:      "the plan has no such milestone, or it is another party's to report",
	codeMilestoneWaits: "the milestone waits for others that are not reported done",
	codeMilestoneDone:  "the milestone is reported done already",
	codeProof:          "a report says in 1 to 500 bytes of plain text what shows that the step is done",
	codeAttachment:     "the attachment does not open as a sheet",
}

// Sentence says what a code means to people, of the fold or of package decision; "" where nothing is known of it, or where it speaks for itself.
func Sentence(code string) string {
	// A noun's finding arrives as "CODE path: text" and speaks for itself.
	if i := strings.IndexByte(code, ' '); i > 0 {
		return ""
	}
	if text := Sentences[code]; text != "" {
		return text
	}
	return decision.Means[code]
}
