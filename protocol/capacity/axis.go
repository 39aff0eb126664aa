package capacity

import (
	"sort"

	"kontor/protocol/calendar"
	"kontor/protocol/forecast"
)

// axis are the buckets of a line, sorted and without overlap; lines of the same buckets share one.
type axis struct {
	buckets []calendar.Bucket
}

// axisOf is the axis of a line's cells.
func (d *demand) axisOf(cells []forecast.Cell) *axis {
	for _, known := range d.axes[max(0, len(d.axes)-recent):] {
		if len(known.buckets) != len(cells) {
			continue
		}
		same := true
		for i := range cells {
			if known.buckets[i] != cells[i].Bucket {
				same = false
				break
			}
		}
		if same {
			return known
		}
	}
	a := &axis{buckets: make([]calendar.Bucket, len(cells))}
	for i := range cells {
		a.buckets[i] = cells[i].Bucket
	}
	d.axes = append(d.axes, a)
	return a
}

// window is where a bucket of another axis lies on this one.
type window struct {
	from, to  int  // the rows that lie wholly in the bucket
	straddles bool // some row lies in it partly
	row       int  // the last row that ends with the bucket or before; -1: none
	ends      bool // no row straddles the bucket's end: row says what came up to there
}

// window finds a bucket on the axis.
func (a *axis) window(b calendar.Bucket) window {
	var w window
	n := len(a.buckets)
	first := sort.Search(n, func(i int) bool { return a.buckets[i].End > b.Start })
	w.from = first
	if first < n && a.buckets[first].Start < b.Start {
		w.from, w.straddles = first+1, true
	}
	for w.to = w.from; w.to < n && b.Covers(a.buckets[w.to]); {
		w.to++
	}
	next := w.to // the first row that ends after the bucket
	if w.from > first && a.buckets[first].End > b.End {
		next = first
	}
	w.row, w.ends = next-1, true
	if next < n && a.buckets[next].Start < b.End {
		w.straddles, w.ends = true, false
	}
	return w
}

// windows are where some buckets lie on the axes of some lines. Lines mostly share an axis; where they do not, no more than maxWindows axes are kept,
// because lines times buckets are more than a node should hold.
type windows struct {
	buckets []calendar.Bucket
	found   map[*axis][]window
	last    *axis // mostly the one that is asked for next
	there   []window
}

const maxWindows = 8

func windowsOf(buckets []calendar.Bucket) *windows {
	return &windows{buckets: buckets, found: map[*axis][]window{}}
}

// at is where bucket j lies on an axis.
func (w *windows) at(a *axis, j int) window {
	if a == w.last {
		return w.there[j]
	}
	found, kept := w.found[a]
	if !kept {
		if len(w.found) == maxWindows {
			return a.window(w.buckets[j])
		}
		found = make([]window, len(w.buckets))
		for i, b := range w.buckets {
			found[i] = a.window(b)
		}
		w.found[a] = found
	}
	w.last, w.there = a, found
	return found[j]
}
