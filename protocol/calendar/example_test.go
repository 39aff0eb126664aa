package calendar_test

import (
	"fmt"

	"kontor/protocol/calendar"
)

func ExampleParseBucket() {
	week, _ := calendar.ParseBucket("2026-W53")
	fmt.Println(week.Start, week.Last(), week.Days())
	// Output: 2026-12-28 2027-01-03 7
}
