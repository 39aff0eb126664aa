package terms

import (
	"kontor/protocol/artifact"
	"kontor/protocol/block"
)

// head and row are the stored form: prices, bands, authorisations, SLAs and remedies are rows of one sheet.
type head struct {
	Header artifact.Header `cbor:"header"`
	Terms  Frame           `cbor:"terms"`
}

type row struct {
	Price         *Price         `cbor:"price,omitempty"`
	Flex          *FlexBand      `cbor:"flex,omitempty"`
	Authorisation *Authorisation `cbor:"authorization,omitempty"`
	SLA           *SLA           `cbor:"sla,omitempty"`
	Remedy        *Remedy        `cbor:"remedy,omitempty"`
}

// Key is that of the one clause the row holds; a row of several or none has no key and is refused.
func (r row) Key() string {
	key, held := "", 0
	if r.Price != nil {
		key, held = r.Price.Key(), held+1
	}
	if r.Flex != nil {
		key, held = r.Flex.Key(), held+1
	}
	if r.Authorisation != nil {
		key, held = r.Authorisation.Key(), held+1
	}
	if r.SLA != nil {
		key, held = r.SLA.Key(), held+1
	}
	if r.Remedy != nil {
		key, held = r.Remedy.Key(), held+1
	}
	if held != 1 {
		return ""
	}
	return key
}

func rows(d Document) []row {
	out := make([]row, 0, len(d.Prices)+len(d.Bands)+len(d.Authorisations)+len(d.SLAs)+len(d.Remedies))
	for i := range d.Prices {
		out = append(out, row{Price: &d.Prices[i]})
	}
	for i := range d.Bands {
		out = append(out, row{Flex: &d.Bands[i]})
	}
	for i := range d.Authorisations {
		out = append(out, row{Authorisation: &d.Authorisations[i]})
	}
	for i := range d.SLAs {
		out = append(out, row{SLA: &d.SLAs[i]})
	}
	for i := range d.Remedies {
		out = append(out, row{Remedy: &d.Remedies[i]})
	}
	return out
}

// ToSheet writes the terms as a sheet of keyed clauses, whatever their order.
func ToSheet(d Document, seriesKey [32]byte) (block.Sheet, error) {
	return artifact.ToSheet(Type, seriesKey, head{d.Header, d.Frame}, rows(d))
}

// FromSheet reads what ToSheet writes, each kind of clause in order of its keys. It refuses what are no terms at all;
// whether they may be proposed is Check's to say. On error the document is empty.
func FromSheet(s block.Sheet) (Document, error) {
	h, all, err := artifact.FromSheet[head, row](s, Type, MaxPrices+MaxFlex*2+MaxSLAs+MaxRemedies)
	if err != nil {
		return Document{}, err
	}
	d := Document{Header: h.Header, Frame: h.Terms}
	for _, r := range all {
		switch {
		case r.Price != nil:
			d.Prices = append(d.Prices, *r.Price)
		case r.Flex != nil:
			d.Bands = append(d.Bands, *r.Flex)
		case r.Authorisation != nil:
			d.Authorisations = append(d.Authorisations, *r.Authorisation)
		case r.SLA != nil:
			d.SLAs = append(d.SLAs, *r.SLA)
		default:
			d.Remedies = append(d.Remedies, *r.Remedy)
		}
	}
	return d, nil
}
