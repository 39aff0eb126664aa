package p2p_test

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/libp2p/go-libp2p/core/network"

	"kontor/protocol/block"
	"kontor/protocol/identity"
	"kontor/protocol/partnership"
	"kontor/protocol/wire"
	"kontor/protocol/wire/wiretest"
)

// served is a protocol that a node serves: a good first message, the bound of its frames, and how the code of an answer is read.
type served struct {
	good  []byte
	limit int
	code  func(answer []byte) (string, error)
}

// codeOf reads the answer to one message: the code of a fault, or none for an answer that is one.
func codeOf[T wire.Message](fault func(T) *wire.Fault) func([]byte) (string, error) {
	return func(answer []byte) (string, error) {
		m, err := wire.ReadMessage[T](bufio.NewReader(bytes.NewReader(answer)), wire.MaxFrame)
		if err != nil {
			return "", err
		}
		if f := fault(m); f != nil {
			return f.Code, nil
		}
		return "", nil
	}
}

// pairAnswer is what of an inviter's message matters here.
type pairAnswer struct {
	Challenge *partnership.Challenge `cbor:"challenge,omitempty"`
	Err       *wire.Fault            `cbor:"err,omitempty"`
}

func (a pairAnswer) Check() error { return nil }

func servedProtocols(t *testing.T, pid block.CID) map[string]served {
	return map[string]served{
		wire.SyncID:   {frame(t, wire.SyncAsk{PID: pid, T: 1, Nonce: 1}), wire.MaxAsk, codeOf(func(b wire.Batch) *wire.Fault { return b.Err })},
		wire.BlocksID: {frame(t, wire.BlocksAsk{PID: pid, Entry: pid}), wire.MaxAsk, codeOf(func(r wire.BlocksReply) *wire.Fault { return r.Err })},
		wire.TreeID:   {frame(t, wire.TreeAsk{PID: pid}), wire.MaxAsk, codeOf(func(r wire.TreeReply) *wire.Fault { return r.Err })},
		wire.LinesID: {frame(t, wire.LinesAsk{PID: pid, Report: pid, Cell: "x", Paths: [][]byte{{}}}), wire.MaxAsk,
			codeOf(func(r wire.LinesReply) *wire.Fault { return r.Err })},
		wire.PairID: {frame(t, partnership.Hello{V: 1, Commit: make([]byte, 32)}), wire.MaxPairFrame, codeOf(func(a pairAnswer) *wire.Fault { return a.Err })},
	}
}

// badFrames are bytes that are no message, by what is wrong with them, and the code of the answer.
func badFrames(p served) map[string]struct {
	data []byte
	code string
} {
	type bad = struct {
		data []byte
		code string
	}
	out := map[string]bad{
		"a frame beyond the bound":            {append(binary.AppendUvarint(nil, uint64(p.limit)+1), make([]byte, 1000)...), wire.CodeTooLarge},
		"a frame of a terabyte":               {binary.AppendUvarint(nil, 1<<40), wire.CodeTooLarge},
		"a length not in its shortest form":   {[]byte{0x80, 0x00}, wire.CodeMalformed},
		"an empty frame":                      {[]byte{0x00}, wire.CodeMalformed},
		"an indefinite map":                   {wire.AppendFrame(nil, []byte{0xbf, 0xff}), wire.CodeMalformed},
		"deep nesting":                        {wire.AppendFrame(nil, bytes.Repeat([]byte{0x81}, 5000)), wire.CodeMalformed},
		"a float":                             {wire.AppendFrame(nil, []byte{0xa1, 0x61, 't', 0xf9, 0x3c, 0x00}), wire.CodeMalformed},
		"an unknown field":                    {wire.AppendFrame(nil, []byte{0xa1, 0x61, 'z', 0x01}), wire.CodeMalformed},
		"a map that announces 2^32 pairs":     {wire.AppendFrame(nil, []byte{0xba, 0xff, 0xff, 0xff, 0xff}), wire.CodeMalformed},
		"a byte after the message":            {wire.AppendFrame(nil, append(bytes.Clone(content(p.good)), 0x00)), wire.CodeMalformed},
		"a key twice":                         {wire.AppendFrame(nil, []byte{0xa2, 0x61, 't', 0x01, 0x61, 't', 0x01}), wire.CodeMalformed},
		"an integer not in its shortest form": {wire.AppendFrame(nil, []byte{0xa1, 0x61, 't', 0x18, 0x01}), wire.CodeMalformed},
	}
	for cut := 1; cut < len(p.good); cut += 5 {
		out[fmt.Sprintf("cut after %d bytes", cut)] = bad{p.good[:cut], wire.CodeMalformed}
	}
	return out
}

