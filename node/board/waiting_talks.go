package board

import (
	"slices"
	"strings"

	"kontor/node"
	"kontor/node/api/wire"
	"kontor/node/desk"
	"kontor/protocol"
	"kontor/protocol/block"
	"kontor/protocol/decision"
	"kontor/protocol/dispute"
	"kontor/protocol/quantity"
)

// topicsWait are the topics whose next step is this company's: to score, to offer, to answer, to sign.
func (b *Board) topicsWait(by By, p *node.Partnership) (out []wire.Waiting, err error) {
	topics, err := b.topics(p)
	if err != nil {
		return nil, err
	}
	company := b.node.Company()
	worth, err := b.worthOf(p, topics)
	if err != nil {
		return nil, err
	}
	for _, t := range topics {
		if !t.Status.Active() || !seesScope(by.Scope, t.Scope) {
			continue
		}
		if mine, err := b.waitsForMe(by, found{p, t}); err != nil || !mine {
			if err != nil {
				return nil, err
			}
			continue
		}
		var roles []string
		for _, r := range required(t, company) {
			roles = append(roles, string(r))
		}
		w := wire.Waiting{What: "topic", ID: t.ID.String(), Partner: b.desk.PartnerName(p), Role: strings.Join(roles, ", "), Text: t.Title, Value: worth[t.ID], Until: t.Deadline, Else: t.Default(),
			Next: "kontor topic show " + t.ID.Short()}
		if ends := t.Deadlines(); len(ends) > 0 {
			w.Else = ends[0].Then // while a round is being signed its own end comes first
		}
		for _, x := range t.Waiting() {
			if x.Company == company {
				w.Text += ": " + x.Todo
				if x.By != 0 {
					w.Until = x.By
				}
			}
		}
		if t.Status == decision.Signing && t.Document != nil {
			if w.Role, err = b.unsigned(found{p, t}); err != nil {
				return nil, err
			}
			w.Next = "kontor agreement sign " + t.Document.Short() + " --key-file FILE"
		}
		out = append(out, w)
	}
	return out, nil
}

// worthOf says what active topics are worth: what a signer of the document on the table commits to, else the value at risk of the exception it is about.
func (b *Board) worthOf(p *node.Partnership, topics []decision.Topic) (map[block.CID]*quantity.Money, error) {
	out := map[block.CID]*quantity.Money{}
	if !slices.ContainsFunc(topics, func(t decision.Topic) bool { return t.Status.Active() && (t.Document != nil || t.Exception != nil) }) {
		return out, nil
	}
	list, err := b.desk.Exceptions(p.PID.String(), false)
	if err != nil {
		return nil, err
	}
	risk := map[block.CID]quantity.Money{}
	for _, e := range list {
		risk[desk.ExceptionCID(e.ID)] = e.Value
	}
	return out, b.node.View(p.PID, func(r *protocol.Replica) error {
		for _, t := range topics {
			if t.Status.Active() && t.Document != nil {
				doc, err := r.Agreement(*t.Document)
				if err != nil {
					return err
				}
				if doc.Amount != nil {
					out[t.ID] = doc.Amount
					continue
				}
			}
			if t.Exception != nil {
				if v := risk[*t.Exception]; v != (quantity.Money{}) {
					out[t.ID] = &v
				}
			}
		}
		return nil
	})
}

// disputesWait are the disputes in which somebody of this company may speak, by whose level it is.
func (b *Board) disputesWait(by By, p *node.Partnership) (out []wire.Waiting, err error) {
	list, err := b.desk.Disputes(desk.DisputeQuery{With: p.PID.String()}, by.Scope.Product)
	if err != nil {
		return nil, err
	}
	for _, v := range list {
		w := wire.Waiting{What: "dispute", ID: v.ID, Partner: v.With, Role: v.Step().Level, Text: "dispute over " + v.About, Value: v.Worth, Until: v.Step().Deadline, Else: v.Else(), Next: "kontor dispute show " + v.ID[:8]}
		switch {
		case v.Own == "arbiter":
			if v.Step().Level != dispute.Arbiter {
				continue
			}
			w.Role, w.Next = "CEO, COO", "kontor dispute rule "+v.ID[:8]+" --outcome WORD --key-file FILE"
		case w.Role == dispute.Desk:
			w.Role = "ACCOUNT"
		case w.Role == dispute.Arbiter:
			w.Role = "CEO"
		}
		for _, s := range v.Sides {
			if !s.Own && s.Offered != "" && v.Own != "arbiter" {
				w.Text += ": " + s.Name + " offers " + s.Offered
				w.Next = "kontor dispute settle " + v.ID[:8] + " --key-file FILE"
			}
		}
		out = append(out, w)
	}
	return out, nil
}
