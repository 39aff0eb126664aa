package audit_test

import (
	"bytes"
	"errors"
	"slices"
	"testing"

	"kontor/node/audit"
	"kontor/protocol"
	"kontor/protocol/block"
	"kontor/protocol/decision"
	"kontor/protocol/identity"
	"kontor/testnet/virtual"
)

// cast is a partnership in which an agreement is being made, without network or clock.
type cast struct {
	t        testing.TB
	s        *virtual.Scene
	document block.CID
	doc      decision.Agreement
}

func (c *cast) does(who string, kind string, v any) {
	c.t.Helper()
	d, err := virtual.Body(kind, v)
	if err == nil {
		_, err = c.s.Desk(who).Write(d)
	}
	if err != nil {
		c.t.Fatalf("%s: %s: %v", who, kind, err)
	}
	c.s.Now += virtual.Minute
	if err := c.s.Meet(); err != nil {
		c.t.Fatal(err)
	}
}

func (c *cast) signs(who, role string) {
	c.t.Helper()
	desk := c.s.Desk(who)
	signed, err := virtual.RoleSignature(desk.Company, desk.At, role, c.doc, c.document)
	if err != nil {
		c.t.Fatal(err)
	}
	c.does(who, protocol.KindSignature, signed)
}

// drafted brings a scene as far as a document on the table.
func drafted(t testing.TB) *cast {
	t.Helper()
	s, err := virtual.NewScene(2, false)
	if err != nil {
		t.Fatal(err)
	}
	c := &cast{t: t, s: s}
	if err := s.Signed(); err != nil {
		t.Fatal(err)
	}
	maker := s.Desk("maker").ID
	fc, err := virtual.Share(virtual.Forecast("a", 0, nil, s.Now, 100, 100, 200))
	if err == nil {
		_, err = s.Desk("agency").Write(fc)
	}
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Meet(); err != nil {
		t.Fatal(err)
	}
	proposal := virtual.Proposal(s.Genesis, maker, s.Now+9*virtual.Day, fc.Body.CID)
	c.does("maker", protocol.KindTopic, decision.Act{Verb: decision.ProposeTopic, Propose: &proposal})
	topic := func() (t decision.Topic) {
		err := s.Desk("maker").View(func(r *protocol.Replica) error {
			all, err := r.Topics()
			if len(all) > 0 {
				t = all[0]
			}
			return err
		})
		if err != nil {
			c.t.Fatal(err)
		}
		return t
	}
	id := topic().ID
	act := func(who string, a decision.Act) {
		a.Topic = &id
		c.does(who, protocol.KindTopic, a)
	}
	act("agency", decision.Act{Verb: decision.Join})
	for _, who := range []string{"agency", "maker"} {
		act(who, decision.Act{Verb: decision.Ready, Weights: virtual.DigestOf("weights of " + who)})
	}
	for _, who := range []string{"agency", "maker"} {
		act(who, decision.Act{Verb: decision.Commit, Commit: virtual.DigestOf("scores of " + who)})
	}
	act("maker", decision.Act{Verb: decision.MakeOffer, Offer: virtual.Offer(1, 500)})
	act("agency", decision.Act{Verb: decision.AcceptOffer, Accept: &decision.Acceptance{Round: 1, Offer: topic().Offers[0].Entry}})
	err = s.Desk("maker").View(func(r *protocol.Replica) (err error) {
		c.doc, err = virtual.Agreement(r, s.Cast, topic(), s.Now+2*virtual.Day, 1000, fc.Body.CID)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	b, err := c.doc.Block()
	if err != nil {
		t.Fatal(err)
	}
	c.document = b.CID
	c.does("maker", protocol.KindDraft, c.doc)
	return c
}

func final(t testing.TB) *cast {
	c := drafted(t)
	for _, who := range []string{"agency", "maker"} {
		c.signs(who, "COO")
		c.signs(who, "CFO")
	}
	return c
}

func (c *cast) export(who string) []byte {
	c.t.Helper()
	var file bytes.Buffer
	err := c.s.Desk(who).View(func(r *protocol.Replica) error {
		return audit.Export(&file, r, func(company block.CID, from int64) []identity.Envelope { return c.s.Cast.Of(company).Chain.From(from) }, c.document)
	})
	if err != nil {
		c.t.Fatal(err)
	}
	return file.Bytes()
}

func code(err error) string {
	var f *audit.Failure
	if errors.As(err, &f) {
		return f.Check.Code
	}
	if err != nil {
		return "uncoded: " + err.Error()
	}
	return ""
}

// Both sides export the same bytes, later entries change nothing, and the file proves the agreement by itself.
func TestAFileProvesAFinalAgreement(t *testing.T) {
	c := final(t)
	file := c.export("agency")
	if !bytes.Equal(file, c.export("maker")) {
		t.Error("the two sides export different files")
	}
	c.does("agency", protocol.KindTopic, decision.Act{Verb: decision.ProposeTopic, Propose: proposal(c)})
	if !bytes.Equal(file, c.export("maker")) {
		t.Error("an entry after finality changes the file")
	}
	r, err := audit.Verify(bytes.NewReader(file))
	if err != nil {
		t.Fatal(err)
	}
	if !r.Final || r.Agreement != c.document || len(r.Signatures) != 4 || len(r.Parties) != 2 || len(r.Checks) != 8 || len(r.Effects) != len(c.doc.Effects) {
		t.Errorf("report: %+v", r)
	}
	want, err := decision.Render(mustBlock(t, c.doc).Data)
	if err != nil || r.Digest != want.Digest.String() {
		t.Errorf("digest %s, the signers saw %s", r.Digest, want.Digest)
	}
}

func proposal(c *cast) *decision.Proposal {
	p := virtual.Proposal(c.s.Genesis, c.s.Desk("agency").ID, c.s.Now+9*virtual.Day)
	return &p
}

func mustBlock(t testing.TB, v any) block.Block {
	t.Helper()
	b, err := block.New(v)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// A file that is honest but proves no final agreement says which check it does not pass.
func TestWhatIsNotFinalIsSaid(t *testing.T) {
	c := drafted(t)
	for _, step := range []struct {
		who, role string
		want      string
	}{{"", "", audit.CheckSignatures}, {"agency", "COO", audit.CheckQuorum}, {"agency", "CFO", audit.CheckQuorum}, {"maker", "COO", audit.CheckQuorum}, {"maker", "CFO", ""}} {
		if step.who != "" {
			c.signs(step.who, step.role)
		}
		r, err := audit.Verify(bytes.NewReader(c.export("agency")))
		if code(err) != step.want || r.Final != (step.want == "") {
			t.Errorf("after the %s of %s: %v, want %q", step.role, step.who, err, step.want)
		}
	}
}

// Every flipped bit is found: there is no byte in the file that nothing looks at.
func TestEveryFlippedBitIsFound(t *testing.T) {
	file := final(t).export("maker")
	step := 1
	if testing.Short() {
		step = 37
	}
	for at := 0; at < len(file); at += step {
		bit := at % 8
		file[at] ^= 1 << bit
		if r, err := audit.Verify(bytes.NewReader(file)); err == nil || r.Final {
			t.Fatalf("bit %d of byte %d flipped, and the file still verifies", bit, at)
		}
		file[at] ^= 1 << bit
	}
	for _, n := range []int{0, 1, 10, len(file) / 2, len(file) - 1} {
		if _, err := audit.Verify(bytes.NewReader(file[:n])); code(err) != audit.CheckFile {
			t.Errorf("cut to %d bytes: %v", n, err)
		}
	}
	if _, err := audit.Verify(bytes.NewReader(append(bytes.Clone(file), 0))); code(err) != audit.CheckFile {
		t.Errorf("a byte more: %v", err)
	}
}

// index and page are the file's own form, written down again here: a liar would write them anew, with hashes that fit.
type index struct {
	Type      string       `cbor:"type"`
	PID       block.CID    `cbor:"pid"`
	Agreement block.CID    `cbor:"agreement"`
	Members   []memberPart `cbor:"members"`
}

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

// Whatever is read, Verify ends with a report, and calls final only what passed every check. Small files are drawn whole; of a real one any run of
// bytes is altered, or its end cut.
func FuzzVerify(f *testing.F) {
	file := final(f).export("maker")
	var small bytes.Buffer
	top := mustBlock(f, index{Type: audit.Type, PID: block.Sum([]byte("p")), Agreement: block.Sum([]byte("a")), Members: []memberPart{}})
	if err := block.WriteCAR(&small, []block.CID{top.CID}, []block.Block{top}); err != nil {
		f.Fatal(err)
	}
	f.Add([]byte{}, 0, 0)
	f.Add(small.Bytes(), -1, 0)
	f.Add([]byte{0x80}, 100, 0)
	f.Add([]byte{1, 2, 3}, 20_000, 0)
	f.Add([]byte{}, 0, 77)
	f.Fuzz(func(t *testing.T, data []byte, at, cut int) {
		read, same := data, false
		if at >= 0 {
			read = bytes.Clone(file)
			for i, x := range data {
				read[(at%len(file)+i)%len(file)] ^= x
			}
			read = read[:len(read)-max(cut, 0)%len(read)]
			same = bytes.Equal(read, file)
		}
		r, err := audit.Verify(bytes.NewReader(read))
		if r.Final != (err == nil) || err == nil && (len(r.Checks) != 8 || !same) {
			t.Errorf("final %t with %v, file as it was: %t", r.Final, err, same)
		}
		for _, c := range r.Checks {
			if c.Code == "" || c.Text == "" {
				t.Errorf("a check without words: %+v", c)
			}
		}
	})
}
