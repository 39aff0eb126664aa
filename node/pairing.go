package node

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"kontor/protocol"
	"kontor/protocol/block"
	"kontor/protocol/partnership"
	"kontor/protocol/wire"
)

// This file is what people do in a pairing; what the network asks meanwhile is in pairing_office.go.

// pairLife bounds one run of a dialogue on the accepting side: people compare words within it, or say the command again.
const pairLife = 15 * time.Minute

// InvitationRecord is an invitation of this company at rest among the private rows. It holds secrets.
type InvitationRecord struct {
	State partnership.InviterState `cbor:"state"`
	// Ask: sign only after a person here has compared the words. Without it the inviter relies on the way the token took.
	Ask     bool  `cbor:"ask"`
	Created int64 `cbor:"created"` // ms UTC
}

// acceptanceRecord is an invitation this company took up.
type acceptanceRecord struct {
	State   partnership.AcceptorState `cbor:"state"`
	Created int64                     `cbor:"created"`
}

const (
	invitationPrefix = "invitation/"
	acceptancePrefix = "acceptance/"
	// inviteCommandPrefix leads from a command's ID to the invitation it opened.
	inviteCommandPrefix = "command/invite/"
)

// Pairing is how far one pairing has come, as a person may see it: without secrets.
type Pairing struct {
	ID      string
	Ours    bool // this company invited
	Stage   string
	Words   []string // empty before both nodes have proved themselves
	Company *block.CID
	Head    *block.CID // of the partner's identity chain, once its node has proved itself
	Role    string     // of this company
	Token   partnership.Token
	PID     *block.CID // once both have signed
	Ask     bool
	Created int64
}

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

// Invite opens an invitation and returns its text. A retry of the command returns the invitation the first one opened.
func (n *Node) Invite(ctx context.Context, command Command, offer partnership.Offer, ask bool) (Pairing, string, error) {
	if err := n.db.Writable(); err != nil {
		return Pairing{}, "", err
	}
	party, err := n.Party(ctx)
	if err != nil {
		return Pairing{}, "", err
	}
	if err := n.roomForOne(ctx); err != nil {
		return Pairing{}, "", err
	}
	if len(party.Addresses) == 0 {
		return Pairing{}, "", Failf("NO_ADDRESS", "this node listens at no address that a partner could dial; set one at init with --listen")
	}
	state, text, err := partnership.Invite(rand.Reader, party, offer)
	if err != nil {
		return Pairing{}, "", pairFailure(err)
	}
	rec := InvitationRecord{State: state, Ask: ask, Created: n.Now()}
	err = n.Private(func(rows PrivateRows) error {
		if command != "" {
			var first string // the ID of the invitation this command opened
			if again, err := rows.Get(inviteCommandPrefix+string(command), &first); err != nil {
				return err
			} else if again {
				if _, err := rows.Get(invitationPrefix+first, &rec); err != nil {
					return err
				}
				text, err = rec.State.Token.Text()
				return err
			}
			if err := rows.Put(inviteCommandPrefix+string(command), state.Token.ID()); err != nil {
				return err
			}
		}
		open := 0
		err := rows.Scan(invitationPrefix, func(_ string, decode func(any) error) (bool, error) {
			var old InvitationRecord
			if err := decode(&old); err != nil {
				return false, err
			}
			if old.State.Usable(n.Now()) == nil {
				open++
			}
			return true, nil
		})
		if err != nil {
			return err
		}
		if open >= wire.MaxInvitations {
			return Failf("LIMIT_INVITATIONS", "%d invitations are open, and no more may be; withdraw one: kontor partner withdraw ID", open)
		}
		return rows.Put(invitationPrefix+state.Token.ID(), rec)
	})
	if err != nil {
		n.metrics.exceeded(err)
		return Pairing{}, "", err
	}
	return rec.view(), text, n.refreshHost(ctx)
}

