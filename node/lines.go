package node

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"sync"

	"kontor/protocol"
	"kontor/protocol/block"
	"kontor/protocol/calendar"
	"kontor/protocol/performance"
)

// Private rows of the lines behind the company's own performance reports, by report and cell, and of the lines that were opened to
// partners and by them.
const (
	reportLines = "report-line/"
	openedLines = "opened-line/"
)

// linesPerWrite keeps one transaction of lines well below what the store takes in one.
const linesPerWrite = 2_000

func cellName(cell string) string {
	sum := sha256.Sum256([]byte(cell))
	return hex.EncodeToString(sum[:16])
}

func reportLinesOf(pid, report block.CID) string {
	return reportLines + pid.String() + "/" + report.String() + "/"
}

// KeepLines keeps the lines behind the cells of a report that is about to be shared, so that they can be compared with a partner's. It may be
// repeated.
func (n *Node) KeepLines(pid, report block.CID, cells map[string][]performance.Line) error {
	type row struct {
		key  string
		line performance.Line
	}
	var rows []row
	for cell, lines := range cells {
		for _, l := range lines {
			rows = append(rows, row{reportLinesOf(pid, report) + cellName(cell) + "/" + l.Key(), l})
		}
	}
	for len(rows) > 0 {
		part := rows[:min(linesPerWrite, len(rows))]
		rows = rows[len(part):]
		if err := n.Private(func(p PrivateRows) error {
			for _, r := range part {
				if err := p.Put(r.key, r.line); err != nil {
					return err
				}
			}
			return nil
		}); err != nil {
			return err
		}
	}
	return nil
}

// DropLines forgets the lines behind a report that is no longer in force.
func (n *Node) DropLines(pid, report block.CID) error {
	for {
		var keys []string
		prefix := reportLinesOf(pid, report)
		err := n.ReadPrivate(func(p PrivateRows) error {
			return p.Scan(prefix, func(key string, _ func(any) error) (bool, error) {
				keys = append(keys, prefix+key)
				return len(keys) < linesPerWrite, nil
			})
		})
		if err != nil || len(keys) == 0 {
			return err
		}
		if err := n.Private(func(p PrivateRows) error {
			for _, k := range keys {
				if err := p.Delete(k); err != nil {
					return err
				}
			}
			return nil
		}); err != nil {
			return err
		}
	}
}

// lineTree is the tree over the lines of a cell of an own report.
func (n *Node) lineTree(p *Partnership, report block.CID, cell string) (*performance.Tree, error) {
	var lines []performance.Line
	err := n.ReadPrivate(func(rows PrivateRows) error {
		return rows.Scan(reportLinesOf(p.PID, report)+cellName(cell)+"/", func(_ string, decode func(any) error) (bool, error) {
			var l performance.Line
			err := decode(&l)
			lines = append(lines, l)
			return true, err
		})
	})
	if err != nil {
		return nil, err
	}
	if len(lines) == 0 {
		return nil, Failf("NO_LINES", "the lines behind cell %q are not held here; share the report again: kontor performance share", cell)
	}
	return performance.NewTree(performance.NewSalt(p.Channel), cell, lines)
}

// apart is a cell whose lines differ in the reports of this company and a member, both in force.
type apart struct {
	window calendar.Bucket
	ours   block.CID
	theirs block.CID
	root   performance.LineRoot // theirs
	tree   *performance.Tree    // ours
}

// errNotApart says that nothing is to be compared there: no such report or cell, or equal lines.
var errNotApart = errors.New("no two reports in force differ in the lines of that cell")

// lineCache keeps the cell that a member asks about, over many asks.
type lineCache struct {
	sync.Mutex
	pid, member block.CID
	cell        string
	found       apart
}

// apartIn finds the cell in which own and a member's report of a window have different lines. report is the own one.
func (n *Node) apartIn(pid, member, report block.CID, cell string) (apart, error) {
	p, err := n.Partnership(pid)
	if err != nil {
		return apart{}, err
	}
	out := apart{ours: report}
	c := &n.lines
	c.Lock()
	defer c.Unlock()
	err = n.View(pid, func(r *protocol.Replica) error {
		row, found, err := r.Version(report)
		if err != nil {
			return err
		}
		if !found || row.Author != n.company || row.Status != protocol.InForce || row.Type != performance.Type {
			return errNotApart
		}
		known := c.pid == pid && c.member == member && c.cell == cell && c.found.ours == report
		var mine performance.Document
		if known {
			out.window = c.found.window
		} else if mine, err = r.Performance(report); err != nil {
			return err
		} else {
			out.window = mine.Window
		}
		window, err := r.Window(out.window)
		if err != nil {
			return err
		}
		for _, other := range window.Reports {
			if other.Author == member && member != n.company {
				out.theirs = other.Root
			}
		}
		if !out.theirs.Defined() {
			return errNotApart
		}
		if known && c.found.theirs == out.theirs {
			out = c.found
			return nil
		}
		if known {
			if mine, err = r.Performance(report); err != nil {
				return err
			}
		}
		theirs, err := r.Performance(out.theirs)
		if err != nil {
			return err
		}
		a, b := lineRootOf(mine, cell), lineRootOf(theirs, cell)
		if a == nil || b == nil || mine.Event() != theirs.Event() || a.Count == b.Count && string(a.Root) == string(b.Root) {
			return errNotApart
		}
		out.root = *b
		return nil
	})
	if err != nil || out.tree != nil {
		return out, err
	}
	if out.tree, err = n.lineTree(p, report, cell); err != nil {
		return apart{}, err
	}
	c.pid, c.member, c.cell, c.found = pid, member, cell, out
	return out, nil
}

func lineRootOf(d performance.Document, cell string) *performance.LineRoot {
	for _, c := range d.Cells {
		if c.Lines != nil && c.Key() == cell {
			return c.Lines
		}
	}
	return nil
}
