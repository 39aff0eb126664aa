package desk

import (
	"crypto/sha256"
	"encoding/hex"
	"slices"

	"kontor/node"
	"kontor/protocol/artifact"
	"kontor/protocol/campaign"
)

// message adds a message, puts it in the place of the one it replaces, or changes the only one there is. Somebody approves every message: one that nobody is asked
// about would pass every gate unseen.
func (in CampaignPlan) message(e *campaign.Event) error {
	if in.Asset == "" && len(in.Needs) == 0 && in.Embargo == "" {
		if in.Replaces != "" {
			return node.Failf("BAD_ASSET", "message %s is replaced by none; name the new file with --asset", artifact.Clip(in.Replaces))
		}
		return nil
	}
	var m campaign.Message
	old := -1
	switch {
	case in.Replaces != "":
		if old = slices.IndexFunc(e.Messages, func(x campaign.Message) bool { return hex.EncodeToString(x.Asset) == in.Replaces }); old < 0 {
			return node.Failf("NO_SUCH_ASSET", "event %q has no asset %q; kontor campaign show lists them", e.ID, artifact.Clip(in.Replaces))
		}
	case in.Asset == "" && len(e.Messages) != 1:
		return node.Failf("BAD_ASSET", "event %q has %s: who approves and the embargo are of one; name its file with --asset", e.ID, node.Count(len(e.Messages), "message"))
	case in.Asset == "":
		old = 0
	default:
		old = slices.IndexFunc(e.Messages, func(x campaign.Message) bool { return hex.EncodeToString(x.Asset) == in.Asset })
	}
	if old >= 0 {
		m = e.Messages[old]
	}
	if in.Asset != "" {
		asset, err := hex.DecodeString(in.Asset)
		if err != nil || len(asset) != sha256.Size {
			return node.Failf("BAD_ASSET", "%q is no SHA-256: want 64 hexadecimal digits", in.Asset)
		}
		m.Asset = asset
	}
	if len(in.Needs) > 0 {
		m.Needs = in.Needs
	}
	day, err := dayOf("the embargo", in.Embargo)
	if err != nil {
		return err
	}
	if day != 0 {
		m.Embargo = day.Millis()
	}
	if len(m.Needs) == 0 {
		return node.Failf("BAD_ASSET", "nobody approves the message %s: name who does with --needs seller:CMO, or the one it takes the place of with --replaces", hex.EncodeToString(m.Asset))
	}
	kept := slices.Clone(e.Messages)
	if old >= 0 {
		kept = slices.Delete(kept, old, old+1)
	}
	kept = slices.DeleteFunc(kept, func(x campaign.Message) bool { return string(x.Asset) == string(m.Asset) })
	e.Messages = append(kept, m)
	return nil
}
