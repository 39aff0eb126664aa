package protocol

import (
	"sort"

	"kontor/protocol/block"
	"kontor/protocol/campaign"
	"kontor/protocol/capacity"
	"kontor/protocol/decision"
	"kontor/protocol/forecast"
	"kontor/protocol/quality"
	"kontor/protocol/state"
)

// Standing says where the partnership stands by its entries alone: proposed, withdrawn, active, suspended, ending or ended.
func (r *Replica) Standing() (string, error) { return r.StandingAt(0) }

// StandingAt is the same at a time, ms UTC: a notice period may be over.
func (r *Replica) StandingAt(now int64) (string, error) {
	row, err := r.Partnership()
	return row.Status(&r.Genesis, now), err
}

// Partnership is the row about the circle itself.
func (r *Replica) Partnership() (row PartnershipRow, err error) {
	_, err = get(r.Rows(), partnershipKey, &row)
	return row, err
}

// scanRows decodes every row under a prefix, in key order.
func scanRows[T any](rows state.Rows, prefix string, fn func(key string, row T) error) error {
	return rows.Scan(prefix, func(key string, value []byte) (bool, error) {
		var row T
		if err := block.Unmarshal(value, &row); err != nil {
			return false, err
		}
		return true, fn(key[len(prefix):], row)
	})
}

// InForce lists the artifacts of a type in force, ordered by author and series; an undefined author means all.
func (r *Replica) InForce(typ string, author block.CID) (out []ArtifactRow, err error) {
	prefix := inForcePrefix + typ + "/"
	if author.Defined() {
		prefix += author.String() + "/"
	}
	err = scanRows(r.Rows(), prefix, func(_ string, row ArtifactRow) error {
		out = append(out, row)
		return nil
	})
	return out, err
}

// Versions lists every accepted version of a type, oldest first.
func (r *Replica) Versions(typ string) (out []ArtifactRow, err error) {
	err = scanRows(r.Rows(), versionPrefix, func(_ string, row ArtifactRow) error {
		if row.Type == typ {
			out = append(out, row)
		}
		return nil
	})
	sort.SliceStable(out, func(i, j int) bool {
		return out[i].T < out[j].T || out[i].T == out[j].T && out[i].Revision < out[j].Revision
	})
	return out, err
}

// Version finds an accepted version by its root.
func (r *Replica) Version(root block.CID) (row ArtifactRow, found bool, err error) {
	found, err = get(r.Rows(), versionKey(root), &row)
	return row, found, err
}

// RefusedEntry is an entry that the rules refused.
type RefusedEntry struct {
	Entry block.CID `json:"entry"`
	RefusedRow
}

// Refused lists the entries that are stored but never in force.
func (r *Replica) Refused() (out []RefusedEntry, err error) {
	err = scanRows(r.Rows(), "refused/", func(key string, row RefusedRow) error {
		id, err := block.ParseCID(key)
		out = append(out, RefusedEntry{id, row})
		return err
	})
	return out, err
}

// Sheet opens an artifact of this partnership.
func (r *Replica) Sheet(root block.CID) (block.Sheet, error) {
	v, err := r.Artifact(root)
	return v.Sheet, err
}

// Forecast opens a forecast by its root.
func (r *Replica) Forecast(root block.CID) (forecast.Document, error) {
	sheet, err := r.Sheet(root)
	if err != nil {
		return forecast.Document{}, err
	}
	return forecast.FromSheet(sheet)
}

// Plan opens a capacity plan by its root.
func (r *Replica) Plan(root block.CID) (capacity.Plan, error) {
	sheet, err := r.Sheet(root)
	if err != nil {
		return capacity.Plan{}, err
	}
	return capacity.PlanFromSheet(sheet)
}

// Answer opens an answer by its root.
func (r *Replica) Answer(root block.CID) (capacity.Answer, error) {
	sheet, err := r.Sheet(root)
	if err != nil {
		return capacity.Answer{}, err
	}
	return capacity.AnswerFromSheet(sheet)
}

