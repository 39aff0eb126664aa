package proc_test

import (
	"context"
	"encoding/json"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"kontor/node/api/wire"
	"kontor/node/audit"
	"kontor/node/desk"
	"kontor/protocol/decision"
	"kontor/testnet/proc"
)

// trio are three real processes: the buyer has paired with both sellers, who do not know each other. The circle of the three is proposed and
// joined by all.
func trio(t *testing.T, ctx context.Context) (cast []*proc.Company, pid string) {
	t.Helper()
	dir := t.TempDir()
	for i, name := range []string{"Relief Agency", "Tablet Maker", "Starch Works"} {
		c, err := proc.New(dir, proc.Binary, name, fmt.Sprintf("c%d", i))
		must(t, err)
		t.Cleanup(c.Kill)
		must(t, c.Found(ctx))
		cast = append(cast, c)
	}
	for _, seller := range cast[1:] {
		var token wire.Invitation
		must(t, cast[0].Ask(ctx, &token, "partner", "invite", "--as", "buyer"))
		must(t, seller.Ask(ctx, &wire.Pairing{}, "partner", "accept", token.Invitation, "--yes"))
	}
	for _, c := range cast {
		for _, role := range []string{"COO", "CFO"} {
			_, err := c.Run(ctx, "officer", "add", "--role", role, "--person", role+" of "+c.Name, "--limit", "5000000 USD", "--key-file", officerKey(c, role), "--no-passphrase")
			must(t, err)
		}
	}
	var circle wire.Circle
	must(t, cast[0].Ask(ctx, &circle, "partner", "circle", "--as", "buyer", "--member", "Tablet Maker=seller", "--member", "Starch Works=seller"))
	for _, c := range cast[1:] {
		must(t, proc.Eventually(ctx, "the proposal in the status of "+c.Name, time.Minute, func() (bool, error) {
			var st wire.StatusReport
			err := c.Ask(ctx, &st, "status")
			return err == nil && len(st.Proposals) == 1 && st.Proposals[0].Partnership == circle.Partnership, err
		}))
		must(t, c.Ask(ctx, &wire.Circle{}, "partner", "join", circle.Partnership, "--yes"))
	}
	for _, c := range cast {
		awaitState(t, ctx, c, circle.Partnership, "active")
	}
	return cast, circle.Partnership
}

func officerKey(c *proc.Company, role string) string {
	return filepath.Join(filepath.Dir(c.Home), c.Label+"-"+role+".key")
}

// standingOf is how a company sees one of its partnerships.
func standingOf(ctx context.Context, c *proc.Company, pid string) (wire.PartnershipStatus, error) {
	var list wire.PartnerListing
	if err := c.Ask(ctx, &list, "partner", "list"); err != nil {
		return wire.PartnershipStatus{}, err
	}
	for _, p := range list.Partnerships {
		if p.Partnership == pid {
			return p, nil
		}
	}
	return wire.PartnershipStatus{}, fmt.Errorf("%s holds no partnership %s", c.Name, pid)
}

func awaitState(t *testing.T, ctx context.Context, c *proc.Company, pid, state string) {
	t.Helper()
	must(t, proc.Eventually(ctx, fmt.Sprintf("partnership %s at %s", state, c.Name), time.Minute, func() (bool, error) {
		p, err := standingOf(ctx, c, pid)
		if err == nil && p.State != state {
			err = fmt.Errorf("it is %s", p.State)
		}
		return err == nil, err
	}))
}

// sameState waits until all stand at one settled line with one root, none of them the first.
func sameState(t *testing.T, ctx context.Context, pid string, cast ...*proc.Company) {
	t.Helper()
	must(t, proc.Eventually(ctx, "one line and one root at all", time.Minute, func() (bool, error) {
		var all []wire.PartnershipStatus
		same := true
		for _, c := range cast {
			p, err := standingOf(ctx, c, pid)
			if err != nil {
				return false, err
			}
			if p.Mismatch {
				return false, fmt.Errorf("%s sees another state: %s", c.Name, p.Difference)
			}
			all = append(all, p)
			same = same && p.Line == all[0].Line && p.Root == all[0].Root && p.Line > 1
		}
		text, _ := json.Marshal(all)
		if !same {
			return false, fmt.Errorf("%s", text)
		}
		return true, nil
	}))
}

