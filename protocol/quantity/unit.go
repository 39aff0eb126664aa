package quantity

import (
	"fmt"
)

// Unit is a code of UN/ECE Recommendation 20 ("C62" piece, "KGM" kilogram) or of Recommendation 21 for packages.
// The zero value means "no unit given".
type Unit string

// The units known to version 1. Codes come from UN/ECE Recommendation 20; EA and PK are the codes trade uses
// for "each" and "pack". CT, CS and BX are packages of Recommendation 21; pound, foot and gallon (of the United
// States) are exact multiples of the metric units, by the agreement of 1959 and the definition of the gallon as
// 231 cubic inches.
const (
	Piece     Unit = "C62"
	Each      Unit = "EA"
	Pack      Unit = "PK"
	Carton    Unit = "CT"
	Case      Unit = "CS"
	Box       Unit = "BX"
	Dozen     Unit = "DZN"
	Thousand  Unit = "MIL"
	Milligram Unit = "MGM"
	Gram      Unit = "GRM"
	Kilogram  Unit = "KGM"
	Tonne     Unit = "TNE"
	Pound     Unit = "LBR"
	Litre     Unit = "LTR"
	Millilit  Unit = "MLT"
	CubicM    Unit = "MTQ"
	Gallon    Unit = "GLL"
	Metre     Unit = "MTR"
	Foot      Unit = "FOT"
	SquareM   Unit = "MTK"
	Second    Unit = "SEC"
	Minute    Unit = "MIN"
	Hour      Unit = "HUR"
	Cycle     Unit = "B7"
	KilowattH Unit = "KWH"
)

// Dimension is what a unit measures; quantities convert inside a dimension only.
type Dimension string

// The dimensions of version 1. Packs, cartons, cases and boxes have their own: how many pieces one holds is a fact about a product,
// dated and known to both sides (practice T12), and never a fact about the unit.
const (
	Count   Dimension = "count"
	Packs   Dimension = "packs"
	Cartons Dimension = "cartons"
	Cases   Dimension = "cases"
	Boxes   Dimension = "boxes"
	Mass    Dimension = "mass"
	Volume  Dimension = "volume"
	Length  Dimension = "length"
	Area    Dimension = "area"
	Time    Dimension = "time"
	Cycles  Dimension = "cycles"
	Energy  Dimension = "energy"
)

type unitFacts struct {
	dimension Dimension
	name      string
	factor    int64 // multiples of the smallest unit of the dimension
}

var units = map[Unit]unitFacts{
	Piece:     {Count, "piece", 1},
	Each:      {Count, "each", 1},
	Dozen:     {Count, "dozen", 12},
	Thousand:  {Count, "thousand", 1000},
	Pack:      {Packs, "pack", 1},
	Carton:    {Cartons, "carton", 1},
	Case:      {Cases, "case", 1},
	Box:       {Boxes, "box", 1},
	Milligram: {Mass, "milligram", 100}, // in hundredths of a milligram, of which a pound has a whole number
	Gram:      {Mass, "gram", 1e5},
	Kilogram:  {Mass, "kilogram", 1e8},
	Tonne:     {Mass, "tonne", 1e11},
	Pound:     {Mass, "pound", 45_359_237},
	Millilit:  {Volume, "millilitre", 1e6}, // in nanolitres, of which a gallon has a whole number
	Litre:     {Volume, "litre", 1e9},
	CubicM:    {Volume, "cubic metre", 1e12},
	Gallon:    {Volume, "US gallon", 3_785_411_784},
	Metre:     {Length, "metre", 10_000}, // in tenths of a millimetre
	Foot:      {Length, "foot", 3_048},
	SquareM:   {Area, "square metre", 1},
	Second:    {Time, "second", 1},
	Minute:    {Time, "minute", 60},
	Hour:      {Time, "hour", 3600},
	Cycle:     {Cycles, "cycle", 1},
	KilowattH: {Energy, "kilowatt hour", 1},
}

// ParseUnit reads a code exactly as Recommendation 20 writes it.
func ParseUnit(s string) (Unit, error) {
	if u := Unit(s); u.Known() {
		return u, nil
	}
	return "", fmt.Errorf("unknown unit %q: want a UN/ECE Rec 20 code such as C62, PK, KGM or HUR", s)
}

// Known reports whether the unit is one of this version's list.
func (u Unit) Known() bool { _, ok := units[u]; return ok }

// Dimension is what the unit measures, or "" for an unknown unit.
func (u Unit) Dimension() Dimension { return units[u].dimension }

// Name is the English name in the singular, or the code itself for an unknown unit.
func (u Unit) Name() string {
	if f, ok := units[u]; ok {
		return f.name
	}
	return string(u)
}

// Said is a number of the unit as people say it: "1 piece", "2.5 kilograms", "40 feet". The number is taken as it is
// written; what is sent, signed or typed has the code instead.
func (u Unit) Said(number string) string {
	name := u.Name()
	if number == "1" || number == "-1" || !u.Known() {
		return number + " " + name
	}
	if many, irregular := plurals[u]; irregular {
		return number + " " + many
	}
	return number + " " + name + "s"
}

// plurals are the names that take more than an s.
var plurals = map[Unit]string{
	Each: "each", Dozen: "dozen", Thousand: "thousand", Box: "boxes", Foot: "feet",
}

// Ratio is the whole-numbered fraction, in lowest terms, by which a quantity in u is multiplied to be in v.
func (u Unit) Ratio(v Unit) (num, den int64, err error) {
	from, known := units[u]
	to, alsoKnown := units[v]
	switch {
	case !known:
		return 0, 0, fmt.Errorf("unknown unit %q", string(u))
	case !alsoKnown:
		return 0, 0, fmt.Errorf("unknown unit %q", string(v))
	case from.dimension != to.dimension:
		return 0, 0, fmt.Errorf("unit %q measures %s and %q measures %s", string(u), from.dimension, string(v), to.dimension)
	}
	a, b := from.factor, to.factor
	for b != 0 { // Euclid: small numbers leave room for the quantity
		a, b = b, a%b
	}
	return from.factor / a, to.factor / a, nil
}

// Convert is q, given in unit from, in unit to. It is exact: a result that has no finite decimal (a second in
// hours) is an error, and the caller decides how to round by way of Ratio and Quo.
func Convert(q Quantity, from, to Unit) (Quantity, error) {
	num, den, err := from.Ratio(to)
	if err != nil {
		return Quantity{}, fmt.Errorf("convert %s %s to %s: %w", q, string(from), string(to), err)
	}
	scaled, err := q.Mul(Of(num))
	if err != nil {
		return Quantity{}, fmt.Errorf("convert %s %s to %s: %w", q, string(from), string(to), err)
	}
	ratio, err := scaled.Quo(Of(den))
	if err != nil {
		return Quantity{}, err
	}
	result, err := ratio.Round(MaxExponent)
	if err != nil {
		return Quantity{}, fmt.Errorf("convert %s %s to %s: %w", q, string(from), string(to), err)
	}
	if back, err := result.Mul(Of(den)); err != nil || back != scaled {
		return Quantity{}, fmt.Errorf("convert %s %s to %s: no exact decimal", q, string(from), string(to))
	}
	return result, nil
}
