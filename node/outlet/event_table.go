package outlet

import (
	"fmt"
	"slices"
	"strings"

	"kontor/protocol/campaign"
	"kontor/protocol/forecast"
	"kontor/protocol/quality"
	"kontor/protocol/quantity"
)

// Calendar writes a campaign calendar: a table of its events, or one of them as a RetailEvent.
func Calendar(d campaign.Document, format Format, o Options) ([]byte, []string, error) {
	var n notes
	var data []byte
	var err error
	switch format {
	case CSV, XLSX:
		t := eventRows(d, &n)
		if len(t.Rows) == 1 {
			return nil, nil, fmt.Errorf("the calendar has no event with an item")
		}
		data, err = t.Write(format, o.Layout)
	case UBL:
		data, err = retailEvent(d, o, &n)
	default:
		return nil, nil, fmt.Errorf("a campaign calendar is not written as %q; want csv, xlsx or ubl", format)
	}
	if err != nil {
		return nil, nil, err
	}
	return data, n, nil
}

// Report writes a quality report: a table of its measures, or one of its cases as a Report8D.
func Report(d quality.Document, format Format, o Options) ([]byte, []string, error) {
	var n notes
	var data []byte
	var err error
	switch format {
	case CSV, XLSX:
		t := measureRows(d, &n)
		if len(t.Rows) == 1 {
			return nil, nil, fmt.Errorf("the report has no measure")
		}
		data, err = t.Write(format, o.Layout)
	case CatenaX:
		data, err = report8D(d, o, &n)
	default:
		return nil, nil, fmt.Errorf("a quality report is not written as %q; want csv, xlsx or catena-x", format)
	}
	if err != nil {
		return nil, nil, err
	}
	return data, n, nil
}

// eventRows are events as the table that is imported has them: a line for each item, place and bucket.
func eventRows(d campaign.Document, n *notes) Table {
	rows := [][]string{{"event", "name", "type", "from", "to", "ship from", "ship to date", "product", "region", "bucket", "unit", "mechanism", "depth", "buyer share", "seller share", "lift", "p10", "p50", "p90", "baseline"}}
	if len(d.Blackouts) > 0 || len(d.Replies) > 0 {
		n.add("a table of events has no blackouts and replies")
	}
	for _, e := range d.Events {
		if e.Status != campaign.Proposed || len(e.Tactics)+len(e.Messages) > 0 || e.SellOut != nil || e.Go != nil || e.Launch != nil || e.PreDays+e.PostDays > 0 || e.Submitted != 0 || e.AcceptBy != 0 || e.InForecast {
			n.add("a table of events has no status, tactics, messages, gates, deadlines and windows before and after")
		}
		head := []string{e.ID, e.Name, string(e.Kind), e.Period.Start.String(), e.Period.Last().String(), "", ""}
		if e.SellIn != nil {
			head[5], head[6] = e.SellIn.Start.String(), e.SellIn.Last().String()
		}
		funding := fundingCells(e.Funding, n)
		for _, item := range e.Items {
			offer := offerCells(e.Offers, item, n)
			for _, m := range impactsOf(e, item) {
				rows = append(rows, slices.Concat(head, []string{item.ID()}, whereCells(m, n), offer, funding, liftCells(m, n)))
			}
		}
	}
	return Table{Rows: rows, Period: 9, Figures: 15}
}

// fundingCells are the shares of both sides.
func fundingCells(f *campaign.Funding, n *notes) []string {
	if f == nil {
		return []string{"", ""}
	}
	if f.Cap != nil || f.Accrual != "" || f.ClaimBy != 0 {
		n.add("a table of events has no cap, accrual and claim deadline of the funding")
	}
	return []string{percentText(f.BuyerPPM), percentText(f.SellerPPM)}
}

// offerCells are the mechanism of an item's offer and how deep it is.
func offerCells(offers []campaign.Offer, item forecast.Item, n *notes) []string {
	cells := []string{"", ""}
	for _, o := range offers {
		if o.Item != item.BuyersID && o.Item != item.SellersID && o.Item != item.GTIN {
			continue
		}
		if o.Mechanism == campaign.AmountOff || o.MinUnits > 0 || o.Price != nil {
			n.add("a table of events has no amounts, prices and least units of offers")
			continue
		}
		cells[0] = string(o.Mechanism)
		if o.DepthPPM > 0 {
			cells[1] = percentText(o.DepthPPM)
		}
	}
	return cells
}

