package campaign

import (
	"fmt"
	"slices"

	"kontor/protocol/block"
	"kontor/protocol/calendar"
	"kontor/protocol/capacity"
	"kontor/protocol/forecast"
	"kontor/protocol/quality"
	"kontor/protocol/quantity"
)

// LotBlock is what campaigns need to know of a lot that a quality report blocks (practice T17).
type LotBlock struct {
	ID       string
	Source   block.CID // the quality report
	Item     forecast.Item
	Place    forecast.Location // zero: wherever the item is
	Critical bool              // stops a campaign by itself
	Quantity quantity.Quantity
	Unit     quantity.Unit
	Since    calendar.Date
	Likely   calendar.Date // released by then with nine chances in ten; 0: nobody says
}

// LotBlocks are the open blocks of a report in force.
func LotBlocks(source block.CID, report quality.Document) (out []LotBlock) {
	for _, b := range quality.OpenBlocks(report) {
		out = append(out, LotBlock{ID: b.ID, Source: source, Item: b.Item, Place: b.Site, Critical: b.Critical(), Quantity: b.Quantity, Unit: b.Unit, Since: b.Since, Likely: b.Likely()})
	}
	return out
}

// MaxMatches bounds the matches of one search for conflicts: events differ only in which blocked lots are back by then.
const MaxMatches = 8

// NewCover makes the cover that events are judged by: the forecast with the lift of all open events of the calendars
// on top, against the plan less the lots that are blocked. A lot that is likely back (nine chances in ten) before an
// event's goods are needed counts as there for that event. A lot that was blocked before the plan's stock was counted
// is missing from it already. The notes say what could not be counted; an error comes from the match itself.
func NewCover(in capacity.Input, calendars []Held, blocks []LotBlock) (CoverOf, []string, error) {
	var events []Event
	for _, c := range sorted(calendars) {
		events = append(events, c.Document.Events...)
	}
	lifted, notes := WithLift(in.Forecast, events)
	in.Forecast = lifted
	m := matches{in: in, blocks: blocks, made: map[string]*capacity.Result{}}
	strict, err := m.match(blocks)
	if err != nil {
		return nil, nil, err
	}
	m.strict = strict
	return m.of, append(notes, m.strict.Notes...), nil
}

func sorted(calendars []Held) []Held {
	out := slices.Clone(calendars)
	slices.SortFunc(out, func(a, b Held) int { return a.CID.Compare(b.CID) })
	return out
}

// matches remembers the matches made, by the lots that are out.
type matches struct {
	in     capacity.Input
	blocks []LotBlock
	strict *capacity.Result
	made   map[string]*capacity.Result
}

func (m *matches) of(e Event) *capacity.Result {
	var out []LotBlock
	key := ""
	for i, b := range m.blocks {
		if b.Likely == 0 || b.Likely > e.Delivery().Start {
			out = append(out, b)
			key += fmt.Sprint(i, ",")
		}
	}
	if len(out) == len(m.blocks) {
		return m.strict
	}
	if r, done := m.made[key]; done {
		return r
	}
	r := m.strict
	if len(m.made) < MaxMatches {
		if better, err := m.match(out); err == nil {
			r = better
		}
	}
	m.made[key] = r
	return r
}

func (m *matches) match(out []LotBlock) (*capacity.Result, error) {
	in := m.in
	in.Plan = WithoutLots(in.Plan, out)
	r, err := capacity.Match(in)
	return &r, err
}

// WithoutLots is a plan whose stock lacks the blocked lots, each once. Capacity stays as it is: a lot that is blocked
// does not slow a line (practice T17).
func WithoutLots(p capacity.Plan, blocks []LotBlock) capacity.Plan {
	positions := slices.Clone(p.Positions)
	for _, b := range blocks {
		left, unit := b.Quantity, b.Unit
		for i, pos := range positions {
			if pos.Stock == nil || !names(b.Item, pos.Product) || b.Place.Region != "" && pos.Region != "" && !placesMeet(forecast.Location{Region: pos.Region}, b.Place) || b.Since < pos.AsOf {
				continue
			}
			here, err := quantity.Convert(left, unit, pos.Unit)
			if err != nil {
				continue
			}
			stock, err := pos.Stock.Sub(here)
			if err != nil {
				continue
			}
			if stock.Sign() >= 0 {
				positions[i].Stock = &stock
				break
			}
			// More is blocked than lies here: the rest lies elsewhere.
			none := quantity.Quantity{}
			positions[i].Stock, left, unit = &none, stock.Neg(), pos.Unit
		}
	}
	p.Positions = positions
	return p
}

func names(i forecast.Item, id string) bool {
	return id != "" && (i.BuyersID == id || i.SellersID == id || i.GTIN == id)
}
