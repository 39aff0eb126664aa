package command

import (
	"strings"
	"testing"

	"kontor/node/desk"
	"kontor/protocol/exception"
	"kontor/protocol/quantity"
)

// What a desk signed as the value of an exception stands beside what is computed here, where they differ.
func TestClaimedValueIsShown(t *testing.T) {
	e := desk.ExceptionView{Exception: exception.Exception{Value: quantity.Money{Minor: 5_000_00, Currency: "EUR"}}, Closed: true, ClosedBy: "maker"}
	for claimed, shown := range map[int64]bool{5_000_00: false, 1_00: true} {
		e.Claimed = &quantity.Money{Minor: claimed, Currency: "EUR"}
		var out strings.Builder
		printExceptions(&out, []desk.ExceptionView{e})
		if got := strings.Contains(out.String(), "closed as "+e.Claimed.String()); got != shown {
			t.Errorf("claimed %s, computed %s: shown %t\n%s", e.Claimed, e.Value, got, out.String())
		}
	}
}
