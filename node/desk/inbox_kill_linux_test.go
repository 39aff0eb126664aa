package desk

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"kontor/node"
	"kontor/node/intake"
	"kontor/node/outlet"
	"kontor/protocol/calendar"
	"kontor/protocol/forecast"
	"kontor/protocol/quantity"
)

// Of the child process: the home it works in, the file that names the steps at which it was killed before, and a file it imports by the desk's own way in, as
// the local API does, instead of the inbox.
const (
	killedHome  = "KONTOR_TEST_KILLED_HOME"
	killedSteps = "KONTOR_TEST_KILLED_STEPS"
	killedFile  = "KONTOR_TEST_KILLED_FILE"
)

// TestKilledChild is no test: it is the process that TestInboxSurvivesKills kills. It kills itself after the first durable step at which it was not killed before.
func TestKilledChild(t *testing.T) {
	home := os.Getenv(killedHome)
	if home == "" {
		t.Skip("the child of TestInboxSurvivesKills")
	}
	n, err := node.Open(node.Config{Home: node.Home(home), Offline: true})
	if err != nil {
		t.Fatal(err)
	}
	d := New(n)
	before, err := os.ReadFile(os.Getenv(killedSteps))
	if err != nil {
		t.Fatal(err)
	}
	d.step = func(what, file string) {
		step := what + " " + filepath.Base(file) + "\n"
		if strings.Contains(string(before), step) {
			return
		}
		if err := os.WriteFile(os.Getenv(killedSteps), append(before, step...), 0o600); err != nil {
			panic(err)
		}
		syscall.Kill(os.Getpid(), syscall.SIGKILL)
		select {}
	}
	if path := os.Getenv(killedFile); path != "" {
		data, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := d.Import("", data, ImportOptions{Once: "night run 7", File: filepath.Base(path)}); node.AsFailure(err) == nil || node.AsFailure(err).Code != "ALREADY_THERE" {
			t.Fatalf("imported without a step, or %v", err)
		}
	} else if err := d.foldersOnce(context.Background(), home, time.Now()); err != nil {
		t.Fatal(err)
	}
	if err := n.Close(); err != nil {
		t.Fatal(err)
	}
}

// killed runs the child once and tells whether it was killed.
func killed(t *testing.T, home, steps, file string) bool {
	t.Helper()
	cmd := exec.Command(os.Args[0], "-test.run=^TestKilledChild$", "-test.v=false")
	cmd.Env = append(os.Environ(), killedHome+"="+home, killedSteps+"="+steps, killedFile+"="+file)
	out, err := cmd.CombinedOutput()
	if err == nil {
		return false
	}
	if status, ok := cmd.ProcessState.Sys().(syscall.WaitStatus); !ok || status.Signal() != syscall.SIGKILL {
		t.Fatalf("the child ended with %v: %s", err, out)
	}
	return true
}

