package admin

import (
	"slices"

	"kontor/node"
	"kontor/node/api/wire"
	"kontor/protocol/block"
)

// Thaw lets the office write with a company again whose identity showed two histories, once people have compared fingerprints.
func (o *Office) Thaw(by string, req wire.ThawRequest) (wire.ThawReport, error) {
	company, err := o.memberNamed(req.Member)
	if err != nil {
		return wire.ThawReport{}, err
	}
	f, err := o.node.Thaw(company, req.Fingerprint, by, Fingerprint)
	if err != nil {
		return wire.ThawReport{}, err
	}
	return wire.ThawReport{Company: company.String(), Name: o.node.CompanyName(company), Found: f.Since, Thawed: f.Thawed, By: f.By,
		Fingerprint: f.Fingerprint, Rejected: len(f.Rejected)}, nil
}

// memberNamed finds a company of some partnership by its CompanyID or name.
func (o *Office) memberNamed(name string) (block.CID, error) {
	var fits []block.CID
	for _, p := range o.node.Partnerships() {
		for _, m := range p.Genesis.Members {
			is := o.node.CompanyName(m.Company) == name || m.Company.String() == name || m.Company.Short() == name
			if is && !slices.Contains(fits, m.Company) {
				fits = append(fits, m.Company)
			}
		}
	}
	switch len(fits) {
	case 1:
		return fits[0], nil
	case 0:
		return block.CID{}, node.Failf("NO_PARTNER", "no member of a partnership is called %q; kontor partner show lists them", name)
	}
	return block.CID{}, node.Failf("WHICH_PARTNER", "%d members are called %q; say which by its CompanyID (kontor partner show)", len(fits), name)
}
