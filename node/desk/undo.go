package desk

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"slices"

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
