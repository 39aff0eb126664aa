package wire

import (
	"kontor/protocol/block"
	"kontor/protocol/feed"
)

// Bounds of PROTOCOL 9, in bytes or counts. A peer that goes beyond one is answered with a fault and loses the stream.
const (
	// MaxFrame is the largest frame: one block, or one message with all it carries.
	MaxFrame = block.MaxBlock
	// MaxAsk bounds what a requester sends: heads and identity lengths of sixteen members fit four times over.
	MaxAsk = 16 << 10
	// MaxPairFrame bounds the messages of a pairing, which come from a peer that has proved little yet.
	MaxPairFrame = 16 << 10
	// MaxBatchEntries and MaxBatchBytes bound one answer of the sync protocol; the rest of a frame is for heads and field names.
	MaxBatchEntries = 256
	MaxBatchBytes   = MaxFrame - 64<<10
	// MaxBatchIdentities bounds the identity entries of one answer.
	MaxBatchIdentities = 1024
	// MaxInlineBlock is the largest block that travels with the entry that needs it; larger ones are asked for by path.
	MaxInlineBlock = 32 << 10
	// MaxInlineBody is the largest body, all blocks together, that travels with its entry.
	MaxInlineBody = 256 << 10
	// MaxBatchBlocks bounds the inline blocks of one answer.
	MaxBatchBlocks = 1024
	// MaxHeads bounds the heads of one message: one a member, and for a member that forked the ends of its branches.
	MaxHeads = feed.MaxEnds * feed.MaxMembers
	// MaxPath bounds a path of link indexes; a sheet has three levels.
	MaxPath = 8
	// MaxDeepBlocks and MaxDeepBytes bound one walk over the blocks of a document.
	MaxDeepBlocks = 1 << 17
	MaxDeepBytes  = block.MaxSheet
	// MaxFrom bounds the earlier bodies against which a requester would take a patch.
	MaxFrom = 8
	// MaxTreePath is the deepest place of a state tree, in nibbles.
	MaxTreePath = 64
	// MaxFaultText bounds the sentence of a fault.
	MaxFaultText = 512
	// MaxFaultCode bounds the code of a fault.
	MaxFaultCode = 64
	// MaxHint is the largest hint on a channel.
	MaxHint = 512
	// HintRate and HintBurst bound the hints taken from one peer, per second.
	HintRate  = 10
	HintBurst = 50
	// MaxStreams is the number of streams a peer may have open.
	MaxStreams = 16
	// StreamIdle and HandshakeLimit are in milliseconds: how long a stream may be silent, and how long its first message may take.
	StreamIdle     = 60_000
	HandshakeLimit = 10_000
	// WaitLimit is how long, in milliseconds, a responder holds an ask that waits for news before it answers that there are none.
	// It is well below StreamIdle, so that a waiting stream never looks idle.
	WaitLimit = 25_000
	// MaxPartners and MaxInvitations bound what a node admits at all.
	MaxPartners    = 256
	MaxInvitations = 16
)
