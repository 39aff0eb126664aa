package outlet

import (
	"bytes"
	"fmt"
	"reflect"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"kontor/node/intake"
	"kontor/node/intake/door"
	"kontor/protocol/artifact"
	"kontor/protocol/block"
	"kontor/protocol/calendar"
	"kontor/protocol/forecast"
	"kontor/protocol/quantity"
)

// sites are places and the codes of a partner for them, both ways.
var sites = map[string]string{"DE": "BPNS0000000000DE", "FR-IDF": "BPNS00000000IDF1", "5410013000006": "BPNS00000000GLN1", "BEANR": "BPNS0000000BEANR"}

func sitesIn() map[string]string {
	out := map[string]string{}
	for place, code := range sites {
		out[code] = place
	}
	return out
}

// document draws a forecast of what the format carries.
func document(t *rapid.T, format Format) forecast.Document {
	d := forecast.Document{Purpose: forecast.OrderForecast, Method: forecast.Method{Name: "file", Bands: forecast.BandsNone}}
	d.Header = artifact.Header{Type: forecast.Type, Issued: 1_767_571_200_000, Revision: int64(rapid.IntRange(0, 3).Draw(t, "revision"))}
	basis := map[Format][]forecast.DateBasis{DELFOR: {forecast.ByShip, forecast.ByArrival}, X12: {forecast.ByShip, forecast.ByArrival, forecast.ByNeed}}[format]
	if basis == nil {
		basis = []forecast.DateBasis{forecast.ByNeed}
	}
	by := rapid.SampledFrom(basis).Draw(t, "basis")
	text := rapid.SampledFrom([]string{"", "plain", "O'RING + 3?: mm", "<b>&\"", "é à Köln", "=1+1", "*~> "})
	if format == X12 {
		text = rapid.SampledFrom([]string{"", "plain", "O'RING + 3?: mm", "é à Köln"})
	}
	places := []forecast.Location{{GLN: "5410013000006"}, {UNLOCODE: "BEANR"}, {Region: "DE"}, {Region: "FR-IDF"}}
	switch format {
	case X12:
		places = []forecast.Location{{GLN: "5410013000006", Region: "BE"}, {UNLOCODE: "BEANR", Region: "BE"}, {Region: "DE"}, {}}
	case UBL:
		places = []forecast.Location{{}}
	}
	counting := rapid.Bool().Draw(t, "counting")
	for i := range rapid.IntRange(1, 4).Draw(t, "items") {
		item := forecast.Item{BuyersID: fmt.Sprintf("P-%d%s", i, rapid.SampledFrom([]string{"", "+", "'", "=", "?:"}).Draw(t, "mark"))}
		if format != CSV && format != XLSX {
			item.SellersID = rapid.SampledFrom([]string{"", "V-1"}).Draw(t, "sellers")
			item.Description = strings.TrimSpace(text.Draw(t, "text"))
			if format != CatenaX && rapid.Bool().Draw(t, "gtin") {
				item.GTIN = []string{"5410013101239", "4006381333931", "012345678905", "96385074"}[i]
			}
		}
		if format == CatenaX && item.Description == "" {
			item.Description = "a part"
		}
		unit := rapid.SampledFrom([]quantity.Unit{quantity.Piece, quantity.Kilogram, quantity.Litre, quantity.Hour, quantity.CubicM}).Draw(t, "unit")
		for _, at := range places[:rapid.IntRange(1, len(places)).Draw(t, "places")] {
			l := intake.Planned(item, at, unit, by)
			if format == CatenaX {
				l.Category = rapid.SampledFrom([]forecast.Category{forecast.Default, forecast.AfterSales, forecast.PhaseOut}).Draw(t, "category")
			}
			l.Buckets = cells(t, format)
			for k := 1; k < len(l.Buckets); k++ {
				if l.Buckets[k-1].End < l.Buckets[k].Start {
					l.GapReason = "gap"
				}
			}
			if (format == DELFOR || format == X12) && counting {
				count(t, &l)
			}
			if format == DELFOR && rapid.Bool().Draw(t, "owed") {
				if l.Schedule == nil {
					l.Schedule = &forecast.Schedule{}
				}
				owed := quantity.Of(rapid.Int64Range(0, 9_999).Draw(t, "backlog"))
				l.Schedule.Backlog = &owed
			}
			d.Lines = append(d.Lines, l)
		}
	}
	return d
}

