package demo

import (
	"context"
	"fmt"

	"kontor/node/api/wire"
	"kontor/testnet/proc"
)

// compare asks both members of each partnership for the state root at the same settled line.
func (d *demo) compare(ctx context.Context) error {
	if d.Break == "restart" {
		if err := d.breakRestart(ctx); err != nil {
			return err
		}
	}
	if d.Break == "root" {
		if err := d.breakRoot(ctx); err != nil {
			return err
		}
	}
	for _, pair := range [][2]*proc.Company{{d.agency, d.maker}, {d.maker, d.ingredient}} {
		if err := d.compareRoots(ctx, pair[0], pair[1]); err != nil {
			return err
		}
	}
	d.report.StateRootsEqual = true
	return nil
}

func (d *demo) compareRoots(ctx context.Context, a, b *proc.Company) error {
	var one, other wire.PartnershipStatus
	err := proc.Eventually(ctx, "one settled line at "+a.Name+" and "+b.Name, patience, func() (bool, error) {
		var err error
		if one, err = standing(ctx, a, b.Name); err != nil {
			return false, err
		}
		if other, err = standing(ctx, b, a.Name); err != nil {
			return false, err
		}
		return one.Line == other.Line && (one.Root == other.Root || one.Difference != "" || other.Difference != ""), nil
	})
	row := one.Difference
	if row == "" {
		row = other.Difference
	}
	if err != nil || one.Root != other.Root {
		return claim(false, "the state roots of %s and %s differ at line %d; first row that differs: %q", a.Name, b.Name, one.Line, row)
	}
	d.say("%s and %s: settled line %d, state root %.16s on both", a.Name, b.Name, one.Line, one.Root)
	return nil
}

// standing is how a company's partnership with another stands.
func standing(ctx context.Context, c *proc.Company, with string) (wire.PartnershipStatus, error) {
	var list wire.PartnerListing
	if err := c.Ask(ctx, &list, "partner", "list"); err != nil {
		return wire.PartnershipStatus{}, err
	}
	for _, p := range list.Partnerships {
		for _, m := range p.Members {
			if m.Name == with {
				return p, nil
			}
		}
	}
	return wire.PartnershipStatus{}, fmt.Errorf("%s has no partnership with %s", c.Name, with)
}
