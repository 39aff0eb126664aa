package audit_test

import (
	"bytes"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"

	"kontor/node/audit"
	"kontor/protocol/block"
	"kontor/protocol/decision"
	"kontor/protocol/quantity"
)

// putIn follows the name of a part that was not there.
const putIn = " put in"

// bend alters the n-th value of a document, counted through all its parts and the parts of those, and says which it was; "" when there are fewer.
func bend(v reflect.Value, path string, n *int) string {
	switch x := v.Addr().Interface().(type) {
	case *block.CID:
		return leaf(path, n, func() { *x = block.SumRaw([]byte(path)) })
	case *quantity.Quantity:
		return leaf(path, n, func() { *x, _ = x.Add(quantity.Of(1)) })
	}
	switch v.Kind() {
	case reflect.Struct:
		for i := range v.NumField() {
			if found := bend(v.Field(i), path+"."+v.Type().Field(i).Name, n); found != "" {
				return found
			}
		}
	case reflect.Slice:
		if v.Len() == 0 {
			return ""
		}
		for i := range v.Len() {
			if found := bend(v.Index(i), fmt.Sprintf("%s[%d]", path, i), n); found != "" {
				return found
			}
		}
		return leaf(path+" without its last", n, func() { v.SetLen(v.Len() - 1) })
	case reflect.Pointer:
		if v.IsNil() {
			return leaf(path+putIn, n, func() {
				v.Set(reflect.New(v.Type().Elem()))
				if c, is := v.Interface().(*block.CID); is {
					*c = block.SumRaw([]byte(path))
				}
			})
		}
		if found := bend(v.Elem(), path, n); found != "" {
			return found
		}
		return leaf(path+" left out", n, func() { v.SetZero() })
	case reflect.String:
		return leaf(path, n, func() { v.SetString(v.String() + "x") })
	case reflect.Int64:
		return leaf(path, n, func() { v.SetInt(v.Int() + 1) })
	case reflect.Int32, reflect.Int:
		return leaf(path, n, func() { v.SetInt(v.Int() + 1) })
	case reflect.Bool:
		return leaf(path, n, func() { v.SetBool(!v.Bool()) })
	default:
		panic("a kind of value nobody alters here: " + v.Type().String())
	}
	return ""
}

func leaf(path string, n *int, alter func()) string {
	if *n--; *n >= 0 {
		return ""
	}
	alter()
	return path
}

// Every value of the document is bound by the signatures: who alters one and writes the file anew, with hashes that fit, has a file that proves nothing. The
// altered document is named in the index and put beside the true one, or in its place.
func TestEveryPartOfTheDocumentIsBound(t *testing.T) {
	honest := final(t)
	file := honest.export("maker")
	_, blocks, err := block.ReadCAR(bytes.NewReader(file), block.CARBounds{})
	if err != nil {
		t.Fatal(err)
	}
	at := slices.IndexFunc(blocks, func(b block.Block) bool { return b.CID == honest.document })
	parts := map[string]bool{}
	for n := 0; ; n++ {
		doc, err := decision.ParseAgreement(blocks[at].Data)
		if err != nil {
			t.Fatal(err)
		}
		left := n
		what := bend(reflect.ValueOf(&doc).Elem(), "", &left)
		if what == "" {
			break
		}
		part, _, _ := strings.Cut(strings.TrimPrefix(what, "."), ".")
		part, _, _ = strings.Cut(part, "[")
		part, _, _ = strings.Cut(part, " ")
		parts[part] = true
		altered, err := block.New(doc)
		if err != nil {
			if !strings.HasSuffix(what, putIn) { // an empty part may have no form
				t.Fatalf("%s: %v", what, err)
			}
			continue
		}
		if altered.CID == honest.document {
			t.Errorf("%s: the same document", what)
		}
		for _, instead := range []bool{true, false} {
			f := &forgery{t: t, blocks: slices.Clone(blocks[1:])}
			if err := block.Unmarshal(blocks[0].Data, &f.index); err != nil {
				t.Fatal(err)
			}
			f.index.Agreement = altered.CID
			f.blocks = append(f.blocks, altered)
			if instead {
				f.drop(honest.document)
			}
			top := mustBlock(t, f.index)
			var out bytes.Buffer
			if err := block.WriteCAR(&out, []block.CID{top.CID}, append([]block.Block{top}, f.blocks...)); err != nil {
				t.Fatal(err)
			}
			if r, err := audit.Verify(&out); err == nil || r.Final {
				t.Errorf("%s altered, in the place of the true one %t: the file verifies", what, instead)
			}
		}
		lie := slices.Clone(blocks) // the altered bytes under the true name
		lie[at] = block.Block{CID: honest.document, Data: altered.Data}
		var out bytes.Buffer
		if err := block.WriteCAR(&out, []block.CID{blocks[0].CID}, lie); err == nil {
			if r, err := audit.Verify(&out); code(err) != audit.CheckFile || r.Final {
				t.Errorf("%s altered under the true name: %v", what, err)
			}
		}
	}
	fields := reflect.TypeFor[decision.Agreement]()
	for i := range fields.NumField() {
		name, v := fields.Field(i).Name, reflect.ValueOf(honest.doc).Field(i)
		if empty := v.IsZero() || v.Kind() == reflect.Slice && v.Len() == 0; !empty && !parts[name] {
			t.Errorf("no value of %s was altered", name)
		}
	}
	if len(parts) < 20 {
		t.Errorf("of %d parts only: %v", len(parts), parts)
	}
}
