package virtual

import (
	"errors"
	"fmt"

	"kontor/crypto/keys"
	"kontor/protocol"
	"kontor/protocol/block"
	"kontor/protocol/cadence"
	"kontor/protocol/calendar"
	"kontor/protocol/campaign"
	"kontor/protocol/decision"
	"kontor/protocol/exception"
	"kontor/protocol/forecast"
	"kontor/protocol/identity"
	"kontor/protocol/partnership"
	"kontor/protocol/quality"
	"kontor/protocol/quantity"
	"kontor/protocol/request"
	"kontor/protocol/terms"
)

// This file is what the people of an office do.

// signing is the first entry of a feed: the company signs the partnership.
func signing(o *office, p int) build {
	return func(r *protocol.Replica, _ int64) (protocol.Draft, error) {
		b, err := block.New(r.Genesis)
		return protocol.Draft{Kind: protocol.KindSign, Body: &b}, err
	}
}

// act lets an office do one thing in a partnership. What the rules refuse at home is no fault: partners may have been quicker.
func (w *world) act(o *office, p int) error {
	m := o.part[p]
	g := w.circles[p].genesis
	me, _ := g.Member(o.c.ID)
	bad := false
	var b build
	switch n := max(0, w.rng.IntN(130)-30); { // talks take the most steps of all that people do
	case w.story != noStory && p == 0 && n%2 == 0 && n < 66:
		b = w.storyStep(o)
		bad = w.rng.IntN(12) == 0 // said by a program that does not ask its own fold
	case n < 55:
		b = w.topicStep(o, p)
	case n < 61 && w.story == agreementStory: // figures that change too often let no topic end
		b = w.storyStep(o)
	case n < 64:
		if n := w.rng.IntN(6); n < 2 {
			b = w.shareCampaignOrQuality(o)
		} else if n == 2 {
			b = w.sharePerformance(o)
		} else if me.Role == partnership.RoleBuyer {
			b = w.shareForecast(o, p)
		} else {
			b = w.sharePlanOrAnswer(o, p)
		}
	case n < 67:
		b = w.grant(o)
	case n < 70:
		b = w.closeException(o, 40_00)
	case n < 72:
		b = w.record(o)
	case n < 73:
		if b = w.withdrawOrReaffirm(o); w.rng.IntN(2) == 0 {
			b = w.askOrAnswer(o)
			if w.rng.IntN(3) == 0 {
				b = w.minutes(o)
			}
		}
	case n < 74 && (w.story == noStory || w.rng.IntN(12) == 0): // nothing new is agreed while it lasts
		b = w.suspend(p, o)
	case n < 77:
		b = housekeeping(o)
	case n < 79:
		b = plain(protocol.KindHeartbeat)
	case n < 80 && w.story != agreementStory:
		b = w.openTopic(o, p)
	case n < 82:
		if o.at < milestones-1 && w.rng.IntN(2) == 0 {
			o.publish(o.at + 1)
			w.log("%-10s publishes step %d of its identity", o.c.Name, o.at)
		}
		return nil
	case n < 84:
		b = w.lapse(o)
	case n < 88:
		b = w.witness(o, p)
	default:
		bad = true
		b = w.badAct(o, p, me.Role)
	}
	var err error
	if bad {
		err = o.force(p, b)
	} else {
		err = o.write(p, b)
	}
	var refusal *protocol.Refusal
	switch {
	case errors.As(err, &refusal):
		w.totals.RefusedAtHome++
		w.log("%-10s ? %v", o.c.Name, refusal)
		return nil
	case err == nil || errors.Is(err, errIdle) || errors.Is(err, errDown) || errors.Is(err, errReadOnly):
		return nil
	}
	return fmt.Errorf("%s in %s (own place %d): %w", o.c.Name, w.title(p), m.own, err)
}

func plain(kind string) build {
	return func(*protocol.Replica, int64) (protocol.Draft, error) { return protocol.Draft{Kind: kind}, nil }
}

func housekeeping(o *office) build {
	return func(r *protocol.Replica, _ int64) (protocol.Draft, error) {
		d, due, err := r.CommitmentDraft(o.c.ID)
		if err == nil && !due {
			err = errIdle
		}
		return d, err
	}
}

// inForce finds the artifact of a type and author in force, the newest series last.
func inForce(r *protocol.Replica, typ string, author block.CID) (row protocol.ArtifactRow, found bool, err error) {
	rows, err := r.InForce(typ, author)
	if err != nil || len(rows) == 0 {
		return row, false, err
	}
	return rows[len(rows)-1], true, nil
}

