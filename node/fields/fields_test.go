package fields

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"kontor/protocol/calendar"
	"kontor/protocol/quantity"
)

// deed is a document with everything that documents have: embedded parts, lists of entries with ids and without, lists below them, own forms of text.
type deed struct {
	frame
	Clauses []clause `json:"clauses"`
	Notes   []note   `json:"notes"`
}

type frame struct {
	Title  string            `json:"title,omitempty"`
	Days   int64             `json:"days,omitzero"`
	Period calendar.Bucket   `json:"period"`
	Names  []string          `json:"names,omitempty"`
	Set    map[string]string `json:"set,omitempty"`
}

type clause struct {
	ID    string             `json:"id"`
	Open  bool               `json:"open,omitempty"`
	Price *quantity.Quantity `json:"price,omitempty"`
	Tiers []tier             `json:"tiers,omitempty"`
	Salt  []byte             `json:"salt,omitempty"`
}

type tier struct {
	From quantity.Quantity `json:"from"`
	Day  calendar.Date     `json:"day,omitzero"`
}

type note struct {
	Text string `json:"text"`
}

func drawn(t *rapid.T) deed {
	text := rapid.SampledFrom([]string{"a", "007", "true", "=1+1", "é, \"x\"", "{}", "null", "12.50", "a.b[0]"})
	d := deed{frame: frame{Title: text.Draw(t, "title"), Days: rapid.Int64Range(0, 9).Draw(t, "days"), Period: calendar.MustBucket("2026-W02")}}
	for range rapid.IntRange(0, 3).Draw(t, "names") {
		d.Names = append(d.Names, text.Draw(t, "name"))
	}
	for i := range rapid.IntRange(0, 4).Draw(t, "clauses") {
		c := clause{ID: string(rune('a'+i)) + text.Draw(t, "id"), Open: rapid.Bool().Draw(t, "open")}
		if rapid.Bool().Draw(t, "price") {
			q := quantity.Of(rapid.Int64Range(-9, 9).Draw(t, "q"))
			c.Price = &q
		}
		for range rapid.IntRange(0, 3).Draw(t, "tiers") {
			c.Tiers = append(c.Tiers, tier{quantity.MustParse("1.5"), calendar.MustDate("2026-01-05")})
		}
		if rapid.Bool().Draw(t, "salt") {
			c.Salt = []byte{0, 255}
		}
		d.Clauses = append(d.Clauses, c)
	}
	for range rapid.IntRange(0, 3).Draw(t, "notes") {
		d.Notes = append(d.Notes, note{text.Draw(t, "text")}) // twice the same is two
	}
	return d
}

func numbered(rows [][]string) (out []Row) {
	for i, r := range rows {
		out = append(out, Row{i + 1, r})
	}
	return out
}

// What Write and Records write, Read reads as the same document.
func TestRoundTrip(t *testing.T) {
	for name, write := range map[string]func(string, any) ([][]string, error){"fields": Write, "records": Records} {
		t.Run(name, func(t *testing.T) {
			rapid.Check(t, func(t *rapid.T) {
				want := drawn(t)
				table, err := write("deed", want)
				if err != nil {
					t.Fatal(err)
				}
				rows := numbered(table)
				if Kind(rows) != "deed" {
					t.Fatalf("kind %q of %q", Kind(rows), table)
				}
				data, said := Read(rows, deed{})
				if len(said) > 0 {
					t.Fatalf("%+v\n%q", said, table)
				}
				var got deed
				if err := json.Unmarshal(data, &got); err != nil || !reflect.DeepEqual(got, want) {
					t.Fatalf("%+v\nbecame\n%+v (%v)\n%q", want, got, err, table)
				}
			})
		})
	}
}

// What does not fit is said with its line, and nothing is answered.
func TestComplaints(t *testing.T) {
	for _, c := range []struct{ row, want string }{
		{"document,,dayz,3", `no field "dayz"`},
		{"document,,days,three", "not a whole number"},
		{"document,,period,2026-W02", "fields below"},
		{"document,,title.more,x", `no field "more"`},
		{"document,,names[1],x", "leaves one out"},
		{"document,,names[0x],x", "no number"},
		{"document,,names[0][0],x", "a list where"},
		{"document,,..,x", "empty step"},
		{"document,,a.b.c.d.e.f.g.h.i.j.k.l.m,x", "too deep"},
		{"clauses,a,open,perhaps", "neither true nor false"},
		{"clauses,a,price,12 EUR", "12 EUR"},
		{"clauses,a,tiers[0].day,2026-02-30", "2026-02-30"},
		{"clauses,a,,x", "without a part or a field"},
		{"causes,a,id,x", `no field "causes"`},
	} {
		rows := numbered([][]string{{"part", "entry", "field", "value"}, {"document", "", "kind", "deed"}, strings.SplitN(c.row, ",", 4)})
		data, said := Read(rows, deed{})
		if data != nil || len(said) == 0 || !strings.Contains(said[0].Text, c.want) || said[0].Line != 3 {
			t.Errorf("%s: %s, %+v", c.row, data, said)
		}
	}
	twice := numbered([][]string{{"part", "entry", "field", "value"}, {"document", "", "kind", "deed"}, {"document", "", "days", "3"}, {"document", "", "days", "4"}})
	if _, said := Read(twice, deed{}); len(said) != 1 || said[0].Line != 4 {
		t.Errorf("%+v", said)
	}
}

// FuzzRead: whatever a table says, the answer is a complaint or JSON of the document; and the document, written and read again, is the same.
func FuzzRead(f *testing.F) {
	f.Add("part,entry,field,value\ndocument,,kind,deed\nclauses,a,tiers[0].from,1.5")
	f.Add("part,entry,kind,id,open\ndocument,,deed\nclauses,a,,a,TRUE")
	f.Fuzz(func(t *testing.T, text string) {
		var rows []Row
		for i, line := range strings.Split(text, "\n") {
			rows = append(rows, Row{i + 1, strings.Split(line, ",")})
		}
		if Kind(rows) == "" {
			return
		}
		data, said := Read(rows, deed{})
		if (data == nil) == (len(said) == 0) {
			t.Fatalf("%s and %+v", data, said)
		}
		var d deed
		if data == nil {
			return
		}
		if json.Unmarshal(data, &d) != nil {
			t.Fatalf("%s is no deed", data)
		}
		table, err := Write("deed", d)
		if err != nil {
			t.Fatalf("%s is not written: %v", data, err)
		}
		again, said := Read(numbered(table), deed{})
		var back deed
		if err := json.Unmarshal(again, &back); err != nil || !reflect.DeepEqual(d, back) {
			t.Fatalf("%s comes back as %s (%v, %v) by %q", data, again, err, said, table)
		}
	})
}
