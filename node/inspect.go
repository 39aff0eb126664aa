package node

import (
	"io"

	"kontor/protocol"
	"kontor/protocol/block"
	"kontor/store"
)

// This file answers the administration's questions about an office.

// Writable tells why nothing can be written now (a full disk, a failed one); nil when it can.
func (n *Node) Writable() error { return n.db.Writable() }

// StoreStats are the figures of the database and its disk.
func (n *Node) StoreStats() (store.Stats, error) { return n.db.Stats() }

// Mismatched is the first state root of a member that differed from ours; false when none did.
func (n *Node) Mismatched(pid block.CID) (protocol.Mismatch, bool) {
	n.mu.RLock()
	defer n.mu.RUnlock()
	m, found := n.mismatched[pid]
	return m, found
}

// Frozen tells whether a company's identity was seen with two histories.
func (n *Node) Frozen(company block.CID) bool {
	n.mu.RLock()
	defer n.mu.RUnlock()
	return n.frozen[company]
}

// Backup writes the database of one moment, encrypted, with the files that belong to it. It may run beside everything else.
func (n *Node) Backup(w io.Writer, passphrase []byte, recipients []string, files map[string][]byte) (store.Manifest, error) {
	return n.db.Backup(w, store.BackupOptions{Time: n.Now(), Passphrase: passphrase, Recipients: recipients, Files: files})
}
