// Package block turns values into canonical bytes and bytes back into verified values.
//
// A block is one canonical DAG-CBOR item of at most 1 MiB and is named by its CID. Most callers need [Marshal],
// [Unmarshal] and [New]; a document too large for one block is a [Sheet] (a header and keyed rows), whose changes
// travel as a [Patch]; [WriteCAR] and [ReadCAR] carry blocks in a file.
//
// Words. A CID is the name of a block: the SHA-256 of its bytes, with the codec in front. A link is a CID inside a
// block (CBOR tag 42). A sheet is an artifact: its root block holds the header, its chunk blocks hold the rows. A
// salt is the 16 bytes in every block of a sheet that keep outsiders from guessing the content from the CID.
//
// Guarantees. One value has one encoding: what [Unmarshal] accepts, [Marshal] writes with the same bytes, and
// [Marshal] writes nothing that [Validate] refuses. Nothing here reads a clock, a random source, a file or the
// network. Every size that comes from outside is bounded by a constant of this package before memory is taken for it.
// All functions are safe for use by several goroutines at once.
package block

// Bounds of one block. A peer can send any bytes; these numbers are the most that one block can cost to read.
const (
	// MaxBlock is the largest block in bytes: one message of the block stream, one record of the store.
	MaxBlock = 1 << 20
	// MaxDepth is the deepest nesting of arrays and maps, so that readers may recurse. A link adds no depth.
	MaxDepth = 16
	// MaxMap is the largest number of pairs in one map: maps are for named fields, not for data.
	MaxMap = 4096
	// MaxArray is the largest number of elements in one array.
	MaxArray = 65536
	// MaxText is the longest text in bytes: what a person may still be asked to read.
	MaxText = 64 << 10
)
