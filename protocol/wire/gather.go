package wire

import (
	"slices"

	"kontor/protocol/block"
	"kontor/protocol/feed"
	"kontor/protocol/identity"
)

// HeldOf is what a log and the identity chains hold. chain gives a company's, nil when none is held.
func HeldOf(log feed.Log, circle feed.Circle, chain func(company block.CID) *identity.Chain) (Held, error) {
	held := Held{Heads: []Head{}, IDs: []IDLen{}}
	for _, m := range circle.Members {
		if c := chain(m.Company); c != nil {
			held.IDs = append(held.IDs, IDLen{m.Company, c.Len(), c.Head()})
		}
		ends, err := log.Ends(m.Company)
		if err != nil {
			return Held{}, err
		}
		for _, end := range ends {
			held.Heads = append(held.Heads, Head{m.Company, end.Seq, end.CID})
		}
	}
	SortHeads(held.Heads)
	slices.SortFunc(held.IDs, func(a, b IDLen) int { return a.Company.Compare(b.Company) })
	return held, nil
}

// Source is what [Gather] reads from.
type Source struct {
	Log    feed.Log
	Circle feed.Circle
	// Chain gives a company's identity entries from a place on; nil when there are none.
	Chain func(company block.CID, from int64) []identity.Envelope
	// Body gives the blocks that the receiver may lack to read an entry's body, all of them or none (nil: let it ask for them).
	// [InlineBody] does so for a sheet or a document. Theirs is what the receiver holds.
	Body func(e feed.Entry, theirs Held) ([][]byte, error)
}

// pageEntries is how many entries of an author are read at once.
const pageEntries = 64

// nearEntries is how many entries at the end of a feed are found by their links: what a partner lacks who waits for news.
const nearEntries = 4

// Gather fills a batch with what theirs lacks: identity entries, then entries in the order of their places, each after everything
// it builds on. It stops at the bounds of a batch and sets More. T, Nonce and Held are the caller's to fill in.
func Gather(src Source, theirs Held) (Batch, error) {
	b := Batch{IDs: []IDRange{}, Entries: []feed.Envelope{}, Blocks: [][]byte{}, Patches: [][]byte{}}
	budget := gatherIdentities(&b, src, theirs)
	if b.More {
		return b, nil
	}
	var feeds []*cursor
	for _, m := range src.Circle.Members {
		from, skip, err := missingFrom(src.Log, m.Company, theirs)
		if err != nil {
			return Batch{}, err
		}
		feeds = append(feeds, &cursor{log: src.Log, author: m.Company, next: from, skip: skip})
	}
	for {
		next, err := oldest(feeds)
		if err != nil || next == nil {
			return b, err
		}
		e := next.page[0]
		var body [][]byte
		if e.Header.Body != nil && src.Body != nil {
			if body, err = src.Body(e, theirs); err != nil {
				return Batch{}, err
			}
		}
		size := len(e.Envelope.Header) + len(e.Envelope.Sig) + 16
		for _, data := range body {
			size += len(data) + 5
		}
		if len(b.Entries) == MaxBatchEntries || (len(b.Entries) > 0 && (size > budget || len(b.Blocks)+len(body) > MaxBatchBlocks)) {
			b.More = true
			return b, nil
		}
		budget -= size
		b.Entries = append(b.Entries, e.Envelope)
		b.Blocks = append(b.Blocks, body...)
		next.page = next.page[1:]
	}
}

func gatherIdentities(b *Batch, src Source, theirs Held) (budget int) {
	budget = MaxBatchBytes
	count := 0
	for _, m := range src.Circle.Members {
		held := theirs.Chain(m.Company)
		run := IDRange{Company: m.Company, From: max(0, held.Len-1), Entries: []identity.Envelope{}}
		ours := src.Chain(m.Company, run.From)
		// Where they hold another last entry than stands here in its place, ours goes along: two signed entries for one place are the proof
		// that the company's identity forked.
		if held.Len > 0 && len(ours) > 0 && ours[0].CID() == held.Head {
			run.From, ours = held.Len, ours[1:]
		}
		for _, env := range ours {
			size := len(env.Entry) + 64
			for range env.Signatures {
				size += 128
			}
			if count == MaxBatchIdentities || size > budget {
				b.More = true
				break
			}
			count, budget = count+1, budget-size
			run.Entries = append(run.Entries, env)
		}
		if len(run.Entries) > 0 {
			b.IDs = append(b.IDs, run)
		}
	}
	return budget
}

