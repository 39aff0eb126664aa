package virtual

import (
	"errors"
	"fmt"
	"slices"

	"kontor/protocol"
	"kontor/protocol/block"
	"kontor/protocol/calendar"
	"kontor/protocol/decision"
	"kontor/protocol/dispute"
	"kontor/protocol/forecast"
	"kontor/protocol/measure"
	"kontor/protocol/performance"
	"kontor/protocol/quantity"
	"kontor/protocol/remedy"
	"kontor/protocol/terms"
)

// This file is one network in eight: two companies start under signed terms with an SLA, months pass, and they report, credit and quarrel. Terms that
// come into force by chance are too rare for that, and their months too long.

// underTerms tells whether a seed's network starts under terms: every one of these has two companies.
func underTerms(seed uint64) bool { return seed%8 == 4 }

// January is the month that every network under terms misses, and CreditsBegin the moment its offices begin to work: nothing is reported yet.
var (
	january      = calendar.MustBucket("2027-01")
	creditsBegin = calendar.MustDate("2027-02-01").Millis() + 8*Hour
)

// quarterCap is the most that credits of a quarter come to, in euro cents.
const quarterCap = 60_000

// ServiceTerms are Terms with one SLA by the month that closes after three working days, a credit for a miss, and a dispute path of three short levels.
func ServiceTerms(series string, at int64) terms.Document {
	otif, err := measure.Define(measure.OTIF, nil)
	if err != nil {
		panic("invariant: on time in full is a measure: " + err.Error())
	}
	doc := Terms(series, 0, nil, at, 12_345)
	doc.PaymentDays = 30
	doc.SLAs = []terms.SLA{{ID: "otif", Name: "on time in full", By: terms.Seller, Measure: otif, Target: quantity.MustParse("0.95"), Window: terms.Window{Kind: terms.PerMonth}, MinSample: 10,
		Exclusions: []measure.Reason{measure.ForceMajeure}, Source: terms.Both, Duties: []terms.Duty{{By: terms.Buyer, What: "receipts", DueDays: 2, CorrectDays: 3}, {By: terms.Seller, What: "despatches", DueDays: 2, CorrectDays: 3}},
		OnMissing: terms.CounterpartyStands, Agree: quantity.MustParse("0.005")}}
	doc.Remedies = []terms.Remedy{{ID: "credit", SLA: "otif", Kind: terms.Credit, Pool: "delivery", PoolPPM: 500_000, AllocationPPM: 400_000, AtRiskPPM: 100_000,
		Tiers: []terms.RemedyTier{{Beyond: quantity.MustParse("0.95"), SharePPM: 500_000}, {Beyond: quantity.MustParse("0.9"), SharePPM: terms.PPM}},
		Cap:   &quantity.Money{Minor: quarterCap, Currency: "EUR"}, CapPeriod: terms.PerQuarter, EarnBack: 2, AutoApply: true, DisputeDays: 10}}
	doc.Disputes = []terms.DisputeLevel{{Level: dispute.Desk, Days: 3, Default: terms.NextLevel}, {Level: dispute.COO, Days: 3, Default: terms.NextLevel}, {Level: dispute.CEO, Days: 3, Default: terms.Halved}}
	return doc
}

