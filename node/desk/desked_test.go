package desk

import (
	"context"
	"crypto/rand"
	"os"
	"path/filepath"
	"testing"
	"time"

	"kontor/crypto/keys"
	"kontor/node"
	"kontor/protocol"
	"kontor/protocol/artifact"
	"kontor/protocol/block"
	"kontor/protocol/forecast"
	"kontor/protocol/identity"
	"kontor/protocol/partnership"
)

// desked is a running office with its desk.
type desked struct {
	*Desk
	n    *node.Node
	home node.Home
	stop func()
}

func foundDesk(t *testing.T, name string) *desked {
	t.Helper()
	home := node.Home(filepath.Join(t.TempDir(), name))
	if _, err := node.Init(home, node.InitOptions{Company: name, Listen: []string{"/ip4/127.0.0.1/tcp/0"}, Now: time.Now()}); err != nil {
		t.Fatal(err)
	}
	return openDesk(t, home)
}

// openDesk runs a node and its automation until stop.
func openDesk(t *testing.T, home node.Home) *desked {
	t.Helper()
	n, err := node.Open(node.Config{Home: home})
	if err != nil {
		t.Fatal(err)
	}
	d := &desked{Desk: New(n), n: n, home: home}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{}, 2)
	go func() { n.Run(ctx); done <- struct{}{} }()
	go func() { d.Propagate(ctx); done <- struct{}{} }()
	stopped := false
	d.stop = func() {
		if stopped {
			return
		}
		stopped = true
		cancel()
		<-done
		<-done
		if err := n.Close(); err != nil {
			t.Error(err)
		}
	}
	t.Cleanup(d.stop)
	return d
}

func soon(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for began := time.Now(); time.Since(began) < time.Minute; time.Sleep(10 * time.Millisecond) {
		if ok() {
			return
		}
	}
	t.Fatal("never came: " + what)
}

// buysFrom pairs a buyer with a seller.
func (d *desked) buysFrom(t *testing.T, seller *desked) *node.Partnership {
	t.Helper()
	ctx := context.Background()
	_, token, err := d.n.Invite(ctx, "", partnership.Offer{Role: partnership.RoleSeller, Materiality: identity.Amount{Minor: 1_000_000, Currency: "USD"},
		Products: []string{}, Regions: []string{}, Expires: time.Now().Add(time.Hour).UnixMilli()}, false)
	if err != nil {
		t.Fatal(err)
	}
	p, err := seller.n.AcceptInvitation(ctx, token)
	if err == nil {
		p, err = seller.n.ConfirmWordsOf(ctx, p.ID, true)
	}
	if err != nil || p.PID == nil {
		t.Fatal(p, err)
	}
	soon(t, "the partnership", func() bool { _, err := d.n.Partnership(*p.PID); return err == nil })
	held, err := d.n.Partnership(*p.PID)
	if err != nil {
		t.Fatal(err)
	}
	if d.n.Own(held).Role != partnership.RoleBuyer {
		t.Fatalf("the inviter is %s", d.n.Own(held).Role)
	}
	return held
}

// shares shares demand of its own.
func (d *desked) shares(t *testing.T, p *node.Partnership, lines ...forecast.Line) block.CID {
	t.Helper()
	return d.sharesAs(t, p, forecast.Consumption{}, lines...)
}

// sharesAs is the same with the rule by which orders meet forecast.
func (d *desked) sharesAs(t *testing.T, p *node.Partnership, rule forecast.Consumption, lines ...forecast.Line) block.CID {
	t.Helper()
	s, err := d.series(p.PID, forecast.Type, "own")
	if err != nil {
		t.Fatal(err)
	}
	var h artifact.Header
	err = d.n.View(p.PID, func(r *protocol.Replica) (err error) {
		h, _, err = d.next(r, forecast.Type, s, d.n.Now())
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	h.Scope, h.Provenance = artifact.Everything(), artifact.Provenance{SourceSystem: "test", Activity: "EDIT"}
	sheet, err := forecast.ToSheet(forecast.Document{Header: h, Purpose: forecast.OrderForecast, Consumption: rule, Lines: lines, Method: forecast.Method{Bands: forecast.BandsModel}}, s.Key)
	if err != nil {
		t.Fatal(err)
	}
	w, _, err := d.share(context.Background(), p, "", protocol.KindForecast, sheet)
	if err != nil {
		t.Fatal(err)
	}
	return *w.Body
}

// officer makes a role key and puts it into the company's identity chain.
func (d *desked) officer(t *testing.T, role string) keys.Private {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(string(d.home), "keys", "root.key"))
	if err != nil {
		t.Fatal(err)
	}
	_, seed, err := keys.OpenFile(data, nil)
	if err != nil {
		t.Fatal(err)
	}
	root, err := keys.FromSeed(seed)
	if err != nil {
		t.Fatal(err)
	}
	key, err := keys.Generate(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	pub := key.Public()
	cert := identity.Certificate{Company: d.n.Company(), Key: pub[:], Usage: string(keys.Role), Role: role, Person: make([]byte, identity.PersonSize),
		From: time.Now().Add(-time.Hour).UnixMilli(), Until: time.Now().Add(time.Hour).UnixMilli()}
	if cert, err = cert.Prove(key); err != nil {
		t.Fatal(err)
	}
	e := d.n.Chain(d.n.Company()).Next(identity.KindAddKey)
	e.Cert = &cert
	env, err := identity.SignEntry(e, []keys.Private{root})
	if err == nil {
		_, err = d.n.ExtendIdentity(context.Background(), env)
	}
	if err != nil {
		t.Fatal(err)
	}
	return key
}

// received are the forecasts a supplier holds in force, newest series last.
func (d *desked) received(t *testing.T, pid block.CID) (docs []forecast.Document) {
	t.Helper()
	err := d.n.View(pid, func(r *protocol.Replica) error {
		rows, err := r.InForce(forecast.Type, block.CID{})
		for _, row := range rows {
			doc, err := r.Forecast(row.Root)
			if err != nil {
				return err
			}
			docs = append(docs, doc)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return docs
}

// blocksOf walks everything the supplier can read of a document.
func (d *desked) blocksOf(t *testing.T, pid block.CID) (all [][]byte) {
	t.Helper()
	err := d.n.View(pid, func(r *protocol.Replica) error {
		rows, err := r.Versions(forecast.Type)
		for _, row := range rows {
			todo := []block.CID{row.Root}
			for len(todo) > 0 {
				data, err := r.Block(todo[0])
				if err != nil {
					return err
				}
				links, err := block.Links(data)
				if err != nil {
					return err
				}
				all, todo = append(all, data), append(todo[1:], links...)
			}
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}
