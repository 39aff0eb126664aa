package terms

// HasClause tells whether the terms have a price, a band, an authorisation, an SLA, a remedy or a rebate of that name.
func (d Document) HasClause(id string) bool {
	for _, list := range [][]string{ids(d.Prices, func(x Price) string { return x.ID }), ids(d.Bands, func(x FlexBand) string { return x.ID }), ids(d.Authorisations, func(x Authorisation) string { return x.ID }),
		ids(d.SLAs, func(x SLA) string { return x.ID }), ids(d.Remedies, func(x Remedy) string { return x.ID })} {
		for _, have := range list {
			if have == id {
				return true
			}
		}
	}
	return false
}

func ids[T any](list []T, of func(T) string) (out []string) {
	for _, x := range list {
		out = append(out, of(x))
	}
	return out
}
