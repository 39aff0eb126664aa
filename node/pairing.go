package node

import (
	"context"
	"crypto/rand"
	"fmt"
	"sync"
	"time"

	"kontor/protocol"
	"kontor/protocol/partnership"
)

// This file is what people do in a pairing; what the network asks meanwhile is in pairing_office.go.

// acceptanceRecord is an invitation this company took up.
type acceptanceRecord struct {
	State   partnership.AcceptorState `cbor:"state"`
	Created int64                     `cbor:"created"`         // ms UTC
	Since   int64                     `cbor:"since,omitempty"` // when it came to its stage, ms UTC
	// Back says that a person took this side's signature back before the other one was held. Where the partner turns out to have signed in time the
	// partnership stands, and this side ends it at once.
	Back bool `cbor:"back,omitempty"`
}

// take moves the record on to a state.
func (r *acceptanceRecord) take(s partnership.AcceptorState, now int64) {
	if s.Stage != r.State.Stage {
		r.Since = now
	}
	r.State = s
}

const (
	invitationPrefix = "invitation/"
	acceptancePrefix = "acceptance/"
	// inviteCommandPrefix leads from a command's ID to the invitation it opened.
	inviteCommandPrefix = "command/invite/"
)

// pairing is what of the pairings under way lives in memory.
type pairing struct {
	mu      sync.Mutex
	waiting map[string]*question // by invitation ID: words that wait for a person
	running map[string]*dialogue // by invitation ID: dialogues of the accepting side
	circles sync.Mutex           // held while a circle enters the office
	wake    chan struct{}        // of one: a dialogue has ended; made by waker
}

// question waits for a person's answer.
type question struct {
	words  partnership.Words
	answer chan bool
}

// dialogue is one run on the accepting side. asked closes when words wait, ended when it is over.
type dialogue struct {
	asked chan struct{}
	once  sync.Once
	ended chan struct{}
	err   error
}

// AcceptInvitation takes up an invitation, or goes on with one taken up before, until six words can be compared, the partnership
// stands, or it fails. The dialogue stays open behind it for [Node.ConfirmWordsOf].
func (n *Node) AcceptInvitation(ctx context.Context, text string) (Pairing, error) {
	if n.Host() == nil {
		return Pairing{}, Failf("NODE_OFFLINE", "this office was opened without a network")
	}
	token, err := partnership.ParseToken(text)
	if err != nil {
		return Pairing{}, pairFailure(err)
	}
	id := token.ID()
	rec, err := n.acceptance(id)
	if err != nil {
		return Pairing{}, err
	}
	switch {
	case rec == nil || (rec.State.Stage == partnership.StageWithdrawn):
		if err := n.takeUp(ctx, text, id); err != nil {
			return Pairing{}, err
		}
	case rec.State.Stage == partnership.StageDone:
		return rec.view(), nil
	case rec.Back: // the person means it again, with the signature that was given
		if err := n.changeAcceptance(id, func(r *acceptanceRecord) error { r.Back = false; return nil }); err != nil {
			return Pairing{}, err
		}
	}
	d := n.runDialogue(id)
	select {
	case <-d.asked:
	case <-d.ended:
		if d.err != nil {
			return Pairing{}, n.brokeOff(id, d.err)
		}
	case <-ctx.Done():
		return Pairing{}, ctx.Err()
	}
	return n.PairingOf(id)
}

func (n *Node) takeUp(ctx context.Context, text, id string) error {
	party, err := n.Party(ctx)
	if err != nil {
		return err
	}
	if err := n.roomForOne(ctx); err != nil {
		return err
	}
	state, err := partnership.Accept(rand.Reader, text, party, n.Now())
	if err != nil {
		return pairFailure(err)
	}
	return n.Private(func(rows PrivateRows) error {
		return rows.Put(acceptancePrefix+id, acceptanceRecord{State: state, Created: n.Now(), Since: n.Now()})
	})
}

func (n *Node) acceptance(id string) (*acceptanceRecord, error) {
	var rec acceptanceRecord
	found := false
	err := n.ReadPrivate(func(rows PrivateRows) (err error) {
		found, err = rows.Get(acceptancePrefix+id, &rec)
		return err
	})
	if err != nil || !found {
		return nil, err
	}
	return &rec, nil
}

// changeAcceptance changes what is held of an invitation taken up.
func (n *Node) changeAcceptance(id string, change func(*acceptanceRecord) error) error {
	return n.Private(func(rows PrivateRows) error {
		var rec acceptanceRecord
		found, err := rows.Get(acceptancePrefix+id, &rec)
		if err != nil {
			return err
		}
		if !found {
			return Failf("NO_INVITATION", "no invitation %q is known here; kontor partner list shows them", id)
		}
		if err := change(&rec); err != nil {
			return err
		}
		return rows.Put(acceptancePrefix+id, rec)
	})
}

