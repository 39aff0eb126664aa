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

// Spread calls work once for each of 0 to n-1 and returns when all are done. Calls may run at the same time: each touches what belongs to its number alone.
type Spread func(n int, work func(i int))

// OneByOne is the Spread of one processor.
func OneByOne(n int, work func(i int)) {
	for i := range n {
		work(i)
	}
}

// BuildOn is [Sheet.Build] for a revision of a version whose blocks are there: below holds only blocks that the base has not. Rows that stand in the base with the same bytes
// are not checked again, and chunks of such rows alone are neither written nor hashed. Without a base (the zero Version) all blocks are made. The chunks are checked and written
// through spread; the result does not depend on it.
func (s Sheet) BuildOn(base Version, spread Spread) (v Version, root Block, below []Block, err error) {
	fail := func(err error) (Version, Block, []Block, error) { return Version{}, Block{}, nil, err }
	var same []int
	if base.SeriesKey == s.SeriesKey && len(base.chunks) > 0 {
		same = base.unchanged(s.Rows)
	}
	if err := s.checkFrame(); err != nil {
		return fail(err)
	}
	plan := layOut(s.Rows)
	if err := plan.check(); err != nil {
		return fail(err)
	}
	if err := s.checkSize(); err != nil { // before any block is made
		return fail(err)
	}
	chunks := base.planned(plan, same)
	spread(len(chunks), func(i int) { chunks[i].write(s, same) })
	total := 0
	count := func(bytes int) error {
		if total += bytes; total > MaxSheet {
			return s.tooLarge()
		}
		return nil
	}
	add := func(v any) (Block, error) {
		b, err := NewSalted(s.SeriesKey, v)
		if err == nil {
			err = count(len(b.Data))
		}
		return b, err
	}
	v = Version{Sheet: s, chunks: make([]standing, 0, len(chunks))}
	top := rootBlock{Key: s.SeriesKey, Head: s.Head, Rows: int64(len(s.Rows)), Type: s.Type, Levels: plan.levels()}
	var links []CID
	for _, group := range plan.groups {
		var fresh []Block
		links = links[:0]
		for range group {
			c := &chunks[len(v.chunks)]
			if c.err != nil {
				return fail(c.err)
			}
			if err := count(c.bytes); err != nil {
				return fail(err)
			}
			if !c.held {
				fresh = append(fresh, c.block)
			}
			v.chunks, links = append(v.chunks, c.standing), append(links, c.link)
		}
		if plan.levels() == 1 {
			top.Chunks = append(top.Chunks, links...)
		} else {
			b, err := add(indexBlock{Chunks: links})
			if err != nil {
				return fail(err)
			}
			top.Chunks, below = append(top.Chunks, b.CID), append(below, b)
		}
		below = append(below, fresh...)
	}
	if root, err = add(top); err != nil {
		return fail(err)
	}
	v.Root, v.blocks = root.CID, total
	return v, root, below, nil
}

// toWrite is a chunk of a sheet that is built: it stands in the base, or its block is made.
type toWrite struct {
	standing
	held  bool
	block Block
	err   error
}

// planned are the chunks of a layout, those that the base has among them.
func (v Version) planned(plan layout, same []int) []toWrite {
	out := make([]toWrite, 0, plan.chunks)
	at, next := 0, 0
	for _, group := range plan.groups {
		for _, n := range group {
			var c toWrite
			if same != nil {
				c.standing, c.held = v.chunkOf(same[at:at+n], &next)
			}
			c.first, c.rows = at, n
			out, at = append(out, c), at+n
		}
	}
	return out
}

// write checks the rows of a chunk and makes its block, where the base has none.
func (c *toWrite) write(s Sheet, same []int) {
	if c.err = checkRows(s.Rows, same, c.first, c.first+c.rows); c.err != nil || c.held {
		return
	}
	if c.block, c.err = writeChunk(s.SeriesKey, s.Rows[c.first:c.first+c.rows]); c.err == nil {
		c.bytes, c.link = len(c.block.Data), c.block.CID
	}
}

// writeChunk is [NewSalted] for a chunk block, of rows that were checked: its bytes are written once, with the salt behind them.
func writeChunk(seriesKey [32]byte, rows []Row) (Block, error) {
	size := chunkFrame
	for _, row := range rows {
		size += row.size()
	}
	if size > MaxBlock || len(rows) > MaxChunkRows {
		return Block{}, whole(CodeEncode, "write chunk of %d rows in %d bytes: too many", len(rows), size)
	}
	data := append(make([]byte, 0, size), 0xa2)
	data = appendHead(append(data, "\x64rows"...), 4, len(rows))
	for _, row := range rows {
		data = append(appendHead(append(data, "\xa2\x61k"...), 3, len(row.Key)), row.Key...)
		data = append(appendHead(append(data, "\x61v"...), 2, len(row.Value)), row.Value...)
	}
	salt := saltOf(seriesKey, []byte{data[0] - 1}, data[1:])
	data = append(append(data, saltPair[:]...), salt...)
	return Block{Sum(data), data}, nil
}

// appendHead writes the head of an item with a length that fits a block, in its shortest form.
func appendHead(b []byte, major byte, n int) []byte {
	major <<= 5
	switch headSize(n) {
	case 1:
		return append(b, major|byte(n))
	case 2:
		return append(b, major|24, byte(n))
	case 3:
		return append(b, major|25, byte(n>>8), byte(n))
	}
	return append(b, major|26, byte(n>>24), byte(n>>16), byte(n>>8), byte(n))
}
