package virtual

import (
	"errors"
	"fmt"

	"kontor/crypto/keys"
	"kontor/protocol"
	"kontor/protocol/block"
	"kontor/protocol/cadence"
	"kontor/protocol/calendar"
	"kontor/protocol/decision"
	"kontor/protocol/exception"
	"kontor/protocol/identity"
	"kontor/protocol/partnership"
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
