package protocol_test

import (
	"testing"

	"kontor/protocol"
	"kontor/protocol/block"
	"kontor/protocol/calendar"
	"kontor/protocol/decision"
	"kontor/protocol/feed"
	"kontor/protocol/terms"
	"kontor/testnet/virtual"
)

// Either side may put terms on the table; what breaks a rule, or lies outside the scope, is stored as refused by all.
func TestTermsInTheFold(t *testing.T) {
	s := scene(t, 2, false)
	for _, d := range s.Parties() {
		first := share(t, d, virtual.Terms(d.Name, 0, nil, s.Now, 0))
		everywhere(t, s, first, "")
		parent := first.Header.Body
		other := virtual.Terms(d.Name, 1, parent, s.Now, 13)
		other.Contract = "ANOTHER"
		everywhere(t, s, share(t, d, other), terms.CodeRevision)
		foreign := virtual.Terms(d.Name+" foreign", 0, nil, s.Now, 0)
		foreign.Prices[0].Items[0] = "OTHER"
		everywhere(t, s, share(t, d, foreign), terms.CodeScope)
		dear := virtual.Terms(d.Name+" dear", 0, nil, s.Now, 0)
		dear.Prices[0].Base.Currency = "USD"
		everywhere(t, s, share(t, d, dear), terms.CodeMoney)
		everywhere(t, s, share(t, d, virtual.Terms(d.Name, 1, parent, s.Now, 13)), "")
		if list := inForce(t, d, "2027-03-01"); len(list) != 0 {
			t.Fatalf("%s: terms that nobody signed are in force: %+v", d.Name, list)
		}
	}
}

func inForce(t *testing.T, d *virtual.Desk, on string) (list []terms.Agreed) {
	t.Helper()
	if err := d.View(func(r *protocol.Replica) (err error) {
		list, err = r.TermsInForce(calendar.MustDate(on))
		return err
	}); err != nil {
		t.Fatal(err)
	}
	return list
}

// agree takes a topic about terms to its document and returns that entry.
func agree(t *testing.T, s *virtual.Scene, root block.CID, party block.CID, from, expires string) feed.Entry {
	t.Helper()
	d := s.Parties()[0]
	topic := must[block.CID](t)(s.Negotiate(s.Now+60*virtual.Day, root))
	var draft protocol.Draft
	if err := d.View(func(r *protocol.Replica) error {
		found, _, err := r.Topic(topic)
		if err != nil {
			return err
		}
		doc, err := virtual.Agreement(r, s.Cast, found, s.Now+3*virtual.Day, 0, root)
		if err != nil {
			return err
		}
		doc.Effects = []decision.Effect{{Kind: decision.TermsInForce, Party: party, Cell: doc.Effects[0].Cell, Artifact: &root}}
		doc.From, doc.Expires = calendar.MustDate(from), calendar.MustDate(expires)
		draft, err = virtual.Body(protocol.KindDraft, doc.Sorted())
		return err
	}); err != nil {
		t.Fatal(err)
	}
	e := must[feed.Entry](t)(d.Force(draft, nil))
	meet(t, s)
	return e
}

func signAll(t *testing.T, s *virtual.Scene, document block.CID) {
	t.Helper()
	for _, d := range s.Parties() {
		for _, officer := range []string{"COO", "CFO"} {
			must[feed.Entry](t)(d.Write(must[protocol.Draft](t)(d.Signature(document, officer, nil))))
			meet(t, s)
		}
	}
	meet(t, s)
}

