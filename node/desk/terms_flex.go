package desk

import (
	"slices"

	"kontor/node"
	"kontor/protocol"
	"kontor/protocol/artifact"
	"kontor/protocol/block"
	"kontor/protocol/calendar"
	"kontor/protocol/capacity"
	"kontor/protocol/forecast"
	"kontor/protocol/partnership"
	"kontor/protocol/terms"
)

// FlexView is what the bands say of a revised forecast.
type FlexView struct {
	With      string           `json:"with"`
	Contract  string           `json:"contract"`
	Reference block.CID        `json:"reference"`         // the forecast both stood by
	Revised   *block.CID       `json:"revised,omitempty"` // absent: the draft, as it would be shared
	Inside    bool             `json:"inside"`
	Cells     []terms.FlexCell `json:"cells"` // that moved
}

// Flex judges the forecast in force, or the draft where this company has one that differs, against the version the seller answered last, or the one before.
func (d *Desk) Flex(in TermsQuery, sees func(product string) bool) (out FlexView, err error) {
	p, err := d.Partner(in.With, "")
	if err != nil {
		return out, err
	}
	list, err := d.applicable(p, in.Contract, calendar.DateOf(d.node.Now()))
	if err != nil {
		return out, err
	}
	list = slices.DeleteFunc(list, func(a terms.Agreed) bool { return len(a.Document.Bands) == 0 })
	if len(list) != 1 {
		return out, node.Failf("NO_BANDS", "%s in force with %s hold flex bands; want one: say which with --contract", node.Count(len(list), "contract"), d.PartnerName(p))
	}
	var draft *forecast.Document
	if d.node.Own(p).Role == partnership.RoleBuyer {
		if pre, err := d.prepare(p); err == nil && len(pre.changes) > 0 {
			draft = &pre.doc
		}
	}
	out = FlexView{With: d.PartnerName(p), Contract: list[0].Document.Contract}
	err = d.node.View(p.PID, func(r *protocol.Replica) error {
		pair, err := d.flexPair(p, r)
		if err != nil {
			return err
		}
		revised := pair.revised
		if out.Reference, out.Revised = pair.referenceCID, &pair.revisedCID; draft != nil {
			revised, out.Revised = *draft, nil
			// The draft follows the version in force: what was answered of it or before, else it itself, is what it moves against.
			answered, by, err := d.answeredVersion(p, r, pair.revised.Header.Series, block.CID{})
			if err != nil {
				return err
			}
			if by == nil {
				answered = pair.revisedCID
			}
			out.Reference = answered
			if pair.reference, err = r.Forecast(answered); err != nil {
				return err
			}
		}
		out.Cells, err = list[0].Document.Flex(pair.reference, revised)
		return err
	})
	out.Inside = terms.Inside(out.Cells)
	out.Cells = slices.DeleteFunc(out.Cells, func(c terms.FlexCell) bool { return !sees(c.Product) })
	return out, err
}

// flexed are the two versions a flex verdict is about.
type flexed struct {
	reference, revised       forecast.Document
	referenceCID, revisedCID block.CID
	answered                 *block.CID // the reference was answered by this
}

// flexPair finds the forecast in force and what both stood by before: the version the seller's newest answer is for, unless that is this very one, else its
// parent.
func (d *Desk) flexPair(p *node.Partnership, r *protocol.Replica) (out flexed, err error) {
	rows, err := r.InForce(forecast.Type, block.CID{})
	if err != nil {
		return out, err
	}
	newest := int64(-1)
	for _, row := range rows {
		if m, _ := p.Genesis.Member(row.Author); m.Role == partnership.RoleBuyer && row.T > newest {
			out.revisedCID, newest = row.Root, row.T
		}
	}
	if newest < 0 {
		return out, node.Failf("NO_FORECAST", "no forecast is in force with %s", d.PartnerName(p))
	}
	if out.revised, err = r.Forecast(out.revisedCID); err != nil {
		return out, err
	}
	if out.referenceCID, out.answered, err = d.answeredVersion(p, r, out.revised.Header.Series, out.revisedCID); err != nil {
		return out, err
	}
	if out.answered == nil {
		out.referenceCID = out.revisedCID
		if parent := out.revised.Header.Parent; parent != nil {
			out.referenceCID = *parent
		}
	}
	out.reference, err = r.Forecast(out.referenceCID)
	return out, err
}

// answeredVersion is the newest version of a series that a seller has answered, other than one.
func (d *Desk) answeredVersion(p *node.Partnership, r *protocol.Replica, series artifact.SeriesID, but block.CID) (root block.CID, answer *block.CID, err error) {
	answers, err := r.Versions(capacity.AnswerType)
	if err != nil {
		return root, nil, err
	}
	for i := len(answers) - 1; i >= 0; i-- {
		a, err := r.Answer(answers[i].Root)
		if err != nil {
			return root, nil, err
		}
		row, held, err := r.Version(a.Forecast)
		if err != nil {
			return root, nil, err
		}
		if held && row.Series == series.String() && a.Forecast != but {
			return a.Forecast, &answers[i].Root, nil
		}
	}
	return root, nil, nil
}
