package ubl

import (
	"bytes"
	"cmp"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"sort"
	"strings"

	"kontor/node/intake"
)

// Bounds of a document beside those of every file.
const (
	maxDepth    = 64        // of elements inside each other; the schemas reach 15
	maxElements = 2_000_000 // of one document
)

// element is one element of the document, whichever of the two syntaxes it was
// written in.
type element struct {
	name     string
	attrs    map[string]string
	text     string
	children []*element
	line     int    // of the file; 0 in JSON
	path     string // /Forecast/ForecastLine[2]/SalesItem
}

// one is the first child of a name, down a path of names; nil where there is none.
func (e *element) one(names ...string) *element {
	for _, name := range names {
		if e == nil {
			return nil
		}
		var found *element
		for _, c := range e.children {
			if c.name == name {
				found = c
				break
			}
		}
		e = found
	}
	return e
}

// all are the children of a name.
func (e *element) all(name string) (out []*element) {
	if e == nil {
		return nil
	}
	for _, c := range e.children {
		if c.name == name {
			out = append(out, c)
		}
	}
	return out
}

// value is the text at the end of a path of names, or "".
func (e *element) value(names ...string) string {
	if at := e.one(names...); at != nil {
		return at.text
	}
	return ""
}

// place is where a complaint about the element points.
func (e *element) place() intake.Complaint {
	if e == nil {
		return intake.Complaint{}
	}
	return intake.Complaint{Line: e.line, Column: e.path}
}

// named gives every element its path, numbered where it repeats.
func (e *element) named(parent string, index int) {
	e.path = parent + "/" + e.name
	if index > 0 {
		e.path += fmt.Sprintf("[%d]", index)
	}
	total := map[string]int{}
	for _, c := range e.children {
		total[c.name]++
	}
	at := map[string]int{}
	for _, c := range e.children {
		n := 0
		if total[c.name] > 1 {
			at[c.name]++
			n = at[c.name]
		}
		c.named(e.path, n)
	}
}

// parseXML reads an XML document. Document types and entities are refused: nothing
// outside the file is ever read, and nothing inside it grows.
func parseXML(text string, r *intake.Report) (*element, string) {
	d := xml.NewDecoder(strings.NewReader(text))
	d.Strict = true
	d.CharsetReader = func(_ string, in io.Reader) (io.Reader, error) { return in, nil } // the text is UTF-8 already
	var root *element
	var open []*element
	space := ""
	count := 0
	fail := func(code intake.Code, value, text, want string) (*element, string) {
		line, _ := d.InputPos()
		r.Complain(intake.Complaint{Code: code, Line: line, Value: value, Text: text, Want: want})
		return nil, ""
	}
	for {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return fail(intake.CodeSyntax, "", "not well-formed XML: "+err.Error(), "XML as the schema has it, without entities of its own")
		}
		switch t := token.(type) {
		case xml.Directive:
			return fail(intake.CodeUnsafe, string(t), "a document type or entity declaration", "a document without <!DOCTYPE>: it is never needed, and may name other files")
		case xml.StartElement:
			if count++; count > maxElements || len(open) >= maxDepth {
				return fail(intake.CodeTooLarge, t.Name.Local, fmt.Sprintf("more than %d elements, or more than %d inside each other", maxElements, maxDepth), "a document within these bounds")
			}
			line, _ := d.InputPos()
			e := &element{name: t.Name.Local, line: line}
			for _, a := range t.Attr {
				if a.Name.Space == "xmlns" || a.Name.Local == "xmlns" {
					continue
				}
				if e.attrs == nil {
					e.attrs = map[string]string{}
				}
				e.attrs[a.Name.Local] = strings.TrimSpace(a.Value)
			}
			switch {
			case len(open) > 0:
				parent := open[len(open)-1]
				parent.children = append(parent.children, e)
			case root != nil:
				return fail(intake.CodeSyntax, t.Name.Local, "a second document in the file", "one")
			default:
				root, space = e, t.Name.Space
			}
			open = append(open, e)
		case xml.EndElement:
			e := open[len(open)-1]
			e.text = strings.TrimSpace(e.text)
			open = open[:len(open)-1]
		case xml.CharData:
			if len(open) > 0 {
				open[len(open)-1].text += string(t)
			}
		}
	}
	if root == nil {
		return fail(intake.CodeEmpty, "", "the document is empty", "one UBL document")
	}
	root.named("", 0)
	return root, space
}

