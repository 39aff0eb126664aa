package node

import (
	"context"
	"encoding/hex"
	"errors"
	"sort"

	"kontor/protocol/block"
	"kontor/protocol/calendar"
	"kontor/protocol/performance"
	"kontor/protocol/wire"
)

// OpenedLine is a line in which two reports differ, as both desks see it.
type OpenedLine struct {
	With   block.CID         `cbor:"with" json:"-"` // the member
	Window calendar.Bucket   `cbor:"window" json:"window"`
	Cell   string            `cbor:"cell" json:"cell"`
	Ours   *performance.Line `cbor:"ours,omitempty" json:"ours,omitempty"` // absent where we have no such line
	Theirs *performance.Line `cbor:"theirs,omitempty" json:"theirs,omitempty"`
	Report block.CID         `cbor:"report" json:"report"` // ours
	Other  block.CID         `cbor:"other" json:"other"`   // theirs
	T      int64             `cbor:"t" json:"t"`           // ms UTC
	Asked  bool              `cbor:"asked" json:"asked"`   // by us; else the member asked
}

// Differs names the fields in which the two lines differ.
func (o OpenedLine) Differs() []string { return performance.Differs(o.Ours, o.Theirs) }

func openedOf(pid, member block.CID, window calendar.Bucket, cell string) string {
	return openedLines + pid.String() + "/" + window.Start.String() + "_" + window.End.String() + "/" + cellName(cell) + "/" + member.String() + "/"
}

// keepOpened records a line that is about to be opened, in which this company shows its own, unless that would be one too many of its cell.
func (n *Node) keepOpened(pid block.CID, at performance.Hash, o OpenedLine) error {
	prefix := openedOf(pid, o.With, o.Window, o.Cell)
	return n.Private(func(rows PrivateRows) error {
		key := prefix + hex.EncodeToString(at[:])
		var before OpenedLine
		known, err := rows.Get(key, &before)
		if err != nil {
			return err
		}
		if !known {
			count := 0
			if err := rows.Scan(prefix, func(string, func(any) error) (bool, error) {
				count++
				return count < performance.MaxOpened, nil
			}); err != nil {
				return err
			}
			if count >= performance.MaxOpened {
				return wire.Faultf(wire.CodeTooMany, "%d lines of this cell were opened already; compare the rest by other means", performance.MaxOpened)
			}
		}
		return rows.Put(key, o)
	})
}

// OpenedLines are the lines that were opened between this company and others in a partnership, by window and cell.
func (n *Node) OpenedLines(pid block.CID) (out []OpenedLine, err error) {
	err = n.ReadPrivate(func(rows PrivateRows) error {
		return rows.Scan(openedLines+pid.String()+"/", func(_ string, decode func(any) error) (bool, error) {
			var o OpenedLine
			err := decode(&o)
			out = append(out, o)
			return true, err
		})
	})
	sort.SliceStable(out, func(i, j int) bool {
		a, b := out[i], out[j]
		if a.Window != b.Window {
			return a.Window.Compare(b.Window) < 0
		}
		if a.Cell != b.Cell {
			return a.Cell < b.Cell
		}
		return a.key() < b.key()
	})
	return out, err
}

func (o OpenedLine) key() string {
	if o.Ours != nil {
		return o.Ours.Key()
	}
	if o.Theirs != nil {
		return o.Theirs.Key()
	}
	return ""
}

// Lines implements p2p.Lined. A line is opened to a member only where the member's own signed report has another there or none, and only
// after the member has shown its own.
func (n *Node) Lines(_ context.Context, pid, company block.CID, ask wire.LinesAsk) (wire.LinesReply, error) {
	nothing := wire.Faultf(wire.CodeNotFound, "nothing is held there")
	cell, err := n.apartIn(pid, company, ask.Report, ask.Cell)
	if err != nil {
		if !errors.Is(err, errNotApart) {
			n.log.Warn("lines were asked for and could not be read", "partnership", pid.Short(), "member", company.Short(), "reason", err)
		}
		return wire.LinesReply{}, nothing
	}
	reply := wire.LinesReply{Count: cell.tree.Root().Count}
	if ask.Open == nil {
		for _, path := range ask.Paths {
			node, ok := cell.tree.Node(path)
			if !ok {
				return wire.LinesReply{}, nothing
			}
			reply.Nodes = append(reply.Nodes, node)
		}
		return reply, nil
	}
	at := performance.Hash(ask.Open.At)
	theirs, err := ask.Open.Proof.Verify(cell.root, at)
	if err != nil {
		return wire.LinesReply{}, wire.Faultf(wire.CodeMalformed, "the proof does not lead from the asker's signed report: %v", err)
	}
	shown := OpenedLine{With: company, Window: cell.window, Cell: ask.Cell, Report: cell.ours, Other: cell.theirs, T: n.Now()}
	if theirs != nil {
		if ask.Open.Opening == nil {
			return wire.LinesReply{}, wire.Faultf(wire.CodeMalformed, "the asker has a line there and does not show it")
		}
		if err := cell.tree.Fits(*ask.Open.Opening, at, *theirs); err != nil {
			return wire.LinesReply{}, wire.Faultf(wire.CodeMalformed, "the line shown is not that of the asker's signed report: %v", err)
		}
		shown.Theirs = &ask.Open.Opening.Line
	}
	opening, hash, have := cell.tree.Open(at)
	switch {
	case !have && theirs == nil:
		return wire.LinesReply{}, nothing
	case have && theirs != nil && hash == *theirs:
		return wire.LinesReply{}, wire.Faultf(wire.CodeEqual, "both reports have the same line there")
	case have:
		shown.Ours, reply.Opening = &opening.Line, &opening
	}
	if err := n.keepOpened(pid, at, shown); err != nil {
		return wire.LinesReply{}, err
	}
	return reply, nil
}

