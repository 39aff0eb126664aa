package desk

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"strings"

	"kontor/node"
	"kontor/node/audit"
	"kontor/protocol"
	"kontor/protocol/block"
	"kontor/protocol/dispute"
	"kontor/protocol/identity"
	"kontor/protocol/quantity"
	"kontor/protocol/remedy"
	"kontor/protocol/terms"
)

// DisputeView is a dispute as both sides see it.
type DisputeView struct {
	With string `json:"with"`
	PID  string `json:"partnership"`
	dispute.Dispute
	Now   dispute.Now   `json:"now"`
	About string        `json:"about"`                 // the subject in words
	Own   string        `json:"own"`                   // what this company is in it: debtor, creditor, party or arbiter
	Sides []DisputeSide `json:"sides"`                 // side by side
	Said  []DisputeSaid `json:"said"`                  // in order, with their texts
	Then  string        `json:"then"`                  // what silence brings, in a sentence
	Role  string        `json:"role"`                  // whose turn it is at this level: DESK, COO, CEO or ARBITER
	Judge string        `json:"arbiterName,omitempty"` // the arbiter; empty: the partnership names none
	Final bool          `json:"final"`                 // below the settled line: nothing of it changes any more
}

// DisputeSide is what one party has done and knows.
type DisputeSide struct {
	Company  block.CID   `json:"company"`
	Name     string      `json:"name"`
	Side     terms.Party `json:"side"`
	Own      bool        `json:"own,omitempty"`
	Said     int         `json:"statements"`
	Offered  string      `json:"offered,omitempty"` // its newest proposal that is open at this level
	Unseen   []string    `json:"unseen,omitempty"`  // ending acts of others that it has not seen yet
	Passed   bool        `json:"passed,omitempty"`  // the level's time is over for it
	LastSeen int64       `json:"heard"`             // claimed time of its newest entry that is held, ms UTC
}

// DisputeSaid is a statement, a proposal or an ending act, with its text.
type DisputeSaid struct {
	dispute.Mark
	Name     string          `json:"name"`
	Verb     dispute.Verb    `json:"verb"`
	Level    string          `json:"level,omitempty"`
	Role     string          `json:"role,omitempty"`
	Outcome  terms.Outcome   `json:"outcome,omitempty"`
	Amount   *quantity.Money `json:"amount,omitempty"`
	Text     string          `json:"text,omitempty"`
	Evidence []block.CID     `json:"evidence,omitempty"`
	State    string          `json:"state,omitempty"` // of proposals and ending acts
}

// DisputeQuery narrows a list of disputes.
type DisputeQuery struct {
	With string `json:"with,omitempty" doc:"partner; empty: all"`
	All  bool   `json:"all,omitempty" doc:"those too that have ended"`
}

// Disputes lists disputes, those that end first above.
func (d *Desk) Disputes(q DisputeQuery, sees func(product string) bool) ([]DisputeView, error) {
	out, err := across(d, q.With, func(p *node.Partnership, r *protocol.Replica) (out []DisputeView, err error) {
		all, err := r.Disputes()
		for _, x := range all {
			if x.End != nil && !q.All {
				continue
			}
			v, seen, err := d.disputeView(r, p, x, sees)
			if err != nil {
				return nil, err
			}
			if seen {
				out = append(out, v)
			}
		}
		return out, err
	})
	if err != nil {
		return nil, err
	}
	slices.SortStableFunc(out, func(a, b DisputeView) int {
		return cmp.Or(cmp.Compare(a.State(), b.State())*-1, cmp.Compare(a.Step().Deadline, b.Step().Deadline))
	})
	return out, nil
}

