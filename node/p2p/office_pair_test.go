package p2p_test

import (
	"context"
	"testing"

	"kontor/protocol/block"
	"kontor/protocol/feed"
	"kontor/protocol/identity"
	"kontor/protocol/partnership"
	"kontor/store/kv"
)

func (o *office) Invitations(context.Context) (list []partnership.InviterState, err error) {
	o.mu.RLock()
	defer o.mu.RUnlock()
	for _, s := range o.invitations {
		list = append(list, s)
	}
	return list, nil
}

func (o *office) Party(context.Context) (partnership.Party, error) {
	p := o.Company.Party()
	if o.host != nil {
		p.Addresses = o.host.Addresses()
	}
	return p, nil
}

func (o *office) Invitation(_ context.Context, id string) (partnership.InviterState, bool, error) {
	o.mu.RLock()
	defer o.mu.RUnlock()
	s, found := o.invitations[id]
	return s, found, nil
}

func (o *office) SaveInviter(_ context.Context, s partnership.InviterState, paired *partnership.Paired) error {
	if err := o.failing("inviter " + s.Stage); err != nil {
		return err
	}
	stored := reload(o.t, s)
	o.mu.Lock()
	o.invitations[s.Token.ID()] = stored
	o.mu.Unlock()
	return o.install(paired)
}

func (o *office) SaveAcceptor(_ context.Context, s partnership.AcceptorState, paired *partnership.Paired) error {
	if err := o.failing("acceptor " + s.Stage); err != nil {
		return err
	}
	stored := reload(o.t, s)
	o.mu.Lock()
	o.accepted[s.Token.ID()] = stored
	o.mu.Unlock()
	return o.install(paired)
}

func (o *office) failing(step string) error {
	if o.failSave == nil {
		return nil
	}
	return o.failSave(step)
}

// reload is what a value is after it was stored and read.
func reload[T any](t testing.TB, v T) (out T) {
	data, err := block.Marshal(v)
	if err == nil {
		err = block.Unmarshal(data, &out)
	}
	if err != nil {
		t.Error(err)
	}
	return out
}

func (o *office) install(p *partnership.Paired) error {
	if p == nil {
		return nil
	}
	circle, err := p.Genesis.Circle()
	if err != nil {
		return err
	}
	chain, err := identity.Load(p.Chain)
	if err != nil {
		return err
	}
	o.mu.Lock()
	o.chains[chain.Company()] = chain
	o.circles[p.PID] = &membership{genesis: p.Genesis, circle: circle, channel: p.ChannelKey, at: map[block.CID][]string{}}
	o.mu.Unlock()
	return o.store.Update(func(txn kv.KV) error {
		log := feed.NewLog(txn, circle)
		for _, env := range []feed.Envelope{p.Ours, p.Theirs} {
			s, err := feed.Open(circle, env, o.view)
			if err != nil {
				return err
			}
			if _, _, err := log.Admit(s, 0); err != nil {
				return err
			}
		}
		return nil
	})
}

func (o *office) ConfirmWords(ctx context.Context, _ string, w partnership.Words) (bool, error) {
	if o.confirm == nil {
		return true, nil
	}
	return o.confirm(w)
}
