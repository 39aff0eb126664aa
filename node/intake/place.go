package intake

import (
	"fmt"
	"strings"

	"kontor/protocol/forecast"
	"kontor/protocol/quantity"
)

// PlaceOf reads a place by the shape of its number: a GLN, an ISO 3166 region or
// a UN/LOCODE. What has none of these shapes is taken for a region as it stands,
// for the rules to refuse.
func PlaceOf(code string) forecast.Location {
	switch {
	case forecast.ValidGLN(code):
		return forecast.Location{GLN: code}
	case !forecast.ValidRegion(code) && forecast.ValidUNLOCODE(code):
		return forecast.Location{UNLOCODE: code}
	}
	return forecast.Location{Region: code}
}

// ParsePlaces reads a table of places, each as CODE=MEANING, the meaning a GLN,
// UN/LOCODE or region.
func ParsePlaces(list []string) (map[string]string, error) {
	if len(list) == 0 {
		return nil, nil
	}
	table := make(map[string]string, len(list))
	for _, entry := range list {
		code, means, ok := strings.Cut(entry, "=")
		if at := PlaceOf(means); !ok || code == "" || at.Region != "" && !forecast.ValidRegion(at.Region) || at == (forecast.Location{}) {
			return nil, fmt.Errorf("place %q does not say what a code means; want CODE=GLN, CODE=UN/LOCODE or CODE=REGION such as BCZB=CZ", entry)
		}
		table[code] = means
	}
	return table, nil
}

// Party is a place as an electronic document names it.
type Party struct {
	Code    string // as written
	Agency  string // whose list the code is from: "9" GS1, "6" UN/ECE, "" not said
	Country string // ISO 3166-1 alpha-2, "" not said
}

// Agencies of codes, as EDIFACT 3055 has them.
const (
	AgencyISO = "5"
	AgencyUN  = "6"
	AgencyGS1 = "9"
)

// Place finds what the code of a place means: by the option's table of places
// first, then by its shape, then as the country it is in. A code that means
// nothing here is left out, which is noted at the given place of the file.
func (o Options) Place(p Party, r *Report, at Complaint) forecast.Location {
	if p.Code == "" && p.Country == "" {
		return forecast.Location{}
	}
	if known, ok := o.Places[p.Code]; ok && p.Code != "" {
		return PlaceOf(known)
	}
	region := ""
	if forecast.ValidRegion(p.Country) {
		region = p.Country
	}
	switch {
	case forecast.ValidGLN(p.Code) && (p.Agency == "" || p.Agency == AgencyGS1):
		return forecast.Location{GLN: p.Code, Region: region}
	case p.Agency == AgencyUN && forecast.ValidUNLOCODE(p.Code):
		return forecast.Location{UNLOCODE: p.Code, Region: region}
	case (p.Agency == AgencyUN || p.Agency == AgencyISO) && forecast.ValidRegion(p.Code):
		return forecast.Location{Region: p.Code}
	case p.Code != "" && !r.noted(NotePlace, p.Code):
		at.Code, at.Value = NotePlace, p.Code
		at.Text = "a code of the sender's own for a place: left out"
		if region != "" {
			at.Text = "a code of the sender's own for a place: read as its country " + region
		}
		at.Want = "the code in the table of places, with its GLN, UN/LOCODE or region"
		r.Note(at)
	}
	return forecast.Location{Region: region}
}

// known says that a place needs no country to be found: the table of places names it,
// or its code is a number of a public list.
func (o Options) known(p Party) bool {
	_, listed := o.Places[p.Code]
	switch {
	case p.Code == "":
		return false
	case listed, forecast.ValidGLN(p.Code) && (p.Agency == "" || p.Agency == AgencyGS1):
		return true
	}
	return p.Agency == AgencyUN && (forecast.ValidUNLOCODE(p.Code) || forecast.ValidRegion(p.Code)) || p.Agency == AgencyISO && forecast.ValidRegion(p.Code)
}

// PlaceInside finds a place, such as a plant, and the point in it where goods are
// unloaded, "" where none is named. It also answers the name that tells lines apart:
// the plant's where that is known, so that its docks are one place; else that of plant
// and dock. The table of places may name PLANT/DOCK, the plant or, last, the dock alone.
func (o Options) PlaceInside(plant, dock Party, r *Report, at Complaint) (forecast.Location, string) {
	both := Party{Code: strings.Trim(plant.Code+"/"+dock.Code, "/"), Agency: plant.Agency, Country: plant.Country}
	if both.Agency == "" || plant.Code == "" {
		both.Agency = dock.Agency
	}
	_, listed := o.Places[both.Code]
	switch {
	case listed || plant.Code == "" || dock.Code == "":
		return o.Place(both, r, at), both.Code
	case o.known(plant):
		return o.Place(plant, r, at), plant.Code
	case o.known(dock):
		dock.Country = plant.Country
		return o.Place(dock, r, at), both.Code
	}
	both.Agency = "92" // two codes of the sender's own have no shape
	return o.Place(both, r, at), both.Code
}

// tradeUnits are codes of units that trade uses beside those of Rec 20 this
// version knows, all of them exact equals.
var tradeUnits = map[string]quantity.Unit{
	"PCE": quantity.Piece, "PCS": quantity.Piece, "PC": quantity.Piece, "H87": quantity.Piece, "NAR": quantity.Piece, "NMB": quantity.Piece, "ST": quantity.Piece, "STK": quantity.Piece,
	"KG": quantity.Kilogram, "GR": quantity.Gram, "TO": quantity.Tonne, "LT": quantity.Litre, "ML": quantity.Millilit, "MR": quantity.Metre, "M3": quantity.CubicM, "M2": quantity.SquareM,
	"DZ": quantity.Dozen, "TH": quantity.Thousand, "HR": quantity.Hour, "XPK": quantity.Pack, "XCT": quantity.Carton, "XCS": quantity.Case, "XBX": quantity.Box,
}

// UnitOf reads the code of a unit as electronic documents write it.
func UnitOf(code string) (quantity.Unit, bool) {
	code = strings.ToUpper(strings.TrimSpace(code))
	if u := quantity.Unit(code); u.Known() {
		return u, true
	}
	u, ok := tradeUnits[code]
	return u, ok
}

// MessageUnit is the unit of a line of an electronic document: its code, or the
// option's where it has none, or pieces, which is noted. It has complained where
// the answer is false: a quantity in an unknown unit may be any.
func (o Options) MessageUnit(code string, r *Report, at Complaint) (quantity.Unit, bool) {
	if code == "" {
		if o.Unit != "" {
			return o.Unit, true
		}
		at.Code, at.Text = NoteAssumed, "no unit: pieces (C62) were assumed"
		r.Note(at)
		return quantity.Piece, true
	}
	means := code
	if o.Map != nil && o.Map.Units[code] != "" {
		means = o.Map.Units[code]
	}
	u, ok := UnitOf(means)
	if !ok {
		at.Code, at.Value, at.Text, at.Want = CodeUnit, code, "an unknown unit", "a UN/ECE Rec 20 code such as C62, KGM or HUR"
		r.Complain(at)
	}
	return u, ok
}

// GTIN keeps a GTIN whose check digit is right; another is left out, which is
// noted.
func GTIN(code string, r *Report, at Complaint) string {
	if code == "" || forecast.ValidGTIN(code) {
		return code
	}
	at.Code, at.Value, at.Text, at.Want = NoteQualifier, code, "a GTIN whose check digit or length is wrong: left out", "8, 12, 13 or 14 digits with their check digit"
	r.Note(at)
	return ""
}
