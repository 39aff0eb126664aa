package kv_test

import (
	"errors"
	"go/ast"
	"go/parser"
	"go/token"
	"strings"
	"testing"

	"kontor/store/kv"
)

// TestCodesAreUnique reads the constants of error.go: codes cross the API and
// must neither repeat nor lose their form.
func TestCodesAreUnique(t *testing.T) {
	f, err := parser.ParseFile(token.NewFileSet(), "error.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	ast.Inspect(f, func(n ast.Node) bool {
		if lit, ok := n.(*ast.BasicLit); ok && strings.HasPrefix(lit.Value, `"STORE_`) {
			if seen[lit.Value] {
				t.Errorf("%s twice", lit.Value)
			}
			seen[lit.Value] = true
		}
		return true
	})
	if len(seen) < 20 {
		t.Errorf("only %d codes were found", len(seen))
	}
}

func TestError(t *testing.T) {
	cause := errors.New("no medium")
	err := error(kv.Wrap(cause, kv.CodeIO, "writing %q; check the disk", "x"))
	if want := `STORE_IO: writing "x"; check the disk: no medium`; err.Error() != want {
		t.Errorf("%s, want %s", err, want)
	}
	if !errors.Is(err, cause) || kv.CodeOf(err) != kv.CodeIO || kv.CodeOf(cause) != "" || kv.CodeOf(nil) != "" {
		t.Error("the parts of an error are not found")
	}
}

func TestBudget(t *testing.T) {
	small, large := kv.Cost(10, kv.SmallValueBytes-1), kv.Cost(10, kv.SmallValueBytes)
	if small.Small != 10+kv.SmallValueBytes-1 || large.Small != 10+kv.PointerBytes || large.Total != 10+kv.SmallValueBytes {
		t.Errorf("%+v, %+v", small, large)
	}
	if b := small.Add(large).Sub(small); b != large {
		t.Errorf("%+v", b)
	}
	for _, b := range []kv.Budget{{Keys: kv.MaxUpdateKeys}, {Small: kv.MaxUpdateBytes}, {Total: kv.MaxUpdateTotalBytes}} {
		if err := b.Check(); err != nil {
			t.Errorf("at the bound: %v", err)
		}
		over := b.Add(kv.Budget{Keys: min(b.Keys, 1), Small: min(b.Small, 1), Total: min(b.Total, 1)})
		if err := over.Check(); kv.CodeOf(err) != kv.CodeTooBig {
			t.Errorf("over the bound: %v", err)
		}
	}
}
