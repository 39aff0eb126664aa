package desk

import (
	"crypto/sha256"
	"encoding/hex"

	"kontor/node"
)

// inboxRows name the files of the inbox that were imported, by the hash of their content and place.
const inboxRows = "inbox/"

// inboxRow says what became of a file.
type inboxRow struct {
	Name string `cbor:"name"`
	T    int64  `cbor:"t"` // ms UTC
}

// errTaken says that a file of the inbox was imported before.
var errTaken = node.Failf("ALREADY_THERE", "the file was imported before")

// mark names an import that is made once: that of a file of the inbox, or one that its caller named. Empty for others.
func (o ImportOptions) mark() string {
	if o.once != "" || o.Once == "" {
		return o.once
	}
	sum := sha256.Sum256([]byte("once\x00" + o.Once))
	return hex.EncodeToString(sum[:])
}

// onlyOnce notes an import that is made once, or refuses it when it is noted.
func (o ImportOptions) onlyOnce(rows node.PrivateRows) error {
	if o.mark() == "" || o.DryRun {
		return nil
	}
	var row inboxRow
	found, err := rows.Get(inboxRows+o.mark(), &row)
	if err != nil {
		return err
	}
	if found {
		return errTaken
	}
	return rows.Put(inboxRows+o.mark(), inboxRow{T: o.at})
}

// notTaken refuses an import that is noted, before the work on it.
func (o ImportOptions) notTaken(rows node.PrivateRows) error {
	if o.mark() == "" || o.DryRun {
		return nil
	}
	found, err := rows.Get(inboxRows+o.mark(), &inboxRow{})
	if err == nil && found {
		err = errTaken
	}
	return err
}
