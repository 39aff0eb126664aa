package desk

import (
	"context"
	"slices"

	"kontor/node"
	"kontor/protocol"
	"kontor/protocol/block"
	"kontor/protocol/calendar"
)

// WithdrawOptions say what is taken back, and why.
type WithdrawOptions struct {
	CID   string `json:"cid"`
	Cause string `json:"cause" doc:"ERROR, PLAN_ENDED, UNIT_CHANGED, PRICE_EXPIRED, SITE_CLOSED, LOT_BLOCKED, SOURCE_WITHDRAWN or PRODUCT_ENDED"`
	Note  string `json:"note,omitempty"`
}

// LifeWritten is the receipt of a withdrawal or a reaffirmation.
type LifeWritten struct {
	CID   block.CID `json:"cid"`
	Entry block.CID `json:"entry"`
	With  string    `json:"with"`
	Until int64     `json:"until,omitempty"` // ms UTC
	Waits []string  `json:"waits,omitempty"` // members that get it when they are back
}

// WithdrawArtifact takes a version of this company's own that is in force back. Both nodes hold it as withdrawn; what was agreed on it stays.
func (d *Desk) WithdrawArtifact(ctx context.Context, o WithdrawOptions, command node.Command) (LifeWritten, error) {
	if !slices.Contains(protocol.Causes, protocol.Cause(o.Cause)) {
		return LifeWritten{}, node.Failf("BAD_CAUSE", "%q is no cause of a withdrawal; right are %s", o.Cause, joined(protocol.Causes))
	}
	v, p, err := d.ownArtifact(o.CID)
	if err != nil {
		return LifeWritten{}, err
	}
	texts := d.texts(p)
	note := texts.mask("note", o.Note)
	if len(texts.refusals) > 0 {
		return LifeWritten{}, &node.Failure{Code: "REFUSED", Text: texts.refusals[0].Error(), Findings: texts.refusals}
	}
	return d.writeLife(ctx, p, v, command, protocol.KindWithdraw, protocol.Withdrawal{Artifact: v.CID, Cause: protocol.Cause(o.Cause), Note: note}, 0)
}

// ReaffirmOptions say what still stands, and until when.
type ReaffirmOptions struct {
	CID   string `json:"cid"`
	Until string `json:"until" doc:"last day, such as 2027-01-31"`
}

// ReaffirmArtifact says that a version of this company's own still stands unchanged until a day: its figures count as fresh from now.
func (d *Desk) ReaffirmArtifact(ctx context.Context, o ReaffirmOptions, command node.Command) (LifeWritten, error) {
	last, err := calendar.ParseDate(o.Until)
	if err != nil {
		return LifeWritten{}, node.Failf("BAD_DATE", "the last day of a reaffirmation: %v", err)
	}
	v, p, err := d.ownArtifact(o.CID)
	if err != nil {
		return LifeWritten{}, err
	}
	until := last.AddDays(1).Millis() - 1
	return d.writeLife(ctx, p, v, command, protocol.KindReaffirm, protocol.Reaffirmation{Artifact: v.CID, Until: until}, until)
}

func (d *Desk) ownArtifact(name string) (v ArtifactView, p *node.Partnership, err error) {
	if v, err = d.FindArtifact(name); err != nil {
		return v, nil, err
	}
	if !v.Own || v.Kind == AgreementKind || v.Status != protocol.InForce {
		return v, nil, node.Failf("NOT_IN_FORCE", "%s is %s %s of %s: only an artifact of one's own, in force, can be withdrawn or reaffirmed", v.CID.Short(), v.Status, v.Kind, v.Author)
	}
	for _, x := range d.node.Partnerships() {
		if x.PID == v.pid {
			return v, x, nil
		}
	}
	return v, nil, node.Failf("NO_PARTNER", "the partnership of %s is gone", v.CID.Short())
}

func (d *Desk) writeLife(ctx context.Context, p *node.Partnership, v ArtifactView, command node.Command, kind string, doc any, until int64) (LifeWritten, error) {
	body, err := block.New(doc)
	if err != nil {
		return LifeWritten{}, err
	}
	w, err := d.node.Write(ctx, p.PID, command, func(*protocol.Replica, int64) (protocol.Draft, error) {
		return protocol.Draft{Kind: kind, Body: &body}, nil
	})
	if err != nil {
		return LifeWritten{}, err
	}
	waits, err := d.waits(p, w.Entry)
	return LifeWritten{CID: v.CID, Entry: w.Entry, With: v.With, Until: until, Waits: waits}, err
}
