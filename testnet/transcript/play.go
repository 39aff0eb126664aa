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

// found: partnership of agency and maker [and ingredient [as witness]].
func (p *player) found(w []string) (string, error) {
	n, witness := 2, false
	if slices.Contains(w, "ingredient") {
		n = 3
	}
	witness = w[len(w)-1] == "witness"
	var err error
	if p.s, err = virtual.NewScene(n, witness); err != nil {
		return "", err
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

// act is what one company does.
func (p *player) act(d *virtual.Desk, w []string) (string, error) {
	var draft protocol.Draft
	var err error
	switch w[0] {
	case "tells":
		out, err := p.tell(d, p.desk(w[1]))
		return out, err
	case "clock":
		d.Skew, err = span(w[1])
		return fmt.Sprintf("%s believes it is %s", d.Name, p.moment(d.Clock())), err
	case "publishes":
		d.At++
		return map[int]string{virtual.CFORevoked: "the CFO's key is revoked", virtual.CFOBack: "the CFO has a new key"}[d.At], nil
	case "shares", "revises":
		if w[1] != "forecast" {
			draft, err = p.paper(d, w)
			break
		}
		draft, err = p.forecast(d, w)
	case "answers":
		draft, err = p.answer(d, w[1], slices.Contains(w, "automatically"))
	case "drafts":
		return p.draft(d, w)
	case "signs":
		draft, err = d.Signature(p.named["document"], w[2], nil)
	case "writes":
		draft = protocol.Draft{Kind: protocol.KindHeartbeat}
	case "records":
		draft, err = virtual.Body(protocol.KindLapse, protocol.Lapse{Document: p.named["document"], Party: p.s.Desk(w[len(w)-1]).ID})
	case "is":
		if w[1] != "copied" {
			return p.updated(d), nil
		}
		p.copied = d.Twin()
		return "a second machine believes to be " + d.Name, nil
	case "opens":
		if len(w) > 3 && w[2] == "topic" {
			return p.opensTopic(d, w)
		}
		return p.opens(d)
	case "offers", "counters":
		return p.offers(d, w)
	case "accepts":
		return p.accepts(d)
	case "puts":
		return p.puts(d, strings.Join(w, " "))
	case "reports":
		draft, err = p.reports(w)
	case "grants", "closes":
		draft, err = p.deskDoes(d, w)
	case "takes":
		draft, err = takeUp(w[len(w)-1])
	case "attaches":
		draft, err = p.attach(w[1])
	case "resolves":
		if len(w) > 1 {
			draft, err = p.resolveFork(d, w[len(w)-1])
			break
		}
		draft, err = virtual.Body(protocol.KindResolve, protocol.Witnessing{Document: p.named["document"]})
	case "aborts":
		draft, err = virtual.Body(protocol.KindAbort, protocol.Witnessing{Document: p.named["document"]})
	default:
		return "", fmt.Errorf("nobody knows how to %q", w[0])
	}
	if err != nil {
		return "", err
	}
	return p.write(d, draft, slices.Contains(w, "anyway"))
}

// write writes an entry; anyway: by a program that does not ask its rules.
func (p *player) write(d *virtual.Desk, draft protocol.Draft, anyway bool) (string, error) {
	var e feed.Entry
	var err error
	if anyway {
		e, err = d.Force(draft, nil)
	} else {
		e, err = d.Write(draft)
	}
	var refusal *protocol.Refusal
	if errors.As(err, &refusal) {
		return "not written: " + refusal.Error(), nil
	}
	if err != nil {
		return "", err
	}
	p.last = e
	answer := fmt.Sprintf("entry %d of %s, place %d in the order", e.Header.Seq, p.who(d), e.Header.Lam)
	if codes, err := refused(d, e); err != nil || codes != "" {
		answer += "; refused: " + codes
	}
	return answer, err
}

func refused(d *virtual.Desk, e feed.Entry) (codes string, err error) {
	err = d.View(func(r *protocol.Replica) error {
		refusal, err := r.Refusal(e.CID)
		if refusal != nil {
			codes = strings.Join(refusal.Codes, ", ")
		}
		return err
	})
	return codes, err
}

func (p *player) tell(from, to *virtual.Desk) (string, error) {
	parcel, err := from.Pack(to)
	if err != nil {
		return "", err
	}
	if len(parcel.Envelopes) == 0 {
		return "nothing new", nil
	}
	out, err := to.Take(parcel)
	if errors.Is(err, feed.ErrParked) {
		return fmt.Sprintf("%d entries, of which %d taken: %v", len(parcel.Envelopes), len(out.Admitted), err), nil
	}
	answer := fmt.Sprintf("%d new entries", len(out.Admitted))
	if out.Replayed > 0 {
		answer += fmt.Sprintf("; they stand before %d held already, which are folded again", out.Replayed)
	}
	return answer, err
}

// forecast: shares forecast NAME 100 200; revises forecast NAME 100 300.
func (p *player) forecast(d *virtual.Desk, w []string) (protocol.Draft, error) {
	name := w[2]
	var means []int64
	for _, s := range w[3:] {
		if n, err := strconv.ParseInt(s, 10, 64); err == nil {
			means = append(means, n)
		}
	}
	var parent *block.CID
	revision := int64(0)
	if w[0] == "revises" {
		id := p.artifact[name]
		parent, revision = &id, p.series[name]+1
	}
	draft, err := virtual.Share(virtual.Forecast(name, revision, parent, d.Clock(), means...))
	if err == nil {
		p.series[name], p.artifact[name] = revision, draft.Body.CID
	}
	return draft, err
}

// answer: answers NAME, the version the desk holds in force; automatically: the node does, inside bands both signed (practice T4).
func (p *player) answer(d *virtual.Desk, name string, auto bool) (draft protocol.Draft, err error) {
	err = d.View(func(r *protocol.Replica) error {
		rows, err := r.InForce("SharedForecast.v1", block.CID{})
		if err != nil {
			return err
		}
		for _, row := range rows {
			if row.Series != virtual.SeriesOf(name).String() {
				continue
			}
			doc, err := r.Forecast(row.Root)
			if err != nil {
				return err
			}
			answer := virtual.Answer("answer to "+name, 0, nil, d.Clock(), row.Root, doc)
			if auto {
				answer.Header.Provenance.Activity = "AUTO"
			}
			draft, err = virtual.Share(answer)
			return err
		}
		return fmt.Errorf("%s holds no forecast %q", d.Name, name)
	})
	return draft, err
}

// draft: drafts agreement sign-by 3d [about NAME].
func (p *player) draft(d *virtual.Desk, w []string) (string, error) {
	length, err := span(w[3])
	if err != nil {
		return "", err
	}
	var named []block.CID
	if len(w) > 5 {
		named = append(named, p.artifact[w[5]])
	}
	document, err := p.s.Draft(d, p.named["topic"], d.Clock()+length, 1000_00, named...)
	if err != nil {
		return "", err
	}
	p.named["document"] = document
	return fmt.Sprintf("a document for the officers, to be signed by %s", p.moment(d.Clock()+length)), nil
}