// head is the version that the next revision of an author's newest series follows: in force, or withdrawn.
func head(r *protocol.Replica, typ string, author block.CID) (row protocol.ArtifactRow, found bool, err error) {
	if row, found, err = inForce(r, typ, author); err != nil || found {
		return row, found, err
	}
	versions, err := r.Versions(typ)
	for _, v := range versions {
		if v.Author == author && v.Status == protocol.Withdrawn {
			row, found = v, true
		}
	}
	return row, found, err
}

// withdrawOrReaffirm takes an artifact back or says that it still stands; some that are not one's own, or not in force any more.
func (w *world) withdrawOrReaffirm(o *office) build {
	withdraw, n, days := w.rng.IntN(3) == 0, w.rng.IntN(100), w.rng.Int64N(500)
	return func(r *protocol.Replica, now int64) (protocol.Draft, error) {
		kinds := protocol.ArtifactKinds()
		rows, err := r.Versions(protocol.ArtifactType(kinds[n%len(kinds)]))
		if err != nil || len(rows) == 0 {
			return protocol.Draft{}, orIdle(err)
		}
		root := rows[(len(rows)-1)*(n%2)].Root
		if withdraw {
			return Body(protocol.KindWithdraw, protocol.Withdrawal{Artifact: root, Cause: protocol.Causes[n%len(protocol.Causes)]})
		}
		return Body(protocol.KindReaffirm, protocol.Reaffirmation{Artifact: root, Until: now + days*Day})
	}
}

// minutes writes down what a meeting brought, says a word on what another wrote, or reports an action done.
func (w *world) minutes(o *office) build {
	n, k := w.rng.IntN(3), w.rng.IntN(100)
	return func(r *protocol.Replica, now int64) (protocol.Draft, error) {
		rows, err := r.Minutes()
		if err != nil {
			return protocol.Draft{}, err
		}
		if n == 0 || len(rows) == 0 {
			day, other := calendar.DateOf(now), r.Genesis.Others(o.c.ID)[0].Company
			step := func(party block.CID) cadence.Line {
				return cadence.Line{Kind: cadence.Action, Text: "do it", Party: &party, Owner: decision.COO, Due: day.AddDays(k), Proof: "it is seen"}
			}
			return Body(protocol.KindMinutes, cadence.Minutes{Type: cadence.MinutesType, Partnership: r.PID, Cadence: cadence.Planning, Day: day, Lines: []cadence.Line{step(o.c.ID), step(other)}})
		}
		of := rows[k%len(rows)].ID
		if n == 1 {
			return Body(protocol.KindMinutesAnswer, cadence.MinutesAnswer{Minutes: of, Reject: []string{"", "never said"}[k%2]})
		}
		return Body(protocol.KindMilestone, protocol.MilestoneReport{Document: of, Milestone: cadence.LineID(k % 3), Proof: "seen"})
	}
}

// askOrAnswer asks another member for newer figures, answers such a request, or narrows what may leave.
func (w *world) askOrAnswer(o *office) build {
	n, k := w.rng.IntN(3), w.rng.IntN(100)
	return func(r *protocol.Replica, now int64) (protocol.Draft, error) {
		others := r.Genesis.Others(o.c.ID)
		switch n {
		case 0:
			return Body(protocol.KindRequest, request.Request{To: others[k%len(others)].Company, Form: request.Update, Kinds: []string{protocol.KindForecast}})
		case 1:
			products := [][]string{nil, {Product}, {"OTHER"}}[k%3] // the last is wider than the invitation
			return Body(protocol.KindScope, protocol.ScopeSet{Kind: protocol.ArtifactKinds()[k%len(protocol.ArtifactKinds())], Products: products})
		}
		asked, err := r.Requests()
		if err != nil || len(asked) == 0 {
			return protocol.Draft{}, orIdle(err)
		}
		verdicts := []request.Verdict{request.Nothing, request.Later, request.Denied, request.Revoked}
		return Body(protocol.KindReply, request.Reply{Request: asked[k%len(asked)].Entry, Verdict: verdicts[k%len(verdicts)]})
	}
}

