package wire

import (
	"fmt"
	"slices"

	"kontor/protocol/block"
	"kontor/protocol/bound"
	"kontor/protocol/feed"
	"kontor/protocol/identity"
)

// Head names the newest entry held of an author. A member that forked has several: one a branch.
type Head struct {
	Author block.CID `cbor:"author"`
	Seq    int64     `cbor:"seq"`
	CID    block.CID `cbor:"cid"`
}

// IDLen says how many entries of a company's identity chain are held, and which is the last: two chains of one length may differ.
type IDLen struct {
	Company block.CID `cbor:"company"`
	Len     int64     `cbor:"len"`
	Head    block.CID `cbor:"head"`
}

// Held is what a node holds of a partnership. To the other side it is both a question, what comes after this, and the
// acknowledgement of everything before it.
type Held struct {
	Heads []Head  `cbor:"heads"` // ascending by author, then seq, then CID
	IDs   []IDLen `cbor:"ids"`   // ascending by company
}

// Check implements [Message].
func (h Held) Check() error {
	if len(h.Heads) > MaxHeads {
		return fmt.Errorf("%d heads; at most %d are allowed", len(h.Heads), MaxHeads)
	}
	for i, head := range h.Heads {
		if head.Seq < 1 || head.Seq > feed.MaxSeq {
			return fmt.Errorf("head %d has seq %d; 1 to %d are allowed", i, head.Seq, int64(feed.MaxSeq))
		}
		if i > 0 && compareHeads(h.Heads[i-1], head) >= 0 {
			return fmt.Errorf("heads are not in ascending order without repetition at %d", i)
		}
		if i >= feed.MaxEnds && h.Heads[i-feed.MaxEnds].Author == head.Author {
			return fmt.Errorf("more than %d heads of one author at %d", feed.MaxEnds, i)
		}
	}
	if len(h.IDs) > feed.MaxMembers {
		return fmt.Errorf("%d identity chains; a circle has at most %d members", len(h.IDs), feed.MaxMembers)
	}
	for i, id := range h.IDs {
		if id.Len < 1 || id.Len > identity.MaxChain {
			return bound.Errorf(bound.IdentityChain, "identity chain %d has %d entries; 1 to %d are allowed", i, id.Len, int64(identity.MaxChain))
		}
		if i > 0 && h.IDs[i-1].Company.Compare(id.Company) >= 0 {
			return fmt.Errorf("identity chains are not in ascending order without repetition at %d", i)
		}
	}
	return nil
}

// SortHeads puts heads in the order of a message.
func SortHeads(heads []Head) []Head {
	slices.SortFunc(heads, compareHeads)
	return heads
}

func compareHeads(a, b Head) int {
	if c := a.Author.Compare(b.Author); c != 0 {
		return c
	}
	if a.Seq != b.Seq {
		return int(max(-1, min(1, a.Seq-b.Seq)))
	}
	return a.CID.Compare(b.CID)
}

// Seq is the greatest seq held of an author; 0 when nothing is.
func (h Held) Seq(author block.CID) int64 {
	seq := int64(0)
	for _, head := range h.Heads {
		if head.Author == author {
			seq = max(seq, head.Seq)
		}
	}
	return seq
}

// Holds tells whether a head is among those held. It does not know of entries below the heads.
func (h Held) Holds(author, head block.CID) bool {
	for _, held := range h.Heads {
		if held.Author == author && held.CID == head {
			return true
		}
	}
	return false
}

// Covers tells whether this says at least as much of every feed and chain as another statement of the same node: it is no older. Of an author
// that forked only the same ends do: a greater seq says nothing of the other branch.
func (h Held) Covers(other Held) bool {
	for _, head := range other.Heads {
		further := h.Seq(head.Author) > head.Seq && h.ends(head.Author) == 1 && other.ends(head.Author) == 1
		if !further && !h.Holds(head.Author, head.CID) {
			return false
		}
	}
	for _, id := range other.IDs {
		if h.Chain(id.Company).Len < id.Len {
			return false
		}
	}
	return true
}

// ends counts the heads of an author: more than one after a fork.
func (h Held) ends(author block.CID) (n int) {
	for _, head := range h.Heads {
		if head.Author == author {
			n++
		}
	}
	return n
}

// Chain is how much of a company's identity chain is held; of length 0 when nothing is.
func (h Held) Chain(company block.CID) IDLen {
	for _, id := range h.IDs {
		if id.Company == company {
			return id
		}
	}
	return IDLen{Company: company}
}

