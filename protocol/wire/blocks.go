package wire

import (
	"fmt"

	"kontor/protocol/block"
	"kontor/protocol/bound"
)

// BlocksAsk asks for a block by its place: the body of an entry and a path of link indexes below it. There is no way to ask for a
// CID, so nobody can probe what a node holds.
type BlocksAsk struct {
	PID   block.CID `cbor:"pid"`
	Entry block.CID `cbor:"entry"`
	// Path holds link indexes in the order of block.Links, from the body's root down. Empty: the root.
	Path []int64 `cbor:"path"`
	// Deep asks for the block and all below it, in the order of [Deep], beginning with the Skip-th.
	Deep bool  `cbor:"deep"`
	Skip int64 `cbor:"skip"`
	// From names earlier bodies that the requester holds. Where the body asked for is a revision of one of them, the responder may
	// answer with a patch instead.
	From []block.CID `cbor:"from"`
}

// Check implements [Message].
func (a BlocksAsk) Check() error {
	if len(a.Path) > MaxPath || len(a.From) > MaxFrom {
		return fmt.Errorf("path of %d steps and %d earlier bodies; at most %d and %d are allowed", len(a.Path), len(a.From), MaxPath, MaxFrom)
	}
	for i, step := range a.Path {
		if step < 0 || step >= block.MaxArray {
			return fmt.Errorf("step %d of the path is %d; 0 to %d are allowed", i, step, block.MaxArray-1)
		}
	}
	if a.Skip < 0 || a.Skip > MaxDeepBlocks || (a.Skip > 0 && !a.Deep) {
		return fmt.Errorf("%d blocks to skip; 0 to %d are allowed, and only in a deep ask", a.Skip, MaxDeepBlocks)
	}
	return nil
}

// Forms of a [BlocksReply].
const (
	FormBlocks = "blocks"
	FormPatch  = "patch"
)

// BlocksReply begins an answer. After it come frames of bare bytes, one a block, and an empty frame that ends the answer; or one
// frame with a patch and the empty frame. Blocks travel bare because a block may fill a frame.
type BlocksReply struct {
	Form string `cbor:"form"`
	Err  *Fault `cbor:"err,omitempty"`
}

// Check implements [Message].
func (r BlocksReply) Check() error {
	if r.Err != nil {
		return r.Err.Check()
	}
	if r.Form != FormBlocks && r.Form != FormPatch {
		return fmt.Errorf("answer of the form %q; %q and %q are known", clip(r.Form, 32), FormBlocks, FormPatch)
	}
	return nil
}

// WalkPath finds the block at the end of a path of link indexes. Get returns a block that is held, or an error.
func WalkPath(root block.CID, path []int64, get func(block.CID) ([]byte, error)) (block.CID, error) {
	at := root
	for _, step := range path {
		links, err := linksOf(at, get)
		if err != nil {
			return block.CID{}, err
		}
		if step >= int64(len(links)) {
			return block.CID{}, Faultf(CodeNotFound, "nothing is held there")
		}
		at = links[step]
	}
	return at, nil
}

func linksOf(id block.CID, get func(block.CID) ([]byte, error)) ([]block.CID, error) {
	if id.Raw() {
		return nil, nil
	}
	data, err := get(id)
	if err != nil {
		return nil, err
	}
	return block.Links(data)
}

// Deep walks a document depth first, a block before what it links to, links in their order, each block once. Both sides walk
// alike: the one that sends with the blocks it holds, the one that receives with the blocks as they come. The zero value is done.
type Deep struct {
	stack []block.CID
	known map[block.CID]bool
	bytes int
}

// NewDeep begins a walk at root.
func NewDeep(root block.CID) *Deep {
	return &Deep{stack: []block.CID{root}, known: map[block.CID]bool{root: true}}
}

// Next is the block the walk has come to; false when it is done.
func (d *Deep) Next() (block.CID, bool) {
	if len(d.stack) == 0 {
		return block.CID{}, false
	}
	return d.stack[len(d.stack)-1], true
}

// Take gives the walk the bytes of the block it has come to and moves on. It verifies that they are that block's and that the
// document stays within bounds; on error the walk has not moved.
func (d *Deep) Take(data []byte) error {
	at, more := d.Next()
	if !more {
		return Faultf(CodeMalformed, "a block beyond the end of the document")
	}
	if !at.Holds(data) {
		return Faultf(CodeMalformed, "the bytes of block %s are another's", at.Short())
	}
	return d.Pass(data)
}

// Pass is Take for bytes of the own store, which were verified before they were stored and are under its checksum: whoever receives them hashes
// them.
func (d *Deep) Pass(data []byte) error {
	at, more := d.Next()
	if !more {
		return Faultf(CodeMalformed, "a block beyond the end of the document")
	}
	var links []block.CID
	if !at.Raw() {
		var err error
		if links, err = block.Links(data); err != nil {
			return Faultf(CodeMalformed, "block %s: %v", at.Short(), err)
		}
	}
	fresh := links[:0]
	for _, link := range links {
		if !d.known[link] {
			d.known[link] = true
			fresh = append(fresh, link)
		}
	}
	if d.bytes += len(data); d.bytes > MaxDeepBytes || len(d.known) > MaxDeepBlocks {
		return exceedsf(bound.Artifact, CodeTooLarge, "the document has more than %d bytes or %d blocks", MaxDeepBytes, MaxDeepBlocks)
	}
	d.stack = d.stack[:len(d.stack)-1]
	for i := len(fresh) - 1; i >= 0; i-- {
		d.stack = append(d.stack, fresh[i])
	}
	return nil
}
