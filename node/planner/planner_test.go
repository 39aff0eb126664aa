package planner

import (
	"strconv"
	"strings"
	"testing"

	"kontor/protocol/calendar"
	"kontor/testnet/data"
)

// realHistory is the demonstration's history without its incomplete last month.
func realHistory(t testing.TB) History {
	t.Helper()
	incomplete, err := calendar.ParseMonth(data.LastIncompleteMonth)
	if err != nil {
		t.Fatal(err)
	}
	var records []Record
	for i, line := range strings.Split(strings.TrimSpace(string(data.Monthly())), "\n") {
		if i == 0 {
			continue
		}
		cells := strings.Split(line, ",")
		month, err := calendar.ParseMonth(cells[2])
		if err != nil {
			t.Fatal(err)
		}
		quantity, err := strconv.ParseFloat(cells[3], 64)
		if err != nil {
			t.Fatal(err)
		}
		if month < incomplete {
			records = append(records, Record{Key{cells[0], cells[1]}, month, quantity})
		}
	}
	h, err := NewHistory(records, incomplete-1)
	if err != nil {
		t.Fatal(err)
	}
	return h
}

func TestRealHistoryHasItsShape(t *testing.T) {
	h := realHistory(t)
	if len(h.Keys) != 96 || h.First.String() != "2007-01" || h.Last().String() != "2015-08" {
		t.Errorf("%d series from %s to %s, want 96 from 2007-01 to 2015-08", len(h.Keys), h.First, h.Last())
	}
}

func month(t testing.TB, text string) calendar.Month {
	t.Helper()
	m, err := calendar.ParseMonth(text)
	if err != nil {
		t.Fatal(err)
	}
	return m
}