// missingFrom is where to begin with an author: the seq from which on the other side may lack entries, and, after a fork, those
// of them that it holds all the same.
func missingFrom(log feed.Log, author block.CID, theirs Held) (from int64, skip map[block.CID]bool, err error) {
	var heads []feed.Entry
	strange := int64(0)
	for _, head := range theirs.Heads {
		if head.Author != author {
			continue
		}
		entry, held, err := log.Get(head.CID)
		switch {
		case err != nil:
			return 0, nil, err
		case held:
			heads = append(heads, entry)
		default:
			strange = head.Seq
		}
	}
	if from, forked, err := log.FirstForkPlace(author); err != nil {
		return 0, nil, err
	} else if forked {
		if from, err = behindSides(log, author, from, theirs, heads); err != nil {
			return 0, nil, err
		}
		skip, err := branches(log, from, heads)
		return from, skip, err
	}
	if len(heads) > 0 {
		return heads[len(heads)-1].Header.Seq + 1, nil, nil
	}
	mine, found, err := log.Head(author)
	if err != nil || !found || strange == 0 {
		return 1, nil, err
	}
	if mine.Header.Seq >= strange {
		// They are on a branch we do not hold. Where it left ours is not known, but it is not further back than branches go.
		return max(1, strange-feed.ForkEntries), nil, nil
	}
	return strange + 1, nil, nil
}

// behindSides is where to begin with an author that forked: where the other side knows the ends of all side branches and an entry of the one
// that goes on, behind that entry; else at the fork.
func behindSides(log feed.Log, author block.CID, fork int64, theirs Held, heads []feed.Entry) (int64, error) {
	ends, err := log.Ends(author)
	if err != nil || len(ends) == 0 {
		return fork, err
	}
	for _, end := range ends[:len(ends)-1] {
		if !theirs.Holds(author, end.CID) {
			return fork, nil
		}
	}
	at, found, err := log.Get(ends[len(ends)-1].CID)
	for err == nil && found && at.Header.Seq > fork {
		if slices.ContainsFunc(heads, func(h feed.Entry) bool { return h.CID == at.CID }) {
			return at.Header.Seq + 1, nil
		}
		at, found, err = log.Get(*at.Header.Prev)
	}
	return fork, err
}

// branches lists the entries from a seq up to each of the heads.
func branches(log feed.Log, from int64, heads []feed.Entry) (map[block.CID]bool, error) {
	known := map[block.CID]bool{}
	for _, e := range heads {
		for e.Header.Seq >= from {
			known[e.CID] = true
			if e.Header.Prev == nil {
				break
			}
			prev, found, err := log.Get(*e.Header.Prev)
			if err != nil {
				return nil, err
			}
			if !found {
				break
			}
			e = prev
		}
	}
	return known, nil
}

// cursor reads an author's entries a page at a time.
type cursor struct {
	log    feed.Log
	author block.CID
	next   int64
	skip   map[block.CID]bool
	page   []feed.Entry
	done   bool
}

func (c *cursor) fill() error {
	if len(c.page) > 0 || c.done {
		return nil
	}
	c.done = true
	if len(c.skip) == 0 {
		newest, ok, err := c.log.Newest(c.author, c.next, nearEntries)
		if err != nil || ok {
			c.page = newest
			return err
		}
	}
	err := c.log.From(c.author, c.next, func(e feed.Entry) (bool, error) {
		// Both entries of a seq where a branch begins stay in one page.
		if len(c.page) >= pageEntries && e.Header.Seq != c.next-1 {
			c.done = false
			return false, nil
		}
		if !c.skip[e.CID] {
			c.page = append(c.page, e)
		}
		c.next = e.Header.Seq + 1
		return true, nil
	})
	// Branches of one author interleave by seq; what builds on what is told by the place alone.
	slices.SortFunc(c.page, func(a, b feed.Entry) int { return a.Key().Compare(b.Key()) })
	return err
}

func oldest(feeds []*cursor) (*cursor, error) {
	var first *cursor
	for _, c := range feeds {
		if err := c.fill(); err != nil {
			return nil, err
		}
		if len(c.page) > 0 && (first == nil || c.page[0].Key().Compare(first.page[0].Key()) < 0) {
			first = c
		}
	}
	return first, nil
}

// InlineBody collects a body to travel with its entry: the root alone for a document, the root and all below it for a sheet. It
// gives nothing when a block is larger than MaxInlineBlock or all together are larger than MaxInlineBody: then the receiver asks
// for them. Get returns a block that is held.
func InlineBody(root block.CID, sheet bool, get func(block.CID) ([]byte, error)) ([][]byte, error) {
	var out [][]byte
	total := 0
	walk := NewDeep(root)
	for {
		id, more := walk.Next()
		if !more || (!sheet && len(out) == 1) {
			return out, nil
		}
		data, err := get(id)
		if err != nil {
			return nil, err
		}
		if total += len(data); len(data) > MaxInlineBlock || total > MaxInlineBody {
			return nil, nil
		}
		if err := walk.Pass(data); err != nil {
			return nil, err
		}
		out = append(out, data)
	}
}
