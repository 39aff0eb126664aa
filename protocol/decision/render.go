package decision

import (
	"crypto/sha256"
	"fmt"
	"strings"
	"time"

	"kontor/protocol/block"
	"kontor/protocol/legible"
	"kontor/protocol/quantity"
)

// Rendering is a document as people read it, made from the very bytes that are signed (threat 22: a screen that shows
// another text than the one under the signature). Compare digests, not screens: two nodes with the same program
// show the same text for the same bytes.
type Rendering struct {
	Document Agreement
	CID      block.CID
	Text     string // plain lines; partner-written text stands in quotes, with everything that could forge a line escaped
	Digest   Digest // over the CID and the text
}

// renderVersion changes with the wording below, so that digests of two programs that word it differently never agree.
const renderVersion = "kontor agreement text 2"

// Render reads a document from its bytes and writes it for people.
func Render(data []byte) (Rendering, error) {
	doc, err := ParseAgreement(data)
	if err != nil {
		return Rendering{}, err
	}
	cid := block.Sum(data)
	text := doc.text(cid)
	h := sha256.New()
	fmt.Fprintf(h, "%s\x00", renderVersion)
	h.Write(cid.Bytes())
	h.Write([]byte(text))
	return Rendering{doc, cid, text, Digest(h.Sum(nil))}, nil
}

// text writes the document line by line. Every list says how long it is, so that a missing line shows.
func (a Agreement) text(cid block.CID) string {
	var b strings.Builder
	line := func(format string, args ...any) { fmt.Fprintf(&b, format+"\n", args...) }
	line("PARTNERSHIP AGREEMENT %s, round %d", quote(a.Title), a.Round)
	line("document    %s", cid)
	line("partnership %s", a.Partnership)
	line("topic       %s", a.Topic)
	line("offer       %s", a.Offer)
	line("option      %s: %s", quote(a.Option), quote(a.Summary))
	line("in effect   from %s to before %s", a.From, a.Expires)
	line("sign by     %s", moment(a.SignBy))
	if a.Amount != nil {
		line("commits to  at most %s", amount(*a.Amount))
	}
	if a.Witness != nil {
		line("witness     %s", *a.Witness)
	}
	line("")
	line("PARTIES (%d)", len(a.Parties))
	for _, p := range a.Parties {
		line("- %s %s, signed by %s", quote(p.Label), quote(p.Name), quote(p.Quorum))
		line("  company %s, policy %s%s", p.Company, p.Policy, when(p.DualHat, ", one person may sign in two roles"))
	}
	line("")
	line("TERMS (%d)", len(a.Terms))
	for _, t := range a.Terms {
		line("- %s: %s%s", quote(t.Name), t.Value, when(t.Unit != "", " "+quote(t.Unit)))
	}
	line("")
	line("EFFECTS (%d)", len(a.Effects))
	for _, e := range a.Effects {
		from := ""
		if e.Artifact != nil {
			from = ", seen in " + e.Artifact.String()
		}
		if e.Kind == TermsInForce {
			line("- the contract terms that %s shared as %s apply, %s to before %s", a.who(e.Party), e.Artifact, a.From, a.Expires)
			continue
		}
		if e.Kind == CAPADue {
			line("- %s %s: the work on complaint %s is closed by %s: product %s, region %s%s", a.who(e.Party), quote(string(e.Kind)), quote(e.Ref), e.Bucket.Last(), quote(e.Product), quote(e.Region), from)
			continue
		}
		if e.Ref != "" {
			from = ", event " + quote(e.Ref) + from
		}
		line("- %s %s: product %s, region %s, %s to before %s: %s %s (%s)%s", a.who(e.Party), quote(string(e.Kind)), quote(e.Product),
			quote(e.Region), e.Bucket.Start, e.Bucket.End, e.Quantity, unitName(e.Unit), quote(string(e.Unit)), from)
	}
	line("")
	line("RESTS ON (%d)", len(a.Artifacts))
	for _, c := range a.Artifacts {
		line("- %s", c)
	}
	line("")
	line("TRADE-OFFS (%d)", len(a.Trades))
	for _, t := range a.Trades {
		until := ""
		if t.Until != nil {
			until = ", until " + t.Until.String()
		}
		line("- %s gave %s and got %s%s", a.who(t.By), quote(t.Gave), quote(t.Got), until)
	}
	a.plan(line)
	return b.String()
}