// figures writes what the circle's forecast and the maker's plan are made of: one product, three months ahead, the second one short.
func figures(t *testing.T, buyer, seller *proc.Company) (forecast, capacity, stock string) {
	t.Helper()
	first := time.Now().UTC().AddDate(0, 0, 1-time.Now().UTC().Day()).AddDate(0, 1, 0)
	var f, k strings.Builder
	f.WriteString("product,region,month,mean,p10,p50,p90,unit\n")
	k.WriteString("line,month,actual,maximum,unit,product,load_factor\n")
	for i, need := range []int{1000, 4000, 1000} {
		month := first.AddDate(0, i, 0).Format("2006-01")
		fmt.Fprintf(&f, "TAB-1,KE,%s,%d,%d,%d,%d,PK\n", month, need, need*8/10, need, need*12/10)
		fmt.Fprintf(&k, "press,%s,1500,2500,C62,TAB-1,1\n", month)
	}
	var err error
	forecast, err = buyer.WriteFile("forecast.csv", []byte(f.String()))
	must(t, err)
	capacity, err = seller.WriteFile("capacity.csv", []byte(k.String()))
	must(t, err)
	stock, err = seller.WriteFile("stock.csv", []byte("product,region,on_hand\nTAB-1,,100\n"))
	must(t, err)
	return forecast, capacity, stock
}

// PROTOCOL 3 over real processes: three companies, of which two never paired, found a circle, share in it, decide in it, and sign an agreement that is final at
// all three with one state. One of them is away for a while, and the two who met through the founder go on without it.
func TestCircleOfThreeSigns(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), 8*time.Minute)
	defer cancel()
	cast, pid := trio(t, ctx)
	buyer, maker, third := cast[0], cast[1], cast[2]
	forecast, capacity, stock := figures(t, buyer, maker)
	run := func(c *proc.Company, args ...string) {
		t.Helper()
		_, err := c.Run(ctx, args...)
		must(t, err)
	}
	run(buyer, "forecast", "import", forecast)
	run(buyer, "forecast", "share", "--with", pid)
	run(maker, "capacity", "import", capacity)
	run(maker, "stock", "import", stock)
	run(maker, "capacity", "share", "--with", pid)
	for _, c := range cast {
		must(t, proc.Eventually(ctx, "the match at "+c.Name, time.Minute, func() (bool, error) {
			var match desk.MatchView
			err := c.Ask(ctx, &match, "capacity", "match", "--with", pid)
			return err == nil && match.Bottlenecks > 0, err
		}))
	}
	topic := decide(t, ctx, pid, cast)

	// One that is away when the document comes finds it when it is back.
	must(t, third.Stop())
	var accepted wire.TopicAccepted
	must(t, maker.Ask(ctx, &accepted, "topic", "accept", topic, "--as", "COO"))
	must(t, third.Start(ctx))
	await(t, ctx, third, topic, "the offer", func(d wire.TopicDetail) bool { return len(d.Offers) == 3 })
	must(t, third.Ask(ctx, &accepted, "topic", "accept", topic, "--as", "COO"))
	if accepted.Agreement == "" {
		t.Fatalf("no document came of the last acceptance: %s", accepted.Undrafted)
	}
	id := accepted.Agreement
	for _, c := range cast {
		must(t, proc.Eventually(ctx, "the document at "+c.Name, time.Minute, func() (bool, error) {
			var doc wire.AgreementDetail
			err := c.Ask(ctx, &doc, "agreement", "show", id)
			return err == nil, err
		}))
	}
	// The founder is killed: the two sellers never paired, they know each other's nodes by the genesis.
	buyer.Kill()
	for _, c := range []*proc.Company{maker, third} {
		for _, role := range []string{"COO", "CFO"} {
			run(c, "agreement", "sign", id, "--key-file", officerKey(c, role), "--yes")
		}
	}
	must(t, proc.Eventually(ctx, "the signatures of each at the other, without the founder", time.Minute, func() (bool, error) {
		for _, c := range []*proc.Company{maker, third} {
			var doc wire.AgreementDetail
			if err := c.Ask(ctx, &doc, "agreement", "show", id); err != nil || doc.Signatures != 4 {
				return false, err
			}
		}
		return true, nil
	}))
	must(t, buyer.Start(ctx))
	for _, role := range []string{"COO", "CFO"} {
		must(t, proc.Eventually(ctx, "the founder's "+role+" signs", time.Minute, func() (bool, error) {
			_, err := buyer.Run(ctx, "agreement", "sign", id, "--key-file", officerKey(buyer, role), "--yes")
			return err == nil, err
		}))
	}
	for _, c := range cast {
		must(t, proc.Eventually(ctx, "finality at "+c.Name, time.Minute, func() (bool, error) {
			var doc wire.AgreementDetail
			err := c.Ask(ctx, &doc, "agreement", "show", id)
			if err == nil && (doc.Verdict != decision.Final || doc.Pending) {
				err = fmt.Errorf("%s, pending %v, %+v", doc.Verdict, doc.Pending, doc.Parties)
			}
			return err == nil, err
		}))
	}
	sameState(t, ctx, pid, cast...)
	file := filepath.Join(filepath.Dir(third.Home), "agreement.car")
	run(third, "agreement", "export", id, "-o", file)
	elsewhere := &proc.Company{Name: "an auditor", Kontor: proc.Binary, Home: filepath.Join(filepath.Dir(third.Home), "nowhere")}
	var report audit.Report
	must(t, elsewhere.Ask(ctx, &report, "audit", "verify", file))
	if !report.Final || report.Agreement.String() != id || len(report.Signatures) != 6 {
		t.Fatalf("the file proves another thing: %+v", report)
	}
}

