package command

import (
	"encoding/hex"
	"fmt"
	"strings"
	"time"

	"github.com/urfave/cli/v2"

	"kontor/crypto/keys"
	"kontor/node"
	"kontor/node/api/wire"
	"kontor/protocol/identity"
)

// expirySoon is how long before its end a certificate or a mandate is shown as ending.
const expirySoon = 30 * 24 * time.Hour

// lifeOf says whether what ends at a time, ms UTC, is in force.
func lifeOf(now time.Time, until int64) string {
	left := time.UnixMilli(until).Sub(now)
	switch {
	case left < 0:
		return "expired"
	case left < expirySoon:
		return "in force, ends in " + node.Count(int(left/(24*time.Hour)), "day") + ": renew"
	}
	return "in force"
}

// officerKey finds an officer's key in force in a chain, by its ID, its hexadecimal form, or its role where only one key of that role is in force.
func officerKey(chain *identity.Chain, name string) (identity.KeyState, error) {
	var ofRole []identity.KeyState
	for _, k := range chain.Now().Keys() {
		if k.Usage == string(keys.Role) && k.Role == name && !k.Revoked {
			ofRole = append(ofRole, k)
		}
	}
	switch {
	case len(ofRole) == 1:
		return ofRole[0], nil
	case len(ofRole) > 1:
		var ids []string
		for _, k := range ofRole {
			ids = append(ids, string(keys.Public(k.Key).ID()))
		}
		return identity.KeyState{}, wire.Problemf("WHICH_KEY", "%d keys of the role %s are in force: name one of %s", len(ofRole), name, strings.Join(ids, ", "))
	}
	for _, k := range chain.Now().Keys() {
		pub := keys.Public(k.Key)
		if k.Usage != string(keys.Role) || string(pub.ID()) != name && pub.Hex() != name {
			continue
		}
		if k.Revoked {
			return k, wire.Problemf("ALREADY_REVOKED", "the key %s is revoked already", name)
		}
		return k, nil
	}
	return identity.KeyState{}, wire.Problemf("NO_KEY", "no officer's key %q is in the chain, and no key of such a role is in force; kontor officer list shows them", name)
}

var officerRenew = verb{
	name: "renew", short: "certify a new key for an officer whose certificate ends", args: "KEY|ROLE", most: 1,
	long: "A key is certified once, so a renewal is a new key for the same role and person, with the same limit unless --limit says otherwise. The old key stays good until its\n" +
		"certificate ends: what it has still to sign it signs, and mandates it granted hold. --revoke ends it at once.",
	examples: []string{"kontor officer renew KEY --key-file coo-2.key", "kontor officer renew KEY --limit '2000000 USD' --revoke"},
	exits:    []int{wire.ExitNotFound, wire.ExitNotNow, wire.ExitMachine},
	flags: append([]cli.Flag{
		&cli.StringFlag{Name: "limit", Usage: "`AMOUNT` up to which one signature commits", DefaultText: "the old one's"},
		&cli.StringFlag{Name: "key-file", Usage: "`FILE` to write the new key to", DefaultText: "keys/ROLE-KEY.key in the home"},
		&cli.BoolFlag{Name: "revoke", Usage: "revoke the old key at once"},
		&cli.BoolFlag{Name: "no-passphrase", Usage: "leave the key file unsealed: for demonstrations"},
	}, rootFlags()...),
	run: func(c *call) error {
		n, err := c.node()
		if err != nil {
			return err
		}
		chain, err := ownChain(c, n)
		n.Close()
		if err != nil {
			return err
		}
		old, err := officerKey(chain, c.Args().First())
		if err != nil {
			return err
		}
		a := appointment{role: old.Role, person: hex.EncodeToString(old.Person), limit: old.Limit, file: fmt.Sprintf("%s-%d", old.Role, c.now().Unix())}
		if text := c.String("limit"); text != "" {
			limit, err := parseAmount("limit", text)
			if err != nil {
				return err
			}
			a.limit = &identity.Amount{Minor: limit.Minor, Currency: limit.Currency}
		}
		if c.Bool("revoke") {
			a.after = old.Key
		}
		return c.certify(a)
	},
}
