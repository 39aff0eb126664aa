package admin

import (
	"context"
	"slices"

	"kontor/node"
	"kontor/node/api/wire"
	"kontor/protocol"
	"kontor/protocol/block"
)

// Lost shows from where a member's feed goes on, as this office holds it.
func (o *Office) Lost(scope wire.Scope, req wire.ResumeQuery) (wire.ResumeDocument, error) {
	p, err := o.Find(scope, req.With)
	if err != nil {
		return wire.ResumeDocument{}, err
	}
	author, err := o.memberNamed(req.Member)
	if err != nil {
		return wire.ResumeDocument{}, err
	}
	gone := []block.CID{}
	for _, name := range req.Gone {
		company, err := o.memberNamed(name)
		if err != nil {
			return wire.ResumeDocument{}, err
		}
		gone = append(gone, company)
	}
	slices.SortFunc(gone, block.CID.Compare)
	doc, err := o.node.ResumeDocument(p.PID, author, slices.Compact(gone))
	if err != nil {
		return wire.ResumeDocument{}, err
	}
	data, err := block.Marshal(doc)
	return wire.ResumeDocument{Partnership: p.PID.String(), Member: author.String(), Name: o.node.CompanyName(author), Seq: doc.Seq, Document: data}, err
}

// Resume writes the entry that carries an officer's countersignature over a lost feed's place.
func (o *Office) Resume(ctx context.Context, command node.Command, req wire.SignedRequest) (wire.EntryReceipt, error) {
	return o.handIn(ctx, command, protocol.KindResume, req)
}
