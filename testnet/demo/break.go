package demo

import (
	"context"
	"fmt"

	"kontor/node"
	"kontor/node/desk"
	"kontor/protocol/block"
	"kontor/protocol/state"
	"kontor/store"
	"kontor/testnet/proc"
)

// What --break does. Each changes one thing behind the back of the protocol; the claim that catches it then ends the demonstration.

// breakRestart kills the maker's node and does not bring it back.
func (d *demo) breakRestart(context.Context) error {
	d.say("on purpose: the node of %s is killed and not started again", d.maker.Name)
	d.maker.Kill()
	return claim(d.maker.Alive(), "restart: the node of %s is down", d.maker.Name)
}

// breakRoot alters one settled row in the maker's database while its node is down, as a broken disk or a curious hand would.
func (d *demo) breakRoot(ctx context.Context) error {
	d.say("on purpose: one row in the database of %s is altered", d.maker.Name)
	with, err := standing(ctx, d.maker, d.agency.Name)
	if err != nil {
		return err
	}
	pid, err := block.ParseCID(with.Partnership)
	if err != nil {
		return err
	}
	if err := d.maker.Stop(); err != nil {
		return err
	}
	if err := alterRow(node.Home(d.maker.Home), pid); err != nil {
		return err
	}
	if err := d.maker.Start(ctx); err != nil {
		return err
	}
	// Something must settle for the roots to be compared again.
	var shared desk.Shared
	if _, err := d.agency.Run(ctx, "forecast", "adjust", "--product", d.names[0], "--percent", "1"); err != nil {
		return err
	}
	if err := d.agency.Ask(ctx, &shared, "forecast", "share"); err != nil {
		return err
	}
	return proc.Eventually(ctx, "the new forecast at "+d.maker.Name, patience, func() (bool, error) {
		return d.holds(ctx, d.maker, shared.CID.String())
	})
}

// alterRow changes a settled row of a partnership in the tree of rows: one that nothing rewrites later.
func alterRow(home node.Home, pid block.CID) error {
	key, err := store.LoadKeyFile(string(home)+"/store.key", home.Database())
	if err != nil {
		return err
	}
	db, err := store.Open(store.Options{Dir: home.Database(), Key: key})
	if err != nil {
		return err
	}
	defer db.Close()
	return db.Update(func(kv store.KV) error {
		part := state.PartitionOf(pid)
		for _, prefix := range []string{"mandate/", "policy/", "partnership"} {
			altered := false
			err := state.NewTable(kv, part).Scan(prefix, func(row string, _ []byte) (bool, error) {
				altered = true
				return false, state.NewTree(kv, part).Put(row, []byte("altered"))
			})
			if err != nil || altered {
				return err
			}
		}
		return fmt.Errorf("no row to alter was found")
	})
}
