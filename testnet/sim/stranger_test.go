package sim

import (
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"io"
	"maps"
	"net"
	"os"
	"slices"
	"testing"
	"time"

	"github.com/libp2p/go-libp2p"
	libp2pcrypto "github.com/libp2p/go-libp2p/core/crypto"
	"github.com/libp2p/go-libp2p/core/peer"
	libp2pprotocol "github.com/libp2p/go-libp2p/core/protocol"
	"github.com/multiformats/go-multiaddr"

	"kontor/crypto/keys"
	"kontor/protocol"
	"kontor/protocol/block"
	"kontor/protocol/partnership"
	"kontor/protocol/wire"
)

// Somebody who knows a company's address, and somebody who was its partner until both ended it, dial and ask for everything by every
// protocol there is. It shows that neither gets a byte; that a partner who asks the same way gets it all, so that the silence means something; and
// that a partner who asks about the business of others hears what it would hear about business that does not exist.
func TestStrangerAndFormerPartnerGetNothing(t *testing.T) {
	if testing.Short() {
		t.Skip("long")
	}
	play(t, func(t *testing.T, w *world) {
		agency, maker, former := w.found("Agency"), w.found("Maker"), w.found("Former")
		standing, ended := agency.buysFrom(maker), agency.buysFrom(former)
		check(t, agency.expects(maker, 1000))
		check(t, agency.expects(former, 1000))
		agency.inStep(standing, maker, time.Minute)
		agency.inStep(ended, former, time.Minute)

		// An office is closed while its key is used from outside, so that there is one peer of that name.
		former.close()
		asPartner := w.ask(former.nodeKey(), former.ip, agency, question{ended, agency.forecast(ended)})
		for _, id := range []string{wire.SyncID, wire.BlocksID, wire.TreeID} {
			if len(asPartner[id]) < 100 {
				t.Errorf("a partner hears %d bytes on %s, so the rest of this play shows nothing", len(asPartner[id]), id)
			}
		}
		former.open()

		for _, c := range []*company{agency, former} {
			body, err := block.New(protocol.PartnershipAct{Reason: "over"})
			check(t, err)
			_, err = c.Write(t.Context(), ended, "", func(*protocol.Replica, int64) (protocol.Draft, error) {
				return protocol.Draft{Kind: protocol.KindEnd, Body: &body}, nil
			})
			check(t, err)
		}
		agency.within(time.Minute, "the end of the partnership", func() bool {
			p, err := agency.Partnership(ended)
			return err == nil && p.Removed
		})
		former.close()

		_, stranger, err := ed25519.GenerateKey(rand.Reader)
		check(t, err)
		for _, pid := range []block.CID{ended, standing} {
			about := question{pid, agency.forecast(pid)}
			if got := w.ask(former.nodeKey(), former.ip, agency, about); len(got) > 0 {
				t.Errorf("a former partner got answers on %v", slices.Collect(maps.Keys(got)))
			}
			if got := w.ask(stranger, net.IPv4(10, 0, 1, 1).To4(), agency, about); len(got) > 0 {
				t.Errorf("a stranger got answers on %v", slices.Collect(maps.Keys(got)))
			}
		}

		maker.close()
		third := w.found("Third")
		others := agency.buysFrom(third)
		check(t, agency.expects(third, 1000))
		real := w.ask(maker.nodeKey(), maker.ip, agency, question{others, agency.forecast(others)})
		made := w.ask(maker.nodeKey(), maker.ip, agency, question{block.Sum([]byte("no partnership")), block.Sum([]byte("no entry"))})
		if len(real) == 0 || !maps.EqualFunc(real, made, slices.Equal) {
			t.Errorf("a partner tells the business of others from none:\n%q\n%q", real, made)
		}
		maker.open()
		check(t, agency.expects(maker, 2000))
		agency.inStep(standing, maker, 6*time.Minute)
	})
}

// question is about one partnership and one entry of it.
type question struct{ pid, entry block.CID }

// forecast is the last entry of a company's own feed that carries one.
func (c *company) forecast(pid block.CID) (id block.CID) {
	c.t.Helper()
	for _, e := range c.entries(pid, c.Company()) {
		if e.Header.Kind == protocol.KindForecast {
			id = e.CID
		}
	}
	return id
}

// ask dials a company under a key, asks on every protocol, and returns the bytes of the answers.
func (w *world) ask(key ed25519.PrivateKey, at net.IP, of *company, q question) map[string][]byte {
	w.t.Helper()
	identity, err := libp2pcrypto.UnmarshalEd25519PrivateKey(key)
	check(w.t, err)
	host, err := libp2p.New(append(w.network.transport(at), libp2p.Identity(identity), libp2p.NoListenAddrs, libp2p.DisableRelay(), libp2p.DisableMetrics(),
		libp2p.DisableIdentifyAddressDiscovery())...)
	check(w.t, err)
	defer func() { check(w.t, host.Close()) }()
	ctx, cancel := context.WithTimeout(w.t.Context(), 30*time.Second)
	defer cancel()
	var addresses []multiaddr.Multiaddr
	for _, a := range of.Host().Addresses() {
		addresses = append(addresses, multiaddr.StringCast(a))
	}
	// Whoever is refused may learn so only after it believes to be connected.
	_ = host.Connect(ctx, peer.AddrInfo{ID: of.Host().ID(), Addrs: addresses})
	heard := map[string][]byte{}
	for id, ask := range map[string]wire.Message{
		wire.SyncID:   wire.SyncAsk{PID: q.pid, T: time.Now().UnixMilli(), Nonce: 1},
		wire.BlocksID: wire.BlocksAsk{PID: q.pid, Entry: q.entry, Deep: true},
		wire.TreeID:   wire.TreeAsk{PID: q.pid},
		wire.PairID:   partnership.Hello{V: 1, Commit: make([]byte, 32)},
	} {
		s, err := host.NewStream(ctx, of.Host().ID(), libp2pprotocol.ID(id))
		if err != nil {
			continue
		}
		check(w.t, s.SetDeadline(time.Now().Add(2*time.Second)))
		if wire.WriteMessage(s, ask) == nil {
			if answer, _ := io.ReadAll(s); len(answer) > 0 { // it ends at the deadline: these streams stay open for more questions
				heard[id] = answer
			}
		}
		_ = s.Reset()
	}
	return heard
}

// nodeKey reads the key under which a company's node speaks.
func (c *company) nodeKey() ed25519.PrivateKey {
	c.t.Helper()
	data, err := os.ReadFile(c.home.KeyFile(keys.Node))
	check(c.t, err)
	_, seed, err := keys.OpenFile(data, nil)
	check(c.t, err)
	return ed25519.NewKeyFromSeed(seed)
}
