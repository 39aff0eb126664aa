package capacity

import (
	"kontor/protocol/block"
	"kontor/protocol/calendar"
	"kontor/protocol/forecast"
	"kontor/protocol/quantity"
)

// Input is what a match is made from: the forecast and plan in force and the supply agreed since the plan.
type Input struct {
	Forecast    forecast.Document
	ForecastCID block.CID
	Plan        Plan
	PlanCID     block.CID
	Agreed      []Supply
	Risk        int64    // ppm; 0 = DefaultRisk
	Notes       []string // what the caller could not put in; they stand in the result's
}

// Supply is what an agreement adds to the plan: committed supply of one product in one bucket. It comes on top of
// the plan unless the plan names its agreement as included.
type Supply struct {
	Agreement block.CID         `json:"agreement"`
	Product   string            `json:"product"`
	Region    string            `json:"region,omitempty"` // "" = wherever the product is needed
	Bucket    calendar.Bucket   `json:"bucket"`
	Quantity  quantity.Quantity `json:"quantity"` // in the product's unit
}

// Result is both views of one match.
type Result struct {
	Forecast block.CID      `json:"forecast"`
	Plan     block.CID      `json:"plan"`
	Risk     int64          `json:"risk"`     // ppm
	Groups   []GroupMatch   `json:"groups"`   // by group id; the contract view, and the cover of the whole group
	Products []ProductMatch `json:"products"` // by product, then region; the cover view
	Unlinked []string       `json:"unlinked"` // keys of forecast lines no active group is linked to
	Notes    []string       `json:"notes"`    // what could not be computed, and why
}

// GroupMatch is one capacity group.
type GroupMatch struct {
	Group   string        `json:"group"`
	Name    string        `json:"name"`
	Unit    quantity.Unit `json:"unit"`
	Buckets []GroupCell   `json:"buckets"`
}

// GroupCell is the contract view of one bucket, in the group's unit of load, with the cover of all its products together.
type GroupCell struct {
	Bucket   calendar.Bucket   `json:"bucket"`
	Demand   quantity.Quantity `json:"demand"`   // sum of all demand series after load factors, delta production added last
	Actual   quantity.Quantity `json:"actual"`   // with agreed supply
	Maximum  quantity.Quantity `json:"maximum"`  // with agreed supply
	Agreed   quantity.Quantity `json:"agreed"`   // the load of agreed supply inside actual and maximum
	Excess   quantity.Quantity `json:"excess"`   // demand above actual; 0 if none
	Scenario Scenario          `json:"scenario"` // 1 to 8
	Verdict  Verdict           `json:"verdict"`
	Colour   Colour            `json:"colour"`
	Cover    *Cover            `json:"cover,omitempty"` // nil: no stock shared for one of the products
}

// ProductMatch is the cover view of one product, in its own unit.
type ProductMatch struct {
	Product string        `json:"product"`
	Region  string        `json:"region,omitempty"` // "" = every region without a stock of its own
	Unit    quantity.Unit `json:"unit"`
	Groups  []string      `json:"groups"`            // the active groups that make it
	Missing string        `json:"missing,omitempty"` // why there is no cover view: "no stock shared", "no share of the capacity stated"
	Ahead   *Ahead        `json:"ahead,omitempty"`   // how far the stock of now reaches; nil where none is shared
	Buckets []ProductCell `json:"buckets"`
}

// ProductCell is one bucket of a product.
type ProductCell struct {
	Bucket calendar.Bucket   `json:"bucket"`
	Demand quantity.Quantity `json:"demand"` // mean demand of the bucket
	Supply quantity.Quantity `json:"supply"` // capacity allotted in the bucket, agreed supply included
	Cover  *Cover            `json:"cover,omitempty"`
	// Projected is the stock expected at the end of the bucket, at the mean; below zero is what is expected to be owed. Absent without a cover view.
	Projected *quantity.Quantity `json:"projected,omitempty"`
}
