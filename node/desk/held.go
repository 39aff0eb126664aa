package desk

import (
	"slices"
	"strings"

	"kontor/node"
	"kontor/protocol"
	"kontor/protocol/block"
	"kontor/protocol/forecast"
)

// HeldForecast is one version of a forecast this node holds.
type HeldForecast struct {
	CID      block.CID `json:"cid"`
	With     string    `json:"with"`
	Author   string    `json:"author"`
	Own      bool      `json:"own"`
	Revision int64     `json:"revision"`
	Status   string    `json:"status"` // IN_FORCE, SUPERSEDED or REFUSED
	Codes    []string  `json:"codes,omitempty"`
	T        int64     `json:"t"` // ms UTC
}

// Forecasts lists every forecast held, of one partner or of all partnerships, oldest first in each.
func (d *Desk) Forecasts(with string) ([]HeldForecast, error) {
	return across(d, with, func(p *node.Partnership, r *protocol.Replica) (out []HeldForecast, err error) {
		rows, err := r.Versions(forecast.Type)
		if err != nil {
			return nil, err
		}
		for _, row := range rows {
			out = append(out, HeldForecast{CID: row.Root, With: d.PartnerName(p), Author: d.node.CompanyName(row.Author), Own: row.Author == d.node.Company(),
				Revision: row.Revision, Status: row.Status, T: row.T})
		}
		refused, err := r.Refused()
		if err != nil {
			return nil, err
		}
		for _, ref := range refused {
			if ref.Kind != protocol.KindForecast {
				continue
			}
			e, found, err := r.Log.Get(ref.Entry)
			if err != nil || !found {
				return out, err
			}
			out = append(out, HeldForecast{CID: *e.Header.Body, With: d.PartnerName(p), Author: d.node.CompanyName(ref.Author), Own: ref.Author == d.node.Company(),
				Status: "REFUSED", Codes: ref.Codes, T: e.Header.T})
		}
		return out, nil
	})
}

// Forecast opens a forecast by its CID, in whichever partnership holds it; the draft when cid is undefined.
func (d *Desk) Forecast(cid block.CID) (doc forecast.Document, err error) {
	if !cid.Defined() {
		draft, lines, err := d.draft()
		if err != nil && node.AsFailure(err).Code == "NO_DRAFT" {
			return forecast.Document{}, node.Failf("NO_DRAFT", "there is no forecast of this company's own here; those that partners shared are in kontor forecast list, and kontor forecast show CID shows one")
		}
		return forecast.Document{Method: draft.Method, Lines: lines}, err
	}
	p, err := d.holding(cid, func(r *protocol.Replica) (err error) {
		doc, err = r.Forecast(cid)
		return err
	})
	if err != nil || p != nil {
		return doc, err
	}
	return doc, node.Failf("NO_SUCH_FORECAST", "no forecast %s is held; kontor forecast list shows those that are", cid.Short())
}

// NewestForecast is the newest forecast in force with a partner, own or the partner's.
func (d *Desk) NewestForecast(with string) (block.CID, error) {
	list, err := d.Forecasts(with)
	if err != nil {
		return block.CID{}, err
	}
	for i := len(list) - 1; i >= 0; i-- {
		if list[i].Status == protocol.InForce {
			return list[i].CID, nil
		}
	}
	return block.CID{}, node.Failf("NO_FORECAST", "no forecast is in force with %s", with)
}

// FindForecast finds a forecast held by its CID or the end of it.
func (d *Desk) FindForecast(name string) (block.CID, error) {
	if cid, err := block.ParseCID(name); err == nil {
		return cid, nil
	}
	list, err := d.Forecasts("")
	if err != nil {
		return block.CID{}, err
	}
	const least = 6 // characters that people compare
	for _, f := range list {
		if len(name) >= least && strings.HasSuffix(f.CID.String(), name) {
			return f.CID, nil
		}
	}
	return block.CID{}, node.Failf("NO_SUCH_FORECAST", "no forecast is called %q; kontor forecast list shows those held, by CID or the end of it", name)
}

// theirForecasts are the versions in force that others of the partnership wrote.
func (d *Desk) theirForecasts(r *protocol.Replica) ([]protocol.ArtifactRow, error) {
	rows, err := r.InForce(forecast.Type, block.CID{})
	return slices.DeleteFunc(rows, func(row protocol.ArtifactRow) bool { return row.Author == d.node.Company() }), err
}
