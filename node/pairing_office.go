package node

import (
	"bytes"
	"context"
	"slices"

	"kontor/protocol"
	"kontor/protocol/block"
	"kontor/protocol/feed"
	"kontor/protocol/partnership"
	"kontor/store"
)

// Party is this company as it pairs: its keys, its chain and where it can be dialled.
func (n *Node) Party(context.Context) (partnership.Party, error) {
	party := partnership.Party{Company: n.company, Chain: n.Chain(n.company).From(0), Node: n.nodeKey, Feed: n.feedKey, Seal: n.sealKey, Feat: featureLevel}
	if n.Host() != nil {
		party.Addresses = n.Host().Addresses()
		if len(party.Addresses) > partnership.MaxAddresses {
			party.Addresses = party.Addresses[:partnership.MaxAddresses]
		}
	}
	return party, nil
}

// Invitations lists the invitations that are usable now.
func (n *Node) Invitations(context.Context) (out []partnership.InviterState, err error) {
	err = n.ReadPrivate(func(rows PrivateRows) error {
		return rows.Scan(invitationPrefix, func(_ string, decode func(any) error) (bool, error) {
			var rec InvitationRecord
			if err := decode(&rec); err != nil {
				return false, err
			}
			if rec.State.Usable(n.Now()) == nil {
				out = append(out, rec.State)
			}
			return true, nil
		})
	})
	return out, err
}

// Invitation reads an invitation by the ID of its token.
func (n *Node) Invitation(_ context.Context, id string) (s partnership.InviterState, found bool, err error) {
	var rec InvitationRecord
	err = n.ReadPrivate(func(rows PrivateRows) error {
		found, err = rows.Get(invitationPrefix+id, &rec)
		return err
	})
	return rec.State, found, err
}

// SaveInviter stores the state of an invitation and, once both have signed, the partnership, in one transaction. A withdrawn
// invitation stays withdrawn.
func (n *Node) SaveInviter(ctx context.Context, s partnership.InviterState, paired *partnership.Paired) error {
	key := invitationPrefix + s.Token.ID()
	return n.savePairing(ctx, paired, func(rows PrivateRows) error {
		var rec InvitationRecord
		found, err := rows.Get(key, &rec)
		if err != nil {
			return err
		}
		if !found || (rec.State.Stage == partnership.StageWithdrawn && s.Stage != partnership.StageWithdrawn) {
			return Failf(partnership.CodeWithdrawn, "the invitation was withdrawn")
		}
		if s.Stage == partnership.StageBound && rec.State.Stage == partnership.StageConfirmed && bytes.Equal(s.Commit, rec.State.Commit) {
			s.Stage = partnership.StageConfirmed // a person confirmed these words while this run was under way
		}
		rec.take(s, n.Now())
		return rows.Put(key, rec)
	})
}

// SaveAcceptor is the same for an invitation this company took up.
func (n *Node) SaveAcceptor(ctx context.Context, s partnership.AcceptorState, paired *partnership.Paired) error {
	key := acceptancePrefix + s.Token.ID()
	return n.savePairing(ctx, paired, func(rows PrivateRows) error {
		var rec acceptanceRecord
		found, err := rows.Get(key, &rec)
		if err != nil {
			return err
		}
		if !found || (rec.State.Stage == partnership.StageWithdrawn && s.Stage != partnership.StageWithdrawn) {
			return Failf(partnership.CodeWithdrawn, "this side has given the pairing up")
		}
		rec.take(s, n.Now())
		return rows.Put(key, rec)
	})
}

// savePairing commits a state and, with paired, the partnership it founds. The other side's chain is stored before: a chain
// without a partnership harms nothing, a partnership without its chain could not be folded.
func (n *Node) savePairing(ctx context.Context, paired *partnership.Paired, save func(PrivateRows) error) error {
	if paired == nil {
		return n.Private(save)
	}
	if _, err := n.Partnership(paired.PID); err == nil {
		return n.Private(save) // this run only repeats what is held
	}
	if len(paired.Chain) > 0 {
		company, err := other(paired.Genesis, n.company)
		if err != nil {
			return err
		}
		if err := n.LearnIdentity(company, paired.Chain); err != nil {
			return err
		}
	}
	rec := partnershipRecord{Channel: slices.Clone(paired.ChannelKey[:]), Since: n.Now()}
	var err error
	if rec.Genesis, err = block.Marshal(paired.Genesis); err != nil {
		return err
	}
	contract, err := protocol.NewContract(paired.Genesis, n.identities)
	if err != nil {
		return err
	}
	var first []feed.Signed
	for _, env := range []feed.Envelope{paired.Ours, paired.Theirs} {
		s, err := feed.Open(contract.Circle, env, n.identities)
		if err != nil {
			return err
		}
		first = append(first, s)
	}
	var out protocol.Outcome
	err = n.db.Update(func(kv store.KV) error {
		if err := save(PrivateRows{kv}); err != nil {
			return err
		}
		if err := savePartnership(kv, paired.PID, rec); err != nil {
			return err
		}
		var err error
		out, err = contract.Open(kv).Receive(first, n.Now())
		return err
	})
	if err != nil {
		return err
	}
	p, err := n.remember(paired.Genesis, rec)
	if err != nil {
		return err
	}
	if err := n.high.Raise(map[string]int64{p.PID.String(): 1}); err != nil {
		return err
	}
	n.log.Info("partnership stands", "partnership", p.PID.Short(), "with", n.CompanyName(out.Admitted[len(out.Admitted)-1].Header.Author))
	n.after(p, out)
	return n.refreshHost(ctx)
}

func other(g partnership.Genesis, own block.CID) (block.CID, error) {
	others := g.Others(own)
	if len(others) != 1 {
		return block.CID{}, Failf("PAIRING_MEMBERS", "a pairing makes a partnership of two, not of %d", len(g.Members))
	}
	return others[0].Company, nil
}

// ConfirmWords asks a person whether the words are those the partner sees. An invitation that does not ask answers by itself: whoever
// proved its secret got it by a way the inviter trusts, and the words stay to be read in the status.
func (n *Node) ConfirmWords(ctx context.Context, id string, words partnership.Words) (same bool, err error) {
	var rec InvitationRecord
	ours := false
	err = n.ReadPrivate(func(rows PrivateRows) (err error) {
		ours, err = rows.Get(invitationPrefix+id, &rec)
		return err
	})
	if err != nil {
		return false, err
	}
	if ours && !rec.Ask {
		n.log.Info("pairing: the partner sees these words", "invitation", id, "words", words.String())
		return true, nil
	}
	q := &question{words: words, answer: make(chan bool, 1)}
	n.pairing.mu.Lock()
	if n.pairing.waiting == nil {
		n.pairing.waiting = map[string]*question{}
	}
	n.pairing.waiting[id] = q
	if d := n.pairing.running[id]; d != nil {
		d.once.Do(func() { close(d.asked) })
	}
	n.pairing.mu.Unlock()
	defer func() {
		n.pairing.mu.Lock()
		if n.pairing.waiting[id] == q {
			delete(n.pairing.waiting, id)
		}
		n.pairing.mu.Unlock()
	}()
	if ours {
		// A person may have answered between the words and this question.
		if now, err := n.PairingOf(id); err == nil && now.Stage == partnership.StageConfirmed && slices.Equal(now.Words, words[:]) {
			return true, nil
		}
	}
	select {
	case same := <-q.answer:
		return same, nil
	case <-ctx.Done():
		return false, ctx.Err()
	}
}
