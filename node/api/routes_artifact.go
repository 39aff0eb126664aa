package api

import (
	"context"
	"encoding/json"

	"kontor/node/api/wire"
	"kontor/node/desk"
	"kontor/protocol/artifact"
	"kontor/protocol/provenance"
)

// ArtifactName names a version by its CID or the end of it.
type ArtifactName struct {
	CID string `json:"cid"`
}

// ArtifactPair names two versions of one type; without from the one that to replaced.
type ArtifactPair struct {
	From string `json:"from,omitempty"`
	To   string `json:"to"`
}

// ArtifactOrigin is where a version comes from: as a graph, and as W3C PROV-JSON.
type ArtifactOrigin struct {
	provenance.Graph
	PROV json.RawMessage `json:"prov"`
}

// Routes of artifacts of any kind.
var (
	ArtifactList       = wire.Get[desk.ArtifactQuery, []desk.ArtifactView]("/v1/artifact/list", wire.View, "Lists the artifacts held, of every kind.").Slow(exportTime)
	ArtifactShow       = wire.Get[ArtifactName, desk.ArtifactContent]("/v1/artifact/show", wire.View, "Shows a version of an artifact with all it says.")
	ArtifactDiff       = wire.Get[ArtifactPair, desk.ArtifactDiff]("/v1/artifact/diff", wire.View, "Lists the cells in which two versions differ, and which of them are material.")
	ArtifactHistory    = wire.Get[ArtifactName, []desk.ArtifactStep]("/v1/artifact/history", wire.View, "Lists the versions of a series with what each changed.").Slow(exportTime)
	ArtifactProvenance = wire.Get[ArtifactName, ArtifactOrigin]("/v1/artifact/provenance", wire.View, "Says where an artifact comes from, as a graph and as PROV-JSON.")
	ArtifactWithdraw   = wire.Post[desk.WithdrawOptions, desk.LifeWritten]("/v1/artifact/withdraw", wire.Plan, "Takes an artifact of one's own back.")
	ArtifactReaffirm   = wire.Post[desk.ReaffirmOptions, desk.LifeWritten]("/v1/artifact/reaffirm", wire.Plan, "Says that an artifact of one's own still stands unchanged until a day.")
)

func registerArtifacts(r *Registry, d *desk.Desk) {
	Handle(r, ArtifactList, func(_ context.Context, _ Caller, in desk.ArtifactQuery) ([]desk.ArtifactView, error) {
		return d.Artifacts(in)
	})
	Handle(r, ArtifactShow, func(_ context.Context, c Caller, in ArtifactName) (desk.ArtifactContent, error) {
		out, err := d.Artifact(in.CID)
		if err != nil {
			return desk.ArtifactContent{}, err
		}
		return c.seen(out)
	})
	Handle(r, ArtifactDiff, func(_ context.Context, c Caller, in ArtifactPair) (desk.ArtifactDiff, error) {
		for _, name := range []string{in.From, in.To} {
			if name == "" {
				continue
			}
			if err := readsNamed(d, c, name); err != nil {
				return desk.ArtifactDiff{}, err
			}
		}
		return d.DiffArtifacts(in.From, in.To)
	})
	Handle(r, ArtifactHistory, func(_ context.Context, c Caller, in ArtifactName) ([]desk.ArtifactStep, error) {
		if err := readsNamed(d, c, in.CID); err != nil {
			return nil, err
		}
		return d.ArtifactHistory(in.CID)
	})
	Handle(r, ArtifactProvenance, func(_ context.Context, c Caller, in ArtifactName) (ArtifactOrigin, error) {
		if err := readsNamed(d, c, in.CID); err != nil {
			return ArtifactOrigin{}, err
		}
		g, err := d.Provenance(in.CID)
		if err != nil {
			return ArtifactOrigin{}, err
		}
		prov, err := g.PROV()
		return ArtifactOrigin{g, prov}, err
	})
	Handle(r, ArtifactWithdraw, func(ctx context.Context, c Caller, in desk.WithdrawOptions) (desk.LifeWritten, error) {
		return d.WithdrawArtifact(ctx, in, c.Command)
	})
	Handle(r, ArtifactReaffirm, func(ctx context.Context, c Caller, in desk.ReaffirmOptions) (desk.LifeWritten, error) {
		return d.ReaffirmArtifact(ctx, in, c.Command)
	})
}

// mayRead tells whether the author's scope lets the caller's role see an artifact: planners and the admin do the desk's work and see it, officers
// and viewers where it is meant for their role.
func (c Caller) mayRead(h artifact.Header) bool {
	if c.Role == wire.Admin || c.Role == wire.Planner || len(h.Scope.Roles) == 0 {
		return true
	}
	for _, role := range h.Scope.Roles {
		if role == artifact.All || role == string(c.Role) {
			return true
		}
	}
	return false
}

// reads refuses a caller an artifact that is not for its role, or that speaks of more than its token covers and can't be shown in part. It is as if it
// were not there.
func (c Caller) reads(out desk.ArtifactContent) error {
	if !c.mayRead(out.Header) || len(c.Scope.Products)+len(c.Scope.Regions) > 0 {
		return wire.Problemf("NO_SUCH_ARTIFACT", "no artifact %q is there for this caller", out.CID.Short())
	}
	return nil
}

func readsNamed(d *desk.Desk, c Caller, name string) error {
	if (c.Role == wire.Admin || c.Role == wire.Planner) && len(c.Scope.Products)+len(c.Scope.Regions) == 0 {
		return nil
	}
	out, err := d.Artifact(name)
	if err != nil {
		return err
	}
	return c.reads(out)
}
