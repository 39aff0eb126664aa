package wire

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// Every code that a command can fail with has a class: one without would reach scripts as an unforeseen failure.
func TestEveryCodeHasAClass(t *testing.T) {
	seen := 0
	for _, root := range []string{"../../../node", "../../../cmd"} {
		err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
				return err
			}
			files := token.NewFileSet()
			file, err := parser.ParseFile(files, path, nil, parser.SkipObjectResolution)
			if err != nil {
				return err
			}
			ast.Inspect(file, func(n ast.Node) bool {
				code, ok := codeOf(n)
				if !ok {
					return true
				}
				seen++
				if Meaning(code) == classes["INTERNAL"] && code != "INTERNAL" {
					t.Errorf("%s: the code %s has no class in problem.go", files.Position(n.Pos()), code)
				}
				return true
			})
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if seen < 100 {
		t.Errorf("only %d codes were found: the search looks in the wrong place", seen)
	}
}

// codeOf reads the code, written out, of a Failf or Problemf, or of a Failure or Problem that is put together.
func codeOf(n ast.Node) (string, bool) {
	switch n := n.(type) {
	case *ast.CallExpr:
		if name := lastName(n.Fun); (name == "Failf" || name == "Problemf") && len(n.Args) > 0 {
			return text(n.Args[0])
		}
	case *ast.CompositeLit:
		if name := lastName(n.Type); name != "Failure" && name != "Problem" {
			return "", false
		}
		for _, e := range n.Elts {
			if kv, ok := e.(*ast.KeyValueExpr); ok && lastName(kv.Key) == "Code" {
				return text(kv.Value)
			}
		}
	}
	return "", false
}

func lastName(e ast.Expr) string {
	switch e := e.(type) {
	case *ast.Ident:
		return e.Name
	case *ast.SelectorExpr:
		return e.Sel.Name
	}
	return ""
}

func text(e ast.Expr) (string, bool) {
	lit, ok := e.(*ast.BasicLit)
	if !ok || lit.Kind != token.STRING {
		return "", false
	}
	s, err := strconv.Unquote(lit.Value)
	return s, err == nil
}
