package board

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"kontor/crypto/keys"
	"kontor/node/api/wire"
	"kontor/node/desk"
	"kontor/protocol"
	"kontor/protocol/block"
	"kontor/protocol/decision"
	"kontor/protocol/exception"
	"kontor/protocol/identity"
)

// figures are what a company of the cast shares: demand by month for the agency, capacity by month for the maker.
func months(n int) (out []string) {
	first := time.Now().AddDate(0, 2, 0)
	for i := range n {
		out = append(out, first.AddDate(0, i, 1-first.Day()).Format("2006-01"))
	}
	return out
}

// demands shares a revision of the forecast with these means, month by month.
func (c *circle) demands(t *testing.T, means ...int) {
	t.Helper()
	var fc strings.Builder
	fc.WriteString("product,region,month,unit,mean,q0.1,q0.5,q0.9\n")
	for i, month := range months(len(means)) {
		for _, region := range []string{"CI", "NG"} {
			fmt.Fprintf(&fc, "ZDV-300,%s,%s,PK,%d,%d,%d,%d\n", region, month, means[i]/2, means[i]*4/10, means[i]/2, means[i]*6/10)
		}
	}
	c.shares(t, fc.String())
}

// shares brings a table of forecast to the maker.
func (c *circle) shares(t *testing.T, table string) {
	t.Helper()
	if _, err := c.agency.desk.ImportForecast([]byte(table), desk.ImportOptions{}); err != nil {
		t.Fatal(err)
	}
	shared, err := c.agency.desk.ShareForecast(context.Background(), "", "")
	if err != nil {
		t.Fatal(err)
	}
	soon(t, "the revision at the maker", func() bool {
		l, err := c.maker.desk.Forecasts("")
		return err == nil && slices.ContainsFunc(l, func(f desk.HeldForecast) bool { return f.CID == shared.CID })
	})
}

// both reads the same list at both nodes and fails where they name or judge anything differently.
func (c *circle) both(t *testing.T, all bool) []desk.ExceptionView {
	t.Helper()
	var ours, theirs []desk.ExceptionView
	var err error
	for began := time.Now(); time.Since(began) < time.Minute; time.Sleep(10 * time.Millisecond) {
		if ours, err = c.maker.desk.Exceptions("", all); err != nil {
			t.Fatal(err)
		}
		if theirs, err = c.agency.desk.Exceptions("", all); err != nil {
			t.Fatal(err)
		}
		if brief(ours) == brief(theirs) {
			// That the plan was made for a forecast since changed is an exception of its own.
			return slices.DeleteFunc(ours, func(e desk.ExceptionView) bool { return e.Kind == exception.Invalidated })
		}
	}
	t.Fatalf("the nodes differ:\n%s\n%s", brief(ours), brief(theirs))
	return nil
}

func brief(list []desk.ExceptionView) (out string) {
	for _, e := range list {
		out += fmt.Sprintf("%s %s %s %s %s; ", e.ID, e.Kind, e.Scope.Buckets, e.State, e.ClosedBy)
	}
	return out
}

// One trouble keeps its name over revisions, on both nodes; a desk that closed it does not meet it again unless it grows; it closes by itself when its
// cause goes; what comes back later is another one.
func TestAnExceptionOverItsRevisions(t *testing.T) {
	c := paired(t)
	c.short(t)
	first := c.both(t, false)
	if len(first) != 1 || first[0].Kind != exception.Shortage || first[0].Owner != "Tablet Maker" || first[0].Default.Text == "" || first[0].Deadline == 0 {
		t.Fatalf("%+v", first)
	}
	id := first[0].ID

	c.demands(t, 10000, 10000, 13100, 13100, 10000, 10000)
	second := c.both(t, false)
	if len(second) != 1 || second[0].ID != id || second[0].Units == first[0].Units || second[0].Deadline != first[0].Deadline {
		t.Fatalf("after a revision: %+v", second)
	}

	c.maker.closes(t, id.String())
	soon(t, "closed on both", func() bool { return len(c.both(t, false)) == 0 })
	closed := c.both(t, true)[0]
	if closed.State != desk.ExceptionClosed || closed.ClosedBy != "Tablet Maker" || closed.Reason != "pre-built" || closed.Resolution == "" {
		t.Errorf("closed: %+v", closed)
	}
	c.demands(t, 10000, 10000, 13150, 13150, 10000, 10000)
	if l := c.both(t, false); len(l) != 0 {
		t.Errorf("a revision within the tolerance brings a closed exception back: %s", brief(l))
	}
	if _, err := c.maker.desk.PrepareClose("", id.String(), "", ""); codesOf(err) != "ALREADY_CLOSED" {
		t.Errorf("closed twice: %v", err)
	}
	c.demands(t, 10000, 10000, 16000, 16000, 10000, 10000)
	if l := c.both(t, false); len(l) != 1 || l[0].ID != id || !l[0].Grown || l[0].Speed != exception.Officers {
		t.Errorf("grown by far it is the officers' under its name: %+v", l)
	}

	c.demands(t, 8000, 8000, 8000, 8000, 8000, 8000)
	if l := c.both(t, false); len(l) != 0 {
		t.Errorf("its cause is gone: %s", brief(l))
	}
	c.demands(t, 10000, 10000, 13000, 13000, 10000, 10000)
	back := c.both(t, false)
	if len(back) != 1 || back[0].ID == id || back[0].Grown {
		t.Fatalf("what comes back is another one: %+v\nof %s", back, brief(c.both(t, true)))
	}
	c.demands(t, 8000, 8000, 8000, 8000, 8000, 8000)
	all := c.both(t, true)
	if len(all) != 2 || all[0].State == all[1].State {
		t.Fatalf("one closed by the desk, one gone: %s", brief(all))
	}
	for _, e := range all {
		if e.ID == back[0].ID && (e.State != desk.ExceptionGone || e.ClosedBy != "itself" || e.Reason == "") {
			t.Errorf("%+v", e)
		}
	}
	quality, err := c.agency.desk.Quality("") // with the plan, which was made for a forecast since changed
	if want := (desk.ExceptionQuality{Raised: 3, Open: 1, Acted: 1, Itself: 1, SharePPM: 500_000}); err != nil || quality != want {
		t.Errorf("quality %+v, %v; want %+v", quality, err, want)
	}
}

