package desk

import (
	"fmt"
	"slices"

	"kontor/protocol"
	"kontor/protocol/artifact"
	"kontor/protocol/block"
	"kontor/protocol/calendar"
	"kontor/protocol/campaign"
	"kontor/protocol/capacity"
	"kontor/protocol/decision"
	"kontor/protocol/forecast"
)

// effectsOn lists the effects that act on a day; before, where it is not 0, leaves out agreements that became final at that place or later.
func effectsOn(r *protocol.Replica, on calendar.Date, before int64) (out []decision.EffectInForce, err error) {
	ledger, err := r.Concluded()
	if err != nil {
		return nil, err
	}
	if before > 0 {
		ledger = slices.DeleteFunc(ledger, func(c decision.Concluded) bool { return c.Final.Lam >= before })
	}
	for _, e := range decision.EffectsInForce(ledger, on) {
		if e.Acts {
			out = append(out, e)
		}
	}
	return out, nil
}

// agreedSupplies are the committed slots among effects: they stand on top of the plan in every later match. What has expired or was superseded by
// then holds no slot any more, and a slot that two agreements fix is held once.
func agreedSupplies(effects []decision.EffectInForce, seller block.CID) (out []capacity.Supply) {
	for _, e := range effects {
		if e.Kind == decision.SlotCommitted && e.Party == seller {
			region := e.Region
			if region == artifact.All {
				region = "" // a match calls every region so
			}
			out = append(out, capacity.Supply{Agreement: e.Agreement, Product: e.Product, Region: region, Bucket: e.Bucket, Quantity: e.Quantity})
		}
	}
	return out
}

// acceptedOf reads a cell of demand that an agreement fixes.
func acceptedOf(e decision.Effect) (forecast.Accepted, bool) {
	if e.Kind != decision.ForecastAccepted && e.Kind != decision.LastTimeBuy {
		return forecast.Accepted{}, false
	}
	return forecast.Accepted{Product: e.Product, Region: e.Region, Bucket: e.Bucket, Quantity: e.Quantity, Unit: e.Unit}, true
}

// departed tells whether a version shared after an agreement became final asks for materially other quantities than its author agreed to: the effect is
// pending then (practice T1), and a match goes by the newer version, so that no shortage is hidden behind what was agreed.
func departed(r *protocol.Replica, e decision.EffectInForce, row protocol.ArtifactRow, doc forecast.Document) (bool, error) {
	a, ok := acceptedOf(e.Effect)
	if !ok || row.Author != e.Party {
		return false, nil
	}
	entry, held, err := r.Log.Get(row.Entry)
	if err != nil || !held || entry.Header.Lam <= e.Final.Lam {
		return false, err
	}
	return a.Departs(doc)
}

// withAgreed is a forecast with what its author agreed to in the cells that effects name: quantities that were accepted, and last-time buys.
func withAgreed(r *protocol.Replica, root block.CID, doc forecast.Document, effects []decision.EffectInForce) (forecast.Document, []string, error) {
	row, held, err := r.Version(root)
	if err != nil || !held {
		return doc, nil, err
	}
	var list []forecast.Accepted
	var notes []string
	for _, e := range effects {
		a, ok := acceptedOf(e.Effect)
		if !ok || row.Author != e.Party {
			continue
		}
		departs, err := departed(r, e, row, doc)
		if err != nil {
			return doc, nil, err
		}
		if departs {
			notes = append(notes, fmt.Sprintf("agreement %s fixes %s of %s in %s; the forecast was materially revised since: the match goes by the forecast until both sides reconfirm or amend",
				e.Agreement.Short(), a.Unit.Said(a.Quantity.String()), a.Product, a.Bucket))
			continue
		}
		list = append(list, a)
	}
	out, more, err := forecast.WithAccepted(doc, list)
	return out, append(notes, more...), err
}

// agreedLifts are what effects fix of campaigns: cover is judged by them, and a calendar that departs from them is warned of.
func agreedLifts(effects []decision.EffectInForce) (out []campaign.AgreedLift) {
	for _, e := range effects {
		if e.Kind == decision.CampaignPlanned {
			out = append(out, campaign.AgreedLift{Agreement: e.Agreement, Author: e.Party, Event: e.Ref, Product: e.Product, Region: e.Region, Bucket: e.Bucket, Quantity: e.Quantity, Unit: e.Unit})
		}
	}
	return out
}

// LastBuy is a quantity a party has bound itself to take once, with liability for it (practice T16).
type LastBuy struct {
	Agreement block.CID `json:"agreement"`
	By        string    `json:"by"` // company
	decision.Effect
}

// lastBuys are the last-time buys in force with a partner that a caller may see.
func (d *Desk) lastBuys(effects []decision.EffectInForce, product string, sees func(string) bool) []LastBuy {
	out := []LastBuy{}
	for _, e := range effects {
		if e.Kind == decision.LastTimeBuy && (product == "" || e.Product == product) && sees(e.Product) {
			out = append(out, LastBuy{Agreement: e.Agreement, By: d.node.CompanyName(e.Party), Effect: e.Effect})
		}
	}
	return out
}
