package doc

import (
	"bytes"
	"encoding/hex"
	"flag"
	"fmt"
	"math"
	"os"
	"regexp"
	"strings"
	"testing"

	"kontor/protocol/block"
)

var update = flag.Bool("update", false, "write the generated parts of the pages anew")

// A generated part of a page stands between these two comments.
var generated = regexp.MustCompile(`(?s)<!-- generated: ([a-z0-9-]+) -->\n.*?<!-- end -->`)

// page fills the generated parts of a page and compares; parts maps their names to their text, and each must be used.
func page(t *testing.T, file string, parts map[string]string) {
	t.Helper()
	have, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	used := map[string]bool{}
	want := generated.ReplaceAllFunc(have, func(part []byte) []byte {
		name := string(generated.FindSubmatch(part)[1])
		text, known := parts[name]
		if !known {
			t.Errorf("%s: nothing makes the part %q", file, name)
			return part
		}
		used[name] = true
		return fmt.Appendf(nil, "<!-- generated: %s -->\n%s\n<!-- end -->", name, strings.TrimRight(text, "\n"))
	})
	for name := range parts {
		if !used[name] {
			t.Errorf("%s has no place for the part %q", file, name)
		}
	}
	if bytes.Equal(have, want) {
		return
	}
	if *update {
		if err := os.WriteFile(file, want, 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	t.Errorf("%s differs from what the program gives; if that is wanted, run go test ./protocol/doc -update and review the difference%s", file, firstDifference(have, want))
}

func firstDifference(have, want []byte) string {
	a, b := strings.Split(string(have), "\n"), strings.Split(string(want), "\n")
	for i := range min(len(a), len(b)) {
		if a[i] != b[i] {
			return fmt.Sprintf("\nline %d\n  page:    %s\n  program: %s", i+1, a[i], b[i])
		}
	}
	return fmt.Sprintf("\n%d lines in the page, %d made", len(a), len(b))
}

// fence sets text apart.
func fence(parts ...string) string { return "```\n" + strings.Join(parts, "\n") + "\n```\n" }

// hexed is bytes in lines of 48.
func hexed(data []byte) string {
	var lines []string
	for len(data) > 0 {
		n := min(48, len(data))
		lines = append(lines, hex.EncodeToString(data[:n]))
		data = data[n:]
	}
	return strings.Join(lines, "\n")
}

// view writes a block for people: text keys bare, byte strings h'..', links as the text of their CID, and byte strings that hold a
// document of their own between << and >>.
func view(t testing.TB, data []byte) string {
	t.Helper()
	if err := block.Validate(data); err != nil {
		t.Fatalf("example is no block: %v", err)
	}
	v := viewer{rest: data}
	return v.item("", 0)
}

// holds names the fields whose bytes are a document.
var holds = map[string]bool{"head": true, "v": true, "h": true, "entry": true, "doc": true, "genesis": true}

type viewer struct{ rest []byte }

func (v *viewer) take(n int) []byte {
	part := v.rest[:n]
	v.rest = v.rest[n:]
	return part
}

func (v *viewer) number() (major byte, n uint64) {
	first := v.take(1)[0]
	major, n = first>>5, uint64(first&31)
	if n < 24 {
		return major, n
	}
	size := 1 << (n - 24)
	n = 0
	for _, b := range v.take(size) {
		n = n<<8 | uint64(b)
	}
	return major, n
}

func (v *viewer) item(field string, depth int) string {
	major, n := v.number()
	switch major {
	case 0:
		return fmt.Sprint(n)
	case 1:
		if n > math.MaxInt64 {
			panic("invariant: a valid block holds integers of int64")
		}
		return fmt.Sprint(-1 - int64(n))
	case 2:
		data := v.take(int(n))
		if inner := data; holds[field] && len(inner) > 0 && inner[0] >= 0xa0 && inner[0] < 0xc0 && block.Validate(inner) == nil {
			below := viewer{rest: inner}
			return "<<" + below.item("", depth) + ">>"
		}
		return "h'" + hex.EncodeToString(data) + "'"
	case 3:
		return fmt.Sprintf("%q", v.take(int(n)))
	case 4:
		parts := make([]string, n)
		for i := range parts {
			parts[i] = v.item("", depth+1)
		}
		return list("[", parts, "]", depth)
	case 5:
		parts := make([]string, n)
		for i := range parts {
			_, size := v.number()
			name := string(v.take(int(size)))
			parts[i] = name + ": " + v.item(name, depth+1)
		}
		return list("{", parts, "}", depth)
	case 6:
		v.number() // the byte string
		c, err := block.CIDFromBytes(v.take(37)[1:])
		if err != nil {
			panic("invariant: a valid block holds valid links")
		}
		return c.String()
	}
	return [...]string{20: "false", 21: "true", 22: "null"}[n]
}

func list(opening string, parts []string, closing string, depth int) string {
	line := opening + strings.Join(parts, ", ") + closing
	if len(line)+2*depth <= 110 && !strings.Contains(line, "\n") {
		return line
	}
	in := "\n" + strings.Repeat("  ", depth+1)
	return opening + in + strings.Join(parts, ","+in) + "\n" + strings.Repeat("  ", depth) + closing
}

// bytesAndView is a block in full.
func bytesAndView(t testing.TB, name string, data []byte) string {
	t.Helper()
	return fmt.Sprintf("%s, %d bytes, CID `%s`:\n\n", name, len(data), block.Sum(data)) + fence(hexed(data)) + "\n" + fence(view(t, data))
}
