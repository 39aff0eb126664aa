package intake

import (
	"slices"
	"strings"

	"kontor/protocol/calendar"
)

// Layouts of a table that is written.
type Layout string

// The layouts.
const (
	ByPeriod Layout = "period" // a line for each period, a column for each figure
	Long     Layout = "long"   // a line for each figure
	Wide     Layout = "wide"   // a line for each figure, a column for each period
)

// Lay writes a table by period in another layout. period is the column of the period, -1 where there is none; figures the first column of figures.
// A table without periods has no wide layout, and one without figures no other at all; false says so, or that a measure has figures in columns of no period.
func Lay(rows [][]string, as Layout, period, figures int) ([][]string, bool) {
	if as == ByPeriod || as == "" {
		return rows, true
	}
	head := rows[0]
	if as == Wide && period < 0 || figures >= len(head) {
		return nil, false
	}
	if as == Long {
		out := [][]string{append(append([]string{}, head[:figures]...), "measure", "value")}
		for _, row := range rows[1:] {
			any := false
			for f := figures; f < len(row); f++ {
				if row[f] != "" {
					any = true
					out = append(out, append(append([]string{}, row[:figures]...), head[f], row[f]))
				}
			}
			if !any {
				out = append(out, append(append([]string{}, row[:figures]...), "", ""))
			}
		}
		return out, true
	}
	keys := slices.Delete(slices.Clone(head[:figures]), period, period+1)
	var periods []string
	for _, row := range rows[1:] {
		if row[period] != "" && !slices.Contains(periods, row[period]) {
			periods = append(periods, row[period])
		}
	}
	if len(periods) == 0 || len(keys)+1+len(periods) > MaxColumns {
		return nil, false
	}
	slices.SortFunc(periods, comparePeriods)
	out := [][]string{append(append(keys, "measure"), periods...)}
	at := map[string]int{}
	for _, row := range rows[1:] {
		key := slices.Delete(slices.Clone(row[:figures]), period, period+1)
		any := false
		for f := figures; f < len(row); f++ {
			if row[f] == "" {
				continue
			}
			if any = true; row[period] == "" {
				return nil, false
			}
			name := strings.Join(key, "\x00") + "\x00\x00" + head[f]
			i, known := at[name]
			if !known {
				i = len(out)
				at[name] = i
				out = append(out, append(append(slices.Clone(key), head[f]), make([]string, len(periods))...))
			}
			out[i][len(key)+1+slices.Index(periods, row[period])] = row[f]
		}
		if !any {
			out = append(out, append(append(slices.Clone(key), ""), make([]string, len(periods))...))
		}
	}
	return out, true
}

func comparePeriods(a, b string) int {
	x, errX := calendar.ParseBucket(a)
	y, errY := calendar.ParseBucket(b)
	if errX != nil || errY != nil {
		return strings.Compare(a, b)
	}
	return x.Compare(y)
}
