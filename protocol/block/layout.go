package block

import "crypto/sha256"

// Where chunks begin decides how much of a sheet a revision shares with the one before. The rule:
//
//  1. A row whose key hashes to a border begins a chunk. One key in 128 does, so that a chunk has 128 rows on average.
//     A changed value therefore moves no border, and a row that comes or goes touches its own chunk only.
//  2. Within a run between two borders, a row begins a chunk when the one before it is full: MaxChunkRows rows, or the
//     row would not fit a block. What this moves ends at the next border.
//  3. Past maxLinks chunks, chunks are grouped under index blocks. A chunk whose first key hashes to a group border
//     begins a group, and so does one that follows maxLinks others.
const (
	// MaxChunkRows is the most rows in a chunk: eight times the average, which chance reaches once in 3,000 chunks.
	MaxChunkRows = 1024
	// maxLinks is the most links in a root or index block, 164 KiB of them.
	maxLinks = 4096
	// chunkFrame is what a chunk block has around its rows: two field names, the head of the map, of the array (at most
	// three bytes) and of the salt, and the salt.
	chunkFrame = 1 + 5 + 3 + saltBytes
	// rowFrame is what a row has around the key and the value and their heads: the head of the map and two field names.
	rowFrame = 1 + 2 + 2
)

// border reports whether a key begins a chunk, and whether also a group of chunks: the first seven bits of SHA-256 over
// the key are zero; so is the second byte.
func border(key string) (chunk, group bool) {
	h := sha256.Sum256([]byte(key))
	chunk = h[0]>>1 == 0
	return chunk, chunk && h[1] == 0
}

// size is the number of bytes of the row in a chunk.
func (r Row) size() int {
	return rowFrame + headSize(len(r.Key)) + len(r.Key) + headSize(len(r.Value)) + len(r.Value)
}

// headSize is the number of bytes of an item's head with this length.
func headSize(n int) int {
	switch {
	case n < 24:
		return 1
	case n < 1<<8:
		return 2
	case n < 1<<16:
		return 3
	}
	return 5
}

// layout is how many rows each chunk has, by groups.
type layout struct {
	groups [][]int
	chunks int
}

// layOut applies the rule to rows in order.
func layOut(rows []Row) layout {
	var l layout
	size, count := 0, 0
	for _, row := range rows {
		chunk, group := border(row.Key)
		n := row.size()
		if chunk || count == MaxChunkRows || size+n > MaxRow || l.chunks == 0 {
			l.begin(group)
			size, count = 0, 0
		}
		last := l.groups[len(l.groups)-1]
		last[len(last)-1]++
		size, count = size+n, count+1
	}
	return l
}

func (l *layout) begin(group bool) {
	if group || len(l.groups) == 0 || len(l.groups[len(l.groups)-1]) == maxLinks {
		l.groups = append(l.groups, nil)
	}
	last := len(l.groups) - 1
	l.groups[last] = append(l.groups[last], 0)
	l.chunks++
}

// levels is how deep the chunks lie below the root.
func (l layout) levels() int64 {
	if l.chunks > maxLinks {
		return 2
	}
	return 1
}

func (l layout) check() error {
	if l.levels() == 2 && len(l.groups) > maxLinks {
		return whole(CodeSheetSize, "%d chunks in %d groups are more than the root links to", l.chunks, len(l.groups))
	}
	return nil
}
