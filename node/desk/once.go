package desk

import (
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

// onlyOnce notes a file of the inbox, or refuses it when it is noted.
func (o ImportOptions) onlyOnce(rows node.PrivateRows) error {
	if o.once == "" || o.DryRun {
		return nil
	}
	var row inboxRow
	found, err := rows.Get(inboxRows+o.once, &row)
	if err != nil {
		return err
	}
	if found {
		return errTaken
	}
	return rows.Put(inboxRows+o.once, inboxRow{T: o.at})
}

// notTaken refuses a file of the inbox that is noted, before the work on it.
func (o ImportOptions) notTaken(rows node.PrivateRows) error {
	if o.once == "" || o.DryRun {
		return nil
	}
	found, err := rows.Get(inboxRows+o.once, &inboxRow{})
	if err == nil && found {
		err = errTaken
	}
	return err
}
