package desk

import (
	"crypto/sha256"
	"fmt"
	"slices"
	"strings"
	"time"

	"kontor/node"
	"kontor/node/intake"
)

// Rows of the journal of imports.
const (
	importRows = "imports/entry/" // by number
	undoRows   = "imports/undo/"  // by number and piece: what stood there before
)

// Bounds of what is kept to take imports back.
const (
	maxUndo      = 20        // the newest imports; older ones are listed only
	maxUndoBytes = 64 << 20  // of one import: five years of the months of 30,000 series
	maxUndoTotal = 256 << 20 // of all together; the oldest go first
	undoPiece    = 256 << 10
	maxImports   = 1_000 // listed; the oldest are forgotten
)

// importRow is one import.
type importRow struct {
	Number int64       `cbor:"number"`
	T      int64       `cbor:"t"` // ms UTC
	Kind   intake.Kind `cbor:"kind"`
	Format string      `cbor:"format"`
	File   string      `cbor:"file,omitempty"`
	// Counts of the cells it changed.
	Added, Changed, Removed, Material int
	Kept                              bool  `cbor:"kept"`   // it can be undone
	Undone                            int64 `cbor:"undone"` // ms UTC; 0: it was not
	// Bytes are those of what stood before, where that is kept.
	Bytes int64 `cbor:"bytes,omitempty"`
}

// undoRow is what stood in a row before an import, and what the import left there.
type undoRow struct {
	Key    string   `cbor:"key"`
	Before []byte   `cbor:"before"`
	Had    bool     `cbor:"had"`
	After  [32]byte `cbor:"after"` // SHA-256; of nothing where the row went
}

// Imported is one import as the list shows it.
type Imported struct {
	Number   int64       `json:"number"`
	T        int64       `json:"t"` // ms UTC
	Kind     intake.Kind `json:"kind"`
	Format   string      `json:"format"`
	File     string      `json:"file,omitempty"`
	Added    int         `json:"added"`
	Changed  int         `json:"changed"`
	Removed  int         `json:"removed"`
	Material int         `json:"material"`
	Undo     string      `json:"undo"` // "yes", or why not
}

func importKey(number int64) string { return fmt.Sprintf("%s%010d", importRows, number) }

func undoPrefix(number int64) string { return fmt.Sprintf("%s%010d/", undoRows, number) }

// journal notes an import and what stood before it, and gives it its number. It runs in the transaction of the import.
func (d *Desk) journal(rows node.PrivateRows, o ImportOptions, result *ImportResult, changes []node.RowChange) error {
	all, err := scanRows[importRow](rows, importRows)
	if err != nil {
		return err
	}
	row := importRow{Number: 1, T: d.node.Now(), Kind: result.Kind, Format: result.Format, File: o.File, Kept: true,
		Added: result.Difference.Added, Changed: result.Difference.Changed, Removed: result.Difference.Removed, Material: result.Difference.Material}
	if n := len(all); n > 0 {
		row.Number = all[n-1].Number + 1
	}
	total := int64(0)
	for _, c := range changes {
		total += int64(len(c.Key) + len(c.Before))
	}
	if row.Kept = total <= maxUndoBytes; row.Kept {
		row.Bytes = total
		if err := keepUndo(rows, row.Number, changes); err != nil {
			return err
		}
	}
	total = row.Bytes
	for i, old := range slices.Backward(all) {
		if old.Kept {
			total += old.Bytes
		}
		switch {
		case i <= len(all)-maxImports:
			err = rows.Delete(importKey(old.Number))
		case old.Kept && (i <= len(all)-maxUndo || total > maxUndoTotal):
			old.Kept = false
			err = rows.Put(importKey(old.Number), old)
		default:
			continue
		}
		if err == nil {
			err = rows.Clear(undoPrefix(old.Number))
		}
		if err != nil {
			return err
		}
	}
	result.Number = row.Number
	return rows.Put(importKey(row.Number), row)
}

// keepUndo writes what stood before in pieces: a row of its own for each would use up what one update may write.
func keepUndo(rows node.PrivateRows, number int64, changes []node.RowChange) error {
	var piece []undoRow
	size, n := 0, 0
	flush := func() error {
		if len(piece) == 0 {
			return nil
		}
		err := rows.Put(fmt.Sprintf("%s%06d", undoPrefix(number), n), piece)
		piece, size, n = nil, 0, n+1
		return err
	}
	for _, c := range changes {
		piece = append(piece, undoRow{c.Key, c.Before, c.Before != nil, sha256.Sum256(c.After)})
		if size += len(c.Key) + len(c.Before); size >= undoPiece {
			if err := flush(); err != nil {
				return err
			}
		}
	}
	return flush()
}

// readUndo visits what stood before an import.
func readUndo(rows node.PrivateRows, number int64, fn func(undoRow) (more bool, err error)) error {
	return rows.Scan(undoPrefix(number), func(_ string, decode func(any) error) (bool, error) {
		var piece []undoRow
		if err := decode(&piece); err != nil {
			return false, err
		}
		for _, was := range piece {
			if more, err := fn(was); err != nil || !more {
				return false, err
			}
		}
		return true, nil
	})
}

// journalled are the rows that an import is for: what it notes beside them is not taken back.
func journalled(changes []node.RowChange) []node.RowChange {
	return slices.DeleteFunc(changes, func(c node.RowChange) bool {
		return c.Key != draftHead && !slices.ContainsFunc(comparisons, func(k comparison) bool { return strings.HasPrefix(c.Key, k.prefix) })
	})
}

// Imports lists the imports, the newest first.
func (d *Desk) Imports() ([]Imported, error) {
	var all []importRow
	err := d.node.ReadPrivate(func(rows node.PrivateRows) (err error) {
		all, err = scanRows[importRow](rows, importRows)
		return err
	})
	out := []Imported{}
	for _, r := range slices.Backward(all) {
		undo := "yes"
		switch {
		case r.Undone > 0:
			undo = "undone at " + timeText(r.Undone)
		case !r.Kept:
			undo = "what stood before is not kept: too much, or too long ago"
		}
		out = append(out, Imported{r.Number, r.T, r.Kind, r.Format, r.File, r.Added, r.Changed, r.Removed, r.Material, undo})
	}
	return out, err
}

func timeText(ms int64) string { return time.UnixMilli(ms).UTC().Format("2006-01-02 15:04 MST") }