// content is what a frame of less than 16 KiB holds.
func content(framed []byte) []byte {
	_, n := binary.Uvarint(framed)
	return framed[n:]
}

// hostileTo is an office with an honest partner, a partner that speaks raw bytes, and an open invitation with its guest.
type hostileTo struct {
	*office
	honest  *office
	partner *raw
	guest   *raw
	good    block.CID // the partnership with the honest one
	bad     block.CID
	token   string
}

func besieged(t *testing.T) hostileTo {
	t.Helper()
	o, honest, mallory := newOffice(t, wiretest.New("buyer")), newOffice(t, wiretest.New("seller")), newOffice(t, wiretest.New("mallory"))
	o.listen(quick)
	honest.listen(quick)
	s := hostileTo{office: o, honest: honest, good: join(t, o, honest), bad: joinOn(t, wire.ChannelKey{8}, o, mallory)}
	check(t, o.host.Refresh(t.Context()))
	s.partner = newRaw(t, mallory.Node)
	s.token = invite(t, o)
	token, err := partnership.ParseToken(s.token)
	check(t, err)
	key, err := token.Throwaway()
	check(t, err)
	s.guest = newRaw(t, key)
	check(t, s.partner.connect(o))
	check(t, s.guest.connect(o))
	o.write(s.good, kindNote)
	honest.awaitHead(s.good, o.ID, 1)
	return s
}

// speaker is who may speak a protocol.
func (s hostileTo) speaker(id string) *raw {
	if id == wire.PairID {
		return s.guest
	}
	return s.partner
}

// unharmed proves that nothing was kept of what was said, that the honest partner gets its entries, and that the invitation still pairs.
func (s hostileTo) unharmed(t *testing.T, kept int, memory int64) {
	t.Helper()
	if n := s.store.Len(); n != kept {
		t.Errorf("the office holds %d records, %d before", n, kept)
	}
	if grown := heap() - memory; grown > 16<<20 {
		t.Errorf("the heap grew by %d MiB", grown>>20)
	}
	s.write(s.good, kindNote)
	s.honest.awaitHead(s.good, s.ID, 2)
	s.honest.write(s.good, kindNote)
	s.awaitHead(s.good, s.honest.ID, 1)
	check(t, s.guest.host.Close()) // one dialogue of an invitation at a time
	third := newOffice(t, wiretest.New("third"))
	third.listen(quick)
	if _, err := accept(t, third, s.token); err != nil {
		t.Errorf("the invitation was burnt: %v", err)
	}
}

// Truncated, oversized, non-canonical and bit-flipped frames on every stream that a node serves: each is answered with a code, and the node's memory, disk and
// honest partner are unharmed.
func TestBadFramesOnEveryStream(t *testing.T) {
	s := besieged(t)
	protocols := servedProtocols(t, s.bad)
	known, err := s.partner.host.Peerstore().GetProtocols(s.host.ID())
	check(t, err)
	var ours []string
	for _, id := range known {
		if strings.HasPrefix(string(id), "/kontor/") {
			ours = append(ours, string(id))
		}
	}
	if all := slices.Sorted(maps.Keys(protocols)); !slices.Equal(slices.Sorted(slices.Values(ours)), all) {
		t.Fatalf("the node serves %v, this test speaks %v", ours, all)
	}
	kept, memory := s.store.Len(), heap()
	for id, p := range protocols {
		r := s.speaker(id)
		if code, err := p.code(r.say(s.office, id, p.good, true)); err != nil || code != "" && code != wire.CodeNotFound {
			t.Fatalf("%s: a good message is answered with %q, %v", id, code, err)
		}
		if answer := r.say(s.office, id, nil, true); len(answer) > 0 {
			t.Errorf("%s: a stream that says nothing is answered with %q", id, answer)
		}
		for what, bad := range badFrames(p) {
			if code, err := p.code(r.say(s.office, id, bad.data, true)); err != nil || code != bad.code {
				t.Errorf("%s: %s is answered with %q, %v, not %s", id, what, code, err, bad.code)
			}
		}
		for bit := 0; bit < 8*len(p.good); bit += 7 {
			flipped := bytes.Clone(p.good)
			flipped[bit/8] ^= 1 << (bit % 8)
			switch code, err := p.code(r.say(s.office, id, flipped, true)); {
			case err != nil:
				t.Errorf("%s: bit %d flipped: the answer is none: %v", id, bit, err)
			case code != "" && code != wire.CodeMalformed && code != wire.CodeTooLarge && code != wire.CodeNotFound && !strings.HasPrefix(code, "PAIR-"):
				t.Errorf("%s: bit %d flipped: answered with %s", id, bit, code)
			}
		}
	}
	s.unharmed(t, kept, memory)
}

