package virtual

import (
	"crypto/sha256"
	"fmt"

	"kontor/protocol"
	"kontor/protocol/block"
	"kontor/protocol/decision"
	"kontor/protocol/feed"
)

// check looks at the promises one change at one office could have broken.
func (w *world) check(o *office, p int, out protocol.Outcome) error {
	m, c := o.part[p], w.circles[p]
	if len(out.Mismatches) > 0 {
		x := out.Mismatches[0]
		return fmt.Errorf("P4: %s finds another root of %s at line %d in %s", o.c.Name, w.name(x.Member), x.Line, w.title(p))
	}
	forked := len(out.Forks) > 0
	if forked {
		m.forks = 1
		w.log("%-10s ! sees that %s wrote two histories from entry %d on", o.c.Name, w.name(out.Forks[0].Author), out.Forks[0].Seq)
		if err := proven(m.contract, out.Forks[0]); err != nil {
			return err
		}
	}
	if out.Line < m.line && !forked {
		return fmt.Errorf("P4: the settled line of %s went back from %d to %d in %s", o.c.Name, m.line, out.Line, w.title(p))
	}
	m.line = out.Line
	err := o.view(p, func(r *protocol.Replica) error {
		if len(out.Settled) > 0 && m.forks == 0 {
			root, known, err := r.RootAt(out.Line)
			if err != nil || !known {
				return fmt.Errorf("root at the settled line %d: known %t, %v", out.Line, known, err)
			}
			was, seen := c.roots[out.Line]
			if seen && was != string(root[:]) && len(w.forkers) == 0 {
				return fmt.Errorf("P4: %s has another root at the settled line %d of %s", o.c.Name, out.Line, w.title(p))
			}
			c.roots[out.Line] = string(root[:])
		}
		return w.checkVerdicts(o, p, r)
	})
	if err != nil {
		return err
	}
	if w.rng.IntN(8) > 0 {
		return nil
	}
	if p == 0 && w.story.disputes() && len(w.forkers) == 0 {
		if err := o.view(p, func(r *protocol.Replica) error { return w.checkEnds(o, r) }); err != nil {
			return err
		}
	}
	return w.compare(o, p)
}

// proven checks that a fork's proof stands by itself: two valid entries of one author with one seq.
func proven(contract *protocol.Contract, f feed.Fork) error {
	var opened [2]feed.Signed
	for i, env := range f.Proof {
		s, err := feed.Open(contract.Circle, env, contract.Identities)
		if err != nil {
			return fmt.Errorf("P5: half %d of a fork's proof does not verify: %w", i, err)
		}
		opened[i] = s
	}
	a, b := opened[0], opened[1]
	if a.CID == b.CID || a.Header.Author != b.Header.Author || a.Header.Seq != b.Header.Seq || a.Header.Seq != f.Seq || a.Header.Author != f.Author {
		return fmt.Errorf("P5: a fork's proof is of %s %d and %s %d", a.Header.Author.Short(), a.Header.Seq, b.Header.Author.Short(), b.Header.Seq)
	}
	return nil
}

// follows says which verdicts may come after which (PROTOCOL 6).
var follows = map[decision.Verdict][]decision.Verdict{
	decision.Open:      {decision.Open, decision.Final, decision.Void, decision.Contested},
	decision.Final:     {decision.Final, decision.Contested},
	decision.Void:      {decision.Void},
	decision.Contested: {decision.Contested, decision.Final, decision.Void},
}

