package desk

import (
	"fmt"
	"slices"
	"strings"

	"kontor/node"
	"kontor/protocol/artifact"
	"kontor/protocol/block"
	"kontor/protocol/forecast"
)

// The draft forecast is what the company would share, before scope. A large one does not fit one update of the database, so its lines are written ahead in parts, under a
// generation of their own, and one small update then makes the head name that generation: until then the old draft stands whole, and after it the new one. Generations that
// neither the head nor the undo of an import names are what is left of an import that was broken off, or too old, and are deleted before the next one is written.
const (
	draftHead  = "draft/forecast"
	draftParts = "draft/forecast-part/" // by generation and number
	// draftLines are the lines of a draft as they stood before there were generations, one a row.
	draftLines = "draft/forecast-line/"
)

const (
	// partBytes is about how many bytes of lines one part holds: a row of the store like others.
	partBytes = 256 << 10
	// maxUndoDrafts bounds the drafts kept so that an import can be undone, in bytes together.
	maxUndoDrafts = 256 << 20
)

// forecastDraft is the draft apart from its lines.
type forecastDraft struct {
	Method     forecast.Method     `cbor:"method"`
	Provenance artifact.Provenance `cbor:"provenance"`
	Reason     artifact.Reason     `cbor:"reason"`
	Notes      []string            `cbor:"notes"`
	// WeekScheme is the first day of its weeks; "" for Monday.
	WeekScheme forecast.WeekScheme `cbor:"week_scheme,omitempty"`
	// Generation is where its lines stand, and Bytes how many they have; 0 for a draft of before there were generations.
	Generation int64 `cbor:"generation,omitempty"`
	Bytes      int64 `cbor:"bytes,omitempty"`
}

// draftPart is some lines of a draft, in the bytes of their rows.
type draftPart struct {
	Lines [][]byte `cbor:"lines"`
}

func generationPrefix(generation int64) string {
	return fmt.Sprintf("%s%010d/", draftParts, generation)
}

// keepDraft makes lines the draft.
func (d *Desk) keepDraft(draft forecastDraft, lines []forecast.Line) error {
	return d.node.Staged(func() error {
		if err := d.stageDraft(&draft, lines); err != nil {
			return err
		}
		return d.node.Private(func(rows node.PrivateRows) error { return rows.Put(draftHead, draft) })
	})
}

// stageDraft writes the lines of a draft under a new generation and names it in the draft, which the caller then puts in force. It runs inside node.Staged.
func (d *Desk) stageDraft(draft *forecastDraft, lines []forecast.Line) error {
	newest, err := d.collectDrafts()
	if err != nil {
		return err
	}
	lines = slices.Clone(lines)
	slices.SortFunc(lines, func(a, b forecast.Line) int { return strings.Compare(a.Key(), b.Key()) })
	draft.Generation, draft.Bytes = newest+1, 0
	prefix := generationPrefix(draft.Generation)
	return d.node.BulkPrivate(func(put func(key string, value any) error) error {
		var part draftPart
		size, n := 0, 0
		flush := func() error {
			if size == 0 {
				return nil
			}
			err := put(fmt.Sprintf("%s%06d", prefix, n), part)
			part, size, n = draftPart{}, 0, n+1
			return err
		}
		before := ""
		for _, l := range lines {
			if key := l.Key(); key == before {
				return node.Failf("FORECAST_LINE_TWICE", "line %q stands twice in the forecast; name each product and place once", artifact.Clip(key))
			} else {
				before = key
			}
			row, err := l.WriteRow()
			if err != nil {
				return err
			}
			if size+len(row) > partBytes {
				if err := flush(); err != nil {
					return err
				}
			}
			part.Lines = append(part.Lines, row)
			size += len(row)
			draft.Bytes += int64(len(row))
		}
		return flush()
	})
}

// draft reads the draft.
func (d *Desk) draft() (draft forecastDraft, lines []forecast.Line, err error) {
	err = d.node.ReadPrivate(func(rows node.PrivateRows) error {
		found, err := rows.Get(draftHead, &draft)
		if err != nil {
			return err
		}
		if !found {
			return node.Failf("NO_DRAFT", "there is no forecast to share yet; run: kontor forecast baseline, or kontor forecast import FILE; what was shared already: kontor forecast list")
		}
		lines, err = draft.lines(rows)
		return err
	})
	return draft, lines, err
}

// lines reads the lines of a draft, by key.
func (f forecastDraft) lines(rows node.PrivateRows) (lines []forecast.Line, err error) {
	if f.Generation == 0 {
		err = rows.Scan(draftLines, func(_ string, decode func(any) error) (bool, error) {
			var l forecast.Line
			err := decode(&l)
			lines = append(lines, l)
			return true, err
		})
		return lines, err
	}
	size := int64(0)
	err = rows.Scan(generationPrefix(f.Generation), func(_ string, decode func(any) error) (bool, error) {
		var part draftPart
		if err := decode(&part); err != nil {
			return false, err
		}
		for _, row := range part.Lines {
			var l forecast.Line
			if err := l.ReadRow(row); err != nil {
				return false, fmt.Errorf("line of the draft: %w; restore the database from a backup, or import the forecast again", err)
			}
			lines = append(lines, l)
			size += int64(len(row))
		}
		return true, nil
	})
	if err == nil && size != f.Bytes {
		err = fmt.Errorf("the draft has %d bytes of lines where its head says %d; restore the database from a backup, or import the forecast again", size, f.Bytes)
	}
	return lines, err
}

