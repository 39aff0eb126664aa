package wire

import (
	"encoding"
	"fmt"
	"net/url"
	"reflect"
	"slices"
	"strconv"
	"strings"
)

// MaxParameters bounds the parameters in a query: far more than any route has.
const MaxParameters = 1024

// EncodeQuery writes a flat document as query parameters under its JSON names. Zero values are left out. Fields are text, whole
// numbers, booleans, lists of text and values with a text form; anything else is a mistake of the route and panics.
func EncodeQuery(in any) url.Values {
	out := url.Values{}
	eachField(reflect.ValueOf(in), func(name string, field reflect.Value) {
		if field.IsZero() {
			return
		}
		if m, ok := field.Interface().(encoding.TextMarshaler); ok {
			text, err := m.MarshalText()
			if err != nil {
				panic(fmt.Sprintf("wire: parameter %s has no text form: %v", name, err))
			}
			out.Set(name, string(text))
			return
		}
		switch field.Kind() {
		case reflect.String:
			out.Set(name, field.String())
		case reflect.Bool:
			out.Set(name, "true")
		case reflect.Int, reflect.Int64:
			out.Set(name, strconv.FormatInt(field.Int(), 10))
		case reflect.Slice:
			for i := range field.Len() {
				out.Add(name, field.Index(i).String())
			}
		default:
			panic(fmt.Sprintf("wire: parameter %s of type %s does not fit a query", name, field.Type()))
		}
	})
	return out
}

// DecodeQuery reads parameters into a flat document. Unknown and repeated ones are refused.
func DecodeQuery(q url.Values, into any) error {
	if len(q) > MaxParameters {
		return Problemf("BAD_REQUEST", "%d parameters; at most %d are allowed", len(q), MaxParameters)
	}
	var known []string
	var failed error
	eachField(reflect.ValueOf(into).Elem(), func(name string, field reflect.Value) {
		known = append(known, name)
		values, given := q[name]
		if !given || failed != nil {
			return
		}
		if field.Kind() == reflect.Slice && field.Type().Elem().Kind() == reflect.String {
			list := reflect.MakeSlice(field.Type(), len(values), len(values))
			for i, v := range values {
				list.Index(i).SetString(v)
			}
			field.Set(list)
			return
		}
		if len(values) != 1 {
			failed = Problemf("BAD_REQUEST", "parameter %q is given %d times", name, len(values))
			return
		}
		failed = setField(name, field, values[0])
	})
	if failed != nil {
		return failed
	}
	for name := range q {
		if !slices.Contains(known, name) {
			return Problemf("BAD_REQUEST", "parameter %q is unknown; known are: %s", name, strings.Join(known, ", "))
		}
	}
	return nil
}

func setField(name string, field reflect.Value, text string) error {
	if u, ok := field.Addr().Interface().(encoding.TextUnmarshaler); ok {
		if err := u.UnmarshalText([]byte(text)); err != nil {
			return Problemf("BAD_REQUEST", "parameter %q: %v", name, err)
		}
		return nil
	}
	switch field.Kind() {
	case reflect.String:
		field.SetString(text)
	case reflect.Bool:
		if text != "true" && text != "false" {
			return Problemf("BAD_REQUEST", "parameter %q is %q; true or false are right", name, text)
		}
		field.SetBool(text == "true")
	case reflect.Int, reflect.Int64:
		v, err := strconv.ParseInt(text, 10, 64)
		if err != nil || strconv.FormatInt(v, 10) != text {
			return Problemf("BAD_REQUEST", "parameter %q is %q; a whole number is right", name, text)
		}
		field.SetInt(v)
	default:
		panic(fmt.Sprintf("wire: parameter %s of type %s does not fit a query", name, field.Type()))
	}
	return nil
}

// eachField visits the fields of a document with their JSON names, embedded documents included.
func eachField(v reflect.Value, visit func(name string, field reflect.Value)) {
	for i := range v.NumField() {
		f := v.Type().Field(i)
		if f.Anonymous && f.Tag.Get("json") == "" {
			eachField(v.Field(i), visit)
			continue
		}
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		if name == "" || name == "-" {
			continue
		}
		visit(name, v.Field(i))
	}
}
