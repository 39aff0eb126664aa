// Package transcript plays protocol scenarios that a planner can read: text files in testdata, each a list of steps with what
// happens in words, and at its end what must hold.
//
// A step stands on a line of its own; what follows its line of dashes, up to an empty line, is what the program answers. [Play]
// runs the steps of a file and returns it with the answers filled in; the test compares, and go test ./testnet/transcript -update
// writes them anew for review. Lines that begin with # are for the reader.
package transcript

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"kontor/protocol"
	"kontor/protocol/block"
	"kontor/protocol/feed"
	"kontor/testnet/virtual"
)

// dashes separate a step from its answer.
const dashes = "----"

// Play runs a transcript and returns it with the answers the program gives. The error names the step that can't be read or the
// assertion that fails.
func Play(text string) (string, error) {
	p := &player{named: map[string]block.CID{}, series: map[string]int64{}, artifact: map[string]block.CID{}}
	var out strings.Builder
	lines := strings.Split(strings.TrimRight(text, "\n"), "\n")
	for i := 0; i < len(lines); i++ {
		line := strings.TrimSpace(lines[i])
		if line == "" || strings.HasPrefix(line, "#") {
			out.WriteString(line + "\n")
			continue
		}
		answer, err := p.step(line)
		if err != nil {
			return "", fmt.Errorf("line %d: %s: %w", i+1, line, err)
		}
		out.WriteString(line + "\n" + dashes + "\n" + answer)
		if answer != "" && !strings.HasSuffix(answer, "\n") {
			out.WriteString("\n")
		}
		if i+1 < len(lines) && lines[i+1] == dashes { // the recorded answer, to the next empty line
			for i++; i+1 < len(lines) && lines[i+1] != ""; i++ {
			}
		}
		if i+1 >= len(lines) || lines[i+1] != "" {
			out.WriteString("\n")
		}
	}
	return strings.TrimRight(out.String(), "\n") + "\n", nil
}

// player is the state of one transcript.
type player struct {
	s        *virtual.Scene
	named    map[string]block.CID // topic and document
	series   map[string]int64
	artifact map[string]block.CID
	last     feed.Entry
	copied   *virtual.Desk // the second history of a company whose machine was copied
	updates  bool          // programs know rules that no released one does
	attached int
}

// step runs one step: who does what, in words.
func (p *player) step(line string) (string, error) {
	w := strings.Fields(line)
	if w[0] != "partnership" && p.s == nil {
		return "", errors.New("the first step founds the partnership: partnership of agency and maker")
	}
	switch w[0] {
	case "partnership":
		return p.found(w)
	case "all":
		switch w[1] {
		case "score":
			return p.allScore()
		case "sign":
			return p.allSign()
		}
		return "", p.s.Meet()
	case "time":
		return p.pass(w)
	case "assert":
		return p.assert(line)
	case "negotiate":
		return p.negotiate(w)
	case "show":
		return p.show(w)
	}
	d := p.desk(w[0])
	if len(w) < 2 {
		return "", errors.New("what does it do?")
	}
	return p.act(d, w[1:])
}

// found: partnership of agency and maker [and ingredient [as witness]] [with arbiter]. The arbiter is a company that is no member.
func (p *player) found(w []string) (string, error) {
	n, witness, arbiter := 2, false, w[len(w)-1] == "arbiter"
	if slices.Contains(w, "ingredient") {
		n = 3
	}
	witness = w[len(w)-1] == "witness"
	var err error
	if p.s, err = virtual.NewScene(n, witness); err != nil {
		return "", err
	}
	judge := ""
	if arbiter {
		cast, err := virtual.NewCast(n + 1)
		if err != nil {
			return "", err
		}
		g := p.s.Genesis
		judge, g.Arbiter = cast[n].Name, &cast[n].ID
		if p.s, err = virtual.NewSceneOf(p.s.Cast, g); err != nil {
			return "", err
		}
	}
	if err := p.s.Signed(); err != nil {
		return "", err
	}
	names := make([]string, len(p.s.Desks))
	for i, d := range p.s.Desks {
		m, _ := p.s.Genesis.Member(d.ID)
		names[i] = d.Name + " (" + m.Role + ")"
	}
	answer := "signed by " + strings.Join(names, ", ")
	if witness {
		answer += "; witness: " + p.s.Desks[n-1].Name
	}
	if arbiter {
		answer += "; arbiter: " + judge
	}
	return answer, nil
}

// span reads "3d", "90m", "2h".
func span(s string) (int64, error) {
	unit := map[byte]int64{'d': virtual.Day, 'h': virtual.Hour, 'm': virtual.Minute}[s[len(s)-1]]
	n, err := strconv.ParseInt(strings.TrimPrefix(s[:len(s)-1], "+"), 10, 64)
	if err != nil || unit == 0 {
		return 0, fmt.Errorf("%q is no length of time such as 3d, 2h or 15m", s)
	}
	return n * unit, nil
}

// pass: time passes 3d.
func (p *player) pass(w []string) (string, error) {
	d, err := span(w[len(w)-1])
	p.s.Now += d
	return "it is " + p.moment(p.s.Now), err
}

// moment is a time as days and hours since the beginning.
func (p *player) moment(t int64) string {
	since := t - virtual.Start
	return fmt.Sprintf("day %d, %02d:%02d", since/virtual.Day, since%virtual.Day/virtual.Hour, since%virtual.Hour/virtual.Minute)
}

// negotiate [about NAME]: topic, scores, offer and acceptance in one go.
func (p *player) negotiate(w []string) (string, error) {
	var context []block.CID
	if len(w) > 2 {
		context = append(context, p.artifact[w[2]])
	}
	topic, err := p.s.Negotiate(p.s.Now+20*virtual.Day, context...)
	if err != nil {
		return "", err
	}
	p.named["topic"] = topic
	return p.topic(p.s.Desks[0])
}

func (p *player) topic(d *virtual.Desk) (answer string, err error) {
	err = d.View(func(r *protocol.Replica) error {
		t, _, err := r.Topic(p.named["topic"])
		answer = fmt.Sprintf("topic %q is in %s after %d offer(s)", t.Title, t.Status, len(t.Offers))
		return err
	})
	return answer, err
}