// Campaign opens a campaign calendar by its root.
func (r *Replica) Campaign(root block.CID) (campaign.Document, error) {
	sheet, err := r.Sheet(root)
	if err != nil {
		return campaign.Document{}, err
	}
	return campaign.FromSheet(sheet)
}

// Quality opens a quality report by its root.
func (r *Replica) Quality(root block.CID) (quality.Document, error) {
	sheet, err := r.Sheet(root)
	if err != nil {
		return quality.Document{}, err
	}
	return quality.FromSheet(sheet)
}

// Topic finds a topic by its ID.
func (r *Replica) Topic(id block.CID) (t decision.Topic, found bool, err error) {
	found, err = get(r.Rows(), topicKey(id), &t)
	return t, found, err
}

// Topics lists every topic, in order of opening.
func (r *Replica) Topics() (out []decision.Topic, err error) {
	err = scanRows(r.Rows(), topicPrefix, func(_ string, t decision.Topic) error {
		out = append(out, t)
		return nil
	})
	sort.SliceStable(out, func(i, j int) bool { return out[i].Opened.Lam < out[j].Opened.Lam })
	return out, err
}

// Policies is whose signatures bind the parties of a topic.
func (r *Replica) Policies(topic block.CID) (row PolicyRow, err error) {
	_, err = get(r.Rows(), policyKey(topic), &row)
	return row, err
}

// Round finds the signing round of a document.
func (r *Replica) Round(document block.CID) (row RoundRow, found bool, err error) {
	found, err = get(r.Rows(), roundKey(document), &row)
	return row, found, err
}

// Rounds lists every signing round, by document.
func (r *Replica) Rounds() (out []RoundRow, err error) {
	err = scanRows(r.Rows(), roundPrefix, func(_ string, row RoundRow) error {
		out = append(out, row)
		return nil
	})
	return out, err
}

// Agreement reads a document that was put on the table.
func (r *Replica) Agreement(document block.CID) (decision.Agreement, error) {
	data, err := r.Block(document)
	if err != nil {
		return decision.Agreement{}, err
	}
	return decision.ParseAgreement(data)
}

// Concluded lists the documents of all signing rounds with what became of them: what decision.Standings and decision.EffectsInForce read.
func (r *Replica) Concluded() (out []decision.Concluded, err error) {
	rounds, err := r.Rounds()
	if err != nil {
		return nil, err
	}
	for _, row := range rounds {
		doc, err := r.Agreement(row.Document)
		if err != nil {
			return nil, err
		}
		said, err := r.Reconfirmed(row.Document)
		if err != nil {
			return nil, err
		}
		out = append(out, decision.Concluded{CID: row.Document, Doc: doc, Verdict: row.Verdict, Final: row.finalAt(), Reconfirmed: len(said) == len(doc.Parties)})
	}
	return out, nil
}

// finalAt is the last of the marks that can make a round final: acknowledgements, or the witness's word; or the end of the dispute about it.
func (row RoundRow) finalAt() (last decision.Mark) {
	if row.Ruled != nil {
		return row.Ruled.At
	}
	marks := []*decision.Mark{row.Resolved}
	for _, p := range row.Parties {
		marks = append(marks, p.Ack)
	}
	for _, m := range marks {
		if m != nil && m.Lam > last.Lam {
			last = *m
		}
	}
	return last
}

// Mandates lists the mandates granted in this partnership.
func (r *Replica) Mandates() (out []MandateRow, err error) {
	err = scanRows(r.Rows(), "mandate/", func(_ string, row MandateRow) error {
		out = append(out, row)
		return nil
	})
	return out, err
}

// ClosedExceptions lists the exceptions that desks closed, by their ID.
func (r *Replica) ClosedExceptions() (map[string]ExceptionRow, error) {
	out := map[string]ExceptionRow{}
	err := scanRows(r.Rows(), "exception/", func(key string, row ExceptionRow) error {
		out[key] = row
		return nil
	})
	return out, err
}

// Record finds a record by the entry of its first signature.
func (r *Replica) Record(entry block.CID) (row RecordRow, found bool, err error) {
	found, err = get(r.Rows(), recordKey(entry), &row)
	return row, found, err
}
