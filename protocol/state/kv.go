// Package state keeps what two companies believe: rows, computed from feed entries.
//
// A [Machine] folds entries into rows in the one order all members share, undoes and
// replays the tail when a partner's entry arrives late, and moves rows below the settled
// line into a Merkle tree whose root every member can compare. [Bisect] names the first row on which
// two trees differ.
//
// Guarantees: the same set of entries gives the same rows and the same root, in whatever order they
// arrived; the cost of a late entry is linear in the entries that stand after it, and small where it meets none of them.
// The package is pure: it writes only through the transaction it is given.
package state

// KV is an ordered key-value transaction. One byte, the table, separates kinds of records; keys sort bytewise
// inside a table. Implementations return values that the caller may keep, and a scan sees what the
// same transaction wrote before. Neither side may assume anything about order across tables.
type KV interface {
	// Get returns the value of key, and whether there is one.
	Get(table byte, key []byte) (value []byte, found bool, err error)
	// Put sets the value of key.
	Put(table byte, key, value []byte) error
	// Delete removes key; removing an absent key is no error.
	Delete(table byte, key []byte) error
	// Scan visits, ascending, the keys that begin with prefix and are at or after from.
	Scan(table byte, prefix, from []byte, fn func(key, value []byte) (more bool, err error)) error
	// ScanReverse visits, descending, the keys that begin with prefix and are at or before from (nil: from the end).
	ScanReverse(table byte, prefix, from []byte, fn func(key, value []byte) (more bool, err error)) error
}

// The tables of a node's database. Their keys are described in store/LAYOUT.md.
const (
	TableEntries  byte = 'e' // feed entries by partnership, author, seq
	TableOrder    byte = 'o' // entry order by partnership: lam, author, seq, CID
	TableIndex    byte = 'i' // where an entry stands, by its CID
	TableRows     byte = 'r' // rows at the tip of the fold
	TableChanges  byte = 'c' // what each entry above the settled line changed
	TableTree     byte = 'm' // Merkle nodes and roots over settled rows
	TableBlocks   byte = 'b' // blocks by partnership
	TableIdentity byte = 'n' // identity chains by company
	TablePrivate  byte = 'p' // the company's own rows, never sent
	TableCommands byte = 'k' // results of local commands, by command ID
	TableMeta     byte = 'z' // one record per fact about the database
)
