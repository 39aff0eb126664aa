package protocol_test

import (
	"testing"

	"kontor/protocol"
	"kontor/protocol/artifact"
	"kontor/protocol/block"
	"kontor/protocol/calendar"
	"kontor/protocol/feed"
	"kontor/protocol/forecast"
	"kontor/protocol/request"
	"kontor/testnet/virtual"
)

func asked(t *testing.T, d *virtual.Desk, entry block.CID) (row protocol.RequestRow) {
	t.Helper()
	if err := d.View(func(r *protocol.Replica) error {
		all, err := r.Requests()
		for _, q := range all {
			if q.Entry == entry {
				row = q.RequestRow
			}
		}
		return err
	}); err != nil {
		t.Fatal(err)
	}
	return row
}

// A member asks, the member asked answers, once and truthfully; both hold the same.
func TestRequestForUpdate(t *testing.T) {
	s := scene(t, 2, false)
	agency, maker := s.Desk("agency"), s.Desk("maker")
	first := share(t, agency, virtual.Forecast("x", 0, nil, s.Now, 100, 100, 100))
	meet(t, s)
	everywhere(t, s, write(t, maker, protocol.KindRequest, request.Request{To: maker.ID, Form: request.Update}), request.CodeMember)
	everywhere(t, s, write(t, maker, protocol.KindRequest, request.Request{To: agency.ID, Form: "GOSSIP"}), request.CodeRequest)
	ask := write(t, maker, protocol.KindRequest, request.Request{To: agency.ID, Form: request.Update, Kinds: []string{"forecast"}, Newer: []block.CID{*first.Header.Body}})
	everywhere(t, s, ask, "")
	answer := func(d *virtual.Desk, verdict request.Verdict, roots ...block.CID) feed.Entry {
		return write(t, d, protocol.KindReply, request.Reply{Request: ask.CID, Verdict: verdict, Roots: roots})
	}
	everywhere(t, s, answer(maker, request.Nothing), request.CodeUnknown)
	everywhere(t, s, answer(agency, request.Granted), request.CodeVerdict)
	everywhere(t, s, answer(agency, request.Sent, *first.Header.Body), request.CodeSent) // no newer one
	everywhere(t, s, answer(agency, request.Later), "")
	if !asked(t, maker, ask.CID).Waits() {
		t.Error("a request to be answered later does not wait")
	}
	second := share(t, agency, virtual.Forecast("x", 1, first.Header.Body, s.Now, 200, 100, 100))
	everywhere(t, s, answer(agency, request.Sent, *second.Header.Body), "")
	everywhere(t, s, answer(agency, request.Nothing), request.CodeVerdict) // answered
	if row := asked(t, maker, ask.CID); row.Verdict != request.Sent || row.Waits() || row.Reply.Roots[0] != *second.Header.Body {
		t.Errorf("%+v", row)
	}
	for range request.MaxOpen {
		write(t, maker, protocol.KindRequest, request.Request{To: agency.ID, Form: request.Update})
	}
	everywhere(t, s, write(t, maker, protocol.KindRequest, request.Request{To: agency.ID, Form: request.Update}), request.CodeMany)
}

