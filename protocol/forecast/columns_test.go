package forecast

import (
	"bytes"
	"encoding/hex"
	"reflect"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"kontor/protocol/block"
	"kontor/protocol/calendar"
	"kontor/protocol/quantity"
)

// anyCells draws cells of every shape, also such as no rule would pass.
func anyCells() *rapid.Generator[Cells] {
	figure := rapid.Custom(func(t *rapid.T) quantity.Quantity {
		q, err := quantity.Scaled(rapid.Int64Range(-1_000_000, 1_000_000_000_000).Draw(t, "mantissa"), rapid.IntRange(-3, 2).Draw(t, "exponent"))
		if err != nil {
			t.Fatal(err)
		}
		return q
	})
	levels := rapid.SampledFrom([][]int64{nil, {500_000}, {100_000, 900_000}, {-5, 3}})
	return rapid.Custom(func(t *rapid.T) Cells {
		start := calendar.MustDate("2027-01-04")
		cs := make(Cells, rapid.IntRange(0, 12).Draw(t, "cells"))
		quantiles := func() (qs []Quantile) {
			for _, p := range levels.Draw(t, "levels") {
				qs = append(qs, Quantile{p, figure.Draw(t, "level")})
			}
			return qs
		}
		some := func() *quantity.Quantity {
			if !rapid.Bool().Draw(t, "stated") {
				return nil
			}
			q := figure.Draw(t, "stated figure")
			return &q
		}
		for i := range cs {
			start = start.AddDays(rapid.SampledFrom([]int{0, 0, 0, 7, -7}).Draw(t, "gap"))
			end := start.AddDays(rapid.SampledFrom([]int{7, 7, 7, 1, 31, 0, -3}).Draw(t, "days"))
			cs[i] = Cell{calendar.Bucket{Start: start, End: end}, figure.Draw(t, "mean"), quantiles(), quantiles(),
				rapid.SampledFrom([]Firmness{"", "", Firm, "other"}).Draw(t, "firmness"), some(), some()}
			start = end
		}
		return cs
	})
}

// Columns hold every cell, in one form, and a row that is written cell by cell is the one that the general encoder writes.
func TestColumnsHoldEveryCell(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		l := agencyForecast().Lines[0]
		l.Buckets = anyCells().Draw(t, "cells")
		row, err := l.WriteRow()
		if err != nil {
			t.Fatal(err)
		}
		general, err := block.Marshal(l)
		if err != nil || !bytes.Equal(row, general) {
			t.Fatalf("the row is not what the general encoder writes: %v", err)
		}
		var read, also Line
		if err := read.ReadRow(row); err != nil {
			t.Fatal(err)
		}
		if err := block.Unmarshal(row, &also); err != nil {
			t.Fatal(err)
		}
		if !reflect.DeepEqual(read, l) || !reflect.DeepEqual(also, l) {
			t.Fatalf("read another line:\n%+v\n%+v", read, l)
		}
	})
}

// Whatever becomes of the bytes of a row: it is refused, or is the one form of what it says.
func TestAlteredColumnsAreRefused(t *testing.T) {
	refused := 0
	check := func(row []byte, t rapid.TB) {
		var l, also Line
		err := l.ReadRow(row)
		if from, _, found, _ := block.Field(row, bucketsField); found && listed(row[from:]) {
			return // the older form, which the general decoder does not know
		}
		if general := block.Unmarshal(row, &also); (err == nil) != (general == nil) {
			t.Fatalf("read by itself: %v; by the general decoder: %v", err, general)
		}
		if err != nil {
			refused++
			if !reflect.DeepEqual(l, Line{}) {
				t.Fatal("refused, and still gave a line")
			}
			return
		}
		if again, err := l.WriteRow(); err != nil || !bytes.Equal(again, row) {
			t.Fatalf("one line has two forms: %x and %x, %v", row, again, err)
		}
	}
	row, err := agencyForecast().Lines[0].WriteRow()
	if err != nil {
		t.Fatal(err)
	}
	for at := range row {
		for bit := range 8 {
			altered := bytes.Clone(row)
			altered[at] ^= 1 << bit
			check(altered, t)
		}
	}
	if refused == 0 {
		t.Fatal("no altered row was refused")
	}
	rapid.Check(t, func(t *rapid.T) {
		l := agencyForecast().Lines[0]
		l.Buckets = anyCells().Draw(t, "cells")
		row, err := l.WriteRow()
		if err != nil {
			t.Fatal(err)
		}
		from := rapid.IntRange(0, len(row)).Draw(t, "from")
		to := rapid.IntRange(from, min(from+4, len(row))).Draw(t, "to")
		put := rapid.SliceOfN(rapid.Byte(), 0, 4).Draw(t, "put")
		check(bytes.Join([][]byte{row[:from], put, row[to:]}, nil), t)
	})
}

