package desk

import (
	"bytes"
	"encoding"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"reflect"
	"regexp"
	"slices"
	"strings"

	"kontor/protocol/artifact"
)

// This file reads JSON that people write: it says where in the document something is wrong and what would be right there, which the decoder does not.

// hexHashes are the fields of a file's SHA-256, as sha256sum prints it. As base64 it would read as 48 bytes, which no hash has.
var hexHashes = regexp.MustCompile(`"(evidenceHash|proofOfEffectiveness|assetHash)"(\s*:\s*)"([0-9a-fA-F]{64})"`)

// withHexHashes writes hashes that people gave in hexadecimal digits as the base64 that bytes are in JSON.
func withHexHashes(data []byte) []byte {
	return hexHashes.ReplaceAllFunc(data, func(field []byte) []byte {
		part := hexHashes.FindSubmatch(field)
		sum, err := hex.DecodeString(string(part[3]))
		if err != nil {
			return field
		}
		return fmt.Appendf(nil, "%q%s%q", part[1], part[2], base64.StdEncoding.EncodeToString(sum))
	})
}

// jsonFault finds the first thing in a document that does not fit a type, by its path; "" where it finds none, as in a document that is no JSON.
func jsonFault(data []byte, into any) string {
	r := json.NewDecoder(bytes.NewReader(data))
	r.UseNumber()
	var v any
	if r.Decode(&v) != nil {
		return ""
	}
	return faultIn("", v, reflect.TypeOf(into))
}

var (
	readsJSON = reflect.TypeFor[json.Unmarshaler]()
	readsText = reflect.TypeFor[encoding.TextUnmarshaler]()
)

// faultIn walks a value beside the type it is read into.
func faultIn(path string, v any, t reflect.Type) string {
	for t.Kind() == reflect.Pointer && !t.Implements(readsJSON) && !t.Implements(readsText) {
		t = t.Elem()
	}
	at := reflect.PointerTo(t)
	own := at.Implements(readsJSON) || at.Implements(readsText) || t.Implements(readsJSON)
	object, isObject := v.(map[string]any)
	list, isList := v.([]any)
	switch {
	case !own && isObject && t.Kind() == reflect.Struct:
		fields := jsonFields(t)
		for _, name := range sortedKeys(object) {
			field, known := fields[name]
			if !known {
				return fmt.Sprintf("%s has no field %q; want %s", where(path), artifact.Clip(name), strings.Join(sortedKeys(fields), ", "))
			}
			if fault := faultIn(strings.TrimPrefix(path+"."+name, "."), object[name], field); fault != "" {
				return fault
			}
		}
		return ""
	case !own && isObject && t.Kind() == reflect.Map:
		for _, name := range sortedKeys(object) {
			if fault := faultIn(path+"."+artifact.Clip(name), object[name], t.Elem()); fault != "" {
				return fault
			}
		}
		return ""
	case !own && isList && t.Kind() == reflect.Slice:
		for i := range list {
			if fault := faultIn(fmt.Sprintf("%s[%d]", path, i), list[i], t.Elem()); fault != "" {
				return fault
			}
		}
		return ""
	}
	text, err := json.Marshal(v)
	if err == nil {
		err = json.Unmarshal(text, reflect.New(t).Interface())
	}
	if err == nil {
		return ""
	}
	return fmt.Sprintf("%s is %s: %v", where(path), artifact.Clip(string(text)), err)
}

func where(path string) string {
	if path == "" {
		return "the document"
	}
	return path
}

func sortedKeys[V any](m map[string]V) []string {
	out := make([]string, 0, len(m))
	for k := range m {
		out = append(out, k)
	}
	slices.Sort(out)
	return out
}

// jsonFields are the fields of a struct by their names in JSON, those of embedded structs among them.
func jsonFields(t reflect.Type) map[string]reflect.Type {
	out := map[string]reflect.Type{}
	for i := range t.NumField() {
		f := t.Field(i)
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		switch {
		case f.Anonymous && name == "" && f.Type.Kind() == reflect.Struct:
			for inner, kind := range jsonFields(f.Type) {
				if _, shadowed := out[inner]; !shadowed {
					out[inner] = kind
				}
			}
		case !f.IsExported() || name == "-":
		case name == "":
			out[f.Name] = f.Type
		default:
			out[name] = f.Type
		}
	}
	return out
}
