package doc

import (
	"fmt"
	"go/ast"
	"go/token"
	"strings"
	"testing"

	"kontor/protocol/measure"
)

// typed lists the text constants of one type of package measure with their comments, in the order of the source.
func typed(t *testing.T, name string) string {
	t.Helper()
	var b strings.Builder
	b.WriteString("| code | meaning |\n|---|---|\n")
	sources(t, []string{"protocol/measure"}, func(_ string, file *ast.File) {
		for _, decl := range file.Decls {
			group, ok := decl.(*ast.GenDecl)
			if !ok || group.Tok != token.CONST {
				continue
			}
			for _, spec := range group.Specs {
				s := spec.(*ast.ValueSpec)
				if id, ok := s.Type.(*ast.Ident); !ok || id.Name != name || len(s.Values) != 1 {
					continue
				}
				code, _ := literal(s.Values[0])
				text := strings.Join(strings.Fields(s.Comment.Text()), " ")
				if text == "" {
					t.Errorf("%s %s has no sentence", name, code)
				}
				fmt.Fprintf(&b, "| `%s` | %s |\n", code, text)
			}
		}
	})
	return b.String()
}

func TestMeasures(t *testing.T) {
	example, err := measure.Define(measure.OTIF, measure.Setting{"late": "1", "early": "2", "under": "0.02", "over": "0.05", "calendar": "BUSINESS_DAYS"})
	if err != nil {
		t.Fatal(err)
	}
	data, err := example.Encode()
	if err != nil {
		t.Fatal(err)
	}
	escaped := strings.NewReplacer("|", "\\|")
	var measures, parameters strings.Builder
	measures.WriteString("| code | unit | name and formula | parameters | no value for | default CID ends in |\n|---|---|---|---|---|---|\n")
	for _, code := range measure.Codes() {
		e, _ := measure.Describe(code)
		d, err := measure.Define(code, nil)
		if err != nil {
			t.Fatal(err)
		}
		var why []string
		for _, r := range e.Missing {
			why = append(why, string(r))
		}
		name := d.CID().String()
		fmt.Fprintf(&measures, "| `%s` | %s | **%s**: %s | %s | %s | `%s` |\n", code, e.Unit, e.Name, escaped.Replace(e.Formula), strings.Join(e.Parameters, ", "), strings.Join(why, ", "), name[len(name)-8:])
	}
	parameters.WriteString("| parameter | meaning | default | values |\n|---|---|---|---|\n")
	for _, p := range measure.Parameters() {
		fmt.Fprintf(&parameters, "| `%s` | %s | `%s` | %s |\n", p.Name, p.Means, p.Default, p.Values)
	}
	page(t, "measures.md", map[string]string{
		"example":    bytesAndView(t, "On time in full, two business days early to one late, 2 % under to 5 % over", data),
		"measures":   measures.String(),
		"parameters": parameters.String(),
		"reasons":    typed(t, "Reason"),
		"verdicts":   typed(t, "Verdict"),
	})
}