// Practice T3 and PROTOCOL 7: detail leaves by an officer's signature alone, for what was asked, and no longer than the grant stands.
func TestDetailByException(t *testing.T) {
	s := scene(t, 2, false)
	agency, maker := s.Desk("agency"), s.Desk("maker")
	narrow := write(t, agency, protocol.KindScope, protocol.ScopeSet{Kind: protocol.KindForecast, Regions: []string{"CI-AB"}})
	everywhere(t, s, narrow, "")
	country := virtual.Forecast("x", 0, nil, s.Now, 100, 100, 100) // of the whole country
	everywhere(t, s, share(t, agency, country), forecast.CodeScope)

	until := s.Now + 30*virtual.Day
	detail := request.Request{To: agency.ID, Form: request.Detail, Kinds: []string{"forecast"}, Products: []string{virtual.Product}, Regions: []string{"CI"}, Purpose: "plan the line change", Period: &virtual.Months[0], Until: until}
	vague := detail
	vague.Purpose = ""
	everywhere(t, s, write(t, maker, protocol.KindRequest, vague), request.CodeRequest)
	ask := write(t, maker, protocol.KindRequest, detail)
	everywhere(t, s, ask, "")
	country.Header.Issued++ // another document: what was refused once is known
	everywhere(t, s, share(t, agency, country), forecast.CodeScope)

	grant := request.Grant{V: 1, PID: agency.Contract.PID, Request: ask.CID, To: maker.ID, Kinds: []string{"forecast"}, Products: []string{virtual.Product}, Regions: []string{"CI"}, Purpose: detail.Purpose,
		Period: virtual.Months[0], From: s.Now, Until: until, Inferable: []string{}}
	reply := func(g request.Grant, by *virtual.Desk, officer string) feed.Entry {
		t.Helper()
		signed := must[protocol.Signed](t)(protocol.SignDocument(by.Officer(officer), request.Signature, g))
		return write(t, agency, protocol.KindReply, request.Reply{Request: ask.CID, Verdict: request.Granted, Grant: must[[]byte](t)(block.Marshal(signed))})
	}
	everywhere(t, s, reply(grant, maker, "COO"), "KEY-01")
	wide, long := grant, grant
	wide.Regions, long.Until = nil, until+1
	everywhere(t, s, reply(wide, agency, "COO"), request.CodeGrant)
	everywhere(t, s, reply(long, agency, "COO"), request.CodeGrant)
	everywhere(t, s, reply(grant, agency, "COO"), "")
	country.Header.Issued++
	everywhere(t, s, share(t, agency, country), forecast.CodeScope) // the grant is about January, the forecast about a quarter
	country.Header.Issued++
	country.Lines[0].Buckets = country.Lines[0].Buckets[:1]
	first := share(t, agency, country)
	everywhere(t, s, first, "")
	s.Now = until + 1000 // the end comes by itself
	later := virtual.Forecast("x", 1, first.Header.Body, s.Now, 120, 100, 100)
	later.Lines[0].Buckets = later.Lines[0].Buckets[:1]
	everywhere(t, s, share(t, agency, later), forecast.CodeScope)
}

// A scope binds its author, within the invitation; header and kind are held to it.
func TestScopeBindsItsAuthor(t *testing.T) {
	s := scene(t, 2, false)
	agency := s.Desk("agency")
	for _, c := range []struct {
		set  protocol.ScopeSet
		code string
	}{
		{protocol.ScopeSet{Kind: "weather"}, "SCOPE-01"},
		{protocol.ScopeSet{Kind: protocol.KindForecast, Products: []string{"OTHER"}}, "SCOPE-02"},
		{protocol.ScopeSet{Kind: protocol.KindForecast, Roles: []string{artifact.All}}, "SCOPE-03"},
		{protocol.ScopeSet{Kind: protocol.KindForecast, Grain: []artifact.Step{{UntilDays: 5, Time: calendar.Other, Place: artifact.Site}}}, "SCOPE-03"},
		{protocol.ScopeSet{Kind: protocol.KindForecast, Purpose: []string{"CAPACITY"}, Roles: []string{"COO"}}, ""},
	} {
		everywhere(t, s, write(t, agency, protocol.KindScope, c.set), c.code)
	}
	doc := virtual.Forecast("x", 0, nil, s.Now, 100, 100, 100)
	everywhere(t, s, share(t, agency, doc), "SCOPE-04")
	doc.Header.Scope.Purpose, doc.Header.Scope.Roles = []string{"CAPACITY"}, []string{"COO"}
	everywhere(t, s, share(t, agency, doc), "")
	everywhere(t, s, write(t, agency, protocol.KindScope, protocol.ScopeSet{Kind: protocol.KindForecast, Closed: true}), "")
	doc.Header.Issued++
	everywhere(t, s, share(t, agency, doc), "SCOPE-01")
}
