// Package measure computes the figures by which partners judge forecasts, deliveries, stock, promotions and quality: the same number
// on both sides, from plain series.
//
// Most callers need Define (a measure with its parameters, named by the CID of its definition), one of the collectors (Errors, Scores,
// Deliveries, Fills, Stock, ...) that observations are added to one by one, and Result: a value, or the reason why there is none, with
// the count, what was left out and why. Chart judges subgroups by a control chart and names signals.
//
// Guarantees: pure functions of their arguments without clock, randomness or floats. Sums are exact fractions and are rounded once, to 34
// digits, half-even; terms that are quotients themselves are rounded to 34 decimals before they are added, so that no result depends
// on the order of its observations. Tests against a number of deviations compare squares and need no root. Nothing is ever NaN, and
// nothing that was not measured reads as zero.
//
// The sign of an error is forecast minus actual: a positive bias is a forecast that was too high.
package measure