// Reconciled is what comparing the lines of a cell with a member came to.
type Reconciled struct {
	Lines []OpenedLine
	More  bool // there are more differences than may be opened
}

// Reconcile walks the lines of a cell of an own report and of a connected member's of the same window, and opens those that differ: to both.
func (n *Node) Reconcile(ctx context.Context, pid, member, report block.CID, cell string) (out Reconciled, err error) {
	host := n.Host()
	if host == nil {
		return out, Failf("OFFLINE", "this office was opened without network")
	}
	found, err := n.apartIn(pid, member, report, cell)
	if errors.Is(err, errNotApart) {
		return out, Failf("NOTHING_APART", "the reports in force do not differ in the lines of %q; kontor performance compare shows where they do", cell)
	} else if err != nil {
		return out, err
	}
	lines, err := host.Lines(ctx, member, pid, found.theirs, cell)
	if err != nil {
		return out, Failf("OFFLINE", "%v; lines are compared while both offices are connected", err)
	}
	defer lines.Close()
	count := found.root.Count
	differing, more, err := performance.Bisect(found.tree, found.root, count, func(paths [][]byte) ([]performance.Node, error) {
		said, nodes, err := lines.Nodes(paths)
		if err == nil && said != count {
			err = Failf("LINES_FALSE", "the partner says it has %d lines there, and its signed report says %d", said, count)
		}
		return nodes, err
	})
	if err != nil {
		return out, n.linesFailed(pid, member, err)
	}
	out.More = more
	for _, d := range differing {
		o := OpenedLine{With: member, Window: found.window, Cell: cell, Report: found.ours, Other: found.theirs, T: n.Now(), Asked: true}
		open := wire.LineAsk{At: d.At[:], Proof: found.tree.Prove(d.At)}
		if mine, _, have := found.tree.Open(d.At); have {
			open.Opening, o.Ours = &mine, &mine.Line
		}
		if err := n.keepOpened(pid, d.At, o); err != nil {
			return out, n.linesFailed(pid, member, err)
		}
		theirs, err := lines.Open(open)
		switch {
		case err != nil:
			return out, n.linesFailed(pid, member, err)
		case (theirs == nil) != (d.Theirs == nil):
			return out, Failf("LINES_FALSE", "the partner shows another line than its signed report has")
		case theirs != nil:
			if err := found.tree.Fits(*theirs, d.At, *d.Theirs); err != nil {
				return out, Failf("LINES_FALSE", "the partner shows another line than its signed report has: %v", err)
			}
			o.Theirs = &theirs.Line
		}
		if err := n.keepOpened(pid, d.At, o); err != nil {
			return out, err
		}
		out.Lines = append(out.Lines, o)
	}
	return out, nil
}

// linesFailed says why lines could not be compared.
func (n *Node) linesFailed(pid, member block.CID, err error) error {
	var fault *wire.Fault
	var failure *Failure
	switch {
	case errors.As(err, &failure):
		return err
	case errors.As(err, &fault) && fault.Code == wire.CodeTooMany:
		return Failf("TOO_MANY_LINES", "%s: such tables come from different sources; correct one of them and share again", fault.Text)
	case errors.As(err, &fault):
		return Failf("LINES_REFUSED", "the partner answers %v; its report may have changed: kontor performance compare", fault)
	}
	n.log.Warn("lines could not be compared", "partnership", pid.Short(), "member", member.Short(), "reason", err)
	return Failf("LINES_FALSE", "lines could not be compared: %v", err)
}