// checkVerdicts holds every verdict at the tip against what this office and all others said before.
func (w *world) checkVerdicts(o *office, p int, r *protocol.Replica) error {
	rounds, err := r.Rounds()
	if err != nil {
		return err
	}
	m, c := o.part[p], w.circles[p]
	now, ruled := map[block.CID]decision.Verdict{}, map[block.CID]bool{}
	for _, row := range rounds {
		now[row.Document], ruled[row.Document] = row.Verdict, row.Ruled != nil
	}
	for document, was := range m.verdicts {
		is, found := now[document]
		// A void document may turn out to have come second: another draft of the same round stands before it. It binds nobody either way.
		if !found && was != decision.Open && was != decision.Void {
			return fmt.Errorf("P1: %s had document %s %s, and now has no such round", o.c.Name, document.Short(), was)
		}
		allowed := !found
		for _, v := range follows[was] {
			allowed = allowed || v == is
		}
		if was == decision.Void && (is == decision.Contested || is == decision.Open) && m.forks > 0 {
			allowed = true // void by the forker's word alone: by its void, or by its clock on entries that came after the fork and count no more
		}
		if !allowed {
			return fmt.Errorf("P1: %s had document %s %s, now %s", o.c.Name, document.Short(), was, is)
		}
	}
	for document, v := range now {
		if v != m.verdicts[document] && v != decision.Open {
			w.log("%-10s holds document %s as %s", o.c.Name, document.Short(), v)
		}
		// What a dispute made of a contested document may differ from what one office held before it was contested: rows are compared, and every dispute's end.
		if (v == decision.Final || v == decision.Void) && !ruled[document] {
			if c.verdicts[document] == nil {
				c.verdicts[document] = map[decision.Verdict]string{}
			}
			c.verdicts[document][v] = o.c.Name
			final, void := c.verdicts[document][decision.Final], c.verdicts[document][decision.Void]
			if final != "" && void != "" && len(w.forkers) == 0 {
				return fmt.Errorf("P1: document %s is FINAL at %s and VOID at %s", document.Short(), final, void)
			}
		}
	}
	m.verdicts = now
	return nil
}

// compare holds an office's rows against those every office had with the same entries.
func (w *world) compare(o *office, p int) error {
	rows, err := o.rows(p)
	if err != nil {
		return err
	}
	w.totals.Compared++
	h := sha256.New()
	for _, row := range rows {
		fmt.Fprintf(h, "%d %s %d ", len(row.Key), row.Key, len(row.Value))
		h.Write(row.Value)
	}
	digest := [32]byte(h.Sum(nil))
	m, c := o.part[p], w.circles[p]
	if w.trace != nil {
		if was, known := w.debug[m.set]; known {
			if key := firstDifference(rows, was); key != "" {
				w.log("row %q is %q at %s, was %q", key, valueOf(rows, key), o.c.Name, valueOf(was, key))
			}
		}
		w.debug[m.set] = rows
	}
	if was, known := c.byset[m.set]; known && was != digest {
		return fmt.Errorf("P4: %s has other rows in %s than an office with the same %d entries; against a fold from nothing: %v", o.c.Name, w.title(p), len(m.held), w.refold(o, p))
	}
	c.byset[m.set] = digest
	return nil
}

// judgement is the last look: everybody holds the same, the same rows and roots come out of a fold from nothing, and nothing
// acknowledged is missing.
func (w *world) judgement() error {
	for p := range w.circles {
		first, err := w.allEqual(p)
		if err != nil {
			return err
		}
		if err := w.refold(first, p); err != nil {
			return err
		}
		err = first.view(p, func(r *protocol.Replica) error {
			if err := w.forksEnded(p, r); err != nil {
				return err
			}
			rounds, err := r.Rounds()
			if err != nil {
				return err
			}
			for _, row := range rounds {
				w.totals.Rounds[row.Verdict]++
			}
			return w.tell(r)
		})
		if err != nil {
			return err
		}
	}
	return w.audit()
}

// allEqual compares the members of a circle and returns the first.
func (w *world) allEqual(p int) (first *office, err error) {
	for _, i := range w.members(p) {
		o := w.offices[i]
		if err := o.reread(p); err != nil {
			return nil, err
		}
		if err := w.compare(o, p); err != nil {
			return nil, err
		}
		if w.shown && p == 0 && o.part[p].forks == 0 {
			return nil, fmt.Errorf("P5: %s never saw the fork", o.c.Name)
		}
		if first == nil {
			first = o
			continue
		}
		if d, err := Differ(first.db, o.db, w.circles[p].pid); err != nil || d != nil {
			return nil, fmt.Errorf("P4: %s and %s hold the same entries of %s and differ: %v %v", first.c.Name, o.c.Name, w.title(p), d, err)
		}
	}
	return first, nil
}

// forksEnded asks that every fork is resolved and stands below the settled line.
func (w *world) forksEnded(p int, r *protocol.Replica) error {
	forks, err := r.OpenForks()
	if err != nil {
		return err
	}
	line, err := r.Line()
	if err != nil {
		return err
	}
	for _, f := range forks {
		if !f.Resolved || line < f.On.Header.Lam {
			return fmt.Errorf("P5: the fork of %s at entry %d in %s is resolved: %t; the line stands at %d, its branches end at %d", w.name(f.Author), f.Seq, w.title(p), f.Resolved, line, f.On.Header.Lam)
		}
	}
	return nil
}
