package block

import "bytes"

// RowEdit is what a patch does to the value of a row that stays: a cell of a large row changes in a few bytes.
type RowEdit struct {
	_     struct{} `cbor:",toarray"`
	Row   int64    // place of the row in the parent, from 0
	Edits []Edit   // from the begin of its value to its end
}

// Edit is one change of a row's value: so many bytes stay, so many are taken out, and others put in their place. What follows the last edit stays.
type Edit struct {
	_    struct{} `cbor:",toarray"`
	Skip int64
	Drop int64
	Put  []byte
}

// maxEdited is the largest value that edits give: that of the largest row.
const maxEdited = MaxRow

// apply gives the value that the edits make of another. It takes memory for the result only once its size is known to be within bounds.
func (r RowEdit) apply(value []byte) ([]byte, error) {
	at, size := int64(0), int64(len(value))
	for i, e := range r.Edits {
		if e.Skip < 0 || e.Drop < 0 || e.Skip > int64(len(value))-at || e.Drop > int64(len(value))-at-e.Skip {
			return nil, whole(CodePatch, "edit %d of row %d leaves its %d bytes", i, r.Row, len(value))
		}
		if i > 0 && e.Skip == 0 || e.Drop == 0 && len(e.Put) == 0 {
			return nil, whole(CodePatch, "edit %d of row %d changes nothing, or belongs to the one before", i, r.Row)
		}
		at += e.Skip + e.Drop
		if size += int64(len(e.Put)) - e.Drop; size > int64(maxEdited) {
			return nil, whole(CodeSheetSize, "row %d would have more than %d bytes", r.Row, maxEdited)
		}
	}
	edited := make([]byte, 0, size)
	rest := value
	for _, e := range r.Edits {
		edited = append(append(edited, rest[:e.Skip]...), e.Put...)
		rest = rest[e.Skip+e.Drop:]
	}
	edited = append(edited, rest...)
	if bytes.Equal(edited, value) {
		return nil, whole(CodePatch, "row %d is edited to what it is", r.Row)
	}
	return edited, nil
}

// size is no less than the bytes of the edit in a patch.
func (r RowEdit) size() int {
	n := 1 + 5 + 5
	for _, e := range r.Edits {
		n += 1 + 5 + 5 + headSize(len(e.Put)) + len(e.Put)
	}
	return n
}

// editsTo are edits that lead from one value to another, both valid. They are not always the fewest, and two different values always have some.
func editsTo(old, new []byte) []Edit {
	return (&editor{}).editsTo(old, new)
}

// editor keeps memory from one row to the next.
type editor struct{ a, b []int }

func (e *editor) editsTo(old, new []byte) []Edit {
	if edits, few := inPlace(old, new); few {
		return edits
	}
	e.a, e.b = tokensOf(old, e.a[:0]), tokensOf(new, e.b[:0])
	if script, found := shortest(old, new, e.a, e.b); found {
		return script
	}
	return around(old, new, e.a, e.b)
}

// maxSteps bounds the search for the fewest edits of a row; its cost rises with their number times the length of the row.
const maxSteps = 64

// inPlace are the edits where as many items stand in the new value as in the old one and few of them differ: cells with other figures. Where the bytes of an
// item stand in both, its head does too, and says where it ends in both.
func inPlace(old, new []byte) (edits []Edit, few bool) {
	w := editWriter{old: old, new: new}
	differ, at, atNew := 0, 0, 0
	for at < len(old) && atNew < len(new) {
		end := itemEnd(old, at)
		endNew := atNew + end - at
		if endNew > len(new) || !bytes.Equal(old[at:end], new[atNew:endNew]) {
			if differ++; differ > maxSteps {
				return nil, false
			}
			endNew = itemEnd(new, atNew)
			w.replace(at, end, atNew, endNew)
		}
		at, atNew = end, endNew
	}
	return w.edits, at == len(old) && atNew == len(new)
}

// around replaces everything between the items that both values begin and end with.
func around(old, new []byte, a, b []int) []Edit {
	head := 0
	for head < len(a) && head < len(b) && bytes.Equal(token(old, a, head), token(new, b, head)) {
		head++
	}
	tail := 0
	for tail < len(a)-head && tail < len(b)-head && bytes.Equal(token(old, a, len(a)-1-tail), token(new, b, len(b)-1-tail)) {
		tail++
	}
	w := editWriter{old: old, new: new}
	w.replace(begin(a, head), begin(a, len(a)-tail), begin(b, head), begin(b, len(b)-tail))
	return w.edits
}

