package fields

import (
	"encoding"
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"
)

// Row is a line of a table, with its number in the file.
type Row struct {
	Line  int
	Cells []string
}

// Complaint is a cell that does not fit the document.
type Complaint struct {
	Line   int
	Column string
	Value  string
	Text   string
	Want   string
}

// maxComplaints bounds what is said: a table that is wrong in so many places is wrong in one way.
const maxComplaints = 100

// Kind tells what a table of fields is of, "" where it is none.
func Kind(rows []Row) string {
	if len(rows) < 2 {
		return ""
	}
	head := plain(rows[0].Cells)
	if len(head) < 3 || head[0] != "part" || head[1] != "entry" {
		return ""
	}
	long := len(head) >= 4 && head[2] == fieldHead[2] && head[3] == fieldHead[3]
	at := slices.Index(head, kindField)
	for _, r := range rows[1:] {
		switch {
		case cellAt(r, 0) != Document:
		case long && cellAt(r, 2) == kindField:
			return cellAt(r, 3)
		case !long && at >= 0 && cellAt(r, at) != "":
			return cellAt(r, at)
		}
	}
	return ""
}

func plain(cells []string) (out []string) {
	for _, c := range cells {
		out = append(out, strings.TrimSpace(c))
	}
	return out
}

func cellAt(r Row, i int) string {
	if i >= len(r.Cells) {
		return ""
	}
	return r.Cells[i]
}

// place is a cell of the document with where it stands in the file.
type place struct {
	cell
	line   int
	column string
}

// branch is a part of the document that is being built: a leaf, or members or entries below.
type branch struct {
	leaf    *place
	members map[string]*branch
	order   []string
	list    []*branch
	line    int
}

// Read takes the table of a document of the type of model and answers its JSON. skip are members that are not taken, such as a header.
func Read(rows []Row, model any, skip ...string) ([]byte, []Complaint) {
	var said []Complaint
	complain := func(p place, text, want string) {
		if len(said) < maxComplaints {
			said = append(said, Complaint{p.line, p.column, p.value, text, want})
		}
	}
	if len(rows) > MaxLines {
		return nil, []Complaint{{Line: rows[MaxLines].Line, Text: fmt.Sprintf("more than %d lines", MaxLines), Want: "fewer"}}
	}
	root := &branch{members: map[string]*branch{}}
	at := map[[2]string]*branch{}
	for _, p := range places(rows) {
		name, _, _ := strings.Cut(p.field, ".")
		switch {
		case p.part == "" || p.field == "":
			complain(p, "a line without a part or a field", "both, as they were written")
			continue
		case p.part == Document && (p.field == kindField || slices.Contains(skip, name)):
			continue
		}
		to := root
		if p.part != Document {
			if slices.Contains(skip, p.part) {
				continue
			}
			key := [2]string{p.part, p.entry}
			if at[key] == nil {
				list := root.member(p.part, p.line)
				at[key] = &branch{line: p.line}
				list.list = append(list.list, at[key])
			}
			to = at[key]
		}
		if text := to.put(p); text != "" {
			complain(p, text, "each field once, as it was written: tiers[0].minQty")
		}
	}
	tree := shape(root, reflect.TypeOf(model), complain)
	if len(said) > 0 {
		return nil, said
	}
	data, err := json.Marshal(tree)
	if err != nil {
		return nil, []Complaint{{Text: "the document can't be put together: " + err.Error()}}
	}
	return data, nil
}

// places are the cells of a table of fields or records.
func places(rows []Row) (out []place) {
	head := plain(rows[0].Cells)
	long := len(head) >= 4 && head[2] == fieldHead[2] && head[3] == fieldHead[3]
	for _, r := range rows[1:] {
		if long {
			if cellAt(r, 3) != "" || cellAt(r, 0) != "" {
				out = append(out, place{cell{cellAt(r, 0), cellAt(r, 1), strings.TrimSpace(cellAt(r, 2)), cellAt(r, 3)}, r.Line, fieldHead[3]})
			}
			continue
		}
		for i := 2; i < len(r.Cells); i++ {
			if r.Cells[i] == "" {
				continue
			}
			field := ""
			if i < len(head) {
				field = head[i]
			}
			out = append(out, place{cell{r.Cells[0], r.Cells[1], field, r.Cells[i]}, r.Line, field})
		}
	}
	return slices.DeleteFunc(out, func(p place) bool { return p.value == "" && p.field != "" }) // an emptied cell says nothing
}

func (b *branch) member(name string, line int) *branch {
	if b.members == nil {
		b.members = map[string]*branch{}
	}
	if b.members[name] == nil {
		b.members[name] = &branch{line: line}
		b.order = append(b.order, name)
	}
	return b.members[name]
}

