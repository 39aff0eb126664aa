package desk

import (
	"errors"
	"fmt"
	"slices"

	"kontor/node"
	"kontor/protocol"
	"kontor/protocol/block"
	"kontor/protocol/calendar"
	"kontor/protocol/quantity"
	"kontor/protocol/terms"
)

// States of terms, as of a day.
const (
	TermsProposed = "PROPOSED" // shared, and named by no agreement that stands
	TermsUpcoming = "UPCOMING" // signed, their first day lies ahead
	TermsInForce  = "IN_FORCE"
	TermsReplaced = "REPLACED" // signed, and a later agreement on the contract stands
	TermsEnded    = "ENDED"    // their own period is over
)

// HeldTerms are terms as this node holds them.
type HeldTerms struct {
	CID       block.CID      `json:"cid"`
	With      string         `json:"with"`
	Author    string         `json:"author"`
	Own       bool           `json:"own"`
	Revision  int64          `json:"revision"`
	State     string         `json:"state"`
	Agreement *block.CID     `json:"agreement,omitempty"` // that put them in force
	From      calendar.Date  `json:"from,omitzero"`       // the agreement's first day
	Expires   calendar.Date  `json:"expires,omitzero"`    // its first day without
	Document  terms.Document `json:"document"`
}

// Terms lists the newest proposal of each contract and what is signed, by partnership, contract and first day, as of a day; empty is today.
func (d *Desk) Terms(with, day string, sees func(product string) bool) ([]HeldTerms, error) {
	on, err := d.dayOrToday(day)
	if err != nil {
		return nil, err
	}
	return across(d, with, func(p *node.Partnership, r *protocol.Replica) ([]HeldTerms, error) {
		if p.Removed {
			return nil, nil
		}
		list, err := d.heldTerms(p, r, on)
		for i := range list {
			list[i].Document = seenClauses(list[i].Document, sees)
		}
		return list, err
	})
}

func (d *Desk) heldTerms(p *node.Partnership, r *protocol.Replica, on calendar.Date) (out []HeldTerms, err error) {
	agreed, err := r.AgreedTerms(on)
	if err != nil {
		return nil, err
	}
	inForce := terms.InForce(agreed, on)
	signed := map[block.CID]bool{}
	for _, a := range agreed {
		h := HeldTerms{CID: a.Root, With: d.PartnerName(p), Author: d.node.CompanyName(a.Author), Own: a.Author == d.node.Company(), Revision: a.Document.Header.Revision, Document: a.Document,
			Agreement: &a.Agreement, From: a.From, Expires: a.Expires, State: TermsReplaced}
		switch {
		case slices.ContainsFunc(inForce, func(x terms.Agreed) bool { return x.Agreement == a.Agreement && x.Root == a.Root }):
			h.State = TermsInForce
		case on < max(a.From, a.Document.Period.Start):
			h.State = TermsUpcoming
		}
		signed[a.Root] = true
		out = append(out, h)
	}
	rows, err := r.InForce(terms.Type, block.CID{})
	if err != nil {
		return nil, err
	}
	for _, row := range rows {
		if signed[row.Root] {
			continue
		}
		doc, err := r.Terms(row.Root)
		if err != nil {
			return nil, err
		}
		state := TermsProposed
		if doc.Period.End <= on {
			state = TermsEnded
		}
		out = append(out, HeldTerms{CID: row.Root, With: d.PartnerName(p), Author: d.node.CompanyName(row.Author), Own: row.Author == d.node.Company(), Revision: row.Revision, State: state, Document: doc})
	}
	slices.SortStableFunc(out, func(a, b HeldTerms) int {
		switch {
		case a.Document.Contract != b.Document.Contract:
			if a.Document.Contract < b.Document.Contract {
				return -1
			}
			return 1
		case a.State == TermsProposed || b.State == TermsProposed:
			return 0
		}
		return int(a.From) - int(b.From)
	})
	return out, nil
}

// applicable are the terms in force on a day in one partnership, of one contract where it is named.
func (d *Desk) applicable(p *node.Partnership, contract string, on calendar.Date) (out []terms.Agreed, err error) {
	err = d.node.View(p.PID, func(r *protocol.Replica) error {
		all, err := r.TermsInForce(on)
		out = slices.DeleteFunc(all, func(a terms.Agreed) bool { return contract != "" && a.Document.Contract != contract })
		return err
	})
	if err == nil && len(out) == 0 {
		err = d.NoTerms(p, contract, on)
	}
	return out, err
}

