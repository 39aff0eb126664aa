package virtual

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"kontor/protocol"
	"kontor/protocol/block"
	"kontor/protocol/decision"
	"kontor/protocol/dispute"
	"kontor/protocol/remedy"
)

// Told counts the acts that came into force, by what they are: "topic OFFER", "dispute RULE", "agreement.milestone".
type Told map[string]int

// tell counts what the entries of a partnership did.
func (w *world) tell(r *protocol.Replica) error {
	refused := map[block.CID]bool{}
	list, err := r.Refused()
	if err != nil {
		return err
	}
	w.totals.Refused += len(list)
	for _, row := range list {
		refused[row.Entry] = true
	}
	places, err := r.Log.Places()
	if err != nil {
		return err
	}
	for _, at := range places {
		e, err := r.Log.Resolve(at)
		if err != nil {
			return err
		}
		if e.Header.Body == nil || refused[e.CID] {
			continue
		}
		what := e.Header.Kind
		if what == protocol.KindTopic || what == protocol.KindDispute || what == protocol.KindRemedy {
			body, err := r.Block(*e.Header.Body)
			if err != nil {
				return err
			}
			if what, err = verbOf(what, body); err != nil {
				return err
			}
		}
		w.totals.Told[what]++
	}
	return nil
}

// verbOf names an act by its verb and, where that says little, by what it is about.
func verbOf(kind string, body []byte) (string, error) {
	switch kind {
	case protocol.KindTopic:
		a, err := decision.ParseAct(body)
		what := fmt.Sprint(kind, " ", a.Verb)
		switch {
		case a.Propose != nil && a.Propose.Amends != nil && a.Propose.Amends.End:
			what += " to end early"
		case a.Propose != nil && a.Propose.Amends != nil:
			what += " to amend"
		case a.Propose != nil && a.Propose.Exception != nil:
			what += " from an exception"
		case a.Propose != nil:
			what += " " + string(a.Propose.Kind)
		case a.Keep:
			what += " again"
		}
		return what, err
	case protocol.KindDispute:
		a, err := dispute.ParseAct(body)
		what := fmt.Sprint(kind, " ", a.Verb)
		if a.Subject != nil {
			what += " " + string(a.Subject.Kind)
		}
		return what, err
	}
	a, err := remedy.ParseAct(body)
	return fmt.Sprint(kind, " ", a.Verb), err
}

// String lists what was done, the most frequent first.
func (t Told) String() string {
	var names []string
	for what := range t {
		names = append(names, what)
	}
	slices.SortFunc(names, func(a, b string) int { return cmp.Or(cmp.Compare(t[b], t[a]), strings.Compare(a, b)) })
	for i, what := range names {
		names[i] = fmt.Sprintf("%s %d", what, t[what])
	}
	return strings.Join(names, ", ")
}
