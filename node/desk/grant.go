package desk

import (
	"cmp"
	"fmt"
	"slices"

	"kontor/crypto/keys"
	"kontor/crypto/sign"
	"kontor/node"
	"kontor/protocol"
	"kontor/protocol/block"
	"kontor/protocol/partnership"
	"kontor/protocol/release"
)

// grantRows hold standing grants by the CID of their document.
const grantRows = "tier/grant/"

// MaxGrants bounds the grants a company keeps, with the ended ones.
const MaxGrants = 1024

// grantRow is a grant as its officer signed it.
type grantRow struct {
	Signed  protocol.Signed `cbor:"signed"`
	Added   int64           `cbor:"added"`
	Revoked int64           `cbor:"revoked"` // ms UTC; 0: stands
}

// GrantOptions ask for the document an officer may sign.
type GrantOptions struct {
	To      string   `json:"to"`             // the supplier; for capacity the buyer
	Kind    string   `json:"kind,omitempty"` // forecast, which is the default, or capacity
	Purpose string   `json:"purpose"`
	Items   []string `json:"items"` // empty: all
	Days    int64    `json:"days"`  // how long it stands; 0: 365
}

// GrantDraft is what an officer is asked to sign, with the statement of what the receiver could work out. The officer's own program
// signs it: see [SignGrant].
func (d *Desk) GrantDraft(o GrantOptions) (release.Grant, error) {
	p, inferable, err := d.grantFor(o)
	if err != nil {
		return release.Grant{}, err
	}
	if o.Days == 0 {
		o.Days = 365
	}
	now := d.node.Now()
	g := release.Grant{V: 1, Company: d.node.Company(), Partner: p.PID, Purpose: o.Purpose, Kinds: []string{cmp.Or(o.Kind, protocol.KindForecast)},
		Items: append([]string{}, o.Items...), From: now, Until: now + o.Days*24*60*60*1000, Inferable: inferable}
	if findings := g.Check(); len(findings) > 0 {
		return release.Grant{}, &node.Failure{Code: "BAD_GRANT", Text: findings[0].Error(), Findings: findings}
	}
	return g, nil
}

// grantFor finds who would receive, and what they could work out.
func (d *Desk) grantFor(o GrantOptions) (*node.Partnership, []string, error) {
	switch o.Kind {
	case "", protocol.KindForecast:
		p, err := d.Partner(o.To, partnership.RoleBuyer)
		if err != nil {
			return nil, nil, err
		}
		preview, err := d.PreviewTier(o.To)
		return p, preview.Inferable, err
	case protocol.KindCapacity:
		p, err := d.Partner(o.To, partnership.RoleSeller)
		if err != nil {
			return nil, nil, err
		}
		preview, err := d.PreviewCapacity(o.To)
		if err != nil {
			return nil, nil, err
		}
		return p, append(preview.Inferable, preview.Notes...), nil
	}
	return nil, nil, node.Failf("BAD_GRANT", "a grant of kind %q is unknown; it is for forecast or capacity", o.Kind)
}

// SignGrant signs a grant with an officer's role key, in the officer's own process.
func SignGrant(role keys.Private, g release.Grant) (protocol.Signed, error) {
	if findings := g.Check(); len(findings) > 0 {
		return protocol.Signed{}, findings[0]
	}
	return protocol.SignDocument(role, release.GrantSignature, g)
}

// GrantView is a grant as people see it.
type GrantView struct {
	ID      string `json:"id"`
	To      string `json:"to"`
	Officer string `json:"officer"` // role
	Stands  bool   `json:"stands"`
	Why     string `json:"why,omitempty"` // it does not
	release.Grant
}

