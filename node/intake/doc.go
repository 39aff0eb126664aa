// Package intake turns the files that companies already have into drafts.
//
// Read takes the bytes of a CSV file and Options and answers a Draft and a
// Report. The Draft holds exact quantities and calendar buckets, ready to be
// shared or planned with; the Report says how the file was read and complains,
// with line, column, value and what would be right. Write is the way back: CSV
// that a spreadsheet can't mistake for formulas.
//
// Guarantees: pure functions of their arguments, without network, store or
// clock; a file with one bad line yields no draft unless SkipBad is set, and then
// the report lists what was left out; nothing is guessed where two readings are
// possible: an ambiguous decimal mark or date order is a complaint that says
// which option settles it.
package intake
