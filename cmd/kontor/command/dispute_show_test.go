package command

import (
	"testing"

	"kontor/node/desk"
	"kontor/protocol/calendar"
	"kontor/protocol/dispute"
	"kontor/protocol/terms"
)

// A dispute says who rules, and where nobody does, what then happens.
func TestArbiterText(t *testing.T) {
	path := []dispute.Step{{Level: dispute.Desk, Default: terms.NextLevel, Until: calendar.MustDate("2027-03-05")}, {Level: dispute.Arbiter, Default: terms.Halved, Until: calendar.MustDate("2027-04-02")}}
	open := dispute.Dispute{Path: path}
	short := dispute.Dispute{Path: path[:1]}
	over := dispute.Dispute{Path: path, End: &dispute.End{}}
	for _, c := range []struct {
		judge, want string
		dispute.Dispute
	}{
		{"Trade Court", "Trade Court", open},
		{"Trade Court", "Trade Court, to whom the terms name no level", short},
		{"", "none is named: nobody rules, and what nobody settles ends on 2027-04-02 with HALVED; for a forum elsewhere kontor dispute export makes the evidence a file", open},
		{"", "none is named", over},
	} {
		if got := arbiterText(desk.DisputeView{Judge: c.judge, Dispute: c.Dispute}); got != c.want {
			t.Errorf("%q, want %q", got, c.want)
		}
	}
}
