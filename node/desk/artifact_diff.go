package desk

import (
	"cmp"
	"slices"

	"kontor/node"
	"kontor/protocol"
	"kontor/protocol/artifact"
	"kontor/protocol/block"
	"kontor/protocol/decision"
)

// ArtifactDiff is how two versions differ.
type ArtifactDiff struct {
	From     ArtifactView      `json:"from"`
	To       ArtifactView      `json:"to"`
	Changed  int               `json:"changed"`  // cells
	Material int               `json:"material"` // of them, beyond the tolerance
	Changes  []artifact.Change `json:"changes"`  // the first of them
}

// MaxShownChanges is how many changes a difference lists: more than anybody reads, and what one answer of the API holds with ease.
const MaxShownChanges = 5000

// DiffArtifacts compares two versions of one type; with one, it is compared with the revision it replaced.
func (d *Desk) DiffArtifacts(from, to string) (out ArtifactDiff, err error) {
	if to == "" {
		to, from = from, ""
	}
	if out.To, err = d.FindArtifact(to); err != nil {
		return out, err
	}
	if from == "" {
		content, err := d.Artifact(to)
		if err != nil {
			return out, err
		}
		if content.Header.Parent == nil {
			return out, node.Failf("NO_PARENT", "%s is the first of its series; name another version to compare it with: kontor artifact diff OLD NEW", out.To.CID.Short())
		}
		from = content.Header.Parent.String()
	}
	if out.From, err = d.FindArtifact(from); err != nil {
		return out, err
	}
	if out.From.Type != out.To.Type {
		return out, node.Failf("BAD_PAIR", "%s is a %s and %s a %s: versions of one type are compared", out.From.CID.Short(), out.From.Type, out.To.CID.Short(), out.To.Type)
	}
	changes, err := d.changes(out.From, out.To)
	if err != nil {
		return out, err
	}
	out.Changed, out.Material, out.Changes = len(changes), countMaterial(changes), changes[:min(len(changes), MaxShownChanges)]
	return out, nil
}

func countMaterial(changes []artifact.Change) (n int) {
	for _, c := range changes {
		if c.Material {
			n++
		}
	}
	return n
}

func (d *Desk) changes(from, to ArtifactView) (changes []artifact.Change, err error) {
	if from.Kind == AgreementKind {
		var docs [2]decision.Agreement
		for i, v := range []ArtifactView{from, to} {
			err := d.node.View(v.pid, func(r *protocol.Replica) (err error) {
				docs[i], err = r.Agreement(v.CID)
				return err
			})
			if err != nil {
				return nil, err
			}
		}
		return artifact.Compare(docs[0], docs[1], nil)
	}
	var sheets [2]block.Sheet
	for i, v := range []ArtifactView{from, to} {
		err := d.node.View(v.pid, func(r *protocol.Replica) (err error) {
			sheets[i], err = r.Sheet(v.CID)
			return err
		})
		if err != nil {
			return nil, err
		}
	}
	changes, err = protocol.DiffArtifacts(sheets[0], sheets[1])
	if changes == nil {
		changes = []artifact.Change{}
	}
	return changes, err
}

// ArtifactStep is one version in the history of a series.
type ArtifactStep struct {
	ArtifactView
	Reason   artifact.Reason `json:"reason,omitempty"`
	Issued   int64           `json:"issued"`
	Changed  int             `json:"changed"`  // cells, against the revision before
	Material int             `json:"material"` // of them
}

// MaxHistory is how many of the newest versions a history compares.
const MaxHistory = 60

// ArtifactHistory lists the versions of the series that a version belongs to, oldest first, with what each changed.
func (d *Desk) ArtifactHistory(name string) ([]ArtifactStep, error) {
	v, err := d.FindArtifact(name)
	if err != nil {
		return nil, err
	}
	out := []ArtifactStep{}
	if v.Series == "" {
		return append(out, ArtifactStep{ArtifactView: v}), nil
	}
	list, err := d.Artifacts(ArtifactQuery{Kind: v.Kind, All: true})
	if err != nil {
		return nil, err
	}
	list = slices.DeleteFunc(list, func(x ArtifactView) bool { return x.Series != v.Series || x.pid != v.pid })
	slices.SortStableFunc(list, func(a, b ArtifactView) int { return cmp.Compare(a.Revision, b.Revision) })
	list = list[max(0, len(list)-MaxHistory):]
	for i, x := range list {
		step := ArtifactStep{ArtifactView: x}
		err := d.node.View(x.pid, func(r *protocol.Replica) error {
			sheet, err := r.Sheet(x.CID)
			if err != nil {
				return err
			}
			doc, err := protocol.OpenArtifact(sheet)
			step.Reason, step.Issued = doc.Header.Reason, doc.Header.Issued
			return err
		})
		if err != nil {
			return nil, err
		}
		if i > 0 {
			changes, err := d.changes(list[i-1], x)
			if err != nil {
				return nil, err
			}
			step.Changed, step.Material = len(changes), countMaterial(changes)
		}
		out = append(out, step)
	}
	return out, nil
}
