package admin

import (
	"context"
	"encoding/hex"

	"kontor/crypto/keys"
	"kontor/node"
	"kontor/node/api/wire"
	"kontor/protocol"
	"kontor/protocol/block"
)

// GrantMandate writes the entry that carries a mandate an officer signed.
func (o *Office) GrantMandate(ctx context.Context, command node.Command, req wire.SignedRequest) (wire.EntryReceipt, error) {
	return o.handIn(ctx, command, protocol.KindMandateGrant, req)
}

// RevokeMandate writes the entry that carries the revocation of a mandate.
func (o *Office) RevokeMandate(ctx context.Context, command node.Command, req wire.SignedRequest) (wire.EntryReceipt, error) {
	return o.handIn(ctx, command, protocol.KindMandateRevoke, req)
}

// handIn carries a signed document. The fold judges signature, key, limit and scope; what it would refuse is not written.
func (o *Office) handIn(ctx context.Context, command node.Command, kind string, req wire.SignedRequest) (wire.EntryReceipt, error) {
	p, err := o.Find(wire.Scope{}, req.Partnership)
	if err != nil {
		return wire.EntryReceipt{}, err
	}
	body, err := block.New(protocol.Signed{Document: req.Document, Key: req.Key, Sig: req.Signature})
	if err != nil {
		return wire.EntryReceipt{}, node.Failf("BAD_DOCUMENT", "the signed document: %v", err)
	}
	w, err := o.node.Write(ctx, p.PID, command, func(*protocol.Replica, int64) (protocol.Draft, error) {
		return protocol.Draft{Kind: kind, Body: &body}, nil
	})
	return receipt(p.PID, w), err
}

// Mandates lists this company's mandates.
func (o *Office) Mandates(scope wire.Scope, with string) (wire.MandateListing, error) {
	out := wire.MandateListing{Mandates: []wire.MandateInfo{}}
	partnerships, err := o.visible(scope, with)
	if err != nil {
		return out, err
	}
	view := o.node.Chain(o.node.Company()).Now()
	for _, p := range partnerships {
		var rows []protocol.MandateRow
		err := o.node.View(p.PID, func(r *protocol.Replica) (err error) {
			rows, err = r.Mandates()
			return err
		})
		if err != nil {
			return out, err
		}
		for _, m := range rows {
			if m.Company != o.node.Company() {
				continue
			}
			info := wire.MandateInfo{Partnership: p.PID.String(), Holder: m.Holder, Key: hex.EncodeToString(m.Key), ID: string(keys.Public(m.Key).ID()),
				Kinds: m.Kinds, Products: orEmpty(m.Products), Limit: wire.Amount{Minor: m.Limit.Minor, Currency: m.Limit.Currency},
				From: m.From, Until: m.Until, Role: m.Role, State: "in force"}
			for _, other := range p.Genesis.Others(o.node.Company()) {
				info.Partner = o.node.CompanyName(other.Company)
			}
			_, officer := view.Key(m.Officer, keys.Role, 0)
			switch now := o.node.Now(); {
			case m.Revoked:
				info.State = "revoked"
			case !officer:
				info.State = "fallen with the officer's key"
			case now < m.From:
				info.State = "not yet in force"
			case now > m.Until:
				info.State = "expired"
			}
			out.Mandates = append(out.Mandates, info)
		}
	}
	return out, nil
}