// shareForecast begins a series or revises it, materially or not.
func (w *world) shareForecast(o *office, p int) build {
	a, b := 100+w.rng.Int64N(300), w.rng.Int64N(500)
	return func(r *protocol.Replica, now int64) (protocol.Draft, error) {
		row, found, err := head(r, forecast.Type, o.c.ID)
		if err != nil {
			return protocol.Draft{}, err
		}
		if !found {
			return Share(Forecast(o.c.Name, 0, nil, now, a, b, a))
		}
		if b < 150 { // an immaterial revision: March rises by a single pack
			doc, err := r.Forecast(row.Root)
			if err != nil {
				return protocol.Draft{}, err
			}
			cell := &doc.Lines[0].Buckets[len(doc.Lines[0].Buckets)-1]
			if cell.Mean, err = cell.Mean.Add(quantity.Of(1)); err != nil {
				return protocol.Draft{}, err
			}
			doc.Header.Revision, doc.Header.Parent, doc.Header.Issued = row.Revision+1, &row.Root, now
			return Share(doc)
		}
		return Share(Forecast(o.c.Name, row.Revision+1, &row.Root, now, a, b, a+1))
	}
}

// sharePlanOrAnswer is what a seller does about a forecast.
func (w *world) sharePlanOrAnswer(o *office, p int) build {
	amount, plan := 50+w.rng.Int64N(400), w.rng.IntN(2) == 0
	return func(r *protocol.Replica, now int64) (protocol.Draft, error) {
		asked, found, err := inForce(r, forecast.Type, block.CID{})
		if err != nil || !found {
			return protocol.Draft{}, orIdle(err)
		}
		typ := "ForecastAnswer.v1"
		if plan {
			typ = "CapacityPlan.v1"
		}
		row, revises, err := head(r, typ, o.c.ID)
		if err != nil {
			return protocol.Draft{}, err
		}
		revision, parent := int64(0), (*block.CID)(nil)
		if revises {
			revision, parent = row.Revision+1, &row.Root
		}
		if plan {
			return Share(Plan(o.c.Name+" plan", revision, parent, &asked.Root, now, amount))
		}
		doc, err := r.Forecast(asked.Root)
		if err != nil {
			return protocol.Draft{}, err
		}
		return Share(Answer(o.c.Name+" answer", revision, parent, now, asked.Root, doc))
	}
}

// shareCampaignOrQuality begins or revises a calendar, a report or terms: moves its event on, its lift up or down, its lot block to an end, its price.
func (w *world) shareCampaignOrQuality(o *office) build {
	calendar, lift, n := w.rng.IntN(2) == 0, 100+w.rng.Int64N(200), w.rng.IntN(100)
	return func(r *protocol.Replica, now int64) (protocol.Draft, error) {
		if n%3 == 0 {
			row, found, err := head(r, terms.Type, o.c.ID)
			if err != nil {
				return protocol.Draft{}, err
			}
			if !found {
				return Share(Terms(o.c.Name+" terms", 0, nil, now, lift))
			}
			return Share(Terms(o.c.Name+" terms", row.Revision+1, &row.Root, now, lift))
		}
		if calendar {
			row, found, err := head(r, campaign.Type, o.c.ID)
			if err != nil {
				return protocol.Draft{}, err
			}
			if !found {
				return Share(Campaign(o.c.Name+" calendar", 0, nil, now, campaign.Proposed, lift))
			}
			held, err := r.Campaign(row.Root)
			if err != nil {
				return protocol.Draft{}, err
			}
			states := []campaign.Status{held.Events[0].Status, campaign.Planned, campaign.Active, campaign.Canceled}
			return Share(Campaign(o.c.Name+" calendar", row.Revision+1, &row.Root, now, states[n%len(states)], lift)) // some moves are against the rules
		}
		row, found, err := head(r, quality.Type, o.c.ID)
		if err != nil {
			return protocol.Draft{}, err
		}
		if !found {
			return Share(Quality(o.c.Name+" report", 0, nil, now, quality.Blocked, 3))
		}
		states := []quality.BlockStatus{quality.Blocked, quality.Released}
		return Share(Quality(o.c.Name+" report", row.Revision+1, &row.Root, now, states[n%2], lift/100))
	}
}

// sharePerformance reports one of two months, corrects the report, and sometimes says the last word.
func (w *world) sharePerformance(o *office) build {
	month := calendar.MustBucket("2026-09")
	if w.rng.IntN(2) == 0 {
		month = calendar.MustBucket("2026-10")
	}
	received, closed, again := 900+w.rng.Int64N(100), w.rng.IntN(4) == 0, w.rng.IntN(8) == 0
	return func(r *protocol.Replica, now int64) (protocol.Draft, error) {
		row, err := r.Window(month)
		if err != nil {
			return protocol.Draft{}, err
		}
		series := o.c.Name + " " + month.String()
		for _, have := range row.Reports {
			if have.Author != o.c.ID || again {
				continue
			}
			v, found, err := r.Version(have.Root)
			if err != nil || !found {
				return protocol.Draft{}, orIdle(err)
			}
			return Share(Performance(series, v.Revision+1, &have.Root, now, month, have.Closed || closed, received)) // refused once both have closed
		}
		if again {
			series += " again" // refused where the month is reported already
		}
		return Share(Performance(series, 0, nil, now, month, closed, received))
	}
}

