package block

import (
	"slices"
	"strings"
	"unicode/utf8"
)

// Bounds of a sheet.
const (
	// MaxSheet is the most bytes all blocks of a sheet have together.
	MaxSheet = 256 << 20
	// MaxRows is the most rows: at 64 bytes a row they fill MaxSheet.
	MaxRows = MaxSheet / 64
	// MaxHead is the longest header in bytes; it shares the root block with the links.
	MaxHead = 256 << 10
	// MaxType and MaxRowKey are the longest type name and row key in bytes.
	MaxType   = 128
	MaxRowKey = 1024
	// MaxRow is the largest encoded row in bytes: one that fills a chunk block alone.
	MaxRow = MaxBlock - chunkFrame
)

// Row is one line of an artifact.
type Row struct {
	Key   string `cbor:"k"` // of the line within its sheet; decides where the line stands and where chunks begin
	Value []byte `cbor:"v"` // canonical CBOR of the line
}

// Sheet is an artifact: a header and keyed rows. Equal sheets of one series have equal blocks.
type Sheet struct {
	Type      string   // such as "SharedForecast.v1"
	SeriesKey [32]byte // random, made by the author once per artifact series; the key of all salts
	Head      []byte   // canonical CBOR of the artifact header
	Rows      []Row    // ascending by key, no key twice; see SortRows
}

// The blocks of a sheet. The root links to the chunks, or, past maxLinks chunks, to index blocks that do.
type (
	rootBlock struct {
		Key    [32]byte `cbor:"key"`
		Head   []byte   `cbor:"head"`
		Rows   int64    `cbor:"rows"`
		Salt   []byte   `cbor:"salt,omitempty"`
		Type   string   `cbor:"type"`
		Chunks []CID    `cbor:"chunks"`
		Levels int64    `cbor:"levels"` // 1: chunks are chunk blocks; 2: they are index blocks
	}
	indexBlock struct {
		Salt   []byte `cbor:"salt,omitempty"`
		Chunks []CID  `cbor:"chunks"`
	}
	chunkBlock struct {
		Rows []Row  `cbor:"rows"`
		Salt []byte `cbor:"salt,omitempty"`
	}
)

// SortRows puts rows in the order a sheet wants.
func SortRows(rows []Row) {
	slices.SortFunc(rows, func(a, b Row) int { return strings.Compare(a.Key, b.Key) })
}

// Build writes the sheet as blocks: the root, and all below it in the order in which they are reached by the links,
// index blocks before their chunks. A revision that changes values shares all blocks but those on the way to them.
func (s Sheet) Build() (root Block, below []Block, err error) {
	_, root, below, err = s.BuildOn(Version{}, OneByOne)
	return root, below, err
}

// checkFrame reports what is wrong with the content of a sheet, apart from its rows and its size as blocks.
func (s Sheet) checkFrame() error {
	if s.Type == "" || len(s.Type) > MaxType || !utf8.ValidString(s.Type) {
		return whole(CodeSheet, "the type %q of a sheet is empty, longer than %d bytes or not UTF-8", clipText(s.Type), MaxType)
	}
	if len(s.Head) > MaxHead {
		return whole(CodeSheetSize, "the header of %s has %d bytes, more than %d", s.Type, len(s.Head), MaxHead)
	}
	if err := Validate(s.Head); err != nil {
		return &Error{Code: CodeSheet, Offset: -1, Text: "the header of " + s.Type, Cause: err}
	}
	if len(s.Rows) > MaxRows {
		return whole(CodeSheetSize, "%s has %d rows, more than %d", s.Type, len(s.Rows), MaxRows)
	}
	return nil
}

// checkSize refuses a sheet whose rows alone are too large.
func (s Sheet) checkSize() error {
	total := 0
	for _, row := range s.Rows {
		if total += row.size(); total > MaxSheet {
			return s.tooLarge()
		}
	}
	return nil
}

func (s Sheet) tooLarge() error {
	return whole(CodeSheetSize, "build %s: its blocks have more than %d bytes", s.Type, MaxSheet)
}

// checkRows reports what is wrong with the rows from one to before another, and with their order after the one before them. Values of rows that are marked in same were
// checked before.
func checkRows(rows []Row, same []int, from, to int) error {
	for i := from; i < to; i++ {
		if same == nil || same[i] == 0 {
			if err := rows[i].check(); err != nil {
				return err
			}
		}
		if i > 0 && rows[i-1].Key >= rows[i].Key {
			return whole(CodeSheet, "row %d: its key %q does not come after %q", i, clipText(rows[i].Key), clipText(rows[i-1].Key))
		}
	}
	return nil
}

func (r Row) check() error {
	if err := checkKey(r.Key); err != nil {
		return err
	}
	if r.size() > MaxRow {
		return whole(CodeSheetSize, "row %q has %d bytes, more than %d", clipText(r.Key), r.size(), MaxRow)
	}
	if err := Validate(r.Value); err != nil {
		return &Error{Code: CodeSheet, Offset: -1, Text: "the value of row " + clipText(r.Key), Cause: err}
	}
	return nil
}

func checkKey(key string) error {
	if key == "" || len(key) > MaxRowKey || !utf8.ValidString(key) {
		return whole(CodeSheet, "the row key %q is empty, longer than %d bytes or not UTF-8", clipText(key), MaxRowKey)
	}
	return nil
}
