package doc

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"kontor/node/api/wire"
	"kontor/protocol"
	"kontor/protocol/decision"
	"kontor/protocol/feed"
	"kontor/protocol/partnership"
)

// entryMeans says what the entry verdicts mean; package feed lists them without sentences.
var entryMeans = map[string]string{
	feed.CodeTooLarge:  "the header is longer than 4 KiB",
	feed.CodeMalformed: "the header is no canonical header of version 1",
	feed.CodeForeign:   "the entry belongs to another partnership",
	feed.CodeStranger:  "the author is no member",
	feed.CodeNoKey:     "the author has no feed key in force at the identity head it names, or the key is not valid at the claimed time",
	feed.CodeSignature: "the signature is not the feed key's over these bytes",
	feed.CodePrev:      "prev is missing, or is an entry of another author",
	feed.CodeSeq:       "seq is out of bounds or does not follow that of prev",
	feed.CodeSeen:      "the heads seen are out of order, go back, leave one out, or name the author",
	feed.CodeLam:       "lam is not what the entry builds on makes it",
	feed.CodeTime:      "the claimed time is before that of prev, or not after 1970",
	feed.CodeIDHead:    "the identity head goes back, or the identity entries that came do not hold",
	feed.CodeFeat:      "the capability level is negative or falls",
	feed.CodeKind:      "the kind is empty or too long, critical and unknown, wrongly marked, or in the wrong place of a feed",
	feed.CodeBody:      "a body where the kind has none, none where it has one, or another genesis",
}

// never lists codes that are kept in tables and that no rule gives today.
var never = map[string]string{
	"STORE_CRASHED": "tests only", "STORE_INJECTED": "tests only",
}

var numbered = regexp.MustCompile(`^[A-Z]+-[0-9][0-9]$`)
var upper = regexp.MustCompile(`^[A-Z][A-Z0-9]*(_[A-Z0-9]+)*$`)

