package block

import (
	"fmt"
	"kontor/protocol/bound"
)

// OpenSheet reads a sheet from its blocks. Get returns the bytes of a block and may return anything: every block is
// checked against its CID, its salt and the bounds before it is used, the rows against their order, and the borders of
// the chunks against the rule, so that one content has one root. Blocks are asked for one at a time, in the order in
// which [Sheet.Build] lists them; not many more than MaxSheet bytes are ever held.
// An error of get comes back wrapped.
func OpenSheet(root CID, get func(CID) ([]byte, error)) (Sheet, error) {
	v, err := OpenVersion(root, get)
	return v.Sheet, err
}

// OpenVersion is [OpenSheet] that also remembers which chunks hold which rows.
func OpenVersion(root CID, get func(CID) ([]byte, error)) (Version, error) {
	r := sheetReader{get: get}
	if err := r.read(root); err != nil {
		return Version{}, fmt.Errorf("open sheet %s: %w", root.Short(), err)
	}
	return Version{Sheet: r.sheet, Root: root, chunks: r.standing, blocks: r.total}, nil
}

type sheetReader struct {
	get   func(CID) ([]byte, error)
	sheet Sheet
	total int
	found layout

	standing []standing
	last     int // bytes of the block read last
}

func (r *sheetReader) read(root CID) error {
	var top rootBlock
	data, err := r.fetch(root)
	if err != nil {
		return err
	}
	if err := Unmarshal(data, &top); err != nil {
		return err
	}
	if err := CheckSalt(top.Key, data); err != nil {
		return err
	}
	r.sheet = Sheet{Type: top.Type, SeriesKey: top.Key, Head: top.Head}
	if err := r.sheet.checkFrame(); err != nil {
		return err
	}
	if top.Rows < 0 || top.Rows > MaxRows || len(top.Chunks) > maxLinks {
		return whole(CodeSheetSize, "%d rows and %d links are beyond the bounds of a root", top.Rows, len(top.Chunks))
	}
	switch top.Levels {
	case 1:
		err = r.chunks(top.Chunks, top.Rows)
	case 2:
		err = r.indexes(top.Chunks, top.Rows)
	default:
		err = whole(CodeSheet, "%d levels of links", top.Levels)
	}
	if err != nil {
		return err
	}
	if int64(len(r.sheet.Rows)) != top.Rows {
		return whole(CodeSheet, "the root says %d rows, the chunks have %d", top.Rows, len(r.sheet.Rows))
	}
	return r.checkLayout(top.Levels)
}

// fetch gets a block and verifies that it is the one asked for.
func (r *sheetReader) fetch(c CID) ([]byte, error) {
	if !c.Defined() || c.Raw() {
		return nil, whole(CodeLink, "block %s is not a dag-cbor block", c)
	}
	data, err := r.get(c)
	if err != nil {
		return nil, fmt.Errorf("get block %s: %w", c.Short(), err)
	}
	if len(data) > MaxBlock {
		return nil, whole(CodeTooLarge, "block %s has %d bytes", c.Short(), len(data))
	}
	if r.total += len(data); r.total > MaxSheet {
		err := whole(CodeSheetSize, "its blocks have more than %d bytes", MaxSheet)
		err.bound = bound.Artifact
		return nil, err
	}
	if !c.Holds(data) {
		return nil, whole(CodeCID, "the bytes given for block %s are another's", c)
	}
	r.last = len(data)
	return data, nil
}

// fetchInto gets a block below the root and reads it into v.
func (r *sheetReader) fetchInto(c CID, v any) error {
	data, err := r.fetch(c)
	if err != nil {
		return err
	}
	if err := Unmarshal(data, v); err != nil {
		return fmt.Errorf("block %s: %w", c.Short(), err)
	}
	if err := CheckSalt(r.sheet.SeriesKey, data); err != nil {
		return fmt.Errorf("block %s: %w", c.Short(), err)
	}
	return nil
}

func (r *sheetReader) indexes(links []CID, most int64) error {
	for _, link := range links {
		var index indexBlock
		if err := r.fetchInto(link, &index); err != nil {
			return err
		}
		if n := len(index.Chunks); n == 0 || n > maxLinks {
			return whole(CodeSheet, "index block %s has %d links", link.Short(), n)
		}
		if err := r.chunks(index.Chunks, most); err != nil {
			return err
		}
	}
	return nil
}

// chunks appends the rows of one group of chunks.
func (r *sheetReader) chunks(links []CID, most int64) error {
	if len(links) == 0 {
		return nil
	}
	group := make([]int, 0, len(links))
	for _, link := range links {
		var chunk chunkBlock
		if err := r.fetchInto(link, &chunk); err != nil {
			return err
		}
		n := len(chunk.Rows)
		if n == 0 || n > MaxChunkRows || int64(len(r.sheet.Rows)+n) > most {
			return whole(CodeSheet, "chunk %s has %d rows after %d, and there are %d", link.Short(), n, len(r.sheet.Rows), most)
		}
		if err := checkRows(chunk.Rows, nil, 0, n); err != nil {
			return fmt.Errorf("chunk %s: %w", link.Short(), err)
		}
		if before := len(r.sheet.Rows); before > 0 && r.sheet.Rows[before-1].Key >= chunk.Rows[0].Key {
			return whole(CodeSheet, "chunk %s begins with key %q, which does not come after %q", link.Short(),
				clipText(chunk.Rows[0].Key), clipText(r.sheet.Rows[before-1].Key))
		}
		r.standing = append(r.standing, standing{first: len(r.sheet.Rows), rows: n, bytes: r.last, link: link})
		r.sheet.Rows = append(r.sheet.Rows, chunk.Rows...)
		group = append(group, n)
	}
	r.found.groups = append(r.found.groups, group)
	r.found.chunks += len(group)
	return nil
}

// checkLayout compares the chunks read with those the rule asks for. With one level the groups are not written down.
func (r *sheetReader) checkLayout(levels int64) error {
	want := layOut(r.sheet.Rows)
	if levels != want.levels() || r.found.chunks != want.chunks {
		return whole(CodeSheet, "%d chunks in %d levels are not what the rows ask for", r.found.chunks, levels)
	}
	if levels == 2 && len(r.found.groups) != len(want.groups) {
		return whole(CodeSheet, "%d index blocks are not what the rows ask for", len(r.found.groups))
	}
	group, at := 0, 0
	for _, counts := range want.groups {
		for i, n := range counts {
			if at == len(r.found.groups[group]) {
				group, at = group+1, 0
			}
			if r.found.groups[group][at] != n || levels == 2 && at != i {
				return whole(CodeSheet, "the borders of the chunks do not follow the row keys")
			}
			at++
		}
	}
	return nil
}
