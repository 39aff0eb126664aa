package desk

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"kontor/node"
	"kontor/node/intake"
	"kontor/protocol/artifact"
	"kontor/protocol/block"
	"kontor/protocol/calendar"
	"kontor/protocol/capacity"
	"kontor/protocol/exception"
	"kontor/protocol/performance"
	"kontor/protocol/quantity"
)

// This file raises what is recorded for a partner without a node: shortages of its match, what no line makes, a template that did not come back, figures that are
// old, forecasts that err to one side. It is this company's to see to, because a guest keeps no list; nothing of it leaves, and nobody signs over it.

// Rows of what was found about guests, by the key of the guest: what the match shows keeps its name by place and days, the rest by its cause.
const (
	guestTrackRows  = "exceptions/guest/match/"
	guestSignalRows = "exceptions/guest/signal/"
)

// guestBases are the actuals that a guest's forecasts are set against: the first of them that was counted with it. A shop reports what it sold; else what
// it ordered stands for what it needed, and what moved for what it was given.
var guestBases = []string{"CONSUMPTION", "POS", "ORDER_IN_FORCE", "RECEIPT", "SHIPMENT"}

// GuestExceptions lists what somebody should do something about with a partner without a node, most valuable first; with all, those that are over too.
func (d *Desk) GuestExceptions(name string, all bool) ([]ExceptionView, error) {
	guest, err := d.guestNamed(name)
	if err != nil {
		return nil, err
	}
	tracks, err := d.guestTracks(guest)
	if err != nil {
		return nil, err
	}
	out, least := []ExceptionView{}, d.leastUnits()
	for _, t := range tracks {
		v := d.guestView(t)
		measured := v.Kind == exception.Shortage || v.Kind == exception.Overload
		if v.Closed && !all || measured && v.UnitsMax.Cmp(least) <= 0 {
			continue
		}
		out = append(out, v)
	}
	slices.SortStableFunc(out, byValue)
	return out, nil
}

// GuestAlerts measures the exceptions about a partner without a node.
func (d *Desk) GuestAlerts(name string) (AlertReport, error) {
	all, err := d.GuestExceptions(name, true)
	return alertReport(alertQuality(all, "")), err
}

// guestView says what became of one. Nobody closes it: its cause goes, or its deadline passes.
func (d *Desk) guestView(t exception.Track) ExceptionView {
	v := ExceptionView{Exception: t.Newest(), State: ExceptionOpen, Owner: d.node.CompanyName(d.node.Company()), Raised: t.Raised.T, Grade: artifact.GradeC}
	switch {
	case t.Gone != nil:
		v.State, v.Closed, v.ClosedAt, v.ClosedBy, v.Reason = ExceptionGone, true, t.Gone.T, "itself", "its cause is gone with newer records"
		v.Acted = slices.Contains(curedByAct, v.Kind)
	case d.node.Now() >= v.Deadline:
		v.State, v.Closed, v.ClosedAt, v.ClosedBy, v.Reason = ExceptionDefault, true, v.Deadline, "itself", v.Default.Text
	}
	return v
}

// guestTracks brings what was found about a guest up to what is found now, and reads it.
func (d *Desk) guestTracks(guest string) ([]exception.Track, error) {
	d.register.Lock()
	defer d.register.Unlock()
	s := &sight{d: d, now: d.node.Now()}
	s.today = calendar.DateOf(s.now)
	matched, err := s.guestMatched(guest)
	if err != nil {
		return nil, err
	}
	var signals []exception.Exception
	for _, find := range []func(*sight, string) ([]exception.Exception, error){(*sight).guestUnmapped, (*sight).guestStale, (*sight).guestMissing, (*sight).guestBias} {
		found, err := find(s, guest)
		if err != nil {
			return nil, err
		}
		signals = append(signals, bounded(found)...)
	}
	key := countedWithGuest(guest).key + "/"
	var ofMatch, ofSignals []exception.Track
	if err := d.node.ReadPrivate(func(rows node.PrivateRows) (err error) {
		if ofMatch, err = scanRows[exception.Track](rows, guestTrackRows+key); err != nil {
			return err
		}
		ofSignals, err = scanRows[exception.Track](rows, guestSignalRows+key)
		return err
	}); err != nil {
		return nil, err
	}
	next := int64(0)
	for _, t := range ofMatch {
		next = max(next, t.Raised.Step+1, t.Seen[len(t.Seen)-1].Step+1)
		if t.Gone != nil {
			next = max(next, t.Gone.Step+1)
		}
	}
	out := []exception.Track{}
	for _, x := range []struct {
		prefix      string
		stored, now []exception.Track
	}{
		{guestTrackRows + key, ofMatch, exception.Advance(ofMatch, exception.Step{N: next, T: s.now, Found: matched})},
		{guestSignalRows + key, ofSignals, exception.Observe(ofSignals, s.now, signals)},
	} {
		if err := d.putTracks(x.prefix, x.stored, x.now); err != nil {
			return nil, err
		}
		out = append(out, x.now...)
	}
	return out, nil
}

// guestMatched is what the match with a guest shows, and sets the match. Where there is nothing to match, it shows nothing.
func (s *sight) guestMatched(guest string) ([]exception.Exception, error) {
	in, _, err := s.d.guestInput(guest)
	var missing *node.Failure
	if err != nil && !errors.As(err, &missing) {
		return nil, err
	}
	policy, failed := s.d.policy(in)
	if failed != nil {
		return nil, failed
	}
	s.prices, s.limit = policy.Prices, policy.DeskLimit
	if err != nil {
		return nil, nil
	}
	result, err := Match(in)
	if err != nil {
		return nil, nil // what can't be matched shows no shortage, and the match says why
	}
	s.match, s.result = &in, &result
	policy.MinUnits, policy.Issued = quantity.Quantity{}, s.now
	return capacity.Bottlenecks(result, policy)
}

