package admin

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"strings"

	"kontor/crypto/keys"
	"kontor/node"
	"kontor/node/api/wire"
	"kontor/protocol/artifact"
	"kontor/protocol/block"
	"kontor/protocol/identity"
)

// personRows hold the names of natural persons, which never leave this node: by name, the 16 random bytes that stand for them.
const personRows = "person/"

type personRow struct {
	Person []byte `cbor:"person"`
}

const maxPersonName = 128

// Person finds or makes what stands for a person.
func (o *Office) Person(name string) (out wire.PersonReport, err error) {
	name = strings.Join(strings.Fields(name), " ")
	if name == "" || len(name) > maxPersonName {
		return out, node.Failf("BAD_NAME", "the person's name has %d bytes; 1 to %d are right", len(name), maxPersonName)
	}
	if !artifact.IsName(name) {
		return out, node.Failf("BAD_NAME", "the person's name %+q is not plain text", name)
	}
	err = o.node.Private(func(rows node.PrivateRows) error {
		var row personRow
		found, err := rows.Get(personRows+name, &row)
		if err != nil {
			return err
		}
		if !found {
			row.Person = make([]byte, identity.PersonSize)
			rand.Read(row.Person)
			if err := rows.Put(personRows+name, row); err != nil {
				return err
			}
		}
		out = wire.PersonReport{Name: name, Person: hex.EncodeToString(row.Person)}
		return nil
	})
	return out, err
}

// names lists the persons known, by their bytes in hex.
func (o *Office) names() (map[string]string, error) {
	out := map[string]string{}
	err := o.node.ReadPrivate(func(rows node.PrivateRows) error {
		return rows.Scan(personRows, func(name string, decode func(any) error) (bool, error) {
			var row personRow
			err := decode(&row)
			out[hex.EncodeToString(row.Person)] = name
			return true, err
		})
	})
	return out, err
}

// Identity shows this company's chain. Names of persons are for those who administer.
func (o *Office) Identity(withNames bool) (wire.IdentityReport, error) {
	chain := o.node.Chain(o.node.Company())
	view := chain.Now()
	quorum, _ := view.Quorum("", o.node.Now())
	r := wire.IdentityReport{Company: chain.Company().String(), Name: view.Name(), Fingerprint: Fingerprint(chain), Head: chain.Head().String(),
		Len: chain.Len(), DualHat: view.DualHat(), Quorum: quorum, Keys: []wire.KeyInfo{}}
	names := map[string]string{}
	if withNames {
		var err error
		if names, err = o.names(); err != nil {
			return r, err
		}
		for person, name := range names {
			r.Persons = append(r.Persons, wire.NamedKey{Person: person, Name: name})
		}
	}
	for _, k := range view.Keys() {
		info := wire.KeyInfo{Key: hex.EncodeToString(k.Key), ID: string(keys.Public(k.Key).ID()), Usage: k.Usage, Role: k.Role,
			Person: hex.EncodeToString(k.Person), From: k.From, Until: k.Until, Revoked: k.Revoked}
		info.Name = names[info.Person]
		if k.Limit != nil {
			info.Limit = &wire.Amount{Minor: k.Limit.Minor, Currency: k.Limit.Currency}
		}
		r.Keys = append(r.Keys, info)
	}
	for _, env := range chain.From(0) {
		data, err := block.Marshal(env)
		if err != nil {
			return r, err
		}
		r.Chain = append(r.Chain, data)
	}
	return r, nil
}

// Extend appends an entry that the roots signed.
func (o *Office) Extend(ctx context.Context, data []byte) (wire.IdentityReport, error) {
	var env identity.Envelope
	if err := block.Unmarshal(data, &env); err != nil {
		return wire.IdentityReport{}, node.Failf("BAD_IDENTITY_ENTRY", "the entry does not decode: %v", err)
	}
	announced, err := o.node.ExtendIdentity(ctx, env)
	if err != nil {
		return wire.IdentityReport{}, err
	}
	r, err := o.Identity(true)
	r.Announced = announced
	return r, err
}
