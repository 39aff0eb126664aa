package wire_test

import (
	"bytes"
	"reflect"
	"testing"

	"kontor/protocol/block"
	"kontor/protocol/feed"
	"kontor/protocol/identity"
	"kontor/protocol/partnership"
	"kontor/protocol/performance"
	"kontor/protocol/state"
	"kontor/protocol/wire"
	"kontor/protocol/wire/wiretest"
)

// samples has one of every message that travels.
func samples(t testing.TB) map[string]wire.Message {
	a := wiretest.New("a")
	id := block.Sum([]byte("x"))
	held := wire.Held{Heads: []wire.Head{{Author: id, Seq: 3, CID: id}}, IDs: []wire.IDLen{{Company: id, Len: 4, Head: id}}}
	in, text, err := partnership.Invite(a.Rand, a.Party("/ip4/192.0.2.1/tcp/1"), partnership.Offer{Role: "seller", Materiality: identity.Amount{Minor: 1, Currency: "EUR"}, Expires: wiretest.Begin + 1})
	if err != nil {
		t.Fatal(err)
	}
	b := wiretest.New("b")
	out, err := partnership.Accept(b.Rand, text, b.Party(), wiretest.Begin)
	if err != nil {
		t.Fatal(err)
	}
	hello, _ := out.Hello()
	in, challenge, err := in.Hello(hello, a.Party(), a.Rand, wiretest.Begin)
	if err != nil {
		t.Fatal(err)
	}
	_, reveal, err := out.Reveal(challenge, b.Party())
	if err != nil {
		t.Fatal(err)
	}
	if in, err = in.Prove(reveal); err != nil {
		t.Fatal(err)
	}
	_, answer, err := in.Bind(b.Chain.From(0), a.Party(), a.Rand, wiretest.Begin)
	if err != nil {
		t.Fatal(err)
	}
	proof := performance.Proof{Count: 1, Nodes: []performance.Node{{Place: make([]byte, 32), Leaf: make([]byte, 32)}}}
	opening := &performance.Opening{Line: performance.Line{Order: "PO-1", Item: "x"}, Salt: make([]byte, 16)}
	env := feed.Envelope{Header: []byte("h"), Sig: make([]byte, 64)}
	return map[string]wire.Message{
		"ask":       wire.SyncAsk{PID: id, Held: held, T: 5, Feat: 1, Nonce: 7, Wait: true, Err: wire.Faultf("A-1", "text")},
		"batch":     wire.Batch{T: 1, Nonce: 2, Held: held, IDs: []wire.IDRange{{Company: id, From: 1, Entries: a.Chain.From(1)}}, Entries: []feed.Envelope{env}, Blocks: [][]byte{{1}}, Patches: [][]byte{{2}}, More: true},
		"blocks":    wire.BlocksAsk{PID: id, Entry: id, Path: []int64{1, 2}, Deep: true, Skip: 3, From: []block.CID{id}},
		"reply":     wire.BlocksReply{Form: wire.FormPatch},
		"tree":      wire.TreeAsk{PID: id, Path: []byte{1, 15}},
		"node":      wire.TreeReply{Line: 3, Node: &state.Node{Row: "r", Value: make([]byte, 32)}},
		"lines":     wire.LinesAsk{PID: id, Report: id, Cell: "x", Paths: [][]byte{{1, 15}}},
		"line":      wire.LinesAsk{PID: id, Report: id, Cell: "x", Open: &wire.LineAsk{At: make([]byte, 32), Proof: proof, Opening: opening}},
		"opened":    wire.LinesReply{Count: 1, Nodes: proof.Nodes, Opening: opening},
		"hello":     hello,
		"challenge": challenge,
		"reveal":    reveal,
		"answer":    answer,
		"chain":     partnership.ChainPart{Entries: b.Chain.From(0), More: true},
		"sign":      partnership.Sign{PID: id, Entry: env},
		"done":      partnership.Done{PID: id},
		"hint":      wire.Hint{Tag: make([]byte, 8), Seq: 1, Head: id},
	}
}

