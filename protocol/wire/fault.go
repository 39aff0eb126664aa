package wire

import (
	"errors"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"kontor/protocol/bound"
	"kontor/protocol/feed"
)

// Codes of a [Fault] beside the entry verdicts of package feed and the pairing codes of package partnership.
const (
	// CodeNotFound answers for what is unknown and for what this peer may not have: nobody can tell the two apart.
	CodeNotFound = "NOT_FOUND"
	// CodeMalformed is for a frame or message that is not well formed. Asking again is of no use.
	CodeMalformed = "MALFORMED"
	// CodeTooLarge is for a frame beyond its bound.
	CodeTooLarge = "TOO_LARGE"
	// CodeBusy is for a peer with too many streams or asks. Ask again later.
	CodeBusy = "BUSY"
	// CodeTooMany is for a peer to whom as many lines of a cell were opened as may be. People compare the rest.
	CodeTooMany = "TOO_MANY"
	// CodeEqual is for a line asked for where both sides have the same: there is nothing to open.
	CodeEqual = "EQUAL"
	// CodeUnavailable is for a node that can't answer now: it recovers, or its disk fails. Ask again later.
	CodeUnavailable = "UNAVAILABLE"
)

// Fault is a refusal as it crosses the wire, and the Go error it becomes on the other side. It ends the stream.
type Fault struct {
	Code string `cbor:"code"`
	Text string `cbor:"text"`

	exceeds string // the limit of PROTOCOL 9 that the peer exceeded here; it does not travel
}

var _ bound.Exceeder = (*Fault)(nil)

// Exceeds names the limit of PROTOCOL 9 that the peer exceeded; empty where it is another matter.
func (f *Fault) Exceeds() string { return f.exceeds }

// exceedsf is a fault about a limit.
func exceedsf(name, code, format string, args ...any) *Fault {
	f := Faultf(code, format, args...)
	f.exceeds = name
	return f
}

func (f *Fault) Error() string { return f.Code + ": " + f.Text }

// Check bounds a fault from outside: its code is upper case letters, digits, dashes and underscores.
func (f *Fault) Check() error {
	if f.Code == "" || len(f.Code) > MaxFaultCode || strings.Trim(f.Code, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_") != "" {
		return fmt.Errorf("fault code %q is no code", clip(f.Code, MaxFaultCode))
	}
	if len(f.Text) > MaxFaultText || strings.ContainsFunc(f.Text, unicode.IsControl) {
		return fmt.Errorf("fault text has %d bytes, of at most %d, or control characters, which end up on terminals", len(f.Text), MaxFaultText)
	}
	return nil
}

// Faultf makes a fault.
func Faultf(code, format string, args ...any) *Fault {
	return &Fault{Code: code, Text: clip(fmt.Sprintf(format, args...), MaxFaultText)}
}

// FaultOf is what of an error may be told to a peer: faults and entry verdicts as they are, everything else only as "unavailable",
// because paths and causes are nobody's business.
func FaultOf(err error) *Fault {
	var fault *Fault
	var verdict *feed.Error
	switch {
	case errors.As(err, &fault):
		return fault
	case errors.As(err, &verdict):
		return Faultf(verdict.Code, "%s", verdict.Text)
	}
	return Faultf(CodeUnavailable, "the node can't answer now")
}

// IsNotFound tells the one answer for unknown and not allowed.
func IsNotFound(err error) bool {
	var fault *Fault
	return errors.As(err, &fault) && fault.Code == CodeNotFound
}

// clip makes a text fit to be told: valid, without control characters, and no longer than its bound.
func clip(s string, most int) string {
	s = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return '?'
		}
		return r
	}, strings.ToValidUTF8(s, "?"))
	if len(s) <= most {
		return s
	}
	s = s[:most]
	for len(s) > 0 && !utf8.ValidString(s) {
		s = s[:len(s)-1]
	}
	return s
}
