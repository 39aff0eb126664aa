package desk

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"kontor/node"
	"kontor/protocol/artifact"
	"kontor/protocol/exception"
	"kontor/protocol/quantity"
)

// What a supplier without a node does not give is an exception with an owner, a worth and a deadline; it keeps its name while it stays, and closes by itself.
func TestAGuestsShortageIsAnException(t *testing.T) {
	d, _ := deskOf(t)
	if _, err := d.GuestExceptions("Small Shop", false); node.AsFailure(err).Code != "NO_GUEST" {
		t.Errorf("nobody knows it: %v", err)
	}
	year := time.Now().Year() + 2
	asked := fmt.Sprintf("product,region,period,mean\nA1,DE,%[1]d-01,100\nA1,DE,%[1]d-02,50\n", year)
	take(t, d, asked, ImportOptions{})
	if _, err := d.ImportPrices([]byte("product,price,currency,per\nA1,12.50,EUR,1\n")); err != nil {
		t.Fatal(err)
	}
	if err := d.SetExceptionPolicy(quantity.Money{Minor: 1_000_000, Currency: "EUR"}, quantity.Quantity{}); err != nil {
		t.Fatal(err)
	}
	give := func(first, second string) {
		t.Helper()
		file, err := d.TemplateFor(GuestTemplate{Guest: "Small Shop"})
		if err != nil {
			t.Fatal(err)
		}
		fill := map[string]any{"G5": first, "G6": second}
		if first != "100" {
			fill["I5"] = "LEAD_TIME"
		}
		if _, err := d.Import("", filled(t, file.Data, fill), ImportOptions{}); err != nil {
			t.Fatal(err)
		}
	}
	list := func(all bool) []ExceptionView {
		t.Helper()
		out, err := d.GuestExceptions("small shop", all)
		if err != nil {
			t.Fatal(err)
		}
		return out
	}
	give("60", "50")
	first := list(false)
	if len(first) != 1 {
		t.Fatalf("%+v", first)
	}
	e := first[0]
	if e.Kind != exception.Overload || e.Grade != artifact.GradeC || e.Owner != d.node.CompanyName(d.node.Company()) || e.Units.String() != "40" || e.Deadline <= d.node.Now() || e.Default.Text == "" || e.State != ExceptionOpen {
		t.Errorf("%+v", e)
	}
	match, err := d.MatchGuest(GuestName{"Small Shop"})
	if err != nil || len(match.Exceptions) != 1 || match.Exceptions[0].ID != e.ID {
		t.Errorf("the match shows %+v, %v", match.Exceptions, err)
	}
	// Another record with less is the same trouble, grown; what is over it names no more.
	give("55", "50")
	if now := list(false); len(now) != 1 || now[0].ID != e.ID || now[0].Units.String() != "45" {
		t.Errorf("%+v", now)
	}
	give("100", "50")
	if now := list(false); len(now) != 0 {
		t.Errorf("all is given: %+v", now)
	}
	past := list(true)
	if len(past) != 1 || past[0].ID != e.ID || past[0].State != ExceptionGone || past[0].ClosedBy != "itself" || past[0].Acted {
		t.Errorf("%+v", past)
	}
	if q, err := d.GuestAlerts("Small Shop"); err != nil || q.Raised != 1 || q.Itself != 1 || len(q.Kinds) != 1 {
		t.Errorf("%+v, %v", q, err)
	}
	groups, err := d.Measure(MeasureQuery{Guest: "Small Shop"})
	if err != nil || !strings.Contains(fmt.Sprint(groups), "exceptions OVERLOAD") {
		t.Errorf("the measures do not tell of them: %v", err)
	}
}

