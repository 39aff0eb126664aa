package desk

import (
	"cmp"
	"errors"
	"fmt"
	"slices"

	"kontor/node"
	"kontor/protocol"
	"kontor/protocol/block"
	"kontor/protocol/calendar"
	"kontor/protocol/capacity"
	"kontor/protocol/exception"
	"kontor/protocol/quantity"
	"kontor/protocol/terms"
)

// This file looks for what is no shortage and should still be seen to (practice T4): a forecast beyond its bands, a signal of a chart, an answer that did not
// come. What is found names itself by its cause, from the documents both sides hold and the day, so that both nodes list it under one name; when it was
// first seen is each node's own.

// signalRows keep what was found, by partnership.
const signalRows = "exceptions/signal/"

// maxSignals bounds what one sort of cause raises in one partnership: nobody works off more; the least valuable are told together.
const maxSignals = 100

// reactDays are the working days somebody is given where neither the terms nor the documents name a deadline (practice T1).
const reactDays = 2

// sight is one look at a partnership.
type sight struct {
	d       *Desk
	p       *node.Partnership
	r       *protocol.Replica
	now     int64
	today   calendar.Date
	inForce []terms.Agreed // by contract
	prices  map[string]quantity.Price
	limit   quantity.Money
	match   *capacity.Input // nil while there are not a forecast and a plan
	result  *capacity.Result
}

// cause finds the exceptions of one sort.
type cause struct {
	name string
	find func(*sight) ([]exception.Exception, error)
}

var causes = []cause{
	{"flex", (*sight).flex},
	{"stale input", (*sight).stale},
	{"missing input", (*sight).missing},
	{"overstock", (*sight).overstock},
	{"unmapped product", (*sight).unmapped},
	{"slot review", (*sight).slotReviews},
	{"volatility", (*sight).volatility},
	{"forecast bias", (*sight).bias},
	{"campaign conflict", (*sight).campaigns},
	{"control chart", (*sight).charts},
	{"SLA at risk", (*sight).promises},
	{"value of an index", (*sight).indexes},
	{"overdue remedy", (*sight).unpaid},
	{"overdue milestone", (*sight).late},
	{"rollback condition", (*sight).rollbacks},
	{"disturbance", (*sight).disturbed},
	{"change upstream", (*sight).upstream},
}

// signals looks for all of them. A sort that can't be looked for is told in the log and hides no other.
func (d *Desk) signals(p *node.Partnership) (all []exception.Exception, err error) {
	err = d.node.View(p.PID, func(r *protocol.Replica) error {
		all = nil
		s, err := d.sightOf(p, r)
		if err != nil {
			return err
		}
		for _, c := range causes {
			found, err := c.find(s)
			if err != nil {
				d.node.Log().Warn("a sort of exceptions was not looked for", "sort", c.name, "with", d.PartnerName(p), "reason", err)
				continue
			}
			all = append(all, bounded(found)...)
		}
		return nil
	})
	return all, err
}

func (d *Desk) sightOf(p *node.Partnership, r *protocol.Replica) (*sight, error) {
	s := &sight{d: d, p: p, r: r, now: d.node.Now()}
	s.today = calendar.DateOf(s.now)
	var err error
	if s.inForce, err = r.TermsInForce(s.today); err != nil {
		return nil, err
	}
	in, err := d.MatchInput(p, r)
	var missing *node.Failure
	switch {
	case errors.As(err, &missing):
	case err != nil:
		return nil, err
	default:
		if result, err := Match(in); err == nil { // what can't be matched shows no shortage, and the match says why
			s.match, s.result = &in, &result
		}
	}
	policy, err := d.policy(in)
	s.prices, s.limit = policy.Prices, policy.DeskLimit
	return s, err
}

// bounded keeps the most valuable of one sort, and tells the others as one.
func bounded(found []exception.Exception) []exception.Exception {
	exception.Sort(found)
	if len(found) <= maxSignals {
		return found
	}
	kept, rest := found[:maxSignals-1], found[maxSignals-1:]
	more := rest[0]
	more.Scope = exception.Scope{Buckets: more.Scope.Buckets}
	more.ID = exception.NewID(more.Kind, exception.Scope{Group: "more"})
	more.Cause = fmt.Sprintf("and %s of the same sort, each worth less", node.Count(len(rest), "other"))
	more.Units, more.UnitsMax, more.Value = quantity.Quantity{}, quantity.Quantity{}, quantity.Money{}
	for _, e := range rest {
		more.Scope.Buckets.Start, more.Scope.Buckets.End = min(more.Scope.Buckets.Start, e.Scope.Buckets.Start), max(more.Scope.Buckets.End, e.Scope.Buckets.End)
		more.Deadline = min(more.Deadline, e.Deadline)
	}
	return append(kept, more)
}

// named gives a finding the name that follows from its cause: its kind, what of its scope does not move, and the documents that made it.
func named(e exception.Exception, scope exception.Scope, sources ...block.CID) exception.Exception {
	e.ID = exception.NewID(e.Kind, scope, sources...)
	return e
}

