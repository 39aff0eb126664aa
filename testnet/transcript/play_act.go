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
