package protocol_test

import (
	"slices"
	"testing"

	"kontor/protocol"
	"kontor/protocol/calendar"
	"kontor/protocol/feed"
	"kontor/protocol/forecast"
	"kontor/protocol/measure"
	"kontor/protocol/quality"
	"kontor/protocol/quantity"
	"kontor/protocol/remedy"
	"kontor/protocol/terms"
	"kontor/testnet/virtual"
)

// window is the row of a month of an SLA, the same on both nodes.
func (y *year) window(sla, month string) (row protocol.SLARow) {
	y.t.Helper()
	if err := y.buyer.View(func(r *protocol.Replica) (err error) {
		row, _, err = r.SLAWindow(remedy.Window{Contract: "FRAME-2027", SLA: sla, Period: calendar.MustBucket(month)})
		return err
	}); err != nil {
		y.t.Fatal(err)
	}
	return row
}

// A node that is down while its reports are due neither pays for it nor gains by it: the working days that the other side's entries show move the deadline,
// for both, by five at most. Who is only silent about its report gets no day, nor does who wrote elsewhere in its feed.
func TestOutageMovesADeadline(t *testing.T) {
	for _, c := range []struct {
		name   string
		down   bool // the seller's node, from 6 February
		record bool // the buyer writes each day of that time
		until  string
		silent []terms.Party
	}{
		{"down, by the buyer's record", true, true, "2027-02-19", nil},
		{"down, and nobody saw it", true, false, "2027-02-12", []terms.Party{terms.Seller}},
		{"up, and silent about its report", false, true, "2027-02-12", []terms.Party{terms.Seller}},
	} {
		t.Run(c.name, func(t *testing.T) {
			y := newYear(t, nil)
			y.s.Now = calendar.MustDate("2027-02-05").Millis() + 12*virtual.Hour
			y.report(y.buyer, "2027-01", counted{due: 20, good: 15})
			y.beat(y.s.Parties()...)
			for day := calendar.MustDate("2027-02-06"); c.record && day < calendar.MustDate("2027-02-18"); day = day.AddDays(1) {
				y.s.Now = day.Millis() + 12*virtual.Hour
				if !c.down {
					y.beat(y.s.Parties()...)
					continue
				}
				must[feed.Entry](t)(y.buyer.Write(protocol.Draft{Kind: protocol.KindHeartbeat}))
			}
			y.s.Now = calendar.MustDate("2027-02-18").Millis() + 9*virtual.Hour
			y.report(y.seller, "2027-01", counted{due: 20, good: 15})
			y.beat(y.s.Parties()...)
			y.s.Now = calendar.MustDate("2027-02-22").Millis() + 12*virtual.Hour
			y.beat(y.s.Parties()...)
			sameRows(t, y.s.Desks...)
			row := y.window("otif", "2027-01")
			if got := calendar.DateOf(row.Until).String(); got != c.until || row.State != protocol.SLAEvaluated || !slices.Equal(row.First.Silent, c.silent) {
				t.Fatalf("%s until %s, outages %v, result %+v; want corrections until %s, silent %v", row.State, got, row.Outages, row.First, c.until, c.silent)
			}
			if moved := c.until != "2027-02-12"; moved != (len(row.Outages) == 1 && row.Outages[0].Member == y.seller.ID && row.Outages[0].Days == protocol.MaxOutage) {
				t.Fatalf("outages %v", row.Outages)
			}
		})
	}
}