// agreeTerms lets the companies negotiate and sign terms before any fault begins, and moves the time to where the first month is over.
func (w *world) agreeTerms() error {
	drop, repeat := w.drop, w.repeat
	w.calm, w.drop, w.repeat = true, 0, 0
	defer func() { w.calm, w.drop, w.repeat = false, drop, repeat }()
	if err := w.exchange(); err != nil { // what was lost of the partnership's signatures is asked for
		return err
	}
	buyer, seller := w.offices[0], w.offices[1]
	say := func(o *office, b build) error {
		if err := o.write(0, b); err != nil {
			return fmt.Errorf("%s brings terms into force: %w", o.c.Name, err)
		}
		return w.drain()
	}
	var root block.CID
	err := say(seller, func(_ *protocol.Replica, now int64) (protocol.Draft, error) {
		d, err := Share(ServiceTerms("frame", now))
		if err == nil {
			root = d.Body.CID
		}
		return d, err
	})
	talk := func(o *office, act func(decision.Topic, int64) decision.Act) {
		if err == nil {
			err = say(o, func(r *protocol.Replica, now int64) (protocol.Draft, error) {
				topics, err := r.Topics()
				if err != nil {
					return protocol.Draft{}, err
				}
				var t decision.Topic
				if len(topics) > 0 {
					t = topics[len(topics)-1]
				}
				a := act(t, now)
				if a.Propose == nil {
					a.Topic = &t.ID
				}
				return Body(protocol.KindTopic, a)
			})
		}
	}
	talk(seller, func(_ decision.Topic, now int64) decision.Act {
		p := Proposal(w.circles[0].genesis, seller.c.ID, now+60*Day, root)
		return decision.Act{Verb: decision.ProposeTopic, Propose: &p}
	})
	talk(buyer, func(decision.Topic, int64) decision.Act { return decision.Act{Verb: decision.Join} })
	for _, o := range w.offices {
		talk(o, func(decision.Topic, int64) decision.Act {
			return decision.Act{Verb: decision.Ready, Weights: DigestOf("weights of " + o.c.Name)}
		})
	}
	for _, o := range w.offices {
		talk(o, func(decision.Topic, int64) decision.Act {
			return decision.Act{Verb: decision.Commit, Commit: DigestOf("scores of " + o.c.Name)}
		})
	}
	talk(seller, func(decision.Topic, int64) decision.Act {
		return decision.Act{Verb: decision.MakeOffer, Offer: Offer(1, 800)}
	})
	talk(buyer, func(t decision.Topic, _ int64) decision.Act {
		return decision.Act{Verb: decision.AcceptOffer, Accept: &decision.Acceptance{Round: 1, Offer: t.Offers[0].Entry}}
	})
	if err != nil {
		return err
	}
	var document block.CID
	err = say(buyer, func(r *protocol.Replica, now int64) (protocol.Draft, error) {
		topics, err := r.Topics()
		if err != nil {
			return protocol.Draft{}, err
		}
		doc, err := Agreement(r, w.cast, topics[len(topics)-1], now+3*Day, 0, root)
		if err != nil {
			return protocol.Draft{}, err
		}
		doc.Effects = []decision.Effect{{Kind: decision.TermsInForce, Party: seller.c.ID, Cell: doc.Effects[0].Cell, Artifact: &root}}
		doc.From, doc.Expires = calendar.MustDate("2027-01-01"), calendar.MustDate("2028-01-01")
		d, err := Body(protocol.KindDraft, doc.Sorted())
		if err == nil {
			document = d.Body.CID
		}
		return d, err
	})
	for range 2 { // officers of each
		for _, o := range w.offices {
			if err == nil {
				err = say(o, func(r *protocol.Replica, _ int64) (protocol.Draft, error) { return o.sign(r, document, false) })
			}
		}
	}
	if err != nil {
		return err
	}
	w.now = creditsBegin
	w.setUp = w.totals.Entries
	for _, o := range w.offices {
		err := o.view(0, func(r *protocol.Replica) error {
			list, err := r.TermsInForce(january.Start)
			if err == nil && (len(list) != 1 || list[0].Root != root) {
				err = fmt.Errorf("%s holds %d terms in force that both signed", o.c.Name, len(list))
			}
			return err
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// count is what a side counted in a month: lines due, and of them on time in full.
type count struct{ due, good int64 }

// live plans what a network under terms is about: January is missed and reported, days pass, and somebody disputes what comes of it.
func (w *world) live() {
	mode := w.rng.IntN(4)
	w.in(Hour, func() error { return w.january(w.offices[0], count{20, 10}, mode) })
	switch mode {
	case 0, 1: // the same of both; one of them corrects it later
		w.in(Hour, func() error { return w.january(w.offices[1], count{20, 10}, mode) })
		if mode == 1 {
			w.in(Day, func() error { return w.january(w.offices[w.rng.IntN(2)], count{20, 11}, mode) })
		}
	case 2: // figures apart
		w.in(Hour, func() error { return w.january(w.offices[1], count{20, 18}, mode) })
	default: // the seller withholds its own
	}
	w.in(2*Hour, w.daysPass)
	w.in(4*Hour, w.contend)
}

// january reports January as soon as the office works.
func (w *world) january(o *office, c count, mode int) error {
	err := o.write(0, reportMonth(o, january, c, mode == 0))
	var refusal *protocol.Refusal
	switch {
	case errors.Is(err, errDown) || errors.Is(err, errReadOnly):
		w.in(Hour, func() error { return w.january(o, c, mode) })
		return nil
	case errors.As(err, &refusal) || errors.Is(err, errIdle):
		return nil
	}
	return err
}

// daysPass lets days go by, again and again: windows and levels are counted in working days.
func (w *world) daysPass() error {
	days := 1 + w.rng.Int64N(2)
	w.now += days * Day
	w.log("! %d days pass", days)
	w.in(3*Hour+w.rng.Int64N(4*Hour), w.daysPass)
	return nil
}

// contend disputes a credit as soon as there is one, where nobody did.
func (w *world) contend() error {
	for _, o := range w.offices {
		if o.down || o.part[0].want > 0 {
			continue
		}
		var items []remedy.Item
		err := o.view(0, func(r *protocol.Replica) error {
			list, err := r.Disputes()
			if err != nil {
				return err
			}
			if w.quarrel == 0 && len(list) > 0 {
				w.quarrel = w.totals.Entries
			}
			items, err = r.Remedies()
			return err
		})
		if err != nil || w.quarrel > 0 {
			return err
		}
		items = slices.DeleteFunc(items, func(i remedy.Item) bool { return i.Status != remedy.Due })
		if len(items) == 0 {
			continue
		}
		draft, err := Body(protocol.KindRemedy, remedy.Act{Verb: remedy.Dispute, Items: []string{items[0].ID}, Reason: "the dock was closed"})
		if err != nil {
			return err
		}
		err = o.write(0, func(*protocol.Replica, int64) (protocol.Draft, error) { return draft, nil })
		var refusal *protocol.Refusal
		if err != nil && !errors.As(err, &refusal) && !errors.Is(err, errDown) {
			return err
		}
		break
	}
	w.in(2*Hour, w.contend)
	return nil
}

// played tells whether a network under terms has shown enough: a dispute has been open for a while. What a forker said may come to nothing.
func (w *world) played() bool {
	return !w.credits || w.totals.Entries >= w.setUp+least && (w.quarrel > 0 && w.totals.Entries >= w.quarrel+least/2 || w.forking)
}

// creditStep reports a month, says something of an entry, or goes on with a dispute.
func (w *world) creditStep(o *office) build {
	n, k := w.rng.IntN(10), w.rng.IntN(1<<20)
	switch {
	case n < 2:
		c := count{20, 18} // both often say the same
		if w.rng.IntN(2) == 0 {
			c.good = 10 + w.rng.Int64N(11)
		}
		return func(r *protocol.Replica, now int64) (protocol.Draft, error) {
			first := calendar.DateOf(now).Month().Add(-1 - k%2)
			if first < january.Start.Month() {
				return protocol.Draft{}, errIdle
			}
			return reportMonth(o, calendar.Bucket{Start: first.First(), End: first.Add(1).First()}, c, k%4 == 0)(r, now)
		}
	case n < 4:
		return itemStep(k)
	}
	return disputeStep(o, k)
}

// reportMonth reports a month or corrects the report.
func reportMonth(o *office, month calendar.Bucket, c count, closed bool) build {
	return func(r *protocol.Replica, now int64) (protocol.Draft, error) {
		all, onTime := quantity.Of(c.due*100), quantity.Of(c.good*100)
		doc := Performance(o.c.Name+" "+month.String(), 0, nil, now, month, closed, 1)
		doc.Cells = []performance.Cell{{Item: forecast.Item{BuyersID: Product}, Place: forecast.Location{Region: "CI"}, Bucket: month, Unit: "PK", Ordered: &all, Received: &all, OnTime: &onTime, InFull: &all,
			Deliveries: &performance.Deliveries{Due: c.due, OnTime: c.good, Quantified: c.due, InFull: c.due, Both: c.good, InWindow: onTime, Ordered: all}}}
		row, err := r.Window(month)
		if err != nil {
			return protocol.Draft{}, err
		}
		for _, have := range row.Reports {
			if have.Author != o.c.ID {
				continue
			}
			v, found, err := r.Version(have.Root)
			if err != nil || !found {
				return protocol.Draft{}, orIdle(err)
			}
			parent := have.Root
			doc.Header.Revision, doc.Header.Parent, doc.Closed = v.Revision+1, &parent, have.Closed || closed
		}
		return Share(doc)
	}
}

// itemStep acknowledges, settles or disputes an entry, or agrees to the other's figures; some of it is refused.
func itemStep(k int) build {
	return func(r *protocol.Replica, _ int64) (protocol.Draft, error) {
		items, err := r.Remedies()
		if err != nil || len(items) == 0 {
			return protocol.Draft{}, orIdle(err)
		}
		i := items[k%len(items)]
		a := remedy.Act{Items: []string{i.ID}}
		switch k / 100 % 6 {
		case 0, 1:
			a.Verb = remedy.Acknowledge
		case 2:
			a.Verb, a.Reference = remedy.Settle, "credit note"
		case 3, 4:
			a.Verb, a.Reason = remedy.Dispute, "the dock was closed"
		default:
			a = remedy.Act{Verb: []remedy.Verb{remedy.Agree, remedy.Lapse}[k/1000%2], Window: &i.Window}
		}
		return Body(protocol.KindRemedy, a)
	}
}

// disputeStep proposes, accepts, escalates, states or withdraws in a dispute that runs.
func disputeStep(o *office, k int) build {
	return func(r *protocol.Replica, _ int64) (protocol.Draft, error) {
		list, err := r.Disputes()
		list = slices.DeleteFunc(list, func(d dispute.Dispute) bool { return d.End != nil })
		if err != nil || len(list) == 0 {
			return protocol.Draft{}, orIdle(err)
		}
		d := list[k%len(list)]
		role := "COO"
		if d.Step().Level == dispute.CEO {
			role = "CEO"
		}
		i := dispute.Instrument{Partnership: r.PID, Dispute: d.ID, Level: d.Step().Level, Company: o.c.ID, Role: role}
		offered := slices.DeleteFunc(slices.Clone(d.Proposals), func(p dispute.Offered) bool { return p.By == o.c.ID || p.Level != i.Level })
		switch n := k / 100 % 12; {
		case n == 0:
			return Body(protocol.KindDispute, dispute.Act{Verb: dispute.Declare, Dispute: d.ID, Text: "so it was"})
		case n < 3:
			return Body(protocol.KindDispute, dispute.Act{Verb: dispute.Escalate, Dispute: d.ID})
		case n == 3:
			i.Verb = dispute.Withdraw
		case len(offered) > 0 && n < 10:
			p := offered[len(offered)-1]
			i.Verb, i.Proposal, i.Outcome, i.Amount = dispute.Accept, &p.Entry, p.Outcome, p.Amount
		case n%2 == 0:
			i.Verb, i.Outcome = dispute.Propose, terms.Halved
		default:
			i.Verb, i.Outcome, i.Amount = dispute.Propose, dispute.Sum, &quantity.Money{Minor: int64(k % quarterCap), Currency: "EUR"}
		}
		s, err := protocol.SignDocument(o.c.Officer(role), dispute.SignatureKind, i)
		if err != nil {
			return protocol.Draft{}, err
		}
		return Body(protocol.KindDispute, dispute.Act{Verb: i.Verb, Dispute: d.ID, Signed: &dispute.Sealed{Document: s.Document, Key: s.Key, Sig: s.Sig}})
	}
}