// AddGrant keeps a grant an officer signed, after verifying it against this company's own identity chain.
func (d *Desk) AddGrant(s protocol.Signed) (GrantView, error) {
	row := grantRow{Signed: s, Added: d.node.Now()}
	v := d.openGrant(row, d.node.Now())
	if !v.Stands {
		return v, node.Failf("GRANT_REFUSED", "the grant was not taken: %s", v.Why)
	}
	err := d.node.Private(func(rows node.PrivateRows) error {
		held := 0
		if err := rows.Scan(grantRows, func(string, func(any) error) (bool, error) { held++; return true, nil }); err != nil {
			return err
		}
		if held >= MaxGrants {
			return node.Failf("TOO_MANY_GRANTS", "%d grants are kept already", held)
		}
		var old grantRow
		if known, err := rows.Get(grantRows+v.ID, &old); err != nil || known {
			if err == nil && old.Revoked != 0 {
				err = node.Failf("GRANT_REVOKED", "this very grant was revoked; an officer has to sign a new one")
			}
			return err
		}
		if err := rows.Put(grantRows+v.ID, row); err != nil {
			return err
		}
		return changed(rows)
	})
	return v, err
}

// RevokeGrant takes a grant back. What left under it has left. Revoking needs no officer: it only shows less.
func (d *Desk) RevokeGrant(id string) error {
	return d.node.Private(func(rows node.PrivateRows) error {
		var found []string
		err := rows.Scan(grantRows, func(key string, _ func(any) error) (bool, error) {
			if cid, err := block.ParseCID(key); err == nil && (key == id || cid.Short() == id) {
				found = append(found, key)
			}
			return true, nil
		})
		if err != nil {
			return err
		}
		if len(found) != 1 {
			return node.Failf("NO_GRANT", "%d grants are called %q; kontor tier grant list shows all", len(found), id)
		}
		var row grantRow
		if _, err := rows.Get(grantRows+found[0], &row); err != nil {
			return err
		}
		if row.Revoked == 0 {
			row.Revoked = d.node.Now()
		}
		if err := rows.Put(grantRows+found[0], row); err != nil {
			return err
		}
		return changed(rows)
	})
}

// Grants lists every grant, also those that do not stand any more.
func (d *Desk) Grants() ([]GrantView, error) {
	var stored []grantRow
	err := d.node.ReadPrivate(func(rows node.PrivateRows) (err error) {
		stored, err = readGrants(rows)
		return err
	})
	out := []GrantView{}
	for _, row := range stored {
		out = append(out, d.openGrant(row, d.node.Now()))
	}
	return out, err
}

func readGrants(rows node.PrivateRows) (out []grantRow, err error) {
	err = rows.Scan(grantRows, func(_ string, decode func(any) error) (bool, error) {
		var row grantRow
		err := decode(&row)
		out = append(out, row)
		return true, err
	})
	return out, err
}

// openGrant verifies a grant as of now: a grant falls with the role key that signed it.
func (d *Desk) openGrant(row grantRow, now int64) (v GrantView) {
	v.ID = block.Sum(row.Signed.Document).String()
	refuse := func(format string, args ...any) GrantView {
		v.Why = fmt.Sprintf(format, args...)
		return v
	}
	pub, err := keys.AdmitPublic(row.Signed.Key)
	if err != nil {
		return refuse("the officer's key: %v", err)
	}
	if err := sign.Verify(pub, release.GrantSignature, row.Signed.Document, row.Signed.Sig); err != nil {
		return refuse("the officer's signature does not verify: %v", err)
	}
	if err := block.Unmarshal(row.Signed.Document, &v.Grant); err != nil {
		return refuse("the document does not decode: %v", err)
	}
	v.To = d.partnerOf(v.Partner)
	if v.Company != d.node.Company() {
		return refuse("it is another company's grant")
	}
	cert, ok := d.node.Chain(v.Company).Now().Key(row.Signed.Key, keys.Role, now)
	if !ok {
		return refuse("key %s is no officer's key in force at this company", pub.ID())
	}
	v.Officer = cert.Role
	switch findings := v.Check(); {
	case len(findings) > 0:
		return refuse("%v", findings[0])
	case row.Revoked != 0:
		return refuse("it was revoked")
	case now >= v.Until:
		return refuse("it has ended")
	}
	v.Stands = true
	return v
}

// standing keeps the grants that verify and stand now.
func (d *Desk) standing(stored []grantRow, now int64) (out []release.Grant) {
	for _, row := range stored {
		if v := d.openGrant(row, now); v.Stands {
			out = append(out, v.Grant)
		}
	}
	return slices.Clip(out)
}
