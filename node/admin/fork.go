package admin

import (
	"context"
	"errors"

	"kontor/node"
	"kontor/node/api/wire"
	"kontor/protocol"
	"kontor/protocol/block"
	"kontor/protocol/feed"
	"kontor/protocol/partnership"
)

// Forks lists the places where members of a partnership wrote two histories.
func (o *Office) Forks(scope wire.Scope, with string) (wire.ForkListing, error) {
	p, err := o.Find(scope, with)
	if err != nil {
		return wire.ForkListing{}, err
	}
	out := wire.ForkListing{Partnership: p.PID.String(), Forks: []wire.ForkInfo{}}
	err = o.node.View(p.PID, func(r *protocol.Replica) error {
		forks, err := r.OpenForks()
		if err != nil {
			return err
		}
		for _, f := range forks {
			info, err := o.forkInfo(r, f)
			if err != nil {
				return err
			}
			out.Forks = append(out.Forks, info)
		}
		return nil
	})
	return out, err
}

func (o *Office) forkInfo(r *protocol.Replica, f protocol.OpenFork) (wire.ForkInfo, error) {
	info := wire.ForkInfo{Member: f.Author.String(), Name: o.node.CompanyName(f.Author), Own: f.Author == o.node.Company(), Seq: f.Seq,
		Resolved: f.Resolved, Branches: []wire.ForkBranch{}, Members: []wire.ForkMember{}}
	doc := f.Proposal
	var votes []protocol.MemberVotes
	for i, v := range f.Row.Resolutions {
		if i == 0 || f.Row.Resolved != nil && *f.Row.Resolved == v.Document {
			var err error
			if doc, err = r.Resolution(v.Body); err != nil {
				return info, err
			}
			votes = v.Members
		}
	}
	data, err := block.Marshal(doc)
	if err != nil {
		return info, err
	}
	info.Document, info.Digest = data, block.Sum(data).String()
	for _, v := range f.Row.Resolutions {
		if v.Document != block.Sum(data) {
			info.Others = append(info.Others, v.Document.String())
		}
	}
	on, err := r.GoesOnFrom(doc)
	if err != nil {
		return info, err
	}
	for _, id := range doc.Kept {
		e, held, err := r.Log.Get(id)
		if err != nil {
			return info, err
		}
		if !held {
			continue
		}
		branch, _, err := r.Log.Branch(f.Fork, e)
		if err != nil {
			return info, err
		}
		first, _, err := r.Log.Get(branch)
		if err != nil {
			return info, err
		}
		proof, err := block.Marshal(first.Envelope)
		if err != nil {
			return info, err
		}
		info.Branches = append(info.Branches, wire.ForkBranch{Proof: proof, Last: id.String(), Seq: e.Header.Seq, T: e.Header.T, Entries: e.Header.Seq - f.Seq + 1,
			Counts: branch == doc.Main, GoesOn: e.CID == on.CID})
	}
	for _, m := range r.Genesis.Members {
		if m.Role == partnership.RoleObserver {
			continue
		}
		member := wire.ForkMember{Company: m.Company.String(), Name: o.node.CompanyName(m.Company), Own: m.Company == o.node.Company(), Signed: []string{}}
		var roles []protocol.VotedRole
		for _, v := range votes {
			if v.Company == m.Company {
				roles = v.Signers
			}
		}
		for _, v := range roles {
			member.Signed = append(member.Signed, v.Role)
		}
		if chain := o.node.Chain(m.Company); chain != nil {
			if member.Missing, err = protocol.MissingForFork(chain.Now(), roles); err != nil {
				return info, err
			}
		}
		info.Members = append(info.Members, member)
	}
	return info, nil
}

// Resolve writes the entry that carries an officer's signature over the resolution of a fork. What the resolution keeps must stand before it in the
// order all share: where it does not yet, heartbeats move this company's place on.
func (o *Office) Resolve(ctx context.Context, command node.Command, req wire.SignedRequest) (wire.EntryReceipt, error) {
	p, err := o.Find(wire.Scope{}, req.Partnership)
	if err != nil {
		return wire.EntryReceipt{}, err
	}
	for range feed.ForkEntries {
		r, err := o.handIn(ctx, command, protocol.KindForkResolve, req)
		var refusal *protocol.Refusal
		if !errors.As(err, &refusal) || !refusal.KeptStandsAfter() {
			return r, err
		}
		_, err = o.node.Write(ctx, p.PID, "", func(*protocol.Replica, int64) (protocol.Draft, error) {
			return protocol.Draft{Kind: protocol.KindHeartbeat}, nil
		})
		if err != nil {
			return wire.EntryReceipt{}, err
		}
	}
	return wire.EntryReceipt{}, node.Failf("FORK_KEPT", "an entry that the resolution keeps is not held here, or stands far ahead of this company's feed; sync with the partner and sign again")
}
