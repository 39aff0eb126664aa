package virtual

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"kontor/protocol"
	"kontor/protocol/block"
	"kontor/protocol/decision"
	"kontor/protocol/forecast"
	"kontor/protocol/quantity"
)

func (w *world) openTopic(o *office, p int) build {
	length := Day + w.rng.Int64N(20*Day)
	return func(r *protocol.Replica, now int64) (protocol.Draft, error) {
		var context []block.CID
		if row, found, err := inForce(r, forecast.Type, block.CID{}); err != nil {
			return protocol.Draft{}, err
		} else if found {
			context = []block.CID{row.Root}
		}
		proposal := Proposal(r.Genesis, o.c.ID, now+length, context...)
		return Body(protocol.KindTopic, decision.Act{Verb: decision.ProposeTopic, Propose: &proposal})
	}
}

// topicStep does what the newest topic waits for from this company; there is none: it opens one.
func (w *world) topicStep(o *office, p int) build {
	open, s := w.openTopic(o, p), stance{cast: w.cast, office: o, lapse: w.lapse(o)}
	s.volume = w.rng.Int64N(1000)
	s.lift = w.rng.IntN(2) == 0
	s.accept, s.decline, s.reopen = w.rng.IntN(4) > 0, w.rng.IntN(40) == 0, w.rng.IntN(30) == 0
	s.signBy = 2*Hour + w.rng.Int64N(5*Day)
	s.story = p == 0 && w.story == agreementStory
	if s.story {
		length, k := 4*Day+w.rng.Int64N(20*Day), w.rng.IntN(1<<20)
		s.decline = s.decline && k%4 == 0
		open = func(r *protocol.Replica, now int64) (protocol.Draft, error) { return openMatter(r, o, now, length, k) }
	}
	return func(r *protocol.Replica, now int64) (protocol.Draft, error) {
		if standing, err := r.Standing(); err != nil {
			return protocol.Draft{}, err
		} else if standing == "suspended" && s.lift {
			return Body(protocol.KindSuspend, protocol.PartnershipAct{Reason: "audit passed", Lift: true})
		}
		topics, err := r.Topics()
		if err != nil {
			return protocol.Draft{}, err
		}
		i := len(topics) - 1
		if i < 0 || !topics[i].Status.Active() {
			return open(r, now)
		}
		return s.step(r, now, topics[i])
	}
}

// stance is how a company behaves in the topic it finds, drawn before it looks at it.
type stance struct {
	cast                          Cast
	office                        *office
	lapse                         build
	volume                        int64
	signBy                        int64 // ms after the draft
	lift, accept, decline, reopen bool
	story                         bool // agreements are shaped, amended and ended
}

// step is what the company says next in an active topic.
func (s stance) step(r *protocol.Replica, now int64, t decision.Topic) (protocol.Draft, error) {
	j := slices.IndexFunc(t.Parties, func(q decision.Participant) bool { return q.Company == s.office.c.ID })
	if j < 0 {
		return protocol.Draft{}, errIdle // the witness watches
	}
	act := decision.Act{Topic: &t.ID}
	me, last := t.Parties[j], int64(len(t.Offers))
	switch {
	case s.decline && t.Status != decision.Signing:
		act.Verb, act.Reason = decision.Decline, "another supplier"
	case t.Status == decision.Proposed && !me.Joined:
		act.Verb = decision.Join
	case t.Status == decision.InContext && !me.Ready:
		act.Verb = decision.Ready
		if me.Weights == nil {
			act.Weights = DigestOf("weights of " + s.office.c.Name)
		} else if me.Commitment != nil {
			act.Keep = true
		}
	case t.Status == decision.Scoring && (me.Commitment == nil || me.Old):
		act.Verb, act.Commit = decision.Commit, DigestOf(fmt.Sprint("scores of ", s.office.c.Name, s.volume))
	case t.Status == decision.Negotiation && last > 0 && me.Accepted != last && s.accept:
		act.Verb, act.Accept = decision.AcceptOffer, &decision.Acceptance{Round: last, Offer: t.Offers[last-1].Entry}
	case t.Status == decision.Negotiation && (last == 0 || me.Accepted != last || t.Offers[last-1].By != s.office.c.ID):
		act.Verb, act.Offer = decision.MakeOffer, Offer(last+1, s.volume)
	case t.Status == decision.Signing && t.Document == nil:
		return s.draft(r, now, t)
	case t.Status == decision.Signing && s.reopen && !t.Bound:
		act.Verb, act.Offer = decision.MakeOffer, Offer(last+1, s.volume)
	case t.Status == decision.Signing:
		d, err := s.office.sign(r, *t.Document, false)
		if errors.Is(err, errIdle) {
			return s.lapse(r, now)
		}
		return d, err
	default:
		return protocol.Draft{}, errIdle
	}
	return Body(protocol.KindTopic, act)
}

// draft is the document of what a topic agreed.
func (s stance) draft(r *protocol.Replica, now int64, t decision.Topic) (protocol.Draft, error) {
	var named []block.CID
	if row, found, err := inForce(r, forecast.Type, block.CID{}); err == nil && found && s.accept {
		named = []block.CID{row.Root}
	}
	doc, err := Agreement(r, s.cast, t, now+s.signBy, 1000_00, named...)
	if err == nil && s.story {
		doc, err = shape(r, doc, t, now)
	}
	if err != nil {
		return protocol.Draft{}, err
	}
	return Body(protocol.KindDraft, doc)
}

