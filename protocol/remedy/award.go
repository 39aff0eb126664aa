package remedy

import (
	"crypto/sha256"
	"encoding/hex"

	"kontor/protocol/block"
	"kontor/protocol/calendar"
	"kontor/protocol/quantity"
	"kontor/protocol/terms"
)

// Awarded is an entry that a dispute brings which was about no entry: what a settlement or a ruling gives over a clause, a measurement, lines, a finding
// or an agreement.
const Awarded Kind = "AWARDED"

// Award is what a dispute gives beside what is booked.
type Award struct {
	Dispute     string
	Window      Window         // of a measurement; else the contract and the day it ended
	Terms       *block.CID     // whose path it went
	Promised    terms.Party    // the side whose promise a measurement is of; "" of anything else, and of a price, which moves both ways
	Debtor      terms.Party    // who owes it
	Amount      quantity.Money // above nothing
	On          calendar.Date  // the day it ended, by the terms' calendar
	PaymentDays int64
}

// Book is the entry of an award, due at once and by no dispute again; false where nothing is left of it. Who promised gets no more back of a window than
// its entries beside come to: what another dispute or a correction took back already is not taken back twice.
func (a Award) Book(beside []Item) (Item, bool) {
	none := quantity.Money{Currency: a.Amount.Currency}
	i := Item{Kind: Awarded, Window: a.Window, Terms: a.Terms, Dispute: a.Dispute, Debtor: a.Debtor, Creditor: Other(a.Debtor), Amount: a.Amount, Computed: a.Amount, Status: Due,
		Fell: a.On, PayBy: a.On.Month().Add(1).First().AddDays(int(a.PaymentDays) - 1), DisputeBy: a.On.AddDays(-1)}
	sum := sha256.Sum256([]byte("kontor awarded v1\x00" + a.Dispute))
	i.ID = hex.EncodeToString(sum[:IDSize/2])
	if a.Promised != "" && a.Debtor != a.Promised {
		if left := max(windowNet(a.Window, beside, a.Promised), 0); left < i.Amount.Minor {
			i.Amount, i.Limited = none, ByWindow
			i.Amount.Minor = left
		}
	}
	return i, i.Amount.Minor > 0
}

// windowNet is what the entries of a window come to for the side that promised.
func windowNet(w Window, entries []Item, promised terms.Party) (sum int64) {
	for _, e := range entries {
		if e.Window == w && e.Status != Dropped {
			sum += e.Net(promised)
		}
	}
	return sum
}

// given is what awards gave back of an entry's window that its other entries do not cover: no decision about the entry takes it back once more.
func (i Item) given(beside []Item) int64 {
	awarded, others := int64(0), int64(0)
	for _, e := range beside {
		switch {
		case e.Window != i.Window || e.ID == i.ID || e.Status == Dropped:
		case e.Kind == Awarded && e.Debtor == i.Creditor:
			awarded += e.Amount.Minor
		case e.Kind != Awarded:
			others += e.Net(i.Debtor)
		}
	}
	if awarded == 0 || i.Kind == PriceMoved {
		return 0
	}
	return max(awarded-others, 0)
}
