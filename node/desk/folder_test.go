package desk

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"kontor/node"
	"kontor/node/intake"
	"kontor/protocol/calendar"
	"kontor/protocol/forecast"
	"kontor/protocol/performance"
	"kontor/protocol/quantity"
)

// drop puts a file into a folder of the home, as another system did an hour ago.
func drop(t *testing.T, home, path, text string) {
	t.Helper()
	full := filepath.Join(home, path)
	if err := os.MkdirAll(filepath.Dir(full), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(full, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	hour := time.Now().Add(-time.Hour)
	if err := os.Chtimes(full, hour, hour); err != nil {
		t.Fatal(err)
	}
}

func found(t *testing.T, home, pattern string) string {
	t.Helper()
	paths, err := filepath.Glob(filepath.Join(home, pattern))
	if err != nil || len(paths) != 1 {
		t.Fatalf("%s: %v (%v)", pattern, paths, err)
	}
	text, err := os.ReadFile(paths[0])
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

const schedule = "product,region,period,mean\nA,DE,2026-12,100\n"

// TestInbox: a file is imported and moved with its report, a refused one to failed,
// and one still being written stays.
func TestInbox(t *testing.T) {
	home := t.TempDir()
	if _, err := node.Init(node.Home(home), node.InitOptions{Company: "A", Listen: []string{"/ip4/127.0.0.1/tcp/0"}, Now: time.Now()}); err != nil {
		t.Fatal(err)
	}
	open := func() (*node.Node, *Desk) {
		n, err := node.Open(node.Config{Home: node.Home(home), Offline: true})
		if err != nil {
			t.Fatal(err)
		}
		return n, New(n)
	}
	pass := func(d *Desk) error { return d.foldersOnce(context.Background(), home, time.Now()) }
	mean := func(d *Desk) string {
		_, lines, err := d.draft()
		if err != nil {
			t.Fatal(err)
		}
		return lines[0].Buckets[0].Mean.String()
	}
	n, d := open()
	drop(t, home, "inbox/forecast/one.csv", schedule)
	drop(t, home, "inbox/stock/bad.csv", "product,on hand\nA,many\n")
	long := strings.Repeat("ü", 110) // 220 bytes: with a mark before it and a report's name after it, more than a directory takes
	drop(t, home, "inbox/stock/"+long+"-long.csv", "product,on hand\nB,many\n")
	drop(t, home, "inbox/half.csv", "product,on hand\nA,1")
	if err := os.Chtimes(filepath.Join(home, "inbox/half.csv"), time.Now(), time.Now()); err != nil {
		t.Fatal(err)
	}
	if err := pass(d); err != nil {
		t.Fatal(err)
	}
	if got := found(t, home, "done/*-one.csv"); got != schedule || mean(d) != "100" {
		t.Errorf("moved %q, the draft says %s", got, mean(d))
	}
	if report := found(t, home, "done/*-one.csv.report.json"); !strings.Contains(report, `"added": 1`) {
		t.Errorf("the report says %s", report)
	}
	found(t, home, "failed/*-bad.csv")
	found(t, home, "failed/*üü-long.csv")
	found(t, home, "failed/*üü-long.csv.report.json")
	if report := found(t, home, "failed/*-bad.csv.report.json"); !strings.Contains(report, "INTAKE-08") {
		t.Errorf("the report says %s", report)
	}
	found(t, home, "inbox/half.csv")

	// The node stops after the import and before the file is moved: done can't be written. What the planner did since must not be undone by
	// a second import of the same file.
	if err := os.Rename(filepath.Join(home, "done"), filepath.Join(home, "away")); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(home, "done"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	drop(t, home, "inbox/forecast/two.csv", strings.ReplaceAll(schedule, "100", "200"))
	if err := pass(d); err == nil || mean(d) != "200" {
		t.Fatalf("the pass says %v, the draft %s", err, mean(d))
	}
	found(t, home, "inbox/forecast/two.csv")
	if _, err := d.Adjust(AdjustOptions{Product: "A", Percent: 10}); err != nil {
		t.Fatal(err)
	}
	n.Close()
	if err := os.Remove(filepath.Join(home, "done")); err != nil {
		t.Fatal(err)
	}
	n, d = open()
	defer n.Close()
	if err := pass(d); err != nil {
		t.Fatal(err)
	}
	if mean(d) != "220" {
		t.Errorf("the file was imported twice: the draft says %s", mean(d))
	}
	if report := found(t, home, "done/*-two.csv.report.json"); !strings.Contains(report, "imported before") {
		t.Errorf("the report says %s", report)
	}
}

// TestOutbox: a partner's forecast in force is written once, also when the file was
// taken away.
func TestOutbox(t *testing.T) {
	buyer, seller := foundDesk(t, "buyer"), foundDesk(t, "seller")
	p := buyer.buysFrom(t, seller)
	line := intake.Planned(forecast.Item{BuyersID: "A"}, forecast.Location{Region: "DE"}, quantity.Piece, forecast.ByNeed)
	line.Buckets = []forecast.Cell{{Bucket: calendar.MustBucket("2026-12"), Mean: quantity.Of(100)}}
	cid := buyer.shares(t, p, line)
	home := string(seller.home)
	written := filepath.Join(home, "outbox", "forecast-"+cid.String()+".csv")
	pass := func() {
		if err := seller.foldersOnce(context.Background(), home, time.Now()); err != nil {
			t.Fatal(err)
		}
	}
	soon(t, "the forecast", func() bool { return len(seller.received(t, p.PID)) == 1 })
	pass()
	if _, err := os.Stat(written); err == nil {
		t.Fatal("a file was written, and nobody made the folder")
	}
	if err := os.Mkdir(filepath.Join(home, "outbox"), 0o700); err != nil {
		t.Fatal(err)
	}
	pass()
	if text, err := os.ReadFile(written); err != nil || !strings.Contains(string(text), "A,DE,2026-12,C62,100") {
		t.Fatalf("%v: %q", err, text)
	}
	if err := os.Remove(written); err != nil {
		t.Fatal(err)
	}
	pass()
	if _, err := os.Stat(written); err == nil {
		t.Error("the file was written again")
	}
}

// TestOutboxForms: each kind is written in its own form, a partner's form goes before that of all, what a form can't hold is reported once, and
// written when another is set.
func TestOutboxForms(t *testing.T) {
	buyer, seller := foundDesk(t, "buyer"), foundDesk(t, "seller")
	p := buyer.buysFrom(t, seller)
	home := string(seller.home)
	if err := os.Mkdir(filepath.Join(home, "outbox"), 0o700); err != nil {
		t.Fatal(err)
	}
	set := func(f OutboxForm) {
		t.Helper()
		if _, err := seller.SetOutbox(f); err != nil {
			t.Fatal(err)
		}
	}
	pass := func() {
		t.Helper()
		if err := seller.foldersOnce(context.Background(), home, time.Now()); err != nil {
			t.Fatal(err)
		}
	}
	for _, bad := range []OutboxForm{{Kind: "stock", Format: "csv"}, {Kind: "forecast", Format: "pdf"}, {Kind: "performance", Format: "delfor"}, {Kind: "performance", Format: "icalendar"}, {Kind: "answer", Format: "ubl"}, {Kind: "forecast", Format: "delfor", Places: []string{"DE"}}, {Kind: "forecast", Format: "csv", With: "nobody"}} {
		if _, err := seller.SetOutbox(bad); err == nil {
			t.Errorf("%+v was taken", bad)
		}
	}
	set(OutboxForm{Kind: "forecast", Format: "none"})
	set(OutboxForm{Kind: "forecast", Format: "catena-x", With: "buyer"})
	line := intake.Planned(forecast.Item{BuyersID: "A"}, forecast.Location{Region: "DE"}, quantity.Piece, forecast.ByArrival)
	line.Buckets = []forecast.Cell{{Bucket: calendar.MustBucket("2026-12"), Mean: quantity.Of(100)}}
	cid := buyer.shares(t, p, line)
	soon(t, "the forecast", func() bool { return len(seller.received(t, p.PID)) == 1 })
	pass()
	if report := found(t, home, "outbox/reports/forecast-"+cid.String()+".json.report.json"); !strings.Contains(report, "nothing was exported") {
		t.Errorf("the report says %s", report)
	}
	if files, _ := filepath.Glob(filepath.Join(home, "outbox", "forecast-*")); len(files) > 0 {
		t.Errorf("a month was written as Catena-X: %v", files)
	}
	if written, err := seller.inOutbox(cid.String()); err != nil || !written {
		t.Errorf("a refusal is tried in every pass: %v, %v", written, err)
	}
	set(OutboxForm{Kind: "forecast", Format: "delfor", With: "buyer", Sender: "SELLER", Receiver: "ERP"})
	pass()
	if text := found(t, home, "outbox/forecast-"+cid.String()+".edi"); !strings.Contains(text, "UNB+UNOC:3+SELLER+ERP+") || !strings.Contains(text, "QTY+113:100:PCE'") {
		t.Errorf("written as %s", text)
	}
	view, err := seller.Outbox()
	if err != nil || !view.On || len(view.Forms) != 2 || view.Forms[1].With != "buyer" {
		t.Errorf("%+v, %v", view, err)
	}
	set(OutboxForm{Kind: "forecast", With: "buyer"}) // back to the form of all, which is none
	line.Buckets[0].Mean = quantity.Of(120)
	buyer.shares(t, p, line)
	soon(t, "the revision", func() bool {
		docs := seller.received(t, p.PID)
		return len(docs) == 1 && docs[0].Header.Revision == 1
	})
	pass()
	if files, _ := filepath.Glob(filepath.Join(home, "outbox", "forecast-*")); len(files) != 1 {
		t.Errorf("written: %v", files)
	}
}

// A report of a blocked lot alone has no line in a table of counts: the outbox writes its fields, so that the lot is not missed, and says why. A report of
// performance is written in every form that it has.
func TestOutboxOfReports(t *testing.T) {
	buyer, seller := foundDesk(t, "buyer"), foundDesk(t, "seller")
	buyer.buysFrom(t, seller)
	home := string(buyer.home)
	if err := os.Mkdir(filepath.Join(home, "outbox"), 0o700); err != nil {
		t.Fatal(err)
	}
	pass := func() {
		t.Helper()
		if err := buyer.foldersOnce(context.Background(), home, time.Now()); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := seller.BlockLot(LotBlockPlan{ID: "B-7", Product: "A", Lots: []string{"L7"}, Quantity: "10"}); err != nil {
		t.Fatal(err)
	}
	blocked, err := seller.ShareQuality(t.Context(), "", "")
	if err != nil {
		t.Fatal(err)
	}
	soon(t, "the report", func() bool { held, err := buyer.QualityReports(); return err == nil && len(held) == 1 })
	pass()
	if text := found(t, home, "outbox/quality-"+blocked.CID.String()+".csv"); !strings.Contains(text, "B-7") || strings.Contains(text, "L7") {
		t.Errorf("written as %s", text)
	}
	if report := found(t, home, "outbox/reports/quality-"+blocked.CID.String()+".csv.report.json"); !strings.Contains(report, "a line for each field") || strings.Contains(report, "\"error\"") {
		t.Errorf("the report says %s", report)
	}
	for i, form := range []OutboxForm{{Format: "csv"}, {Format: "csv", Layout: "long"}, {Format: "csv", Layout: "records"}, {Format: "xlsx"}, {Format: "dag-json"}} {
		form.Kind = "performance"
		if _, err := buyer.SetOutbox(form); err != nil {
			t.Fatal(err)
		}
		if _, err := seller.ImportPerformance([]byte(fmt.Sprintf("product,region,period,shipped,unit\nA,DE,2026-10,%d,PK\n", 100+i)), PerformanceImport{}); err != nil {
			t.Fatal(err)
		}
		shared, err := seller.SharePerformance(t.Context(), PerformanceQuery{Window: "2026-10"}, "")
		if err != nil {
			t.Fatal(err)
		}
		soon(t, "the revision", func() bool {
			waiting, err := buyer.unwritten(buyer.node.Partnerships()[0], performance.Type)
			return err == nil && len(waiting) == 1
		})
		pass()
		files, _ := filepath.Glob(filepath.Join(home, "outbox", "performance-"+shared.CID.String()+".*"))
		if len(files) != 1 {
			t.Fatalf("%+v: written are %v", form, files)
		}
		data, err := os.ReadFile(files[0])
		if err != nil || len(data) == 0 || form.Format == "csv" && !strings.Contains(string(data), fmt.Sprint(100+i)) {
			t.Errorf("%+v: %q %v", form, data, err)
		}
	}
}
