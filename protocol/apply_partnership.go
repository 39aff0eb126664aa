package protocol

import (
	"bytes"
	"fmt"
	"slices"
	"sync"

	"kontor/protocol/block"
	"kontor/protocol/partnership"
	"kontor/protocol/state"
)

// partnershipKey is the row about the circle itself.
const partnershipKey = "partnership"

// PartnershipRow says where the partnership stands. The lists hold companies in the order of the circle.
type PartnershipRow struct {
	Signed    []block.CID `cbor:"signed"`
	Suspended []block.CID `cbor:"suspended"` // members whose suspension is in force
	Ended     []Ending    `cbor:"ended"`     // in the order of the circle, the first of each member
	// History are the suspensions ever written, oldest first: an entry is judged by those its author knew.
	History []Suspension `cbor:"history"`
}

// Ending is a member's end of the partnership.
type Ending struct {
	Member block.CID `cbor:"member"`
	Seq    int64     `cbor:"seq"`
	T      int64     `cbor:"t"` // claimed time, ms UTC
	// Early: its author had not seen the signatures of all. The circle never came about.
	Early bool `cbor:"early"`
}

// day in milliseconds.
const day = 24 * 3600 * 1000

// Over is from when on an end alone ends the partnership, ms UTC; false where all members must write one.
func (e Ending) Over(g *partnership.Genesis) (int64, bool) { return e.T + g.Notice*day, g.Notice > 0 }

// Suspension is a stretch of a member's feed: from the entry that suspends to the one that lifts, 0 while it runs.
type Suspension struct {
	Member block.CID `cbor:"member"`
	From   int64     `cbor:"from"`
	Until  int64     `cbor:"until"`
}

// MaxSuspensions bounds the history kept in one row; more often than this nobody suspends in earnest.
const MaxSuspensions = 1000

// suspendedAt tells whether the causal past of the fold's entry holds a suspension and not its end.
func (p PartnershipRow) suspendedAt(f *fold) bool {
	return slices.ContainsFunc(p.History, func(s Suspension) bool {
		return f.saw(s.Member, s.From) && (s.Until == 0 || !f.saw(s.Member, s.Until))
	})
}

// saw tells whether an entry is in the causal past of the fold's entry.
func (f *fold) saw(member block.CID, seq int64) bool {
	e := f.event()
	return member == e.Member && seq <= e.Seq || member != e.Member && e.Saw(member, seq)
}

// withdrawnAt tells whether the author of the fold's entry knew that a member withdrew before all had signed.
func (p PartnershipRow) withdrawnAt(f *fold) bool {
	return slices.ContainsFunc(p.Ended, func(e Ending) bool { return e.Early && f.saw(e.Member, e.Seq) })
}

// noticeOver tells whether the fold's entry is dated after the notice period of an end that its author knew.
func (p PartnershipRow) noticeOver(f *fold) bool {
	return slices.ContainsFunc(p.Ended, func(e Ending) bool {
		over, alone := e.Over(f.genesis)
		return alone && f.entry.Header.T >= over && f.saw(e.Member, e.Seq)
	})
}

// over tells whether the partnership has ended for the fold's entry.
func (p PartnershipRow) over(f *fold) bool { return p.ended(f.genesis) || p.noticeOver(f) }

// mark notes a suspension or its end in the history.
func (p *PartnershipRow) mark(member block.CID, seq int64, lift bool, most int) bool {
	open := slices.IndexFunc(p.History, func(s Suspension) bool { return s.Member == member && s.Until == 0 })
	switch {
	case lift && open >= 0:
		p.History = slices.Clone(p.History)
		p.History[open].Until = seq
	case !lift && open < 0:
		if len(p.History) >= most {
			return false
		}
		p.History = append(slices.Clone(p.History), Suspension{Member: member, From: seq})
	}
	return true
}

// ended: every writing member wrote its end.
func (p PartnershipRow) ended(g *partnership.Genesis) bool {
	for _, m := range g.Members {
		if m.Role != partnership.RoleObserver && !slices.ContainsFunc(p.Ended, func(e Ending) bool { return e.Member == m.Company }) {
			return false
		}
	}
	return true
}

// Status in one word: proposed, withdrawn, active, suspended, ending or ended. Ending is what some members have ended and not all; now, ms UTC,
// tells whether a notice period is over.
func (p PartnershipRow) Status(g *partnership.Genesis, now int64) string {
	over := func(e Ending) bool {
		t, alone := e.Over(g)
		return alone && now >= t
	}
	switch {
	case slices.ContainsFunc(p.Ended, func(e Ending) bool { return e.Early }):
		return "withdrawn"
	case len(p.Signed) < len(g.Members):
		return "proposed"
	case p.ended(g) || slices.ContainsFunc(p.Ended, over):
		return "ended"
	case len(p.Suspended) > 0:
		return "suspended"
	case len(p.Ended) > 0:
		return "ending"
	}
	return "active"
}

// Closed is the verdict on whatever a member would still write in a partnership that its node has left behind: withdrawn, or ended. Kinds that the
// fold would take, such as a heartbeat, have no reader left.
func (r *Replica) Closed(kind string, now int64) error {
	row, err := r.Partnership()
	if err != nil {
		return err
	}
	code := codeEnded
	if row.Status(&r.Genesis, now) == "withdrawn" {
		code = codeWithdrawn
	}
	return &Refusal{Kind: kind, Codes: []string{code}}
}

