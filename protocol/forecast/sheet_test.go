package forecast

import (
	"reflect"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"kontor/protocol/artifact"
	"kontor/protocol/block"
	"kontor/protocol/block/sheettest"
	"kontor/protocol/calendar"
)

// sheets is how a document travels.
var sheets = sheettest.Format[Document]{Type: Type, To: ToSheet, From: FromSheet}

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
		back, err := FromSheet(sheettest.Stored(t, s))
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
	sheets.Unchanged(t, agencyForecast(), "1ac79e7d18adef91de27706711aa498793919bd4159fe32f08d74caf3d131468")
}

func FuzzFromSheet(f *testing.F) {
	small := Line{Item: Item{GTIN: "4006381333931"}, Buckets: []Cell{{Bucket: calendar.MustBucket("2027-01")}}}
	sheettest.Fuzz(f, sheets, agencyForecast(), func(t *testing.T, d Document) {
		Check(d)
		CheckScope(d, artifact.Everything())
		if _, err := Diff(d, d); err != nil {
			t.Fatal(err)
		}
	}, small)
}
