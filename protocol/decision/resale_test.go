package decision

import "testing"

// A future resale price is never an issue (practice T19): a node does not let its people open, name, offer or accept one, in whatever language of the list
// it is called; prices between the parties are none of this.
func TestResalePriceIsRefused(t *testing.T) {
	issue := func(name, unit string) Issue {
		return Issue{ID: "p", Name: name, Kind: PriceIssue, Unit: unit, Low: number("1"), High: number("9")}
	}
	for _, c := range []struct {
		issue Issue
		named bool
	}{
		{issue("price", "EUR per 1000"), false},
		{issue("transfer price of the seller", "EUR"), false},
		{issue("surcharge for a retail pack", "EUR"), false},
		{issue("Resale price", "EUR"), true},
		{issue("resale-price in spring", "EUR"), true},
		{issue("minimum advertised prices", "EUR"), true},
		{issue("UVP", "EUR"), true},
		{issue("price", "EUR RRP"), true},
		{issue("Ladenpreis (brutto)", "EUR"), true},
	} {
		if got := len(ResaleIssues([]Issue{c.issue})) == 1; got != c.named {
			t.Errorf("%q in %q: a resale price is %t", c.issue.Name, c.issue.Unit, got)
		}
	}
	p := bottleneck()
	if found := p.MayPropose(); len(found) > 0 {
		t.Errorf("the running example: %v", found)
	}
	p.Issues = append(p.Issues, issue("shelf price in March", "EUR"))
	if found := p.MayPropose(); codes(found) != "PERSON-06" {
		t.Errorf("opened with one: %v", found)
	}

	s := negotiated(t)
	coo := Person{agency, []Role{COO}}
	offer := offerOf(1, "1", "10", "2027-03-20", "90000")
	offer.Trades = []TradeOff{{Gave: "a shelf price below 5 EUR", Got: "volume"}}
	if _, found := s.topic.Decide(Act{Verb: MakeOffer, Topic: &s.topic.ID, Offer: offer}, coo, s.at(agency)); codes(found) != "PERSON-06" {
		t.Errorf("as a side of a trade-off: %v", found)
	}
	// A partner whose program lets it through changes nothing here: the offer stands in the topic, and nobody of ours accepts it.
	s.does(maker, Act{Verb: MakeOffer, Offer: offer}, "")
	accept := Act{Verb: AcceptOffer, Topic: &s.topic.ID, Accept: &Acceptance{Round: 1, Offer: s.topic.Offers[0].Entry}}
	if _, found := s.topic.Decide(accept, coo, s.at(agency)); codes(found) != "PERSON-06" {
		t.Errorf("accepted: %v", found)
	}
	s.topic.Issues[0].Name = "retail price"
	s.topic.Offers[0].Trades = nil
	if _, found := s.topic.Decide(accept, coo, s.at(agency)); codes(found) != "PERSON-06" {
		t.Errorf("accepted with the issue on the table: %v", found)
	}
	s.topic.Status = InContext
	bad := issue("street price", "EUR")
	if _, found := s.topic.Decide(Act{Verb: AddIssue, Topic: &s.topic.ID, Issue: &bad}, coo, s.at(agency)); codes(found) != "PERSON-06" {
		t.Errorf("named: %v", found)
	}
}