// A hundred thousand buckets in a few bytes are not believed.
func TestColumnsBelieveNoCount(t *testing.T) {
	for name, text := range map[string]string{
		"more means than bytes":       "a2646d65616e9a0001000065737061 6e7380",
		"a span of a million":         "a2646d65616e820100657370616e7381836a323032372d30312d3034071a000f4240",
		"two spans where one will do": "a2646d65616e8401000100657370616e7382836a323032372d30312d303407018 36a323032372d30312d31310701",
		"a column of nothing":         "a3646d65616e820100657370616e7381836a323032372d30312d3034070167 6f7264657265 6480",
		"no means":                    "a1657370616e7380",
	} {
		data, err := hex.DecodeString(strings.ReplaceAll(text, " ", ""))
		if err != nil {
			t.Fatal(name, err)
		}
		var cs Cells
		if err := cs.UnmarshalCBOR(data); err == nil || cs != nil {
			t.Errorf("%s: %v, %v", name, cs, err)
		}
	}
}

// Rows as they were written before there were columns are read as ever.
func TestRowsWithListedCellsAreRead(t *testing.T) {
	l := agencyForecast().Lines[0]
	row, err := l.WriteRow()
	if err != nil {
		t.Fatal(err)
	}
	from, to, _, err := block.Field(row, bucketsField)
	if err != nil {
		t.Fatal(err)
	}
	var list []listedCell
	for _, c := range l.Buckets {
		x := listedCell{Bucket: c.Bucket, Mean: c.Mean, Firmness: c.Firmness, Ordered: c.Ordered, Accumulated: c.Accumulated}
		for _, q := range c.Quantiles {
			x.Quantiles = append(x.Quantiles, listedQuantile(q))
		}
		for _, q := range c.Cumulative {
			x.Cumulative = append(x.Cumulative, listedQuantile(q))
		}
		list = append(list, x)
	}
	cells, err := block.Marshal(list)
	if err != nil {
		t.Fatal(err)
	}
	var read Line
	if err := read.ReadRow(bytes.Join([][]byte{row[:from], cells, row[to:]}, nil)); err != nil || !reflect.DeepEqual(read, l) {
		t.Errorf("%v: %+v", err, read)
	}
	if len(cells) < 2*(to-from) {
		t.Errorf("columns take %d bytes, the list %d", to-from, len(cells))
	}
}

func FuzzColumns(f *testing.F) {
	for _, l := range agencyForecast().Lines {
		data, err := l.Buckets.MarshalCBOR()
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	f.Add(noBuckets)
	f.Fuzz(func(t *testing.T, data []byte) {
		var cs Cells
		if err := cs.UnmarshalCBOR(data); err != nil {
			if cs != nil {
				t.Fatal("refused, and still gave cells")
			}
			return
		}
		again, err := cs.MarshalCBOR()
		if err != nil || !bytes.Equal(again, data) {
			t.Fatalf("%x is written as %x: %v", data, again, err)
		}
	})
}

func BenchmarkRow(b *testing.B) {
	l := agencyForecast().Lines[0]
	first := l.Buckets[0]
	l.Buckets = nil
	for i, w := range calendar.WeeksFrom(calendar.MustDate("2027-01-04"), 52) {
		c := Cell{Bucket: w, Mean: first.Mean}
		for p := range int64(5) {
			c.Cumulative = append(c.Cumulative, Quantile{100_000 * (p + 1), quantity.Of(int64(i+1) * (1_000 + p))})
		}
		l.Buckets = append(l.Buckets, c)
	}
	row, err := l.WriteRow()
	if err != nil {
		b.Fatal(err)
	}
	b.Run("write", func(b *testing.B) {
		b.SetBytes(int64(len(row)))
		b.ReportAllocs()
		for b.Loop() {
			if _, err := l.WriteRow(); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("read", func(b *testing.B) {
		b.SetBytes(int64(len(row)))
		b.ReportAllocs()
		for b.Loop() {
			var read Line
			if err := read.ReadRow(row); err != nil {
				b.Fatal(err)
			}
		}
	})
}
