package partnership

import (
	"errors"
	"fmt"
)

// Codes of a [PairError]. They cross the wire and the local API.
const (
	CodeToken     = "PAIR-01" // no invitation, or one of an unknown version
	CodeAltered   = "PAIR-02" // an invitation that was altered on its way
	CodeExpired   = "PAIR-03" // the invitation has expired
	CodeUsed      = "PAIR-04" // both have signed; the invitation is used up
	CodeBound     = "PAIR-05" // another company has proved this invitation's secret before
	CodeSecret    = "PAIR-06" // the other side does not prove the secret
	CodeNode      = "PAIR-07" // the other side does not prove its node key
	CodeIdentity  = "PAIR-08" // the identity chain does not hold, or does not certify the keys in use
	CodeProposal  = "PAIR-09" // the two proposals do not make one genesis
	CodeSignature = "PAIR-10" // the other side's first entry does not sign this genesis
	CodeWords     = "PAIR-11" // a person said that the words differ
	CodeTurn      = "PAIR-12" // a message out of turn or out of bounds
	CodeWithdrawn = "PAIR-13" // the invitation was withdrawn, or is unknown
	CodeSelf      = "PAIR-14" // a company invites itself
)

// PairSentences says what each code means and what to do.
var PairSentences = map[string]string{
	CodeToken:     "this is no invitation that this program can read",
	CodeAltered:   "the invitation was altered on its way: ask for it again and copy all of it",
	CodeExpired:   "the invitation has expired: ask for a new one",
	CodeUsed:      "the invitation has been used: ask for a new one",
	CodeBound:     "another company has used this invitation: the inviter must withdraw it and ask where it went",
	CodeSecret:    "the other side does not know the secret of this invitation: break off and ask for a new one",
	CodeNode:      "the other side does not hold the node key it names: break off",
	CodeIdentity:  "the other side's identity chain does not hold: compare fingerprints by telephone",
	CodeProposal:  "the two sides understand the proposal differently: ask for a new invitation",
	CodeSignature: "the other side's signature does not fit this partnership: compare the clocks, then try again",
	CodeWords:     "the words differ: somebody stands between the two companies; withdraw the invitation",
	CodeTurn:      "the other side does not keep to the dialogue: it may run another version",
	CodeWithdrawn: "the invitation is not open: ask for a new one",
	CodeSelf:      "this company made the invitation: the other company accepts it",
}

// PairError is why a pairing can't go on.
type PairError struct {
	Code  string
	Text  string
	Cause error
}

func (e *PairError) Error() string {
	s := e.Code + ": " + e.Text
	if e.Cause != nil {
		s += ": " + e.Cause.Error()
	}
	return s
}

// Unwrap gives the cause.
func (e *PairError) Unwrap() error { return e.Cause }

func pairErr(code string, cause error, format string, args ...any) *PairError {
	return &PairError{Code: code, Text: fmt.Sprintf(format, args...), Cause: cause}
}

// ErrRestart says that the inviter has lost a dialogue that this side had begun and not signed. Both begin again with fresh
// numbers, and people compare fresh words.
var ErrRestart = errors.New("the inviter begins the dialogue anew")
