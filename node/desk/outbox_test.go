package desk

import (
	"bytes"
	"context"
	"encoding/json"
	"encoding/xml"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"kontor/node"
	"kontor/node/intake"
	"kontor/node/intake/door"
	"kontor/node/outlet"
	"kontor/protocol/block"
	"kontor/protocol/calendar"
	"kontor/protocol/forecast"
	"kontor/protocol/quantity"
)

// sharedByAll has two offices share one document of every kind of the outbox, and answers whose outbox gets it, and its CID.
func sharedByAll(t *testing.T, buyer, seller *desked) (home map[intake.Kind]*desked, cid map[intake.Kind]block.CID) {
	t.Helper()
	p := buyer.buysFrom(t, seller)
	home, cid = map[intake.Kind]*desked{}, map[intake.Kind]block.CID{}
	took := func(_ ImportResult, err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	sent := func(kind intake.Kind, to *desked, s Shared, err error) {
		t.Helper()
		if err != nil {
			t.Fatalf("%s: %v", kind, err)
		}
		home[kind], cid[kind] = to, s.CID
	}
	line := intake.Planned(forecast.Item{BuyersID: "A"}, forecast.Location{Region: "DE"}, quantity.Piece, forecast.ByNeed)
	for _, week := range []string{"2027-W05", "2027-W06"} {
		line.Buckets = append(line.Buckets, forecast.Cell{Bucket: calendar.MustBucket(week), Mean: quantity.Of(100)})
	}
	buyer.shares(t, p, line)
	line.Buckets[1].Mean = quantity.Of(4711)
	home[intake.Forecast], cid[intake.Forecast] = seller, buyer.shares(t, p, line)
	soon(t, "the revision", func() bool {
		docs := seller.received(t, p.PID)
		return len(docs) == 1 && docs[0].Header.Revision == 1
	})
	took(seller.ImportCapacity([]byte("line,product,load factor,unit,period,maximum,actual\nPress,A,1,C62,2027-W05,4711,100\nPress,A,1,C62,2027-W06,4711,100\n"), ImportOptions{}))
	plan, err := seller.ShareCapacity(t.Context(), "", "")
	sent(intake.Capacity, buyer, plan, err)
	answer, err := seller.Answer(t.Context(), AnswerOrder{}, "")
	if err != nil {
		t.Fatal(err)
	}
	home[intake.Answers], cid[intake.Answers] = buyer, answer.CID
	took(buyer.ImportCampaigns([]byte("event,name,from,to,product,region,bucket,lift,unit,buyer share\nS,Spring,2027-03-01,2027-03-31,A,DE,2027-03,4711,C62,60\n"), ImportOptions{}))
	calendar, err := buyer.ShareCampaign(t.Context(), "", "")
	sent(intake.Campaign, seller, calendar, err)
	took(seller.Import("", []byte(`{"header":{"complaintDate":"2026-03-02","title":"4711 scratches","customerComplaintId":"OE-1","parts":[{"customerPartNumber":"A","orderNumber":"55"}]},"stepD0":{"problemDescription":"scrap"}}`), ImportOptions{}))
	took(seller.ImportQuality([]byte("product,period,received,defectives\nA,2026-10,12000,6\n"), ImportOptions{}))
	report, err := seller.ShareQuality(t.Context(), "", "")
	sent(intake.Quality, buyer, report, err)
	took(seller.ImportPerformance([]byte("product,region,period,shipped,unit\nA,DE,2026-10,4711,PK\n"), PerformanceImport{}))
	actuals, err := seller.SharePerformance(t.Context(), PerformanceQuery{Window: "2026-10"}, "")
	sent(intake.Performance, buyer, actuals, err)
	took(seller.ImportProducts([]byte("product,partner's number,units\n4711-M,A,60\n"), ImportOptions{}))
	products, err := seller.ShareProducts(t.Context(), "", "")
	sent(intake.Products, buyer, products, err)
	return home, cid
}

// TestOutboxInEveryForm: what a partner's office shared is written in every form and layout that its kind has, whole in those that hold all of it, and
// is read back by the door where the door reads the form.
func TestOutboxInEveryForm(t *testing.T) {
	buyer, seller := foundDesk(t, "buyer"), foundDesk(t, "seller")
	home, cid := sharedByAll(t, buyer, seller)
	for _, k := range outboxKinds {
		d := home[k.kind]
		if d == nil {
			t.Fatalf("nothing of the kind %s was shared", k.kind)
		}
		soon(t, "the "+string(k.kind), func() bool {
			_, err := d.heldSheet(cid[k.kind])
			return err == nil
		})
		for _, format := range k.all() {
			layouts := []string{""}
			if format == "csv" || format == "xlsx" {
				layouts = []string{"", "period", "long", "wide", "fields", "records"}
				if k.kind == intake.Products { // has no periods
					layouts = []string{"", "period", "fields", "records"}
				}
			}
			for _, layout := range layouts {
				form := OutboxForm{Kind: string(k.kind), Format: format, Layout: layout, Sender: "BPNL8888888888XX", Receiver: "BPNL6666666666YY", Places: []string{"DE=BPNS0000000000DE", "*=BPNS0000000000DE"}, Contact: "Customer AG, Berlin, Germany, quality@example.com", Order: "55"}
				d.writesForm(t, form, cid[k.kind])
			}
		}
	}
}

// writesForm looks at the file that a pass writes in a form.
func (d *desked) writesForm(t *testing.T, form OutboxForm, cid block.CID) {
	t.Helper()
	if _, err := d.SetOutbox(form); err != nil {
		t.Fatalf("%+v: %v", form, err)
	}
	if err := d.node.Private(func(rows node.PrivateRows) error { return rows.Delete(outboxRows + cid.String()) }); err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(os.RemoveAll(filepath.Join(string(d.home), outboxFolder)), os.Mkdir(filepath.Join(string(d.home), outboxFolder), 0o700)); err != nil {
		t.Fatal(err)
	}
	if err := d.foldersOnce(context.Background(), string(d.home), time.Now()); err != nil {
		t.Fatal(err)
	}
	pattern := filepath.Join(string(d.home), outboxFolder, form.Kind+"-"+cid.String()+".*")
	files, _ := filepath.Glob(pattern)
	if form.Format == outboxNothing {
		if len(files) > 0 {
			t.Errorf("%s: nothing was asked for, and %v was written", form.Kind, files)
		}
		return
	}
	if len(files) != 1 {
		reports, _ := filepath.Glob(filepath.Join(string(d.home), outboxFolder, outboxReports, form.Kind+"-"+cid.String()+"*"))
		why, _ := os.ReadFile(append(reports, "")[0])
		t.Errorf("%s as %s %s: written are %v; %s", form.Kind, form.Format, form.Layout, files, why)
		return
	}
	data, err := os.ReadFile(files[0])
	if err != nil {
		t.Fatal(err)
	}
	if why := sound(form, data); why != "" {
		t.Errorf("%s as %s %s: %s\n%.3000q", form.Kind, form.Format, form.Layout, why, data)
	}
}

// sound says what is wrong with a file of a form, or nothing.
func sound(form OutboxForm, data []byte) string {
	switch form.Format {
	case "catena-x", "dag-json":
		if !json.Valid(data) {
			return "no JSON"
		}
	case "ubl", "ubl-exception":
		if xml.Unmarshal(data, new(struct{ XMLName xml.Name })) != nil {
			return "no XML"
		}
	case "icalendar":
		if !bytes.HasPrefix(data, []byte("BEGIN:VCALENDAR\r\n")) || !bytes.HasSuffix(data, []byte("END:VCALENDAR\r\n")) {
			return "no calendar"
		}
		return ""
	case "car":
		return map[bool]string{false: "the figure is missing"}[len(data) > 200]
	}
	aside := form.Kind == string(intake.Answers) || form.Kind == string(intake.Quality) && form.Format != "catena-x" && !strings.Contains("fields records dag-json", form.Layout+form.Format) || // counts alone
		form.Kind == string(intake.Campaign) && form.Format == "ubl" || form.Format == "dag-json" // no lifts in units; figures as bytes
	if form.Format != "xlsx" && !aside && !bytes.Contains(data, []byte("4711")) {
		return "the figure is missing"
	}
	reread := door.Options{Options: intake.Options{Kind: map[bool]intake.Kind{false: intake.Kind(form.Kind)}[form.Format == "ubl-exception"]}}
	byField := slices.Contains([]intake.Kind{intake.Campaign, intake.Quality, intake.Performance}, intake.Kind(form.Kind))
	if form.Format == "dag-json" || outlet.AllFields(intake.Layout(form.Layout)) && !byField {
		return "" // the door does not read it
	}
	draft, report := door.Read(data, reread)
	if draft == nil || len(report.Complaints) > 0 {
		if len(report.Complaints) > 0 {
			return "the door says " + report.Complaints[0].String()
		}
		return "the door reads nothing"
	}
	return ""
}