// decode passes data through the decoder of a sample's type.
func decode(name string, data []byte) (wire.Message, error) {
	switch name {
	case "ask":
		return wire.Decode[wire.SyncAsk](data)
	case "batch":
		return wire.Decode[wire.Batch](data)
	case "blocks":
		return wire.Decode[wire.BlocksAsk](data)
	case "reply":
		return wire.Decode[wire.BlocksReply](data)
	case "tree":
		return wire.Decode[wire.TreeAsk](data)
	case "node":
		return wire.Decode[wire.TreeReply](data)
	case "lines", "line":
		return wire.Decode[wire.LinesAsk](data)
	case "opened":
		return wire.Decode[wire.LinesReply](data)
	case "hello":
		return wire.Decode[partnership.Hello](data)
	case "challenge":
		return wire.Decode[partnership.Challenge](data)
	case "reveal":
		return wire.Decode[partnership.Reveal](data)
	case "answer":
		return wire.Decode[partnership.Answer](data)
	case "chain":
		return wire.Decode[partnership.ChainPart](data)
	case "sign":
		return wire.Decode[partnership.Sign](data)
	case "done":
		return wire.Decode[partnership.Done](data)
	case "hint":
		return wire.Decode[wire.Hint](data)
	}
	panic("no decoder for " + name)
}

func TestMessagesReadBack(t *testing.T) {
	for name, m := range samples(t) {
		if err := m.Check(); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		data, err := block.Marshal(m)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		got, err := decode(name, data)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if again, err := block.Marshal(got); err != nil || !bytes.Equal(again, data) {
			t.Errorf("%s: writes otherwise than it reads: %v", name, err)
		}
		for cut := range data {
			if _, err := decode(name, data[:cut]); err == nil {
				t.Errorf("%s: reads when cut to %d of %d bytes", name, cut, len(data))
			}
		}
	}
}

