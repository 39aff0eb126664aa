package desk

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"kontor/protocol/exception"
	"kontor/protocol/quantity"
)

// capacityDown is a DemandAndCapacityNotification over product A.
func capacityDown(status string, changed, start, end time.Time) []byte {
	until := ""
	if !end.IsZero() {
		until = fmt.Sprintf(`"expectedEndDateOfEffect": %q, `, end.Format(time.RFC3339))
	}
	return fmt.Appendf(nil, `{"sourceDisruptionId": "urn:uuid:c69cb3e4-16ad-43c3-82b9-0deac75ecf9e", "affectedSitesSender": ["BPNS7588787849VQ"], "affectedSitesRecipient": ["BPNS6666787765VQ"],
 "contentChangedAt": %q, "startDateOfEffect": %q, %s"materialsAffected": [{"materialNumberCustomer": "A"}], "leadingRootCause": "other", "effect": "capacity-reduction",
 "notificationId": "urn:uuid:d9452f24-3bf3-4134-b3eb-68858f1b2362", "text": "press down", "status": %q}`, changed.Format(time.RFC3339), start.Format(time.RFC3339), until, status)
}

// differs is an ExceptionNotification of UBL: of product A 140 pieces are asked for where 100 were.
func differs(sender, status string, issued, from, to time.Time) string {
	return fmt.Sprintf(`<ExceptionNotification xmlns="urn:oasis:names:specification:ubl:schema:xsd:ExceptionNotification-2" xmlns:cac="c" xmlns:cbc="b"><cbc:ID>EN-1</cbc:ID><cbc:IssueDate>%s</cbc:IssueDate>
<cac:SenderParty><cac:PartyIdentification><cbc:ID>%s</cbc:ID></cac:PartyIdentification></cac:SenderParty>
<cac:ExceptionNotificationLine><cbc:ID>1</cbc:ID><cbc:ExceptionStatusCode>%s</cbc:ExceptionStatusCode><cbc:ComparedValueMeasure unitCode="C62">100</cbc:ComparedValueMeasure><cbc:SourceValueMeasure unitCode="C62">140</cbc:SourceValueMeasure>
<cac:ExceptionObservationPeriod><cbc:StartDate>%s</cbc:StartDate><cbc:EndDate>%s</cbc:EndDate></cac:ExceptionObservationPeriod>
<cac:SupplyItem><cac:BuyersItemIdentification><cbc:ID>A</cbc:ID></cac:BuyersItemIdentification></cac:SupplyItem></cac:ExceptionNotificationLine></ExceptionNotification>`,
		issued.Format(time.DateOnly), sender, status, from.Format(time.DateOnly), to.Format(time.DateOnly))
}

// disturbances are the exceptions over notices that a desk lists, and how many of them there ever were.
func (d *desked) disturbances(t *testing.T, with string) (open []ExceptionView, ever int) {
	t.Helper()
	all, err := d.Exceptions(with, true)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range all {
		if e.Kind != exception.Disturbed {
			continue
		}
		if ever++; e.State == ExceptionOpen {
			open = append(open, e)
		}
	}
	return open, ever
}

