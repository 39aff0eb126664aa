package measure

import (
	"slices"
	"testing"

	"pgregory.net/rapid"
)

func TestEveryDefinitionHoldsAndComesBack(t *testing.T) {
	names := map[string]Code{}
	for _, code := range Codes() {
		e, _ := Describe(code)
		if e.Name == "" || e.Unit == "" || e.Formula == "" || !slices.IsSorted(e.Parameters) {
			t.Errorf("%s: %+v lacks a word, or its parameters are out of order", code, e)
		}
		for _, p := range e.Parameters {
			if _, known := parameters[p]; !known {
				t.Fatalf("%s has a parameter %q that is not described", code, p)
			}
		}
		d, err := Define(code, nil)
		if err != nil {
			t.Fatalf("%s: %v", code, err)
		}
		data, err := d.Encode()
		if err != nil {
			t.Fatal(err)
		}
		back, err := Decode(data)
		if err != nil || back.CID() != d.CID() {
			t.Errorf("%s: comes back as %v: %v", code, back, err)
		}
		if other := names[d.CID().String()]; other != "" {
			t.Errorf("%s and %s have one name", code, other)
		}
		names[d.CID().String()] = code
	}
	if len(names) != len(catalogue) {
		t.Errorf("%d names of %d measures", len(names), len(catalogue))
	}
}

func TestEveryParameterIsUsed(t *testing.T) {
	for name, p := range parameters {
		if err := p.check(p.Default); err != nil {
			t.Errorf("%s: its default is refused: %v", name, err)
		}
		used := false
		for _, e := range catalogue {
			used = used || slices.Contains(e.Parameters, name)
		}
		if !used {
			t.Errorf("no measure has the parameter %s", name)
		}
	}
}

func TestValuesHaveOneForm(t *testing.T) {
	for _, c := range []struct {
		code        Code
		name, value string
		good        bool
	}{
		{OTIF, "late", "3", true}, {OTIF, "late", "03", false}, {OTIF, "late", "3.0", false}, {OTIF, "late", "+3", false}, {OTIF, "late", "0.5", false}, {OTIF, "late", "-1", false},
		{OTIF, "early", "ANY", true}, {OTIF, "early", "any", false}, {OTIF, "under", "0.05", true}, {OTIF, "under", ".05", false}, {OTIF, "under", "2", false}, {OTIF, "over", "ANY", true},
		{MASE, "season", "52", true}, {MASE, "season", "0", false}, {WAPE, "season", "52", false},
		{Pinball, "levels", "0.1 0.5 0.9", true}, {Pinball, "levels", "0.5 0.1", false}, {Pinball, "levels", "0.5 0.5", false}, {Pinball, "levels", "", false}, {Pinball, "levels", "0.1  0.5", false}, {Pinball, "levels", "1", false},
	} {
		if d, err := Define(c.code, Setting{c.name: c.value}); (err == nil) != c.good {
			t.Errorf("%s with %s=%q: %v, %v", c.code, c.name, c.value, d, err)
		}
	}
	if _, err := Define("NOTHING", nil); err == nil {
		t.Error("a measure that is not there was defined")
	}
}

// Two definitions that differ anywhere have different names.
func TestAParameterChangesTheName(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a, b := rapid.IntRange(0, 366).Draw(t, "a"), rapid.IntRange(0, 366).Draw(t, "b")
		one := define(OTIF, Setting{"late": whole(a).RatString()})
		two := define(OTIF, Setting{"late": whole(b).RatString()})
		if (one.CID() == two.CID()) != (a == b) {
			t.Fatalf("%d and %d days late: %s and %s", a, b, one.CID(), two.CID())
		}
	})
}

func FuzzDecode(f *testing.F) {
	for _, code := range []Code{OTIF, MASE, Pinball, StockoutRate} {
		data, err := define(code, nil).Encode()
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		d, err := Decode(data)
		if err != nil {
			if d.Code != "" || d.Parameters != nil {
				t.Fatalf("an error and a definition: %+v", d)
			}
			return
		}
		again, err := d.Encode()
		if err != nil || string(again) != string(data) {
			t.Fatalf("%x comes back as %x: %v", data, again, err)
		}
	})
}