// A customer's need that no line makes is raised, and what the lines and the stock don't carry is valued; small shortages are looked away from as with a partner.
func TestAGuestsNeedIsAnException(t *testing.T) {
	d, _ := deskOf(t)
	if _, err := d.ImportProducts([]byte("product,description,unit\nA,Valve,C62\nB,Seal,C62\n"), ImportOptions{}); err != nil {
		t.Fatal(err)
	}
	month := fmt.Sprintf("%d-03", time.Now().Year()+2)
	file, err := d.TemplateFor(GuestTemplate{Guest: "Clinic", Kind: "forecast", From: month, Periods: 1})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := d.Import("", filled(t, file.Data, map[string]any{"G5": 500, "G6": 3}), ImportOptions{}); err != nil {
		t.Fatal(err)
	}
	if _, err := d.ImportPrices([]byte("product,price,currency,per\nA,2,EUR,1\n")); err != nil {
		t.Fatal(err)
	}
	kinds := func() string {
		t.Helper()
		list, err := d.GuestExceptions("Clinic", false)
		if err != nil {
			t.Fatal(err)
		}
		var out []string
		for _, e := range list {
			out = append(out, fmt.Sprintf("%s %s%s %s %s", e.Kind, e.Scope.Group, e.Scope.Product, e.Units, e.Value))
		}
		return strings.Join(out, "; ")
	}
	if got := kinds(); got != "" {
		t.Errorf("there are no lines to match against: %s", got)
	}
	if _, err := d.ImportCapacity([]byte("line,product,load factor,unit,period,maximum,actual\nPress,A,1,C62,"+month+",100,80\n"), ImportOptions{}); err != nil {
		t.Fatal(err)
	}
	if _, err := d.ImportStock([]byte("product,on hand,backlog\nA,7,2\n"), ImportOptions{}); err != nil {
		t.Fatal(err)
	}
	if got := kinds(); !strings.Contains(got, "UNMAPPED_PRODUCT B 3") || !strings.Contains(got, "Press") {
		t.Errorf("%s", got)
	}
	if err := d.SetExceptionPolicy(quantity.Money{Minor: 1, Currency: "EUR"}, quantity.Of(1_000_000)); err != nil {
		t.Fatal(err)
	}
	if got := kinds(); strings.Contains(got, "Press") || !strings.Contains(got, "UNMAPPED_PRODUCT B") {
		t.Errorf("small shortages are shown: %s", got)
	}
}

// A template that was wanted by a day and did not come back is raised, and goes when it comes: somebody did what was to be done.
func TestATemplateThatDidNotComeBack(t *testing.T) {
	d, _ := deskOf(t)
	take(t, d, askedOf, ImportOptions{})
	yesterday := time.UnixMilli(d.node.Now()).UTC().AddDate(0, 0, -1).Format(time.DateOnly)
	file, err := d.TemplateFor(GuestTemplate{Guest: "Small Shop", Due: yesterday})
	if err != nil {
		t.Fatal(err)
	}
	missing := func(all bool) (out []ExceptionView) {
		t.Helper()
		list, err := d.GuestExceptions("Small Shop", all)
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range list {
			if e.Kind == exception.Missing {
				out = append(out, e)
			}
		}
		return out
	}
	if list := missing(false); len(list) != 1 || !strings.Contains(list[0].Cause, "wanted by "+yesterday) || list[0].Worth == "" || list[0].Role != "PLANNER" {
		t.Fatalf("%+v", list)
	}
	if _, err := d.Import("", filled(t, file.Data, map[string]any{"G5": 100, "G6": 50}), ImportOptions{}); err != nil {
		t.Fatal(err)
	}
	if open, all := missing(false), missing(true); len(open) != 0 || len(all) != 1 || all[0].State != ExceptionGone || !all[0].Acted {
		t.Errorf("%+v, %+v", open, all)
	}
	// One of long ago ends by default.
	if _, err := d.TemplateFor(GuestTemplate{Guest: "Small Shop", Due: "2020-01-03"}); err != nil {
		t.Fatal(err)
	}
	if open, all := missing(false), missing(true); len(open) != 0 || len(all) != 2 || all[0].State != ExceptionDefault && all[1].State != ExceptionDefault {
		t.Errorf("%+v, %+v", open, all)
	}
}

// Forecasts of a guest that err to one side by more than chance are raised, by what was counted with it.
func TestAGuestsBiasIsRaised(t *testing.T) {
	d, _ := deskOf(t)
	if _, err := d.ImportProducts([]byte("product,description,unit\nA,Valve,C62\n"), ImportOptions{}); err != nil {
		t.Fatal(err)
	}
	first := time.Date(time.Now().Year()+1, 1, 1, 0, 0, 0, 0, time.UTC)
	file, err := d.TemplateFor(GuestTemplate{Guest: "Clinic", Kind: "forecast", From: first.Format("2006-01"), Periods: 24})
	if err != nil {
		t.Fatal(err)
	}
	cells, figures := map[string]any{}, "product,period,unit,shipped\n"
	for i := range 24 {
		cells[fmt.Sprintf("G%d", 5+i)] = 100
		figures += fmt.Sprintf("A,%s,C62,%d\n", first.AddDate(0, i, 0).Format("2006-01"), 60+i%3)
	}
	if _, err := d.Import("", filled(t, file.Data, cells), ImportOptions{}); err != nil {
		t.Fatal(err)
	}
	if _, err := d.ImportPerformance([]byte(figures), PerformanceImport{Guest: "Clinic", ImportOptions: ImportOptions{}}); err != nil {
		t.Fatal(err)
	}
	list, err := d.GuestExceptions("Clinic", false)
	if err != nil || len(list) == 0 || list[0].Kind != exception.Bias || list[0].Scope.Product != "A" || !strings.Contains(list[0].Cause, "above what came") {
		t.Errorf("%+v, %v", list, err)
	}
}