// whereCells are the region, the bucket and the unit of a lift.
func whereCells(m campaign.Impact, n *notes) []string {
	if m.Place.GLN+m.Place.UNLOCODE != "" {
		n.add("a table of events has regions, and no GLN and UN/LOCODE")
	}
	if !m.Bucket.Valid() {
		return []string{m.Place.Region, "", ""}
	}
	return []string{m.Place.Region, m.Bucket.String(), string(m.Unit)}
}

// liftCells are a lift, its levels and the baseline it is on top of.
func liftCells(m campaign.Impact, n *notes) []string {
	if len(m.Cannibalises)+len(m.Halo) > 0 || m.PullForward > 0 || len(m.Quantiles) > 3 {
		n.add("a table of events has no halo and cannibalised items, no sales pulled forward, and the levels p10, p50 and p90 alone")
	}
	cells := []string{"", "", "", "", ""}
	if m.Bucket.Valid() {
		cells = []string{figure(m.Lift), levelText(m.Quantiles, 100_000), levelText(m.Quantiles, 500_000), levelText(m.Quantiles, 900_000), ""}
	}
	if m.Baseline != nil {
		cells[4] = figure(*m.Baseline)
	}
	return cells
}

// impactsOf are the lifts of an item, and where it has none at a place a line that says so much.
func impactsOf(e campaign.Event, item forecast.Item) []campaign.Impact {
	var out []campaign.Impact
	have := map[forecast.Location]bool{}
	for _, m := range e.Impacts {
		if m.Item == item.BuyersID || m.Item == item.SellersID || m.Item == item.GTIN {
			out = append(out, m)
			have[m.Place] = true
		}
	}
	for _, p := range e.Places {
		if !have[p] {
			out = append(out, campaign.Impact{Place: p})
		}
	}
	if len(out) == 0 {
		out = []campaign.Impact{{}}
	}
	return out
}

func levelText(levels []forecast.Quantile, p int64) string {
	for _, q := range levels {
		if q.P == p {
			return figure(q.Q)
		}
	}
	return ""
}

func percentText(ppm int64) string {
	q, err := quantity.Scaled(ppm, -4)
	if err != nil {
		panic("outlet: a share of parts per million has too many digits")
	}
	return figure(q)
}

// measureRows are defect measures as the table that is imported has them.
func measureRows(d quality.Document, n *notes) Table {
	rows := [][]string{{"product", "region", "process", "period", "denominator", "failure code", "unit", "inspected", "received", "delivered quantity", "defectives", "confirmed", "defects", "suspect", "reworked", "returned"}}
	if len(d.Complaints)+len(d.Cases)+len(d.Blocks)+len(d.Audits) > 0 {
		n.add("a table of quality has no complaints, cases, lot blocks and audits")
	}
	optional := func(q *quantity.Quantity) string {
		if q == nil {
			return ""
		}
		return figure(*q)
	}
	for _, m := range d.Measures {
		var codes []string
		for _, c := range m.Codes {
			codes = append(codes, c.Code)
		}
		code := ""
		if len(codes) == 1 {
			code = codes[0]
		} else if len(codes) > 1 {
			n.add("a table of quality has one failure code a line: %s were left out", strings.Join(codes, ", "))
		}
		if len(m.Lots)+len(m.Subgroups) > 0 || m.Chart != nil || m.Severity != "" || m.Cost != nil || m.Counting != quality.CountConfirmed {
			n.add("a table of quality has no lots, subgroups, charts, severities, costs and counting rules")
		}
		if m.Site.GLN+m.Site.UNLOCODE != "" {
			n.add("a table of quality has regions, and no GLN and UN/LOCODE")
		}
		rows = append(rows, []string{m.Item.ID(), m.Site.Region, m.Process, m.Period.String(), string(m.Denominator), code, string(m.Unit), optional(m.Inspected), optional(m.Received), optional(m.Delivered),
			figure(m.Defectives), figure(m.Confirmed), figure(m.Defects), figure(m.Suspect), figure(m.Reworked), figure(m.Returned)})
	}
	return Table{Rows: rows, Period: 3, Figures: 7}
}