// collectDrafts deletes the generations that nothing names, and answers the number of the newest there is.
func (d *Desk) collectDrafts() (newest int64, err error) {
	there, named := map[int64]bool{}, map[int64]bool{}
	err = d.node.ReadPrivate(func(rows node.PrivateRows) error {
		if err := rows.Keys(draftParts, func(key string) error {
			var generation int64
			if _, err := fmt.Sscanf(key, "%d/", &generation); err != nil {
				return fmt.Errorf("part %q of a draft: %w", key, err)
			}
			there[generation] = true
			return nil
		}); err != nil {
			return err
		}
		var head forecastDraft
		if _, err := rows.Get(draftHead, &head); err != nil {
			return err
		}
		named[head.Generation] = true
		return undoDrafts(rows, func(_ importRow, before forecastDraft) { named[before.Generation] = true })
	})
	if err != nil {
		return 0, err
	}
	for generation := range there {
		newest = max(newest, generation)
	}
	for generation := range named {
		newest = max(newest, generation) // of an empty draft no part is there
	}
	for generation := range there {
		if !named[generation] {
			if err := d.node.Private(func(rows node.PrivateRows) error { return rows.Clear(generationPrefix(generation)) }); err != nil {
				return 0, err
			}
		}
	}
	return newest, d.forgetListed(named)
}

// forgetListed deletes the lines of a draft of before there were generations once nothing names them, as many as one update takes at a time.
func (d *Desk) forgetListed(named map[int64]bool) error {
	const atOnce = 5_000
	for more := !named[0]; more; {
		if err := d.node.Private(func(rows node.PrivateRows) error {
			var keys []string
			more = false
			if err := rows.Keys(draftLines, func(key string) error {
				if len(keys) < atOnce {
					keys = append(keys, key)
				} else {
					more = true
				}
				return nil
			}); err != nil {
				return err
			}
			for _, key := range keys {
				if err := rows.Delete(draftLines + key); err != nil {
					return err
				}
			}
			return nil
		}); err != nil {
			return err
		}
	}
	return nil
}

// undoDrafts visits the drafts that imports replaced and an undo would put back, the newest import first.
func undoDrafts(rows node.PrivateRows, visit func(importRow, forecastDraft)) error {
	all, err := scanRows[importRow](rows, importRows)
	if err != nil {
		return err
	}
	for _, entry := range slices.Backward(all) {
		if !entry.Kept {
			continue
		}
		if err := readUndo(rows, entry.Number, func(was undoRow) (bool, error) {
			if was.Key != draftHead || !was.Had {
				return true, nil
			}
			var before forecastDraft
			if err := block.Unmarshal(was.Before, &before); err != nil {
				return false, err
			}
			visit(entry, before)
			return false, nil
		}); err != nil {
			return err
		}
	}
	return nil
}

// boundUndoDrafts gives up the undo of the oldest imports whose drafts are more than may be kept.
func boundUndoDrafts(rows node.PrivateRows) error {
	total := int64(0)
	var gone []importRow
	if err := undoDrafts(rows, func(entry importRow, before forecastDraft) {
		if total += before.Bytes; total > maxUndoDrafts {
			gone = append(gone, entry)
		}
	}); err != nil {
		return err
	}
	for _, entry := range gone {
		entry.Kept = false
		if err := rows.Put(importKey(entry.Number), entry); err != nil {
			return err
		}
		if err := rows.Clear(undoPrefix(entry.Number)); err != nil {
			return err
		}
	}
	return nil
}

// draftDifference takes what becomes of the lines of a draft apart into cells; a head of nothing has no lines.
func draftDifference(d *Difference, rows node.PrivateRows, c node.RowChange) error {
	var sides [2][]forecast.Line
	for i, data := range [][]byte{c.Before, c.After} {
		if data == nil {
			continue
		}
		var head forecastDraft
		err := c.Decode(data, &head)
		if err == nil {
			sides[i], err = head.lines(rows)
		}
		if err != nil {
			return err
		}
	}
	return linesDifference(d, sides[0], sides[1])
}

// linesDifference compares lines by their keys.
func linesDifference(d *Difference, before, after []forecast.Line) error {
	was := make(map[string]*forecast.Line, len(before))
	for i := range before {
		was[before[i].Key()] = &before[i]
	}
	type pair struct {
		key      string
		old, now *forecast.Line
	}
	var pairs []pair
	for i := range after {
		key := after[i].Key()
		pairs = append(pairs, pair{key, was[key], &after[i]})
		delete(was, key)
	}
	for key, l := range was {
		pairs = append(pairs, pair{key, l, nil})
	}
	slices.SortFunc(pairs, func(a, b pair) int { return strings.Compare(a.key, b.key) })
	for _, p := range pairs {
		if err := lineCells(d, p.old, p.now); err != nil {
			return fmt.Errorf("compare %q: %w", p.key, err)
		}
	}
	return nil
}
