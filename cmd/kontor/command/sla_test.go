package command

import (
	"bytes"
	"strings"
	"testing"

	"kontor/node/desk"
	"kontor/protocol/remedy"
)

// A promise that was missed and owes nothing says why, where the terms have no price for what was delivered.
func TestWindowsSayWhatHasNoPrice(t *testing.T) {
	for name, one := range map[string]struct {
		status desk.SLAStatus
		says   bool
	}{
		"final":   {desk.SLAStatus{Result: &remedy.Result{Verdict: remedy.Missed, Unpriced: 2}}, true},
		"preview": {desk.SLAStatus{Preview: &remedy.Result{Verdict: remedy.Missed, Unpriced: 2}}, true},
		"priced":  {desk.SLAStatus{Result: &remedy.Result{Verdict: remedy.Missed}}, false},
		"none":    {desk.SLAStatus{}, false},
	} {
		var out bytes.Buffer
		printSides(&out, one.status)
		if says := strings.Contains(out.String(), "cells of the reports without a price: 2"); says != one.says {
			t.Errorf("%s: it says %q", name, out.String())
		}
	}
}