// count gives a line accumulated quantities from a day on, and what may be made or bought ahead.
func count(t *rapid.T, l *forecast.Line) {
	received := quantity.Of(rapid.Int64Range(0, 9_999).Draw(t, "received"))
	s := &forecast.Schedule{Reset: calendar.MustDate("2026-01-01"), Received: &received, LastDespatch: rapid.SampledFrom([]string{"", "LS-47"}).Draw(t, "despatch")}
	at := received
	for i := range l.Buckets {
		var err error
		if at, err = at.Add(l.Buckets[i].Mean); err != nil {
			t.Fatal(err)
		}
		now := at
		l.Buckets[i].Accumulated = &now
	}
	for _, a := range []**forecast.Authorisation{&s.Fabrication, &s.Material} {
		if rapid.Bool().Draw(t, "authorised") {
			*a = &forecast.Authorisation{Quantity: at, From: s.Reset, To: calendar.MustDate("2026-04-01")}
		}
	}
	l.Schedule = s
}

func cells(t *rapid.T, format Format) (out []forecast.Cell) {
	day := calendar.MustDate("2026-01-05")
	for range rapid.IntRange(1, 6).Draw(t, "buckets") {
		c := forecast.Cell{}
		grain := rapid.IntRange(0, 3).Draw(t, "grain")
		switch {
		case format == CatenaX || grain == 0:
			c.Bucket = calendar.Bucket{Start: day.AddDays(6).StartOfWeek(1), End: day.AddDays(6).StartOfWeek(1).AddDays(7)}
		case grain == 1:
			c.Bucket = calendar.Bucket{Start: day, End: day.AddDays(1)}
		case grain == 2:
			c.Bucket = day.AddMonths(1).Month().Bucket()
		default:
			c.Bucket = calendar.Bucket{Start: day, End: day.AddDays(rapid.IntRange(2, 40).Draw(t, "days"))}
		}
		day = c.End.AddDays(rapid.IntRange(0, 1).Draw(t, "gap"))
		least := int64(0)
		if format == CSV || format == XLSX {
			least = 1 // nothing is expected where nothing is likely
		}
		q, err := quantity.Scaled(rapid.Int64Range(least, 999_999_999).Draw(t, "mean"), -rapid.IntRange(0, 6).Draw(t, "decimals"))
		if err != nil {
			t.Fatal(err)
		}
		c.Mean = q
		switch format {
		case DELFOR:
			c.Firmness = rapid.SampledFrom([]forecast.Firmness{forecast.Firm, forecast.Fabrication, forecast.RawMaterial, forecast.PlannedLevel}).Draw(t, "firmness")
		case X12:
			c.Firmness = rapid.SampledFrom([]forecast.Firmness{forecast.Firm, forecast.PlannedLevel}).Draw(t, "firmness")
		case CSV, XLSX:
			for k, p := range []int64{100_000, 500_000, 975_000} {
				v, err := q.Add(quantity.Of(int64(k) + 1))
				if err == nil && (len(out) == 0 || rapid.Bool().Draw(t, "level")) {
					c.Quantiles = append(c.Quantiles, forecast.Quantile{P: p, Q: v})
				}
			}
		}
		out = append(out, c)
	}
	return out
}

// TestRoundTrip: what is written is read back as the same lines, for every format
// and whatever it carries, and nothing is said to be left out.
func TestRoundTrip(t *testing.T) {
	for _, format := range []Format{CSV, XLSX, DELFOR, X12, UBL, CatenaX} {
		t.Run(string(format), func(t *testing.T) {
			rapid.Check(t, func(t *rapid.T) {
				d := document(t, format)
				o := Options{Sender: "BPNL8888888888XX", Receiver: "BPNL6666666666YY"}
				in := door.Options{}
				if format == CatenaX {
					o.Places = sites
					in.Places = sitesIn()
				}
				data, left, err := Forecast(d, format, o)
				shown := data
				if format == XLSX {
					shown = nil
				}
				if err != nil {
					t.Fatal(err)
				}
				if len(left) > 0 {
					t.Fatalf("left out: %v", left)
				}
				again, _, err := Forecast(d, format, o)
				if err != nil || format != XLSX && !bytes.Equal(data, again) {
					t.Fatalf("written twice, and not the same (%v)", err)
				}
				draft, report := door.Read(data, in)
				if draft == nil {
					t.Fatalf("refused: %v\n%s", report.Complaints, shown)
				}
				for _, note := range report.Notes {
					switch note.Code {
					case intake.NoteTrailer, intake.NoteQualifier, intake.NotePlace, intake.NoteNotCarried, intake.NoteAddedUp:
						t.Fatalf("%s\n%s", note, shown)
					}
				}
				same(t, d.Lines, draft.Message.Lines, shown)
			})
		})
	}
}

func same(t rapid.TB, want, got []forecast.Line, data []byte) {
	byKey := map[string]forecast.Line{}
	for _, l := range got {
		l.GapReason = ""
		byKey[l.Key()] = l
	}
	if len(got) != len(want) {
		t.Fatalf("%d lines became %d\n%s", len(want), len(got), data)
	}
	for _, l := range want {
		l.GapReason = ""
		if r := byKey[l.Key()]; !reflect.DeepEqual(l, r) {
			t.Fatalf("%+v\nbecame\n%+v\n%s", l, r, data)
		}
	}
}

