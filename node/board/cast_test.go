package board

import (
	"context"
	"crypto/rand"
	"os"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"kontor/crypto/keys"
	"kontor/node"
	"kontor/node/api/wire"
	"kontor/node/desk"
	"kontor/protocol"
	"kontor/protocol/block"
	"kontor/protocol/feed"
	"kontor/protocol/identity"
	"kontor/protocol/partnership"
	"kontor/protocol/quantity"
	"kontor/testnet/port"
)

// company is a running node of the cast with its board and its officers' keys, which no node holds.
type company struct {
	*Board
	n        *node.Node
	home     node.Home
	officers map[string]keys.Private
	ahead    time.Duration // of its clock
	stop     func()
}

var admin = By{Role: wire.Admin}

func command(id string) By { return By{Role: wire.Admin, Command: node.Command(id)} }

func founded(t *testing.T, name string, dualHat bool) *company {
	t.Helper()
	home := node.Home(filepath.Join(t.TempDir(), "home"))
	if _, err := node.Init(home, node.InitOptions{Company: name, DualHat: dualHat, Listen: []string{"/ip4/127.0.0.1/tcp/" + freePort(t)}, Now: time.Now()}); err != nil {
		t.Fatal(err)
	}
	c := &company{home: home, officers: map[string]keys.Private{}}
	c.start(t)
	return c
}

// freePort is a port that stays the same over restarts, so that partners find the node again.
func freePort(t *testing.T) string {
	t.Helper()
	free, err := port.Free()
	if err != nil {
		t.Fatal(err)
	}
	return strconv.Itoa(free)
}

// start opens the home and runs the node and its watch until stop.
func (c *company) start(t *testing.T) {
	t.Helper()
	n, err := node.Open(node.Config{Home: c.home, Clock: func() time.Time { return time.Now().Add(c.ahead) }})
	if err != nil {
		t.Fatal(err)
	}
	c.n, c.Board = n, New(n, desk.New(n))
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{}, 2)
	go func() { n.Run(ctx); done <- struct{}{} }()
	go func() { c.Watch(); done <- struct{}{} }()
	stopped := false
	c.stop = func() {
		if stopped {
			return
		}
		stopped = true
		cancel()
		if err := n.Close(); err != nil {
			t.Error(err)
		}
		<-done
		<-done
	}
	t.Cleanup(c.stop)
}

func mustKey(t *testing.T) keys.Private {
	t.Helper()
	key, err := keys.Generate(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

// appoint certifies a new key for a role; the same person may be named twice.
func (c *company) appoint(t *testing.T, name, role, person string, limit int64) {
	t.Helper()
	key := mustKey(t)
	pub := key.Public()
	id := block.Sum([]byte(person)).Bytes()[4:20]
	cert := identity.Certificate{Company: c.n.Company(), Key: pub[:], Usage: string(keys.Role), Role: role, Person: id,
		From: time.Now().Add(-time.Hour).UnixMilli(), Until: time.Now().Add(time.Hour * 1000).UnixMilli()}
	if limit > 0 {
		cert.Limit = &identity.Amount{Minor: limit, Currency: "USD"}
	}
	cert, err := cert.Prove(key)
	if err != nil {
		t.Fatal(err)
	}
	c.extend(t, identity.KindAddKey, func(e *identity.Entry) { e.Cert = &cert })
	c.officers[name] = key
}

func (c *company) revoke(t *testing.T, name string) {
	t.Helper()
	pub := c.officers[name].Public()
	c.extend(t, identity.KindRevokeKey, func(e *identity.Entry) { e.Revoke = &identity.Revocation{Key: pub[:], Reason: "left"} })
}

func (c *company) extend(t *testing.T, kind string, fill func(*identity.Entry)) {
	t.Helper()
	root, err := keyFile(c.home, "root")
	if err != nil {
		t.Fatal(err)
	}
	e := c.n.Chain(c.n.Company()).Next(kind)
	fill(&e)
	env, err := identity.SignEntry(e, []keys.Private{root})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.n.ExtendIdentity(context.Background(), env); err != nil {
		t.Fatal(err)
	}
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

// circle is a buyer and a seller, paired, with officers, a forecast, a plan and a shortage ahead.
type circle struct {
	agency, maker *company
	pid           block.CID
	revision      int
}

// limit of every officer of the cast, in cents.
const limit = 1_000_000_00

func paired(t *testing.T) *circle { t.Helper(); return pairedAs(t, false) }

// pairedAs pairs them; dualHat lets the maker's genesis allow one person several roles.
func pairedAs(t *testing.T, dualHat bool) *circle {
	t.Helper()
	c := &circle{agency: founded(t, "Relief Agency", false), maker: founded(t, "Tablet Maker", dualHat)}
	ctx := context.Background()
	_, token, err := c.agency.n.Invite(ctx, "", partnership.Offer{Role: partnership.RoleSeller, Materiality: identity.Amount{Minor: 10_000_00, Currency: "USD"},
		Products: []string{}, Regions: []string{}, Expires: time.Now().Add(time.Hour).UnixMilli()}, false)
	if err != nil {
		t.Fatal(err)
	}
	p, err := c.maker.n.AcceptInvitation(ctx, token)
	if err == nil {
		p, err = c.maker.n.ConfirmWordsOf(ctx, p.ID, true)
	}
	if err != nil {
		t.Fatal(err)
	}
	c.pid = *p.PID
	soon(t, "the partnership", func() bool { _, err := c.agency.n.Partnership(c.pid); return err == nil })
	for _, who := range []*company{c.agency, c.maker} {
		who.appoint(t, "COO", "COO", who.n.Name()+" ada", limit)
		who.appoint(t, "CFO", "CFO", who.n.Name()+" kim", limit)
	}
	return c
}

// keyFile opens a key the home keeps unsealed.
func keyFile(home node.Home, name string) (keys.Private, error) {
	data, err := os.ReadFile(filepath.Join(string(home), "keys", name+".key"))
	if err != nil {
		return keys.Private{}, err
	}
	_, seed, err := keys.OpenFile(data, nil)
	if err != nil {
		return keys.Private{}, err
	}
	return keys.FromSeed(seed)
}

func q(s string) quantity.Quantity { return quantity.MustParse(s) }

// seq is how many entries the company has written but for receipts and the like of the node itself.
func (c *company) seq(t *testing.T, pid block.CID) (n int) {
	t.Helper()
	err := c.n.View(pid, func(r *protocol.Replica) error {
		return r.Log.From(c.n.Company(), 1, func(e feed.Entry) (bool, error) {
			if e.Header.Kind == protocol.KindSignature {
				n++
			}
			return true, nil
		})
	})
	if err != nil {
		t.Fatal(err)
	}
	return n
}
