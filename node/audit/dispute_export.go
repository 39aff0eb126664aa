package audit

import (
	"bytes"
	"fmt"
	"slices"

	"kontor/protocol"
	"kontor/protocol/block"
	"kontor/protocol/dispute"
	"kontor/protocol/feed"
	"kontor/protocol/partnership"
)

// DisputeType is the document type of the index of a file about a dispute.
const DisputeType = "DisputeEvidence.v1"

// disputeIndex is the root of a file about a dispute.
type disputeIndex struct {
	Type    string       `cbor:"type"`
	PID     block.CID    `cbor:"pid"`
	Dispute string       `cbor:"dispute"`
	Members []memberPart `cbor:"members"`
}

// leavesOut lists the kinds whose bodies a file about a dispute leaves out, but for those that it names: who rules on a credit reads no forecast. All that
// says who may act, which terms are in force, what was reported and what follows is in it; whoever makes the file can't leave it out.
func leavesOut(kind string) bool {
	switch kind {
	case protocol.KindForecast, protocol.KindCapacity, protocol.KindAnswer, protocol.KindAnswerSign, protocol.KindCampaign, protocol.KindQuality, protocol.KindProduct, protocol.KindAttachment,
		protocol.KindRequest, protocol.KindReply, protocol.KindRecord, protocol.KindExceptionClose, protocol.KindCommitment, protocol.KindCircle, protocol.KindCircleClose, protocol.KindMilestone, protocol.KindMinutes, protocol.KindMinutesAnswer:
		return true
	}
	return false
}

// ExportDispute makes the evidence of a dispute: every entry up to the one that ended it, or up to the settled line while it runs, with the bodies that
// decide it and those that it names. The same entries give the same bytes on every member's node. A dispute whose end is above the settled line has none
// yet: it may still change.
func ExportDispute(r *protocol.Replica, chains Chains, id string) ([]byte, error) {
	d, known, err := r.SettledDispute(id)
	if err != nil {
		return nil, err
	}
	if now, _, err := r.Dispute(id); err != nil || !known || now.End != nil && d.End == nil {
		return nil, fmt.Errorf("export dispute %s: it is above the settled line, and stands when every member's node has passed it", id)
	}
	upTo, err := disputeCut(r, d)
	if err == nil {
		err = withForks(r, upTo)
	}
	if err != nil {
		return nil, err
	}
	keep, err := named(r, d)
	if err != nil {
		return nil, err
	}
	slim := func(h feed.Header) bool { return leavesOut(h.Kind) && !slices.Contains(keep, *h.Body) }
	data, err := packDispute(r, chains, d, upTo, slim)
	if err != nil {
		return nil, err
	}
	// Terms may rest on what was left out. Then the file says something else than the feeds do, and all of it goes in.
	if report, err := Verify(bytes.NewReader(data)); err == nil && report.Dispute != nil && same(report.Dispute.Dispute, d) {
		return data, nil
	}
	return packDispute(r, chains, d, upTo, nil)
}

// same tells whether two nodes would write the same row.
func same(a, b dispute.Dispute) bool {
	x, err := block.Marshal(a)
	y, other := block.Marshal(b)
	return err == nil && other == nil && bytes.Equal(x, y)
}

// named is what a dispute points at, and the evidence of the claim that it is about.
func named(r *protocol.Replica, d dispute.Dispute) (out []block.CID, err error) {
	if d.Subject.Item != "" {
		items, err := r.Remedies()
		if err != nil {
			return nil, err
		}
		for _, i := range items {
			if i.ID == d.Subject.Item && i.Claim != nil && i.Claim.Evidence != nil {
				out = append(out, *i.Claim.Evidence)
			}
		}
	}
	if d.Subject.Artifact != nil {
		out = append(out, *d.Subject.Artifact)
	}
	for _, s := range d.Statements {
		out = append(out, s.Evidence...)
	}
	return out, nil
}

// disputeCut is how many entries of each member the evidence holds: those that stand at or below the entry that ended the dispute, in the order of the
// fold, or all that are settled. Nothing can still arrive there, so that every node cuts alike.
func disputeCut(r *protocol.Replica, d dispute.Dispute) ([]int64, error) {
	line, err := r.Line()
	if err != nil {
		return nil, err
	}
	if d.End != nil {
		e, held, err := r.Log.Get(d.End.Entry)
		if err != nil || !held {
			return nil, fmt.Errorf("export dispute %s: the entry that ended it: %w", d.ID, err)
		}
		line = e.Header.Lam
	}
	upTo := make([]int64, len(r.Circle.Members))
	for i, m := range r.Circle.Members {
		member, _ := r.Genesis.Member(m.Company)
		err := r.Log.From(m.Company, 1, func(e feed.Entry) (bool, error) {
			if e.Header.Lam > line || member.Role == partnership.RoleObserver && e.Header.Seq > 1 {
				return false, nil
			}
			upTo[i] = e.Header.Seq
			return true, nil
		})
		if err != nil {
			return nil, err
		}
	}
	return upTo, nil
}

func packDispute(r *protocol.Replica, chains Chains, d dispute.Dispute, upTo []int64, leaves func(feed.Header) bool) ([]byte, error) {
	e := exporter{r: r, has: map[block.CID]bool{}, walked: map[block.CID]bool{}, leaves: leaves}
	genesis, err := block.New(r.Genesis)
	if err != nil {
		return nil, err
	}
	e.add(genesis)
	root := disputeIndex{Type: DisputeType, PID: r.PID, Dispute: d.ID, Members: []memberPart{}}
	for i, m := range r.Circle.Members {
		part, err := e.member(m.Company, chains, upTo[i])
		if err != nil {
			return nil, fmt.Errorf("export dispute %s: %w", d.ID, err)
		}
		root.Members = append(root.Members, part)
	}
	top, err := block.New(root)
	if err != nil {
		return nil, err
	}
	var file bytes.Buffer
	err = block.WriteCAR(&file, []block.CID{top.CID}, append([]block.Block{top}, e.blocks...))
	return file.Bytes(), err
}