// Terms come into force by an agreement that officers of both sides signed and that names them: from its first day to before its last, on both
// nodes alike. A later agreement on the same contract takes their place; when it has expired the earlier ones apply again.
func TestTermsComeIntoForceBySignature(t *testing.T) {
	s := scene(t, 2, false)
	maker := s.Parties()[1]
	first := share(t, maker, virtual.Terms("frame", 0, nil, s.Now, 0))
	meet(t, s)
	root := *first.Header.Body
	document := agree(t, s, root, maker.ID, "2027-01-01", "2028-01-01")
	everywhere(t, s, document, "")
	if list := inForce(t, maker, "2027-03-01"); len(list) != 0 {
		t.Fatalf("in force before they are signed: %+v", list)
	}
	signAll(t, s, *document.Header.Body)

	s.Now += virtual.Day
	second := share(t, maker, virtual.Terms("frame", 1, &root, s.Now, 14))
	meet(t, s)
	for _, d := range s.Desks { // a revision proposes; what was signed stands
		if list := inForce(t, d, "2027-03-01"); len(list) != 1 || list[0].Root != root || list[0].Author != maker.ID || list[0].Document.Contract != "FRAME-2027" {
			t.Fatalf("%s: %+v", d.Name, list)
		}
	}
	later := agree(t, s, *second.Header.Body, maker.ID, "2027-04-01", "2027-07-01")
	everywhere(t, s, later, "")
	signAll(t, s, *later.Header.Body)
	for _, d := range s.Desks {
		for on, want := range map[string]*block.CID{"2026-12-31": nil, "2027-01-01": &root, "2027-03-31": &root, "2027-04-01": second.Header.Body, "2027-06-30": second.Header.Body, "2027-07-01": &root, "2027-12-31": &root, "2028-01-01": nil} {
			list := inForce(t, d, on)
			if (want == nil) != (len(list) == 0) || want != nil && list[0].Root != *want {
				t.Errorf("%s on %s: %+v, want %v", d.Name, on, list, want)
			}
		}
	}
	sameRows(t, s.Desks...)
}

// A document may put in force only what the party it names has newest on the table.
func TestAgreementsNameTermsOnTheTable(t *testing.T) {
	for what, c := range map[string]struct {
		artifact func(*testing.T, *virtual.Scene) feed.Entry
		by       int
		code     string
	}{
		"its own": {func(t *testing.T, s *virtual.Scene) feed.Entry {
			return share(t, s.Parties()[0], virtual.Terms("frame", 0, nil, s.Now, 0))
		}, 0, ""},
		"another party's": {func(t *testing.T, s *virtual.Scene) feed.Entry {
			return share(t, s.Parties()[0], virtual.Terms("frame", 0, nil, s.Now, 0))
		}, 1, "AGREEMENT-37"},
		"no terms": {func(t *testing.T, s *virtual.Scene) feed.Entry {
			return share(t, s.Parties()[0], virtual.Forecast("demand", 0, nil, s.Now, 100, 100, 100))
		}, 0, "AGREEMENT-37"},
	} {
		s := scene(t, 2, false)
		e := c.artifact(t, s)
		meet(t, s)
		t.Log(what)
		everywhere(t, s, agree(t, s, *e.Header.Body, s.Parties()[c.by].ID, "2027-01-01", "2028-01-01"), c.code)
	}
}

// Terms whose author revises them while they are signed are not signed behind its back: a material revision sends the topic back, a title does not.
func TestRevisedTermsSendTheirTopicBack(t *testing.T) {
	for what, c := range map[string]struct {
		change func(*terms.Document)
		status decision.Status
	}{
		"a title": {func(d *terms.Document) { d.Title = "supply" }, decision.Signing},
		"a price": {func(d *terms.Document) { d.Prices[0].Base.Amount = d.Prices[0].Base.Per }, decision.InContext},
	} {
		s := scene(t, 2, false)
		d := s.Parties()[0]
		first := share(t, d, virtual.Terms("frame", 0, nil, s.Now, 0))
		meet(t, s)
		topic := must[block.CID](t)(s.Negotiate(s.Now+60*virtual.Day, *first.Header.Body))
		revised := virtual.Terms("frame", 1, first.Header.Body, s.Now, 0)
		c.change(&revised)
		everywhere(t, s, share(t, d, revised), "")
		if err := d.View(func(r *protocol.Replica) error {
			found, _, err := r.Topic(topic)
			if found.Status != c.status {
				t.Errorf("%s: the topic is in %s, want %s", what, found.Status, c.status)
			}
			return err
		}); err != nil {
			t.Fatal(err)
		}
	}
}
