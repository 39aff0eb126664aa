package doc

import (
	"fmt"
	"testing"

	"kontor/protocol"
	"kontor/protocol/block"
	"kontor/protocol/calendar"
	"kontor/protocol/dispute"
	"kontor/protocol/quantity"
	"kontor/protocol/terms"
	"kontor/testnet/virtual"
)

// A dispute over a credit from its opening to the settlement: what the page begins with.
func TestDisputes(t *testing.T) {
	encode := func(v any) []byte {
		data, err := block.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		return data
	}
	cast, err := virtual.NewCast(2)
	if err != nil {
		t.Fatal(err)
	}
	buyer, seller := cast[0], cast[1]
	clock := dispute.Clock{Days: calendar.NewWorkdays(nil)}
	levels := []terms.DisputeLevel{{Level: dispute.Desk, Days: 5, Default: terms.NextLevel, EndsUpTo: &quantity.Money{Minor: 5_000, Currency: "EUR"}, Ends: terms.Halved}, {Level: dispute.COO, Days: 10, Default: terms.Stands}}
	mark := func(c *virtual.Company, seq int64, day string) dispute.Mark {
		return dispute.Mark{By: c.ID, Entry: block.Sum(fmt.Appendf(nil, "%s %d", c.Name, seq)), Seq: seq, T: calendar.MustDate(day).Millis()}
	}
	opening := dispute.Act{Verb: dispute.OpenDispute, Subject: &dispute.Subject{Kind: dispute.Credit, Contract: "FRAME-2027", Item: "4fa95319060311d8"}, Text: "The dock was closed on 12 March."}
	parties := []dispute.Party{{Company: buyer.ID, Side: terms.Buyer}, {Company: seller.ID, Side: terms.Seller}}
	if buyer.ID.Compare(seller.ID) > 0 {
		parties[0], parties[1] = parties[1], parties[0]
	}
	root := block.Sum([]byte("terms"))
	d := dispute.Open(dispute.Opening{Subject: *opening.Subject, Terms: &root, Levels: levels, Clock: clock, Side: terms.Seller, Worth: &quantity.Money{Minor: 49_380, Currency: "EUR"}, Debtor: terms.Seller,
		Rounding: terms.HalfUp, Parties: parties, At: mark(seller, 40, "2027-04-19")})
	pid := block.Sum([]byte("partnership"))
	sign := func(c *virtual.Company, i dispute.Instrument, at dispute.Mark) dispute.Act {
		i.Partnership, i.Dispute, i.Level, i.Company, i.Role = pid, d.ID, dispute.Desk, c.ID, "COO"
		s, err := protocol.SignDocument(c.Officer("COO"), dispute.SignatureKind, i)
		if err != nil {
			t.Fatal(err)
		}
		a := dispute.Act{Verb: i.Verb, Dispute: d.ID, Signed: &dispute.Sealed{Document: s.Document, Key: s.Key, Sig: s.Sig}}
		var code string
		if d, code = d.Do(a, dispute.Doer{Mark: at, Instrument: &i, Signer: dispute.Signer{Role: "COO"}}); code != "" {
			t.Fatal(code)
		}
		return a
	}
	offer := mark(buyer, 51, "2027-04-20")
	sign(buyer, dispute.Instrument{Verb: dispute.Propose, Outcome: terms.Halved, Text: "half, as in November"}, offer)
	accept := dispute.Instrument{Verb: dispute.Accept, Outcome: terms.Halved, Proposal: &offer.Entry}
	act := sign(seller, accept, mark(seller, 44, "2027-04-21"))
	d, _ = d.Observe(dispute.Event{Mark: mark(buyer, 53, "2027-04-21"), Saw: func(block.CID, int64) bool { return true }}, clock)
	if d.End == nil || d.End.Cause != dispute.Settled {
		t.Fatalf("%+v", d)
	}
	example := bytesAndView(t, "The seller disputes a credit of 493.80 EUR, body of an entry of kind `dispute`", encode(opening)) +
		fmt.Sprintf("\nThe buyer's COO proposes half; the seller's COO accepts. What is signed:\n\n%s\nand the entry's body that carries it:\n\n%s\n", fence(view(t, act.Signed.Document)), fence(view(t, encode(act)))) +
		fmt.Sprintf("The buyer's next entry knows it, and the dispute is over. Its row on both nodes:\n\n%s", fence(view(t, encode(d))))
	page(t, "disputes.md", map[string]string{"example": example})
}
