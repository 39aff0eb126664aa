package demo

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"sync"

	"kontor/node/api/wire"
	"kontor/testnet/proc"
)

// pair founds the three companies, starts their nodes and pairs them: the agency buys from the tablet maker, the tablet maker from the ingredient
// maker.
func (d *demo) pair(ctx context.Context) error {
	if err := d.each(func(c *proc.Company) error { return c.Found(ctx) }); err != nil {
		return err
	}
	for _, c := range d.companies() {
		d.report.Companies = append(d.report.Companies, c.Name)
		d.say("%s listens at %s", c.Name, c.Listen)
	}
	if err := d.invite(ctx, d.agency, d.maker); err != nil {
		return err
	}
	if err := d.invite(ctx, d.maker, d.ingredient); err != nil {
		return err
	}
	return d.appoint(ctx)
}

// each does the same for all companies at once.
func (d *demo) each(do func(*proc.Company) error) error {
	errs := make(chan error, len(d.companies()))
	var wg sync.WaitGroup
	for _, c := range d.companies() {
		wg.Add(1)
		go func() { defer wg.Done(); errs <- do(c) }()
	}
	wg.Wait()
	close(errs)
	for err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

// invite pairs a buyer, who invites, with a seller, who accepts.
func (d *demo) invite(ctx context.Context, buyer, seller *proc.Company) error {
	var token wire.Invitation
	if err := buyer.Ask(ctx, &token, "partner", "invite", "--as", "buyer", "--materiality", "250000 USD"); err != nil {
		return err
	}
	var done wire.Pairing
	if err := seller.Ask(ctx, &done, "partner", "accept", token.Invitation, "--yes"); err != nil {
		return err
	}
	d.say("%s buys from %s; six words on both screens: %v", buyer.Name, seller.Name, done.Words)
	return proc.Eventually(ctx, "the partnership of "+buyer.Name+" and "+seller.Name, patience, func() (bool, error) {
		for _, c := range []*proc.Company{buyer, seller} {
			var list wire.PartnerListing
			if err := c.Ask(ctx, &list, "partner", "list"); err != nil {
				return false, err
			}
			active := false
			for _, p := range list.Partnerships {
				active = active || (p.Partnership == done.Partnership && p.State == "active")
			}
			if !active {
				return false, nil
			}
		}
		return true, nil
	})
}

// officers are the roles that sign for the buyer and the seller.
var officers = []string{"COO", "CFO"}

// appoint makes the officers' keys and the maker's planning desk. Key files stay outside the nodes' homes, where officers keep them.
func (d *demo) appoint(ctx context.Context) error {
	if err := os.MkdirAll(filepath.Join(d.dir, "officers"), 0o700); err != nil {
		return err
	}
	for _, c := range []*proc.Company{d.agency, d.maker} {
		for _, role := range officers {
			if _, err := c.Run(ctx, "officer", "add", "--role", role, "--person", role+" of "+c.Name, "--limit", "50000000 USD",
				"--key-file", d.keyFile(c, role), "--no-passphrase"); err != nil {
				return err
			}
		}
	}
	d.say("COO and CFO of %s and %s hold their own key files; the nodes never see them", d.agency.Name, d.maker.Name)
	return nil
}

func (d *demo) keyFile(c *proc.Company, role string) string {
	return filepath.Join(d.dir, "officers", fmt.Sprintf("%s-%s.key", c.Label, role))
}