// guestUnmapped raises what a guest needs and no line makes.
func (s *sight) guestUnmapped(string) ([]exception.Exception, error) { return s.unmapped() }

// guestStale raises what was recorded so long ago that nobody would vouch for it (practice T21), for the newest of each kind.
func (s *sight) guestStale(guest string) (out []exception.Exception, err error) {
	list, err := s.d.Guests()
	if err != nil {
		return nil, err
	}
	for _, r := range list {
		if r.Guest != guest || !r.Newest {
			continue
		}
		rec, cells, err := s.d.guest(r.Number)
		if err != nil {
			return nil, err
		}
		doc := rec.forecast(cells)
		span, stale := staleSpan(doc.Header, figureDays(doc), s.now)
		if !stale {
			continue
		}
		e := exception.Exception{Kind: exception.StaleData, Side: exception.Buyer, Speed: exception.Desk, Role: "PLANNER", Scope: exception.Scope{Group: string(r.Kind), Buckets: span},
			Deadline: s.workday(s.today, reactDays), Cause: fmt.Sprintf("the %s recorded for %s on %s is older than figures of %s keep; hand out a new template: kontor guest template", r.Kind, guest, issuedDay(rec.T), span),
			Default: exception.Outcome{Code: exception.OutcomeStaleStands, Text: "If nothing is done these figures go on being used."}}
		if rec.Kind == intake.Answers {
			e.Side = exception.Seller
		}
		if e, err = s.demandOf(e, doc, span); err != nil {
			return nil, err
		}
		out = append(out, named(e, exception.Scope{Group: string(r.Kind)}, guestSource(guest, rec.Template)))
	}
	return out, nil
}

// guestMissing raises a template that was wanted by a day and did not come back: the newest of each kind.
func (s *sight) guestMissing(guest string) (out []exception.Exception, err error) {
	newest, back := map[intake.Kind]guestTemplate{}, map[string]bool{}
	rows := map[intake.Kind][]guestRow{}
	if err := s.d.node.ReadPrivate(func(p node.PrivateRows) error {
		templates, err := scanRows[guestTemplate](p, guestTemplates)
		if err != nil {
			return err
		}
		for _, t := range templates {
			if t.Guest == guest && t.T >= newest[t.Kind].T {
				newest[t.Kind] = t
			}
		}
		for kind, t := range newest {
			if rows[kind], err = readPieces[guestRow](p, guestRows+t.ID+"/"); err != nil {
				return err
			}
		}
		records, err := scanRows[guestRecord](p, guestRecords)
		for _, r := range records {
			back[r.Template] = true
		}
		return err
	}); err != nil {
		return nil, err
	}
	for _, kind := range []intake.Kind{intake.Answers, intake.Forecast} {
		t := newest[kind]
		due, err := calendar.ParseDate(t.Due)
		if err != nil || back[t.ID] || s.today <= due { // no day was named, it is back, or there is time
			continue
		}
		e := exception.Exception{Kind: exception.Missing, Side: exception.Seller, Speed: exception.Desk, Role: "PLANNER", Scope: exception.Scope{Group: string(kind), Buckets: calendar.Bucket{Start: due, End: due.AddDays(1)}},
			Deadline: s.workday(due, reactDays), Cause: fmt.Sprintf("the template for %s, wanted by %s, did not come back: kontor guest take FILE", guest, due),
			Default: exception.Outcome{Code: exception.OutcomeNoCommit, Text: "If nothing comes nothing of what was asked for counts as given."}}
		if kind == intake.Forecast {
			e.Side, e.Default = exception.Buyer, exception.Outcome{Code: exception.OutcomeNotCounted, Text: "If nothing comes what it needs enters no match."}
		} else if e, err = s.demandOf(e, askedDocument(rows[kind], t), calendar.Bucket{}); err != nil {
			return nil, err
		}
		out = append(out, named(e, exception.Scope{Group: string(kind)}, guestSource(guest, t.ID)))
	}
	return out, nil
}

// guestBias raises the products whose forecasts err to one side by more than chance, over what was counted with a guest.
func (s *sight) guestBias(guest string) ([]exception.Exception, error) {
	var m measuring
	m.lag = 1
	if err := s.d.guestVersions(&m, guest); err != nil {
		return nil, err
	}
	if _, err := s.d.guestCounted(&m, guest); err != nil {
		return nil, err
	}
	for _, basis := range guestBases {
		if slices.ContainsFunc(m.settled, func(c performance.Settled) bool { return *c.At(performance.Bases[basis]) != nil }) {
			m.basis = basis
			return s.biased(&m)
		}
	}
	return nil, nil
}

// guestSource names what a template stands for where other exceptions name a document.
func guestSource(guest, template string) block.CID {
	return block.SumRaw([]byte("guest\x00" + guest + "\x00" + template))
}

// lookForGuests looks at every partner without a node, so that what comes and goes while nobody asks is remembered.
func (d *Desk) lookForGuests(ctx context.Context) error {
	var names []string
	if err := d.node.ReadPrivate(func(p node.PrivateRows) error {
		list, err := scanRows[guestTemplate](p, guestTemplates)
		names = names[:0]
		for _, t := range list {
			names = append(names, t.Guest)
		}
		return err
	}); err != nil {
		return err
	}
	slices.Sort(names)
	var all []error
	for _, name := range slices.Compact(names) {
		if err := ctx.Err(); err != nil {
			return err
		}
		if _, err := d.guestTracks(name); err != nil {
			all = append(all, err)
		}
	}
	return errors.Join(all...)
}
