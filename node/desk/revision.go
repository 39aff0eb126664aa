package desk

import (
	"context"

	"kontor/node"
	"kontor/protocol"
	"kontor/protocol/artifact"
	"kontor/protocol/block"
	"kontor/protocol/forecast"
)

// What sharing has in common, whatever is shared.

// unchanged completes the receipt of a share that wrote nothing, because what is in force says the same.
func (d *Desk) unchanged(p *node.Partnership, current *protocol.ArtifactRow, out Shared) (Shared, error) {
	var err error
	out.CID, out.Entry, out.Revision, out.Unchanged = current.Root, current.Entry, current.Revision, true
	out.Waits, err = d.waits(p, out.Entry)
	return out, err
}

// revise shares a revision and completes its receipt.
func (d *Desk) revise(ctx context.Context, p *node.Partnership, command node.Command, kind string, sheet block.Sheet, out Shared) (Shared, error) {
	w, size, err := d.share(ctx, p, command, kind, sheet)
	if err != nil {
		return out, err
	}
	out.CID, out.Entry, out.Bytes = *w.Body, w.Entry, size
	out.Waits, err = d.waits(p, out.Entry)
	return out, err
}

// outline is what the preview of every kind of artifact says: what is counted and seen of it, its kind adds.
func (d *Desk) outline(p *node.Partnership, head artifact.Header, typ string, sheet block.Sheet, findings []artifact.Finding, notes []string) (Preview, error) {
	root, below, err := sheet.Build()
	if err != nil {
		return Preview{}, err
	}
	v := Preview{With: d.PartnerName(p), Type: typ, Revision: head.Revision, Bytes: len(root.Data), Outside: []string{}, Findings: findings, Inferable: []string{},
		Notes: append([]string{}, notes...), Sample: []forecast.Line{}}
	for _, b := range below {
		v.Bytes += len(b.Data)
	}
	return v, nil
}
