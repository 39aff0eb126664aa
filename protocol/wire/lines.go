package wire

import (
	"fmt"

	"kontor/protocol/block"
	"kontor/protocol/performance"
)

// MaxCellKey bounds the key of a cell: three names, percent-encoded at the worst.
const MaxCellKey = 1 << 10

// LinesAsk asks about the lines of one cell of the responder's performance report in force: for nodes of their tree, or for the one line at
// a place. The asker has a report of the same window in force whose cell has another root.
type LinesAsk struct {
	PID    block.CID `cbor:"pid"`
	Report block.CID `cbor:"report"` // the responder's
	Cell   string    `cbor:"cell"`
	Paths  [][]byte  `cbor:"paths,omitempty"`
	Open   *LineAsk  `cbor:"open,omitempty"`
}

// LineAsk asks for the line at a place where the asker shows, by its own signed report, to have another or none.
type LineAsk struct {
	At      []byte               `cbor:"at"`
	Proof   performance.Proof    `cbor:"proof"`             // from the root of the asker's report to the place
	Opening *performance.Opening `cbor:"opening,omitempty"` // the asker's line there; absent where it has none
}

// Check implements [Message].
func (a LinesAsk) Check() error {
	if len(a.Cell) > MaxCellKey {
		return fmt.Errorf("cell key of %d bytes; at most %d are used", len(a.Cell), MaxCellKey)
	}
	if (len(a.Paths) == 0) == (a.Open == nil) || len(a.Paths) > performance.MaxPaths {
		return fmt.Errorf("%d paths; want 1 to %d, or one line to open", len(a.Paths), performance.MaxPaths)
	}
	for _, path := range a.Paths {
		if len(path) > performance.MaxDepth {
			return fmt.Errorf("line tree path of %d steps; at most %d exist", len(path), performance.MaxDepth)
		}
		for i, step := range path {
			if step > 15 {
				return fmt.Errorf("step %d of the line tree path is %d; steps are 0 to 15", i, step)
			}
		}
	}
	if o := a.Open; o != nil && (len(o.At) != len(performance.Hash{}) || len(o.Proof.Nodes) == 0 || len(o.Proof.Nodes) > performance.MaxDepth) {
		return fmt.Errorf("line at a place of %d bytes with a proof of %d nodes", len(o.At), len(o.Proof.Nodes))
	}
	return nil
}

// LinesReply answers with the nodes asked for, in order, or with the line; without an opening there is none at the place.
type LinesReply struct {
	Count   int64                `cbor:"count"` // of the lines of the cell
	Nodes   []performance.Node   `cbor:"nodes,omitempty"`
	Opening *performance.Opening `cbor:"opening,omitempty"`
	Err     *Fault               `cbor:"err,omitempty"`
}

// Check implements [Message].
func (r LinesReply) Check() error {
	if r.Err != nil {
		return r.Err.Check()
	}
	if r.Count < 1 || r.Count > performance.MaxLines || len(r.Nodes) > performance.MaxPaths {
		return fmt.Errorf("%d lines and %d nodes of their tree; want 1 to %d and at most %d", r.Count, len(r.Nodes), performance.MaxLines, performance.MaxPaths)
	}
	for i, n := range r.Nodes {
		if err := n.Check(); err != nil {
			return fmt.Errorf("node %d: %w", i, err)
		}
	}
	if r.Opening != nil {
		return r.Opening.Line.Check()
	}
	return nil
}
