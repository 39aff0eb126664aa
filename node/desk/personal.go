package desk

import (
	"fmt"

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

// texts begins with the policy of every company: all is masked, identifiers are refused. The companies of the partnership are no people.
func (d *Desk) texts(p *node.Partnership) *texts {
	t := &texts{}
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
