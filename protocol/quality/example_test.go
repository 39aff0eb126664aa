package quality_test

import (
	"fmt"

	"kontor/protocol/calendar"
	"kontor/protocol/quality"
	"kontor/protocol/quantity"
)

func ExampleMeasure_Rate() {
	received := quantity.Of(12_000)
	m := quality.Measure{Denominator: quality.ByReceived, Counting: quality.CountConfirmed, Received: &received, Confirmed: quantity.Of(6)}
	rate, measured, err := m.Rate()
	fmt.Println(rate, "ppm of those", m.Denominator, measured, err)
	// Output: 500 ppm of those RECEIVED true <nil>
}

func ExampleClockOf() {
	friday := calendar.MustDate("2026-10-16")
	raised := friday.Millis() + 18*60*60*1000 // after the cut-off at 17:00: received on Monday
	for _, c := range quality.ClockOf(quality.DefaultService(), quality.Complaint{Raised: raised}, nil, calendar.MustDate("2026-10-22")) {
		fmt.Println(c.Step, c.Due, c.State)
	}
	// Output:
	// D3 2026-10-21 OVERDUE
	// D5 2026-11-02 DUE
	// D8 2026-12-18 DUE
}