// sources parses the Go files of folders, tests left out, and calls fn for each; recursive folders end in "/...".
func sources(t *testing.T, folders []string, fn func(path string, file *ast.File)) {
	t.Helper()
	for _, folder := range folders {
		root, deep := strings.CutSuffix(folder, "/...")
		err := filepath.WalkDir(filepath.Join("..", "..", root), func(path string, d fs.DirEntry, err error) error {
			if err != nil {
				return err
			}
			if d.IsDir() {
				if !deep && path != filepath.Join("..", "..", root) || d.Name() == "testdata" {
					return fs.SkipDir
				}
				return nil
			}
			if !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
				return nil
			}
			file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.ParseComments)
			if err == nil {
				fn(path, file)
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
}

func literal(e ast.Expr) (string, bool) {
	lit, ok := e.(*ast.BasicLit)
	if !ok || lit.Kind != token.STRING {
		return "", false
	}
	s, err := strconv.Unquote(lit.Value)
	return s, err == nil
}

// constants reads codes and their sentences from the comments of constants: numbered codes whatever their name, others where it begins with Code.
func constants(t *testing.T, folder string) map[string]string {
	t.Helper()
	out := map[string]string{}
	sources(t, []string{folder}, func(_ string, file *ast.File) {
		for _, decl := range file.Decls {
			group, ok := decl.(*ast.GenDecl)
			if !ok || group.Tok != token.CONST {
				continue
			}
			for _, spec := range group.Specs {
				s := spec.(*ast.ValueSpec)
				name := s.Names[0].Name
				if len(s.Values) != 1 {
					continue
				}
				code, ok := literal(s.Values[0])
				if !ok || !numbered.MatchString(code) && !(strings.HasPrefix(name, "Code") && upper.MatchString(code)) {
					continue
				}
				text := s.Comment.Text()
				if text == "" {
					text = s.Doc.Text()
				}
				if text == "" && len(group.Specs) == 1 {
					text = group.Doc.Text()
				}
				text = strings.TrimPrefix(strings.TrimPrefix(strings.Join(strings.Fields(text), " "), name+" "), "is ")
				if text != "" {
					out[code] = text
				}
			}
		}
	})
	return out
}

// table writes one family of codes.
func table(codes map[string]string, keep func(code string) bool) string {
	var b strings.Builder
	b.WriteString("| code | meaning |\n|---|---|\n")
	for _, code := range slices.Sorted(maps.Keys(codes)) {
		if keep != nil && !keep(code) {
			continue
		}
		text := codes[code]
		if why := never[code]; why != "" {
			text += " (not given today: " + why + ")"
		}
		fmt.Fprintf(&b, "| `%s` | %s |\n", code, text)
	}
	return b.String()
}

func family(prefixes ...string) func(string) bool {
	return func(code string) bool {
		return slices.ContainsFunc(prefixes, func(p string) bool { return strings.HasPrefix(code, p+"-") })
	}
}

func TestCodes(t *testing.T) {
	for _, code := range feed.Codes {
		if entryMeans[code] == "" {
			t.Errorf("%s has no sentence", code)
		}
	}
	if len(entryMeans) != len(feed.Codes) {
		t.Errorf("%d sentences for %d entry verdicts", len(entryMeans), len(feed.Codes))
	}
	found := constants(t, "protocol/artifact")
	blocks, forecasts, capacities := constants(t, "protocol/block"), constants(t, "protocol/forecast"), constants(t, "protocol/capacity")
	campaigns, qualities, contracts, performances := constants(t, "protocol/campaign"), constants(t, "protocol/quality"), constants(t, "protocol/terms"), constants(t, "protocol/performance")
	products := constants(t, "protocol/product")
	releases, intakes, stores, faults := constants(t, "protocol/release"), constants(t, "node/intake"), constants(t, "store/kv"), constants(t, "protocol/wire")
	codes := map[string]string{}
	for _, m := range []map[string]string{entryMeans, protocol.Sentences, partnership.PairSentences, decision.Means, found, blocks, forecasts, capacities, campaigns, qualities, contracts, performances, products, releases, intakes, stores, faults} {
		for code, text := range m {
			if was, twice := codes[code]; twice && was != text {
				t.Errorf("%s means %q and %q", code, was, text)
			}
			codes[code] = text
		}
	}
	// Families that are younger than this page.
	others := map[string]string{}
	for code, text := range constants(t, "node/...") {
		if numbered.MatchString(code) && codes[code] == "" {
			others[code], codes[code] = text, text
		}
	}
	// Every numbered code of the program is in a table, and every sentence held here belongs to a code of the program.
	inProgram := map[string]bool{}
	sources(t, []string{"protocol/...", "node/...", "store/...", "cmd/..."}, func(path string, file *ast.File) {
		ast.Inspect(file, func(n ast.Node) bool {
			lit, ok := n.(*ast.BasicLit)
			if !ok {
				return true
			}
			if s, ok := literal(lit); ok && numbered.MatchString(s) {
				inProgram[s] = true
				if codes[s] == "" {
					t.Errorf("%s: code %s is in no table", path, s)
				}
			}
			return true
		})
	})
	for code := range decision.Means {
		if !inProgram[code] {
			t.Errorf("%s is described and not in the program", code)
		}
	}
	page(t, "codes.md", map[string]string{
		"entry":    table(entryMeans, nil),
		"fold":     table(protocol.Sentences, nil),
		"artifact": table(found, nil),
		"forecast": table(forecasts, nil),
		"capacity": table(capacities, nil),
		"campaign": table(campaigns, nil),
		"quality":  table(qualities, nil),
		"terms":    table(contracts, nil),
		"product":  table(products, nil),
		"perform":  table(performances, nil),
		"decision": table(decision.Means, family("ACT", "TOPIC", "EXPECT")),
		"agree":    table(decision.Means, family("AGREEMENT", "SIGNATURE", "ROUND")),
		"score":    table(decision.Means, family("SCORE", "REVEAL", "PERSON")),
		"pair":     table(partnership.PairSentences, nil),
		"block":    table(blocks, nil),
		"wire":     table(faults, nil),
		"release":  table(releases, nil),
		"intake":   table(intakes, nil),
		"store":    table(stores, nil),
		"others":   table(others, nil),
		"api":      apiTable(t, codes),
		"exits":    fence(wire.Exits...),
	})
}

// apiTable lists the codes of the local API and the command line, with what they mean to programs and the first text that goes with each.
func apiTable(t *testing.T, others map[string]string) string {
	texts := map[string]string{}
	note := func(code, text string) {
		if upper.MatchString(code) && others[code] == "" && (texts[code] == "" || text != "" && text < texts[code]) {
			texts[code] = text
		}
	}
	sources(t, []string{"node/...", "cmd/kontor/..."}, func(_ string, file *ast.File) {
		ast.Inspect(file, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.CallExpr:
				name := ""
				switch fn := n.Fun.(type) {
				case *ast.Ident:
					name = fn.Name
				case *ast.SelectorExpr:
					name = fn.Sel.Name
				}
				if (name == "Failf" || name == "Problemf") && len(n.Args) >= 2 {
					code, _ := literal(n.Args[0])
					text, _ := literal(n.Args[1])
					note(code, text)
				}
			case *ast.KeyValueExpr:
				if key, ok := n.Key.(*ast.Ident); ok && key.Name == "Code" {
					code, _ := literal(n.Value)
					note(code, "")
				}
			}
			return true
		})
	})
	verbs := regexp.MustCompile(`%[+#]?[a-zA-Z]`)
	var b strings.Builder
	b.WriteString("| code | HTTP | exit | says, for example |\n|---|---|---|---|\n")
	for _, code := range slices.Sorted(maps.Keys(texts)) {
		class := wire.Meaning(code)
		text := strings.ReplaceAll(verbs.ReplaceAllString(texts[code], "…"), "|", "\\|")
		fmt.Fprintf(&b, "| `%s` | %d | %d | %s |\n", code, class.Status, class.Exit, text)
	}
	return b.String()
}
