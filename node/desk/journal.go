package desk

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"slices"
	"strings"
	"time"

	"kontor/node"
	"kontor/node/intake"
	"kontor/protocol"
	"kontor/protocol/campaign"
	"kontor/protocol/capacity"
	"kontor/protocol/forecast"
	"kontor/protocol/performance"
	"kontor/protocol/quality"
	"kontor/protocol/terms"
	"kontor/store/kv"
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

// UndoOptions name the import to undo.
type UndoOptions struct {
	Number int64 `json:"number"`
	DryRun bool  `json:"dry_run"`
}

// Undone is what an undo put back.
type Undone struct {
	Number     int64       `json:"number"`
	DryRun     bool        `json:"dry_run"`
	Difference *Difference `json:"difference"`
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

// UndoImport puts back what stood before an import. It is refused where the figures were shared since, where something was made of them,
// and where anything has changed them.
func (d *Desk) UndoImport(o UndoOptions) (out Undone, err error) {
	err = d.node.Staged(func() error { // the lines of a draft that comes back are not collected meanwhile
		out, err = d.undoImport(o)
		return err
	})
	return out, err
}

func (d *Desk) undoImport(o UndoOptions) (Undone, error) {
	out := Undone{Number: o.Number, DryRun: o.DryRun}
	var entry importRow
	if err := d.node.ReadPrivate(func(rows node.PrivateRows) error {
		found, err := rows.Get(importKey(o.Number), &entry)
		if err == nil && !found {
			err = node.Failf("NO_SUCH_IMPORT", "there is no import %d; kontor import list shows them", o.Number)
		}
		return err
	}); err != nil {
		return out, err
	}
	switch {
	case entry.Undone > 0:
		return out, node.Failf("UNDO_REFUSED", "import %d was undone at %s", o.Number, timeText(entry.Undone))
	case !entry.Kept:
		return out, node.Failf("UNDO_REFUSED", "what stood before import %d is not kept: it is of the %d newest imports, up to %d MiB each and %d MiB together", o.Number, maxUndo, maxUndoBytes>>20, maxUndoTotal>>20)
	}
	if why, err := d.usedSince(entry); err != nil || why != "" {
		if err == nil {
			err = node.Failf("UNDO_REFUSED", "import %d can't be undone: %s", o.Number, why)
		}
		return out, err
	}
	putting := func(rows node.PrivateRows) error {
		changes, err := putBack(rows, entry)
		if err != nil {
			return err
		}
		if out.Difference, err = difference(rows, changes); err != nil {
			return err
		}
		if o.DryRun {
			return errDry
		}
		if entry.Kind == intake.Bill {
			if err := changed(rows); err != nil {
				return err
			}
		}
		if err := rows.Clear(undoPrefix(entry.Number)); err != nil {
			return err
		}
		undone := entry
		undone.Undone, undone.Kept = d.node.Now(), false
		return rows.Put(importKey(entry.Number), undone)
	}
	err := d.node.Private(putting)
	if kv.CodeOf(err) == kv.CodeTooBig {
		err = d.node.PrivateLarge(putting)
	}
	if err == errDry {
		err = nil
	}
	return out, err
}

// putBack restores the rows of an import, or refuses where any has changed since.
func putBack(rows node.PrivateRows, entry importRow) ([]node.RowChange, error) {
	var changes []node.RowChange
	err := readUndo(rows, entry.Number, func(was undoRow) (bool, error) {
		now, err := rows.Bytes(was.Key)
		if err != nil {
			return false, err
		}
		if sum := sha256.Sum256(now); !bytes.Equal(sum[:], was.After[:]) {
			return false, changedSince(rows, entry, was.Key)
		}
		c := node.RowChange{Key: was.Key, Before: now}
		if was.Had {
			c.After = was.Before
		}
		changes = append(changes, c)
		return true, nil
	})
	if err != nil {
		return nil, err
	}
	for _, c := range changes {
		if err := rows.Restore(c.Key, c.After); err != nil {
			return nil, err
		}
	}
	return changes, nil
}

// changedSince says who changed a row after an import.
func changedSince(rows node.PrivateRows, entry importRow, key string) error {
	all, err := scanRows[importRow](rows, importRows)
	if err != nil {
		return err
	}
	for _, later := range slices.Backward(all) {
		if later.Number <= entry.Number || later.Undone > 0 {
			continue
		}
		found := false
		if err := readUndo(rows, later.Number, func(was undoRow) (bool, error) {
			found = was.Key == key
			return !found, nil
		}); err != nil {
			return err
		}
		if found {
			return node.Failf("UNDO_REFUSED", "import %d can't be undone: import %d has changed the same figures; undo that one first, or import what is right", entry.Number, later.Number)
		}
	}
	return node.Failf("UNDO_REFUSED", "import %d can't be undone: its figures were changed since, by hand or by a newer forecast; import what is right instead", entry.Number)
}

// usedSince says what was made of the figures of an import; "" where nothing was.
func (d *Desk) usedSince(entry importRow) (string, error) {
	typ := map[intake.Kind]string{intake.Forecast: forecast.Type, intake.Bill: forecast.Type, intake.Capacity: capacity.PlanType, intake.Stock: capacity.PlanType,
		intake.Campaign: campaign.Type, intake.Quality: quality.Type, intake.Performance: performance.Type, intake.Terms: terms.Type, intake.Answers: capacity.AnswerType}[entry.Kind]
	if entry.Kind == intake.History {
		draft, _, err := d.draft()
		if err != nil && node.AsFailure(err).Code != "NO_DRAFT" {
			return "", err
		}
		if err == nil && draft.Provenance.Activity == "FORECAST" && draft.Provenance.ExtractedAt >= entry.T {
			return "the draft forecast of " + timeText(draft.Provenance.ExtractedAt) + " was made from it; import the history that is right and run: kontor forecast baseline", nil
		}
		return "", nil
	}
	for _, p := range d.node.Partnerships() {
		why := ""
		err := d.node.View(p.PID, func(r *protocol.Replica) error {
			versions, err := r.Versions(typ)
			if err != nil {
				return err
			}
			for _, v := range slices.Backward(versions) {
				if v.Author != d.node.Company() || v.T < entry.T {
					continue
				}
				if typ == forecast.Type {
					doc, err := r.Forecast(v.Root)
					if err != nil {
						return err
					}
					if (doc.Emission != nil) != (entry.Kind == intake.Bill) {
						continue // of another source
					}
				}
				why = fmt.Sprintf("it was shared with %s at %s, and what was shared stays; share a corrected revision, or withdraw that one", d.partnerOf(p.PID), timeText(v.T))
				return nil
			}
			return nil
		})
		if err != nil || why != "" {
			return why, err
		}
	}
	return "", nil
}
