package artifact

import (
	"fmt"

	"kontor/protocol/block"
)

// CodeForm is the finding of a sheet that is no document of its type: a field nobody knows, a row under a key
// that is not its own.
const CodeForm = "ARTIFACT-11"

// Keyed is a line of a document: its key names it inside the document and across revisions.
type Keyed interface{ Key() string }

// RowWriter is a line that writes the bytes of its row by itself: those that block.Marshal gives, only faster.
type RowWriter interface{ WriteRow() ([]byte, error) }

// RowReader reads what the RowWriter of the same type writes, as strictly as block.Unmarshal.
type RowReader interface{ ReadRow(data []byte) error }

func writeRow(line any) ([]byte, error) {
	if w, ok := line.(RowWriter); ok {
		return w.WriteRow()
	}
	return block.Marshal(line)
}

func readRow(data []byte, line any) error {
	if r, ok := line.(RowReader); ok {
		return r.ReadRow(data)
	}
	return block.Unmarshal(data, line)
}

// ToSheet writes a document as a sheet: head is the header with the document's own fields, and each line becomes
// the row of its key, whatever the order of the lines. Two lines with one key are an error.
func ToSheet[L Keyed](typ string, seriesKey [32]byte, head any, lines []L) (block.Sheet, error) {
	rows, err := Rows(typ, lines)
	if err != nil {
		return block.Sheet{}, err
	}
	return SheetOf(typ, seriesKey, head, rows)
}

// Rows writes lines as rows, in their order: the part of ToSheet that costs, which callers may share out among processors.
func Rows[L Keyed](typ string, lines []L) ([]block.Row, error) {
	rows := make([]block.Row, 0, len(lines))
	for _, l := range lines {
		value, err := writeRow(l)
		if err != nil {
			return nil, fmt.Errorf("write line %q of %s: %w", Clip(l.Key()), typ, err)
		}
		rows = append(rows, block.Row{Key: l.Key(), Value: value})
	}
	return rows, nil
}

// SheetOf is ToSheet from rows, which it puts in order.
func SheetOf(typ string, seriesKey [32]byte, head any, rows []block.Row) (block.Sheet, error) {
	s := block.Sheet{Type: typ, SeriesKey: seriesKey, Rows: rows}
	var err error
	if s.Head, err = block.Marshal(head); err != nil {
		return block.Sheet{}, fmt.Errorf("write head of %s: %w", typ, err)
	}
	block.SortRows(s.Rows)
	for i := 1; i < len(s.Rows); i++ {
		if s.Rows[i-1].Key == s.Rows[i].Key {
			return block.Sheet{}, Finding{CodeForm, fmt.Sprintf("lines[%d]", i), fmt.Sprintf("line %q stands twice in %s", Clip(s.Rows[i].Key), typ)}
		}
	}
	return s, nil
}

// FromSheet reads what ToSheet writes: every row decodes strictly to a line and stands under that line's own key.
// On error both results are empty. The error is a Finding, or wraps a block.Error.
func FromSheet[H any, L Keyed](s block.Sheet, typ string, maxLines int) (head H, lines []L, err error) {
	fail := func(err error) (H, []L, error) {
		var none H
		return none, nil, err
	}
	if s.Type != typ {
		return fail(Finding{CodeType, "type", fmt.Sprintf("sheet is %q where %q is read", Clip(s.Type), typ)})
	}
	if len(s.Rows) > maxLines {
		return fail(Finding{CodeForm, "lines", fmt.Sprintf("%d lines are more than %d", len(s.Rows), maxLines)})
	}
	if err := block.Unmarshal(s.Head, &head); err != nil {
		return fail(fmt.Errorf("%s: head of %s: %w", CodeForm, typ, err))
	}
	lines = make([]L, len(s.Rows))
	for i, row := range s.Rows {
		if err := readRow(row.Value, &lines[i]); err != nil {
			return fail(fmt.Errorf("%s: line %q of %s: %w", CodeForm, Clip(row.Key), typ, err))
		}
		// A row whose line has no key holds nothing, or two things at once.
		if key := lines[i].Key(); key != row.Key || key == "" {
			return fail(Finding{CodeForm, fmt.Sprintf("lines[%d]", i), fmt.Sprintf("line of key %q stands under %q", Clip(key), Clip(row.Key))})
		}
		if i > 0 && s.Rows[i-1].Key >= row.Key {
			return fail(Finding{CodeForm, fmt.Sprintf("lines[%d]", i), "rows are not in order of their keys"})
		}
	}
	return head, lines, nil
}
