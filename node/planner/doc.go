// Package planner is a company's private planning, for those without a planning
// system of their own: a baseline forecast with bands, and the explosion of a bill
// of materials.
//
// Forecast turns a History into quantiles per product, region and month and of
// the demand accumulated over the months; Judge says how such a forecast would
// have done on months it had not seen; Explode turns demand for products into
// demand for what they are made of; MakeScenario makes up a maker's capacity and
// stock, to try a partnership with.
//
// The package is pure: it reads no clock, disk or network, and randomness comes
// from a seed. Floats are allowed here and only here; nothing in it is signed or
// compared between nodes before it has been rounded to decimals. Bills of
// materials are exact throughout.
//
// What the forecast does not do: it knows no seasons and no events, and a change
// of level is followed only as fast as the months show it. Series are forecast
// one by one; nothing is said of how they move together.
package planner
