package p2p_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"io"
	"runtime"
	"sync/atomic"
	"testing"
	"time"

	"github.com/libp2p/go-libp2p"
	"github.com/libp2p/go-libp2p/core/crypto"
	"github.com/libp2p/go-libp2p/core/host"
	"github.com/libp2p/go-libp2p/core/network"
	"github.com/libp2p/go-libp2p/core/peer"
	"github.com/libp2p/go-libp2p/core/protocol"
	ma "github.com/multiformats/go-multiaddr"

	"kontor/crypto/keys"
	"kontor/protocol/block"
	"kontor/protocol/feed"
	"kontor/protocol/partnership"
	"kontor/protocol/wire"
	"kontor/protocol/wire/wiretest"
)

// raw is a peer that speaks bytes: no office, no rules. It may hold a partner's node key.
type raw struct {
	t    testing.TB
	host host.Host
}

func newRaw(t testing.TB, key keys.Private) *raw {
	t.Helper()
	pub := key.Public()
	priv, err := crypto.UnmarshalEd25519PrivateKey(append(key.Seed(), pub[:]...))
	check(t, err)
	h, err := libp2p.New(libp2p.Identity(priv), libp2p.ListenAddrStrings(loopbackTCP...), libp2p.DisableRelay(), libp2p.DisableMetrics(),
		libp2p.DisableIdentifyAddressDiscovery())
	check(t, err)
	t.Cleanup(func() { check(t, h.Close()) })
	return &raw{t, h}
}

func (r *raw) connect(o *office) error {
	info := peer.AddrInfo{ID: o.host.ID()}
	for _, a := range o.host.Addresses() {
		addr, err := ma.NewMultiaddr(a)
		check(r.t, err)
		info.Addrs = append(info.Addrs, addr)
	}
	ctx, cancel := context.WithTimeout(r.t.Context(), patience)
	defer cancel()
	return r.host.Connect(ctx, info)
}

func (r *raw) open(o *office, id string) (network.Stream, error) {
	ctx, cancel := context.WithTimeout(r.t.Context(), patience)
	defer cancel()
	return r.host.NewStream(ctx, o.host.ID(), protocol.ID(id))
}

// say writes bytes to a new stream and reads what comes back until the end, at most a frame.
func (r *raw) say(o *office, id string, data []byte, closeWrite bool) []byte {
	r.t.Helper()
	s, err := r.open(o, id)
	if err != nil {
		return nil
	}
	defer s.Reset()
	check(r.t, s.SetDeadline(time.Now().Add(patience)))
	_, _ = s.Write(data)
	if closeWrite {
		_ = s.CloseWrite()
	}
	answer, _ := io.ReadAll(io.LimitReader(s, wire.MaxFrame))
	return answer
}

// insider is an office and a raw peer that is its partner.
func insider(t testing.TB) (o *office, r *raw, mallory *wiretest.Company, pid block.CID) {
	t.Helper()
	o = newOffice(t, wiretest.New("buyer"))
	bad := newOffice(t, wiretest.New("mallory"))
	pid = join(t, o, bad)
	o.listen(quick)
	return o, newRaw(t, bad.Node), bad.Company, pid
}

func frame(t testing.TB, m wire.Message) []byte {
	t.Helper()
	data, err := block.Marshal(m)
	check(t, err)
	return wire.AppendFrame(nil, data)
}

// Nobody but partners gets past the handshake, whatever they try, and it costs this node next to nothing.
func TestStranger(t *testing.T) {
	buyer, seller, pid := pair(t)
	eventually(t, "both in step", inStep(buyer, seller))
	before := heap()
	for range 30 {
		r := newRaw(t, wiretest.New("stranger").Node)
		_ = r.connect(buyer) // may return nil: the denial comes a moment later
		for _, id := range []string{wire.SyncID, wire.BlocksID, wire.TreeID, wire.LinesID, wire.PairID, "/meshsub/1.2.0"} {
			if answer := r.say(buyer, id, frame(t, wire.SyncAsk{PID: pid}), true); len(answer) > 0 {
				t.Fatalf("a stranger got %d bytes on %s", len(answer), id)
			}
		}
		check(t, r.host.Close())
	}
	if grown := heap() - before; grown > 32<<20 {
		t.Errorf("the heap grew by %d MiB", grown>>20)
	}
	// The honest partner notices nothing.
	buyer.write(pid, kindNote)
	seller.awaitHead(pid, buyer.ID, 1)
}