// Dispute finds one by its ID or the beginning of it. Without sees all of it is shown.
func (d *Desk) Dispute(name string, sees func(product string) bool) (v DisputeView, err error) {
	p, x, err := d.disputeNamed(name)
	if err != nil {
		return v, err
	}
	seen := false
	err = d.node.View(p.PID, func(r *protocol.Replica) (err error) {
		v, seen, err = d.disputeView(r, p, x, sees)
		return err
	})
	if err == nil && !seen {
		err = node.Failf("NO_SUCH_DISPUTE", "no dispute is called %q; kontor dispute list shows all", name)
	}
	return v, err
}

func (d *Desk) disputeView(r *protocol.Replica, p *node.Partnership, x dispute.Dispute, sees func(string) bool) (v DisputeView, seen bool, err error) {
	v = DisputeView{With: d.PartnerName(p), PID: p.PID.String(), Dispute: x, Now: x.Now(), About: x.Subject.String(), Sides: []DisputeSide{}, Said: []DisputeSaid{}, Role: x.Step().Level}
	if sees != nil {
		if seen, err = d.seesDispute(r, x, sees); err != nil || !seen {
			return v, false, err
		}
	}
	if x.Subject.Kind == dispute.Credit {
		items, err := r.Remedies()
		if err != nil {
			return v, false, err
		}
		if at := slices.IndexFunc(items, func(i remedy.Item) bool { return i.ID == x.Subject.Item }); at >= 0 {
			i := items[at]
			v.About = fmt.Sprintf("%s of %s %s in %s (%s)", i.Kind, i.SLA, i.Period, i.Contract, i.ID[:8])
		}
	}
	own := d.node.Company()
	switch side := partyOf(p, own); {
	case x.Arbiter != nil && *x.Arbiter == own:
		v.Own = "arbiter"
	case x.Debtor == "" || side == "":
		v.Own = "party"
	case side == x.Debtor:
		v.Own = "debtor"
	default:
		v.Own = "creditor"
	}
	for _, party := range x.Parties {
		s, err := d.disputeSide(r, x, party)
		if err != nil {
			return v, false, err
		}
		v.Sides = append(v.Sides, s)
	}
	if v.Said, err = d.disputeSaid(r, x); err != nil {
		return v, false, err
	}
	settled, found, err := r.SettledDispute(x.ID)
	v.Final = found && settled.End != nil
	if v.Then = thenText(x); x.Arbiter != nil {
		v.Judge = d.node.CompanyName(*x.Arbiter)
	}
	return v, true, err
}

// allProducts is a name that no scope of products covers: who sees it is bound to none.
const allProducts = "\x00"

// seesDispute tells whether a caller bound to products sees the clause that a dispute is about. What names no clause is the admin's and of those without bounds.
func (d *Desk) seesDispute(r *protocol.Replica, x dispute.Dispute, sees func(string) bool) (bool, error) {
	if x.Subject.Kind != dispute.Credit && x.Subject.Kind != dispute.Measurement {
		return sees(allProducts), nil
	}
	sla := x.Subject.Part
	if x.Subject.Item != "" {
		items, err := r.Remedies()
		if err != nil {
			return false, err
		}
		for _, i := range items {
			if i.ID != x.Subject.Item {
				continue
			}
			if sla = i.SLA; i.Kind == remedy.Liability {
				return sees(unpromised(i)), nil
			}
		}
	}
	doc, err := r.DisputeTerms(x)
	if err != nil {
		return false, err
	}
	_, seen := seenClauses(doc, sees).Promise(sla)
	return seen, nil
}

func (d *Desk) disputeSide(r *protocol.Replica, x dispute.Dispute, party dispute.Party) (DisputeSide, error) {
	s := DisputeSide{Company: party.Company, Name: d.node.CompanyName(party.Company), Side: party.Side, Own: party.Company == d.node.Company()}
	for _, said := range x.Statements {
		if said.By == party.Company {
			s.Said++
		}
	}
	for _, o := range x.Proposals {
		if o.By == party.Company && o.Level == x.Step().Level && x.End == nil {
			s.Offered = outcomeText(o.Outcome, o.Amount)
		}
	}
	for _, e := range x.Pending {
		if e.By != party.Company && !slices.ContainsFunc(e.Seen, func(y dispute.Sight) bool { return y.Company == party.Company }) {
			s.Unseen = append(s.Unseen, strings.ToLower(string(e.Verb))+" by "+d.node.CompanyName(e.By))
		}
	}
	s.Passed = x.End == nil && slices.ContainsFunc(x.Passed, func(y dispute.Passing) bool { return y.Company == party.Company })
	head, found, err := r.Log.Head(party.Company)
	if found {
		s.LastSeen = head.Header.T
	}
	return s, err
}

