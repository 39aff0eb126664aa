package command

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"time"
	"unicode/utf8"

	"kontor/node"
	"kontor/node/api/wire"
	"kontor/protocol/legible"
	"kontor/protocol/quantity"
)

// print writes the result: the document as JSON where that is wanted, otherwise what human writes.
func (c *call) print(doc any, human func(w io.Writer)) error {
	if !c.asJSON() {
		human(shown{c.stdout})
		return nil
	}
	return printJSON(c.stdout, doc)
}

func printJSON(w io.Writer, doc any) error {
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	return e.Encode(doc)
}

// oneLine keeps a cell on its line and in its column, whatever a partner or a file wrote into it.
var oneLine = strings.NewReplacer("\n", " ", "\r", " ", "\t", " ", "\v", " ", "\f", " ")

// shown writes text for a screen: characters that would steer the terminal or forge text are written as \u and their number.
type shown struct{ w io.Writer }

func (s shown) Write(p []byte) (int, error) {
	text := string(p)
	if strings.ContainsFunc(text, steers) {
		var b strings.Builder
		for _, r := range text {
			if steers(r) {
				fmt.Fprintf(&b, "\\u%04x", r)
			} else {
				b.WriteRune(r)
			}
		}
		text = b.String()
	}
	if _, err := io.WriteString(s.w, text); err != nil {
		return 0, err
	}
	return len(p), nil
}

func steers(r rune) bool { return r != '\n' && r != '\t' && legible.Treacherous(r) }

// table writes rows under headings, in columns.
func table(w io.Writer, headings []string, rows [][]string) {
	t := tabwriter.NewWriter(w, 0, 4, 2, ' ', 0)
	fmt.Fprintln(t, strings.ToUpper(strings.Join(headings, "\t")))
	for _, row := range rows {
		for i, cell := range row {
			row[i] = oneLine.Replace(cell)
		}
		fmt.Fprintln(t, strings.Join(row, "\t"))
	}
	t.Flush()
}

// facts writes names and values, one a line.
func facts(w io.Writer, pairs ...string) {
	t := tabwriter.NewWriter(w, 0, 4, 2, ' ', 0)
	for i := 0; i+1 < len(pairs); i += 2 {
		fmt.Fprintf(t, "%s\t%s\n", pairs[i], oneLine.Replace(pairs[i+1]))
	}
	t.Flush()
}

// short is the end of an identifier, as people compare it.
func short(id string) string { return id[max(0, len(id)-8):] }

// moment writes a time for people: in their zone, to the minute; "-" where there is none.
func moment(ms int64) string {
	if ms == 0 {
		return "-"
	}
	return time.UnixMilli(ms).Local().Format("2006-01-02 15:04 MST")
}

// since writes how long ago something was.
func since(ms, now int64) string {
	if ms == 0 {
		return "never"
	}
	return duration(time.Duration(now-ms)*time.Millisecond) + " ago"
}

// duration writes a span of time with the one or two units that matter.
func duration(d time.Duration) string {
	switch {
	case d < time.Second:
		return fmt.Sprintf("%d ms", d.Milliseconds())
	case d < time.Minute:
		return fmt.Sprintf("%.1f s", d.Seconds())
	case d < time.Hour:
		return fmt.Sprintf("%d min", int(d.Minutes()))
	case d < 48*time.Hour:
		return fmt.Sprintf("%d h %d min", int(d.Hours()), int(d.Minutes())%60)
	}
	return node.Count(int(d.Hours()/24), "day")
}

// bytesText writes a size for people.
func bytesText(n int64) string {
	switch {
	case n >= 10<<30:
		return fmt.Sprintf("%d GiB", n>>30)
	case n >= 10<<20:
		return fmt.Sprintf("%d MiB", n>>20)
	case n >= 10<<10:
		return fmt.Sprintf("%d KiB", n>>10)
	}
	return node.Count(n, "byte")
}

// amount writes money for people.
func amount(m *wire.Amount) string {
	if m == nil {
		return "-"
	}
	return quantity.Money{Minor: m.Minor, Currency: quantity.Currency(m.Currency)}.String()
}

// list writes a list for people; empty means all.
func list(items []string) string {
	if len(items) == 0 {
		return "all"
	}
	return strings.Join(items, ", ")
}

func yesNo(b bool) string {
	if b {
		return "yes"
	}
	return "no"
}

// raw is a document that is no JSON as a JSON result holds it.
type raw struct {
	Text   string `json:"text,omitempty"`
	Base64 []byte `json:"base64,omitempty"`
}

func rawOf(data []byte) raw {
	if utf8.Valid(data) {
		return raw{Text: string(data)}
	}
	return raw{Base64: data}
}

// document writes a document as it is, or as a member of the JSON result.
func (c *call) document(data []byte) error {
	if c.asJSON() {
		return printJSON(c.stdout, rawOf(data))
	}
	_, err := c.stdout.Write(data)
	return err
}

// report tells an error: what was wrong, the findings, what to do. It returns the exit status that the error's code has.
func report(err error, asJSON bool, stderr io.Writer) int {
	if errors.Is(err, errStopped) {
		return wire.ExitOK
	}
	p := problemOf(err)
	if asJSON {
		printJSON(stderr, map[string]any{"error": p})
		return wire.Meaning(p.Code).Exit
	}
	stderr = shown{stderr}
	fmt.Fprintf(stderr, "kontor: error: %s\n", strings.TrimPrefix(p.Text, p.Code+": "))
	for _, f := range p.Findings {
		if strings.Contains(p.Text, f.Error()) || f.Path == "" && strings.Contains(p.Text, f.Code) && strings.Contains(p.Text, f.Text) {
			continue // the sentence says it already
		}
		fmt.Fprintf(stderr, "kontor: error: %s\n", f.Error())
	}
	if p.Next != "" {
		fmt.Fprintf(stderr, "kontor: hint: %s\n", p.Next)
	}
	return wire.Meaning(p.Code).Exit
}
