package intake

import (
	"reflect"
	"testing"

	"go.yaml.in/yaml/v3"
)

// FuzzParseMapping: a mapping that reads is one that can be written and read again, whatever form it came in; a refused one leaves nothing.
func FuzzParseMapping(f *testing.F) {
	for _, seed := range []string{
		"kind: forecast\ndecimal: ','\ncolumns:\n  Teil: buyers_id\n  Menge: quantity\nconstants:\n  region: DE\nunits:\n  Stk: C62\n",
		`{"columns":{"Part":"item","Qty":"quantity"},"codes":{"status":{"F":"firm"}}}`,
		"what,from,to,field\ncolumn,Teil,item,\nunit,Stk,C62,\ncode,F,firm,status\noption,decimal,.,\n",
		"what;from;to\noption;delimiter;semicolon\n",
		"\ufeffcolumns: {}\n",
		"a: &a [*a, *a]\n",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		m, err := ParseMapping(data)
		if err != nil {
			if m != nil {
				t.Fatalf("an error, and %+v", m)
			}
			return
		}
		text, err := yaml.Marshal(m)
		if err != nil || len(text) > MaxMapping {
			return // what a table says in few bytes may be long as YAML
		}
		again, err := ParseMapping(text)
		if err != nil {
			t.Fatalf("%+v is written as %q, which is refused: %v", m, text, err)
		}
		if !reflect.DeepEqual(settled(*m), settled(*again)) {
			t.Fatalf("read as %+v, and again as %+v", m, again)
		}
	})
}

// settled makes no difference between a list that is empty and one that is not there.
func settled(m Mapping) Mapping {
	for _, list := range []*map[string]string{&m.Columns, &m.Constants, &m.Units} {
		if len(*list) == 0 {
			*list = nil
		}
	}
	if len(m.Codes) == 0 {
		m.Codes = nil
	}
	return m
}
