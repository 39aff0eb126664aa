package remedy

import (
	"cmp"
	"slices"

	"kontor/protocol/calendar"
	"kontor/protocol/quantity"
	"kontor/protocol/terms"
)

// Month is what the entries that fell due in one month of one contract come to (practice T20).
type Month struct {
	Contract string         `json:"contract"`
	Month    calendar.Date  `json:"month"` // its first day
	Debtor   terms.Party    `json:"debtor,omitempty"`
	Creditor terms.Party    `json:"creditor,omitempty"`
	Net      quantity.Money `json:"net"`                  // of what is due, acknowledged or settled
	Open     quantity.Money `json:"open"`                 // of that, not settled
	Owner    terms.Party    `json:"openDebtor,omitempty"` // who owes what is open
	Held     quantity.Money `json:"held"`                 // held, disputed or not asked for, both ways
	PayBy    calendar.Date  `json:"payBy"`
	Items    []string       `json:"items"`
}

// Net sums entries by contract and the month they fell due in, in order.
func Net(items []Item) (out []Month) {
	type sums struct{ net, open, held int64 }
	totals := map[int]*sums{}
	for _, i := range items {
		if i.Status == Dropped {
			continue
		}
		month := i.Fell.Month().First()
		at := slices.IndexFunc(out, func(m Month) bool { return m.Contract == i.Contract && m.Month == month })
		if at < 0 {
			at = len(out)
			none := quantity.Money{Currency: i.Amount.Currency}
			out = append(out, Month{Contract: i.Contract, Month: month, Net: none, Open: none, Held: none, PayBy: i.PayBy, Items: []string{}})
			totals[at] = &sums{}
		}
		m, t := &out[at], totals[at]
		m.Items = append(m.Items, i.ID)
		switch i.Status {
		case Held, Disputed, Claimable:
			t.held += i.Amount.Minor
		default:
			t.net += i.Net(terms.Seller)
			if i.Status != Settled {
				t.open += i.Net(terms.Seller)
			}
		}
	}
	for i, t := range totals {
		m := &out[i]
		if t.net != 0 {
			m.Debtor = owing(t.net)
			m.Creditor = Other(m.Debtor)
		}
		if t.open != 0 {
			m.Owner = owing(t.open)
		}
		m.Net.Minor, m.Open.Minor, m.Held.Minor = magnitude(t.net), magnitude(t.open), t.held
	}
	slices.SortFunc(out, func(a, b Month) int {
		return cmp.Or(cmp.Compare(a.Contract, b.Contract), cmp.Compare(a.Month, b.Month))
	})
	return out
}

// owing is who owes a sum that is the seller's where it is positive.
func owing(sum int64) terms.Party {
	if sum > 0 {
		return terms.Seller
	}
	return terms.Buyer
}

func magnitude(n int64) int64 { return max(n, -n) }
