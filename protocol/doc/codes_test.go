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

// decisionMeans says what the codes of package decision mean; they stand there in the comments of the functions that give them.
var decisionMeans = map[string]string{
	"ACT-01":       "the verb is unknown",
	"ACT-02":       "a part that the verb does not take, or one it lacks",
	"ACT-03":       "a topic is named in PROPOSE, or none in another act",
	"TOPIC-01":     "kind, trigger, priority or title of a proposal",
	"TOPIC-02":     "the proposer or a company asked for roles is no party, or the roles are out of rule",
	"TOPIC-03":     "the deadline is not within a year after the proposal",
	"TOPIC-04":     "the scope is empty, too long, out of order or no period",
	"TOPIC-05":     "too many context artifacts, or one named twice",
	"TOPIC-06":     "an option is malformed, double, out of order or said to be another's",
	"TOPIC-07":     "option 0 is missing, double, or asks for something",
	"TOPIC-08":     "effects of an option are malformed, double, out of order or too many",
	"TOPIC-09":     "expected units below zero",
	"TOPIC-10":     "a value basis is negative, of another company or of no option",
	"TOPIC-11":     "an issue is malformed, double, out of order or one too many",
	"TOPIC-12":     "the offer is no full package, or is for an option that can't be offered",
	"TOPIC-13":     "an offered value is outside its issue's range",
	"TOPIC-14":     "trade-offs or note of an offer are too many, empty, too long or not plain text",
	"TOPIC-15":     "the reason of a decline or a withdrawal is too long or not plain text",
	"TOPIC-16":     "weights are committed to once, before the first score",
	"TOPIC-17":     "a commitment to scores is empty or another party's, or there are none to keep",
	"TOPIC-18":     "the offer is of another round, or out of turn",
	"TOPIC-19":     "only the newest offer can be accepted, by its entry",
	"TOPIC-20":     "the topic is in a state that does not take this act, or the act is about another topic",
	"TOPIC-21":     "the author is no party of the topic",
	"TOPIC-22":     "the act came after the deadline",
	"TOPIC-23":     "it was done already",
	"TOPIC-24":     "a role signature stands: only the round's outcome moves the topic",
	"TOPIC-25":     "100 rounds have been played: decline, or accept the last offer",
	"TOPIC-26":     "only its author takes a topic back",
	"TOPIC-27":     "an artifact is taken back that this party has not named",
	"TOPIC-28":     "the agreement a topic is about is not named",
	"EXPECT-01":    "a mark: an option's expected units do not follow from the documents the topic names",
	"EXPECT-02":    "a mark: they followed from the documents named, and these were revised",
	"EXPECT-03":    "a mark: the topic names no forecast and plan to compute them from",
	"AGREEMENT-01": "type, links or round of the document",
	"AGREEMENT-02": "parties, their policies, or a party as witness",
	"AGREEMENT-03": "title, option or summary is missing or not plain text, or option 0 is agreed to",
	"AGREEMENT-04": "an effect is malformed, out of order, double, of no party, or one too many",
	"AGREEMENT-05": "a link to an artifact is missing, out of order or not among those named",
	"AGREEMENT-06": "a trade-off is malformed or of no party",
	"AGREEMENT-07": "a target is malformed, double, out of order or one too many",
	"AGREEMENT-08": "a milestone is malformed, double, out of order, of no party, or there is none",
	"AGREEMENT-09": "the rollout waits for itself",
	"AGREEMENT-10": "sign_by, dates or reviews are missing, out of order or out of range",
	"AGREEMENT-11": "a rollback lacks its condition or action, or there are too many",
	"AGREEMENT-40": "what is to measure a rollback condition can decide nothing, or nobody of the parties sees to it",
	"AGREEMENT-12": "the amount is no money of at least nothing",
	"AGREEMENT-13": "a term is malformed, double or out of order",
	"AGREEMENT-20": "the document is not that of the accepted offer",
	"AGREEMENT-21": "the parties are not those of the topic",
	"AGREEMENT-22": "terms or trade-offs are not those accepted",
	"AGREEMENT-23": "sign_by is not within 14 days after the entry that carries the document",
	"AGREEMENT-24": "an effect is outside the topic's scope",
	"AGREEMENT-25": "a party is bound by another policy than the document says",
	"AGREEMENT-26": "the witness is not the partnership's",
	"AGREEMENT-27": "the document does not take the place of the agreement the topic is about, or ends it and has effects",
	"SIGNATURE-01": "the signature is for another document, topic, round or partnership",
	"SIGNATURE-02": "sign_by is not the round's",
	"SIGNATURE-03": "the company is no party, or the policy is another",
	"SIGNATURE-04": "the signature was carried by another company's feed",
	"SIGNATURE-05": "the key is not in force for this role here",
	"SIGNATURE-06": "the amount is above the signer's commitment limit",
	"SIGNATURE-07": "the signature does not hold",
	"ROUND-01":     "signed by no party to the document",
	"ROUND-02":     "signed after sign_by",
	"ROUND-03":     "the signer's company revised a named artifact before",
	"ROUND-04":     "the key has signed this round, or it holds 256 signatures",
	"ROUND-05":     "a lapse by one that has not acknowledged",
	"ROUND-06":     "a lapse over no other party",
	"ROUND-07":     "a lapse before sign_by + 15 min + 7 days",
	"ROUND-08":     "a lapse over a party whose answer the entry knows",
	"ROUND-09":     "a witness's word by another",
	"ROUND-10":     "the witness resolves too late, or an incomplete set",
	"ROUND-11":     "the witness aborts too early, or without a party's void",
	"ROUND-12":     "the witness has spoken already",
	"SCORE-01":     "kind, margin or weights of a sheet",
	"SCORE-02":     "options of a sheet",
	"SCORE-03":     "a score outside the scale, for no option, or by a role that does not score",
	"SCORE-04":     "out of order or double",
	"SCORE-05":     "a reason is missing, too long or not plain text",
	"SCORE-06":     "Partnership Value is more than two from the computed one, or moved without a reason",
	"SCORE-07":     "an objection lifted by one who may not",
	"REVEAL-01":    "the parts do not hash to the commitment",
	"REVEAL-02":    "the weights are not those committed before the first score",
	"REVEAL-03":    "a part does not fit its hash, or nothing is shown",
	"REVEAL-04":    "the scores give other values, ranks or positions than shown",
	"REVEAL-05":    "a ranking or position is not of the topic's options",
	"PERSON-01":    "the person is of no party",
	"PERSON-02":    "the person is in no role that may",
	"PERSON-03":    "too late to be sure of being in time",
	"PERSON-04":    "the offer goes beyond the limits people set",
	"PERSON-06":    "a resale price would be negotiated",
	"PERSON-05":    "a strategy does not fit the topic's options, issues and ranges",
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
	for _, m := range []map[string]string{entryMeans, protocol.Sentences, partnership.PairSentences, decisionMeans, found, blocks, forecasts, capacities, campaigns, qualities, contracts, performances, products, releases, intakes, stores, faults} {
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
	for code := range decisionMeans {
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
		"decision": table(decisionMeans, family("ACT", "TOPIC", "EXPECT")),
		"agree":    table(decisionMeans, family("AGREEMENT", "SIGNATURE", "ROUND")),
		"score":    table(decisionMeans, family("SCORE", "REVEAL", "PERSON")),
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
