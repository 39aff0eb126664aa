package virtual

import (
	"fmt"
	"slices"

	"kontor/protocol"
	"kontor/protocol/block"
	"kontor/protocol/calendar"
	"kontor/protocol/campaign"
	"kontor/protocol/decision"
	"kontor/protocol/dispute"
	"kontor/protocol/measure"
	"kontor/protocol/quantity"
	"kontor/protocol/terms"
)

// This file is what a story's companies have agreed on before any fault begins.

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

// ArbiterTerms are ServiceTerms whose path soon comes to an arbiter.
func ArbiterTerms(series string, at int64) terms.Document {
	doc := ServiceTerms(series, at)
	for i := range doc.Disputes {
		doc.Disputes[i].Days, doc.Disputes[i].Default = max(1, 2-int64(i)), terms.NextLevel
	}
	doc.Disputes = append(doc.Disputes, terms.DisputeLevel{Level: dispute.Arbiter, Days: 8, Default: terms.Halved})
	return doc
}

// calmly does something while nothing is lost, repeated or late, after everybody heard what was lost before.
func (w *world) calmly(fn func() error) error {
	drop, repeat := w.drop, w.repeat
	w.calm, w.drop, w.repeat = true, 0, 0
	defer func() { w.calm, w.drop, w.repeat = false, drop, repeat }()
	if err := w.exchange(); err != nil {
		return err
	}
	return fn()
}

// say writes an entry in the first partnership and lets everybody hear it.
func (w *world) say(o *office, b build) error {
	if err := o.write(0, b); err != nil {
		return fmt.Errorf("%s prepares a story: %w", o.c.Name, err)
	}
	return w.drain()
}

// share shares a document in the first partnership.
func (w *world) share(o *office, doc func(now int64) any) (root block.CID, err error) {
	err = w.say(o, func(_ *protocol.Replica, now int64) (protocol.Draft, error) {
		d, err := Share(doc(now))
		if err == nil {
			root = d.Body.CID
		}
		return d, err
	})
	return root, err
}

// parties are the offices of the first partnership that negotiate and sign.
func (w *world) parties() (out []*office) {
	g := w.circles[0].genesis
	for _, i := range w.members(0) {
		o := w.offices[i]
		judges := g.Witness != nil && *g.Witness == o.c.ID || g.Arbiter != nil && *g.Arbiter == o.c.ID
		if !judges {
			out = append(out, o)
		}
	}
	return out
}

// matter is what parties conclude before any fault begins.
type matter struct {
	kind   decision.Kind
	about  []block.CID               // artifacts that the topic rests on and the document names
	agreed func(*decision.Agreement) // what the document says beside what the talk came to
}

