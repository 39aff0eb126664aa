package command

import (
	"bytes"
	"strings"
	"testing"

	"kontor/node/desk"
	"kontor/protocol/measure"
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

// A window with too few observations says how many there are, how many the clause asks for, and what the reports do not say.
func TestTooFewSaysHowMany(t *testing.T) {
	for want, s := range map[string]desk.SLAStatus{
		"NOT_MEASURED, too few: 3 of at least 10 observations":               {Least: 10, Result: &remedy.Result{Verdict: remedy.NotMeasured, Why: remedy.TooFew, Count: 3}},
		"NOT_MEASURED, too few: 0 of at least 1 observation, not recorded":   {Least: 1, Result: &remedy.Result{Verdict: remedy.NotMeasured, Why: remedy.TooFew, Reason: measure.NotRecorded}},
		"(NOT_MEASURED, too few: 0 of at least 1 observation, not recorded)": {Least: 1, Preview: &remedy.Result{Verdict: remedy.NotMeasured, Why: remedy.TooFew, Reason: measure.NotRecorded}},
	} {
		if got := resultText(s); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}