// priceOf is what a unit of a product is worth: by the price this company keeps, else by the terms in force, which are the same on both nodes.
func (s *sight) priceOf(product string, unit quantity.Unit) (quantity.Price, bool) {
	if product == "" {
		return quantity.Price{}, false
	}
	if price, kept := s.prices[product]; kept {
		return price, true
	}
	return agreedPrice(s.inForce, unit, s.today, product)
}

// agreedPrice is what a unit of a product is worth by the first of some terms that prices it.
func agreedPrice(inForce []terms.Agreed, unit quantity.Unit, day calendar.Date, ids ...string) (quantity.Price, bool) {
	for _, a := range inForce {
		if price, ok := a.Document.UnitPrice(unit, day, ids...); ok {
			return price, true
		}
	}
	return quantity.Price{}, false
}

// valued puts a value on units of a product, by the price this company keeps or that of the terms, and says who sees to it: the desk up to its limit, above it and where no
// value is known the officer. It is the side's own affair what a unit is worth to it. of says what the units are.
func (s *sight) valued(e exception.Exception, of, desk string) (exception.Exception, error) {
	e, err := s.priced(e, of)
	e.Speed, e.Role = exception.Officers, e.Kind.Officer()
	if err == nil && e.Value != (quantity.Money{}) && s.deskMay(e.Value) {
		e.Speed, e.Role = exception.Desk, desk
	}
	return e, err
}

// forDesk is valued where nothing is lost by waiting: without a known value the desk sees to it too.
func (s *sight) forDesk(e exception.Exception, of, desk string) (exception.Exception, error) {
	e, err := s.valued(e, of, desk)
	if e.Value == (quantity.Money{}) {
		e.Speed, e.Role = exception.Desk, desk
	}
	return e, err
}

// priced puts the value on units where a price of the product is known; otherwise what they are stands alone.
func (s *sight) priced(e exception.Exception, of string) (exception.Exception, error) {
	if e.UnitsMax.IsZero() {
		return e, nil
	}
	if price, known := s.priceOf(e.Scope.Product, e.Unit); known {
		return e.Priced(e.UnitsMax, of, price)
	}
	e.Worth = fmt.Sprintf("%s %s", e.Unit.Said(e.UnitsMax.String()), of)
	if e.Scope.Product != "" {
		e.Worth += "; no price of " + e.Scope.Product + " is known here"
	}
	return e, nil
}

// atStake is the most that the remedies of a clause may come to where they name an amount.
func atStake(e exception.Exception, doc terms.Document, sla string) exception.Exception {
	for _, r := range doc.Remedies {
		if r.SLA == sla && r.Amount != nil && e.Value.Minor < r.Amount.Minor {
			e.Value = *r.Amount
			e.Worth = fmt.Sprintf("remedy %s of %s: %s", r.ID, doc.Contract, r.Amount)
		}
	}
	return e
}

func (s *sight) deskMay(value quantity.Money) bool {
	order, err := value.Cmp(s.limit)
	return err == nil && order <= 0
}

// workday is the end of the n-th working day after a day, ms UTC, by the calendar of the terms in force, else without Saturdays and Sundays.
func (s *sight) workday(after calendar.Date, n int) int64 {
	days := calendar.Workdays{}
	if len(s.inForce) > 0 {
		days = s.inForce[0].Document.Calendar.Workdays()
	}
	return days.Add(after, n).AddDays(1).Millis() - 1
}

// observed brings the tracks of what names itself up to what is found now, and reads them.
func (d *Desk) observed(p *node.Partnership) ([]exception.Track, error) {
	d.register.Lock()
	defer d.register.Unlock()
	found, err := d.signals(p)
	if err != nil {
		return nil, err
	}
	stored, err := d.signalTracks(p)
	if err != nil {
		return nil, err
	}
	tracks := exception.Observe(stored, d.node.Now(), found)
	if slices.EqualFunc(stored, tracks, sameTrack) {
		return tracks, nil
	}
	return tracks, d.putTracks(signalRows+p.PID.String()+"/", stored, tracks)
}

// signalTracks reads what was found before.
func (d *Desk) signalTracks(p *node.Partnership) (tracks []exception.Track, err error) {
	err = d.node.ReadPrivate(func(rows node.PrivateRows) error {
		tracks, err = scanRows[exception.Track](rows, signalRows+p.PID.String()+"/")
		return err
	})
	slices.SortFunc(tracks, func(a, b exception.Track) int {
		return cmp.Or(cmp.Compare(a.Raised.T, b.Raised.T), slices.Compare(a.ID[:], b.ID[:]))
	})
	return tracks, err
}

// signalViews are the exceptions that name themselves, with who answers for each and what became of it.
func (d *Desk) signalViews(p *node.Partnership, tracks []exception.Track, said protocolView) (now, all []ExceptionView) {
	for _, t := range tracks {
		v := d.view(p, t, t.Newest(), t.Gone == nil, said)
		all = append(all, v)
		if t.Gone == nil {
			now = append(now, v)
		}
	}
	return now, all
}
