package desk

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"kontor/node"
	"kontor/protocol"
	"kontor/protocol/block"
	"kontor/protocol/calendar"
	"kontor/protocol/decision"
	"kontor/protocol/dispute"
	"kontor/protocol/performance"
	"kontor/protocol/quality"
	"kontor/protocol/remedy"
	"kontor/protocol/terms"
)

// subjectKind says by what a subject is named beside its contract: empty where a kind has no such part.
type subjectKind struct {
	kind                   dispute.SubjectKind
	artifact, part, period string
	whole                  bool // the part may be left out: then it is about all of it
}

var subjectKinds = []subjectKind{
	{kind: dispute.Clause, artifact: "the root of the terms (kontor terms list)", part: "the clause"},
	{kind: dispute.Measurement, part: "the SLA", period: "its window (kontor sla status)"},
	{kind: dispute.Lines, artifact: "the root of a performance report (kontor artifact list)", part: "the line", whole: true},
	{kind: dispute.Finding, artifact: "the root of a quality report (kontor artifact list)", part: "the complaint, the block or the audit", whole: true},
	{kind: dispute.Agreement, artifact: "the document (kontor agreement list)"},
}

// mostNamed is how many names a complaint lists, so that it can still be read.
const mostNamed = 20

// disputeSubject finds what is meant, and in which partnership.
func (d *Desk) disputeSubject(q DisputeOpen, act *dispute.Act) (*node.Partnership, error) {
	if q.Entry != "" {
		return d.disputedEntry(q, act)
	}
	k, err := q.kind()
	if err != nil {
		return nil, err
	}
	p, err := d.Partner(q.With, "")
	if err != nil {
		return nil, err
	}
	s := dispute.Subject{Kind: k.kind, Contract: q.Contract, Part: q.Part}
	if q.Artifact != "" {
		id, err := block.ParseCID(q.Artifact)
		if err != nil {
			return nil, node.Failf("BAD_REQUEST", "artifact %q is no CID: %v", q.Artifact, err)
		}
		s.Artifact = &id
	}
	if q.Period != "" {
		b, err := calendar.ParseBucket(q.Period)
		if err != nil {
			return nil, node.Failf("BAD_REQUEST", "period: %v", err)
		}
		s.Period = &b
	}
	act.Subject = &s
	return p, d.node.View(p.PID, func(r *protocol.Replica) error {
		if err := d.disputedContract(r, &s); err != nil {
			return err
		}
		return disputedPart(r, s)
	})
}

// disputedEntry is the subject of a dispute about an entry of a remedy.
func (d *Desk) disputedEntry(q DisputeOpen, act *dispute.Act) (*node.Partnership, error) {
	if q.Kind != "" || q.Contract != "" || q.Artifact != "" || q.Part != "" || q.Period != "" || q.Worth != nil {
		return nil, node.Failf("BAD_REQUEST", "an entry of a remedy says by itself what it is about and worth: leave out kind, contract, artifact, part, period and worth")
	}
	var of remedy.Act
	p, err := d.remediesNamed([]string{q.Entry}, &of)
	if err != nil {
		return nil, err
	}
	id := of.Items[0]
	return p, d.node.View(p.PID, func(r *protocol.Replica) error {
		all, err := r.Remedies()
		if err != nil {
			return err
		}
		at := slices.IndexFunc(all, func(i remedy.Item) bool { return i.ID == id })
		if stands, err := r.RemedyStands(id); err != nil || !stands || at < 0 {
			return cmp.Or(err, error(node.Failf("REMEDY_PENDING", "entry %s is above the settled line: it stands when both sides' nodes have passed it; try again then", id)))
		}
		act.Subject = &dispute.Subject{Kind: dispute.Credit, Contract: all[at].Contract, Item: id}
		return nil
	})
}

// kind is the kind that a dispute is of, once all that names one is there and nothing else is.
func (q DisputeOpen) kind() (k subjectKind, err error) {
	at := slices.IndexFunc(subjectKinds, func(k subjectKind) bool { return k.kind == q.Kind })
	if at < 0 {
		return k, node.Failf("BAD_REQUEST", "kind %q: want CLAUSE, MEASUREMENT, LINES, FINDING or AGREEMENT; an entry of a remedy is named by its ID instead (kontor remedy list)", q.Kind)
	}
	k = subjectKinds[at]
	for _, part := range []struct{ name, given, what string }{{"artifact", q.Artifact, k.artifact}, {"part", q.Part, k.part}, {"period", q.Period, k.period}} {
		switch {
		case part.what == "" && part.given != "":
			return k, node.Failf("BAD_REQUEST", "%s %q is of another kind: %s", part.name, part.given, k)
		case part.what != "" && part.given == "" && !(part.name == "part" && k.whole):
			return k, node.Failf("BAD_REQUEST", "%s is missing: %s", part.name, k)
		}
	}
	return k, nil
}

