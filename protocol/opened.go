package protocol

import (
	"sync"

	"kontor/protocol/block"
	"kontor/protocol/forecast"
)

// openedForecasts remembers forecasts that were read from their sheets a moment ago: a revision is judged by itself, compared with the version
// in force, and is that version when the next one comes. A forecast follows from its root, so what is remembered can't be wrong; it is shared
// and not to be changed.
type openedForecasts struct {
	mu     sync.Mutex
	byRoot map[block.CID]forecast.Document
	cells  int
}

// maxOpenedCells bounds the cells remembered in a partnership, some 150 bytes each: 3 MiB. A forecast of more than a quarter of them is read anew.
const maxOpenedCells = 20_000

func (o *openedForecasts) get(root block.CID) (forecast.Document, bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	d, known := o.byRoot[root]
	return d, known
}

func (o *openedForecasts) put(root block.CID, d forecast.Document) {
	cells := 1
	for _, l := range d.Lines {
		cells += 1 + len(l.Buckets)
	}
	if cells > maxOpenedCells/4 {
		return
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.byRoot == nil || o.cells+cells > maxOpenedCells {
		o.byRoot, o.cells = map[block.CID]forecast.Document{}, 0
	}
	if _, known := o.byRoot[root]; !known {
		o.byRoot[root] = d
		o.cells += cells
	}
}

// forecast reads a forecast whose blocks are held.
func (f *fold) forecast(root block.CID) (forecast.Document, error) {
	if d, known := f.replica.opened.get(root); known {
		return d, nil
	}
	sheet, err := f.replica.Sheet(root)
	if err != nil {
		return forecast.Document{}, err
	}
	d, err := forecast.FromSheet(sheet)
	if err == nil {
		f.replica.opened.put(root, d)
	}
	return d, err
}
