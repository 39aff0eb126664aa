package board

import (
	"strings"
	"testing"

	"kontor/node/api/wire"
	"kontor/node/desk"
)

// Who would promise more than the lines can carry reads it with the document, and the customer does not.
func TestTheSellerReadsThatItWouldOversell(t *testing.T) {
	c := paired(t)
	c.short(t)
	_, document := c.agree(t)
	show := func(who *company) wire.AgreementDetail {
		t.Helper()
		d, err := who.Agreement(admin, wire.AgreementQuery{Agreement: document})
		if err != nil {
			t.Fatal(err)
		}
		return d
	}
	if d := show(c.agency); d.Oversold != "" {
		t.Errorf("the agency reads %q", d.Oversold)
	}
	// The line breaks down: next to nothing can be made any more.
	var plan strings.Builder
	plan.WriteString("line,month,actual,maximum,unit,product,load_factor\n")
	for _, e := range show(c.maker).Cells {
		plan.WriteString("L1," + e.Bucket.String() + ",1,1,PK,ZDV-300,1\n")
		break
	}
	if _, err := c.maker.desk.ImportCapacity([]byte(plan.String()), desk.ImportOptions{}); err != nil {
		t.Fatal(err)
	}
	if d := show(c.maker); !strings.Contains(d.Oversold, "line L1 would carry") || !strings.Contains(d.Oversold, c.agency.n.Name()) {
		t.Errorf("the maker reads %q", d.Oversold)
	}
	if v, err := c.maker.desk.Oversold(); err != nil || len(v.Oversold) != 0 || v.Lines != 1 {
		t.Errorf("before anything is signed: %+v, %v", v, err)
	}
	if err := c.maker.signs(t, document, "COO", "COO"); err != nil {
		t.Fatal(err)
	}
	if v, err := c.maker.desk.Oversold(); err != nil || len(v.Oversold) == 0 {
		t.Errorf("a signature is a firm offer: %+v, %v", v, err)
	}
}
