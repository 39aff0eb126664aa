package x12

import (
	"kontor/node/intake"
	"kontor/protocol/quantity"
)

// units are codes of element 355 (unit or basis for measurement) by ours, where they
// differ or two lists give one code two meanings: CA is a case here and a can in UN/ECE
// Recommendation 21, ST a set here and a piece with German senders, TO a troy ounce here
// and a tonne elsewhere. A tonne is MP (metric ton); TN is the short ton.
var units = map[string]quantity.Unit{
	"EA": quantity.Each, "PC": quantity.Piece, "UN": quantity.Piece, "KG": quantity.Kilogram, "GR": quantity.Gram, "LB": quantity.Pound, "MP": quantity.Tonne,
	"LT": quantity.Litre, "ML": quantity.Millilit, "GA": quantity.Gallon, "CR": quantity.CubicM, "MR": quantity.Metre, "FT": quantity.Foot, "SM": quantity.SquareM,
	"DZ": quantity.Dozen, "TH": quantity.Thousand, "HR": quantity.Hour, "MJ": quantity.Minute, "PK": quantity.Pack, "CT": quantity.Carton, "CA": quantity.Case, "BX": quantity.Box,
}

// foreign are codes that mean something else here than to the senders of other
// formats.
var foreign = map[string]bool{"ST": true, "TO": true, "TN": true, "CN": true, "CS": true, "MT": true}

// unitOf reads a unit as X12 writes it. It has complained where the answer is false.
func (r *reader) unitOf(code string, at intake.Complaint) (quantity.Unit, bool) {
	if u, ok := units[code]; ok {
		return u, true
	}
	if foreign[code] {
		at.Code, at.Value, at.Text, at.Want = intake.CodeUnit, code, "a unit of element 355 that is not read", "EA, PC, KG, LB, GA, FT, CA, CT, BX and the like"
		r.report.Complain(at)
		return "", false
	}
	return r.MessageUnit(code, r.report, at)
}
