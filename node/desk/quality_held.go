package desk

import (
	"kontor/node"
	"kontor/protocol"
	"kontor/protocol/block"
	"kontor/protocol/calendar"
	"kontor/protocol/decision"
	"kontor/protocol/quality"
)

// HeldQuality is one report in force.
type HeldQuality struct {
	CID      block.CID            `json:"cid"`
	With     string               `json:"with"`
	Author   string               `json:"author"`
	Own      bool                 `json:"own"`
	Revision int64                `json:"revision"`
	T        int64                `json:"t"` // ms UTC
	Document quality.Document     `json:"document"`
	Rates    []DefectRate         `json:"rates"`
	Clocks   []ComplaintClock     `json:"clocks"`
	Again    []quality.Recurrence `json:"recurrences"`
	Expired  []quality.Audit      `json:"expired"` // audits whose certificate is no longer valid
}

// DefectRate is the rate of a measure, or that it was not measured.
type DefectRate struct {
	Measure  string `json:"measure"`
	PPM      string `json:"ppm,omitempty"`
	Measured bool   `json:"measured"`
	Upper    string `json:"upper,omitempty"` // with no bad unit found: below this with 95 % confidence
}

// ComplaintClock is where the 8D of a complaint stands.
type ComplaintClock struct {
	Complaint string          `json:"complaint"`
	Received  calendar.Date   `json:"received"` // by the contract's rule
	Steps     []quality.Clock `json:"steps"`
}

// QualityReports are the reports in force of all partnerships. Complaints of one side and cases of the other are put together.
func (d *Desk) QualityReports() ([]HeldQuality, error) {
	now := d.node.Now()
	today := calendar.DateOf(now)
	return across(d, "", func(p *node.Partnership, r *protocol.Replica) (out []HeldQuality, err error) {
		if p.Removed {
			return nil, nil
		}
		effects, err := effectsOn(r, today, 0)
		if err != nil {
			return nil, err
		}
		rows, err := r.InForce(quality.Type, block.CID{})
		if err != nil {
			return nil, err
		}
		for _, row := range rows {
			doc, err := r.Quality(row.Root)
			if err != nil {
				return nil, err
			}
			out = append(out, HeldQuality{CID: row.Root, With: d.PartnerName(p), Author: d.node.CompanyName(row.Author), Own: row.Author == d.node.Company(), Revision: row.Revision, T: row.T, Document: doc,
				Rates: []DefectRate{}, Clocks: []ComplaintClock{}, Again: []quality.Recurrence{}, Expired: quality.ExpiredAudits(doc, today)})
		}
		return out, completed(out, effects, now)
	})
}

// completed fills in what follows from the reports of one partnership together, and from what was agreed about complaints. Clocks stand
// as on the day that the rule's zone has now, ms UTC.
func completed(reports []HeldQuality, effects []decision.EffectInForce, now int64) error {
	var docs []quality.Document
	var cases []quality.Case
	for _, h := range reports {
		docs, cases = append(docs, h.Document), append(cases, h.Document.Cases...)
	}
	again := quality.Recurrences(docs)
	for i := range reports {
		h := &reports[i]
		for _, m := range h.Document.Measures {
			rate, ok, err := m.Rate()
			if err != nil {
				return err
			}
			r := DefectRate{Measure: m.Key(), Measured: ok}
			if ok {
				r.PPM = rate.String()
			}
			if upper, clean, err := m.Upper(); err == nil && clean {
				r.Upper = upper.String()
			}
			h.Rates = append(h.Rates, r)
		}
		for _, c := range h.Document.Complaints {
			var work *quality.Case
			for k := range cases {
				if cases[k].Complaint == c.ID {
					work = &cases[k]
				}
			}
			today := h.Document.Service.Day(now)
			clocks := quality.ClockOf(h.Document.Service, c, work, today)
			for _, e := range effects {
				if e.Kind == decision.CAPADue && e.Ref == c.ID {
					clocks = quality.WithAgreed(clocks, e.Bucket.Last(), work, today)
				}
			}
			h.Clocks = append(h.Clocks, ComplaintClock{c.ID, h.Document.Service.ReceivedOn(c.Raised), clocks})
			for _, a := range again {
				if a.Complaint == c.ID {
					h.Again = append(h.Again, a)
				}
			}
		}
	}
	return nil
}
