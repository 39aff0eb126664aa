package protocol

import (
	"bytes"
	"slices"

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
	Ended     []block.CID `cbor:"ended"`     // members who wrote an end
	// History are the suspensions ever written, oldest first: an entry is judged by those its author knew.
	History []Suspension `cbor:"history"`
}

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
	e := f.event()
	saw := func(member block.CID, seq int64) bool {
		return member == e.Member && seq <= e.Seq || member != e.Member && e.Saw(member, seq)
	}
	return slices.ContainsFunc(p.History, func(s Suspension) bool {
		return saw(s.Member, s.From) && (s.Until == 0 || !saw(s.Member, s.Until))
	})
}

// mark notes a suspension or its end in the history.
func (p *PartnershipRow) mark(member block.CID, seq int64, lift bool) bool {
	open := slices.IndexFunc(p.History, func(s Suspension) bool { return s.Member == member && s.Until == 0 })
	switch {
	case lift && open >= 0:
		p.History = slices.Clone(p.History)
		p.History[open].Until = seq
	case !lift && open < 0:
		if len(p.History) >= MaxSuspensions {
			return false
		}
		p.History = append(slices.Clone(p.History), Suspension{Member: member, From: seq})
	}
	return true
}

// ended: every writing member wrote its end.
func (p PartnershipRow) ended(g *partnership.Genesis) bool {
	for _, m := range g.Members {
		if m.Role != partnership.RoleObserver && !slices.Contains(p.Ended, m.Company) {
			return false
		}
	}
	return true
}

// Status in one word: proposed, active, suspended or ended.
func (p PartnershipRow) Status(g *partnership.Genesis) string {
	switch {
	case len(p.Signed) < len(g.Members):
		return "proposed"
	case p.ended(g):
		return "ended"
	case len(p.Suspended) > 0:
		return "suspended"
	}
	return "active"
}

func (f *fold) partnership() (PartnershipRow, error) {
	p := PartnershipRow{Signed: []block.CID{}, Suspended: []block.CID{}, Ended: []block.CID{}, History: []Suspension{}}
	_, err := get(f.rows, partnershipKey, &p)
	return p, err
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
	return f.markPartnership(func(p *PartnershipRow, act PartnershipAct) bool {
		p.Suspended = without(p.Suspended, f.author.Company)
		if !act.Lift {
			p.Suspended = withCompany(p.Suspended, f.author.Company)
		}
		return p.mark(f.author.Company, f.entry.Header.Seq, act.Lift)
	})
}

func applyEnd(f *fold) ([]string, error) {
	return f.markPartnership(func(p *PartnershipRow, _ PartnershipAct) bool {
		p.Ended = withCompany(without(p.Ended, f.author.Company), f.author.Company)
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

func applyAttachment(f *fold) ([]string, error) {
	id := *f.entry.Header.Body
	// Its blocks are here and hash to their CIDs; what they mean is no matter of the rules. Only the root's form is read.
	typ, err := block.SheetType(f.body)
	if err != nil || typ == "" || len(typ) > MaxAttachmentType {
		return []string{codeAttachment}, nil
	}
	return nil, put(f.rows, "attachment/"+id.String(), AttachmentRow{Author: f.author.Company, Entry: f.entry.CID, Type: typ})
}