func heap() int64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}

// The holder of an open invitation may pair, and do nothing else.
func TestGuestMayOnlyPair(t *testing.T) {
	buyer, seller, pid := pair(t)
	buyer.write(pid, kindNote)
	seller.awaitHead(pid, buyer.ID, 1)
	token, err := partnership.ParseToken(invite(t, buyer))
	check(t, err)
	key, err := token.Throwaway()
	check(t, err)
	guest := newRaw(t, key)
	check(t, guest.connect(buyer))
	answer := guest.say(buyer, wire.SyncID, frame(t, wire.SyncAsk{PID: pid}), true)
	b, err := wire.ReadMessage[wire.Batch](bufio.NewReader(bytes.NewReader(answer)), wire.MaxFrame)
	if err != nil || b.Err == nil || b.Err.Code != wire.CodeNotFound || len(b.Entries) > 0 {
		t.Fatalf("a guest's ask is answered with %+v, %v", b, err)
	}
	hello := frame(t, partnership.Hello{V: 1, Commit: make([]byte, 32)})
	if answer := guest.say(buyer, wire.PairID, hello, false); len(answer) == 0 {
		t.Fatal("a guest can't begin a pairing")
	}
}

// What is unknown and what is not allowed are one answer.
func TestUnknownIsNotAllowed(t *testing.T) {
	o, r, _, pid := insider(t)
	check(t, r.connect(o))
	stranger := frame(t, wire.SyncAsk{PID: block.Sum([]byte{1}), T: 1})
	unknown := frame(t, wire.BlocksAsk{PID: pid, Entry: block.Sum([]byte{1})})
	foreign := frame(t, wire.BlocksAsk{PID: block.Sum([]byte{1}), Entry: block.Sum([]byte{1})})
	if answer := r.say(o, wire.SyncID, stranger, true); !bytes.Contains(answer, []byte(wire.CodeNotFound)) {
		t.Fatalf("an unknown partnership is answered with %q", answer)
	}
	if a, b := r.say(o, wire.BlocksID, unknown, true), r.say(o, wire.BlocksID, foreign, true); !bytes.Equal(a, b) || len(a) == 0 {
		t.Fatalf("unknown and not allowed are two answers: %q and %q", a, b)
	}
}

// Streams that say nothing are counted, and the one too many is refused.
func TestTooManyStreams(t *testing.T) {
	o, r, _, pid := insider(t)
	check(t, r.connect(o))
	wait := frame(t, wire.SyncAsk{PID: pid, T: 1, Nonce: 1, Wait: true})
	var open []network.Stream
	var refused atomic.Int64
	for range 3 * wire.MaxStreams {
		s, err := r.open(o, wire.SyncID)
		if err != nil {
			refused.Add(1)
			continue
		}
		_, _ = s.Write(wait)
		open = append(open, s)
		go func() {
			var one [1]byte
			if _, err := s.Read(one[:]); errors.Is(err, network.ErrReset) {
				refused.Add(1)
			}
		}()
	}
	eventually(t, "the end of two streams of three", func() bool { return refused.Load() >= 2*wire.MaxStreams })
	for _, s := range open {
		_ = s.Reset()
	}
}

// lie answers asks of sync and blocks with whatever it is told to.
func (r *raw) lie(id string, answer func(s network.Stream)) *atomic.Int64 {
	var asked atomic.Int64
	r.host.SetStreamHandler(protocol.ID(id), func(s network.Stream) {
		defer s.Reset()
		_ = s.SetDeadline(time.Now().Add(patience))
		if _, err := wire.ReadFrame(bufio.NewReader(s), wire.MaxFrame); err != nil {
			return
		}
		asked.Add(1)
		answer(s)
		_ = s.CloseWrite()
		_, _ = io.Copy(io.Discard, s)
	})
	return &asked
}

