package forecast

import (
	"strings"

	"kontor/protocol/artifact"
)

// CheckDigit reports whether the last of the digits is the GS1 check digit of the others: weights 3 and 1 from
// the right, sum to the next ten (GS1 General Specifications 7.9). It serves GTIN, GLN and SSCC.
func CheckDigit(digits string) bool {
	if digits == "" || strings.Trim(digits, "0123456789") != "" {
		return false
	}
	sum := 0
	for i := range len(digits) {
		n := int(digits[len(digits)-1-i] - '0')
		if i%2 == 1 {
			n *= 3
		}
		sum += n
	}
	return sum%10 == 0
}

// ValidGTIN reports whether s is a GTIN of 8, 12, 13 or 14 digits with its check digit.
func ValidGTIN(s string) bool {
	switch len(s) {
	case 8, 12, 13, 14:
		return CheckDigit(s)
	}
	return false
}

// ValidGLN reports whether s is a GLN: 13 digits with its check digit.
func ValidGLN(s string) bool { return len(s) == 13 && CheckDigit(s) }

// ValidRegion reports whether s has the shape of an ISO 3166-1 alpha-2 code or an ISO 3166-2 subdivision.
func ValidRegion(s string) bool {
	country, part, divided := strings.Cut(s, "-")
	if len(country) != 2 || strings.Trim(country, capitals) != "" {
		return false
	}
	return !divided || (len(part) >= 1 && len(part) <= 3 && strings.Trim(part, capitals+"0123456789") == "")
}

const capitals = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"

// ValidUNLOCODE reports whether s has the shape of a UN/LOCODE: two letters of the country, three letters or
// digits 2 to 9.
func ValidUNLOCODE(s string) bool {
	return len(s) == 5 && strings.Trim(s[:2], capitals) == "" && strings.Trim(s[2:], capitals+"23456789") == ""
}

func checkItem(r *artifact.Report, path string, i Item) {
	if i.ID() == "" {
		r.Add(CodeItem, path, "no identifier: want a GTIN, the buyer's or the seller's item number")
	}
	if i.GTIN != "" && !ValidGTIN(i.GTIN) {
		r.Add(CodeItem, path+".gtin", "GTIN %q has a wrong length or check digit", artifact.Clip(i.GTIN))
	}
	for _, f := range []struct{ name, text string }{{"buyersItemId", i.BuyersID}, {"sellersItemId", i.SellersID}, {"revision", i.Revision}} {
		if f.text != "" && !artifact.IsName(f.text) {
			r.Add(CodeItem, path+"."+f.name, "%q is too long or not plain text", artifact.Clip(f.text))
		}
	}
	if !artifact.IsSentence(i.Description) {
		r.Add(CodeItem, path+".description", "is too long or not plain text")
	}
}

func checkLocation(r *artifact.Report, path string, l Location) {
	if l.GLN != "" && !ValidGLN(l.GLN) {
		r.Add(CodeLocation, path+".gln", "GLN %q has a wrong length or check digit", artifact.Clip(l.GLN))
	}
	if l.Region != "" && !ValidRegion(l.Region) {
		r.Add(CodeLocation, path+".region", "%q is no ISO 3166 code such as CI or DE-BY", artifact.Clip(l.Region))
	}
	if l.UNLOCODE != "" && !ValidUNLOCODE(l.UNLOCODE) {
		r.Add(CodeLocation, path+".unlocode", "%q is no UN/LOCODE such as CIABJ", artifact.Clip(l.UNLOCODE))
	}
}