// A side that writes nothing at all holds a window up until the other records its silence, seven days after the deadline; no earlier, by nobody who did
// not pass it, and of nobody who wrote. What follows stands when the settled line moves.
func TestSilenceAfterADeadlineIsRecorded(t *testing.T) {
	y := newYear(t, nil)
	w := remedy.Window{Contract: "FRAME-2027", SLA: "otif", Period: calendar.MustBucket("2027-01")}
	lapse := func(d *virtual.Desk, day string) []string {
		y.s.Now = calendar.MustDate(day).Millis() + 12*virtual.Hour
		return codesOf(t, d, write(t, d, protocol.KindRemedy, remedy.Act{Verb: remedy.Lapse, Window: &w}))
	}
	y.s.Now = calendar.MustDate("2027-02-02").Millis() + 12*virtual.Hour
	y.report(y.buyer, "2027-01", counted{due: 20, good: 15})
	y.beat(y.s.Parties()...)
	if codes := lapse(y.buyer, "2027-02-11"); !slices.Equal(codes, []string{remedy.CodeLapse}) {
		t.Fatalf("recorded before the deadline: %v", codes)
	}
	if codes := lapse(y.buyer, "2027-02-17"); !slices.Equal(codes, []string{remedy.CodeLapse}) {
		t.Fatalf("recorded five days after the deadline: %v", codes)
	}
	// The buyer's own entry of the 11th shows that nothing was heard of the seller that day: the deadline is the 15th.
	if codes := lapse(y.buyer, "2027-02-20"); !slices.Equal(codes, []string{remedy.CodeLapse}) {
		t.Fatalf("recorded five days after the deadline that an outage moved: %v", codes)
	}
	if codes := lapse(y.buyer, "2027-02-23"); len(codes) > 0 {
		t.Fatalf("refused eight days after the deadline: %v", codes)
	}
	row := y.window("otif", "2027-01")
	if row.State != protocol.SLAEvaluated || row.First.Why != remedy.BySilence || row.First.Verdict != remedy.Missed || !slices.ContainsFunc(row.Passed, func(x protocol.SLAPassing) bool { return x.Lapsed && x.Member == y.seller.ID }) {
		t.Fatalf("%s %+v %v", row.State, row.First, row.Passed)
	}
	stands := func() (ok bool) {
		if err := y.buyer.View(func(r *protocol.Replica) (err error) { ok, err = r.SLAStands(w); return err }); err != nil {
			t.Fatal(err)
		}
		return ok
	}
	if stands() {
		t.Fatal("a result stands above the settled line")
	}
	// The seller comes back with its report: too late for the first word, in time to rebut it.
	y.s.Now = calendar.MustDate("2027-02-24").Millis() + 12*virtual.Hour
	y.report(y.seller, "2027-01", counted{due: 20, good: 20})
	y.beat(y.s.Parties()...)
	y.beat(y.s.Parties()...)
	sameRows(t, y.s.Desks...)
	if row = y.window("otif", "2027-01"); !stands() || row.First.Why != remedy.BySilence {
		t.Fatalf("when the line moved: stands %t, %+v", stands(), row.First)
	}
	s := y.s
	s.Now = calendar.MustDate("2027-03-05").Millis()
	must[feed.Entry](t)(y.seller.Write(protocol.Draft{Kind: protocol.KindHeartbeat}))
	meet(t, s)
	if codes := lapse(y.buyer, "2027-03-20"); !slices.Equal(codes, []string{remedy.CodeLapse}) {
		y.t.Fatalf("recorded of one that wrote: %v", codes)
	}
}

