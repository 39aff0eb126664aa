package store

// hot remembers committed records that were read or written lately, also that
// there is none, so that what each transaction asks for anew (heads, lines,
// nodes near the root of a tree) costs no walk through Badger's tables. It says
// what the newest snapshot holds: the commit that replaces the snapshot changes
// it at the same moment, under the same lock. See snapshots.recall.
type hot struct {
	records map[string]pending
	before  map[string]pending // the generation before: what is still used moves on
	bytes   int
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

func (h *hot) clear() { *h = hot{} }
