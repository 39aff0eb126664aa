package desk

import (
	"context"
	"slices"

	"kontor/node"
	"kontor/protocol"
	"kontor/protocol/block"
	"kontor/protocol/request"
)

// AnswerOptions answer a request by hand.
type AnswerOptions struct {
	ID      string `json:"id"`
	Verdict string `json:"verdict" doc:"SENT, NOTHING_NEWER, LATER, DENIED or REVOKED"`
	Note    string `json:"note,omitempty"`
}

// Answered is the receipt of an answer.
type Answered struct {
	ID      block.CID       `json:"id"`
	Entry   block.CID       `json:"entry"`
	To      string          `json:"to"`
	Verdict request.Verdict `json:"verdict"`
	Roots   []block.CID     `json:"roots"` // SENT: the versions
	Until   int64           `json:"until,omitempty"`
}

// AnswerRequest answers a request that was put to this company. SENT names the versions in force that are newer than those asked about.
func (d *Desk) AnswerRequest(ctx context.Context, o AnswerOptions, command node.Command) (Answered, error) {
	v, err := d.FindRequest(o.ID)
	if err != nil {
		return Answered{}, err
	}
	if v.Asked.To != d.node.Company() {
		return Answered{}, node.Failf("NOT_ASKED", "request %s was put to %s, who answers it", v.ID.Short(), v.To)
	}
	p, err := d.node.Partnership(v.pid)
	if err != nil {
		return Answered{}, err
	}
	texts := d.texts(p)
	a := request.Reply{Request: v.ID, Verdict: request.Verdict(o.Verdict), Note: texts.mask("note", o.Note)}
	if len(texts.refusals) > 0 {
		return Answered{}, &node.Failure{Code: "REFUSED", Text: texts.refusals[0].Error(), Findings: texts.refusals}
	}
	return d.reply(ctx, v, a, command)
}

func (d *Desk) reply(ctx context.Context, v RequestView, a request.Reply, command node.Command) (Answered, error) {
	w, err := d.node.Write(ctx, v.pid, command, func(r *protocol.Replica, _ int64) (protocol.Draft, error) {
		if a.Verdict == request.Sent {
			var err error
			if a.Roots, err = d.newerThan(r, v); err != nil {
				return protocol.Draft{}, err
			}
			if len(a.Roots) == 0 {
				return protocol.Draft{}, node.Failf("NO_NEWER", "nothing newer is in force than what %s holds: share it first, or answer --nothing", v.By)
			}
		}
		body, err := block.New(a)
		return protocol.Draft{Kind: protocol.KindReply, Body: &body}, err
	})
	return Answered{ID: v.ID, Entry: w.Entry, To: v.By, Verdict: a.Verdict, Roots: append([]block.CID{}, a.Roots...)}, err
}

// newerThan are this company's versions in force that are newer than those a request names; where it names none, than the request.
func (d *Desk) newerThan(r *protocol.Replica, v RequestView) (roots []block.CID, err error) {
	newest, err := versionsOf(r, d.node.Company(), v.Asked.Kinds)
	if err != nil {
		return nil, err
	}
	for _, root := range newest {
		row, _, err := r.Version(root)
		if err != nil {
			return nil, err
		}
		if len(v.Asked.Newer) > 0 && !slices.Contains(v.Asked.Newer, root) || len(v.Asked.Newer) == 0 && row.T >= v.T {
			concerned, err := concernsAsked(r, v, row)
			if err != nil {
				return nil, err
			}
			if concerned {
				roots = append(roots, root)
			}
		}
	}
	return roots, nil
}