// A responder that lies about entries or blocks is caught, told the code, and asked again only after a while.
func TestLyingResponder(t *testing.T) {
	good := func(t *testing.T, mallory *wiretest.Company, o *office, pid block.CID, change func(*feed.Header)) feed.Envelope {
		body := note(t, "body")
		h := feed.Header{V: 1, PID: pid, Author: mallory.ID, Seq: 1, Seen: []block.CID{}, IDHead: mallory.Chain.Head(), Lam: 1, T: o.clock().UnixMilli(),
			Kind: kindDoc, Crit: true, Body: &body.CID}
		if change != nil {
			change(&h)
		}
		env, err := feed.Seal(h, mallory.Feed)
		check(t, err)
		return env
	}
	batch := func(entries ...feed.Envelope) wire.Batch { return wire.Batch{T: 1, Nonce: 1, Entries: entries} }
	tests := map[string]func(t *testing.T, mallory *wiretest.Company, o *office, pid block.CID) []byte{
		"a flipped signature": func(t *testing.T, m *wiretest.Company, o *office, pid block.CID) []byte {
			env := good(t, m, o, pid, nil)
			env.Sig[5] ^= 4
			return frame(t, batch(env))
		},
		"a wrong lam": func(t *testing.T, m *wiretest.Company, o *office, pid block.CID) []byte {
			b := batch(good(t, m, o, pid, func(h *feed.Header) { h.Lam = 9 }))
			b.Blocks = [][]byte{note(t, "body").Data}
			return frame(t, b)
		},
		"an entry of another partnership": func(t *testing.T, m *wiretest.Company, o *office, pid block.CID) []byte {
			return frame(t, batch(good(t, m, o, pid, func(h *feed.Header) { h.PID = m.ID })))
		},
		"a body that can't be had": func(t *testing.T, m *wiretest.Company, o *office, pid block.CID) []byte {
			return frame(t, batch(good(t, m, o, pid, nil)))
		},
		"the answer to another ask": func(t *testing.T, m *wiretest.Company, o *office, pid block.CID) []byte {
			b := batch()
			b.Nonce = 77
			return frame(t, b)
		},
		"more of nothing": func(t *testing.T, m *wiretest.Company, o *office, pid block.CID) []byte {
			b := batch()
			b.More = true
			return frame(t, b)
		},
		"nothing, at once, to an ask that waits": func(t *testing.T, m *wiretest.Company, o *office, pid block.CID) []byte {
			var all []byte
			for n := range int64(1000) {
				b := batch()
				b.Nonce = n + 1
				all = append(all, frame(t, b)...)
			}
			return all
		},
		"a frame too large": func(t *testing.T, _ *wiretest.Company, _ *office, _ block.CID) []byte {
			return binary.AppendUvarint(nil, 1<<27)
		},
		"noise": func(t *testing.T, _ *wiretest.Company, _ *office, _ block.CID) []byte {
			return wire.AppendFrame(nil, bytes.Repeat([]byte{0xa1}, 900))
		},
		"a fault without sense": func(t *testing.T, _ *wiretest.Company, _ *office, _ block.CID) []byte {
			return frame(t, wire.Batch{Err: &wire.Fault{Code: "EVIL", Text: "\x1b[2J"}})
		},
	}
	for name, make := range tests {
		t.Run(name, func(t *testing.T) {
			o, r, mallory, pid := insider(t)
			began := time.Now()
			asked := r.lie(wire.SyncID, func(s network.Stream) { _, _ = s.Write(make(t, mallory, o, pid)) })
			r.lie(wire.BlocksID, func(s network.Stream) {
				_, _ = s.Write(append(frame(t, wire.BlocksReply{Form: wire.FormBlocks}), wire.AppendFrame(nil, note(t, "another").Data)...))
			})
			check(t, r.connect(o))
			eventually(t, "an ask", func() bool { return asked.Load() > 0 })
			if name != "nothing, at once, to an ask that waits" {
				eventually(t, "the refusal", func() bool { return o.host.Sessions()[0].Err != nil })
			}
			time.Sleep(300 * time.Millisecond)
			if held, _ := o.Held(t.Context(), pid); held.Seq(mallory.ID) != 0 {
				t.Fatal("the lie is held")
			}
			if n, took := asked.Load(), time.Since(began); n > 60+2*int64(took/quick.RetryMax) {
				t.Errorf("asked %d times in %v", n, took)
			}
			t.Log(o.host.Sessions()[0].Err)
		})
	}
}
