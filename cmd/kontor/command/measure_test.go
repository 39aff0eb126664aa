package command

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"kontor/protocol/quantity"
	"kontor/testnet/data/external"
)

type measuredValue struct {
	Measure string `json:"measure"`
	Value   string `json:"value"`
	Reason  string `json:"reason"`
	Count   int    `json:"count"`
}

type measuredDocument struct {
	Early   int             `json:"early"`
	Late    int             `json:"late"`
	Fits    string          `json:"fits"`
	Kind    string          `json:"kind"`
	Results []measuredValue `json:"results"`
	Chart   struct {
		Center string      `json:"center"`
		Points []pointView `json:"points"`
	} `json:"chart"`
}

// judged runs a measure command with --json; files are written first.
func judged(t *testing.T, files map[string][]byte, args ...string) measuredDocument {
	t.Helper()
	dir := t.TempDir()
	for name, data := range files {
		if err := os.WriteFile(filepath.Join(dir, name), data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for i, a := range args {
		if files[a] != nil {
			args[i] = filepath.Join(dir, a)
		}
	}
	var out, errs bytes.Buffer
	if exit := Main(append([]string{"measure"}, append(args, "--json")...), strings.NewReader(""), &out, &errs); exit != 0 {
		t.Fatalf("exit %d: %s", exit, errs.String())
	}
	var doc measuredDocument
	if err := json.Unmarshal(out.Bytes(), &doc); err != nil {
		t.Fatal(err)
	}
	return doc
}

func (d measuredDocument) result(t *testing.T, name string) measuredValue {
	t.Helper()
	for _, r := range d.Results {
		if r.Measure == name {
			return r
		}
	}
	t.Fatalf("%s was not measured: %+v", name, d.Results)
	return measuredValue{}
}

// Ten thousand real deliveries, in two copies with other header case and date style, have one on-time share, and it is the known one.
func TestBothCopiesOfTheDeliveriesAreJudgedAlike(t *testing.T) {
	for _, name := range []string{"SCMS_Delivery_History_Dataset.csv.gz", "SCMS_Delivery_History_lowercased.csv.gz"} {
		d := judged(t, map[string][]byte{"lines.csv": external.Read(t, "delivery", "scms", name)}, "delivery", "--lines", "lines.csv")
		onTime := d.result(t, "ON_TIME")
		if !strings.HasPrefix(onTime.Value, "0.885122") || onTime.Count != 10324 || d.Early != 2814 || d.Late != 1186 {
			t.Errorf("%s: %+v, %d early, %d late", name, onTime, d.Early, d.Late)
		}
		if r := d.result(t, "OTIF"); r.Reason != "NOT_RECORDED" {
			t.Errorf("%s: without quantities OTIF is %+v", name, r)
		}
	}
}

// long writes a wide table of an ID and values as the long one that is measured.
func long(t *testing.T, data []byte) []byte {
	t.Helper()
	r := csv.NewReader(bytes.NewReader(data))
	all, err := r.ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	b.WriteString("series,period,value\n")
	for _, row := range all[1:] {
		for i, v := range row[1:] {
			if v != "" && v != "NA" {
				fmt.Fprintf(&b, "%s,%d,%s\n", row[0], i+1, v)
			}
		}
	}
	return b.Bytes()
}

// The published errors of two submissions to the M4 competition come out of plain files. One of them writes its figures in scientific
// notation, as the program that made them does.
func TestAPublishedForecastIsJudgedAsPublished(t *testing.T) {
	files := map[string][]byte{}
	for name, path := range map[string]string{"218.csv": "forecast-218-Weekly.csv.gz", "024.csv": "forecast-024-Weekly.csv.gz", "a.csv": "Weekly-test.csv.gz", "h.csv": "Weekly-train.csv.gz"} {
		files[name] = long(t, external.Read(t, "forecast", "m4", path))
	}
	for submission, published := range map[string]map[string]float64{"218.csv": {"SMAPE2": 0.11002, "MASE": 2.535}, "024.csv": {"SMAPE2": 0.08035, "MASE": 2.259}} {
		d := judged(t, files, "forecast", "--forecast", submission, "--actual", "a.csv", "--history", "h.csv")
		for name, want := range published {
			r := d.result(t, name)
			if v, err := strconv.ParseFloat(r.Value, 64); err != nil || math.Abs(v-want) > want*0.0002 {
				t.Errorf("%s: %s is %s, published is %v", submission, name, r.Value, want)
			}
		}
	}
}

// What a forecast is worth beside a naive one, beside another forecast, over time and by the value of its series, all computed by hand: A is off by 10 twice where
// the naive 120 is off by 20, on a scale of 30; B by 10 twice where the naive 60 is off by 20 and 10, on a scale of 10.
func TestAForecastIsJudgedBesideAnother(t *testing.T) {
	files := map[string][]byte{
		"f.csv": []byte("series,period,level,value\nA,2026-01,mean,110\nA,2026-02,mean,90\nA,2026-01,0.25,100\nA,2026-02,0.25,80\nA,2026-01,0.5,110\nA,2026-02,0.5,90\nA,2026-01,0.75,120\nA,2026-02,0.75,100\n" +
			"B,2026-01,mean,50\nB,2026-02,mean,60\nB,2026-01,0.25,40\nB,2026-02,0.25,50\n"),
		"a.csv":   []byte("series,period,value\nA,2026-01,100\nA,2026-02,100\nB,2026-01,40\nB,2026-02,70\n"),
		"h.csv":   []byte("series,period,value\nA,2025-11,90\nA,2025-12,120\nB,2025-11,50\nB,2025-12,60\n"),
		"gap.csv": []byte("series,period,value\nA,2025-10,90\nA,2025-11,120\nB,2025-11,50\nB,2025-12,60\n"),
		"w.csv":   []byte("series,value\nA,3\nB,1\n"),
		"b.csv":   []byte("series,period,value\nA,2026-01,130\nA,2026-02,70\nB,2026-01,50\nB,2026-02,60\n"),
	}
	args := func(history string, more ...string) []string {
		return append([]string{"forecast", "--forecast", "f.csv", "--actual", "a.csv", "--history", history}, more...)
	}
	naive := judged(t, files, args("h.csv", "--weights", "w.csv")...)
	beside := judged(t, files, args("h.csv", "--benchmark", "b.csv")...)
	holed := judged(t, files, args("gap.csv")...)
	for _, c := range []struct {
		doc          measuredDocument
		name, starts string
		count        int
	}{
		{naive, "VALUE_ADDED", "0.41666666", 2},  // (20/30 - 10/30 + 15/10 - 10/10) / 2
		{naive, "SPL", "0.18055555", 2},          // ((0+5+5+5+5+0) / 6 / 30 + (0+5) / 2 / 10) / 2
		{naive, "WSPL", "0.14583333", 2},         // (3 · 1/9 + 1 · 1/4) / 4
		{beside, "VALUE_ADDED", "0.33333333", 2}, // (30/30 - 10/30) / 2
		{holed, "VALUE_ADDED", "0.5", 1},         // A's history ends a month too early for a naive forecast
		{naive, "BELOW_MEDIAN", "0.5", 2},
		{naive, "COVERAGE_GAP", "0.5", 2},
	} {
		if r := c.doc.result(t, c.name); !strings.HasPrefix(r.Value, c.starts) || r.Count != c.count {
			t.Errorf("%s is %s of %d, want %s of %d", c.name, r.Value, r.Count, c.starts, c.count)
		}
	}
}

// The cans of orange juice come out at the published limits from the file as it is, and the chart that fits better is named.
func TestAPublishedChartIsDrawnAsPublished(t *testing.T) {
	d := judged(t, map[string][]byte{"cans.txt": external.Read(t, "quality", "orangejuice.txt")}, "chart", "--subgroups", "cans.txt", "--kind", "p", "--rules", "POINT")
	first := d.Chart.Points[0]
	if !strings.HasPrefix(d.Chart.Center, "0.231333") || !strings.HasPrefix(first.Low, "0.052427") && !strings.HasPrefix(first.Low, "0.052428") || !strings.HasPrefix(first.High, "0.41023") || d.Kind != "p" || d.Fits != "laney-p" {
		t.Errorf("centre %s, limits %s and %s, %s, %s", d.Chart.Center, first.Low, first.High, d.Kind, d.Fits)
	}
	var out []string
	for _, p := range d.Chart.Points {
		if p.Baseline && len(p.Signals) > 0 {
			out = append(out, p.Label)
		}
	}
	if strings.Join(out, " ") != "15 23" {
		t.Errorf("samples %v are out", out)
	}
}

// Marks of a strip stay inside it, and a scale without width has them in the middle.
func TestStripsStayInside(t *testing.T) {
	at := func(text string) quantity.Decimal { return quantity.MustParse(text).Decimal() }
	var s strip
	s.cover(at("10"), at("20"))
	line := s.draw(mark{at("10"), 'a'}, mark{at("20"), 'z'}, mark{at("-5"), '<'}, mark{at("500"), '>'})
	if len(line) != stripWidth || line[0] != '<' || line[stripWidth-1] != '>' {
		t.Errorf("%q", line)
	}
	flat := strip{}
	flat.cover(at("7"))
	if line := flat.draw(mark{at("7"), 'o'}); len(line) != stripWidth/2+1 {
		t.Errorf("%q", line)
	}
}
