package store

// hot remembers committed records that Updates read or wrote lately, also that
// there is none, so that what each of them asks for anew (heads, lines, nodes
// near the root of a tree) costs no walk through Badger's tables. It belongs
// to whoever has the turn. Only Updates and Bulk write, one Update at a time,
// so that it can't differ from the committed state: a commit changes it with
// the database, a Bulk empties it.
type hot struct {
	records map[string]pending
	before  map[string]pending // the generation before: what is still used moves on
	bytes   int
	bulks   int64 // as many had ended when the records were read
}

// maxHotBytes bounds a generation: some hundred entries with their rows and
// tree nodes. Two generations and their maps take about 3 MiB.
const maxHotBytes = 1 << 20

// hotOverhead is what a record takes beside its key and value: its place in
// the map, two headers.
const hotOverhead = 80

func (h *hot) get(key string) (pending, bool) {
	if p, known := h.records[key]; known {
		return p, true
	}
	p, known := h.before[key]
	if known {
		h.put(key, p)
	}
	return p, known
}

func (h *hot) put(key string, p pending) {
	size := len(key) + len(p.value) + hotOverhead
	if size > maxHotBytes/64 {
		// One large value is not worth many small ones.
		delete(h.records, key)
		delete(h.before, key)
		return
	}
	if h.records == nil || h.bytes >= maxHotBytes {
		h.records, h.before, h.bytes = map[string]pending{}, h.records, 0
	}
	h.records[key] = p
	h.bytes += size
}

func (h *hot) clear() { *h = hot{bulks: h.bulks} }