// runDialogue starts the accepting side's run of a dialogue, unless one is under way.
func (n *Node) runDialogue(id string) *dialogue {
	n.pairing.mu.Lock()
	defer n.pairing.mu.Unlock()
	if d := n.pairing.running[id]; d != nil {
		return d
	}
	d := &dialogue{asked: make(chan struct{}), ended: make(chan struct{})}
	if n.pairing.running == nil {
		n.pairing.running = map[string]*dialogue{}
	}
	n.pairing.running[id] = d
	go func() {
		ctx, cancel := context.WithTimeout(context.Background(), pairLife)
		defer cancel()
		d.err = n.pairAsAcceptor(ctx, id)
		n.pairing.mu.Lock()
		delete(n.pairing.running, id)
		n.pairing.mu.Unlock()
		close(d.ended)
		n.pairing.wakeResume()
	}()
	return d
}

func (n *Node) pairAsAcceptor(ctx context.Context, id string) error {
	rec, err := n.acceptance(id)
	if err != nil {
		return err
	}
	if rec == nil || rec.State.Stage == partnership.StageDone || rec.State.Stage == partnership.StageWithdrawn {
		return nil
	}
	_, err = n.Host().Pair(ctx, rec.State)
	if err != nil {
		n.log.Warn("pairing broke off", "invitation", id, "reason", err)
	}
	return err
}

// signedWait is how long a person waits at the prompt for the other side after confirming the words: long enough for a partner on the telephone,
// short enough to be told that nothing more is to be done here.
const signedWait = time.Minute

// ConfirmWordsOf gives a person's answer to the words of a pairing and waits until the partnership stands, at most [signedWait]; the node goes on
// by itself. False gives the pairing up.
func (n *Node) ConfirmWordsOf(ctx context.Context, id string, same bool) (Pairing, error) {
	view, err := n.PairingOf(id)
	if err != nil {
		return Pairing{}, err
	}
	id = view.ID
	n.pairing.mu.Lock()
	d := n.pairing.running[id]
	n.pairing.mu.Unlock()
	asked := n.answer(id, same)
	switch {
	case !same:
		return n.Withdraw(ctx, id)
	case asked && d != nil:
		select {
		case <-d.ended:
			if d.err != nil {
				return Pairing{}, n.brokeOff(id, d.err)
			}
		case <-time.After(signedWait):
		case <-ctx.Done():
			return Pairing{}, ctx.Err()
		}
	case !asked && view.Ours && view.Stage == partnership.StageBound:
		// The dialogue broke off after the words could be read. The acceptor comes back by itself once it has signed, and finds the answer.
		return n.confirmBound(id)
	case !asked && view.Ours && view.Stage == partnership.StageOpen:
		return Pairing{}, Failf("PAIRING_IDLE", "nobody has taken up invitation %s yet; the partner runs kontor partner accept first", id)
	case !asked && (view.Stage == partnership.StageOpen || view.Stage == partnership.StageBound):
		return Pairing{}, Failf("PAIRING_IDLE", "no words of pairing %s wait to be compared; run kontor partner accept again", id)
	case !asked && (view.Stage == partnership.StageWithdrawn || view.Back):
		return Pairing{}, Failf("PAIRING_IDLE", "pairing %s was given up; invite again with: kontor partner invite", id)
	}
	return n.PairingOf(id)
}

// confirmBound keeps that a person here found the words of an invitation to be the same, while no dialogue waits for it.
func (n *Node) confirmBound(id string) (view Pairing, err error) {
	err = n.Private(func(rows PrivateRows) error {
		var rec InvitationRecord
		if found, err := rows.Get(invitationPrefix+id, &rec); err != nil || !found {
			return err
		}
		next, err := rec.State.Confirm()
		if err != nil {
			return pairFailure(err)
		}
		rec.take(next, n.Now())
		view = rec.view()
		return rows.Put(invitationPrefix+id, rec)
	})
	return view, err
}

// answer hands a person's answer to the dialogue that waits for it.
func (n *Node) answer(id string, same bool) bool {
	n.pairing.mu.Lock()
	defer n.pairing.mu.Unlock()
	q := n.pairing.waiting[id]
	if q == nil {
		return false
	}
	delete(n.pairing.waiting, id)
	q.answer <- same // buffered, and taken out of the map by whoever fills it
	return true
}

func (n *Node) refreshHost(ctx context.Context) error {
	if n.Host() == nil {
		return nil
	}
	if err := n.Host().Refresh(ctx); err != nil {
		return fmt.Errorf("tell the network who may connect: %w", err)
	}
	return nil
}

// featureLevel is the capability level a pairing writes into the first entries.
const featureLevel = protocol.FeatureLevel
