package desk

import (
	"cmp"
	"errors"
	"fmt"
	"slices"

	"kontor/node"
	"kontor/protocol"
	"kontor/protocol/capacity"
	"kontor/protocol/exception"
	"kontor/protocol/measure"
	"kontor/protocol/quantity"
)

// maxReaches bounds the products whose days of supply are shown: those whose stock ends first.
const maxReaches = 20

// reaches are the days of supply (D11) of the products whose stock is shared, by the match as it stands: from the day of the stock, without what will arrive.
func (d *Desk) reaches(p *node.Partnership, r *protocol.Replica, q MeasureQuery) ([]MeasuredGroup, error) {
	none := func(why string) []MeasuredGroup {
		result, _ := measure.SupplyOver(quantity.Quantity{}, nil, nil)
		if why != "" {
			result.Reason = measure.NotShared
		}
		g := values("days of supply", result)
		if why != "" {
			g.Notes = append(g.Notes, why)
		}
		return []MeasuredGroup{g}
	}
	in, err := d.MatchInput(p, r)
	var missing *node.Failure
	if errors.As(err, &missing) {
		return none(""), nil
	}
	if err != nil {
		return nil, err
	}
	match, err := Match(in)
	if err != nil {
		return nil, err
	}
	var found []capacity.ProductMatch
	for _, m := range match.Products {
		if m.Ahead != nil && (q.Product == "" || m.Product == q.Product) && (q.Region == "" || m.Region == q.Region) {
			found = append(found, m)
		}
	}
	if len(found) == 0 {
		return none("no stock is shared"), nil
	}
	slices.SortStableFunc(found, func(a, b capacity.ProductMatch) int { return a.Ahead.Days.Cmp(b.Ahead.Days) })
	var out []MeasuredGroup
	for _, m := range found[:min(maxReaches, len(found))] {
		result, beyond := measure.SupplyOver(m.Ahead.Stock, demandFrom(m), nil)
		of := "days of supply of " + m.Product
		if m.Region != "" {
			of += " in " + m.Region
		}
		g := values(of, result)
		g.Notes = append(g.Notes, fmt.Sprintf("%s on hand on %s, against mean demand", m.Unit.Said(m.Ahead.Stock.Format(0)), m.Ahead.AsOf))
		if beyond {
			g.Notes = append(g.Notes, "the stock outlasts the forecast: it is at least these days")
		}
		out = append(out, g)
	}
	if more := len(found) - len(out); more > 0 {
		last := &out[len(out)-1]
		last.Notes = append(last.Notes, fmt.Sprintf("%s with more days not shown; say which with --product", node.Count(more, "other product")))
	}
	return out, nil
}

// demandFrom is the mean demand of a product from the day of its stock on; of a period that has begun by then the days that are left count.
func demandFrom(m capacity.ProductMatch) (out []measure.Ahead) {
	for _, c := range m.Buckets {
		if c.Bucket.End > m.Ahead.AsOf {
			out = append(out, measure.Ahead{Days: c.Bucket.End.Sub(max(c.Bucket.Start, m.Ahead.AsOf)), Of: c.Bucket.Days(), Demand: c.Demand})
		}
	}
	return out
}

// alerts measure the exceptions themselves: how many of each kind somebody acted on, and of all together. Each node measures what it saw.
func (d *Desk) alerts(with string, q MeasureQuery) ([]MeasuredGroup, error) {
	kinds, err := d.AlertQuality(with, q.Product)
	if err != nil {
		return nil, err
	}
	return alertGroups(kinds), nil
}

func alertGroups(kinds []KindQuality) (out []MeasuredGroup) {
	for _, k := range kinds {
		g := values("exceptions", k.result)
		if k.Kind != "" {
			g.Of += " " + string(k.Kind)
		}
		out = append(out, g)
	}
	if len(out) > 0 {
		out[0].Notes = append(out[0].Notes, "as this node saw them; where few of a kind are acted on, its threshold is too low")
	}
	return out
}

// AlertReport is the measure of all exceptions of a partnership, and kind by kind.
type AlertReport struct {
	ExceptionQuality
	Kinds []KindQuality `json:"kinds"`
}

// Alerts measures the exceptions of a partnership.
func (d *Desk) Alerts(with string) (out AlertReport, err error) {
	kinds, err := d.AlertQuality(with, "")
	if err != nil {
		return out, err
	}
	return alertReport(kinds), nil
}

func alertReport(kinds []KindQuality) AlertReport {
	return AlertReport{kinds[0].ExceptionQuality, kinds[1:]}
}

// KindQuality is what exceptions of a kind were worth; of all kinds together where the kind is "".
type KindQuality struct {
	Kind     exception.Kind `json:"kind,omitempty"`
	Measured MeasuredValue  `json:"measured"`
	ExceptionQuality

	result measure.Result
}

// AlertQuality measures the exceptions of a partnership, all together first and then kind by kind in the order they are told of; kinds of which there never was
// one are left out. A product narrows it; "" is all.
func (d *Desk) AlertQuality(with, product string) ([]KindQuality, error) {
	_, all, err := d.exceptions(with)
	if err != nil {
		return nil, err
	}
	return alertQuality(all, product), nil
}

func alertQuality(all []ExceptionView, product string) (out []KindQuality) {
	byKind := map[exception.Kind][]ExceptionView{}
	for _, v := range all {
		if product == "" || v.Scope.Product == product {
			byKind[""] = append(byKind[""], v)
			byKind[v.Kind] = append(byKind[v.Kind], v)
		}
	}
	for kind, list := range byKind {
		k := KindQuality{Kind: kind, ExceptionQuality: qualityOf(list)}
		var counted measure.Alerts
		for _, v := range list {
			counted.Add(v.Acted, v.Closed)
		}
		k.result = counted.Result()
		k.Measured = valueOf(k.result)
		out = append(out, k)
	}
	if len(out) == 0 {
		none := (&measure.Alerts{}).Result()
		out = append(out, KindQuality{result: none, Measured: valueOf(none)})
	}
	slices.SortFunc(out, func(a, b KindQuality) int {
		return cmp.Compare(slices.Index(exception.Kinds, a.Kind), slices.Index(exception.Kinds, b.Kind))
	})
	return out
}
