package audit_test

import (
	"bytes"
	"slices"
	"testing"

	"kontor/node/audit"
	"kontor/protocol/block"
)

type memberPart struct {
	Company block.CID   `cbor:"company"`
	Chain   []block.CID `cbor:"chain"`
	Feed    []block.CID `cbor:"feed"`
}

type page struct {
	Links []block.CID `cbor:"links"`
}

// forgery is a file taken apart, to be put together otherwise.
type forgery struct {
	t      testing.TB
	index  index
	blocks []block.Block
}

func (f *forgery) page(id block.CID) (p page) {
	f.t.Helper()
	i := slices.IndexFunc(f.blocks, func(b block.Block) bool { return b.CID == id })
	if err := block.Unmarshal(f.blocks[i].Data, &p); err != nil {
		f.t.Fatal(err)
	}
	return p
}

// put adds a block; drop takes one out.
func (f *forgery) put(v any) block.CID {
	b := mustBlock(f.t, v)
	f.blocks = append(f.blocks, b)
	return b.CID
}

func (f *forgery) drop(id block.CID) {
	f.blocks = slices.DeleteFunc(f.blocks, func(b block.Block) bool { return b.CID == id })
}

// Files made to deceive, every hash in them right.
func TestForgeriesFail(t *testing.T) {
	honest := final(t)
	file := honest.export("maker")
	half := drafted(t)
	half.signs("agency", "COO")
	other := half.export("agency")
	replaceFeed := func(f *forgery, i int, change func([]block.CID) []block.CID) {
		old := f.index.Members[i].Feed[0]
		links := change(f.page(old).Links)
		f.drop(old)
		f.index.Members[i].Feed = []block.CID{f.put(page{links})}
	}
	for _, c := range []struct {
		what string
		bend func(f *forgery)
		want string
	}{
		{"nothing changed", func(*forgery) {}, ""},
		{"another agreement is named", func(f *forgery) { f.index.Agreement = f.index.PID }, audit.CheckDocument},
		{"another type", func(f *forgery) { f.index.Type = "x" }, audit.CheckFile},
		{"a block nobody names", func(f *forgery) { f.put(page{Links: []block.CID{f.index.PID}}) }, audit.CheckFile},
		{"the last entry left out", func(f *forgery) {
			replaceFeed(f, 1, func(l []block.CID) []block.CID { f.drop(l[len(l)-1]); return l[:len(l)-1] })
		}, audit.CheckFinality},
		{"an entry twice", func(f *forgery) { replaceFeed(f, 0, func(l []block.CID) []block.CID { return append(l, l[len(l)-1]) }) }, audit.CheckFeeds},
		{"two entries exchanged", func(f *forgery) {
			replaceFeed(f, 0, func(l []block.CID) []block.CID { l[1], l[2] = l[2], l[1]; return l })
		}, audit.CheckFeeds},
		{"the feeds exchanged", func(f *forgery) {
			f.index.Members[0].Feed, f.index.Members[1].Feed = f.index.Members[1].Feed, f.index.Members[0].Feed
		}, audit.CheckFeeds},
		{"the chains exchanged", func(f *forgery) {
			f.index.Members[0].Chain, f.index.Members[1].Chain = f.index.Members[1].Chain, f.index.Members[0].Chain
		}, audit.CheckIdentity},
		{"a chain cut", func(f *forgery) {
			old := f.index.Members[0].Chain[0]
			links := f.page(old).Links
			f.drop(old)
			for _, l := range links[2:] {
				f.drop(l)
			}
			f.index.Members[0].Chain = []block.CID{f.put(page{links[:2]})}
		}, audit.CheckFeeds},
		{"a member left out", func(f *forgery) { f.index.Members = f.index.Members[:1] }, audit.CheckFile},
		{"one member's feed twice", func(f *forgery) { f.index.Members[1] = f.index.Members[0] }, audit.CheckFile},
		{"the genesis of another circle", func(f *forgery) {
			g := honest.s.Genesis
			g.Materiality.Minor++
			f.drop(f.index.PID)
			f.index.PID = f.put(g)
		}, audit.CheckFeeds},
	} {
		_, blocks, err := block.ReadCAR(bytes.NewReader(file), block.CARBounds{})
		if err != nil {
			t.Fatal(err)
		}
		f := &forgery{t: t, blocks: blocks[1:]}
		if err := block.Unmarshal(blocks[0].Data, &f.index); err != nil {
			t.Fatal(err)
		}
		c.bend(f)
		top := mustBlock(t, f.index)
		var out bytes.Buffer
		if err := block.WriteCAR(&out, []block.CID{top.CID}, append([]block.Block{top}, f.blocks...)); err != nil {
			t.Fatalf("%s: %v", c.what, err)
		}
		r, err := audit.Verify(&out)
		if code(err) != c.want || r.Final != (c.want == "") {
			t.Errorf("%s: %v, want %q", c.what, err, c.want)
		}
	}
	if _, err := audit.Verify(bytes.NewReader(other)); code(err) != audit.CheckQuorum {
		t.Errorf("the file of an open round: %v", err)
	}
}