func TestMessagesOutOfBounds(t *testing.T) {
	id, other := block.Sum([]byte("x")), block.Sum([]byte("y"))
	if id.Compare(other) > 0 {
		id, other = other, id
	}
	head := func(author block.CID, seq int64, c block.CID) wire.Head {
		return wire.Head{Author: author, Seq: seq, CID: c}
	}
	held := func(heads ...wire.Head) wire.SyncAsk { return wire.SyncAsk{PID: id, Held: wire.Held{Heads: heads}} }
	branches := func(n int) (heads []wire.Head) {
		for i := range n {
			heads = append(heads, head(id, int64(i+1), id))
		}
		return heads
	}
	for name, m := range map[string]wire.Message{
		"heads out of order":  held(head(other, 1, id), head(id, 1, id)),
		"heads twice":         held(head(id, 1, id), head(id, 1, id)),
		"many branches":       held(branches(feed.MaxEnds + 1)...),
		"seq zero":            held(head(id, 0, id)),
		"many heads":          held(make([]wire.Head, wire.MaxHeads+1)...),
		"negative clock":      wire.SyncAsk{PID: id, T: -1},
		"ids twice":           wire.SyncAsk{PID: id, Held: wire.Held{IDs: []wire.IDLen{{Company: id, Len: 1, Head: id}, {Company: id, Len: 1, Head: id}}}},
		"a long chain":        wire.SyncAsk{PID: id, Held: wire.Held{IDs: []wire.IDLen{{Company: id, Len: identity.MaxChain + 1, Head: id}}}},
		"many entries":        wire.Batch{Entries: make([]feed.Envelope, wire.MaxBatchEntries+1)},
		"a large header":      wire.Batch{Entries: []feed.Envelope{{Header: make([]byte, feed.MaxHeaderBytes+1), Sig: make([]byte, 64)}}},
		"a short signature":   wire.Batch{Entries: []feed.Envelope{{Sig: make([]byte, 63)}}},
		"a large block":       wire.Batch{Blocks: [][]byte{make([]byte, wire.MaxInlineBlock+1)}},
		"many blocks":         wire.Batch{Blocks: make([][]byte, wire.MaxBatchBlocks+1)},
		"an empty run":        wire.Batch{IDs: []wire.IDRange{{Company: id}}},
		"a long path":         wire.BlocksAsk{PID: id, Entry: id, Path: make([]int64, wire.MaxPath+1)},
		"a negative step":     wire.BlocksAsk{PID: id, Entry: id, Path: []int64{-1}},
		"a skip without deep": wire.BlocksAsk{PID: id, Entry: id, Skip: 1},
		"many earlier bodies": wire.BlocksAsk{PID: id, Entry: id, From: make([]block.CID, wire.MaxFrom+1)},
		"no form":             wire.BlocksReply{},
		"nothing asked":       wire.LinesAsk{PID: id, Report: id},
		"a wide line step":    wire.LinesAsk{PID: id, Report: id, Paths: [][]byte{{16}}},
		"many line paths":     wire.LinesAsk{PID: id, Report: id, Paths: make([][]byte, 65)},
		"a long cell":         wire.LinesAsk{PID: id, Report: id, Paths: [][]byte{{}}, Cell: string(make([]byte, wire.MaxCellKey+1))},
		"a line without way":  wire.LinesAsk{PID: id, Report: id, Open: &wire.LineAsk{At: make([]byte, 32)}},
		"an empty line node":  wire.LinesReply{Count: 1, Nodes: []performance.Node{{}}},
		"an unnamed line":     wire.LinesReply{Count: 1, Opening: &performance.Opening{}},
		"a wide step":         wire.TreeAsk{PID: id, Path: []byte{16}},
		"a deep path":         wire.TreeAsk{PID: id, Path: make([]byte, 65)},
		"a leaf with a short": wire.TreeReply{Node: &state.Node{Row: "r", Value: []byte{1}}},
		"fifteen children":    wire.TreeReply{Node: &state.Node{Children: make([][]byte, 15)}},
		"an odd child":        wire.TreeReply{Node: &state.Node{Children: append(make([][]byte, 15), []byte{1})}},
	} {
		if m.Check() == nil {
			t.Errorf("%s: passes", name)
		}
	}
}

// Every decoder: what it accepts, it writes with the same bytes; what it refuses, it gives nothing of.
func FuzzDecode(f *testing.F) {
	all := samples(f)
	for name, m := range all {
		data, err := block.Marshal(m)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(name, data)
	}
	f.Fuzz(func(t *testing.T, name string, data []byte) {
		if all[name] == nil {
			return
		}
		m, err := decode(name, data)
		if err != nil {
			if !reflect.ValueOf(m).IsZero() {
				t.Fatalf("%s: an error, and a message", name)
			}
			return
		}
		again, err := block.Marshal(m)
		if err != nil || !bytes.Equal(again, data) {
			t.Fatalf("%s: writes otherwise than it reads: %v", name, err)
		}
		if m.Check() != nil {
			t.Fatalf("%s: decoded out of bounds", name)
		}
	})
}

func FuzzReadFrame(f *testing.F) {
	f.Add([]byte{0})
	f.Add([]byte{3, 1, 2, 3})
	f.Add([]byte{0x80, 0x01})
	f.Fuzz(func(t *testing.T, data []byte) {
		r := bytes.NewReader(data)
		got, err := wire.ReadFrame(r, wire.MaxFrame)
		if err != nil {
			if got != nil {
				t.Fatal("an error, and a frame")
			}
			return
		}
		if used := data[:len(data)-r.Len()]; !bytes.Equal(wire.AppendFrame(nil, got), used) {
			t.Fatal("writes otherwise than it reads")
		}
	})
}
