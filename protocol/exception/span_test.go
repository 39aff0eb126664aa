package exception

import (
	"testing"

	"kontor/protocol/quantity"
)

// Units are told as a span only where they are one.
func TestSpan(t *testing.T) {
	for _, x := range []struct {
		low, high int64
		want      string
	}{{0, 0, "-"}, {40, 40, "40"}, {0, 40, "0 to 40"}, {12, 40, "12 to 40"}} {
		if got := (Exception{Units: quantity.Of(x.low), UnitsMax: quantity.Of(x.high)}).Span(); got != x.want {
			t.Errorf("%d, %d: %q", x.low, x.high, got)
		}
	}
}