// NoTerms is the failure of what needs terms in force on a day where none are; terms that are signed and begin later are named with their day.
func (d *Desk) NoTerms(p *node.Partnership, contract string, on calendar.Date) error {
	var agreed []terms.Agreed
	err := d.node.View(p.PID, func(r *protocol.Replica) (err error) { agreed, err = r.AgreedTerms(on); return err })
	if err != nil {
		return err
	}
	return node.Failf("NO_TERMS", "no terms%s are in force with %s on %s%s; kontor terms list shows what is proposed and signed", ofContract(contract), d.PartnerName(p), on, signedFor(agreed, contract, on))
}

// signedFor names the first of the terms that begin after a day; "" where none do.
func signedFor(agreed []terms.Agreed, contract string, on calendar.Date) string {
	text, first := "", calendar.Date(0)
	for _, a := range agreed {
		begin := max(a.From, a.Document.Period.Start)
		named := contract == "" || a.Document.Contract == contract
		if named && begin > on && begin < min(a.Expires, a.Document.Period.End) && (text == "" || begin < first) {
			first, text = begin, fmt.Sprintf("; those of %s are signed and begin on %s", a.Document.Contract, begin)
		}
	}
	return text
}

// PriceQuery asks what a quantity costs.
type PriceQuery struct {
	TermsQuery
	Product  string `json:"product"`
	Quantity string `json:"quantity"`
	Unit     string `json:"unit,omitempty"`
	Day      string `json:"day,omitempty" doc:"YYYY-MM-DD; empty: today"`
	Draft    bool   `json:"draft,omitempty" doc:"by the draft, not by what is in force"`
}

// PriceView is a price with the terms it is by.
type PriceView struct {
	With     string     `json:"with,omitempty"`
	Contract string     `json:"contract"`
	CID      *block.CID `json:"cid,omitempty"` // of the terms; absent for a draft
	terms.Bill
}

// PriceOf prices a quantity by the terms in force on a day.
func (d *Desk) PriceOf(in PriceQuery) (out PriceView, err error) {
	ask := terms.Ask{Product: in.Product}
	if ask.Quantity, err = quantity.Parse(in.Quantity); err != nil {
		return out, node.Failf("BAD_QUANTITY", "%v", err)
	}
	if in.Unit != "" {
		if ask.Unit, err = quantity.ParseUnit(in.Unit); err != nil {
			return out, node.Failf("BAD_UNIT", "%v", err)
		}
	}
	if ask.Day, err = d.dayOrToday(in.Day); err != nil {
		return out, err
	}
	published, err := d.published()
	if err != nil {
		return out, err
	}
	if in.Draft {
		doc, err := d.termsDraft(in.Contract)
		if err != nil {
			return out, err
		}
		bill, err := doc.Amount([]terms.Ask{ask}, published)
		return PriceView{Contract: doc.Contract, Bill: bill}, priceFailure(err)
	}
	p, err := d.Partner(in.With, "")
	if err != nil {
		return out, err
	}
	list, err := d.applicable(p, in.Contract, ask.Day)
	if err != nil {
		return out, err
	}
	list = slices.DeleteFunc(list, func(a terms.Agreed) bool { _, ok := a.Document.PriceOf(ask.Product, ask.Day); return !ok })
	if len(list) != 1 {
		return out, node.Failf("NO_PRICE", "%s in force with %s on %s name a price of %q; want one: say which with --contract, or see kontor terms show", node.Count(len(list), "contract"), d.PartnerName(p), ask.Day, ask.Product)
	}
	bill, err := list[0].Document.Amount([]terms.Ask{ask}, published)
	return PriceView{With: d.PartnerName(p), Contract: list[0].Document.Contract, CID: &list[0].Root, Bill: bill}, priceFailure(err)
}

func priceFailure(err error) error {
	if errors.Is(err, terms.ErrNoValue) {
		return node.Failf("NO_INDEX_VALUE", "%v; where it was published, say it with: kontor terms index NAME MONTH=VALUE", err)
	}
	if err != nil {
		return node.Failf("NO_PRICE", "%v", err)
	}
	return nil
}

func (d *Desk) dayOrToday(text string) (calendar.Date, error) {
	day, err := dayOf("the day", text)
	if day == 0 {
		day = calendar.DateOf(d.node.Now())
	}
	return day, err
}
