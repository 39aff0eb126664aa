// Package audit proves an agreement to anyone, offline: [Export] writes everything that makes it final into one CAR file, [Verify] judges such a file by
// itself, on a machine without network, home or database.
//
// Guarantees: the file holds no key and no private row; the same entries give the same bytes, on either side's node; Verify trusts nothing in the file
// but what signatures and hashes bear out, and folds the feeds by the rules every node uses. What it can't know: whether a party wrote a second history
// that the file leaves out, and whether the companies named are who they say: compare their fingerprints.
package audit

import (
	"fmt"
	"io"

	"kontor/protocol"
	"kontor/protocol/block"
	"kontor/protocol/decision"
	"kontor/protocol/feed"
	"kontor/protocol/identity"
)

// Type is the document type of a file's index.
const Type = "AgreementEvidence.v1"

// Bounds of a file.
const (
	// pageLinks is how many links one page of an index holds: it stays far below a block of 1 MiB.
	pageLinks = 8192
	// MaxEntries is the most entries of one feed a file may hold: the tail bound of PROTOCOL 9.
	MaxEntries = 1 << 20
	// MaxBytes is the most bytes of a file that Verify reads.
	MaxBytes = 1 << 30
)

// index is the root of a file: what stands in it, and where.
type index struct {
	Type      string       `cbor:"type"`
	PID       block.CID    `cbor:"pid"` // also the link to the genesis
	Agreement block.CID    `cbor:"agreement"`
	Members   []memberPart `cbor:"members"` // in the order of the genesis
}

// memberPart is one member's identity chain and feed, as pages of links to envelopes, oldest first.
type memberPart struct {
	Company block.CID   `cbor:"company"`
	Chain   []block.CID `cbor:"chain"`
	Feed    []block.CID `cbor:"feed"`
}

// page is a run of links.
type page struct {
	Links []block.CID `cbor:"links"`
}

// Chains gives the envelopes of a company's identity chain from a place on.
type Chains func(company block.CID, from int64) []identity.Envelope

// Export writes the evidence of an agreement: both feeds up to the entries that made it final (all that is held while it is not), the bodies those
// entries carry, the identity chains as far as those entries name them, the partnership's genesis. Where a member wrote two histories as far back, both are
// in the file, with what the members signed to resolve the fork.
func Export(w io.Writer, r *protocol.Replica, chains Chains, agreement block.CID) error {
	row, known, err := r.Round(agreement)
	if err != nil {
		return err
	}
	if !known {
		return fmt.Errorf("export agreement %s: no such document is on the table", agreement.Short())
	}
	upTo, err := cut(r, row)
	if err == nil {
		err = withForks(r, upTo)
	}
	if err != nil {
		return err
	}
	e := exporter{r: r, has: map[block.CID]bool{}, walked: map[block.CID]bool{}}
	genesis, err := block.New(r.Genesis)
	if err != nil {
		return err
	}
	e.add(genesis)
	root := index{Type: Type, PID: r.PID, Agreement: agreement, Members: []memberPart{}}
	for i, m := range r.Circle.Members {
		part, err := e.member(m.Company, chains, upTo[i])
		if err != nil {
			return fmt.Errorf("export agreement %s: %w", agreement.Short(), err)
		}
		root.Members = append(root.Members, part)
	}
	top, err := block.New(root)
	if err != nil {
		return err
	}
	return block.WriteCAR(w, []block.CID{top.CID}, append([]block.Block{top}, e.blocks...))
}

// cut is how many entries of each member the evidence holds: the causal past of what made the round final, and everything held otherwise.
func cut(r *protocol.Replica, row protocol.RoundRow) ([]int64, error) {
	upTo := make([]int64, len(r.Circle.Members))
	past := func(company block.CID, seq int64) error {
		entries, err := r.Log.At(company, seq)
		for _, e := range entries {
			for i, n := range e.Clock {
				upTo[i] = max(upTo[i], n)
			}
		}
		return err
	}
	if row.Verdict == decision.Final && len(row.Lapses) == 0 && row.Ruled == nil {
		for _, p := range row.Parties {
			if p.Ack != nil {
				if err := past(p.Company, p.Ack.Seq); err != nil {
					return nil, err
				}
			}
		}
		if row.Resolved != nil && row.Witness != nil {
			return upTo, past(*row.Witness, row.Resolved.Seq)
		}
		return upTo, nil
	}
	for i, m := range r.Circle.Members {
		head, found, err := r.Log.Head(m.Company)
		if err != nil {
			return nil, err
		}
		if found {
			upTo[i] = head.Header.Seq
		}
	}
	return upTo, nil
}