// A notice that came as a file is an exception at the company that has the file until its sender resolves it; the partner has no such file and lists none.
func TestANoticeIsAnException(t *testing.T) {
	buyer, seller := foundDesk(t, "Buyer"), foundDesk(t, "Seller")
	buyer.buysFrom(t, seller)
	now := time.Now().UTC()
	day := 24 * time.Hour
	take := func(status string, changed, start, end time.Time) {
		t.Helper()
		if _, err := seller.Import("", capacityDown(status, changed, start, end), ImportOptions{}); err != nil {
			t.Fatal(err)
		}
	}
	take("open", now.Add(-9*day), now.Add(-9*day), now.Add(-8*day))
	if open, ever := seller.disturbances(t, "Buyer"); ever > 0 {
		t.Errorf("what is over is an exception: %+v", open)
	}
	take("open", now.Add(-2*day), now.Add(-2*day), time.Time{})
	open, _ := seller.disturbances(t, "Buyer")
	if len(open) != 1 || open[0].Owner != "Seller" || open[0].Role != "PLANNER" || open[0].Speed != exception.Desk || open[0].Scope.Product != "A" || open[0].Deadline <= now.UnixMilli() ||
		!strings.Contains(open[0].Cause, "capacity-reduction, other: press down") || !strings.Contains(open[0].Default.Text, "kontor notice done urn:uuid:d9452f24") {
		t.Fatalf("%+v", open)
	}
	if theirs, ever := buyer.disturbances(t, "Seller"); ever > 0 {
		t.Errorf("the side without the file lists it: %+v", theirs)
	}
	take("open", now.Add(-2*day), now.Add(-2*day), time.Time{}) // the same file again
	if again, ever := seller.disturbances(t, "Buyer"); ever != 1 || again[0].ID != open[0].ID || again[0].Deadline != open[0].Deadline {
		t.Errorf("the same word makes another of it: %+v", again)
	}
	take("resolved", now.Add(-day), now.Add(-2*day), time.Time{})
	if open, ever := seller.disturbances(t, "Buyer"); len(open) != 0 || ever != 1 {
		t.Errorf("its sender resolved it: %+v, %d ever", open, ever)
	}
	take("open", now, now.Add(-2*day), time.Time{}) // it broke again
	if open, ever := seller.disturbances(t, "Buyer"); len(open) != 1 || ever != 2 {
		t.Errorf("a newer word waits anew: %+v, %d ever", open, ever)
	}
	if _, err := seller.DoneNotice(NoticeDone{ID: "urn:uuid:d9452f24-3bf3-4134-b3eb-68858f1b2362"}); err != nil {
		t.Fatal(err)
	}
	if open, _ := seller.disturbances(t, "Buyer"); len(open) != 0 {
		t.Errorf("somebody has seen to it: %+v", open)
	}
}

// Values of a UBL file that differ are a notice each; of two partners with the same products the folder says whose, and numbers of two senders' documents are two.
func TestDifferencesOfAFileAreNotices(t *testing.T) {
	seller, one, two := foundDesk(t, "Seller"), foundDesk(t, "One"), foundDesk(t, "Two")
	one.buysFrom(t, seller)
	two.buysFrom(t, seller)
	now := time.Now().UTC()
	text := differs("4012345000009", "NEW", now.Add(-24*time.Hour), now, now.Add(14*24*time.Hour))
	if _, err := seller.Import("", []byte(text), ImportOptions{}); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"One", "Two"} {
		if open, _ := seller.disturbances(t, name); len(open) > 0 {
			t.Errorf("nothing says whose it is, and %s has it: %+v", name, open)
		}
	}
	drop(t, string(seller.home), "inbox/exception/Two/en.xml", text)
	if err := seller.inboxOnce(context.Background(), string(seller.home), time.Now()); err != nil {
		t.Fatal(err)
	}
	found(t, string(seller.home), "done/*en.xml")
	open, _ := seller.disturbances(t, "Two")
	if len(open) != 1 || open[0].Units.Cmp(quantity.Of(40)) != 0 || open[0].Unit != quantity.Piece || open[0].Scope.Product != "A" || !strings.Contains(open[0].Worth, "by which two values differ") {
		t.Fatalf("%+v", open)
	}
	if open, _ := seller.disturbances(t, "One"); len(open) > 0 {
		t.Errorf("it is of Two: %+v", open)
	}
	other := differs("4098765000000", "NEW", now, now, now.Add(7*24*time.Hour))
	if _, err := seller.Import("", []byte(other), ImportOptions{From: "One"}); err != nil {
		t.Fatal(err)
	}
	list, err := seller.Notices()
	if err != nil || len(list) != 2 {
		t.Fatalf("%+v, %v", list, err)
	}
	if _, err := seller.NoticeFile(list[0].ID); err == nil || !strings.Contains(err.Error(), "no field for two values that differ") {
		t.Errorf("a difference goes out as a notification: %v", err)
	}
	resolved := differs("4012345000009", "RESOLVED", now, now, now.Add(14*24*time.Hour))
	if _, err := seller.Import("", []byte(resolved), ImportOptions{From: "Two"}); err != nil {
		t.Fatal(err)
	}
	if open, _ := seller.disturbances(t, "Two"); len(open) > 0 {
		t.Errorf("it is resolved: %+v", open)
	}
	if list, _ = seller.Notices(); !slices.ContainsFunc(list, func(n Notice) bool { return n.Status == "resolved" }) {
		t.Errorf("%+v", list)
	}
}

