package intake

import (
	"maps"
	"slices"
	"strings"

	"kontor/protocol/calendar"
)

// titles are the columns of one line that may be the header, and behind them those of a mapping's constants.
type titles struct {
	shown     []string // as written, for complaints
	means     []string // the header, or the field that the mapping gives it
	plain     []string // of means
	mapped    []bool
	width     int // of the file's own columns
	constants []string
	absent    []string // columns that the mapping names and the line has not
	used      *Mapping // nil where the line is read without one
}

func newTitles(cells []string, m *Mapping) titles {
	n := len(cells)
	for n > 0 && cells[n-1] == "" {
		n--
	}
	t := titles{width: n}
	fields := map[string]string{}
	if m != nil {
		for column, field := range m.Columns {
			fields[plainName(column)] = field
		}
	}
	for _, cell := range cells[:n] {
		shown := strings.Clone(cell)
		field, mapped := fields[plainName(cell)]
		if !mapped {
			field = shown
		}
		t.add(shown, field, mapped)
	}
	if m == nil {
		return t
	}
	found := 0
	for _, column := range slices.Sorted(maps.Keys(m.Columns)) {
		if slices.ContainsFunc(t.shown, func(s string) bool { return plainName(s) == plainName(column) }) {
			found++
		} else {
			t.absent = append(t.absent, column)
		}
	}
	if m.Optional && found == 0 && len(m.Columns) > 0 {
		return newTitles(cells, nil)
	}
	t.used = m
	for _, field := range slices.Sorted(maps.Keys(m.Constants)) {
		t.add(field+" of the mapping", field, true)
		t.constants = append(t.constants, m.Constants[field])
	}
	return t
}

func (t *titles) add(shown, means string, mapped bool) {
	t.shown, t.means, t.plain, t.mapped = append(t.shown, shown), append(t.means, means), append(t.plain, plainName(means)), append(t.mapped, mapped)
}

// find is the column of a field that is not taken: one that the mapping gives it, else the one with the most telling header.
func (t titles) find(f field, taken []int) int {
	for _, only := range []bool{true, false} {
		for _, name := range f.names {
			plain := plainName(name)
			for i, p := range t.plain {
				if p == plain && (t.mapped[i] || !only) && t.means[i] != ignore && !slices.Contains(taken, i) {
					return i
				}
			}
		}
	}
	return -1
}

// match finds the columns of fields.
func (t titles) match(line int, fields []field) header {
	h := header{line: line, fields: fields, titles: t, names: t.shown}
	for _, f := range fields {
		at := t.find(f, h.at)
		if at >= 0 {
			h.found++
		} else if f.needed {
			h.missing = append(h.missing, f)
		}
		h.at = append(h.at, at)
	}
	return h
}

// translations are, by field of the header, what cells mean.
func (h header) translations() []map[string]string {
	m := h.titles.used
	if m == nil || len(m.Codes) == 0 {
		return nil
	}
	out := make([]map[string]string, len(h.fields))
	for name, codes := range m.Codes {
		for i, f := range h.fields {
			if slices.ContainsFunc(f.names, func(n string) bool { return plainName(n) == plainName(name) }) {
				out[i] = codes
			}
		}
	}
	return out
}

// periodOf is the period a wide table's column is of.
func (t titles) periodOf(i int, d *dates) (calendar.Bucket, bool) {
	if _, _, _, slash := slashed(t.means[i]); slash || t.means[i] == "" || i >= t.width {
		return calendar.Bucket{}, false
	}
	b, problem := d.parse(t.means[i])
	return b, problem == ""
}