// Withdraw closes an invitation, or gives up an acceptance that is not signed.
func (n *Node) Withdraw(ctx context.Context, id string) (Pairing, error) {
	view, err := n.PairingOf(id)
	if err != nil {
		return Pairing{}, err
	}
	id = view.ID
	err = n.Private(func(rows PrivateRows) error {
		var in InvitationRecord
		if found, err := rows.Get(invitationPrefix+id, &in); err != nil {
			return err
		} else if found {
			if in.State, err = in.State.Withdraw(); err != nil {
				return pairFailure(err)
			}
			view = in.view()
			return rows.Put(invitationPrefix+id, in)
		}
		var out acceptanceRecord
		found, err := rows.Get(acceptancePrefix+id, &out)
		if err != nil {
			return err
		}
		if !found {
			return Failf("NO_INVITATION", "no invitation %q is known here; kontor partner list shows them", id)
		}
		if out.State.Ours != nil {
			return Failf("PAIRING_SIGNED", "this side has signed already; end the partnership instead")
		}
		out.State.Stage = partnership.StageWithdrawn
		view = out.view()
		return rows.Put(acceptancePrefix+id, out)
	})
	if err != nil {
		return Pairing{}, err
	}
	n.answer(id, false)
	return view, n.refreshHost(ctx)
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
	}
	d := n.runDialogue(id)
	select {
	case <-d.asked:
	case <-d.ended:
		if d.err != nil {
			return Pairing{}, pairFailure(d.err)
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
		return rows.Put(acceptancePrefix+id, acceptanceRecord{State: state, Created: n.Now()})
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
				return Pairing{}, pairFailure(d.err)
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
	case !asked && view.Stage == partnership.StageWithdrawn:
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
		if rec.State, err = rec.State.Confirm(); err != nil {
			return pairFailure(err)
		}
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

// wakeResume tells [Node.ResumePairings] that a dialogue has ended, perhaps unfinished.
func (p *pairing) wakeResume() {
	select {
	case p.waker() <- struct{}{}:
	default:
	}
}

func (p *pairing) waker() chan struct{} {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.wake == nil {
		p.wake = make(chan struct{}, 1)
	}
	return p.wake
}

// ResumePairings goes on with acceptances that this side has signed and whose other signature is not held yet, and with circles not proposed
// to all, until ctx ends: neither a crash between the two signatures nor a partner who confirms the words a day later burns anything.
func (n *Node) ResumePairings(ctx context.Context) {
	const often, seldom = time.Minute, 5 * time.Minute
	for pause, most := time.Second, seldom; ; pause = min(2*pause, most) {
		list, err := n.Pairings()
		if err != nil {
			n.log.Error("pairings not resumed", "reason", err)
			return
		}
		open := n.resumeCircles(ctx)
		most = seldom
		for _, p := range list {
			if !p.Ours && (p.Stage == partnership.StageSigned || p.Stage == partnership.StageConfirmed) {
				open = true
				if !p.Token.Expired(n.Now()) {
					most = often // a person on the other side may be about to confirm
				}
				n.runDialogue(p.ID)
			}
		}
		if !open {
			pause = time.Second
			select {
			case <-ctx.Done():
				return
			case <-n.pairing.waker():
			}
			continue
		}
		select {
		case <-ctx.Done():
			return
		case <-time.After(pause):
		}
	}
}

// Pairings lists invitations and acceptances, oldest first; those that are over stay listed for a week.
func (n *Node) Pairings() (out []Pairing, err error) {
	err = n.ReadPrivate(func(rows PrivateRows) error {
		err := rows.Scan(invitationPrefix, func(_ string, decode func(any) error) (bool, error) {
			var rec InvitationRecord
			err := decode(&rec)
			out = append(out, rec.view())
			return true, err
		})
		if err != nil {
			return err
		}
		return rows.Scan(acceptancePrefix, func(_ string, decode func(any) error) (bool, error) {
			var rec acceptanceRecord
			err := decode(&rec)
			out = append(out, rec.view())
			return true, err
		})
	})
	return out, err
}

// shortestID is how many characters of an invitation's ID name it at least.
const shortestID = 4

// PairingOf is one pairing by the ID of its invitation, or by the beginning of one.
func (n *Node) PairingOf(id string) (Pairing, error) {
	var fits []Pairing
	list, err := n.Pairings()
	if err != nil {
		return Pairing{}, err
	}
	for _, p := range list {
		if p.ID == id {
			return p, nil
		}
		if len(id) >= shortestID && strings.HasPrefix(p.ID, id) {
			fits = append(fits, p)
		}
	}
	switch len(fits) {
	case 1:
		return fits[0], nil
	case 0:
	default:
		return Pairing{}, Failf("BAD_REQUEST", "%d invitations begin with %q; write more of the ID", len(fits), id)
	}
	return Pairing{}, Failf("NO_INVITATION", "no invitation %q is known here; kontor partner list shows them", id)
}

func (r InvitationRecord) view() Pairing {
	s := r.State
	v := Pairing{ID: s.Token.ID(), Ours: true, Stage: s.Stage, Company: s.Bound, Role: otherRole(s.Token.Role), Token: s.Token, Ask: r.Ask, Created: r.Created}
	if words, ok := s.Words(); ok {
		v.Words, v.Head = words[:], &s.Reveal.Side.Head
	}
	if paired, ok := s.Paired(); ok {
		v.PID = &paired.PID
	}
	v.Token.Secret = nil
	return v
}

func (r acceptanceRecord) view() Pairing {
	s := r.State
	v := Pairing{ID: s.Token.ID(), Stage: s.Stage, Company: &s.Token.Company, Role: s.Token.Role, Token: s.Token, Ask: true, Created: r.Created}
	if words, ok := s.Words(); ok {
		v.Words, v.Head = words[:], &s.Challenge.Side.Head
	}
	if paired, ok := s.Paired(); ok {
		v.PID = &paired.PID
	}
	v.Token.Secret = nil
	return v
}

func otherRole(role string) string {
	if role == partnership.RoleBuyer {
		return partnership.RoleSeller
	}
	return partnership.RoleBuyer
}

// pairFailure gives a pairing's error its code.
func pairFailure(err error) error {
	var pair *partnership.PairError
	var fault *wire.Fault
	switch {
	case errors.As(err, &pair):
		text := pair.Text
		if pair.Cause != nil {
			text += ": " + pair.Cause.Error()
		}
		if sentence := partnership.PairSentences[pair.Code]; sentence != "" {
			text += " (" + sentence + ")"
		}
		return Failf(pair.Code, "%s", text)
	case errors.As(err, &fault):
		return Failf("PAIRING_REFUSED", "the partner's node refused: %v", fault)
	case err == nil, errors.As(err, new(*Failure)), errors.Is(err, context.Canceled):
		return err
	}
	return Failf("PAIRING_BROKE", "the pairing broke off: %v; run the command again, it goes on where it was", err)
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