// SyncAsk is what a requester sends: what it holds, and so what it wants.
type SyncAsk struct {
	PID  block.CID `cbor:"pid"`
	Held Held      `cbor:"held"`
	// T is the requester's clock, ms UTC.
	T int64 `cbor:"t"`
	// Feat is the requester's capability level.
	Feat int64 `cbor:"feat"`
	// Nonce comes back in the answer, so that none is taken for the answer to another ask.
	Nonce int64 `cbor:"nonce"`
	// Wait asks the responder to answer only when it holds something new, or after WaitLimit. The requester holds at most one such
	// ask open per partnership: news reaches it in half a round trip, and no faster than it takes them.
	Wait bool `cbor:"wait"`
	// Err tells the responder why the requester refused what it sent. No answer follows.
	Err *Fault `cbor:"err,omitempty"`
}

// Check implements [Message].
func (a SyncAsk) Check() error {
	if a.T < 0 || a.Feat < 0 {
		return fmt.Errorf("clock %d or capability level %d is negative", a.T, a.Feat)
	}
	if a.Err != nil {
		if err := a.Err.Check(); err != nil {
			return err
		}
	}
	return a.Held.Check()
}

// IDRange is a run of a company's identity chain.
type IDRange struct {
	Company block.CID           `cbor:"company"`
	From    int64               `cbor:"from"` // place of the first entry
	Entries []identity.Envelope `cbor:"entries"`
}

// Batch is what a responder answers: at most MaxBatchEntries entries, oldest first, in an order in which each can be admitted after
// the ones before it. Identity entries come first in meaning: the receiver appends them before it opens an entry.
type Batch struct {
	T     int64 `cbor:"t"` // the responder's clock, ms UTC
	Nonce int64 `cbor:"nonce"`
	// Held is what the responder holds: its acknowledgement of the requester's feed.
	Held    Held            `cbor:"held"`
	IDs     []IDRange       `cbor:"ids"`
	Entries []feed.Envelope `cbor:"entries"`
	// Blocks are small blocks that the bodies of these entries need, so that no second question is asked for them.
	Blocks [][]byte `cbor:"blocks"`
	// Patches lead from bodies the requester holds to bodies of these entries.
	Patches [][]byte `cbor:"patches"`
	// More says that the answer was cut at its bound: ask on.
	More bool   `cbor:"more"`
	Err  *Fault `cbor:"err,omitempty"`
}

// Empty tells that a batch carries nothing new.
func (b Batch) Empty() bool { return len(b.IDs) == 0 && len(b.Entries) == 0 }

// Check implements [Message].
func (b Batch) Check() error {
	if b.Err != nil {
		return b.Err.Check()
	}
	if b.T < 0 {
		return fmt.Errorf("clock %d is negative", b.T)
	}
	if err := b.Held.Check(); err != nil {
		return err
	}
	if len(b.IDs) > feed.MaxMembers {
		return fmt.Errorf("%d identity runs; a circle has at most %d members", len(b.IDs), feed.MaxMembers)
	}
	ids := 0
	for i, run := range b.IDs {
		if ids += len(run.Entries); len(run.Entries) == 0 || ids > MaxBatchIdentities {
			return fmt.Errorf("identity run %d is empty or the %dth entry is beyond the bound of %d", i, ids, MaxBatchIdentities)
		}
		if run.From < 0 || run.From+int64(len(run.Entries)) > identity.MaxChain {
			return bound.Errorf(bound.IdentityChain, "identity run %d begins at %d and leaves the bound of %d entries", i, run.From, identity.MaxChain)
		}
	}
	if len(b.Entries) > MaxBatchEntries {
		return bound.Errorf(bound.SyncBatch, "%d entries; at most %d are allowed", len(b.Entries), MaxBatchEntries)
	}
	for i, e := range b.Entries {
		if len(e.Header) > feed.MaxHeaderBytes {
			return bound.Errorf(bound.EntryHeader, "entry %d has a header of %d bytes; at most %d are allowed", i, len(e.Header), feed.MaxHeaderBytes)
		}
		if len(e.Sig) != 64 {
			return fmt.Errorf("entry %d has a signature of %d bytes; exactly 64 are right", i, len(e.Sig))
		}
	}
	if len(b.Blocks) > MaxBatchBlocks || len(b.Patches) > MaxBatchEntries {
		return bound.Errorf(bound.SyncBatch, "%d blocks and %d patches; at most %d and %d are allowed", len(b.Blocks), len(b.Patches), MaxBatchBlocks, MaxBatchEntries)
	}
	for i, data := range b.Blocks {
		if len(data) > MaxInlineBlock {
			return fmt.Errorf("inline block %d has %d bytes; at most %d are allowed", i, len(data), MaxInlineBlock)
		}
	}
	return nil
}
