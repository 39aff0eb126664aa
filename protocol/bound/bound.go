// Package bound names the limits of PROTOCOL 9, so that whoever refuses something beyond one can say which, and whoever counts refusals can tell.
//
// An error says it by a method Exceeds; [Errorf] makes one that does, [Of] finds it anywhere below an error. The limits themselves stand as constants
// beside the code that keeps them; the table with their values is node.Bounds.
package bound

import (
	"errors"
	"fmt"
)

// The limits. The names are labels of metrics: they never change their meaning.
const (
	EntryHeader   = "entry_header"
	Block         = "block"
	Artifact      = "artifact"
	Depth         = "cbor_depth"
	Map           = "cbor_map"
	Array         = "cbor_array"
	Text          = "text"
	Hint          = "hint"
	HintRate      = "hint_rate"
	Frame         = "frame"
	SyncBatch     = "sync_batch"
	Streams       = "streams"
	StreamIdle    = "stream_idle"
	Handshake     = "handshake"
	Partners      = "partners"
	Invitations   = "invitations"
	Officers      = "officers"
	Mandates      = "mandates"
	PolicyDepth   = "policy_depth"
	PolicyNodes   = "policy_nodes"
	Rounds        = "rounds"
	IdentityEntry = "identity_entry"
	IdentityChain = "identity_chain"
	Tail          = "tail"
)

// All lists the limits in the order of PROTOCOL 9.
var All = []string{EntryHeader, Block, Artifact, Depth, Map, Array, Text, Hint, HintRate, Frame, SyncBatch, Streams, StreamIdle, Handshake,
	Partners, Invitations, Officers, Mandates, PolicyDepth, PolicyNodes, Rounds, IdentityEntry, IdentityChain, Tail}

// Exceeder is an error that may know which limit was exceeded; empty where it is another matter.
type Exceeder interface {
	error
	Exceeds() string
}

// exceeded is a sentence about a limit.
type exceeded struct {
	name string
	text string
}

func (e *exceeded) Error() string   { return e.text }
func (e *exceeded) Exceeds() string { return e.name }

var _ Exceeder = (*exceeded)(nil)

// Errorf is an error that says, in its own words, that a limit was exceeded.
func Errorf(name, format string, args ...any) error {
	return &exceeded{name, fmt.Sprintf(format, args...)}
}

// Of is the limit that an error is about, at the outermost place that names one; empty when none does.
func Of(err error) string {
	for err != nil {
		if e, ok := err.(Exceeder); ok && e.Exceeds() != "" {
			return e.Exceeds()
		}
		if many, ok := err.(interface{ Unwrap() []error }); ok {
			for _, one := range many.Unwrap() {
				if name := Of(one); name != "" {
					return name
				}
			}
			return ""
		}
		err = errors.Unwrap(err)
	}
	return ""
}
