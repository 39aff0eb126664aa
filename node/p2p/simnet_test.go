package p2p_test

import (
	"fmt"
	"net"
	"slices"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/libp2p/go-libp2p"
	libp2pquic "github.com/libp2p/go-libp2p/p2p/transport/quic"
	"github.com/libp2p/go-libp2p/p2p/transport/quicreuse"
	"github.com/marcopolo/simnet"
	"github.com/quic-go/quic-go"
	"go.uber.org/fx"

	"kontor/node/p2p"
	"kontor/protocol/block"
	"kontor/protocol/wire/wiretest"
)

// quicOver is QUIC over a simulated network, in whose time nobody waits for real.
func quicOver(sim *simnet.Simnet) []libp2p.Option {
	var own sourceIP
	link := simnet.NodeBiDiLinkSettings{Downlink: simnet.LinkSettings{BitsPerSecond: 100_000_000}, Uplink: simnet.LinkSettings{BitsPerSecond: 100_000_000}}
	return []libp2p.Option{libp2p.Transport(libp2pquic.NewTransport), libp2p.QUICReuse(
		func(l fx.Lifecycle, reset quic.StatelessResetKey, token quic.TokenGeneratorKey, options ...quicreuse.Option) (*quicreuse.ConnManager, error) {
			conns, err := quicreuse.NewConnManager(reset, token, options...)
			if err == nil {
				l.Append(fx.StopHook(conns.Close))
			}
			return conns, err
		},
		quicreuse.OverrideSourceIPSelector(func() (quicreuse.SourceIPSelector, error) { return &own, nil }),
		quicreuse.OverrideListenUDP(func(_ string, at *net.UDPAddr) (net.PacketConn, error) {
			own.ip.Store(&at.IP)
			return sim.NewEndpoint(at, link), nil
		}))}
}

type sourceIP struct{ ip atomic.Pointer[net.IP] }

func (s *sourceIP) PreferredSourceIPForDestination(*net.UDPAddr) (net.IP, error) {
	return *s.ip.Load(), nil
}

// Two companies, and a circle of six, 25 ms apart: what one commits the others hold within half a round trip and what the
// work takes, and after half an hour of silence the streams still stand.
func TestCircleOverSlowLinks(t *testing.T) {
	if testing.Short() {
		t.Skip("long")
	}
	for _, size := range []int{2, 6} {
		t.Run(fmt.Sprint(size), func(t *testing.T) { circleOverSlowLinks(t, size) })
	}
}

func circleOverSlowLinks(t *testing.T, size int) {
	real := time.Now()
	synctest.Test(t, func(t *testing.T) {
		sim := &simnet.Simnet{LatencyFunc: simnet.StaticLatency(25 * time.Millisecond)}
		sim.Start()
		t.Cleanup(sim.Close)
		var all []*office
		begin := time.Now()
		pace := p2p.DefaultPace
		for i := range size {
			o := newOffice(t, wiretest.New(fmt.Sprint("company ", i)))
			o.clock = func() time.Time { return time.UnixMilli(wiretest.Begin).Add(time.Since(begin) + time.Hour) }
			h, err := p2p.Open(t.Context(), p2p.Options{Key: o.Node, Office: o, Clock: o.clock, Pace: pace, Transport: quicOver(sim),
				Listen: []string{fmt.Sprintf("/ip4/10.0.0.%d/udp/4001/quic-v1", i+1)}})
			check(t, err)
			o.host = h
			t.Cleanup(func() { check(t, h.Close()) })
			all = append(all, o)
		}
		pid := join(t, all...)
		time.Sleep(10 * time.Second)
		if !inStep(all...)() {
			t.Fatal("not all are in step after 10 s")
		}
		var took []time.Duration
		for round := range 5 {
			for _, o := range all[:2] {
				id := o.commit(pid, o.clock().UnixMilli(), kindDoc, note(t, fmt.Sprint(o.Name, round)))
				began := time.Now()
				o.host.Announce(pid, o.ID, int64(round+1), id)
				for _, other := range all {
					if other == o {
						continue
					}
					awaitQuietly(t, other, pid, o.ID, int64(round+1))
					took = append(took, time.Since(began))
				}
				time.Sleep(5 * time.Second)
			}
		}
		slices.Sort(took)
		t.Logf("commit to held, virtual: p50 %v, p99 %v", took[len(took)/2], took[len(took)*99/100])
		if most := took[len(took)*99/100]; most > 500*time.Millisecond {
			t.Errorf("p99 is %v", most)
		}
		time.Sleep(30 * time.Minute)
		if !inStep(all...)() {
			t.Error("not all are in step after half an hour of silence")
		}
	})
	t.Logf("took %v for real", time.Since(real))
}

// awaitQuietly polls, because the bubble's time stands still while anybody works.
func awaitQuietly(t *testing.T, o *office, pid, author block.CID, seq int64) {
	t.Helper()
	for range 5000 {
		held, err := o.Held(t.Context(), pid)
		check(t, err)
		if held.Seq(author) >= seq {
			return
		}
		time.Sleep(time.Millisecond)
	}
	t.Fatalf("%s does not hold seq %d of %s", o.Name, seq, author.Short())
}
