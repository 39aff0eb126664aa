package protocol

import (
	"slices"

	"kontor/protocol/block"
	"kontor/protocol/decision"
)

// MilestoneReport is the body of an entry by which a party says that a step of an agreement's rollout plan, or an action of minutes, is done, and what
// shows it.
type MilestoneReport struct {
	Document  block.CID  `cbor:"document" json:"document"`                     // the agreement, or the minutes
	Milestone string     `cbor:"milestone" json:"milestone"`                   // the step's ID, or the line's
	Proof     string     `cbor:"proof" json:"proof"`                           // 1 to decision.MaxNote bytes of plain text
	Evidence  *block.CID `cbor:"evidence,omitempty" json:"evidence,omitempty"` // a shared artifact or attachment
}

// MilestoneRow is a reported milestone.
type MilestoneRow struct {
	MilestoneReport
	By    block.CID `cbor:"by" json:"by"`
	Entry block.CID `cbor:"entry" json:"entry"`
	T     int64     `cbor:"t" json:"t"` // claimed time, ms UTC
}

func milestonePrefix(document block.CID) string { return "milestone/" + document.String() + "/" }

func applyMilestone(f *fold) ([]string, error) {
	var m MilestoneReport
	if block.Unmarshal(f.body, &m) != nil {
		return []string{codeBody}, nil
	}
	if codes, known, err := f.minutedStep(m); err != nil || known {
		return codes, err
	}
	row, doc, found, err := f.round(m.Document)
	if err != nil {
		return nil, err
	}
	if !found || row.Verdict != decision.Final {
		return []string{codeNotFinal}, nil
	}
	i := slices.IndexFunc(doc.Rollout, func(s decision.Milestone) bool { return s.ID == m.Milestone })
	switch {
	case i < 0 || doc.Rollout[i].Party != f.author.Company:
		return []string{codeMilestone}, nil
	case !decision.ValidProof(m.Proof):
		return []string{codeProof}, nil
	}
	for _, before := range doc.Rollout[i].After {
		if done, err := f.rowExists(milestonePrefix(m.Document) + before); err != nil || !done {
			return []string{codeMilestoneWaits}, err
		}
	}
	return f.putMilestone(m)
}

// putMilestone keeps a report, once.
func (f *fold) putMilestone(m MilestoneReport) ([]string, error) {
	if done, err := f.rowExists(milestonePrefix(m.Document) + m.Milestone); err != nil || done {
		return []string{codeMilestoneDone}, err
	}
	return nil, put(f.rows, milestonePrefix(m.Document)+m.Milestone, MilestoneRow{MilestoneReport: m, By: f.author.Company, Entry: f.entry.CID, T: f.entry.Header.T})
}

// Milestones lists what of an agreement's rollout plan was reported done, by milestone.
func (r *Replica) Milestones(document block.CID) (map[string]MilestoneRow, error) {
	out := map[string]MilestoneRow{}
	err := scanRows(r.Rows(), milestonePrefix(document), func(key string, row MilestoneRow) error {
		out[key] = row
		return nil
	})
	return out, err
}
