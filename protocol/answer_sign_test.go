package protocol_test

import (
	"testing"

	"kontor/protocol"
	"kontor/protocol/block"
	"kontor/protocol/feed"
	"kontor/protocol/identity"
	"kontor/testnet/virtual"
)

// TestAnswerSigned: an answer beyond the bands is signed for by a desk inside its mandate, or by an officer inside its limit (practice T4), once.
func TestAnswerSigned(t *testing.T) {
	s := scene(t, 2, false)
	agency, maker := s.Desk("agency"), s.Desk("maker")
	pid := maker.Contract.PID
	answer, forecast := block.Sum([]byte("answer")), block.Sum([]byte("forecast"))
	form := func(change func(*protocol.AnswerSign)) protocol.AnswerSign {
		a := protocol.AnswerSign{PID: pid, Answer: answer, Forecast: forecast, Products: []string{virtual.Product}, Value: identity.Amount{Minor: 100_00, Currency: "EUR"}}
		change(&a)
		return a
	}
	same := func(*protocol.AnswerSign) {}
	byDesk := func(d *virtual.Desk, change func(*protocol.AnswerSign)) protocol.Draft {
		return must[protocol.Draft](t)(virtual.SignedBody(protocol.KindAnswerSign, protocol.AnswerSignature, d.Company.Desk, form(change)))
	}
	byOfficer := func(d *virtual.Desk, officer string, change func(*protocol.AnswerSign)) protocol.Draft {
		return must[protocol.Draft](t)(virtual.SignedBody(protocol.KindAnswerSign, protocol.AnswerSignature, d.Officer(officer), form(change)))
	}
	refuse := func(name string, d *virtual.Desk, draft protocol.Draft, code string) {
		t.Helper()
		t.Log(name)
		refusedAtHome(t, d, draft)
		everywhere(t, s, must[feed.Entry](t)(d.Force(draft, nil)), code)
	}
	write := func(d *virtual.Desk, draft protocol.Draft) {
		t.Helper()
		everywhere(t, s, must[feed.Entry](t)(d.Write(draft)), "")
	}
	refuse("no mandate yet", maker, byDesk(maker, same), "MANDATE-01")
	var r protocol.Replica
	r.Contract = maker.Contract
	m := virtual.MandateOf(&r, maker.Company, s.Now)
	grant := func(kinds ...string) protocol.Draft {
		m.Kinds = kinds
		return must[protocol.Draft](t)(virtual.SignedBody(protocol.KindMandateGrant, protocol.MandateSignature, maker.Officer("CFO"), m))
	}
	write(maker, grant(protocol.KindExceptionClose, protocol.KindAnswerSign))
	refuse("above the mandate", maker, byDesk(maker, func(a *protocol.AnswerSign) { a.Value.Minor++ }), "MANDATE-03")
	refuse("a product outside it", maker, byDesk(maker, func(a *protocol.AnswerSign) { a.Products = append(a.Products, "OTHER") }), "MANDATE-02")
	refuse("another partnership", maker, byDesk(maker, func(a *protocol.AnswerSign) { a.PID = answer }), "BODY-01")
	refuse("the partner's officer", maker, byOfficer(agency, "CFO", same), "MANDATE-01")
	refuse("above the officer's limit", maker, byOfficer(maker, "CFO", func(a *protocol.AnswerSign) { a.Value.Minor = virtual.Limit + 1 }), "KEY-03")
	write(maker, byDesk(maker, same))
	refuse("signed already", maker, byDesk(maker, same), "ANSWER-30")
	other := block.Sum([]byte("another answer"))
	write(maker, byOfficer(maker, "CFO", func(a *protocol.AnswerSign) { a.Answer = other; a.Value.Minor = virtual.Limit }))
	write(agency, byOfficer(agency, "CFO", same)) // of a name alone: it is no word of the maker's
	for _, d := range []*virtual.Desk{agency, maker} {
		if err := d.View(func(r *protocol.Replica) error {
			row, found, err := r.AnswerSigned(answer, forecast, maker.Company.ID)
			if err != nil || !found || !row.Desk || row.Holder != m.Holder || row.Value.Minor != 100_00 {
				t.Errorf("%s: %+v, %v, %v", d.Name, row, found, err)
			}
			if row, found, err = r.AnswerSigned(other, forecast, maker.Company.ID); err != nil || !found || row.Desk || row.Holder != "CFO" {
				t.Errorf("%s: %+v, %v, %v", d.Name, row, found, err)
			}
			if _, found, err = r.AnswerSigned(answer, other, maker.Company.ID); err != nil || found {
				t.Errorf("%s: a signature for another forecast counts: %v", d.Name, err)
			}
			return nil
		}); err != nil {
			t.Fatal(err)
		}
	}
}