// disputeSaid is everything that was said and signed, with the texts from the entries that carry them.
func (d *Desk) disputeSaid(r *protocol.Replica, x dispute.Dispute) (out []DisputeSaid, err error) {
	add := func(s DisputeSaid) error {
		e, held, err := r.Log.Get(s.Entry)
		if err != nil || !held || e.Header.Kind != protocol.KindDispute || e.Header.Body == nil {
			out = append(out, s)
			return err
		}
		data, err := r.Block(*e.Header.Body)
		if err != nil {
			return err
		}
		act, err := dispute.ParseAct(data)
		if err != nil {
			return err
		}
		s.Text, s.Evidence = act.Text, act.Evidence
		if act.Signed != nil {
			i, err := dispute.ParseInstrument(act.Signed.Document)
			if err != nil {
				return err
			}
			s.Text, s.Level, s.Role, s.Outcome, s.Amount = i.Text, i.Level, i.Role, i.Outcome, i.Amount
		}
		out = append(out, s)
		return nil
	}
	said := func(m dispute.Mark, v dispute.Verb, level, state string) {
		if err == nil {
			err = add(DisputeSaid{Mark: m, Name: d.node.CompanyName(m.By), Verb: v, Level: level, State: state})
		}
	}
	for _, s := range x.Statements {
		if s.Verb != dispute.Escalate {
			said(s.Mark, s.Verb, s.Level, "")
		}
	}
	for _, o := range x.Proposals {
		state := "open"
		if x.End != nil || o.Level != x.Step().Level {
			state = "lapsed"
		}
		said(o.Mark, dispute.Propose, o.Level, state)
	}
	for _, e := range x.Pending {
		said(e.Mark, e.Verb, x.Step().Level, "waits to be seen")
	}
	for _, t := range x.Turns {
		switch {
		case t.Act == nil:
		case t.What == dispute.Escalated:
			said(*t.Act, dispute.Escalate, t.Level, "taken")
		default:
			said(*t.Act, "", t.Level, "void: not seen in time")
		}
	}
	if x.End != nil && x.End.Act != nil {
		verb := map[dispute.Cause]dispute.Verb{dispute.Settled: dispute.Accept, dispute.Ruled: dispute.Rule, dispute.Withdrawn: dispute.Withdraw}[x.End.Cause]
		said(*x.End.Act, verb, x.End.Level, "ended it")
	}
	slices.SortStableFunc(out, func(a, b DisputeSaid) int { return cmp.Compare(a.T, b.T) })
	return out, err
}

// ExportDispute writes what proves a dispute as one CAR file, for anyone who can run kontor audit verify.
func (d *Desk) ExportDispute(name string, sees func(string) bool, w io.Writer) error {
	v, err := d.Dispute(name, sees)
	if err != nil {
		return err
	}
	p, _, err := d.disputeNamed(v.ID)
	if err != nil {
		return err
	}
	var file []byte
	err = d.node.View(p.PID, func(r *protocol.Replica) (err error) {
		file, err = audit.ExportDispute(r, func(company block.CID, from int64) []identity.Envelope {
			if chain := d.node.Chain(company); chain != nil {
				return chain.From(from)
			}
			return nil
		}, v.ID)
		return err
	})
	if err != nil {
		return node.Failf("NO_EVIDENCE", "%v", err)
	}
	_, err = w.Write(file)
	return err
}
