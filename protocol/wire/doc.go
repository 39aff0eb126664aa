// Package wire is what two nodes say to each other: protocol IDs, frames, messages, hints, and the bounds of all of them.
//
// A stream carries frames, read and written by [ReadMessage] and [WriteMessage]: a length and one canonical CBOR item. Every message
// has a Check; a message that came through [Decode] has passed it. [HeldOf] and [Gather] turn a feed log into the two
// messages of the sync protocol, [Deep] fixes the order in which the blocks of a document travel, [SealHint] and [OpenHint] make and
// read the hints of a channel.
//
// Guarantees: no message is larger than its bound, no decoder takes memory that the sender has not paid for in bytes, and what is
// accepted encodes to the same bytes again. Nothing here reads a clock, randomness or the network.
package wire

// Protocol IDs. A node speaks this version and the one before.
const (
	PairID   = "/kontor/pair/1.0.0"
	SyncID   = "/kontor/sync/1.0.0"
	BlocksID = "/kontor/blocks/1.0.0"
	TreeID   = "/kontor/tree/1.0.0"
	LinesID  = "/kontor/lines/1.0.0"
)

// UserAgent is the same for every node, so that it tells nothing about one.
const UserAgent = "kontor/1"
