package intake

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

var testColumns = []Column{
	{Says: "the series", Names: []string{"series"}, Needed: true},
	{Says: "the period", Names: []string{"period"}, Form: Ordinal, Needed: true},
	{Says: "the figure", Names: []string{"value"}, Form: Number, Needed: true},
	{Says: "the level", Names: []string{"level"}, Form: Level},
	{Says: "whether it counts", Names: []string{"counts"}, Form: Flag},
}

// readTable is a table as text, or its first complaint.
func readTable(data string, repeats bool, options Options) string {
	t, report := Open([]byte(data), testColumns, repeats, options)
	if t == nil {
		return report.Complaints[0].String()
	}
	var out []string
	ok := t.Each(func(l *Line) {
		series, at, flag := l.Text(0), l.Moment(1), l.Flag(4)
		v, stated := l.Quantity(2)
		level, isLevel := l.Level(3)
		if !l.Bad() {
			period := at.Bucket.String()
			if !at.Bucket.Valid() {
				period = fmt.Sprint(at.Index)
			}
			out = append(out, fmt.Sprintf("%s %s %s/%v %d/%v %v", series, period, v, stated, level, isLevel, flag))
		}
	})
	if !ok {
		return report.Complaints[0].String()
	}
	return strings.Join(out, "; ")
}

func TestTablesAreReadByTheirHeaders(t *testing.T) {
	for data, want := range map[string]string{
		"series,period,value\nA,1,2.5\nB,2,3\n":                     "A 1 2.5/true 0/false false; B 2 3/true 0/false false",
		"\ufeffValue;LEVEL;Period;Series\n1.250,5;p90;2026-W10;A\n": "A 2026-W10 1250.5/true 900000/true false",
		"series\tperiod\tvalue\tcounts\nA\t02.03.2026\t-7\tyes\n":   "A 2026-03-02 -7/true 0/false true",
		"report of March\nseries,period,value\nA,2026-03,74.030\n":  "A 2026-03 74.03/true 0/false false",
		"series,period,value,level\nA,1,5,mean\nA,1,6,97.5%\n":      "A 1 5/true 0/false false; A 1 6/true 975000/true false",
		"series;period;value\nA;1;74.030\n":                         `INTAKE-09: line 2, column "value", value "74.030": "." may mark decimals or thousands, and no other cell of the file tells which; want the option decimal set to "." or ",", or figures without grouping and with another number of decimals`,
		"series,period\nA,1\n":                                      "INTAKE-04: line 1: a column for the figure is needed, and there is none among series, period; want a header such as value",
		"series,period,value\nA,1,0.3673E+05\nB,1,-7e-1\n":          "A 1 36730/true 0/false false; B 1 -0.7/true 0/false false",
		"series;period;value\nA;1;0,3673E+05\nB;1;1,5\n":            "A 1 36730/true 0/false false; B 1 1.5/true 0/false false",
		"series;period;value\nA;1;0.3673E+05\nB;1;1,5\n":            `INTAKE-08: line 2, column "value", value "0.3673E+05": a spreadsheet's shortened number, which has lost digits; want a number such as 1250 or 0.75`,
		"series,period,value\nA,1,1E+16\n":                          `INTAKE-08: line 2, column "value", value "1E+16": a number that is too large or has too many digits; want at most 10^15 and 15 decimals`,
		"series,period,value\nA,1,five\n":                           `INTAKE-08: line 2, column "value", value "five": not a number; want a number such as 1250 or 0.75`,
		"series,period,value\nA,1,\n":                               `INTAKE-07: line 2, column "value": an empty cell; want a number; 0 where nothing is meant`,
		"series,period,value\nA,soon,1\n":                           `INTAKE-12: line 2, column "period", value "soon": not a date, week or month; want a date as 2026-11-22, a week as 2026-W48 or a month as 2026-11`,
		"series,period,value\nA,1,1\nA,1,1\n":                       "INTAKE-15: line 3: the same as line 2, cell by cell; want each line once; if both are meant, add them up or number them in a column of their own",
		"series,period,value,level\nA,1,1,p12\nA,1,1,high\n":        `INTAKE-08: line 3, column "level", value "high": not a probability; want a level between 0 and 1 such as 0.9, or p90 or 90%; mean or an empty cell for the point forecast`,
		"series,period,value,counts\nA,1,1,maybe\n":                 `INTAKE-20: line 2, column "counts", value "maybe": neither yes nor no; want yes or no, true or false, 1 or 0`,
		"series,period,value\nA,1,1,2\n":                            `INTAKE-06: line 2, value "2": 4 cells below a header of 3; want as many as the header; a cell that contains the comma goes into quotation marks`,
		"series,period,value\n":                                     "INTAKE-03: line 1: no line below the header; want one line or more",
		"":                                                          "INTAKE-03: the file is empty; want a header line and lines below it",
	} {
		if got := readTable(data, false, Options{}); got != want {
			t.Errorf("%q\n is  %s\nwant %s", data, got, want)
		}
	}
	if got := readTable("series,period,value\nA,1,1\nA,1,1\n", true, Options{}); !strings.Contains(got, "; ") {
		t.Errorf("a repeated measurement: %s", got)
	}
	if got := readTable("series,period,value\nA,1,x\nB,2,2\n", false, Options{SkipBad: true}); got != "B 2 2/true 0/false false" {
		t.Errorf("with the bad line left out: %s", got)
	}
}