func (f *fold) partnership() (PartnershipRow, error) {
	p := PartnershipRow{Signed: []block.CID{}, Suspended: []block.CID{}, Ended: []Ending{}, History: []Suspension{}}
	data, found, err := f.rows.Get(partnershipKey)
	if err != nil || !found {
		return p, err
	}
	if known, is := f.replica.standing.is(data); is {
		return known, nil
	}
	if err := block.Unmarshal(data, &p); err != nil {
		return p, fmt.Errorf("row %q: %w", partnershipKey, err)
	}
	f.replica.standing.note(data, p)
	return p, nil
}

// standing remembers the row about the circle as it was decoded last: every entry of business looks at it, and it changes a few times in a
// partnership's life.
type standing struct {
	mu   sync.Mutex
	data []byte
	row  PartnershipRow
}

func (s *standing) is(data []byte) (PartnershipRow, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.row, s.data != nil && bytes.Equal(s.data, data)
}

func (s *standing) note(data []byte, row PartnershipRow) {
	// What is appended to a list goes elsewhere.
	row.Signed, row.Suspended = slices.Clip(row.Signed), slices.Clip(row.Suspended)
	row.Ended, row.History = slices.Clip(row.Ended), slices.Clip(row.History)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.data, s.row = data, row
}

func applySign(f *fold) ([]string, error) {
	p, err := f.partnership()
	if err != nil {
		return nil, err
	}
	if slices.Contains(p.Signed, f.author.Company) {
		return []string{codeSignedTwice}, nil
	}
	p.Signed = withCompany(p.Signed, f.author.Company)
	return nil, put(f.rows, partnershipKey, p)
}

// PartnershipAct is the body of a suspension or an end.
type PartnershipAct struct {
	Reason string `cbor:"reason"`
	Lift   bool   `cbor:"lift"` // takes back the author's own suspension
}

func applySuspend(f *fold) ([]string, error) {
	rules, _, err := f.rules()
	if err != nil {
		return nil, err
	}
	return f.markPartnership(func(p *PartnershipRow, act PartnershipAct) bool {
		p.Suspended = without(p.Suspended, f.author.Company)
		if !act.Lift {
			p.Suspended = withCompany(p.Suspended, f.author.Company)
		}
		return p.mark(f.author.Company, f.entry.Header.Seq, act.Lift, rules.Suspensions)
	})
}

func applyEnd(f *fold) ([]string, error) {
	return f.markPartnership(func(p *PartnershipRow, _ PartnershipAct) bool {
		if slices.ContainsFunc(p.Ended, func(e Ending) bool { return e.Member == f.author.Company }) {
			return true // the first counts: a notice period does not begin anew
		}
		early := slices.ContainsFunc(f.genesis.Members, func(m partnership.Member) bool { return !f.saw(m.Company, 1) })
		p.Ended = append(slices.Clone(p.Ended), Ending{Member: f.author.Company, Seq: f.entry.Header.Seq, T: f.entry.Header.T, Early: early})
		slices.SortFunc(p.Ended, func(a, b Ending) int { return a.Member.Compare(b.Member) })
		return true
	})
}

func (f *fold) markPartnership(mark func(*PartnershipRow, PartnershipAct) bool) ([]string, error) {
	var act PartnershipAct
	if err := block.Unmarshal(f.body, &act); err != nil {
		return []string{codeBody}, nil
	}
	p, err := f.partnership()
	if err != nil {
		return nil, err
	}
	if !mark(&p, act) {
		return []string{codeSuspensions}, nil
	}
	return nil, put(f.rows, partnershipKey, p)
}

func withCompany(list []block.CID, company block.CID) []block.CID {
	list = append(append([]block.CID{}, list...), company)
	slices.SortFunc(list, func(a, b block.CID) int { return bytes.Compare(a.Bytes(), b.Bytes()) })
	return list
}

func without(list []block.CID, company block.CID) []block.CID {
	return slices.DeleteFunc(append([]block.CID{}, list...), func(c block.CID) bool { return c == company })
}

func applyCommitment(f *fold) ([]string, error) {
	var c Commitment
	if err := block.Unmarshal(f.body, &c); err != nil {
		return []string{codeBody}, nil
	}
	if len(c.Root) != len(state.Hash{}) {
		return []string{codeCommitment}, nil
	}
	return nil, nil
}

// AttachmentRow is a file one side gave the other: evidence, specifications, anything the rules do not read.
type AttachmentRow struct {
	Author block.CID `cbor:"author"`
	Entry  block.CID `cbor:"entry"`
	Type   string    `cbor:"type"`
}

// MaxAttachmentType bounds an attachment's type name: it becomes part of a row.
const MaxAttachmentType = 128

func attachmentKey(id block.CID) string { return "attachment/" + id.String() }

func applyAttachment(f *fold) ([]string, error) {
	id := *f.entry.Header.Body
	// Its blocks are here and hash to their CIDs; what they mean is no matter of the rules. Only the root's form is read.
	rules, _, err := f.rules()
	if err != nil {
		return nil, err
	}
	typ, err := block.SheetType(f.body)
	if err != nil || typ == "" || len(typ) > rules.AttachmentType {
		return []string{codeAttachment}, nil
	}
	return nil, put(f.rows, attachmentKey(id), AttachmentRow{Author: f.author.Company, Entry: f.entry.CID, Type: typ})
}
