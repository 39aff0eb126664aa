package desk

import (
	"kontor/node"
	"kontor/protocol"
	"kontor/protocol/block"
	"kontor/protocol/calendar"
	"kontor/protocol/terms"
)

// TermsDates are the next meetings, and the next windows of the SLAs with the days their reports are due.
type TermsDates struct {
	With     string          `json:"with"`
	Contract string          `json:"contract"`
	Meetings []terms.Meeting `json:"meetings"`
	Windows  []SLAWindow     `json:"windows"`
}

// SLAWindow is one window of one SLA.
type SLAWindow struct {
	SLA string `json:"sla"`
	terms.Span
}

// datesAhead is how many meetings of each cadence, and days of windows, are listed.
const (
	datesAhead  = 6
	windowsDays = 190
)

// Dates lists what terms in force ask for from a day on.
func (d *Desk) Dates(in TermsQuery, from string) (out []TermsDates, err error) {
	p, err := d.Partner(in.With, "")
	if err != nil {
		return nil, err
	}
	on, err := d.dayOrToday(from)
	if err != nil {
		return nil, err
	}
	list, err := d.applicable(p, in.Contract, on)
	if err != nil {
		return nil, err
	}
	for _, a := range list {
		one := TermsDates{With: d.PartnerName(p), Contract: a.Document.Contract, Meetings: a.Document.Meetings(on, datesAhead), Windows: []SLAWindow{}}
		for _, s := range a.Document.SLAs {
			for _, w := range a.Document.Windows(s, calendar.Bucket{Start: on, End: on.AddDays(windowsDays)}) {
				one.Windows = append(one.Windows, SLAWindow{s.ID, w})
			}
		}
		out = append(out, one)
	}
	return out, nil
}

// NewestTerms is the newest proposal of a contract on the table, to be put to the officers: of either side, or of this company ("own") or the partner ("partner").
func (d *Desk) NewestTerms(in TermsQuery, of string) (p *node.Partnership, row protocol.ArtifactRow, doc terms.Document, err error) {
	if p, err = d.Partner(in.With, ""); err != nil {
		return p, row, doc, err
	}
	found := 0
	err = d.node.View(p.PID, func(r *protocol.Replica) error {
		found = 0
		rows, err := r.InForce(terms.Type, block.CID{})
		if err != nil {
			return err
		}
		for _, one := range rows {
			held, err := r.Terms(one.Root)
			if err != nil {
				return err
			}
			if own := one.Author == d.node.Company(); of == "own" && !own || of == "partner" && own {
				continue
			}
			if in.Contract == "" || held.Contract == in.Contract {
				row, doc, found = one, held, found+1
			}
		}
		return nil
	})
	switch {
	case err != nil:
	case found == 0:
		err = node.Failf("NO_TERMS", "no terms%s are on the table with %s; share some with: kontor terms share", ofContract(in.Contract), d.PartnerName(p))
	case found > 1:
		err = node.Failf("WHICH_CONTRACT", "%d proposals fit; name one with --contract, or whose with --of own or --of partner: kontor terms list", found)
	}
	return p, row, doc, err
}