// A file of every kind lies in the inbox, and the node is killed after each durable step it makes: each file is imported exactly once, is moved, and has its
// report beside it. The same by the way in that the local API uses, with a name for the import.
func TestInboxSurvivesKills(t *testing.T) {
	buyer, seller := foundDesk(t, "Buyer"), foundDesk(t, "Seller")
	p := buyer.buysFrom(t, seller)
	line := intake.Planned(forecast.Item{BuyersID: "A"}, forecast.Location{Region: "DE"}, quantity.Piece, forecast.ByNeed)
	line.Buckets = []forecast.Cell{{Bucket: calendar.MustBucket("2026-12"), Mean: quantity.Of(100)}}
	buyer.shares(t, p, line)
	soon(t, "the forecast", func() bool { return len(seller.received(t, p.PID)) == 1 })
	home := string(seller.home)
	terms, err := seller.TermsDraft(TermsQuery{})
	if err != nil {
		t.Fatal(err)
	}
	text, err := WriteTerms(terms)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := seller.ImportTerms(text, TermsImport{}); err != nil {
		t.Fatal(err)
	}
	fields, err := seller.Export(ExportOptions{Kind: "terms", Format: "csv", Layout: string(outlet.FieldLines)})
	if err != nil {
		t.Fatal(err)
	}
	before, err := seller.Imports()
	if err != nil {
		t.Fatal(err)
	}
	files := map[string]string{
		"forecast/f.csv":       schedule,
		"history/h.csv":        "product,region,period,quantity\nA,DE,2026-01,90\n",
		"capacity/c.csv":       "line,product,load factor,unit,period,maximum,actual\nPress 1,A,1.5,HUR,2026-12,500,400\n",
		"stock/s.csv":          "product,on hand\nA,12\n",
		"bom/b.csv":            "product,component,unit,quantity per unit\nA,STEEL,KGM,2\n",
		"products/p.csv":       "product,gtin,description,unit\nA,4006381333931,Valve,C62\n",
		"campaign/e.csv":       "event,name,type,from,to,product,region\nspring,Spring,HOLIDAY,2027-03-01,2027-03-28,A,DE\n",
		"quality/q.csv":        "product,region,process,period,denominator,unit,inspected,defectives,confirmed\nA,DE,paint,2026-01,INSPECTED,C62,100,3,2\n",
		"performance/r.csv":    "product,region,period,unit,received\nA,DE,2026-01,C62,70\n",
		"performance/d.edi":    "UNB+UNOA:3+B+S+260119:1420+91'UNH+1+DESADV:D:96A:UN'BGM+351+DA-1+9'DTM+11:20260119:102'RFF+ON:PO-1'LIN+1++B:IN'QTY+12:7:PCE'UNT+7+1'UNZ+1+91'",
		"despatch/Buyer/s.edi": "UNB+UNOA:3+B+S+260119:1420+92'UNH+1+DESADV:D:96A:UN'BGM+351+DA-2+9'DTM+11:20260119:102'RFF+ON:PO-2'LIN+1++B:IN'QTY+12:7:PCE'UNT+7+1'UNZ+1+92'",
		"receipt/w.edi":        "UNB+UNOA:3+B+S+260119:1420+93'UNH+1+RECADV:D:96A:UN'BGM+632+RA-2+9'DTM+50:20260121:102'RFF+ON:PO-2'LIN+1++B:IN'QTY+48:7:PCE'UNT+7+1'UNZ+1+93'",
		"answer/a.csv":         "product,region,period,committed\nA,DE,2026-12,100\n",
		"terms/t.csv":          string(fields.Data),
		"notice/n.json":        string(capacityDown("open", time.Now(), time.Now(), time.Time{})),
		"exception/x.xml":      differs("4012345000009", "NEW", time.Now(), time.Now(), time.Now()),
		"bad.csv":              "product,on hand\nA,many\n",
	}
	for _, k := range inboxKinds {
		covered := k == ""
		for name := range files {
			covered = covered || strings.HasPrefix(name, string(k)+"/")
		}
		if !covered {
			t.Errorf("no file of the kind %s", k)
		}
	}
	for name, text := range files {
		drop(t, home, "inbox/"+name, text)
	}
	direct := filepath.Join(t.TempDir(), "direct.csv")
	if err := os.WriteFile(direct, []byte("product,region,period,quantity\nB,DE,2026-02,40\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	seller.stop()

	steps := filepath.Join(t.TempDir(), "steps")
	if err := os.WriteFile(steps, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for kills := 0; killed(t, home, steps, ""); kills++ {
		if kills > 10*len(files) {
			t.Fatal("the inbox never ends")
		}
	}
	for kills := 0; killed(t, home, steps, direct); kills++ {
		if kills > 5 {
			t.Fatal("the import never ends")
		}
	}
	stepped, err := os.ReadFile(steps)
	if err != nil {
		t.Fatal(err)
	}
	for name := range files {
		base := filepath.Base(name)
		want := []string{"imported " + base, "-" + base + ".report.json", "moved ", "-" + base + "\n"}
		if base == "bad.csv" {
			want = want[1:]
		}
		for _, w := range want {
			if !strings.Contains(string(stepped), w) {
				t.Errorf("never killed at %q of %s", w, name)
			}
		}
	}
	if !strings.Contains(string(stepped), "staged f.csv\n") || !strings.Contains(string(stepped), "imported direct.csv\n") {
		t.Errorf("killed at %s", stepped)
	}

	n, err := node.Open(node.Config{Home: seller.home, Offline: true})
	if err != nil {
		t.Fatal(err)
	}
	defer n.Close()
	all, err := New(n).Imports()
	if err != nil {
		t.Fatal(err)
	}
	times := map[string]int{}
	for _, i := range all[:len(all)-len(before)] {
		times[i.File]++
	}
	for name := range files {
		base, folder, want := filepath.Base(name), "done", 1
		if base == "bad.csv" {
			folder, want = "failed", 0
		}
		if times[base] != want {
			t.Errorf("%s was imported %d times", name, times[base])
		}
		found(t, home, filepath.Join(folder, "*-"+base))
		if report := found(t, home, filepath.Join(folder, "*-"+base+".report.json")); !strings.Contains(report, fmt.Sprintf("%q", base)) {
			t.Errorf("the report of %s says %s", name, report)
		}
	}
	if times["direct.csv"] != 1 {
		t.Errorf("the import by name was made %d times", times["direct.csv"])
	}
	for _, pattern := range []string{"inbox/*.csv", "inbox/*/*.*", "*/.writing-*"} {
		if left, _ := filepath.Glob(filepath.Join(home, pattern)); len(left) > 0 {
			t.Errorf("left behind: %v", left)
		}
	}
}
