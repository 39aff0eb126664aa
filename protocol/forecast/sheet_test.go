package forecast

import (
	"crypto/sha256"
	"encoding/hex"
	"reflect"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"kontor/protocol/artifact"
	"kontor/protocol/block"
	"kontor/protocol/calendar"
)

func TestRoundTripThroughBlocks(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := documents().Draw(t, "document")
		s, err := ToSheet(d, [32]byte{7})
		if err != nil {
			t.Fatal(err)
		}
		shuffled := d
		shuffled.Lines = rapid.Permutation(d.Lines).Draw(t, "lines")
		again, err := ToSheet(shuffled, [32]byte{7})
		if err != nil || !reflect.DeepEqual(s, again) {
			t.Fatalf("the order of lines changed the sheet: %v", err)
		}
		root, below, err := s.Build()
		if err != nil {
			t.Fatal(err)
		}
		stored := map[block.CID][]byte{root.CID: root.Data}
		for _, b := range below {
			stored[b.CID] = b.Data
		}
		opened, err := block.OpenSheet(root.CID, func(c block.CID) ([]byte, error) { return stored[c], nil })
		if err != nil {
			t.Fatal(err)
		}
		back, err := FromSheet(opened)
		if err != nil {
			t.Fatal(err)
		}
		third, err := ToSheet(back, [32]byte{7})
		if err != nil || !reflect.DeepEqual(third.Rows, s.Rows) || string(third.Head) != string(s.Head) {
			t.Fatalf("what was read is written otherwise: %v", err)
		}
	})
}

func TestDuplicateLinesHaveNoSheet(t *testing.T) {
	d := agencyForecast()
	d.Lines[1] = d.Lines[0]
	if s, err := ToSheet(d, [32]byte{}); err == nil || !strings.Contains(err.Error(), "twice") || !reflect.DeepEqual(s, block.Sheet{}) {
		t.Errorf("%v", err)
	}
}

// The encoding of version 1 never changes: these hashes cover every field of a forecast.
func TestGoldenEncoding(t *testing.T) {
	s, err := ToSheet(agencyForecast(), [32]byte{7})
	if err != nil {
		t.Fatal(err)
	}
	h := sha256.New()
	h.Write(s.Head)
	for _, r := range s.Rows {
		h.Write([]byte(r.Key))
		h.Write(r.Value)
	}
	const want = "1ac79e7d18adef91de27706711aa498793919bd4159fe32f08d74caf3d131468"
	if got := hex.EncodeToString(h.Sum(nil)); got != want {
		t.Errorf("head and rows hash to %s, want %s", got, want)
	}
}

func FuzzFromSheet(f *testing.F) {
	s, err := ToSheet(agencyForecast(), [32]byte{7})
	if err != nil {
		f.Fatal(err)
	}
	for _, r := range s.Rows {
		f.Add(s.Head, r.Value)
	}
	small, err := block.Marshal(Line{Item: Item{GTIN: "4006381333931"}, Buckets: []Cell{{Bucket: calendar.MustBucket("2027-01")}}})
	if err != nil {
		f.Fatal(err)
	}
	f.Add(s.Head, small)
	f.Fuzz(func(t *testing.T, head, row []byte) {
		var l Line
		if block.Unmarshal(row, &l) != nil {
			return
		}
		sheet := block.Sheet{Type: Type, SeriesKey: [32]byte{7}, Head: head, Rows: []block.Row{{Key: l.Key(), Value: row}}}
		d, err := FromSheet(sheet)
		if err != nil {
			if !reflect.DeepEqual(d, Document{}) {
				t.Fatal("refused and still gave a document")
			}
			return
		}
		Check(d)
		CheckScope(d, artifact.Everything())
		if _, err := Diff(d, d); err != nil {
			t.Fatal(err)
		}
		again, err := ToSheet(d, [32]byte{7})
		if err != nil || !reflect.DeepEqual(again, sheet) {
			t.Fatalf("re-encodes otherwise: %v", err)
		}
	})
}
