package audit

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strings"

	"kontor/protocol"
	"kontor/protocol/block"
	"kontor/protocol/decision"
	"kontor/protocol/dispute"
	"kontor/protocol/feed"
	"kontor/protocol/identity"
	"kontor/protocol/remedy"
	"kontor/protocol/terms"

	"kontor/store/kv"
)

// DisputeReport is what a file proves about a dispute.
type DisputeReport struct {
	dispute.Dispute
	Contract string               `json:"contract"`
	Now      dispute.Now          `json:"now"`
	Entry    *remedy.Item         `json:"entry,omitempty"`  // CREDIT: as it stands at the end of the file
	Window   *protocol.SLARow     `json:"window,omitempty"` // that it is of, computed again
	Signed   []dispute.Instrument `json:"signed"`           // by officers, desks and the arbiter, in order
	Left     int                  `json:"left_out"`         // bodies of entries that have no part in it
}

// typeOf reads the type of a file's index without judging the file.
func typeOf(data []byte) string {
	roots, blocks, err := block.ReadCAR(bytes.NewReader(data), block.CARBounds{Bytes: MaxBytes})
	if err != nil || len(roots) != 1 || len(blocks) == 0 || blocks[0].CID != roots[0] {
		return ""
	}
	var root disputeIndex
	if block.Unmarshal(blocks[0].Data, &root) != nil {
		return ""
	}
	return root.Type
}

// readIndex reads the index of either type of file.
func (e *evidence) readIndex(root block.CID) error {
	if e.dispute != "" {
		var d disputeIndex
		if err := e.read(root, &d); err != nil {
			return err
		}
		if d.Type != DisputeType {
			return fmt.Errorf("the file is of type %q; this program reads %q and %q", d.Type, Type, DisputeType)
		}
		e.dispute, e.root = d.Dispute, index{Type: d.Type, PID: d.PID, Members: d.Members}
		return nil
	}
	if err := e.read(root, &e.root); err != nil {
		return err
	}
	if e.root.Type != Type {
		return fmt.Errorf("the file is of type %q; this program reads %q and %q", e.root.Type, Type, DisputeType)
	}
	return nil
}

// verifyDispute judges a file about a dispute, clause by clause.
func verifyDispute(data []byte) (Report, error) {
	r := Report{Verdict: "not proven", Parties: []Party{}, Signatures: []Signature{}, Effects: []decision.Effect{}, Status: []decision.PartyStatus{}, Checks: []Check{}}
	e := evidence{report: &r, blocks: map[block.CID][]byte{}, used: map[block.CID]bool{}, chains: map[block.CID]*identity.Chain{}, dispute: "unread", withheld: map[block.CID]bool{}}
	j := judgement{evidence: &e}
	err := r.run([]step{
		{CheckFile, "file", func() (string, error) { return e.open(bytes.NewReader(data)) }},
		{CheckIdentity, "identity", e.identities},
		{CheckFeeds, "feeds", e.fold},
		{CheckTerms, "terms", j.inForce},
		{CheckRemedy, "remedy", j.computed},
		{CheckPath, "path", j.path},
		{CheckInstruments, "signatures", j.instruments},
		{CheckOutcome, "outcome", j.outcome},
	})
	if err != nil {
		return r, err
	}
	r.Final = j.d.End != nil
	if r.Verdict = "open"; r.Final {
		r.Verdict = fmt.Sprintf("ended: %s, %s", j.d.End.Cause, j.d.End.Outcome)
	}
	return r, nil
}

// judgement is a dispute under examination.
type judgement struct {
	*evidence
	d     dispute.Dispute
	terms terms.Document
	out   *DisputeReport
}

// inForce finds the dispute, and the agreement by which its terms bind.
func (j *judgement) inForce() (string, error) {
	var text string
	err := j.store.View(func(tx kv.KV) error {
		r := j.repl.Open(tx)
		var known bool
		var err error
		if j.d, known, err = r.Dispute(j.dispute); err != nil {
			return err
		}
		if !known {
			return fmt.Errorf("no entry in the file opens dispute %s", j.dispute)
		}
		if j.terms, err = r.DisputeTerms(j.d); err != nil {
			return err
		}
		j.out = &DisputeReport{Dispute: j.d, Contract: j.terms.Contract, Now: j.d.Now(), Signed: []dispute.Instrument{}, Left: len(j.withheld)}
		j.report.Dispute = j.out
		if j.d.Terms == nil {
			text = fmt.Sprintf("none in force named a path when %s became contested: the plain one, by which silence makes it void", j.d.Subject.Artifact.Short())
			return nil
		}
		text, err = j.agreedTerms(r)
		return err
	})
	return text, err
}

