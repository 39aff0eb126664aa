package desk

import (
	"context"
	"slices"

	"kontor/node"
	"kontor/protocol"
	"kontor/protocol/block"
	"kontor/protocol/calendar"
	"kontor/protocol/remedy"
	"kontor/protocol/terms"
)

// LapseSLA records that the partner has written nothing for seven days after a window's deadline: the window goes on without it.
func (d *Desk) LapseSLA(ctx context.Context, q SLAQuery, sees func(string) bool, command node.Command) (out SLAReconciled, err error) {
	out.Cells = []ReconciledCell{}
	list, err := d.SLAs(q, sees)
	if err != nil {
		return out, err
	}
	list = slices.DeleteFunc(list, func(v SLAStatus) bool { return v.State != protocol.SLAWaiting && v.State != protocol.SLAEvaluated })
	if len(list) != 1 {
		return out, node.Failf("WHICH_WINDOW", "%d windows of SLAs are open; say which with --sla and --window: kontor sla status", len(list))
	}
	out.SLAStatus = list[0]
	p, err := d.Partner(q.With, "")
	if err != nil {
		return out, err
	}
	w, err := d.node.Write(ctx, p.PID, command, func(*protocol.Replica, int64) (protocol.Draft, error) {
		body, err := block.New(remedy.Act{Verb: remedy.Lapse, Window: &out.Window})
		return protocol.Draft{Kind: protocol.KindRemedy, Body: &body}, err
	})
	out.Entry = &w.Entry
	return out, err
}

// StatedIndex is what both sides stated of an index in a month.
type StatedIndex struct {
	With   string          `json:"with"`
	Index  string          `json:"index"`
	Month  string          `json:"month"`
	Buyer  []StatedValue   `json:"buyer"` // oldest first
	Seller []StatedValue   `json:"seller"`
	Prices []IndexedClause `json:"prices"` // in force today that it moves
}

// StatedValue is one statement.
type StatedValue struct {
	remedy.Point
	At int64 `json:"at"` // ms UTC
}

// IndexedClause is a price that an index moves.
type IndexedClause struct {
	Contract string `json:"contract"`
	Clause   string `json:"clause"`
}

// StatedIndexes lists what both sides stated of indexes.
func (d *Desk) StatedIndexes(with string, sees func(product string) bool) ([]StatedIndex, error) {
	return across(d, with, func(p *node.Partnership, r *protocol.Replica) (out []StatedIndex, err error) {
		rows, err := r.Indexes()
		if err != nil {
			return nil, err
		}
		for _, row := range rows {
			point := row.Stated[0]
			month := point.Month.Month().String()
			at := slices.IndexFunc(out, func(x StatedIndex) bool { return x.Index == point.Index && x.Month == month })
			if at < 0 {
				at = len(out)
				x := StatedIndex{With: d.PartnerName(p), Index: point.Index, Month: month, Buyer: []StatedValue{}, Seller: []StatedValue{}, Prices: []IndexedClause{}}
				if x.Prices, err = d.indexed(r, point.Index, sees); err != nil {
					return nil, err
				}
				out = append(out, x)
			}
			into := &out[at].Buyer
			if partyOf(p, row.Company) == terms.Seller {
				into = &out[at].Seller
			}
			for _, s := range row.Stated {
				*into = append(*into, StatedValue{s.Point, s.T})
			}
		}
		return out, nil
	})
}

// indexed are the prices in force today that an index moves, as far as they may be seen.
func (d *Desk) indexed(r *protocol.Replica, index string, sees func(string) bool) ([]IndexedClause, error) {
	out := []IndexedClause{}
	agreed, err := r.TermsInForce(calendar.DateOf(d.node.Now()))
	for _, a := range agreed {
		for _, c := range seenClauses(a.Document, sees).Prices {
			if c.Index != nil && c.Index.ID == index {
				out = append(out, IndexedClause{a.Document.Contract, c.ID})
			}
		}
	}
	return out, err
}

// StateIndex tells a partner what an index was published at.
func (d *Desk) StateIndex(ctx context.Context, with string, point remedy.Point, command node.Command) (block.CID, error) {
	p, err := d.Partner(with, "")
	if err != nil {
		return block.CID{}, err
	}
	texts := d.texts(p)
	if point.Source = texts.mask("source", point.Source); len(texts.refusals) > 0 {
		return block.CID{}, &node.Failure{Code: "REFUSED", Text: texts.refusals[0].Error(), Findings: texts.refusals}
	}
	if !point.Check() {
		return block.CID{}, node.Failf("REFUSED", "the value is malformed: it names an index, the first day of a month, a figure above nothing and where it is published")
	}
	w, err := d.node.Write(ctx, p.PID, command, func(*protocol.Replica, int64) (protocol.Draft, error) {
		body, err := block.New(remedy.Act{Verb: remedy.State, Point: &point})
		return protocol.Draft{Kind: protocol.KindRemedy, Body: &body}, err
	})
	return w.Entry, err
}
