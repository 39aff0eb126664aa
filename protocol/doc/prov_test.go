package doc

import (
	"bytes"
	"encoding/json"
	"testing"

	"kontor/protocol"
	"kontor/protocol/block"
	"kontor/protocol/calendar"
	"kontor/protocol/campaign"
	"kontor/protocol/decision"
	"kontor/protocol/provenance/provtest"
	"kontor/protocol/quality"
	"kontor/testnet/virtual"
)

// The derivation of an artifact of every kind, as both nodes hold it, and of an agreement: PROV-JSON that keeps its structure, the same on both.
func TestProvenanceOfEveryKind(t *testing.T) {
	p := newPlay(t)
	p.share()
	p.agree()
	roots := map[string]block.CID{decision.AgreementType: p.document.Body.CID}
	share := func(d *virtual.Desk, doc any) block.CID {
		t.Helper()
		draft, err := virtual.Share(doc)
		p.write(d, draft, err)
		return draft.Body.CID
	}
	at := p.scene.Now
	share(p.buyer, virtual.Campaign("c", 0, nil, at, campaign.Proposed, 7))
	share(p.other, virtual.Quality("q", 0, nil, at, quality.Blocked, 3))
	share(p.other, virtual.Terms("t", 0, nil, at, 250))
	share(p.buyer, virtual.Performance("r", 0, nil, at, calendar.MustBucket("2026-10"), false, 99))
	share(p.buyer, virtual.Forecast("agency", 1, &p.forecast.Body.CID, at, 100, 125, 140))
	share(p.other, virtual.Products("m", 0, nil, at, 60))

	p.check(p.buyer.View(func(r *protocol.Replica) error {
		for _, kind := range protocol.ArtifactKinds() {
			versions, err := r.Versions(protocol.ArtifactType(kind))
			if err != nil {
				return err
			}
			for _, v := range versions {
				roots[v.Type] = v.Root
			}
		}
		return nil
	}))
	for _, kind := range protocol.ArtifactKinds() {
		if _, there := roots[protocol.ArtifactType(kind)]; !there {
			t.Errorf("no artifact of the kind %s", kind)
		}
	}
	name := func(id block.CID) string { return "Company " + id.Short() }
	for typ, root := range roots {
		var texts [][]byte
		for _, d := range []*virtual.Desk{p.buyer, p.other} {
			p.check(d.View(func(r *protocol.Replica) error {
				g, err := r.Derivation(root, name)
				if err != nil {
					return err
				}
				data, err := g.PROV()
				texts = append(texts, data)
				return err
			}))
		}
		for _, wrong := range provtest.Check(texts[0]) {
			t.Errorf("%s: %s", typ, wrong)
		}
		var doc map[string]map[string]json.RawMessage
		p.check(json.Unmarshal(texts[0], &doc))
		if doc["entity"]["ipfs:"+root.String()] == nil || len(doc["wasGeneratedBy"]) == 0 || len(doc["wasAttributedTo"]) == 0 {
			t.Errorf("%s: its own making is missing in %s", typ, texts[0])
		}
		if typ != decision.AgreementType && !bytes.Equal(texts[0], texts[1]) {
			t.Errorf("%s: the two nodes say\n%s\n%s", typ, texts[0], texts[1])
		}
	}
}