// A request for newer figures that came as a file waits for somebody until it is seen to, and again when it is asked once more; planned output is kept and disturbs nothing.
func TestRequestsAndOutputsAreKept(t *testing.T) {
	buyer, seller := foundDesk(t, "Buyer"), foundDesk(t, "Seller")
	buyer.buysFrom(t, seller)
	ask := []byte(`{"weekBasedMaterialDemand":[{"materialDemandId":"0157ba42-d2a8-4e28-8565-7b07830c3456","changedAt":"2027-01-05T10:00:00Z"}]}`)
	for again := range 2 {
		result, err := buyer.Import("", ask, ImportOptions{})
		if err != nil || result.Added != 1-again || result.Changed != again {
			t.Fatal(result, err)
		}
		open, ever := buyer.disturbances(t, "Seller")
		if len(open) != 1 || ever != again+1 || !strings.Contains(open[0].Cause, "newer figures of forecast, 0157ba42-d2a8-4e28-8565-7b07830c3456, if newer than 2027-01-05T10:00:00Z") || !strings.Contains(open[0].Default.Text, "kontor notice done request:forecast/0157ba42") {
			t.Fatalf("%d: %+v", ever, open)
		}
		if _, err := buyer.DoneNotice(NoticeDone{ID: "request:forecast/0157ba42-d2a8-4e28-8565-7b07830c3456"}); err != nil {
			t.Fatal(err)
		}
		if open, _ := buyer.disturbances(t, "Seller"); len(open) > 0 {
			t.Fatalf("seen to, and still open: %+v", open)
		}
		time.Sleep(2 * time.Millisecond) // a request has no date of its own but that of its coming
	}
	output := []byte(`{"materialGlobalAssetId":"M-1","positions":[{"allocatedPlannedProductionOutputs":[{"plannedProductionQuantity":{"value":20.0,"unit":"unit:piece"},"productionSiteBpns":"BPNS0123456789ZZ","estimatedTimeOfCompletion":"2027-03-01T14:23:00Z"},
 {"plannedProductionQuantity":{"value":30.0,"unit":"unit:piece"},"productionSiteBpns":"BPNS0123456789ZZ","estimatedTimeOfCompletion":"2027-03-05T14:23:00Z"}]}]}`)
	if result, err := buyer.Import("", output, ImportOptions{}); err != nil || result.Added != 1 {
		t.Fatalf("%+v %v", result, err)
	}
	list, err := buyer.Notices()
	if err != nil || len(list) != 2 {
		t.Fatalf("%+v %v", list, err)
	}
	made := list[slices.IndexFunc(list, func(n Notice) bool { return n.Effect == effectOutput })]
	if made.ID != "output:M-1/C62" || *made.Units != quantity.Of(50) || made.End-made.Start != int64(5*24*time.Hour/time.Millisecond)-1 {
		t.Errorf("%+v", made)
	}
	if open, _ := buyer.disturbances(t, "Seller"); len(open) > 0 {
		t.Errorf("planned output is an exception: %+v", open)
	}
	for _, n := range list {
		if _, err := buyer.NoticeFile(n.ID); err == nil {
			t.Errorf("%s was written as a disturbance", n.ID)
		}
	}
}
