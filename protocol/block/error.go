package block

import (
	"fmt"

	"kontor/protocol/bound"
)

// Codes of [Error]. They cross the wire and the local API, so a code never changes its meaning.
const (
	CodeTruncated  = "BLOCK-01" // the bytes end inside an item
	CodeTrailing   = "BLOCK-02" // bytes follow the one item of the block
	CodeTooLarge   = "BLOCK-03" // longer than MaxBlock
	CodeDepth      = "BLOCK-04" // nested deeper than MaxDepth
	CodeCount      = "BLOCK-05" // more pairs or elements than MaxMap, MaxArray
	CodeText       = "BLOCK-06" // text longer than MaxText or not UTF-8
	CodeMinimal    = "BLOCK-07" // a number or length not in its shortest form
	CodeIndefinite = "BLOCK-08" // indefinite length
	CodeRange      = "BLOCK-09" // an integer beyond int64
	CodeFloat      = "BLOCK-10" // a floating point number
	CodeSimple     = "BLOCK-11" // a simple value other than false, true and null
	CodeTag        = "BLOCK-12" // a tag other than 42
	CodeLink       = "BLOCK-13" // a link or CID of a kind not used here
	CodeKey        = "BLOCK-14" // a map key that is not text
	CodeOrder      = "BLOCK-15" // map keys out of order or twice
	CodeReserved   = "BLOCK-16" // a reserved CBOR form
	CodeShape      = "BLOCK-17" // canonical, but not of the expected type: unknown field, wrong kind of value
	CodeRoundTrip  = "BLOCK-18" // decodes, but is not what this type is written as
	CodeEncode     = "BLOCK-19" // the value has no canonical encoding
	CodeCID        = "BLOCK-20" // bytes that do not hash to their CID
	CodeSalt       = "BLOCK-21" // a salt that does not follow from the series key
	CodeSheet      = "BLOCK-22" // a sheet with rows, borders or counts out of rule
	CodeSheetSize  = "BLOCK-23" // a sheet beyond its bounds
	CodePatch      = "BLOCK-24" // a patch that does not fit its sheet
	CodeCAR        = "BLOCK-25" // a CAR file this package would not have written
	CodeMissing    = "BLOCK-26" // a block that was asked for is not there
)

// Error says why bytes or a value were refused.
type Error struct {
	Code   string // stable, one of the Code constants
	Offset int    // byte offset in the block where it shows, -1 where no single place does
	Text   string // one sentence, lower case
	Cause  error  // the error below, if any

	bound string // the limit of PROTOCOL 9 that was exceeded, if that is the matter
}

var _ bound.Exceeder = (*Error)(nil)

// Exceeds names the limit of PROTOCOL 9 that was exceeded; empty where it is another matter.
func (e *Error) Exceeds() string { return e.bound }

func (e *Error) Error() string {
	s := e.Code + ": " + e.Text
	if e.Offset >= 0 {
		s = fmt.Sprintf("%s at byte %d", s, e.Offset)
	}
	if e.Cause != nil {
		s += ": " + e.Cause.Error()
	}
	return s
}

// Unwrap returns the error below.
func (e *Error) Unwrap() error { return e.Cause }

// whole is an error about a block or sheet as a whole.
func whole(code, format string, args ...any) *Error {
	return &Error{Code: code, Offset: -1, Text: fmt.Sprintf(format, args...)}
}
