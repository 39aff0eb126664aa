package p2p_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/libp2p/go-libp2p"
	pubsub "github.com/libp2p/go-libp2p-pubsub"
	pb "github.com/libp2p/go-libp2p-pubsub/pb"
	"github.com/libp2p/go-libp2p/core/crypto"
	"github.com/libp2p/go-libp2p/core/host"
	"github.com/libp2p/go-libp2p/core/network"
	"github.com/libp2p/go-libp2p/core/peer"
	"github.com/libp2p/go-libp2p/core/protocol"
	ma "github.com/multiformats/go-multiaddr"

	"kontor/crypto/keys"
	"kontor/protocol/block"
	"kontor/protocol/wire"
	"kontor/protocol/wire/wiretest"
)

// attackEnv holds what the attacking process is told; see TestFlood.
const attackEnv = "KONTOR_P2P_ATTACK"

// target is what an attacker knows: where the node listens, a partnership with it, an entry in it with a large body.
type target struct {
	Addresses []string
	PID       string
	Entry     string
	Now       int64 // the node's clock
}

const (
	attackTime  = 4 * time.Second // at the least: it goes on until it is told to end
	attackProof = 90              // entries that each honest partner sends meanwhile, at the least
)

// THREATS SEC-DOS: a stranger and an accepted partner, in another process, do their worst over real sockets. The node's memory stays bounded, an honest
// partner's entries go through all the while, and when it is over nothing is left of it.
func TestFlood(t *testing.T) {
	if testing.Short() {
		t.Skip("starts a process and floods for seconds")
	}
	o, seller, bad, late := newOffice(t, wiretest.New("buyer")), newOffice(t, wiretest.New("seller")), newOffice(t, wiretest.New("mallory")), newOffice(t, wiretest.New("late"))
	for _, office := range []*office{o, seller, late} {
		office.listen(quick)
	}
	pid := join(t, o, seller)
	badPID := joinOn(t, wire.ChannelKey{8}, o, bad)
	o.noInline = true
	body := sheetBlocks(t)
	entry := o.write(badPID, kindSheet, body...)
	o.write(pid, kindNote)
	seller.awaitHead(pid, o.ID, 1)

	var id peer.AddrInfo
	id.ID = o.host.ID()
	told := target{PID: badPID.String(), Entry: entry.String(), Now: o.clock().UnixMilli()}
	for _, a := range o.host.Addresses() {
		told.Addresses = append(told.Addresses, a+"/p2p/"+id.ID.String())
	}
	text, err := json.Marshal(told)
	check(t, err)
	before, routines := heap(), runtime.NumGoroutine()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), attackEnv+"="+string(text))
	var said bytes.Buffer
	cmd.Stdout, cmd.Stderr = &said, &said
	end, err := cmd.StdinPipe()
	check(t, err)
	check(t, cmd.Start())
	began := time.Now()
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	defer end.Close()

	// A partner that comes in the middle of it is found: the node dials it.
	time.Sleep(attackTime / 8)
	latePID := joinOn(t, wire.ChannelKey{9}, o, late)
	o.write(latePID, kindNote)
	late.awaitHead(latePID, o.ID, 1)
	select {
	case err := <-ended:
		t.Fatalf("the flood was over before the late partner was in step: %v\n%s", err, said.String())
	default:
	}

	peak, entries := int64(0), int64(1)
	for over, told := false, false; !over; {
		if !told && entries >= attackProof && time.Since(began) >= attackTime {
			told = true
			check(t, end.Close())
		}
		select {
		case err := <-ended:
			if err != nil {
				t.Fatalf("the attacker: %v\n%s", err, said.String())
			}
			if !told {
				t.Fatalf("the flood ended by itself, after %d entries each way\n%s", entries, said.String())
			}
			over = true
		default:
		}
		o.write(pid, kindNote)
		entries++
		seller.awaitHead(pid, o.ID, entries)
		seller.write(pid, kindNote)
		o.awaitHead(pid, seller.ID, entries-1)
		if entries%64 == 0 {
			peak = max(peak, heap()-before)
		}
	}
	t.Logf("%d entries each way, heap at most %d KiB more\n%s", entries, peak>>10, said.String())
	if peak > 64<<20 {
		t.Errorf("the heap grew by %d MiB under the flood", peak>>20)
	}
	for _, word := range strings.Fields("conns handshakes streams asks storms hints garbage") {
		if !strings.Contains(said.String(), word+"=") || strings.Contains(said.String(), word+"=0 ") {
			t.Errorf("the attack shows little: no %s in %q", word, said.String())
		}
	}
	// A connection and its sessions take some forty goroutines; the late partner's two ends are here.
	eventually(t, "the end of what the flood began", func() bool { return runtime.NumGoroutine() < routines+80 })
	if left := heap() - before; left > 24<<20 {
		t.Errorf("%d MiB of the heap stay after the flood", left>>20)
	}
}

