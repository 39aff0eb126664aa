package feed

import (
	"errors"
	"fmt"

	"kontor/protocol/block"
	"kontor/protocol/bound"
)

// Codes of entry verdicts. An entry that fails one stores nothing and ends the stream that brought it.
const (
	CodeTooLarge  = "ENTRY_TOO_LARGE"
	CodeMalformed = "ENTRY_MALFORMED"
	CodeForeign   = "ENTRY_FOREIGN"
	CodeStranger  = "ENTRY_STRANGER"
	CodeNoKey     = "ENTRY_NO_KEY"
	CodeSignature = "ENTRY_SIGNATURE"
	CodePrev      = "ENTRY_PREV"
	CodeSeq       = "ENTRY_SEQ"
	CodeSeen      = "ENTRY_SEEN"
	CodeLam       = "ENTRY_LAM"
	CodeTime      = "ENTRY_TIME"
	CodeIDHead    = "ENTRY_ID_HEAD"
	CodeFeat      = "ENTRY_FEAT"
	CodeKind      = "ENTRY_KIND"
	CodeBody      = "ENTRY_BODY"
)

// Codes lists every entry verdict, for the documentation and its test.
var Codes = []string{CodeTooLarge, CodeMalformed, CodeForeign, CodeStranger, CodeNoKey, CodeSignature, CodePrev, CodeSeq, CodeSeen,
	CodeLam, CodeTime, CodeIDHead, CodeFeat, CodeKind, CodeBody}

// Error is an entry verdict.
type Error struct {
	Code  string
	Text  string
	Cause error
}

func (e *Error) Error() string {
	if e.Cause != nil {
		return fmt.Sprintf("%s: %s: %v", e.Code, e.Text, e.Cause)
	}
	return e.Code + ": " + e.Text
}

// Unwrap gives the cause.
func (e *Error) Unwrap() error { return e.Cause }

var _ bound.Exceeder = (*Error)(nil)

// Exceeds names the limit of PROTOCOL 9 that was exceeded; empty where it is another matter.
func (e *Error) Exceeds() string {
	if e.Code == CodeTooLarge {
		return bound.EntryHeader
	}
	return ""
}

// Refuse makes an entry verdict.
func Refuse(code, format string, args ...any) *Error {
	return &Error{Code: code, Text: fmt.Sprintf(format, args...)}
}

// Missing says that an entry can't be judged before something else is held. It is no verdict: the caller fetches it and tries again.
type Missing struct {
	What string // "entry", "identity" or "body"
	CID  block.CID
}

func (m *Missing) Error() string { return fmt.Sprintf("%s %s is not held yet", m.What, m.CID.Short()) }

// ErrParked says that an entry claims a time ahead of the receiver's clock and waits until then.
var ErrParked = errors.New("entry claims a time ahead of this clock and is parked until then")