// withForks moves the cut on so that it holds, of every fork behind it, both histories, what they build upon, and the signatures of its resolution.
func withForks(r *protocol.Replica, upTo []int64) error {
	forks, err := r.OpenForks()
	if err != nil {
		return err
	}
	moved := len(forks) > 0
	reach := func(e feed.Entry) {
		for i, n := range e.Clock {
			if n > upTo[i] {
				upTo[i], moved = n, true
			}
		}
	}
	for moved {
		moved = false
		for _, f := range forks {
			end := upTo[r.Circle.Index(f.Author)]
			if f.Seq > end {
				continue
			}
			err := r.Log.From(f.Author, f.Seq, func(e feed.Entry) (bool, error) {
				if e.Header.Seq > end {
					return false, nil
				}
				reach(e)
				return true, nil
			})
			if err != nil {
				return err
			}
			for _, id := range resolvers(f) {
				e, _, err := r.Log.Get(id)
				if err != nil {
					return err
				}
				reach(e)
			}
		}
	}
	return nil
}

// resolvers are the entries that carry the signatures of the resolution in force.
func resolvers(f protocol.OpenFork) (entries []block.CID) {
	for _, v := range f.Row.Resolutions {
		if f.Row.Resolved == nil || v.Document != *f.Row.Resolved {
			continue
		}
		for _, m := range v.Members {
			for _, s := range m.Signers {
				entries = append(entries, s.Entry)
			}
		}
	}
	return entries
}

// exporter collects blocks in the order of their first mention.
type exporter struct {
	r      *protocol.Replica
	has    map[block.CID]bool
	walked map[block.CID]bool // sheets added with everything below them
	blocks []block.Block
	leaves func(feed.Header) bool // whose bodies stay out; nil: none's
}

func (e *exporter) add(b block.Block) bool {
	if e.has[b.CID] {
		return false
	}
	e.has[b.CID] = true
	e.blocks = append(e.blocks, b)
	return true
}

func (e *exporter) member(company block.CID, chains Chains, upTo int64) (part memberPart, err error) {
	part.Company = company
	var entries []block.CID
	idSeq := int64(0)
	err = e.r.Log.From(company, 1, func(entry feed.Entry) (bool, error) {
		if entry.Header.Seq > upTo {
			return false, nil
		}
		idSeq = max(idSeq, entry.IDSeq)
		b, err := block.New(entry.Envelope)
		if err != nil {
			return false, err
		}
		if !e.add(b) {
			return false, fmt.Errorf("entry %s stands twice", entry.CID.Short())
		}
		entries = append(entries, b.CID)
		return true, e.body(entry.Header)
	})
	if err != nil {
		return part, err
	}
	var chain []block.CID
	for i, env := range chains(company, 0) {
		if int64(i) > idSeq {
			break
		}
		b, err := block.New(env)
		if err != nil {
			return part, err
		}
		e.add(b)
		chain = append(chain, b.CID)
	}
	if part.Chain, err = e.pages(chain); err != nil {
		return part, err
	}
	part.Feed, err = e.pages(entries)
	return part, err
}

// body adds what an entry carries: one block, or a sheet with everything below it.
func (e *exporter) body(h feed.Header) error {
	if h.Body == nil || h.Kind == protocol.KindSign || e.leaves != nil && e.leaves(h) {
		return nil
	}
	deep := protocol.CarriesSheet(h.Kind)
	todo := []block.CID{*h.Body}
	for len(todo) > 0 {
		id := todo[0]
		todo = todo[1:]
		// A block may stand there as another entry's one document: only one that was walked before has all below it.
		if e.walked[id] || !deep && e.has[id] {
			continue
		}
		data, err := e.r.Block(id)
		if err != nil {
			return err
		}
		e.add(block.Block{CID: id, Data: data})
		if !deep {
			return nil
		}
		e.walked[id] = true
		links, err := block.Links(data)
		if err != nil {
			return err
		}
		todo = append(todo, links...)
	}
	return nil
}

func (e *exporter) pages(links []block.CID) ([]block.CID, error) {
	out := []block.CID{}
	for len(links) > 0 {
		n := min(len(links), pageLinks)
		b, err := block.New(page{Links: links[:n]})
		if err != nil {
			return nil, err
		}
		e.add(b)
		out = append(out, b.CID)
		links = links[n:]
	}
	return out, nil
}
