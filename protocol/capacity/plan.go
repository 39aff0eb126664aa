// Package capacity owns CapacityPlan.v1 and ForecastAnswer.v1 and sets them against a shared forecast.
//
// Most callers need Plan (lines shared by several products, stock and backlog), Answer (the line-by-line response
// to one forecast), Match (both views of demand against supply) and Bottlenecks (what to do something about).
//
// Guarantees: pure functions of their arguments and without floats, so both nodes get the same match from the
// same documents; the contract view follows CX-0128 exactly; more capacity never raises a shortage; the order of
// lines, groups and positions is irrelevant. Probabilities are intervals, and say what is not known.
package capacity

import (
	"kontor/protocol/artifact"
	"kontor/protocol/block"
	"kontor/protocol/calendar"
	"kontor/protocol/forecast"
	"kontor/protocol/quantity"
)

// PlanType is the document type and major version in the header.
const PlanType = "CapacityPlan.v1"

// Bounds of a plan. They keep one group inside one block and the cost of a match in hand.
const (
	MaxGroups     = 5_000
	MaxPositions  = 50_000
	MaxLinks      = 2_000 // demand series of one group
	MaxCapacities = 520   // ten years of weeks
	MaxSlots      = 4_000 // of one group
	MaxIncludes   = 1_024 // agreements already inside the figures
	MaxNested     = 200   // groups inside one group
	MaxNesting    = 8     // groups inside groups inside groups: deeper says nothing a planner could follow
	MaxShutdowns  = 400   // of one group
)

// Plan is one revision of what a seller can make and holds.
type Plan struct {
	Header    artifact.Header `json:"header"`
	Forecast  *block.CID      `json:"forecast,omitempty"` // the forecast revision the plan was made for
	Includes  []block.CID     `json:"includes,omitempty"` // agreements whose supply is already inside the figures; Match adds the others
	Groups    []Group         `json:"groups"`
	Positions []Position      `json:"positions"` // a product without one has "no stock shared"
}

// Group is a capacity group of CX-0128: a line, machine or site that several products share.
type Group struct {
	ID         string            `cbor:"capacityGroupId" json:"capacityGroupId"`
	Name       string            `cbor:"name,omitempty" json:"name,omitempty"`
	Inactive   bool              `cbor:"capacityGroupIsInactive,omitempty" json:"capacityGroupIsInactive,omitempty"` // not matched
	Unit       quantity.Unit     `cbor:"unit" json:"unit"`                                                           // of the load: pieces, hours, kilograms
	Links      []Link            `cbor:"linkedDemandSeries" json:"linkedDemandSeries"`
	Nested     []string          `cbor:"linkedCapacityGroups,omitempty" json:"linkedCapacityGroups,omitempty"` // ids of groups whose demand, not capacity, is this group's; instead of links (CX-0128)
	Capacities []Capacity        `cbor:"capacities" json:"capacities"`                                         // sorted, without overlap
	Slots      []Slot            `cbor:"slots,omitempty" json:"slots,omitempty"`
	Shutdowns  []Shutdown        `cbor:"shutdowns,omitempty" json:"shutdowns,omitempty"`   // sorted, without overlap
	Allocation *Allocation       `cbor:"allocation,omitempty" json:"allocation,omitempty"` // by what the shares of its links were cut; absent: not said
	Volatility *Volatility       `cbor:"demandVolatilityParameters,omitempty" json:"demandVolatilityParameters,omitempty"`
	MinLot     quantity.Quantity `cbor:"minLot,omitzero" json:"minLot,omitzero"`
	Multiple   quantity.Quantity `cbor:"multiple,omitzero" json:"multiple,omitzero"` // order quantities are multiples of it
	LeadDays   int64             `cbor:"leadDays,omitzero" json:"leadDays,omitzero"` // days from order to shipment
	Ext        map[string][]byte `cbor:"ext,omitempty" json:"ext,omitempty"`
}

// Link says which demand loads the group, and how much.
type Link struct {
	Product  string            `cbor:"product" json:"product"`                                   // any identifier of the forecast's item
	Region   string            `cbor:"region,omitempty" json:"region,omitempty"`                 // "" = every region
	Category forecast.Category `cbor:"demandCategory,omitempty" json:"demandCategory,omitempty"` // "" = every category
	Factor   quantity.Quantity `cbor:"loadFactor,omitzero" json:"loadFactor,omitzero"`           // load per unit of demand; given by all links of a group or none, then 1
	Share    int64             `cbor:"share,omitzero" json:"share,omitzero"`                     // agreed share of the group's capacity, ppm (practice T14); never set from the current forecast
}

// Capacity is what the group can carry in one bucket.
type Capacity struct {
	calendar.Bucket
	Actual  quantity.Quantity  `cbor:"actual" json:"actual"`
	Maximum quantity.Quantity  `cbor:"maximum" json:"maximum"`                                                 // with overtime; at least actual
	Agreed  *quantity.Quantity `cbor:"agreed,omitempty" json:"agreed,omitempty"`                               // for information: no duty unless terms say so
	Delta   *quantity.Quantity `cbor:"deltaProductionResult,omitempty" json:"deltaProductionResult,omitempty"` // load moved into (+) or out of (-) this bucket
	// Quantiles say how sure the actual capacity is: rising, none above the maximum. They are shown; no view computes with them.
	Quantiles []forecast.Quantile `cbor:"quantiles,omitempty" json:"quantiles,omitempty"`
}