// Version 1.0 of the JSON form names a content, "_" in version 2.0, by its type, and has
// names of its own for attributes (Business Document Naming and Design Rules 1.1).
var (
	contents = map[string]bool{"_": true, "AmountContent": true, "BinaryObjectContent": true, "CodeContent": true, "DateContent": true, "DateTimeContent": true,
		"IdentifierContent": true, "IndicatorContent": true, "MeasureContent": true, "NumericContent": true, "QuantityContent": true, "TextContent": true, "TimeContent": true}
	attributes = map[string]string{"QuantityUnitCode": "unitCode", "MeasureUnitCode": "unitCode", "IdentificationSchemeIdentifier": "schemeID", "IdentificationSchemeAgencyIdentifier": "schemeAgencyID"}
)

// parseJSON reads the OASIS JSON form: every element is an object, or an array of
// them where it may repeat; "_" is its content, or a name of version 1.0, and other
// members that are no objects are its attributes.
func parseJSON(text string, r *intake.Report) (*element, string) {
	d := json.NewDecoder(strings.NewReader(text))
	d.UseNumber()
	var top map[string]json.RawMessage
	if err := d.Decode(&top); err != nil {
		at := int(d.InputOffset())
		if errors.Is(err, io.ErrUnexpectedEOF) {
			at = len(text)
		}
		r.Complain(intake.Complaint{Code: intake.CodeSyntax, Line: 1 + strings.Count(text[:min(at, len(text))], "\n"), Text: "not well-formed JSON: " + err.Error(), Want: "the OASIS JSON form of UBL"})
		return nil, ""
	}
	space := ""
	if err := json.Unmarshal(top["_D"], &space); err != nil {
		r.Complain(intake.Complaint{Code: intake.CodeFormat, Column: "_D", Text: "no namespace of a document", Want: "urn:oasis:names:specification:ubl:schema:xsd:Forecast-2 and the like"})
		return nil, ""
	}
	b := &builder{}
	for name, raw := range top {
		if strings.HasPrefix(name, "_") {
			continue
		}
		if b.root != nil {
			b.err = errors.New("two documents")
			break
		}
		var value any
		vd := json.NewDecoder(bytes.NewReader(raw))
		vd.UseNumber()
		if err := vd.Decode(&value); err != nil {
			b.err = err
			break
		}
		if list, ok := value.([]any); ok && len(list) == 1 {
			value = list[0]
		}
		b.root = b.element(name, value, 1)
	}
	switch {
	case b.err != nil:
		r.Complain(intake.Complaint{Code: intake.CodeSyntax, Text: "not the JSON form of UBL: " + b.err.Error(), Want: `elements as objects or arrays of objects, their content in "_"`})
		return nil, ""
	case b.root == nil:
		r.Complain(intake.Complaint{Code: intake.CodeEmpty, Text: "the document is empty", Want: "one UBL document"})
		return nil, ""
	}
	b.root.named("", 0)
	return b.root, space
}

type builder struct {
	root  *element
	count int
	err   error
}

func (b *builder) element(name string, value any, depth int) *element {
	e := &element{name: name}
	if b.count++; b.count > maxElements || depth > maxDepth {
		b.err = fmt.Errorf("more than %d elements, or more than %d inside each other", maxElements, maxDepth)
		return e
	}
	object, ok := value.(map[string]any)
	if !ok {
		if e.text, ok = scalar(value); !ok {
			b.err = fmt.Errorf("%s is neither an object nor a value", name)
		}
		return e
	}
	names := make([]string, 0, len(object))
	for n := range object {
		names = append(names, n)
	}
	sort.Strings(names) // elements of different names have no order here: they are asked for by name
	for _, n := range names {
		if b.err != nil {
			return e
		}
		switch v := object[n].(type) {
		case []any:
			for _, item := range v {
				e.children = append(e.children, b.element(n, item, depth+1))
			}
		case map[string]any:
			e.children = append(e.children, b.element(n, v, depth+1))
		default:
			text, ok := scalar(v)
			switch {
			case !ok:
				b.err = fmt.Errorf("%s is no value", n)
			case contents[n]:
				e.text = strings.TrimSpace(text)
			default:
				if e.attrs == nil {
					e.attrs = map[string]string{}
				}
				e.attrs[cmp.Or(attributes[n], n)] = strings.TrimSpace(text)
			}
		}
	}
	return e
}

func scalar(v any) (string, bool) {
	switch v := v.(type) {
	case string:
		return v, true
	case json.Number:
		return v.String(), true
	case bool:
		return fmt.Sprint(v), true
	case nil:
		return "", true
	}
	return "", false
}
