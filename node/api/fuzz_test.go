package api

import (
	"bytes"
	"encoding/json"
	"net/http/httptest"
	"reflect"
	"testing"

	"kontor/node"
	"kontor/node/admin"
	"kontor/node/api/wire"
)

// FuzzBody reads bytes as the document of every command of the API: what is refused leaves nothing behind and has a code, what is taken is written
// and read again as the same.
func FuzzBody(f *testing.F) {
	registry := Routes(&node.Node{}, &admin.Office{})
	var commands []reflect.Type
	for _, e := range registry.entries {
		if e.Method != "GET" && e.Carries == wire.JSON {
			commands = append(commands, e.in)
			empty, err := json.Marshal(reflect.Zero(e.in).Interface())
			if err != nil {
				f.Fatalf("%s: %v", e.Path, err)
			}
			f.Add(empty)
		}
	}
	for _, seed := range []string{"", "{}", "null", "[]", `{"name":"x","role":"planner"}`, `{"name":"x"} {}`, `{"unknown":1}`, `{"as":"buyer","products":["\u0000"]}`, `{"name":1e999}`} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		for _, in := range commands {
			v, err := readAs(in, data)
			if err != nil {
				if !v.IsZero() {
					t.Fatalf("%v: an error, and %+v", in, v)
				}
				if p := ProblemOf(err); p.Code == "" || p.Code == "INTERNAL" {
					t.Fatalf("%v: %q is refused with %+v", in, data, p)
				}
				continue
			}
			written, err := json.Marshal(v.Interface())
			if err != nil {
				t.Fatalf("%v: what was read is not written: %v", in, err)
			}
			again, err := readAs(in, written)
			if err != nil {
				t.Fatalf("%v: %s does not read again: %v", in, written, err)
			}
			if rewritten, err := json.Marshal(again.Interface()); err != nil || !bytes.Equal(rewritten, written) {
				t.Fatalf("%v: %s is written again as %s, %v", in, written, rewritten, err)
			}
		}
	})
}

// readAs reads a request's body as a route does, into a type known at run time only.
func readAs(in reflect.Type, data []byte) (reflect.Value, error) {
	v := reflect.New(in)
	req := httptest.NewRequest("POST", "/", bytes.NewReader(data))
	err := readBody(req, v.Interface())
	return v.Elem(), err
}