// put puts a leaf at the end of its path and says what is wrong with it.
func (b *branch) put(p place) string {
	depth := 0
	for part := range strings.SplitSeq(p.field, ".") {
		name, rest, _ := strings.Cut(part, "[")
		if name == "" {
			return "a path with an empty step"
		}
		if b.leaf != nil || b.list != nil {
			return "a field below one that has a value"
		}
		b = b.member(name, p.line)
		for rest != "" {
			digits, after, closed := strings.Cut(rest, "]")
			n, err := strconv.Atoi(digits)
			if !closed || err != nil || n < 0 || n >= maxIndex || n > len(b.list) {
				return "an index that is no number, too large, or leaves one out"
			}
			if b.leaf != nil || b.members != nil {
				return "a list where there is a value"
			}
			if n == len(b.list) {
				b.list = append(b.list, &branch{line: p.line})
			}
			b = b.list[n]
			rest = strings.TrimPrefix(after, "[")
		}
		if depth++; depth > maxDepth {
			return "a path too deep"
		}
	}
	if b.leaf != nil || b.members != nil || b.list != nil {
		return "a field that is there already"
	}
	b.leaf = &p
	return ""
}

var (
	textType = reflect.TypeFor[encoding.TextUnmarshaler]()
	jsonType = reflect.TypeFor[json.Unmarshaler]()
)

// shape gives a branch the form that its type has in JSON.
func shape(b *branch, t reflect.Type, complain func(place, string, string)) any {
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	first := place{line: b.line}
	switch {
	case b.leaf != nil:
		return leaf(*b.leaf, t, complain)
	case b.list != nil:
		if t.Kind() != reflect.Slice && t.Kind() != reflect.Array {
			complain(first, "a list where the document has none", "as it was written")
			return nil
		}
		out := []any{}
		for _, below := range b.list {
			out = append(out, shape(below, t.Elem(), complain))
		}
		return out
	}
	out := map[string]any{}
	for _, name := range b.order {
		below := b.members[name]
		var of reflect.Type
		switch t.Kind() {
		case reflect.Struct:
			of = memberType(t, name)
		case reflect.Map:
			of = t.Elem()
		}
		if of == nil {
			p := first
			p.line = below.line
			if below.leaf != nil {
				p = *below.leaf
			}
			complain(p, fmt.Sprintf("no field %q", name), strings.Join(memberNames(t), ", "))
			continue
		}
		out[name] = shape(below, of, complain)
	}
	return out
}

func leaf(p place, t reflect.Type, complain func(place, string, string)) any {
	if reflect.PointerTo(t).Implements(textType) || reflect.PointerTo(t).Implements(jsonType) {
		quoted, err := json.Marshal(p.value)
		if err != nil {
			panic("invariant: a text is JSON")
		}
		if err = json.Unmarshal(quoted, reflect.New(t).Interface()); err == nil {
			return p.value
		}
		if json.Valid([]byte(p.value)) && json.Unmarshal([]byte(p.value), reflect.New(t).Interface()) == nil {
			return json.RawMessage(p.value)
		}
		complain(p, err.Error(), "a value as it was written")
		return nil
	}
	switch t.Kind() {
	case reflect.String, reflect.Slice: // a slice of bytes is text
		if t.Kind() == reflect.String || t.Elem().Kind() == reflect.Uint8 {
			return p.value
		}
	case reflect.Int, reflect.Int64, reflect.Int32:
		n, err := strconv.ParseInt(p.value, 10, 64)
		if err != nil {
			complain(p, "not a whole number", "digits alone, such as 50000")
			return nil
		}
		return n
	case reflect.Bool:
		switch strings.ToLower(p.value) { // a spreadsheet writes TRUE
		case "true":
			return true
		case "false":
			return false
		}
		complain(p, "neither true nor false", "true or false")
		return nil
	}
	complain(p, "a value where the document has fields below", strings.Join(memberNames(t), ", "))
	return nil
}

// memberType is the type of a member by its name in JSON, nil where there is none.
func memberType(t reflect.Type, name string) (found reflect.Type) {
	eachMember(t, func(n string, of reflect.Type) {
		if n == name && found == nil {
			found = of
		}
	})
	return found
}

func memberNames(t reflect.Type) (out []string) {
	eachMember(t, func(n string, _ reflect.Type) { out = append(out, n) })
	return out
}

func eachMember(t reflect.Type, fn func(name string, of reflect.Type)) {
	if t.Kind() != reflect.Struct {
		return
	}
	var embedded []reflect.Type
	for i := range t.NumField() {
		f := t.Field(i)
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		switch {
		case name == "-" || !f.IsExported() && !f.Anonymous:
		case f.Anonymous && name == "":
			embedded = append(embedded, f.Type)
		case name == "":
			fn(f.Name, f.Type)
		default:
			fn(name, f.Type)
		}
	}
	for _, e := range embedded { // after the struct's own: those hide them
		eachMember(e, fn)
	}
}

// Entries counts what a table is of: the entries of its lists, and what stands once as one.
func Entries(rows []Row) int {
	seen := map[[2]string]bool{}
	for i, r := range rows {
		if i > 0 && cellAt(r, 0) != "" {
			seen[[2]string{cellAt(r, 0), cellAt(r, 1)}] = true
		}
	}
	return len(seen)
}
