package sim

import (
	"context"
	"errors"
	"fmt"
	"net"
	"path/filepath"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"kontor/node"
	"kontor/node/desk"
	"kontor/protocol"
	"kontor/protocol/block"
	"kontor/protocol/feed"
	"kontor/protocol/identity"
	"kontor/protocol/partnership"
	"kontor/protocol/state"
)

// firstDay is when every play begins.
var firstDay = time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC)

// play runs a play in synthetic time and says how long it took in both.
func play(t *testing.T, act func(t *testing.T, w *world)) {
	began := time.Now()
	var lasted time.Duration
	synctest.Test(t, func(t *testing.T) {
		// Synthetic time begins in the year 2000. Nobody is awake yet, so the sleep to the first day costs nothing.
		time.Sleep(time.Until(firstDay))
		act(t, &world{t: t, network: newNetwork(t)})
		lasted = time.Since(firstDay)
	})
	t.Logf("the play lasted %v, and took %v", lasted.Round(time.Second), time.Since(began).Round(10*time.Millisecond))
}

// world is the companies of a play and the network between them.
type world struct {
	t       *testing.T
	network *network
	count   int
}

// company is a company of a play: its home on disk, and its office while it is open.
type company struct {
	t       *testing.T
	network *network
	name    string
	home    node.Home
	ip      net.IP

	*node.Node // nil while the office is closed
	desk       *desk.Desk
	stop       func()
}

// found founds a company and opens its office.
func (w *world) found(name string) *company {
	w.t.Helper()
	w.count++
	c := &company{t: w.t, network: w.network, name: name, home: node.Home(filepath.Join(w.t.TempDir(), name)), ip: net.IPv4(10, 0, 0, byte(w.count)).To4()}
	_, err := node.Init(c.home, node.InitOptions{Company: name, Listen: []string{fmt.Sprintf("/ip4/%s/udp/%d/quic-v1", c.ip, port)}, Now: time.Now()})
	check(w.t, err)
	w.t.Cleanup(c.close)
	c.open()
	return c
}

func (c *company) open() {
	c.t.Helper()
	n, err := node.Open(node.Config{Home: c.home, Clock: time.Now, Transport: c.network.transport(c.ip)})
	check(c.t, err)
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- n.Run(ctx) }()
	c.Node, c.desk = n, desk.New(n)
	c.stop = func() {
		cancel()
		if err := errors.Join(<-done, n.Close()); err != nil {
			c.t.Error(err)
		}
	}
}

// close ends the office; a closed office costs a play nothing.
func (c *company) close() {
	if c.Node == nil {
		return
	}
	c.stop()
	c.Node, c.desk = nil, nil
}

// buysFrom pairs a buyer with a seller.
func (c *company) buysFrom(seller *company) block.CID {
	c.t.Helper()
	ctx := c.t.Context()
	_, token, err := c.Invite(ctx, "", partnership.Offer{Role: partnership.RoleSeller, Materiality: identity.Amount{Minor: 10_000_00, Currency: "USD"},
		Products: []string{}, Regions: []string{}, Expires: time.Now().Add(time.Hour).UnixMilli()}, false)
	check(c.t, err)
	p, err := seller.AcceptInvitation(ctx, token)
	check(c.t, err)
	p, err = seller.ConfirmWordsOf(ctx, p.ID, true)
	check(c.t, err)
	c.within(10*time.Second, "the partnership with "+seller.name, func() bool { _, err := c.Partnership(*p.PID); return err == nil })
	return *p.PID
}

// expects shares a small forecast with a partner: one product, one month.
func (c *company) expects(partner *company, packs int) error {
	c.t.Helper()
	csv := fmt.Sprintf("product,region,month,mean,unit\nEFV600-30,CI,2027-03,%d,PK\n", packs)
	_, err := c.desk.ImportForecast([]byte(csv), desk.ImportOptions{})
	check(c.t, err)
	_, err = c.desk.ShareForecast(c.t.Context(), partner.name, "")
	return err
}

// head is how far a company holds the feed of an author.
func (c *company) head(pid, author block.CID) (seq int64) {
	c.t.Helper()
	check(c.t, c.View(pid, func(r *protocol.Replica) error {
		head, _, err := r.Log.Head(author)
		seq = head.Header.Seq
		return err
	}))
	return seq
}

// await waits until a company holds the feed of an author up to an entry, and says how long that took.
func (c *company) await(pid, author block.CID, seq int64, limit time.Duration) time.Duration {
	c.t.Helper()
	began := time.Now()
	notices, end := c.Listen()
	defer end()
	late := time.After(limit)
	for c.head(pid, author) < seq {
		select {
		case <-notices:
		case <-late:
			c.t.Fatalf("%s holds entry %d of %s instead of %d after %v", c.name, c.head(pid, author), c.CompanyName(author), seq, limit)
		}
	}
	return time.Since(began)
}

// entries reads a whole feed and fails where a place in it is empty or taken twice.
func (c *company) entries(pid, author block.CID) (out []feed.Entry) {
	c.t.Helper()
	check(c.t, c.View(pid, func(r *protocol.Replica) error {
		return r.Log.From(author, 1, func(e feed.Entry) (bool, error) {
			if out = append(out, e); e.Header.Seq != int64(len(out)) {
				c.t.Errorf("%s holds entry %d of %s as the %d. of its feed", c.name, e.Header.Seq, c.CompanyName(author), len(out))
			}
			return true, nil
		})
	}))
	return out
}

// standing is what two companies must have in common when they are in step.
type standing struct {
	heads []block.CID
	line  int64
	root  state.Hash
}

func (c *company) standing(pid block.CID) (s standing) {
	c.t.Helper()
	check(c.t, c.View(pid, func(r *protocol.Replica) (err error) {
		for _, m := range r.Circle.Members {
			head, found, err := r.Log.Head(m.Company)
			if err != nil {
				return err
			}
			if found {
				s.heads = append(s.heads, head.CID)
			}
		}
		if s.line, err = r.Line(); err != nil {
			return err
		}
		known := false
		if s.root, known, err = r.RootAt(s.line); err == nil && !known {
			c.t.Errorf("%s knows no root at its line %d", c.name, s.line)
		}
		return err
	}))
	return s
}

// inStep waits until two companies hold the same entries and came to the same state.
func (c *company) inStep(pid block.CID, with *company, limit time.Duration) standing {
	c.t.Helper()
	var ours standing
	c.within(limit, fmt.Sprintf("the same state at %s and %s", c.name, with.name), func() bool {
		ours = c.standing(pid)
		theirs := with.standing(pid)
		return slices.Equal(ours.heads, theirs.heads) && ours.line == theirs.line && ours.root == theirs.root
	})
	for _, o := range []*company{c, with} {
		if m, found := o.Mismatched(pid); found {
			c.t.Errorf("%s heard of another state: %+v", o.name, m)
		}
	}
	return ours
}

// within waits for what others bring about.
func (c *company) within(limit time.Duration, what string, ok func() bool) {
	c.t.Helper()
	for began := time.Now(); !ok(); time.Sleep(100 * time.Millisecond) {
		if time.Since(began) > limit {
			c.t.Fatalf("not within %v: %s", limit, what)
		}
	}
}

func check(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// failure is the code of a refusal.
func failure(err error) string {
	var f *node.Failure
	if errors.As(err, &f) {
		return f.Code
	}
	return fmt.Sprint(err)
}
