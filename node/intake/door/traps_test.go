package door

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// traps are what was seen in files of partners and vendors, and where a reader that follows the standard alone goes wrong. A case
// says in its first line which of them it is about: "# trap 3: ...".
var traps = []string{
	1:  "A file filed under one EDIFACT directory says another in UNH; UNA sets a decimal comma or other marks, so that `1,5` is one and a half",
	2:  "A line end after each terminator, and blank lines between segments",
	3:  "Blanks before the first segment",
	4:  "Dates as yymmdd (101), ccyymmdd (102), a range (718), a week or a month",
	5:  "Cumulative quantities that begin again with the year, and hold what was received",
	6:  "A byte order mark before the first segment, element or column",
	7:  "Part numbers with blanks behind them, and the header in the second row",
	8:  "Net quantities below zero",
	9:  "X12 separators that only the envelope names, a line end as terminator among them",
	10: "Places by DUNS, GLN, BPN or codes of the partner's own, which only a table of places can tell apart",
	11: "UBL calls one code list ForecastPurposeCode in Forecast and PurposeCode in ForecastRevision",
	12: "Stock and sales beside each other, told apart by a qualifier alone",
}

const (
	trapsPage  = "../../../protocol/doc/doors.md"
	trapsBegin = "<!-- traps: written by a test -->\n"
	trapsEnd   = "<!-- end of traps -->\n"
)

var trapLine = regexp.MustCompile(`^# trap (\d+): `)

// Every trap has a case, and the page says which.
func TestTraps(t *testing.T) {
	paths, err := filepath.Glob("testdata/cases/*")
	if err != nil {
		t.Fatal(err)
	}
	cases := make([][]string, len(traps))
	for _, path := range paths {
		content, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		m := trapLine.FindSubmatch(content)
		if m == nil {
			continue
		}
		n, err := strconv.Atoi(string(m[1]))
		if err != nil || n < 1 || n >= len(traps) {
			t.Errorf("%s is about trap %s, which is not in the list", path, m[1])
			continue
		}
		cases[n] = append(cases[n], "`"+filepath.Base(path)+"`")
	}
	text := "| trap | cases |\n|---|---|\n"
	for n, says := range traps {
		if n == 0 {
			continue
		}
		if len(cases[n]) == 0 {
			t.Errorf("trap %d has no case: %s", n, says)
		}
		slices.Sort(cases[n])
		text += fmt.Sprintf("| %d. %s | %s |\n", n, says, strings.Join(cases[n], ", "))
	}
	page, err := os.ReadFile(trapsPage)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, opened := strings.Cut(string(page), trapsBegin)
	old, after, closed := strings.Cut(rest, trapsEnd)
	if !opened || !closed {
		t.Fatalf("%s has no marks for the traps", trapsPage)
	}
	if *update {
		if err := os.WriteFile(trapsPage, []byte(before+trapsBegin+text+trapsEnd+after), 0o644); err != nil {
			t.Fatal(err)
		}
	} else if old != text {
		t.Errorf("%s has an old list of traps; run go test ./node/intake/door -run Traps -update", trapsPage)
	}
}
