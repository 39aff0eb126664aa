package p2p_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/binary"
	"io"
	"net"
	"time"

	"github.com/libp2p/go-libp2p"
	pubsub "github.com/libp2p/go-libp2p-pubsub"
	pb "github.com/libp2p/go-libp2p-pubsub/pb"
	"github.com/libp2p/go-libp2p/core/crypto"
	"github.com/libp2p/go-libp2p/core/host"
	"github.com/libp2p/go-libp2p/core/network"
	"github.com/libp2p/go-libp2p/core/protocol"

	"kontor/crypto/keys"
	"kontor/protocol/block"
	"kontor/protocol/wire"
	"kontor/protocol/wire/wiretest"
)

func (f *flood) host(key keys.Private) host.Host {
	pub := key.Public()
	priv, err := crypto.UnmarshalEd25519PrivateKey(append(key.Seed(), pub[:]...))
	try(err)
	h, err := libp2p.New(libp2p.Identity(priv), libp2p.NoListenAddrs, libp2p.DisableRelay(), libp2p.DisableMetrics(), libp2p.ResourceManager(&network.NullResourceManager{}))
	try(err)
	return h
}

// connect opens connections and sends what is no handshake.
func (f *flood) connect() {
	junk := make([]byte, 64<<10)
	_, _ = rand.Read(junk)
	for f.ctx.Err() == nil {
		c, err := net.DialTimeout("tcp", f.tcp, time.Second)
		if err != nil {
			continue
		}
		f.conns.Add(1)
		_ = c.SetDeadline(time.Now().Add(50 * time.Millisecond))
		_, _ = c.Write(junk)
		_ = c.Close()
	}
}

// loris holds connections that say one byte now and then.
func (f *flood) loris() {
	var held []net.Conn
	for len(held) < 500 && f.ctx.Err() == nil {
		c, err := net.DialTimeout("tcp", f.tcp, time.Second)
		if err == nil {
			held = append(held, c)
		}
	}
	for f.ctx.Err() == nil {
		for _, c := range held {
			_, _ = c.Write([]byte{0x13})
		}
		time.Sleep(200 * time.Millisecond)
	}
	for _, c := range held {
		_ = c.Close()
	}
}

// stranger makes whole handshakes with keys that nobody knows.
func (f *flood) stranger() {
	for f.ctx.Err() == nil {
		key, err := keys.Generate(rand.Reader)
		try(err)
		h := f.host(key)
		if h.Connect(f.ctx, f.info) == nil {
			f.handshakes.Add(1)
		}
		_ = h.Close()
	}
}

func (f *flood) open(h host.Host, id string) network.Stream {
	ctx, cancel := context.WithTimeout(f.ctx, time.Second)
	defer cancel()
	s, err := h.NewStream(ctx, f.info.ID, protocol.ID(id))
	if err != nil {
		_ = h.Connect(ctx, f.info)
		return nil
	}
	_ = s.SetDeadline(time.Now().Add(time.Second))
	return s
}

// idleStreams opens streams of every protocol as fast as it can and lets them lie with half a frame.
func (f *flood) idleStreams(h host.Host) {
	half := append(binary.AppendUvarint(nil, wire.MaxAsk), make([]byte, wire.MaxAsk/2)...)
	for f.ctx.Err() == nil {
		for _, id := range []string{wire.SyncID, wire.BlocksID, wire.TreeID, wire.LinesID, wire.PairID} {
			if s := f.open(h, id); s != nil {
				_, _ = s.Write(half)
				f.streams.Add(1)
			}
		}
	}
}

func framed(m wire.Message) []byte {
	data, err := block.Marshal(m)
	try(err)
	return wire.AppendFrame(nil, data)
}

// ask asks for everything, again and again, on one stream, and reads the answers slowly or not at all.
func (f *flood) ask(h host.Host) {
	for f.ctx.Err() == nil {
		s := f.open(h, wire.SyncID)
		if s == nil {
			continue
		}
		for n := int64(1); f.ctx.Err() == nil; n++ {
			if _, err := s.Write(framed(wire.SyncAsk{PID: f.pid, T: f.told.Now, Nonce: n, Held: wire.Held{Heads: []wire.Head{}, IDs: []wire.IDLen{}}, Wait: n%2 == 0})); err != nil {
				break
			}
			f.asks.Add(1)
		}
		_ = s.Reset()
	}
}

// storm asks for a large body as often as it may, and reads a little of each answer.
func (f *flood) storm(h host.Host) {
	for f.ctx.Err() == nil {
		s := f.open(h, wire.BlocksID)
		if s == nil {
			continue
		}
		for f.ctx.Err() == nil {
			if _, err := s.Write(framed(wire.BlocksAsk{PID: f.pid, Entry: f.entry, Path: []int64{}, Deep: true})); err != nil {
				break
			}
			f.storms.Add(1)
			if _, err := io.CopyN(io.Discard, s, 4096); err != nil {
				break
			}
		}
		_ = s.Reset()
	}
}

// noise sends frames that are none: too large, too deep, not canonical, random.
func (f *flood) noise(h host.Host) {
	random := make([]byte, 8<<10)
	_, _ = rand.Read(random)
	bad := [][]byte{binary.AppendUvarint(nil, 1<<40), binary.AppendUvarint(nil, wire.MaxFrame+1), {0x80, 0x00}, wire.AppendFrame(nil, bytes.Repeat([]byte{0x81}, 16000)),
		wire.AppendFrame(nil, append([]byte{0x9a, 0xff, 0xff, 0xff, 0xff}, make([]byte, 100)...)), wire.AppendFrame(nil, append([]byte{0xbb}, bytes.Repeat([]byte{0xff}, 8)...)),
		wire.AppendFrame(nil, random), random}
	for i := 0; f.ctx.Err() == nil; i++ {
		if s := f.open(h, []string{wire.SyncID, wire.BlocksID, wire.TreeID, wire.PairID}[i%4]); s != nil {
			_, _ = s.Write(bad[i%len(bad)])
			_, _ = s.Read(make([]byte, 64))
			_ = s.Reset()
			f.garbage.Add(1)
		}
	}
}

// hint floods the channel with hints, half of them sealed as a member's, half noise.
func (f *flood) hint(h host.Host) {
	ps, err := pubsub.NewGossipSub(f.ctx, h, pubsub.WithFloodPublish(true), pubsub.WithMessageSignaturePolicy(pubsub.StrictNoSign), pubsub.WithNoAuthor(),
		pubsub.WithMessageIdFn(func(m *pb.Message) string { return string(m.Data) }))
	try(err)
	name := wire.Channel(wire.ChannelKey{8}, f.told.Now)
	topic, err := ps.Join(name)
	try(err)
	tag := wire.AuthorTag(wire.ChannelKey{8}, wiretest.New("mallory").ID)
	for n := int64(1); f.ctx.Err() == nil; n++ {
		box, err := wire.SealHint(rand.Reader, wire.ChannelKey{8}, name, wire.Hint{Tag: tag, Seq: n, Head: f.entry})
		try(err)
		if n%2 == 0 {
			_, _ = rand.Read(box)
		}
		if topic.Publish(f.ctx, box) == nil {
			f.hints.Add(1)
		}
	}
}
