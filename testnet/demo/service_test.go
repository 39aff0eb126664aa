package demo

import (
	"bytes"
	"testing"

	"kontor/node/desk"
)

// The terms of the demonstration break no rule, and the month they are missed in is the worst of the figures built in.
func TestServiceTerms(t *testing.T) {
	f, err := loadFigures("")
	if err != nil {
		t.Fatal(err)
	}
	m, err := f.lateMonth()
	if err != nil {
		t.Fatal(err)
	}
	if m.month.String() != "2010-10" || m.lines != 41 || m.onTime != 14 || bytes.Count(m.orders, []byte("\n")) != 42 {
		t.Errorf("%s: %d of %d on time, %d rows", m.month, m.onTime, m.lines, bytes.Count(m.orders, []byte("\n")))
	}
	doc, err := desk.ReadTerms(serviceTerms(m))
	if err != nil {
		t.Fatal(err)
	}
	if findings := desk.CheckTerms(doc); len(findings) > 0 {
		t.Errorf("%v", findings)
	}
}