// plan writes what happens after signing.
func (a Agreement) plan(line func(string, ...any)) {
	line("")
	line("MEASURED BY (%d)", len(a.Targets))
	for _, t := range a.Targets {
		definition := ""
		if t.Definition != nil {
			definition = ", defined in " + t.Definition.String()
		}
		line("- %s %s: %s %s %s by %s%s", quote(t.ID), quote(t.Name), either(t.AtMost, "at most", "at least"), t.Target, quote(t.Unit), t.By, definition)
	}
	line("")
	line("ROLLOUT (%d)", len(a.Rollout))
	for _, m := range a.Rollout {
		after := ""
		for i, id := range m.After {
			after += either(i == 0, ", after ", " and ") + quote(id)
		}
		line("- %s %s: %s of %s by %s%s, shown by %s", quote(m.ID), quote(m.Title), quote(string(m.Owner)), a.who(m.Party), m.Due, after, quote(m.Proof))
	}
	line("")
	line("REVIEWS (%d)", len(a.Reviews))
	for _, d := range a.Reviews {
		line("- %s", d)
	}
	line("")
	line("ROLLBACK (%d)", len(a.Rollback))
	for _, r := range a.Rollback {
		line("- if %s then %s", quote(r.Condition), quote(r.Action))
		line("  %s", a.measured(r.Test))
	}
	line("")
	line("SUPERSEDES (%d)", len(a.Supersedes))
	for _, c := range a.Supersedes {
		line("- %s", c)
	}
}

// who names a party by its role and the end of its ID, so that two companies of one name stay apart.
func (a Agreement) who(company block.CID) string {
	for _, p := range a.Parties {
		if p.Company == company {
			return fmt.Sprintf("%s (%s)", quote(p.Label), company.Short())
		}
	}
	return "unknown company " + company.String()
}

// amount is money in words; an unknown currency, which has no decimals, stands in quotes.
func amount(m quantity.Money) string {
	if m.Currency.Digits() < 0 {
		return fmt.Sprintf("%d of an unknown currency %s", m.Minor, quote(string(m.Currency)))
	}
	return m.String()
}

// unitName is a known unit in words. The name of an unknown one is what the partner wrote: it stands in quotes behind, and nowhere else.
func unitName(u quantity.Unit) string { return either(u.Known(), u.Name(), "of an unknown unit") }

func moment(ms int64) string {
	return time.UnixMilli(ms).UTC().Format("2006-01-02 15:04:05.000") + " UTC"
}

func when(yes bool, s string) string { return either(yes, s, "") }

func either(yes bool, a, b string) string {
	if yes {
		return a
	}
	return b
}

// quote puts partner-written text in quotes. Text without Check may hold anything; here nothing leaves its line.
func quote(s string) string {
	var b strings.Builder
	b.WriteByte('"')
	for _, r := range s {
		switch {
		case r == '"' || r == '\\':
			b.WriteByte('\\')
			b.WriteRune(r)
		case legible.Treacherous(r):
			fmt.Fprintf(&b, "\\u{%x}", r)
		default:
			b.WriteRune(r)
		}
	}
	b.WriteByte('"')
	return b.String()
}

// maxDiffCells bounds the table of the line comparison: 2,000 lines against 2,000.
const maxDiffCells = 4_000_000

// Changes shows what differs between two renderings, line by line: "- " was, "+ " is, two blanks for what stays
// around. Equal texts give "". Beyond the bound whole middles are shown as taken out and put in.
func Changes(was, is Rendering) string {
	if was.Text == is.Text {
		return ""
	}
	a, b := strings.Split(strings.TrimSuffix(was.Text, "\n"), "\n"), strings.Split(strings.TrimSuffix(is.Text, "\n"), "\n")
	var out []string
	for len(a) > 0 && len(b) > 0 && a[0] == b[0] {
		a, b = a[1:], b[1:]
	}
	for len(a) > 0 && len(b) > 0 && a[len(a)-1] == b[len(b)-1] {
		a, b = a[:len(a)-1], b[:len(b)-1]
	}
	for _, step := range steps(a, b) {
		out = append(out, strings.TrimRight(step, " "))
	}
	return strings.Join(out, "\n") + "\n"
}

// steps lists the lines of a longest common subsequence with what was taken out and put in between.
func steps(a, b []string) []string {
	var out []string
	if len(a)*len(b) > maxDiffCells {
		for _, l := range a {
			out = append(out, "- "+l)
		}
		for _, l := range b {
			out = append(out, "+ "+l)
		}
		return out
	}
	longest := make([][]int32, len(a)+1) // [i][j]: lines common to a[i:] and b[j:]
	for i := range longest {
		longest[i] = make([]int32, len(b)+1)
	}
	for i := len(a) - 1; i >= 0; i-- {
		for j := len(b) - 1; j >= 0; j-- {
			if a[i] == b[j] {
				longest[i][j] = longest[i+1][j+1] + 1
			} else {
				longest[i][j] = max(longest[i+1][j], longest[i][j+1])
			}
		}
	}
	i, j := 0, 0
	for i < len(a) || j < len(b) {
		switch {
		case i < len(a) && j < len(b) && a[i] == b[j]:
			out = append(out, "  "+a[i])
			i, j = i+1, j+1
		case j == len(b) || i < len(a) && longest[i+1][j] >= longest[i][j+1]:
			out = append(out, "- "+a[i])
			i++
		default:
			out = append(out, "+ "+b[j])
			j++
		}
	}
	return out
}
