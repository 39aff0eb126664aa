package desk

import (
	"os"
	"path/filepath"
	"slices"

	"kontor/node"
	"kontor/node/outlet"
	"kontor/protocol"
	"kontor/protocol/block"
	"kontor/protocol/forecast"
	productmap "kontor/protocol/product"
	"kontor/protocol/quantity"
)

// OwnNumbers asks for a buyer's document in this company's own numbers.
const OwnNumbers = "own"

// ownOutbox is the folder of the outbox for forecasts in own numbers: making it is how one asks for them.
const ownOutbox = "own"

// OwnForecast is a partner's forecast in the numbers of this company, and what became of what.
type OwnForecast struct {
	Document forecast.Document `json:"document"` // a view: its CID and its lines' names at both are those of the document it was made from
	From     block.CID         `json:"from"`
	Notes    []string          `json:"notes"`
}

// ForecastOwn translates a buyer's forecast into own numbers by the product maps in force. sees leaves out lines by the partner's numbers; nil sees all.
func (d *Desk) ForecastOwn(cid block.CID, sees func(forecast.Document) forecast.Document) (out OwnForecast, err error) {
	if !cid.Defined() {
		return out, node.Failf("NO_SUCH_FORECAST", "which forecast? the draft is in own numbers as it is; name a partner with --with, or a CID")
	}
	p, err := d.holding(cid, func(r *protocol.Replica) (err error) {
		out, err = d.inOwnNumbers(r, cid, sees)
		return err
	})
	if err == nil && p == nil {
		err = node.Failf("NO_SUCH_FORECAST", "no forecast %s is held; kontor forecast list shows those that are", cid.Short())
	}
	return out, err
}

func (d *Desk) inOwnNumbers(r *protocol.Replica, cid block.CID, sees func(forecast.Document) forecast.Document) (out OwnForecast, err error) {
	doc, err := r.Forecast(cid)
	if err != nil {
		return out, err
	}
	if sees != nil {
		doc = sees(doc)
	}
	links, err := r.ProductLinks()
	if err != nil {
		return out, err
	}
	if len(links) == 0 {
		return out, node.Failf("NO_MAP", "no product map is in force: nothing says what is whose number; run: kontor product map OWN THEIRS, then kontor product share")
	}
	own, err := d.ownProducts()
	if err != nil {
		return out, err
	}
	units := map[string]quantity.Unit{}
	for _, p := range own {
		units[p.ID] = p.Unit
	}
	out.From = cid
	if out.Document, out.Notes, err = productmap.InSellers(doc, links, func(id string) quantity.Unit { return units[id] }); err != nil {
		return out, node.Failf("NOT_TRANSLATED", "%v", err)
	}
	if out.Notes == nil {
		out.Notes = []string{}
	}
	return out, nil
}

// exportOwn writes a partner's forecast in own numbers.
func (d *Desk) exportOwn(cid block.CID, out Exported, opts outlet.Options) (Exported, error) {
	own, err := d.ForecastOwn(cid, nil)
	if err != nil {
		return out, err
	}
	out.Type = forecast.Type
	format := outlet.Format(out.Format)
	if outlet.AllFields(opts.Layout) || !slices.Contains([]outlet.Format{outlet.CSV, outlet.XLSX}, format) {
		return out, node.Failf("BAD_FORMAT", "a forecast in own numbers is a view and no document of the partnership: as csv or xlsx, for an own system; want --as csv or --as xlsx in the layout period, long or wide")
	}
	data, left, err := outlet.Forecast(own.Document, format, opts)
	out.Data, out.Left, out.Notes = data, left, own.Notes
	return out, refusedExport(err)
}

// ownOutboxFile is a forecast to be written in own numbers.
type ownOutboxFile struct {
	key, name string
	own       OwnForecast
}

// ownOutboxOnce writes buyers' forecasts in force in own numbers, anew when the map changes. One that no map explains waits for it.
func (d *Desk) ownOutboxOnce(home string) error {
	folder := filepath.Join(home, outboxFolder, ownOutbox)
	if info, err := os.Stat(folder); err != nil || !info.IsDir() {
		return nil
	}
	var waiting []ownOutboxFile
	for _, p := range d.node.Partnerships() {
		if !slices.Contains(sellers(p), d.node.Company()) {
			continue
		}
		var found []ownOutboxFile
		err := d.node.View(p.PID, func(r *protocol.Replica) (err error) {
			found, err = d.waitingInOwn(r)
			return err
		})
		if err != nil {
			return err
		}
		waiting = append(waiting, found...)
	}
	for _, w := range waiting {
		data, left, err := outlet.Forecast(w.own.Document, outlet.CSV, outlet.Options{})
		if err != nil {
			return err
		}
		for _, l := range append(left, w.own.Notes...) {
			d.node.Log().Info("in own numbers in the outbox", "artifact", w.own.From, "what", l)
		}
		if err := d.writeWhole(filepath.Join(folder, w.name), data); err != nil {
			return err
		}
		if err := d.node.Private(func(rows node.PrivateRows) error {
			return rows.Put(outboxRows+w.key, inboxRow{Name: ownOutbox + "/" + w.name, T: d.node.Now()})
		}); err != nil {
			return err
		}
	}
	return nil
}

// waitingInOwn are the buyer's forecasts in force that were not written by the maps in force.
func (d *Desk) waitingInOwn(r *protocol.Replica) (out []ownOutboxFile, err error) {
	maps, err := r.InForce(productmap.Type, block.CID{})
	if err != nil || len(maps) == 0 {
		return nil, err
	}
	by := ""
	for _, m := range maps {
		by += m.Root.Short()
	}
	forecasts, err := d.theirForecasts(r)
	if err != nil {
		return nil, err
	}
	for _, row := range forecasts {
		w := ownOutboxFile{key: row.Root.String() + "/" + by, name: "forecast-" + row.Root.String() + ".csv"}
		written, err := d.inOutbox(w.key)
		if err != nil {
			return nil, err
		}
		if written {
			continue
		}
		if w.own, err = d.inOwnNumbers(r, row.Root, nil); err != nil {
			return nil, err
		}
		out = append(out, w)
	}
	return out, nil
}
