package protocol

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"strings"
	"testing"
)

// Every code of this package is given by some rule and has a sentence: one that is only declared promises a check that nobody makes.
func TestEveryCodeIsGiven(t *testing.T) {
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	uses := map[string]int{}
	for _, path := range files {
		if strings.HasSuffix(path, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(file, func(n ast.Node) bool {
			if id, ok := n.(*ast.Ident); ok && strings.HasPrefix(id.Name, "code") && len(id.Name) > 4 && id.Name[4] >= 'A' && id.Name[4] <= 'Z' {
				uses[id.Name]++
			}
			return true
		})
	}
	if len(uses) < 20 {
		t.Fatalf("only %d codes were found", len(uses))
	}
	for name, n := range uses {
		// Declared, explained, given.
		if n < 3 {
			t.Errorf("%s is named %d times: it is not given, or not explained", name, n)
		}
	}
}