func orIdle(err error) error {
	if err == nil {
		return errIdle
	}
	return err
}

// MandateOf is a mandate for a company's desk to close exceptions up to 100 euros.
func MandateOf(r *protocol.Replica, c *Company, now int64) protocol.Mandate {
	desk := c.Desk.Public()
	return protocol.Mandate{PID: r.PID, Key: desk[:], Holder: "planning desk", Kinds: []string{protocol.KindExceptionClose}, Products: []string{Product},
		Limit: identity.Amount{Minor: 100_00, Currency: "EUR"}, From: now, Until: now + 90*Day}
}

func (w *world) grant(o *office) build {
	revoke := w.rng.IntN(4) == 0
	return func(r *protocol.Replica, now int64) (protocol.Draft, error) {
		if revoke {
			desk := o.c.Desk.Public()
			return SignedBody(protocol.KindMandateRevoke, protocol.MandateRevokeSignature, o.c.Officer("COO"), protocol.MandateRevocation{PID: r.PID, Key: desk[:]})
		}
		return SignedBody(protocol.KindMandateGrant, protocol.MandateSignature, o.officer(), MandateOf(r, o.c, now))
	}
}

// officer is the CFO's key in force; between two CFOs the COO's.
func (o *office) officer() (k keys.Private) {
	switch {
	case o.at == Founded:
		return o.c.Officer("CFO")
	case o.at == CFORevoked:
		return o.c.Officer("COO")
	}
	return o.c.Officer(CFO2)
}

// ExceptionOf is what a desk signs when it closes an exception of a value in euro cents; the text stands for what caused it.
func ExceptionOf(r *protocol.Replica, cause string, value int64) protocol.ExceptionClose {
	id := exception.NewID(exception.Kind(cause), exception.Scope{})
	return protocol.ExceptionClose{PID: r.PID, Exception: id.String(), Resolution: "NO_ACTION", Note: "covered by stock", Products: []string{Product},
		Value: identity.Amount{Minor: value, Currency: "EUR"}}
}

func (w *world) closeException(o *office, value int64) build {
	id := fmt.Sprintf("shortage-%d", w.rng.IntN(6))
	return func(r *protocol.Replica, _ int64) (protocol.Draft, error) {
		return SignedBody(protocol.KindExceptionClose, protocol.ExceptionSignature, o.c.Desk, ExceptionOf(r, id, value))
	}
}

// record signs a small record, or countersigns one of a partner.
func (w *world) record(o *office) build {
	text := []byte(fmt.Sprintf("delivery %d arrived", w.rng.IntN(1000)))
	return func(r *protocol.Replica, _ int64) (protocol.Draft, error) {
		rec := protocol.Record{PID: r.PID, Type: "delivery", Text: text, Label: "delivery"}
		open, err := openRecord(r, o.c.ID)
		if err != nil {
			return protocol.Draft{}, err
		}
		if open != nil {
			rec.Text, rec.Of = nil, open
		}
		return SignedBody(protocol.KindRecord, protocol.RecordSignature, o.officer(), rec)
	}
}

// openRecord finds a partner's record that nobody countersigned.
func openRecord(r *protocol.Replica, own block.CID) (found *block.CID, err error) {
	err = r.Rows().Scan("record/", func(key string, _ []byte) (bool, error) {
		id, err := block.ParseCID(key[len("record/"):])
		if err != nil {
			return false, err
		}
		row, ok, err := r.Record(id)
		if err != nil || !ok {
			return false, err
		}
		if row.Author != own && row.Counter == nil {
			found = &id
		}
		return found == nil, nil
	})
	return found, err
}

func (w *world) suspend(p int, o *office) build {
	return func(r *protocol.Replica, _ int64) (protocol.Draft, error) {
		standing, err := r.Standing()
		if err != nil {
			return protocol.Draft{}, err
		}
		return Body(protocol.KindSuspend, protocol.PartnershipAct{Reason: "audit", Lift: standing == "suspended"})
	}
}
