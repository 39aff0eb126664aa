package terms

import "slices"

// HasClause tells whether the terms have a price, a band, an authorisation, an SLA, a remedy or a rebate of that name.
func (d Document) HasClause(id string) bool { return slices.Contains(d.Clauses(), id) }

// Clauses lists the names of all prices, bands, authorisations, SLAs, remedies and rebates, in the order of the terms.
func (d Document) Clauses() (out []string) {
	for _, list := range [][]string{ids(d.Prices, func(x Price) string { return x.ID }), ids(d.Bands, func(x FlexBand) string { return x.ID }), ids(d.Authorisations, func(x Authorisation) string { return x.ID }),
		ids(d.SLAs, func(x SLA) string { return x.ID }), ids(d.Remedies, func(x Remedy) string { return x.ID })} {
		out = append(out, list...)
	}
	return out
}

func ids[T any](list []T, of func(T) string) (out []string) {
	for _, x := range list {
		out = append(out, of(x))
	}
	return out
}