// agreedTerms finds the agreement that puts the dispute's terms in force, and every party's quorum under it.
func (j *judgement) agreedTerms(r *protocol.Replica) (text string, err error) {
	ledger, err := r.Concluded()
	if err != nil {
		return "", err
	}
	for _, c := range ledger {
		named := slices.ContainsFunc(c.Doc.Effects, func(x decision.Effect) bool {
			return x.Kind == decision.TermsInForce && x.Artifact != nil && *x.Artifact == *j.d.Terms
		})
		if !named || c.Verdict != decision.Final {
			continue
		}
		for _, a := range c.Doc.Artifacts {
			if j.withheld[a] {
				return "", fmt.Errorf("agreement %s rests on %s, which the file leaves out", c.CID.Short(), a)
			}
		}
		row, _, err := r.Round(c.CID)
		if err != nil {
			return "", err
		}
		for _, s := range row.Status() {
			if s.Missing != "" {
				return "", fmt.Errorf("%s did not sign with its quorum: missing %s", j.name(s.Company), s.Missing)
			}
		}
		text = fmt.Sprintf("%s of %s, by agreement %s, final with every party's quorum (%d signatures)", j.d.Terms.Short(), j.terms.Contract, c.CID.Short(), len(row.Signatures))
	}
	if text == "" {
		return "", fmt.Errorf("no agreement that is final puts terms %s in force", j.d.Terms)
	}
	return text, nil
}

// computed says what the feeds make of what is in dispute: the fold has computed it again from both sides' reports.
func (j *judgement) computed() (text string, err error) {
	if j.d.Subject.Kind != dispute.Credit {
		return j.awarded()
	}
	err = j.store.View(func(tx kv.KV) error {
		r := j.repl.Open(tx)
		items, err := r.Remedies()
		if err != nil {
			return err
		}
		at := slices.IndexFunc(items, func(i remedy.Item) bool { return i.ID == j.d.Subject.Item })
		if at < 0 {
			return fmt.Errorf("the reports in the file bring no entry %s", j.d.Subject.Item)
		}
		i := items[at]
		j.out.Entry = &i
		if i.Stood == nil || j.d.Worth == nil || *i.Stood != *j.d.Worth {
			return fmt.Errorf("entry %s stood at %v when it was disputed, the dispute is over %v", i.ID, i.Stood, j.d.Worth)
		}
		text = fmt.Sprintf("%s of %s %s: %s, in dispute %s", i.Kind, i.SLA, i.Period, i.Computed, i.Stood)
		if i.Limited != "" {
			text += fmt.Sprintf(" (limited by %s)", i.Limited)
		}
		if w, found, err := r.SLAWindow(i.Window); err != nil {
			return err
		} else if found {
			j.out.Window = &w
			if res := w.Result(); res != nil && res.Value != nil {
				text += fmt.Sprintf("; measured %s of %d by %s", res.Value, res.Count, res.Stands)
			}
		}
		return nil
	})
	return text, err
}

// awarded finds the entry that a dispute brought which was about none.
func (j *judgement) awarded() (text string, err error) {
	if j.d.Worth == nil {
		return fmt.Sprintf("%s: no amount follows from it", j.d.Subject), nil
	}
	text = fmt.Sprintf("%s: the %s claims %s, to which no terms came", j.d.Subject, strings.ToLower(string(j.d.Side)), j.d.Worth)
	err = j.store.View(func(tx kv.KV) error {
		items, err := j.repl.Open(tx).Remedies()
		if err != nil {
			return err
		}
		at := slices.IndexFunc(items, func(i remedy.Item) bool { return i.Kind == remedy.Awarded && i.Dispute == j.d.ID })
		if at >= 0 {
			i := items[at]
			j.out.Entry = &i
			if end := j.d.End; end == nil || end.Amount == nil || i.Computed != *end.Amount || i.Debtor != j.d.Debtor {
				return fmt.Errorf("entry %s is of %s by the %s, which the dispute did not come to", i.ID, i.Computed, i.Debtor)
			}
		}
		return nil
	})
	return text, err
}

