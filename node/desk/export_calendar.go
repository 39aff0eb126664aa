package desk

import (
	"kontor/node"
	"kontor/node/ical"
	"kontor/node/intake"
	"kontor/protocol/block"
	"kontor/protocol/campaign"
	"kontor/protocol/capacity"
)

// calendarFile is the form of days: campaigns and blackouts, and the shutdowns of lines. It is none of package outlet, which writes figures.
const calendarFile = "icalendar"

// calendarOf writes the days of a shared document.
func calendarOf(sheet block.Sheet) (data []byte, left []string, err error) {
	switch sheet.Type {
	case campaign.Type:
		doc, err := campaign.FromSheet(sheet)
		if err != nil {
			return nil, nil, err
		}
		return ical.Write("campaigns", doc), []string{"a calendar has no offers, lifts and fundings"}, nil
	case capacity.PlanType:
		plan, err := capacity.PlanFromSheet(sheet)
		if err != nil {
			return nil, nil, err
		}
		var closed []ical.Closed
		for _, g := range plan.Groups {
			for _, s := range g.Shutdowns {
				closed = append(closed, ical.Closed{Line: g.ID, Days: s.Bucket})
			}
		}
		return ical.WriteClosed("shutdowns", plan.Header.Issued, closed), []string{"a calendar has shutdowns, and no capacities"}, nil
	}
	return nil, nil, node.Failf("EXPORT_REFUSED", "a %s has no days for a calendar; a campaign calendar and a capacity plan have", sheet.Type)
}

// exportClosed writes the shutdowns of the lines at home.
func (d *Desk) exportClosed(o ExportOptions, out Exported) (Exported, error) {
	if o.Kind != string(intake.Capacity) {
		return out, node.Failf("EXPORT_REFUSED", "figures of kind %s have no days for a calendar; those of capacity have: its shutdowns", o.Kind)
	}
	lines, err := d.capacityLines()
	if err != nil {
		return out, err
	}
	var closed []ical.Closed
	for _, line := range lines {
		for _, s := range line.Shutdowns {
			closed = append(closed, ical.Closed{Line: line.Line, Days: s.Bucket})
		}
	}
	if len(closed) == 0 {
		return out, node.Failf("EXPORT_REFUSED", "nothing was exported: no shutdowns are kept; kontor import --kind capacity FILE.ics brings them")
	}
	out.Data = ical.WriteClosed("shutdowns", d.node.Now(), closed)
	return out, nil
}
