package node

import (
	"context"
	"errors"
	"strings"
	"time"

	"kontor/node/p2p"
	"kontor/protocol/partnership"
	"kontor/protocol/wire"
)

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

// ResumePairings goes on with acceptances that this side has signed and whose other signature is not held yet, until they are over, and with
// circles not proposed to all, until ctx ends: neither a crash between the two signatures nor a partner who confirms the words a day later burns anything.
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
			if p.Back && p.Stage == partnership.StageDone {
				if err := n.endTakenBack(ctx, p); err != nil {
					n.log.Warn("a partnership whose signature was taken back is not ended yet", "partnership", p.PID.Short(), "reason", err)
					open = true
				}
			}
			if !p.Ours && !p.Over(n.Now()) && (p.Stage == partnership.StageSigned || p.Stage == partnership.StageConfirmed) {
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

// brokeOff says why a dialogue of the accepting side ended, and what comes next: an inviter that is not there burns nothing.
func (n *Node) brokeOff(id string, err error) error {
	var away *p2p.Unreachable
	if !errors.As(err, &away) {
		return pairFailure(err)
	}
	p, unknown := n.PairingOf(id)
	if unknown != nil {
		return unknown
	}
	next := "ask there whether the node runs and can be reached at that address, then run the same command again"
	if p.Signed {
		next = "this node tries again by itself until the other one is back"
	}
	return Failf("PARTNER_UNREACHABLE", "the inviter, company %s, was not reached at %s; the invitation stays good until %s: %s", n.CompanyName(p.Token.Company),
		strings.Join(away.Tried, ", "), time.UnixMilli(p.Ends()).UTC().Format("2006-01-02 15:04 MST"), next)
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