// sheetBlocks is a body of a root and twelve blocks of 256 KiB.
func sheetBlocks(t testing.TB) []block.Block {
	t.Helper()
	var links []block.CID
	var all []block.Block
	for i := range 12 {
		data := make([]byte, 256<<10)
		binary.BigEndian.PutUint64(data, uint64(i))
		b, err := block.New(struct {
			Data []byte `cbor:"data"`
		}{data})
		check(t, err)
		links, all = append(links, b.CID), append(all, b)
	}
	root, err := block.New(struct {
		Links []block.CID `cbor:"links"`
	}{links})
	check(t, err)
	return append([]block.Block{root}, all...)
}

// flood is the attacking process.
type flood struct {
	told  target
	info  peer.AddrInfo
	tcp   string
	pid   block.CID
	entry block.CID
	ctx   context.Context

	conns, handshakes, streams, asks, storms, hints, garbage atomic.Int64
}

// attack does everything at once until its input ends, and each thing at least once, and says what it did.
func attack() {
	var f flood
	try(json.Unmarshal([]byte(os.Getenv(attackEnv)), &f.told))
	for _, a := range f.told.Addresses {
		info, err := peer.AddrInfoFromString(a)
		try(err)
		f.info.ID, f.info.Addrs = info.ID, append(f.info.Addrs, info.Addrs...)
	}
	port, err := f.info.Addrs[0].ValueForProtocol(ma.P_TCP)
	try(err)
	f.tcp = "127.0.0.1:" + port
	f.pid, err = block.ParseCID(f.told.PID)
	try(err)
	f.entry, err = block.ParseCID(f.told.Entry)
	try(err)
	ctx, cancel := context.WithTimeout(context.Background(), 4*patience)
	defer cancel()
	f.ctx = ctx
	go func() {
		defer cancel()
		_, _ = io.Copy(io.Discard, os.Stdin)
		for _, deeds := range []*atomic.Int64{&f.conns, &f.handshakes, &f.streams, &f.asks, &f.storms, &f.hints, &f.garbage} {
			for deeds.Load() == 0 && ctx.Err() == nil {
				time.Sleep(10 * time.Millisecond)
			}
		}
	}()
	var all sync.WaitGroup
	for range 4 {
		all.Go(f.connect)
		all.Go(f.stranger)
	}
	all.Go(f.loris)
	partner := f.host(wiretest.New("mallory").Node)
	for partner.Connect(ctx, f.info) != nil && ctx.Err() == nil { // it meets its own flood
	}
	all.Go(func() { f.idleStreams(partner) })
	for range 2 {
		all.Go(func() { f.ask(partner) })
		all.Go(func() { f.storm(partner) })
		all.Go(func() { f.noise(partner) })
	}
	all.Go(func() { f.hint(partner) })
	all.Wait()
	fmt.Printf("conns=%d handshakes=%d streams=%d asks=%d storms=%d hints=%d garbage=%d \n", f.conns.Load(), f.handshakes.Load(), f.streams.Load(), f.asks.Load(),
		f.storms.Load(), f.hints.Load(), f.garbage.Load())
}

func try(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

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
