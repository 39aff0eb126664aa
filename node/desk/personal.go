package desk

import (
	"fmt"
	"slices"

	"kontor/node"
	"kontor/protocol/artifact"
	"kontor/protocol/release"
)

// texts masks the free texts of one document about to leave and remembers what it did, for the preview.
type texts struct {
	policy   release.TextPolicy
	notes    []string
	refusals []artifact.Finding
}

// textPolicyKey is where this company's own policy stands.
const textPolicyKey = "release/texts"

// TextPolicy is what becomes of personal data in texts that leave.
type TextPolicy struct {
	Actions map[string]string `cbor:"actions" json:"actions" doc:"by kind, E_MAIL, IDENTIFIER, PHONE or NAME: MASK or REFUSE"`
	Allow   []string          `cbor:"allow" json:"allow" doc:"places, brands and companies that are no people"`
}

// SetTextPolicy sets what becomes of personal data in texts. Nothing found is ever left as it is but what the list allows.
func (d *Desk) SetTextPolicy(o TextPolicy) error {
	for kind, action := range o.Actions {
		if !slices.Contains([]release.Personal{release.Mail, release.Identifier, release.Phone, release.Name}, release.Personal(kind)) {
			return node.Failf("BAD_POLICY", "%q is no kind of personal data; right are E_MAIL, IDENTIFIER, PHONE and NAME", kind)
		}
		if action != string(release.MaskIt) && action != string(release.RefuseIt) {
			return node.Failf("BAD_POLICY", "%q becomes of %s neither; right are MASK and REFUSE", action, kind)
		}
	}
	if len(o.Allow) > maxAllowed || slices.ContainsFunc(o.Allow, func(s string) bool { return !artifact.IsName(s) }) {
		return node.Failf("BAD_POLICY", "%d names are allowed, or one is empty, too long or not plain text; at most %d are", len(o.Allow), maxAllowed)
	}
	return d.node.Private(func(rows node.PrivateRows) error { return rows.Put(textPolicyKey, o) })
}

// maxAllowed bounds the list of what is no person: every found name is compared with all of it.
const maxAllowed = 1000

// TextPolicy is this company's policy, as far as it has set one.
func (d *Desk) TextPolicy() (o TextPolicy, err error) {
	o = TextPolicy{Actions: map[string]string{}, Allow: []string{}}
	err = d.node.ReadPrivate(func(rows node.PrivateRows) error {
		_, err := rows.Get(textPolicyKey, &o)
		return err
	})
	return o, err
}

// texts begins with this company's policy; where it has set none all is masked, and identifiers are refused. The companies of the partnership are no
// people.
func (d *Desk) texts(p *node.Partnership) *texts {
	t := &texts{}
	set, err := d.TextPolicy()
	if err != nil {
		set = TextPolicy{} // the strict default stands
	}
	t.policy.Allow = slices.Clone(set.Allow)
	if len(set.Actions) > 0 {
		t.policy.Actions = map[release.Personal]release.Action{}
		for kind, action := range set.Actions {
			t.policy.Actions[release.Personal(kind)] = release.Action(action)
		}
	}
	for _, m := range p.Genesis.Members {
		t.policy.Allow = append(t.policy.Allow, d.node.CompanyName(m.Company))
	}
	return t
}

// mask is a text as the partner will see it.
func (t *texts) mask(path, text string) string {
	masked, notes, refusals := t.policy.Text(path, text)
	for _, n := range notes {
		if len(t.notes) < artifact.MaxFindings {
			t.notes = append(t.notes, fmt.Sprintf("%s: %q", n.Error(), masked))
		}
	}
	if len(t.refusals) < artifact.MaxFindings {
		t.refusals = append(t.refusals, refusals...)
	}
	return masked
}

// namePolicy is what names of things are held against: masked a name would be another, so that people in it are refused. Numbers are what names are made of.
var namePolicy = map[release.Personal]release.Action{release.Mail: release.RefuseIt, release.Name: release.RefuseIt, release.Phone: release.LeaveIt, release.Identifier: release.LeaveIt}

// refuse finds people in the name that something goes by.
func (t *texts) refuse(path, name string) {
	_, _, refusals := release.TextPolicy{Actions: namePolicy, Allow: t.policy.Allow}.Text(path, name)
	if len(t.refusals) < artifact.MaxFindings {
		t.refusals = append(t.refusals, refusals...)
	}
}