// Shutdown is a time in which nothing is made: holidays, maintenance. In a bucket wholly inside it actual capacity is zero.
type Shutdown struct {
	calendar.Bucket
	Name string `cbor:"name,omitempty" json:"name,omitempty"`
}

// Slot is capacity set aside for a product: the guaranteed minimum of practice T14 once RESERVED or COMMITTED.
type Slot struct {
	ID string `cbor:"id" json:"id"`
	calendar.Bucket
	Product   string            `cbor:"product" json:"product"`
	Region    string            `cbor:"region,omitempty" json:"region,omitempty"`
	Quantity  quantity.Quantity `cbor:"quantity" json:"quantity"` // in the product's unit
	Line      string            `cbor:"forecastLine,omitempty" json:"forecastLine,omitempty"`
	Status    SlotStatus        `cbor:"status" json:"status"`
	ExpiresAt int64             `cbor:"expiresAt,omitzero" json:"expiresAt,omitzero"` // ms UTC; 0 = does not expire
}

// SlotStatus is the state of a slot.
type SlotStatus string

// The states of a slot, in the order in which they follow each other.
const (
	SlotOffered   SlotStatus = "OFFERED"
	SlotReserved  SlotStatus = "RESERVED"
	SlotCommitted SlotStatus = "COMMITTED"
	SlotConsumed  SlotStatus = "CONSUMED"
	SlotReleased  SlotStatus = "RELEASED"
)

// Position is what a seller holds and owes of one product. Stock that is not listed is not shared.
type Position struct {
	Product   string             `cbor:"product" json:"product"`
	Region    string             `cbor:"region,omitempty" json:"region,omitempty"` // "" = serves every region without a position of its own
	Unit      quantity.Unit      `cbor:"unit" json:"unit"`
	AsOf      calendar.Date      `cbor:"asOf" json:"asOf"`
	Stock     *quantity.Quantity `cbor:"stock,omitempty" json:"stock,omitempty"`           // free stock, blocked lots taken out; absent = no stock shared
	InTransit quantity.Quantity  `cbor:"inTransit,omitzero" json:"inTransit,omitzero"`     // on its way to this stock
	Backlog   quantity.Quantity  `cbor:"backlog,omitzero" json:"backlog,omitzero"`         // ordered and overdue
	Limit     *quantity.Quantity `cbor:"stockLimit,omitempty" json:"stockLimit,omitempty"` // the most that can be held: what exceeds it is not made
	MaxCover  *quantity.Quantity `cbor:"maxCover,omitempty" json:"maxCover,omitempty"`     // stock that does not yet count as too much
}

// Key names the group among the rows of a plan.
func (g Group) Key() string { return forecast.JoinKey("group", g.ID) }

// Key names the position among the rows of a plan.
func (p Position) Key() string { return forecast.JoinKey("position", p.Product, p.Region) }

// factor is the load of one unit of demand.
func (l Link) factor() quantity.Quantity {
	if l.Factor.IsZero() {
		return quantity.Of(1)
	}
	return l.Factor
}

// planHead and planRow are the stored form: groups and positions are rows of one sheet.
type planHead struct {
	Header   artifact.Header `cbor:"header"`
	Forecast *block.CID      `cbor:"forecast,omitempty"`
	Includes []block.CID     `cbor:"includes,omitempty"`
}

type planRow struct {
	Group    *Group    `cbor:"group,omitempty"`
	Position *Position `cbor:"position,omitempty"`
}

// Key is that of the one thing the row holds; a row of both or none has no key and is refused.
func (r planRow) Key() string {
	switch {
	case r.Group != nil && r.Position == nil:
		return r.Group.Key()
	case r.Position != nil && r.Group == nil:
		return r.Position.Key()
	}
	return ""
}

// PlanToSheet writes the plan as a sheet of keyed rows: one per group, one per position.
func PlanToSheet(p Plan, seriesKey [32]byte) (block.Sheet, error) {
	rows := make([]planRow, 0, len(p.Groups)+len(p.Positions))
	for i := range p.Groups {
		rows = append(rows, planRow{Group: &p.Groups[i]})
	}
	for i := range p.Positions {
		rows = append(rows, planRow{Position: &p.Positions[i]})
	}
	return artifact.ToSheet(PlanType, seriesKey, planHead{p.Header, p.Forecast, p.Includes}, rows)
}

// PlanFromSheet reads what PlanToSheet writes, groups and positions in order of their keys. It refuses what is no
// plan at all; whether one may come into force is CheckPlan's to say. On error the plan is empty.
func PlanFromSheet(s block.Sheet) (Plan, error) {
	h, rows, err := artifact.FromSheet[planHead, planRow](s, PlanType, MaxGroups+MaxPositions)
	if err != nil {
		return Plan{}, err
	}
	p := Plan{Header: h.Header, Forecast: h.Forecast, Includes: h.Includes}
	for _, r := range rows {
		if r.Group != nil {
			p.Groups = append(p.Groups, *r.Group)
		} else {
			p.Positions = append(p.Positions, *r.Position)
		}
	}
	return p, nil
}