// Numbers in scientific notation are counted in one note, not one for each; tables without them have none.
func TestScientificNumbersAreNotedOnce(t *testing.T) {
	for data, want := range map[string]string{"series,period,value\nA,1,1E+1\nA,2,2e1\nA,3,20\n": "2 numbers are", "series,period,value\nA,1,1E+1\n": "1 number is", "series,period,value\nA,1,10\n": ""} {
		table, report := Open([]byte(data), testColumns, false, Options{})
		if table == nil || !table.Each(func(l *Line) { l.Quantity(2) }) {
			t.Fatalf("%q: %v", data, report.Complaints)
		}
		if notes := report.Notes; want == "" && len(notes) > 0 || want != "" && (len(notes) != 1 || notes[0].Code != NoteScientific || !strings.HasPrefix(notes[0].Text, want)) {
			t.Errorf("%q: %v, want %q", data, notes, want)
		}
	}
}

// What is written comes back, whatever the delimiter and the order of columns.
func TestTablesComeBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		delimiter := rapid.SampledFrom([]string{",", ";", "\t", "|"}).Draw(t, "delimiter")
		names := rapid.Permutation([]string{"series", "period", "value", "counts"}).Draw(t, "columns")
		lines, want := []string{strings.Join(names, delimiter)}, []string{}
		for i := range rapid.IntRange(1, 20).Draw(t, "lines") {
			cell := map[string]string{"series": fmt.Sprintf("S%d", i), "period": fmt.Sprint(rapid.IntRange(0, 99_999).Draw(t, "period")),
				"value": fmt.Sprint(rapid.Int64Range(-1_000_000_000, 1_000_000_000).Draw(t, "value")), "counts": rapid.SampledFrom([]string{"", "yes", "no"}).Draw(t, "counts")}
			var row []string
			for _, n := range names {
				row = append(row, cell[n])
			}
			lines = append(lines, strings.Join(row, delimiter))
			want = append(want, fmt.Sprintf("%s %s %s/true 0/false %v", cell["series"], cell["period"], cell["value"], cell["counts"] == "yes"))
		}
		if got := readTable(strings.Join(lines, "\n")+"\n", false, Options{}); got != strings.Join(want, "; ") {
			t.Fatalf("%q\n is  %s\nwant %s", strings.Join(lines, "\n"), got, strings.Join(want, "; "))
		}
	})
}

// FuzzOpen: whatever comes, a table or a complaint; and the lines that were taken, written as their values and read again, are the same.
func FuzzOpen(f *testing.F) {
	f.Add([]byte("series,period,value,level,counts\nA,1,2.5,0.9,yes\nB,2026-03,1.234,mean,\n"), false)
	f.Add([]byte("\ufeffsep=;\nseries;period;value\nA;02/03/2026;1,5\n"), true)
	f.Add([]byte("series,period,value\n\"A,1,2\n"), false)
	f.Fuzz(func(t *testing.T, data []byte, skipBad bool) {
		table, report := Open(data, testColumns, false, Options{SkipBad: skipBad})
		if (table == nil) == report.OK() {
			t.Fatalf("a table: %v, complaints: %v", table != nil, report.Complaints)
		}
		if table == nil {
			return
		}
		taken, ok := valuesOf(table)
		if ok && !report.OK() && !skipBad || len(taken) != report.Imported || report.Imported > report.Lines {
			t.Fatalf("%d taken, %+v", len(taken), report)
		}
		if !ok || len(taken) == 0 {
			return
		}
		written := Write(append([][]string{{"series", "period", "value", "level", "counts"}}, taken...))
		table, report = Open(written, testColumns, true, Options{Decimal: "."}) // lines may be alike once they are written alike
		if table == nil {
			t.Fatalf("%q: %v", written, report.Complaints)
		}
		if again, ok := valuesOf(table); !ok || !slices.EqualFunc(taken, again, slices.Equal) {
			t.Fatalf("%q comes back as %q: %v", taken, again, report.Complaints)
		}
	})
}

// valuesOf writes the values of the lines that a table of testColumns takes: numbers with a dot, periods as ISO writes them.
func valuesOf(table *Table) (taken [][]string, ok bool) {
	ok = table.Each(func(l *Line) {
		values := []string{l.Text(0), "", "", "", "no"}
		if at := l.Moment(1); at.Bucket.Valid() {
			values[1] = at.Bucket.String()
		} else {
			values[1] = fmt.Sprint(at.Index)
		}
		if q, stated := l.Quantity(2); stated {
			values[2] = q.String()
		}
		if level, stated := l.Level(3); stated {
			values[3] = fmt.Sprintf("0.%06d", level)
		}
		if l.Flag(4) {
			values[4] = "yes"
		}
		if !l.Bad() {
			taken = append(taken, values)
		}
	})
	return taken, ok
}
