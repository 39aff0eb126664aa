package audit_test

import (
	"bytes"
	"slices"
	"strings"
	"testing"

	"kontor/node/audit"
	"kontor/protocol"
	"kontor/protocol/block"
	"kontor/protocol/feed"
	"kontor/testnet/virtual"
)

func (c *cast) writes(d *virtual.Desk, kind string, v any) {
	c.t.Helper()
	draft, err := virtual.Body(kind, v)
	if err == nil {
		_, err = d.Write(draft)
	}
	if err != nil {
		c.t.Fatalf("%s: %s: %v", d.Name, kind, err)
	}
}

func (c *cast) beats(d *virtual.Desk) {
	c.t.Helper()
	if _, err := d.Write(protocol.Draft{Kind: protocol.KindHeartbeat}); err != nil {
		c.t.Fatal(err)
	}
}

func (c *cast) gives(from, to *virtual.Desk) {
	c.t.Helper()
	parcel, err := from.Everything()
	if err == nil {
		_, err = to.Take(parcel)
	}
	if err != nil {
		c.t.Fatal(err)
	}
}

// forked: the maker's officers sign in another history than the one that the agency built upon first, entry by entry under the same numbers.
func forked(t testing.TB) (c *cast, doc protocol.ForkResolution) {
	c = drafted(t)
	c.signs("agency", "COO")
	c.signs("agency", "CFO")
	agency, maker := c.s.Desk("agency"), c.s.Desk("maker")
	twin := maker.Twin()
	for range 3 {
		c.beats(maker)
	}
	c.gives(maker, agency)
	c.beats(agency)
	c.s.Now++
	for _, role := range []string{"COO", "CFO"} {
		signed, err := virtual.RoleSignature(twin.Company, twin.At, role, c.doc, c.document)
		if err != nil {
			t.Fatal(err)
		}
		c.writes(twin, protocol.KindSignature, signed)
	}
	c.beats(twin)
	c.gives(twin, agency)
	c.beats(agency)
	if err := c.s.Meet(); err != nil {
		t.Fatal(err)
	}
	fork, err := agency.Fork(maker.ID)
	if err != nil {
		t.Fatal(err)
	}
	return c, fork.Proposal
}

func (c *cast) resolves(who string, doc protocol.ForkResolution, officers ...string) {
	c.t.Helper()
	for _, officer := range officers {
		draft, err := c.s.Desk(who).ForkVote(doc, officer)
		if err == nil {
			_, err = c.s.Desk(who).Write(draft)
		}
		if err == nil {
			err = c.s.Meet()
		}
		if err != nil {
			c.t.Fatal(err)
		}
	}
}

// Signatures in a history that does not count for its author bind it. Until all have said which history counts, the file proves nothing; then both sides
// export one file that proves the agreement, and leaving the other history out of it is found.
func TestSignaturesInAHistoryBeside(t *testing.T) {
	c, doc := forked(t)
	_, err := audit.Verify(bytes.NewReader(c.export("agency")))
	if code(err) != audit.CheckFeeds || !strings.Contains(err.Error(), "two histories") {
		t.Errorf("before anybody resolved the fork: %v", err)
	}
	c.resolves("maker", doc, "COO", "CFO")
	c.resolves("agency", doc, "COO")
	if _, err := audit.Verify(bytes.NewReader(c.export("agency"))); code(err) != audit.CheckFeeds {
		t.Errorf("one officer of four is missing: %v", err)
	}
	c.resolves("agency", doc, "CFO")
	for range 3 {
		for _, d := range c.s.Desks {
			c.beats(d)
		}
		if err := c.s.Meet(); err != nil {
			t.Fatal(err)
		}
	}
	file := c.export("agency")
	if !bytes.Equal(file, c.export("maker")) {
		t.Error("the two sides export different files")
	}
	r, err := audit.Verify(bytes.NewReader(file))
	if err != nil {
		t.Fatal(err)
	}
	beside := 0
	for _, s := range r.Signatures {
		if s.Side {
			beside++
			if s.Company != c.s.Desk("maker").ID {
				t.Errorf("a signature beside is of %s", s.Company.Short())
			}
		}
	}
	if !r.Final || len(r.Signatures) != 4 || beside != 2 {
		t.Errorf("final %t, %d signatures, %d in the history beside", r.Final, len(r.Signatures), beside)
	}

	_, blocks, err := block.ReadCAR(bytes.NewReader(file), block.CARBounds{})
	if err != nil {
		t.Fatal(err)
	}
	f := &forgery{t: t, blocks: blocks[1:]}
	if err := block.Unmarshal(blocks[0].Data, &f.index); err != nil {
		t.Fatal(err)
	}
	for i, m := range f.index.Members {
		if m.Company != c.s.Desk("maker").ID {
			continue
		}
		links := f.page(m.Feed[0]).Links
		f.drop(m.Feed[0])
		kept := links[:0:0]
		for _, id := range links {
			i := slices.IndexFunc(f.blocks, func(b block.Block) bool { return b.CID == id })
			var env feed.Envelope
			if err := block.Unmarshal(f.blocks[i].Data, &env); err != nil {
				t.Fatal(err)
			}
			if block.Sum(env.Header) == doc.Main {
				f.drop(id)
				continue
			}
			kept = append(kept, id)
		}
		if len(kept) != len(links)-1 {
			t.Fatalf("%d entries of %d are left", len(kept), len(links))
		}
		f.index.Members[i].Feed = []block.CID{f.put(page{kept})}
	}
	top := mustBlock(t, f.index)
	var out bytes.Buffer
	if err := block.WriteCAR(&out, []block.CID{top.CID}, append([]block.Block{top}, f.blocks...)); err != nil {
		t.Fatal(err)
	}
	if r, err := audit.Verify(&out); err == nil || r.Final {
		t.Error("the history that counts was left out, and the file still verifies")
	}
}