func (k subjectKind) String() string {
	parts := []string{"contract"}
	for _, part := range [][2]string{{"artifact", k.artifact}, {"part", k.part}, {"period", k.period}} {
		if part[1] != "" {
			text := fmt.Sprintf("%s, %s", part[0], part[1])
			if part[0] == "part" && k.whole {
				text += ", or none of it for all"
			}
			parts = append(parts, text)
		}
	}
	return fmt.Sprintf("a dispute about %s is named by %s", k.kind, strings.Join(parts, "; "))
}

// disputedContract fills in the contract where there is only one, and says which there are.
func (d *Desk) disputedContract(r *protocol.Replica, s *dispute.Subject) error {
	inForce, err := r.TermsInForce(calendar.DateOf(d.node.Now()))
	if err != nil {
		return err
	}
	var names []string
	for _, a := range inForce {
		names = append(names, a.Document.Contract)
	}
	if s.Contract == "" && len(names) == 1 {
		s.Contract = names[0]
	}
	if s.Kind == dispute.Measurement && s.Contract != "" {
		return nil // its window has terms of its own, which may have ended since
	}
	if s.Kind == dispute.Agreement && s.Contract == "" && len(names) == 0 {
		return nil // a contested one comes to its end where no terms name a path
	}
	return oneOf("contract in force", s.Contract, names)
}

// disputedPart says what may be disputed, where what is named is not there.
func disputedPart(r *protocol.Replica, s dispute.Subject) error {
	switch s.Kind {
	case dispute.Measurement:
		return disputedWindow(r, s)
	case dispute.Agreement:
		row, found, err := r.Round(*s.Artifact)
		if err == nil && (!found || row.Verdict != decision.Final && row.Verdict != decision.Contested) {
			err = node.Failf("NO_SUCH_SUBJECT", "no agreement %s is final or contested here; kontor agreement list shows all", s.Artifact.Short())
		}
		return err
	}
	row, found, err := r.Version(*s.Artifact)
	if err != nil {
		return err
	}
	if want := map[dispute.SubjectKind]string{dispute.Clause: terms.Type, dispute.Lines: performance.Type, dispute.Finding: quality.Type}[s.Kind]; !found || row.Type != want {
		return node.Failf("NO_SUCH_SUBJECT", "no %s %s is shared here; kontor artifact list shows all", want, s.Artifact.Short())
	}
	switch s.Kind {
	case dispute.Clause:
		doc, err := r.Terms(*s.Artifact)
		if err == nil && doc.Contract != s.Contract {
			err = node.Failf("NO_SUCH_SUBJECT", "terms %s are of contract %q, not of %q", s.Artifact.Short(), doc.Contract, s.Contract)
		}
		if err != nil {
			return err
		}
		return oneOf("clause", s.Part, doc.Clauses())
	case dispute.Finding:
		doc, err := r.Quality(*s.Artifact)
		if err != nil || s.Part == "" {
			return err
		}
		return oneOf("complaint, block or audit", s.Part, findings(doc))
	}
	return nil // lines stay with who counted them: only their roots are shared
}

// findings names what a quality report has that somebody may not agree to.
func findings(doc quality.Document) (out []string) {
	for _, c := range doc.Complaints {
		out = append(out, c.ID)
	}
	for _, b := range doc.Blocks {
		out = append(out, b.ID)
	}
	for _, a := range doc.Audits {
		out = append(out, a.ID)
	}
	return out
}

// disputedWindow says which windows were evaluated.
func disputedWindow(r *protocol.Replica, s dispute.Subject) error {
	rows, err := r.SLAWindows()
	if err != nil {
		return err
	}
	var contracts, slas, periods []string
	for _, row := range rows {
		if row.Result() == nil {
			continue
		}
		if contracts = append(contracts, row.Contract); row.Contract == s.Contract {
			if slas = append(slas, row.SLA); row.SLA == s.Part {
				periods = append(periods, row.Period.String())
			}
		}
	}
	return cmp.Or(oneOf("contract with a window that was evaluated", s.Contract, contracts), oneOf("SLA with a window that was evaluated", s.Part, slas), oneOf("window of "+s.Part+" that was evaluated", s.Period.String(), periods))
}

// oneOf is the complaint about a name that is not among those there are.
func oneOf(what, name string, names []string) error {
	if slices.Contains(names, name) {
		return nil
	}
	none := fmt.Sprintf("there is no %s called %q", what, name)
	if name == "" {
		none = fmt.Sprintf("no %s is named", what)
	}
	slices.Sort(names)
	if names = slices.Compact(names); len(names) == 0 {
		return node.Failf("NO_SUCH_SUBJECT", "%s, and there is none at all", none)
	}
	more := ""
	if len(names) > mostNamed {
		more, names = fmt.Sprintf(" and %d more", len(names)-mostNamed), names[:mostNamed]
	}
	return node.Failf("NO_SUCH_SUBJECT", "%s; there is %s%s", none, strings.Join(names, ", "), more)
}
