package bench

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"time"

	"kontor/crypto/keys"
	"kontor/node"
	"kontor/protocol"
	"kontor/protocol/block"
	"kontor/protocol/feed"
	"kontor/protocol/identity"
	"kontor/protocol/partnership"
)

// pairLimit bounds what should take a moment: a pairing, an entry on its way.
const pairLimit = 30 * time.Second

// office is one company with its node in this process.
type office struct {
	*node.Node
	home node.Home
	role keys.Private // an officer's key, opened
	stop context.CancelFunc
	done sync.WaitGroup
}

// found makes a company with one officer and opens its office.
func found(ctx context.Context, dir, name string) (*office, error) {
	home := node.Home(filepath.Join(dir, name))
	if _, err := node.Init(home, node.InitOptions{Company: name, Listen: []string{"/ip4/127.0.0.1/tcp/0"}, Now: time.Now()}); err != nil {
		return nil, err
	}
	role, err := keys.Generate(rand.Reader)
	if err != nil {
		return nil, err
	}
	o := &office{home: home, role: role}
	if err := o.open(); err != nil {
		return nil, err
	}
	if err := o.certify(ctx); err != nil {
		o.close()
		return nil, err
	}
	return o, nil
}

// open opens the office and keeps it running.
func (o *office) open() error {
	n, err := node.Open(node.Config{Home: o.home})
	if err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(context.Background())
	o.Node, o.stop = n, cancel
	o.done.Go(func() { _ = n.Run(ctx) })
	return nil
}

func (o *office) close() error {
	if o.Node == nil {
		return nil
	}
	o.stop()
	o.done.Wait()
	err := o.Close()
	o.Node = nil
	return err
}

// certify enters the officer into the company's identity, before the first partnership.
func (o *office) certify(ctx context.Context) error {
	data, err := os.ReadFile(o.home.KeyFile(keys.Root))
	if err != nil {
		return err
	}
	_, seed, err := keys.OpenFile(data, nil)
	if err != nil {
		return err
	}
	root, err := keys.FromSeed(seed)
	if err != nil {
		return err
	}
	person := make([]byte, identity.PersonSize)
	if _, err := rand.Read(person); err != nil {
		return err
	}
	pub, now := o.role.Public(), time.Now()
	cert, err := identity.Certificate{Company: o.Company(), Key: pub[:], Usage: string(keys.Role), Role: "COO", Person: person,
		From: now.Add(-time.Hour).UnixMilli(), Until: now.Add(24 * time.Hour).UnixMilli()}.Prove(o.role)
	if err != nil {
		return err
	}
	entry := o.Chain(o.Company()).Next(identity.KindAddKey)
	entry.Cert = &cert
	env, err := identity.SignEntry(entry, []keys.Private{root})
	if err != nil {
		return err
	}
	_, err = o.ExtendIdentity(ctx, env)
	return err
}

// author is how the office signs entries.
func (o *office) author(ctx context.Context) (protocol.Author, error) {
	party, err := o.Party(ctx)
	if err != nil {
		return protocol.Author{}, err
	}
	return protocol.Author{Company: o.Company(), Key: party.Feed, IDHead: o.Chain(o.Company()).Head()}, nil
}

// couple is two companies in a partnership: the buyer is called agency, the seller maker.
type couple struct {
	agency, maker *office
	pid           block.CID
}

// pairUp founds two companies and pairs them by an invitation.
func pairUp(ctx context.Context, dir string) (c *couple, err error) {
	c = &couple{}
	defer func() {
		if err != nil {
			c.close()
		}
	}()
	if c.agency, err = found(ctx, dir, "agency"); err != nil {
		return c, err
	}
	if c.maker, err = found(ctx, dir, "maker"); err != nil {
		return c, err
	}
	ctx, cancel := context.WithTimeout(ctx, pairLimit)
	defer cancel()
	offer := partnership.Offer{Role: partnership.RoleSeller, Materiality: identity.Amount{Minor: 100_000_00, Currency: "EUR"}, Expires: time.Now().Add(time.Hour).UnixMilli()}
	_, text, err := c.agency.Invite(ctx, "", offer, false)
	if err != nil {
		return c, err
	}
	p, err := c.maker.AcceptInvitation(ctx, text)
	if err != nil {
		return c, err
	}
	if p.PID == nil {
		if p, err = c.maker.ConfirmWordsOf(ctx, p.ID, true); err != nil {
			return c, err
		}
	}
	if p.PID == nil {
		return c, fmt.Errorf("pairing ended at stage %q", p.Stage)
	}
	c.pid = *p.PID
	return c, c.settleDown(ctx)
}

// settleDown waits until the two sides hold the same and the commitments after a change are written.
func (c *couple) settleDown(ctx context.Context) error {
	deadline := time.Now().Add(pairLimit)
	var since time.Time
	last := ""
	for {
		now := ""
		for _, o := range []*office{c.agency, c.maker} {
			heads, err := heads(o, c.pid)
			if err != nil {
				return err
			}
			now += heads + " "
		}
		if now != last {
			last, since = now, time.Now()
		}
		half := len(now) / 2
		if now[:half] == now[half:] && time.Since(since) > 700*time.Millisecond {
			return nil
		}
		if time.Now().After(deadline) {
			return fmt.Errorf("the two nodes did not come to rest within %s", pairLimit)
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// heads is what an office holds, as text.
func heads(o *office, pid block.CID) (text string, err error) {
	list, err := o.Heads(pid)
	for _, e := range list {
		text += e.CID.String()
	}
	return text, err
}

func (c *couple) close() error {
	var errs []error
	for _, o := range []*office{c.agency, c.maker} {
		if o != nil {
			errs = append(errs, o.close())
		}
	}
	return errors.Join(errs...)
}

// arrivals hands every entry admitted at an office to fn, in order, until the returned function is called.
func (o *office) arrivals(fn func(feed.Entry)) (end func()) {
	notices, stop := o.Listen()
	var done sync.WaitGroup
	done.Go(func() {
		for notice := range notices {
			for _, e := range notice.Outcome.Admitted {
				fn(e)
			}
		}
	})
	return func() { stop(); done.Wait() }
}

// replayed is how many entries the two nodes have folded again because an earlier one came late.
func (c *couple) replayed() (count float64) {
	for _, o := range []*office{c.agency, c.maker} {
		families, err := o.Metrics().Gather()
		if err != nil {
			continue
		}
		for _, f := range families {
			if f.GetName() == "kontor_entries_replayed_total" {
				count += f.GetMetric()[0].GetCounter().GetValue()
			}
		}
	}
	return count
}