// sign is the next missing signature of this company; late ones only when forced.
func (o *office) sign(r *protocol.Replica, document block.CID, late bool) (protocol.Draft, error) {
	row, found, err := r.Round(document)
	if err != nil || !found {
		return protocol.Draft{}, orIdle(err)
	}
	doc, err := r.Agreement(document)
	if err != nil {
		return protocol.Draft{}, err
	}
	if o.now() > row.SignBy && !late {
		return protocol.Draft{}, errIdle
	}
	for _, officer := range officersFor(doc, o.c.ID) {
		if officer == "CFO" && o.at >= CFORevoked || officer == CFO2 && o.at < CFOBack {
			continue
		}
		pub := o.c.Officer(officer).Public()
		signed := slices.ContainsFunc(row.Signatures, func(c decision.Collected) bool {
			return c.Key == pub || c.Company == o.c.ID && c.Role == Role(officer)
		})
		if !signed {
			s, err := RoleSignature(o.c, o.at, officer, doc, document)
			if err != nil {
				return protocol.Draft{}, err
			}
			return Body(protocol.KindSignature, s)
		}
	}
	return protocol.Draft{}, errIdle
}

// officersFor are the officers whose signatures a document asks of a company, both keys of the CFO among them.
func officersFor(doc decision.Agreement, company block.CID) []string {
	i := slices.IndexFunc(doc.Parties, func(p decision.AgreementParty) bool { return p.Company == company })
	return slices.DeleteFunc([]string{"COO", "CFO", CFO2, "CMO", "CTO"}, func(officer string) bool {
		return i < 0 || !strings.Contains(doc.Parties[i].Quorum, string(Role(officer)))
	})
}

// anyRound picks a round.
func (w *world) anyRound(r *protocol.Replica, n int) (protocol.RoundRow, error) {
	rounds, err := r.Rounds()
	if err != nil || len(rounds) == 0 {
		return protocol.RoundRow{}, orIdle(err)
	}
	return rounds[n%len(rounds)], nil
}

// lapse records a party's silence where that is possible.
func (w *world) lapse(o *office) build {
	n := w.rng.IntN(100)
	return func(r *protocol.Replica, now int64) (protocol.Draft, error) {
		row, err := w.anyRound(r, n)
		if err != nil {
			return protocol.Draft{}, err
		}
		for _, party := range row.Parties {
			if party.Company != o.c.ID && party.Ack == nil && party.Void == nil {
				return Body(protocol.KindLapse, protocol.Lapse{Document: row.Document, Party: party.Company})
			}
		}
		return protocol.Draft{}, errIdle
	}
}

// witness is the witness's word, where there is one.
func (w *world) witness(o *office, p int) build {
	n := w.rng.IntN(100)
	return func(r *protocol.Replica, now int64) (protocol.Draft, error) {
		if r.Genesis.Witness == nil || *r.Genesis.Witness != o.c.ID {
			return protocol.Draft{}, errIdle
		}
		row, err := w.anyRound(r, n)
		if err != nil {
			return protocol.Draft{}, err
		}
		kind := protocol.KindResolve
		if now >= row.SignBy+decision.Grace {
			kind = protocol.KindAbort
		}
		return Body(kind, protocol.Witnessing{Document: row.Document})
	}
}

// badAct is something the rules must refuse alike everywhere. Its author's program does not ask its own fold.
func (w *world) badAct(o *office, p int, role string) build {
	n, k := w.rng.IntN(8), w.rng.IntN(100)
	return func(r *protocol.Replica, now int64) (protocol.Draft, error) {
		switch n {
		case 0: // falling quantiles
			doc := Forecast(fmt.Sprint("bad ", k), 0, nil, now, 100, 100)
			doc.Lines[0].Buckets[0].Quantiles[2].Q = quantity.Of(1)
			return Share(doc)
		case 1: // a product outside the scope
			doc := Forecast(fmt.Sprint("foreign ", k), 0, nil, now, 100, 100)
			doc.Lines[0].Item.BuyersID = "OTHER"
			return Share(doc)
		case 2: // an answer to a forecast that was superseded, or never shared
			rows, err := r.Versions(forecast.Type)
			if err != nil || len(rows) == 0 {
				return protocol.Draft{}, orIdle(err)
			}
			row := rows[k%len(rows)]
			doc, err := r.Forecast(row.Root)
			if err != nil {
				return protocol.Draft{}, err
			}
			return Share(Answer(fmt.Sprint("late answer ", k), 0, nil, now, row.Root, doc))
		case 3: // the value is above the mandate
			return w.closeAbove(o, r, k)
		case 4: // a mandate the desk grants to itself
			return SignedBody(protocol.KindMandateGrant, protocol.MandateSignature, o.c.Desk, MandateOf(r, o.c, now))
		case 5, 6: // a signature of the wrong officer, by a revoked key, too late, or a second time
			row, err := w.anyRound(r, k)
			if err != nil {
				return protocol.Draft{}, err
			}
			doc, err := r.Agreement(row.Document)
			if err != nil {
				return protocol.Draft{}, err
			}
			officer := []string{"CMO", "CFO", "COO", CFO2}[k%4]
			s, err := RoleSignature(o.c, o.at, officer, doc, row.Document)
			if err != nil {
				return protocol.Draft{}, errIdle // the witness is no party
			}
			return Body(protocol.KindSignature, s)
		default: // the witness's word by somebody else, or out of time
			row, err := w.anyRound(r, k)
			if err != nil {
				return protocol.Draft{}, err
			}
			return Body([]string{protocol.KindResolve, protocol.KindAbort}[k%2], protocol.Witnessing{Document: row.Document})
		}
	}
}

func (w *world) closeAbove(o *office, r *protocol.Replica, k int) (protocol.Draft, error) {
	return SignedBody(protocol.KindExceptionClose, protocol.ExceptionSignature, o.c.Desk, ExceptionOf(r, fmt.Sprintf("large-%d", k), 100_01))
}
