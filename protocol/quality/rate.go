package quality

import (
	"crypto/hmac"
	"crypto/sha256"
	"fmt"

	"kontor/protocol/quantity"
)

// ppmDecimals is the precision of a rate in parts per million.
const ppmDecimals = 6

// Base is the quantity defects are divided by; nil where it was not counted.
func (m Measure) Base() *quantity.Quantity {
	switch m.Denominator {
	case ByReceived:
		return m.Received
	case ByDelivered:
		return m.Delivered
	case ByInspected:
		return m.Inspected
	}
	return nil
}

// Counted are the bad units by the counting rule: those confirmed, or every unit of a lot that was rejected. A lot,
// receipt and failure code count once.
func (m Measure) Counted() (quantity.Quantity, error) {
	if m.Counting != CountLot {
		return m.Confirmed, nil
	}
	var sum quantity.Quantity
	var err error
	seen := map[string]bool{}
	for _, l := range m.Lots {
		key := fmt.Sprintf("%x|%s|%s", l.Lot, l.Receipt, l.Code)
		if seen[key] {
			continue
		}
		seen[key] = true
		if sum, err = sum.Add(l.Units); err != nil {
			return quantity.Quantity{}, err
		}
	}
	return sum, nil
}

// Rate is the defect rate in parts per million, to six decimals, half to even (measures D7). ok is false where the
// denominator is nothing or was not counted: then the rate is not measured, which is not a rate of nothing.
func (m Measure) Rate() (rate quantity.Quantity, ok bool, err error) {
	base := m.Base()
	if base == nil || base.Sign() <= 0 {
		return quantity.Quantity{}, false, nil
	}
	bad, err := m.Counted()
	if err != nil {
		return quantity.Quantity{}, false, err
	}
	million, err := bad.Mul(quantity.Of(PPMWhole))
	if err != nil {
		return quantity.Quantity{}, false, err
	}
	ratio, err := million.Quo(*base)
	if err != nil {
		return quantity.Quantity{}, false, err
	}
	rate, err = ratio.Round(ppmDecimals)
	return rate, err == nil, err
}

// Upper is the rule of three: with no bad unit among n, the rate is below 3/n with 95 % confidence, in ppm. ok is
// false where bad units were found.
func (m Measure) Upper() (rate quantity.Quantity, ok bool, err error) {
	base := m.Base()
	bad, err := m.Counted()
	if err != nil || base == nil || base.Sign() <= 0 || !bad.IsZero() {
		return quantity.Quantity{}, false, err
	}
	ratio, err := quantity.Of(3 * PPMWhole).Quo(*base)
	if err != nil {
		return quantity.Quantity{}, false, err
	}
	rate, err = ratio.Round(ppmDecimals)
	if quantity.Of(PPMWhole).Less(rate) {
		rate = quantity.Of(PPMWhole)
	}
	return rate, err == nil, err
}

// hash is HMAC-SHA256 under the report's salt of a label and parts, each with its length.
func hash(salt []byte, label string, parts ...string) []byte {
	h := hmac.New(sha256.New, salt)
	fmt.Fprintf(h, "%d:%s", len(label), label)
	for _, p := range parts {
		fmt.Fprintf(h, "%d:%s", len(p), p)
	}
	return h.Sum(nil)
}

// HashLot names a lot without telling its number. Whoever holds the report and the goods can find its own lots; whoever
// holds the report alone can guess numbers and try them, so that lot numbers are hidden from outsiders, not from the
// partner who has the lot.
func HashLot(salt []byte, lot string) []byte { return hash(salt, "kontor lot v1", lot) }

// HashSerials names a range of serial numbers by both ends, without telling them.
func HashSerials(salt []byte, first, last string) []byte {
	return hash(salt, "kontor serial range v1", first, last)
}
