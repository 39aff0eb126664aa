package house

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

//go:embed imports.txt
var rules string

type pkg struct {
	ImportPath string
	Dir        string
	GoFiles    []string
	Imports    []string
	Standard   bool
}

func load(t *testing.T) []pkg {
	t.Helper()
	out, err := exec.Command("go", "list", "-json=ImportPath,Dir,GoFiles,Imports", "kontor/...").Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	var pkgs []pkg
	dec := json.NewDecoder(strings.NewReader(string(out)))
	for dec.More() {
		var p pkg
		if err := dec.Decode(&p); err != nil {
			t.Fatal(err)
		}
		pkgs = append(pkgs, p)
	}
	return pkgs
}

type rule struct {
	who     string
	allowed []string
}

type ban struct {
	rooms  []string
	what   string
	reason string
}

func parse(t *testing.T) (allow []rule, bans []ban) {
	t.Helper()
	for n, line := range strings.Split(rules, "\n") {
		line = strings.TrimSpace(line)
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		if rest, isBan := strings.CutPrefix(line, "ban "); isBan {
			f := strings.Fields(rest)
			if len(f) < 3 {
				t.Fatalf("imports.txt:%d: a ban names rooms, a thing and a reason", n+1)
			}
			bans = append(bans, ban{strings.Split(f[0], ","), f[1], strings.Join(f[2:], " ")})
			continue
		}
		who, what, ok := strings.Cut(line, "->")
		if !ok {
			t.Fatalf("imports.txt:%d: neither a rule nor a ban: %q", n+1, line)
		}
		allow = append(allow, rule{strings.TrimSpace(who), strings.Fields(what)})
	}
	return allow, bans
}

// matches tells whether a path fits a pattern: equal, or below a prefix that ends in "...".
func matches(pattern, path string) bool {
	if prefix, open := strings.CutSuffix(pattern, "..."); open {
		return strings.HasPrefix(path, prefix) || path == strings.TrimSuffix(prefix, "/")
	}
	return pattern == path
}

func room(importPath string) string { return strings.TrimPrefix(importPath, "kontor/") }

func TestImportsGoOneWay(t *testing.T) {
	allow, _ := parse(t)
	for _, p := range load(t) {
		var own *rule
		for i := range allow {
			if matches(allow[i].who, room(p.ImportPath)) {
				own = &allow[i]
				break
			}
		}
		if own == nil {
			t.Errorf("%s has no line in imports.txt: say what the room may import", room(p.ImportPath))
			continue
		}
		for _, imp := range p.Imports {
			if !permitted(*own, imp) {
				t.Errorf("%s imports %s; its line in imports.txt allows %s", room(p.ImportPath), imp, strings.Join(own.allowed, " "))
			}
		}
	}
}

func permitted(r rule, imp string) bool {
	std := !strings.Contains(strings.SplitN(imp, "/", 2)[0], ".") && !strings.HasPrefix(imp, "kontor/")
	for _, a := range r.allowed {
		switch {
		case a == "any", a == "std" && std:
			return true
		case strings.HasPrefix(imp, "kontor/") && matches(a, room(imp)):
			return true
		case matches(a, imp):
			return true
		}
	}
	return false
}

func TestThePureCoreStaysPure(t *testing.T) {
	_, bans := parse(t)
	for _, p := range load(t) {
		for _, name := range p.GoFiles {
			fset := token.NewFileSet()
			file, err := parser.ParseFile(fset, filepath.Join(p.Dir, name), nil, 0)
			if err != nil {
				t.Fatal(err)
			}
			for _, b := range bans {
				if applies(b, room(p.ImportPath)) {
					for _, where := range finds(fset, file, b.what) {
						t.Errorf("%s names %s: %s", where, b.what, b.reason)
					}
				}
			}
		}
	}
}

func applies(b ban, room string) bool {
	for _, r := range b.rooms {
		if room == r || strings.HasPrefix(room, r+"/") {
			return true
		}
	}
	return false
}

func finds(fset *token.FileSet, file *ast.File, what string) (where []string) {
	if path, isImport := strings.CutPrefix(what, "import:"); isImport {
		for _, imp := range file.Imports {
			if imp.Path.Value == fmt.Sprintf("%q", path) {
				where = append(where, fset.Position(imp.Pos()).String())
			}
		}
		return where
	}
	x, sel, _ := strings.Cut(what, ".")
	ast.Inspect(file, func(n ast.Node) bool {
		if s, ok := n.(*ast.SelectorExpr); ok && s.Sel.Name == sel {
			if id, ok := s.X.(*ast.Ident); ok && id.Name == x {
				where = append(where, fset.Position(s.Pos()).String())
			}
		}
		return true
	})
	return where
}

// The checks above must be able to fail.
func TestTheRulesCanFail(t *testing.T) {
	if permitted(rule{"protocol/block", []string{"std"}}, "kontor/node") {
		t.Error("a room may import anything")
	}
	if !matches("store/...", "store") || !matches("store/...", "store/kv") || matches("store/...", "storehouse") {
		t.Error("patterns do not match as described")
	}
	fset := token.NewFileSet()
	file, err := parser.ParseFile(fset, "x.go", "package x\nimport \"os\"\nimport \"time\"\nvar t = time.Now()\nvar _ = os.Args", 0)
	if err != nil {
		t.Fatal(err)
	}
	if len(finds(fset, file, "time.Now")) != 1 || len(finds(fset, file, "import:os")) != 1 {
		t.Error("a banned name is not found")
	}
}