// path plans the levels once more and compares what the file says of them.
func (j *judgement) path() (string, error) {
	clock := dispute.ClockOf(j.terms.Calendar)
	plan := dispute.Plan(j.terms.Disputes, clock, j.d.Worth, clock.Day(j.d.Opened.T))
	if len(plan) != len(j.d.Path) {
		return "", fmt.Errorf("the terms name %d levels for this amount, the dispute %d", len(plan), len(j.d.Path))
	}
	var parts []string
	for i, s := range j.d.Path {
		if s.Level != plan[i].Level || s.Days != plan[i].Days || s.Default != plan[i].Default || s.Until != clock.Days.Add(s.From, int(s.Days)) || s.Deadline != clock.End(s.Until) || s.Until > plan[i].Until {
			return "", fmt.Errorf("level %s has other days or another default than the terms say", s.Level)
		}
		parts = append(parts, fmt.Sprintf("%s until %s, then %s", s.Level, s.Until, s.Default))
	}
	for _, t := range j.d.Turns {
		if t.What == dispute.Escalated {
			parts = append(parts, fmt.Sprintf("escalated from %s by %s", t.Level, j.name(t.Act.By)))
		}
	}
	for _, p := range j.d.Passed {
		if p.Lapsed != nil {
			parts = append(parts, fmt.Sprintf("%s was silent for a week after the deadline", j.name(p.Company)))
		}
	}
	return strings.Join(parts, "; "), nil
}

// instruments reads what was signed in acts that counted: key, certificate, level and limit were judged at the entry that carries it, when the feeds were folded.
func (j *judgement) instruments() (string, error) {
	var counted []dispute.Mark
	for _, o := range j.d.Proposals {
		counted = append(counted, o.Mark)
	}
	for _, p := range j.d.Pending {
		counted = append(counted, p.Mark)
	}
	if j.d.End != nil && j.d.End.Act != nil {
		counted = append(counted, *j.d.End.Act)
	}
	for _, m := range counted {
		entry, act, err := j.act(m)
		if err != nil {
			return "", err
		}
		if act.Signed == nil {
			continue // an escalation
		}
		i, err := dispute.ParseInstrument(act.Signed.Document)
		if err != nil {
			return "", err
		}
		if i.Partnership != j.root.PID || i.Dispute != j.d.ID || i.Verb != act.Verb {
			return "", fmt.Errorf("entry %d of %s carries a signature for something else", entry.Header.Seq, j.name(m.By))
		}
		j.out.Signed = append(j.out.Signed, i)
	}
	return fmt.Sprintf("%d by keys that speak at their level, each certified or under a mandate at the entry that carries it", len(j.out.Signed)), nil
}

// act is what an entry of the file says.
func (j *judgement) act(m dispute.Mark) (feed.Entry, dispute.Act, error) {
	for _, entry := range j.entries[m.By][m.Seq] {
		if entry.CID != m.Entry || entry.Header.Body == nil {
			continue
		}
		a, err := dispute.ParseAct(j.blocks[*entry.Header.Body])
		return entry, a, err
	}
	return feed.Entry{}, dispute.Act{}, fmt.Errorf("entry %s of %s is not in the file", m.Entry.Short(), j.name(m.By))
}

// outcome says how it ended, and compares what is owed.
func (j *judgement) outcome() (string, error) {
	end := j.d.End
	if end == nil {
		n := j.d.Now()
		return fmt.Sprintf("it runs: %s until %s; without a word it ends on %s with %s", n.Level, n.Until, n.Ends, n.Default), nil
	}
	if end.Amount != nil && end.Cause != dispute.Reconciled {
		if owed := j.d.Owes(end.Outcome, end.Amount); owed != *end.Amount {
			return "", fmt.Errorf("%s of %s is %s, not %s", end.Outcome, j.d.Worth, owed, end.Amount)
		}
	}
	if end.Cause == dispute.Ruled && (j.d.Arbiter == nil || len(j.out.Signed) == 0 || j.out.Signed[len(j.out.Signed)-1].Company != *j.d.Arbiter) {
		return "", errors.New("the ruling is not the arbiter's that the partnership names")
	}
	text := fmt.Sprintf("%s at level %s on %s: %s", end.Cause, end.Level, end.Day, end.Outcome)
	if end.Amount != nil {
		text += fmt.Sprintf("; of %s, %s is owed", j.d.Worth, end.Amount)
	}
	if i := j.out.Entry; i != nil {
		text += fmt.Sprintf("; entry %s is %s, %s", i.ID, i.Status, i.Amount)
	}
	return text, nil
}

func (d DisputeReport) write(b *strings.Builder) {
	path := "the plain path"
	if d.Terms != nil {
		path = "terms " + d.Terms.Short()
	}
	fmt.Fprintf(b, "dispute   %s, %s, %s\n", d.ID, d.Subject, path)
	for _, i := range d.Signed {
		amount := string(i.Outcome)
		if i.Amount != nil {
			amount = i.Amount.String()
		}
		fmt.Fprintf(b, "signed    %s of %s at %s: %s %s %s\n", i.Role, i.Company.Short(), i.Level, i.Verb, amount, i.Text)
	}
	fmt.Fprintf(b, "left out  %d bodies of entries that have no part in it\n", d.Left)
}