// Quality, forecasts and answers are measured in the fold like deliveries are: from what both nodes hold.
func TestOtherMeasuresInTheFold(t *testing.T) {
	setting := measure.Setting{"actualBasis": "RECEIPT", "lag": "0"}
	define := func(code measure.Code, set measure.Setting) measure.Definition {
		d, err := measure.Define(code, set)
		if err != nil {
			t.Fatal(err)
		}
		return d
	}
	y := newYear(t, func(d *terms.Document) {
		d.Loop.AnswerDays = 3
		add := func(id string, by terms.Party, m measure.Definition, target string, most bool) {
			s := d.SLAs[0]
			s.ID, s.Name, s.By, s.Measure, s.Target, s.AtMost, s.MinSample, s.Exclusions = id, id, by, m, quantity.MustParse(target), most, 1, nil
			d.SLAs = append(d.SLAs, s)
		}
		add("ppm", terms.Seller, define(measure.DefectPPM, nil), "500", true)
		add("accuracy", terms.Buyer, define(measure.WAPE, setting), "0.2", true)
		add("answers", terms.Seller, define(measure.AnsweredOnTime, nil), "0.9", false)
		add("adherence", terms.Seller, define(measure.Adherence, nil), "0.95", false)
		add("whole", terms.Seller, define(measure.MedianDays, nil), "0.95", false)
		d.Remedies = append(d.Remedies, terms.Remedy{ID: "bad goods", SLA: "ppm", Kind: terms.Flat, Amount: &quantity.Money{Minor: 5_000, Currency: "EUR"}, Cap: &quantity.Money{Minor: 50_000, Currency: "EUR"}, CapPeriod: terms.PerYear, AutoApply: true, DisputeDays: 10})
	})
	s := y.s
	at := func(day string) { s.Now = calendar.MustDate(day).Millis() + 12*virtual.Hour }
	// A forecast of March in February, answered in two days; a revision two days before March that nobody answers; one in March, answered a week late.
	at("2027-02-08")
	month := calendar.MustBucket("2027-03")
	forecastOf := func(revision int64, parent *feed.Entry, mean int64) feed.Entry {
		doc := virtual.Forecast("march", revision, nil, s.Now, mean)
		if parent != nil {
			doc.Header.Parent = parent.Header.Body
		}
		doc.Lines[0].Buckets[0].Bucket = month
		e := share(t, y.buyer, doc)
		if codes := codesOf(t, y.buyer, e); len(codes) > 0 {
			t.Fatal(codes)
		}
		meet(t, s)
		return e
	}
	answer := func(series string, to feed.Entry) {
		doc := must[forecast.Document](t)(func() (d forecast.Document, err error) {
			err = y.seller.View(func(r *protocol.Replica) error { d, err = r.Forecast(*to.Header.Body); return err })
			return d, err
		}())
		e := share(t, y.seller, virtual.Answer(series, 0, nil, s.Now, *to.Header.Body, doc))
		if codes := codesOf(t, y.seller, e); len(codes) > 0 {
			t.Fatal(codes)
		}
		meet(t, s)
	}
	first := forecastOf(0, nil, 1000)
	at("2027-02-10")
	answer("a0", first)
	at("2027-02-27")
	second := forecastOf(1, &first, 1500)
	at("2027-03-08")
	third := forecastOf(2, &second, 1600)
	at("2027-03-19")
	answer("a2", third)
	at("2027-04-02")
	for _, d := range []*virtual.Desk{y.buyer, y.seller} {
		doc := virtual.Quality(d.Name, 0, nil, s.Now, quality.Blocked, 9)
		doc.Measures[0].Period = month
		if codes := codesOf(t, d, share(t, d, doc)); len(codes) > 0 {
			t.Fatal(codes)
		}
		y.report(d, "2027-03", counted{due: 20, good: 12}) // 2,000 came
	}
	for _, day := range []string{"2027-04-16", "2027-04-18", "2027-05-04", "2027-05-06"} {
		at(day)
		y.beat(s.Parties()...)
	}
	sameRows(t, s.Desks...)
	for _, want := range []struct {
		sla, value string
		verdict    remedy.Verdict
		count      int64
		why        remedy.Why
	}{
		{"ppm", "900", remedy.Missed, 10_000, ""},
		{"accuracy", "0.25", remedy.Missed, 1, ""}, // 1,500 stood when March began, 2,000 came
		{"answers", "0", remedy.Missed, 2, ""},     // due on 3 and 11 March: neither was answered by then
		{"adherence", "1", remedy.Met, 1, ""},      // 1,000 were committed in February; more came
		{"whole", "", remedy.NotMeasured, 0, remedy.Unsupported},
	} {
		if r := y.judged(want.sla, want.verdict, want.value, want.count); r != nil && r.Why != want.why {
			t.Errorf("%s: %s, want %s", want.sla, r.Why, want.why)
		}
	}
	if i := y.one("2027-03", remedy.Kind(terms.Flat)); i.Amount.Minor != 5_000 || i.SLA != "ppm" {
		t.Errorf("bad goods bring %s", i)
	}
}

// judged asks for how the window of March ended, and returns its result; nil: it has none.
func (y *year) judged(sla string, verdict remedy.Verdict, value string, count int64) *remedy.Result {
	y.t.Helper()
	row := y.window(sla, "2027-03")
	r := row.Result()
	if r == nil {
		y.t.Errorf("%s: %s without a result", sla, row.State)
		return nil
	}
	got := ""
	if r.Value != nil {
		got = r.Value.String()
	}
	if row.State != protocol.SLAFinal || r.Verdict != verdict || got != value || r.Count != count {
		y.t.Errorf("%s: %s %s at %q of %d (%s %s), want %s at %q of %d", sla, row.State, r.Verdict, got, r.Count, r.Why, r.Reason, verdict, value, count)
	}
	return r
}
