package block

import "bytes"

// Version is a sheet that stands in blocks: its root, and which chunks hold which rows, so that a revision writes only the chunks that differ. [OpenVersion] reads one and
// [Sheet.BuildOn] makes one; there is no other way to come by it, so the root is always that of the rows. Versions share memory and are not to be changed.
type Version struct {
	Sheet
	Root   CID
	chunks []standing
	blocks int // bytes of all blocks
}

// standing is a chunk that is there already.
type standing struct {
	first int // row it begins with
	rows  int
	bytes int
	link  CID
}

// Size is what the version holds in memory, in bytes.
func (v Version) Size() int {
	n := len(v.Head)
	for _, c := range v.chunks {
		n += c.bytes
	}
	return n + len(v.Rows)*rowOverhead
}

// BlockBytes is how many bytes the blocks of the version have together.
func (v Version) BlockBytes() int { return v.blocks }

// rowOverhead is what a row takes in memory beside its key and value: the two headers.
const rowOverhead = 40

// unchanged marks the rows that stand in the base under the same key with the same bytes, by their place there plus one. They were verified when the base was.
func (v Version) unchanged(rows []Row) []int {
	same := make([]int, len(rows))
	at := 0
	for i, row := range rows {
		for at < len(v.Rows) && v.Rows[at].Key < row.Key {
			at++
		}
		if at < len(v.Rows) && v.Rows[at].Key == row.Key && bytes.Equal(v.Rows[at].Value, row.Value) {
			same[i] = at + 1
		}
	}
	return same
}

// chunkOf finds the chunk of the base that holds exactly the rows marked in same.
func (v Version) chunkOf(same []int, next *int) (standing, bool) {
	if same[0] == 0 || same[len(same)-1] != same[0]+len(same)-1 {
		return standing{}, false
	}
	for _, place := range same {
		if place == 0 {
			return standing{}, false
		}
	}
	for *next < len(v.chunks) && v.chunks[*next].first < same[0]-1 {
		*next++
	}
	if *next < len(v.chunks) && v.chunks[*next].first == same[0]-1 && v.chunks[*next].rows == len(same) {
		return v.chunks[*next], true
	}
	return standing{}, false
}

// BuildOn is [Sheet.Build] for a revision of a version whose blocks are there: below holds only blocks that the base has not. Rows that stand in the base with the same bytes
// are not checked again, and chunks of such rows alone are neither written nor hashed. Without a base (the zero Version) all blocks are made.
func (s Sheet) BuildOn(base Version) (v Version, root Block, below []Block, err error) {
	fail := func(err error) (Version, Block, []Block, error) { return Version{}, Block{}, nil, err }
	var same []int
	if base.SeriesKey == s.SeriesKey && len(base.chunks) > 0 {
		same = base.unchanged(s.Rows)
	}
	if err := s.check(same); err != nil {
		return fail(err)
	}
	plan := layOut(s.Rows)
	if err := plan.check(); err != nil {
		return fail(err)
	}
	total := 0
	add := func(v any, held *standing) (Block, error) {
		var b Block
		var err error
		if held != nil {
			b.CID, total = held.link, total+held.bytes
		} else if b, err = NewSalted(s.SeriesKey, v); err == nil {
			total += len(b.Data)
		}
		if err == nil && total > MaxSheet {
			err = whole(CodeSheetSize, "build %s: its blocks have more than %d bytes", s.Type, MaxSheet)
		}
		return b, err
	}
	v = Version{Sheet: s}
	top := rootBlock{Key: s.SeriesKey, Head: s.Head, Rows: int64(len(s.Rows)), Type: s.Type, Levels: plan.levels()}
	var links []CID
	at, next := 0, 0
	for _, group := range plan.groups {
		var chunks []Block
		links = links[:0]
		for _, n := range group {
			var held *standing
			if same != nil {
				if c, found := base.chunkOf(same[at:at+n], &next); found {
					held = &c
				}
			}
			b, err := add(chunkBlock{Rows: s.Rows[at : at+n]}, held)
			if err != nil {
				return fail(err)
			}
			here := standing{first: at, rows: n, bytes: len(b.Data), link: b.CID}
			if held != nil {
				here.bytes = held.bytes
			} else {
				chunks = append(chunks, b)
			}
			v.chunks, links, at = append(v.chunks, here), append(links, b.CID), at+n
		}
		if plan.levels() == 1 {
			top.Chunks = append(top.Chunks, links...)
		} else {
			b, err := add(indexBlock{Chunks: links}, nil)
			if err != nil {
				return fail(err)
			}
			top.Chunks, below = append(top.Chunks, b.CID), append(below, b)
		}
		below = append(below, chunks...)
	}
	if root, err = add(top, nil); err != nil {
		return fail(err)
	}
	v.Root, v.blocks = root.CID, total
	return v, root, below, nil
}
