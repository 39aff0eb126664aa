// Package kv is the contract between a Kontor node and whatever keeps its
// records: the ordered transaction KV, the Store that runs transactions, and
// the coded Error both speak.
//
// Callers need Store and KV. Two stores exist: the durable one in package
// store and the one in package store/memory that tests and simulations use;
// both pass the suite in package store/storetest.
//
// The guarantees of a Store: an Update is atomic and durable when it returns
// nil, Updates happen one after the other, a View sees one moment, and a value
// handed out belongs to the caller.
package kv

// The bounds every store enforces, so that a program that runs on the
// in-memory store also runs on the durable one.
const (
	// MaxKeyBytes bounds one key. Keys are short by design (CIDs of 36 bytes,
	// feed positions); a longer one is a mistake of the caller.
	MaxKeyBytes = 1024

	// MaxValueBytes bounds one value. The largest record of the protocol is a
	// block of 1 MiB; the rest is room for a caller's own records.
	MaxValueBytes = 8 << 20

	// SmallValueBytes divides values: shorter ones lie in the sorted tables
	// beside their keys, longer ones in the value log with a pointer of
	// PointerBytes beside the key. The value log is synced for itself, so that
	// what most entries carry, a document of one or two KiB, is small; the
	// chunks of large artifacts, which a compaction should not copy, are not.
	SmallValueBytes = 4 << 10

	// PointerBytes is what a value of SmallValueBytes or more counts towards
	// MaxUpdateBytes.
	PointerBytes = 16

	// MaxUpdateBytes bounds the keys and small values of one Update. It is
	// what the durable store can commit in one synced transaction: 15 % of its
	// memory table, less the overhead of MaxUpdateKeys records.
	MaxUpdateBytes = 3 << 20

	// MaxUpdateKeys bounds the different keys one Update writes.
	MaxUpdateKeys = 10_000

	// MaxUpdateTotalBytes bounds the keys and all values, small or not, of one
	// Update; they wait in memory until the commit. Larger fills go through
	// Bulk.
	MaxUpdateTotalBytes = 32 << 20
)

// KV is an ordered key-value transaction.
//
// A table is one byte, 'a' to 'z', that separates kinds of records; keys sort
// bytewise inside a table and may be empty. Keys and values handed in may be
// changed by the caller afterwards; those handed out are the caller's to keep
// and change.
//
// A KV is valid inside the function it was given to, on that goroutine only;
// afterwards every method fails with CodeEnded.
type KV interface {
	// Get returns the value of key. found tells an absent key from an empty
	// value.
	Get(table byte, key []byte) (value []byte, found bool, err error)

	// Put sets the value of key. It fails inside a View and beyond the bounds
	// of this package.
	Put(table byte, key, value []byte) error

	// Delete removes key; removing an absent key is no error.
	Delete(table byte, key []byte) error

	// Scan calls fn for the keys that begin with prefix and are not below
	// from, ascending, until fn returns more == false or an error, which Scan
	// returns. It sees what this transaction wrote before the scan began, and
	// not what fn writes.
	Scan(table byte, prefix, from []byte, fn func(key, value []byte) (more bool, err error)) error

	// ScanReverse is Scan downwards: keys that begin with prefix and are not
	// above from. A nil from means the end of the prefix.
	ScanReverse(table byte, prefix, from []byte, fn func(key, value []byte) (more bool, err error)) error
}

// Store runs transactions.
type Store interface {
	// View runs fn over the state of one moment. fn must be short: a view that
	// stays open keeps old versions on disk.
	View(fn func(KV) error) error

	// Update runs fn and commits what it wrote: all of it, durable, when
	// Update returns nil; nothing when fn returns an error. Updates run one
	// after the other, each seeing all before it; concurrent callers share one
	// synced commit. fn must not call Update of the same store.
	//
	// An error of CodeIO or CodeCrashed leaves open whether the writes were
	// kept; the store then refuses further writes until it is opened again.
	Update(fn func(KV) error) error

	// Bulk stores many records at once, durable when it returns nil. It is not
	// atomic: after an error or a crash any part may have been kept. It
	// overwrites blindly and must not touch keys that an Update running at the
	// same time writes. put may be called from the goroutine of fn only.
	Bulk(fn func(put func(table byte, key, value []byte) error) error) error

	// Close ends the store after running transactions have ended. A second
	// Close does nothing and returns nil.
	Close() error
}

// CheckKey says whether table and key may be used.
func CheckKey(table byte, key []byte) error {
	if table < 'a' || table > 'z' {
		return Errorf(CodeBadTable, "table %q is not a letter a to z; register one in store/LAYOUT.md", table)
	}
	if len(key) > MaxKeyBytes {
		return Errorf(CodeBadKey, "a key of %d bytes in table %q, the bound is %d; store a hash of it instead", len(key), table, MaxKeyBytes)
	}
	return nil
}

// CheckRecord says whether a record may be stored.
func CheckRecord(table byte, key, value []byte) error {
	if err := CheckKey(table, key); err != nil {
		return err
	}
	if len(value) > MaxValueBytes {
		return Errorf(CodeTooBig, "a value of %d bytes in table %q, the bound is %d; split it into blocks", len(value), table, MaxValueBytes)
	}
	return nil
}

// Budget counts what one Update writes against the bounds of this package.
// The zero value is an empty count.
type Budget struct {
	Keys  int // different keys
	Small int // bytes of keys, small values and pointers
	Total int // bytes of keys and values
}

// Cost is what one record of these lengths counts. A deletion is a value of
// length 0.
func Cost(keyBytes, valueBytes int) Budget {
	small := keyBytes + valueBytes
	if valueBytes >= SmallValueBytes {
		small = keyBytes + PointerBytes
	}
	return Budget{Keys: 1, Small: small, Total: keyBytes + valueBytes}
}

// Add returns b and c together.
func (b Budget) Add(c Budget) Budget {
	return Budget{b.Keys + c.Keys, b.Small + c.Small, b.Total + c.Total}
}

// Sub returns b without c.
func (b Budget) Sub(c Budget) Budget {
	return Budget{b.Keys - c.Keys, b.Small - c.Small, b.Total - c.Total}
}

// Fits says whether one Update may write this much.
func (b Budget) Fits() bool {
	return b.Keys <= MaxUpdateKeys && b.Small <= MaxUpdateBytes && b.Total <= MaxUpdateTotalBytes
}

// Check is Fits as an error of CodeTooBig.
func (b Budget) Check() error {
	if b.Fits() {
		return nil
	}
	return Errorf(CodeTooBig, "one update of %d keys, %d bytes of keys and small values, %d bytes in all; the bounds are %d, %d and %d: write blocks with Bulk first and split the rest",
		b.Keys, b.Small, b.Total, MaxUpdateKeys, MaxUpdateBytes, MaxUpdateTotalBytes)
}
