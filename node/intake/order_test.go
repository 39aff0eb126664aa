package intake

import (
	"fmt"
	"strings"
	"testing"
)

func TestOrderTables(t *testing.T) {
	for _, c := range []struct{ what, data, want string }{
		{"open orders", "order,line,product,region,due,quantity,unit\n4711,10,ZDV-300,CI,2027-01-20,130,PK\n4711,20,ZDV-300,CI,2027-02-03,50,PK\n", "4711/10 ZDV-300 CI 2027-01-20 130 PK; 4711/20 ZDV-300 CI 2027-02-03 50 PK"},
		{"less what was delivered", "PO;Artikel;Liefertermin;Bestellmenge;geliefert\nA;X;20.01.2027;1.300,5;300,5\nB;X;25.01.2027;10;10\n", "A/ X  2027-01-20 1000 C62"},
		{"due in a week", "order,product,week,qty\nA,X,2027-W05,7\n", "A/ X  2027-W05 7 C62"},
		{"a return", "order,product,due,quantity\nA,X,2027-01-20,-5\n", "INTAKE-17"},
		{"twice", "order,line,product,due,quantity\nA,1,X,2027-01-20,5\nA,1,X,2027-01-20,6\n", "INTAKE-"},
		{"no date", "order,product,quantity\nA,X,5\n", "INTAKE-"},
	} {
		orders, report := ReadOrders([]byte(c.data), Options{})
		var out []string
		for _, o := range orders {
			out = append(out, fmt.Sprintf("%s/%s %s %s %s %s %s", o.Number, o.Line, o.Product, o.Region, o.Due, o.Quantity, o.Unit))
		}
		got := strings.Join(out, "; ")
		if orders == nil {
			got = report.Complaints[0].String()
		}
		if got != c.want && !(strings.HasPrefix(c.want, "INTAKE") && strings.Contains(got, c.want)) {
			t.Errorf("%s: %s, want %s", c.what, got, c.want)
		}
	}
}
