package demo

import (
	"context"
	"fmt"
	"strings"
	"time"

	"kontor/node"
	"kontor/node/desk"
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
	if err := d.maker.Stop(); err != nil {
		return err
	}
	if err := alterRow(node.Home(d.maker.Home)); err != nil {
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
	return proc.Eventually(ctx, "the new forecast at "+d.maker.Name, 10*time.Second, func() (bool, error) {
		return d.holds(ctx, d.maker, shared.CID.String())
	})
}

// alterRow changes the stored hash of one forecast version's row in the tree of settled rows.
func alterRow(home node.Home) error {
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
		var part state.Partition
		var row string
		err := kv.Scan(state.TableRows, nil, nil, func(key, _ []byte) (bool, error) {
			if name := string(key[len(part):]); strings.HasPrefix(name, "version/") {
				copy(part[:], key)
				row = name
				return false, nil
			}
			return true, nil
		})
		if err != nil {
			return err
		}
		if row == "" {
			return fmt.Errorf("no row to alter was found")
		}
		return state.NewTree(kv, part).Put(row, []byte("altered"))
	})
}
