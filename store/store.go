// Package store keeps the records of a Kontor node on disk: Open gives a DB,
// the durable kv.Store on Badger, encrypted at rest; OpenHighWater gives the
// small file beside it that outlives a restored database; DB.Backup and Restore
// move a database elsewhere.
//
// An Update that returned nil survives a killed process and, as far as the
// disk tells the truth about fsync, a power cut. An operation that can't be
// done safely is refused with an *Error whose code is stable and whose text
// says what to do; refusals at Open leave the directory as it was. LAYOUT.md
// shows what lies on disk.
//
// This package knows nothing of what the records mean. It is the only one,
// with node, that touches the disk.
package store

import "kontor/store/kv"

// The contract, under the names callers use.
type (
	KV    = kv.KV
	Store = kv.Store
	Error = kv.Error
)

// Schema is the version of the layout this program reads and writes; see the
// Changes section of LAYOUT.md.
const Schema = 2

var _ Store = (*DB)(nil)