// conclude lets the parties negotiate a matter and sign it, and returns the document.
func (w *world) conclude(m matter) (document block.CID, err error) {
	parties := w.parties()
	opener := parties[1]
	talk := func(o *office, act func(decision.Topic, int64) decision.Act) {
		if err == nil {
			err = w.say(o, func(r *protocol.Replica, now int64) (protocol.Draft, error) {
				t, _, err := newest(r)
				if err != nil {
					return protocol.Draft{}, err
				}
				a := act(t, now)
				if a.Propose == nil {
					a.Topic = &t.ID
				}
				return Body(protocol.KindTopic, a)
			})
		}
	}
	talk(opener, func(_ decision.Topic, now int64) decision.Act {
		p := Proposal(w.circles[0].genesis, opener.c.ID, now+60*Day, m.about...)
		p.Kind = m.kind
		return decision.Act{Verb: decision.ProposeTopic, Propose: &p}
	})
	others := slices.DeleteFunc(slices.Clone(parties), func(o *office) bool { return o == opener })
	for _, o := range others {
		talk(o, func(decision.Topic, int64) decision.Act { return decision.Act{Verb: decision.Join} })
	}
	for _, o := range parties {
		talk(o, func(decision.Topic, int64) decision.Act {
			return decision.Act{Verb: decision.Ready, Weights: DigestOf("weights of " + o.c.Name)}
		})
	}
	for _, o := range parties {
		talk(o, func(decision.Topic, int64) decision.Act {
			return decision.Act{Verb: decision.Commit, Commit: DigestOf("scores of " + o.c.Name)}
		})
	}
	talk(opener, func(decision.Topic, int64) decision.Act {
		return decision.Act{Verb: decision.MakeOffer, Offer: Offer(1, 800)}
	})
	for _, o := range others {
		talk(o, func(t decision.Topic, _ int64) decision.Act {
			return decision.Act{Verb: decision.AcceptOffer, Accept: &decision.Acceptance{Round: 1, Offer: t.Offers[0].Entry}}
		})
	}
	if err != nil {
		return document, err
	}
	err = w.say(parties[0], func(r *protocol.Replica, now int64) (protocol.Draft, error) {
		t, _, err := newest(r)
		if err != nil {
			return protocol.Draft{}, err
		}
		doc, err := Agreement(r, w.cast, t, now+3*Day, 0, m.about...)
		if err != nil {
			return protocol.Draft{}, err
		}
		m.agreed(&doc)
		d, err := Body(protocol.KindDraft, doc.Sorted())
		if err == nil {
			document = d.Body.CID
		}
		return d, err
	})
	for range 2 { // officers of each
		for _, o := range parties {
			if err == nil {
				err = w.say(o, func(r *protocol.Replica, _ int64) (protocol.Draft, error) { return o.sign(r, document, false) })
			}
		}
	}
	for _, o := range w.offices {
		if err == nil {
			err = o.view(0, func(r *protocol.Replica) error {
				row, _, err := r.Round(document)
				if err == nil && row.Verdict != decision.Final {
					err = fmt.Errorf("%s holds what all signed as %s", o.c.Name, row.Verdict)
				}
				return err
			})
		}
	}
	return document, err
}

// newest is the topic that was opened last.
func newest(r *protocol.Replica) (t decision.Topic, found bool, err error) {
	topics, err := r.Topics()
	if err != nil || len(topics) == 0 {
		return t, false, err
	}
	return topics[len(topics)-1], true, nil
}

// agreeTerms brings terms into force, and with three parties a campaign of all, and moves the time to where the first month is over.
func (w *world) agreeTerms() error {
	err := w.calmly(func() error {
		parties := w.parties()
		buyer, seller := parties[0], parties[1]
		service := ServiceTerms
		if w.circles[0].genesis.Arbiter != nil {
			service = ArbiterTerms
		}
		root, err := w.share(seller, func(now int64) any { return service("frame", now) })
		if err != nil {
			return err
		}
		m := matter{kind: decision.Commercial, about: []block.CID{root}}
		m.agreed = func(doc *decision.Agreement) {
			inForce := decision.Effect{Kind: decision.TermsInForce, Party: seller.c.ID, Cell: doc.Effects[0].Cell, Artifact: &root}
			doc.Effects = []decision.Effect{inForce}
			doc.From, doc.Expires = calendar.MustDate("2027-01-01"), calendar.MustDate("2028-01-01")
			if len(parties) > 2 {
				doc.Effects = append(doc.Effects, campaignEffect(buyer.c.ID))
			}
		}
		if len(parties) > 2 {
			events, err := w.share(buyer, func(now int64) any { return Campaign("events", 0, nil, now, campaign.Proposed, 400) })
			if err != nil {
				return err
			}
			m.kind, m.about = decision.JointMarketing, append(m.about, events)
		}
		w.frame, err = w.conclude(m)
		return err
	})
	if err != nil {
		return err
	}
	w.now = creditsBegin
	for _, o := range w.offices {
		err := o.view(0, func(r *protocol.Replica) error {
			list, err := r.TermsInForce(january.Start)
			if err == nil && len(list) != 1 {
				err = fmt.Errorf("%s holds %d terms in force that all signed", o.c.Name, len(list))
			}
			return err
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// campaignEffect is what the event of Campaign adds in March.
func campaignEffect(company block.CID) decision.Effect {
	return decision.Effect{Kind: decision.CampaignPlanned, Party: company, Quantity: quantity.Of(400), Unit: "PK", Ref: "spring",
		Cell: decision.Cell{Product: Product, Region: "CI", Bucket: Months[2]}}
}