// TestNotCarried: what a format does not carry is said, and what it can't tell apart
// is refused.
func TestNotCarried(t *testing.T) {
	d := forecast.Document{Purpose: forecast.OrderForecast, Header: artifact.Header{Issued: 1_767_571_200_000}, Lines: []forecast.Line{intake.Planned(forecast.Item{BuyersID: "P"}, forecast.Location{Region: "DE-BY"}, quantity.Piece, forecast.ByNeed)}}
	d.Lines[0].Buckets = []forecast.Cell{{Bucket: calendar.MustBucket("2026-W02"), Mean: quantity.Of(5), Firmness: forecast.Fabrication, Quantiles: []forecast.Quantile{{P: 900_000, Q: quantity.Of(7)}}}}
	o := Options{Sender: "BPNL8888888888XX", Receiver: "BPNL6666666666YY", Places: map[string]string{"DE-BY": "BPNS0000000000BY"}}
	for format, want := range map[Format][]string{
		DELFOR: {"bands", "dates"}, X12: {"bands", "became planned", "part"}, UBL: {"bands", "firmness", "place"}, CatenaX: {"bands", "firmness"},
	} {
		_, left, err := Forecast(d, format, o)
		if err != nil {
			t.Fatal(err)
		}
		for _, word := range want {
			if !strings.Contains(strings.Join(left, "; "), word) {
				t.Errorf("%s says %q is left out, and nothing of %q", format, left, word)
			}
		}
	}
	second := d.Lines[0]
	second.Location = forecast.Location{Region: "FR"}
	d.Lines = append(d.Lines, second)
	if _, _, err := Forecast(d, UBL, o); err == nil {
		t.Error("UBL wrote two places it can't tell apart")
	}
	if _, _, err := Forecast(d, CatenaX, o); err == nil {
		t.Error("Catena-X wrote a place without a site number")
	}
	d.Lines = d.Lines[:1]
	d.Lines[0].Buckets[0].Bucket = calendar.MustBucket("2026-02")
	if _, _, err := Forecast(d, CatenaX, o); err == nil {
		t.Error("Catena-X wrote a month")
	}
}

// TestFormulas: text that a spreadsheet would run is escaped.
func TestFormulas(t *testing.T) {
	d := forecast.Document{Lines: []forecast.Line{intake.Planned(forecast.Item{BuyersID: "=cmd|'/c calc'!A1"}, forecast.Location{}, quantity.Piece, forecast.ByNeed)}}
	d.Lines[0].Buckets = []forecast.Cell{{Bucket: calendar.MustBucket("2026-02"), Mean: quantity.Of(5)}}
	data, _, err := Forecast(d, CSV, Options{})
	if err != nil || !strings.Contains(string(data), "\n'=cmd") {
		t.Errorf("%v: %q", err, data)
	}
}

// TestBlocks: an artifact's blocks come back from a CAR file, and DAG-JSON names
// every one.
func TestBlocks(t *testing.T) {
	d := forecast.Document{Purpose: forecast.OrderForecast, Header: artifact.Header{Type: forecast.Type, Series: artifact.SeriesID{1}, Issued: 1, Evidence: artifact.GradeB, Scope: artifact.Everything()}}
	l := intake.Planned(forecast.Item{BuyersID: "M-1"}, forecast.Location{Region: "DE"}, quantity.Piece, forecast.ByNeed)
	l.Buckets = []forecast.Cell{{Bucket: calendar.MustBucket("2026-W02"), Mean: quantity.Of(5)}}
	d.Lines = []forecast.Line{l}
	sheet, err := forecast.ToSheet(d, [32]byte{7})
	if err != nil {
		t.Fatal(err)
	}
	root, below, err := sheet.Build()
	if err != nil {
		t.Fatal(err)
	}
	all := append([]block.Block{root}, below...)
	var car, text bytes.Buffer
	if err := Blocks(&car, CARFile, all); err != nil {
		t.Fatal(err)
	}
	roots, read, err := block.ReadCAR(&car, block.CARBounds{})
	if err != nil || len(roots) != 1 || roots[0] != root.CID || len(read) != len(all) {
		t.Fatalf("%v: %d roots, %d of %d blocks", err, len(roots), len(read), len(all))
	}
	if err := Blocks(&text, DAGJSON, all); err != nil {
		t.Fatal(err)
	}
	for _, b := range all {
		if !strings.Contains(text.String(), `"`+b.CID.String()+`":`) {
			t.Errorf("%s is missing in %s", b.CID, text.String())
		}
	}
}