// closes lets the company's planning desk close an exception under a mandate.
func (c *company) closes(t *testing.T, id string) {
	t.Helper()
	ctx := context.Background()
	p := c.n.Partnerships()[0]
	key := mustKey(t)
	pub := key.Public()
	m := protocol.Mandate{PID: p.PID, Key: pub[:], Holder: "planning", Kinds: []string{protocol.KindExceptionClose}, Products: []string{},
		Limit: identity.Amount{Minor: 100, Currency: "USD"}, From: c.n.Now() - 1000, Until: c.n.Now() + 1_000_000}
	c.carries(t, protocol.KindMandateGrant, c.officers["COO"], protocol.MandateSignature, m)
	form, err := c.desk.PrepareClose("", id, "", "pre-built")
	if err != nil {
		t.Fatal(err)
	}
	form.Close.Value = identity.Amount{Currency: "USD"} // the cast has no prices
	signed, err := protocol.SignDocument(key, protocol.ExceptionSignature, form.Close)
	if err != nil {
		t.Fatal(err)
	}
	data, err := block.Marshal(signed)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.desk.CloseException(ctx, desk.CloseRequest{Signed: data}, ""); err != nil {
		t.Fatal(err)
	}
}

// carries writes an entry with a document that a key of the company's people signed.
func (c *company) carries(t *testing.T, kind string, key keys.Private, label string, doc any) {
	t.Helper()
	signed, err := protocol.SignDocument(key, label, doc)
	if err != nil {
		t.Fatal(err)
	}
	body, err := block.New(signed)
	if err != nil {
		t.Fatal(err)
	}
	_, err = c.n.Write(context.Background(), c.n.Partnerships()[0].PID, "", func(*protocol.Replica, int64) (protocol.Draft, error) {
		return protocol.Draft{Kind: kind, Body: &body}, nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// Where no stock is shared, a line asked for more than it can make is an overload; a topic about it has ways out that make it smaller. A second topic
// about it joins the first, whoever asks; one taken back leaves the exception open.
func TestAnOverloadBecomesATopic(t *testing.T) {
	c := paired(t)
	c.overloaded(t)
	l := c.both(t, false)
	if len(l) != 1 || l[0].Kind != exception.Overload || l[0].Scope.Group != "L1" || l[0].Scope.Product != "" || l[0].Units.String() != "3000" {
		t.Fatalf("%+v", l)
	}
	ctx := context.Background()
	opened, err := c.maker.Open(ctx, By{Role: wire.Planner}, wire.TopicOpenRequest{})
	if err != nil {
		t.Fatal(err)
	}
	c.sees(t, c.agency, opened.Topic, decision.Proposed)
	d, err := c.agency.Show(admin, wire.TopicQuery{Topic: opened.Topic})
	if err != nil {
		t.Fatal(err)
	}
	for _, o := range d.Options[1:] {
		if !o.Expect.Short.Less(d.Options[0].Expect.Short) {
			t.Errorf("option %s leaves %s short, by itself %s are", o.ID, o.Expect.Short, d.Options[0].Expect.Short)
		}
	}
	if _, err := c.agency.Open(ctx, admin, wire.TopicOpenRequest{Exception: l[0].ID.String()}); codesOf(err) != "TOPIC_OPEN" {
		t.Errorf("a second topic about it: %v", err)
	}
	if in := c.both(t, false); len(in) != 1 || in[0].Topic != opened.Topic {
		t.Errorf("in hand: %+v", in)
	}
	act := wire.TopicDeclineRequest{TopicAct: wire.TopicAct{TopicQuery: wire.TopicQuery{Topic: opened.Topic}}, Reason: "opened by mistake"}
	if _, err := c.agency.Withdraw(ctx, admin, act); codesOf(err) != "TOPIC-26" {
		t.Errorf("the partner takes it back: %v", err)
	}
	if _, err := c.maker.Withdraw(ctx, By{Role: wire.Planner}, act); err != nil {
		t.Fatal(err)
	}
	c.sees(t, c.agency, opened.Topic, decision.Withdrawn)
	if in := c.both(t, false); len(in) != 1 || in[0].State != desk.ExceptionOpen {
		t.Errorf("after the topic was taken back: %+v", in)
	}
}

// overloaded gives the circle a forecast above the capacity of two months, and no stock.
func (c *circle) overloaded(t *testing.T) {
	t.Helper()
	c.demands(t, 10000, 10000, 13000, 13000, 10000, 10000)
	var plan strings.Builder
	plan.WriteString("line,month,actual,maximum,unit,product,load_factor\n")
	for _, month := range months(6) {
		fmt.Fprintf(&plan, "L1,%s,10000,12500,PK,ZDV-300,1\n", month)
	}
	if _, err := c.maker.desk.ImportCapacity([]byte(plan.String()), desk.ImportOptions{}); err != nil {
		t.Fatal(err)
	}
	if _, err := c.maker.desk.ShareCapacity(context.Background(), "", ""); err != nil {
		t.Fatal(err)
	}
	soon(t, "the plan at the agency", func() bool { _, err := c.agency.desk.Match(""); return err == nil })
}