// shortest is the script with the fewest items taken out and put in (the greedy algorithm of Myers, "An O(ND) difference algorithm", 1986), where it has at most maxSteps.
func shortest(old, new []byte, a, b []int) ([]Edit, bool) {
	n, m := len(a), len(b)
	reach := make([]int, 2*maxSteps+2) // by diagonal: how far in the old value so many steps lead
	var trace [][]int
	for d := 0; d <= maxSteps; d++ {
		trace = append(trace, append([]int{}, reach...))
		for k := -d; k <= d; k += 2 {
			x := 0
			if d > 0 {
				x = further(reach, k, d)
			}
			for x < n && x-k < m && x-k >= 0 && bytes.Equal(token(old, a, x), token(new, b, x-k)) {
				x++
			}
			reach[k+maxSteps] = x
			if x >= n && x-k >= m {
				return script(old, new, a, b, trace, d), true
			}
		}
	}
	return nil, false
}

// further is how far the best of the two neighbouring diagonals leads on diagonal k with one more step.
func further(reach []int, k, d int) int {
	if k == -d || k != d && reach[k-1+maxSteps] < reach[k+1+maxSteps] {
		return reach[k+1+maxSteps] // an item put in
	}
	return reach[k-1+maxSteps] + 1 // an item taken out
}

// script walks the trace back and gives the edits from the begin.
func script(old, new []byte, a, b []int, trace [][]int, d int) []Edit {
	type step struct{ x, y, tox, toy int }
	var steps []step
	x, y := len(a), len(b)
	for ; d > 0; d-- {
		reach, k := trace[d], x-y
		before := k - 1
		if k == -d || k != d && reach[k-1+maxSteps] < reach[k+1+maxSteps] {
			before = k + 1
		}
		fromX := reach[before+maxSteps]
		fromY := fromX - before
		toX, toY := fromX, fromY+1
		if before == k-1 {
			toX, toY = fromX+1, fromY
		}
		steps = append(steps, step{fromX, fromY, toX, toY})
		x, y = fromX, fromY
	}
	w := editWriter{old: old, new: new}
	for i := len(steps) - 1; i >= 0; i-- {
		s := steps[i]
		w.replace(begin(a, s.x), begin(a, s.tox), begin(b, s.y), begin(b, s.toy))
	}
	return w.edits
}

// editWriter collects replacements from the begin of a value to its end and joins those that are a few bytes apart.
type editWriter struct {
	old, new []byte
	edits    []Edit
	at       int // in the old value: behind the last edit
	atNew    int
}

// nearBytes is how far apart two edits are written as one: a third edit costs as much.
const nearBytes = 4

// replace puts new[newFrom:newTo] in the place of old[from:to].
func (w *editWriter) replace(from, to, newFrom, newTo int) {
	if n := len(w.edits); n > 0 && from-w.at < nearBytes {
		last := &w.edits[n-1]
		last.Drop += int64(to - w.at)
		last.Put = append(last.Put, w.new[w.atNew:newTo]...)
	} else {
		w.edits = append(w.edits, Edit{Skip: int64(from - w.at), Drop: int64(to - from), Put: bytes.Clone(w.new[newFrom:newTo])})
	}
	w.at, w.atNew = to, newTo
}

// tokensOf lists where the items of a valid value end, one behind the other, behind what is in ends already.
func tokensOf(data []byte, ends []int) []int {
	for at := 0; at < len(data); {
		at = itemEnd(data, at)
		ends = append(ends, at)
	}
	return ends
}

// itemEnd is where the item of a valid value that begins at a place ends: of an array or map it is the head, and what is in it follows. Of what is not
// valid it is some later place, no further than the end.
func itemEnd(data []byte, at int) int {
	major, arg := data[at]>>5, uint64(data[at]&31)
	end := at + 1
	if arg > 27 {
		return len(data)
	} else if arg >= 24 {
		size := 1 << (arg - 24)
		if end+size > len(data) {
			return len(data)
		}
		arg = 0
		for _, b := range data[end : end+size] {
			arg = arg<<8 | uint64(b)
		}
		end += size
	}
	switch major {
	case 2, 3:
		if arg > uint64(len(data)-end) {
			return len(data)
		}
		end += int(arg)
	case 6:
		end = min(at+linkBytes, len(data))
	}
	return end
}

func begin(ends []int, i int) int {
	if i == 0 {
		return 0
	}
	return ends[i-1]
}

func token(data []byte, ends []int, i int) []byte { return data[begin(ends, i):ends[i]] }
