package api

import (
	"encoding"
	"path"
	"reflect"
	"strings"

	"kontor/node/api/wire"
)

// Describe is the OpenAPI 3.1 description of the routes of a registry, generated from them. Field descriptions are the doc tags of
// the documents.
func Describe(r *Registry) map[string]any {
	d := describer{schemas: map[string]any{}, names: map[string]reflect.Type{}}
	problem := d.schema(reflect.TypeFor[wire.Problem]())
	paths := map[string]map[string]any{}
	for _, e := range r.entries {
		op := map[string]any{
			"summary":             e.Doc,
			"operationId":         operation(e.Spec),
			"x-kontor-permission": e.Permission,
			"responses": map[string]any{
				"200":     map[string]any{"description": "done", "content": d.answer(e)},
				"default": map[string]any{"description": "refused or failed; the code is stable", "content": content("application/json", problem)},
			},
		}
		if e.Method == "GET" || e.Carries == wire.Upload {
			op["parameters"] = d.parameters(e.in)
		} else {
			op["requestBody"] = map[string]any{"content": content("application/json", d.schema(e.in))}
		}
		if e.Carries == wire.Upload {
			op["requestBody"] = map[string]any{"content": content("application/octet-stream", map[string]any{"type": "string", "format": "binary"})}
		}
		if paths[e.Path] == nil {
			paths[e.Path] = map[string]any{}
		}
		paths[e.Path][strings.ToLower(e.Method)] = op
	}
	return map[string]any{
		"openapi": "3.1.0",
		"info": map[string]any{"title": "Kontor local API", "version": "1",
			"description": "Commands carry a client-chosen ID in the header " + CommandHeader + "; a retry with the same ID returns the first result."},
		"paths":      paths,
		"components": map[string]any{"schemas": d.schemas, "securitySchemes": map[string]any{"token": map[string]any{"type": "http", "scheme": "bearer"}}},
		"security":   []any{map[string]any{"token": []string{}}, map[string]any{}},
	}
}

// operation names a route for generated clients: "POST /v1/partner/invite" is "postPartnerInvite".
func operation(s wire.Spec) string {
	var out strings.Builder
	out.WriteString(strings.ToLower(s.Method))
	for _, part := range strings.FieldsFunc(strings.TrimPrefix(s.Path, "/v1"), func(r rune) bool { return r == '/' || r == '-' }) {
		out.WriteString(strings.ToUpper(part[:1]) + part[1:])
	}
	return out.String()
}

func content(kind string, schema any) map[string]any {
	return map[string]any{kind: map[string]any{"schema": schema}}
}

type describer struct {
	schemas map[string]any
	names   map[string]reflect.Type // whose schema a name is
}

func (d describer) answer(e entry) map[string]any {
	switch e.Carries {
	case wire.Download:
		return content("application/octet-stream", map[string]any{"type": "string", "format": "binary"})
	case wire.Events:
		return content("text/event-stream", d.schema(e.out))
	}
	return content("application/json", d.schema(e.out))
}

func (d describer) parameters(t reflect.Type) []any {
	list := []any{}
	d.fields(t, func(name string, f reflect.StructField) {
		p := map[string]any{"name": name, "in": "query", "schema": d.schema(f.Type)}
		if doc := f.Tag.Get("doc"); doc != "" {
			p["description"] = doc
		}
		list = append(list, p)
	})
	return list
}

func (d describer) fields(t reflect.Type, visit func(name string, f reflect.StructField)) {
	for i := range t.NumField() {
		f := t.Field(i)
		if f.Anonymous && f.Tag.Get("json") == "" {
			embedded := f.Type
			if embedded.Kind() == reflect.Pointer {
				embedded = embedded.Elem()
			}
			d.fields(embedded, visit)
			continue
		}
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		if name != "" && name != "-" {
			visit(name, f)
		}
	}
}

var textType = reflect.TypeFor[encoding.TextMarshaler]()

func (d describer) schema(t reflect.Type) map[string]any {
	if t.Implements(textType) {
		return map[string]any{"type": "string"}
	}
	switch t.Kind() {
	case reflect.Pointer:
		return d.schema(t.Elem())
	case reflect.String:
		return map[string]any{"type": "string"}
	case reflect.Bool:
		return map[string]any{"type": "boolean"}
	case reflect.Float32, reflect.Float64:
		return map[string]any{"type": "number"}
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		return map[string]any{"type": "integer"}
	case reflect.Slice, reflect.Array:
		if t.Elem().Kind() == reflect.Uint8 {
			return map[string]any{"type": "string", "contentEncoding": "base64"}
		}
		return map[string]any{"type": "array", "items": d.schema(t.Elem())}
	case reflect.Map:
		return map[string]any{"type": "object", "additionalProperties": d.schema(t.Elem())}
	case reflect.Struct:
		return d.object(t)
	}
	return map[string]any{}
}

// name is a type's own, with its package's in front where another type has it already.
func (d describer) name(t reflect.Type) string {
	name := t.Name()
	if taken := d.names[name]; name != "" && taken != nil && taken != t {
		name = path.Base(t.PkgPath()) + "." + name
	}
	d.names[name] = t
	return name
}

// object describes a document once and refers to it, so that one that holds itself ends.
func (d describer) object(t reflect.Type) map[string]any {
	name := d.name(t)
	ref := map[string]any{"$ref": "#/components/schemas/" + name}
	if name != "" && d.schemas[name] != nil {
		return ref
	}
	properties := map[string]any{}
	schema := map[string]any{"type": "object", "properties": properties}
	if name != "" {
		d.schemas[name] = schema
	}
	d.fields(t, func(field string, f reflect.StructField) {
		s := d.schema(f.Type)
		if doc := f.Tag.Get("doc"); doc != "" {
			s = map[string]any{"description": doc, "allOf": []any{s}}
		}
		properties[field] = s
	})
	if name == "" {
		return schema
	}
	return ref
}