func await(t *testing.T, ctx context.Context, c *proc.Company, topic, what string, ok func(wire.TopicDetail) bool) {
	t.Helper()
	must(t, proc.Eventually(ctx, what+" at "+c.Name, time.Minute, func() (bool, error) {
		var d wire.TopicDetail
		err := c.Ask(ctx, &d, "topic", "show", topic)
		if err == nil && !ok(d) {
			err = fmt.Errorf("it is %s, waits for %+v", d.Status, d.Waiting)
		}
		return err == nil, err
	}))
}

// decide opens a topic in the circle, lets the officers of all three score, and makes an offer each; the last is the one to accept.
func decide(t *testing.T, ctx context.Context, pid string, cast []*proc.Company) (topic string) {
	t.Helper()
	var opened wire.TopicReceipt
	must(t, cast[1].Ask(ctx, &opened, "topic", "open", "--with", pid))
	topic = opened.Topic
	for _, c := range cast {
		await(t, ctx, c, topic, "the topic", func(d wire.TopicDetail) bool { return len(d.Parties) == 3 })
		for _, role := range []string{"COO", "CFO"} {
			args := []string{"topic", "score", topic, "--as", role, "--basis", "1 2.50 0.10 1200", "--basis", "2 2.50 0.10 800", "--reveal", "rank"}
			for _, option := range []string{"1", "2"} {
				for _, lens := range []string{"vision=6", "purpose=7", "legendary=6"} {
					args = append(args, "--score", option+":"+lens)
				}
			}
			_, err := c.Run(ctx, args...)
			must(t, err)
		}
	}
	for _, c := range cast {
		await(t, ctx, c, topic, "the rankings of all", func(d wire.TopicDetail) bool {
			for _, p := range d.Parties {
				if !p.Committed || len(p.Order) == 0 {
					return false
				}
			}
			return d.Status == decision.Negotiation
		})
	}
	for i, c := range []*proc.Company{cast[1], cast[2], cast[0]} {
		await(t, ctx, c, topic, "the offers before", func(d wire.TopicDetail) bool { return len(d.Offers) == i })
		var d wire.TopicDetail
		must(t, c.Ask(ctx, &d, "topic", "show", topic))
		args := []string{"topic", "offer", topic, "--as", "COO", "--option", "2", "--gave", "extra shifts", "--got", "a firm order"}
		for _, issue := range d.Issues {
			value := issue.High.String()
			if issue.ID == "surcharge" {
				value = fmt.Sprint(30 - 10*i)
			}
			args = append(args, "--set", issue.ID+"="+value)
		}
		_, err := c.Run(ctx, args...)
		must(t, err)
	}
	await(t, ctx, cast[1], topic, "the last offer", func(d wire.TopicDetail) bool { return len(d.Offers) == 3 })
	return topic
}