// A partner that is asked and answers with what is no message is told apart from one that has nothing: the asker gets an error, and keeps nothing.
func TestBadAnswersOnEveryStream(t *testing.T) {
	s := besieged(t)
	kept, memory := s.store.Len(), heap()
	mallory := wiretest.New("mallory")
	for what, answer := range map[string][]byte{
		"nothing":                    nil,
		"a cut frame":                {0x20, 0xa1},
		"a frame beyond the bound":   binary.AppendUvarint(nil, wire.MaxFrame+1),
		"an indefinite map":          wire.AppendFrame(nil, []byte{0xbf, 0xff}),
		"another protocol's answer":  frame(t, wire.SyncAsk{PID: s.bad, T: 1}),
		"a fault that is no code":    wire.AppendFrame(nil, []byte("\xa1\x63err\xa2\x64code\x64evil\x64text\x60")),
		"deep nesting":               wire.AppendFrame(nil, bytes.Repeat([]byte{0x81}, 5000)),
		"a map of two billion pairs": wire.AppendFrame(nil, []byte{0xba, 0x7f, 0xff, 0xff, 0xff}),
	} {
		say := func(stream network.Stream) { _, _ = stream.Write(answer) }
		for _, id := range []string{wire.TreeID, wire.LinesID} {
			s.partner.lie(id, say)
		}
		tree, err := s.host.Tree(t.Context(), mallory.ID, s.bad)
		check(t, err)
		if _, _, err := tree.Node(nil); err == nil {
			t.Errorf("%s: taken for a node of the tree", what)
		}
		tree.Close()
		lines, err := s.host.Lines(t.Context(), mallory.ID, s.bad, s.bad, "cell")
		check(t, err)
		if _, _, err := lines.Nodes([][]byte{{}}); err == nil {
			t.Errorf("%s: taken for nodes of lines", what)
		}
		lines.Close()
		// The inviter of a pairing may be the liar.
		liar := newRaw(t, mallory.Node)
		liar.lie(wire.PairID, say)
		guest := newOffice(t, wiretest.New("guest"))
		guest.listen(quick)
		if _, err := accept(t, guest, inviteAt(t, mallory, liar, s.clock().UnixMilli())); err == nil || len(guest.circles) > 0 {
			t.Errorf("%s: taken for a pairing, %v", what, err)
		}
	}
	s.unharmed(t, kept, memory)
}

// inviteAt makes an invitation to a raw peer that holds a company's node key.
func inviteAt(t *testing.T, c *wiretest.Company, r *raw, now int64) string {
	t.Helper()
	o := newOffice(t, c)
	self, err := o.Party(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	self.Addresses = nil
	for _, a := range r.host.Addrs() {
		self.Addresses = append(self.Addresses, a.String())
	}
	_, text, err := partnership.Invite(wiretest.Rand("a liar invites"), self, partnership.Offer{Role: partnership.RoleSeller,
		Materiality: identity.Amount{Minor: 5_000_00, Currency: "EUR"}, Expires: now + 3_600_000})
	check(t, err)
	return text
}
