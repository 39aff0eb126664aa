package p2p_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/libp2p/go-libp2p/core/peer"
	ma "github.com/multiformats/go-multiaddr"

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
