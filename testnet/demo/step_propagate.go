package demo

import (
	"context"
	"fmt"
	"path/filepath"
	"strings"
	"time"

	"kontor/node"
	"kontor/node/api/wire"
	"kontor/node/desk"
	"kontor/protocol/forecast"
	"kontor/testnet/proc"
)

// propagate: the maker's edge to the ingredient maker derives; the agency raises one product; new ingredient demand arrives one tier further, and nothing
// of the agency does.
func (d *demo) propagate(ctx context.Context) error {
	before, err := d.edge(ctx)
	if err != nil {
		return err
	}
	product := d.names[0]
	var adjusted desk.AdjustResult
	if err := d.agency.Ask(ctx, &adjusted, "forecast", "adjust", "--product", product, "--percent", "40", "--reason", "CUSTOMER_ORDER_CHANGE"); err != nil {
		return err
	}
	var shared desk.Shared
	if err := d.agency.Ask(ctx, &shared, "forecast", "share"); err != nil {
		return err
	}
	d.say("%s raises %s from %s to %s packs and shares revision %d", d.agency.Name, product, adjusted.Before, adjusted.After, shared.Revision)
	var after desk.TierStatus
	err = proc.Eventually(ctx, "new ingredient demand at "+d.ingredient.Name, patience, func() (bool, error) {
		if after, err = d.edge(ctx); err != nil || after.Last.CID == before.Last.CID || after.Last.CID == "" {
			return false, err
		}
		return d.holds(ctx, d.ingredient, after.Last.CID)
	})
	if err != nil {
		return fmt.Errorf("%w (the edge says: %q)", err, after.Note)
	}
	p := &d.report.Propagation
	p.CID, p.Series, p.Milliseconds = after.Last.CID, int(after.Last.Lines), after.Last.Milliseconds
	if err := d.showDerived(ctx, after.Last.CID); err != nil {
		return err
	}
	d.say("it left %d ms after the agency's revision settled at %s; nobody pressed a key", p.Milliseconds, d.maker.Name)
	return d.searchIngredient(ctx)
}

func (d *demo) edge(ctx context.Context) (st desk.TierStatus, err error) {
	return st, d.maker.Ask(ctx, &st, "tier", "status", "--to", d.ingredient.Name)
}

// openEdge gives the maker's node its bill of materials, the officer's grant and the edge.
func (d *demo) openEdge(ctx context.Context) error {
	bill := d.figures.bill
	if d.Break == "name" {
		// A component whose own number tells the customer: a planner's careless habit.
		bill = []byte(strings.ReplaceAll(string(bill), "API-", d.agency.Name+" API-"))
		d.say("on purpose: the maker's components carry the agency's name")
	}
	path, err := d.maker.WriteFile("bill_of_materials.csv", bill)
	if err != nil {
		return err
	}
	if _, err := d.maker.Run(ctx, "bom", "import", path); err != nil {
		return err
	}
	if _, err := d.maker.Run(ctx, "tier", "edge", "--from", d.agency.Name, "--to", d.ingredient.Name, "--mode", "DERIVE", "--hold-off", "1"); err != nil {
		return err
	}
	var preview desk.TierPreview
	if err := d.maker.Ask(ctx, &preview, "tier", "preview", "--to", d.ingredient.Name); err != nil {
		return err
	}
	d.say("one tier further: %s would see %d components, all of one customer's demand", preview.To, preview.Components)
	for i, s := range preview.Inferable {
		if i == 3 {
			d.say("  inferable: and %d more", len(preview.Inferable)-i)
			break
		}
		d.say("  %s", s)
	}
	var grant desk.GrantView
	if err := d.maker.Ask(ctx, &grant, "tier", "grant", "--to", d.ingredient.Name, "--purpose", "ingredient supply for essential medicines", "--key-file", d.keyFile(d.maker, "COO"), "--yes"); err != nil {
		return err
	}
	d.say("one customer stands behind these figures: the maker's %s signs a standing grant, until %s", grant.Officer, time.UnixMilli(grant.Until).UTC().Format(time.DateOnly))
	return proc.Eventually(ctx, "the first ingredient demand", patience, func() (bool, error) {
		st, err := d.edge(ctx)
		if err == nil && st.Last.CID == "" {
			err = fmt.Errorf("the edge says %q", st.Note)
		}
		return err == nil, err
	})
}

// showDerived says what the ingredient maker sees: two numbers for each component.
func (d *demo) showDerived(ctx context.Context, cid string) error {
	var doc forecast.Document
	if err := d.ingredient.Ask(ctx, &doc, "forecast", "show", cid); err != nil {
		return err
	}
	roles := map[forecast.TierRole]int{}
	for _, l := range doc.Lines {
		roles[l.Role]++
	}
	if err := claim(roles[forecast.EndDemand] > 0 && roles[forecast.PlannedReceipts] > 0, "the derived forecast lacks one of its two numbers: %v", roles); err != nil {
		return err
	}
	for _, l := range doc.Lines[:min(2, len(doc.Lines))] {
		d.say("  %s sees %s, %s: %s %s in %s", d.ingredient.Name, l.Item.ID(), l.Role, l.Buckets[0].Mean, l.Unit, l.Buckets[0].Bucket)
	}
	return nil
}

// searchIngredient stops the ingredient maker's node for a moment and searches its decrypted database, its log and every byte its sockets received. The same
// search must find each thing in what the agency's own partner received.
func (d *demo) searchIngredient(ctx context.Context) error {
	needles, err := d.needles(ctx)
	if err != nil {
		return err
	}
	blind, err := missed(d.maker.Received, needles)
	if err != nil {
		return err
	}
	if err := claim(len(blind) == 0, "the search finds nothing of %s even at %s, which has it", strings.Join(blind, ", "), d.maker.Name); err != nil {
		return err
	}
	if err := d.ingredient.Stop(); err != nil {
		return err
	}
	found, searched, err := search(node.Home(d.ingredient.Home), []string{d.ingredient.Log, d.ingredient.Received}, needles)
	if err != nil {
		return err
	}
	d.report.Propagation.NamesOfAgencySeen, d.report.Propagation.BytesSearched = len(found), searched
	if err := d.ingredient.Start(ctx); err != nil {
		return err
	}
	if err := claim(len(found) == 0, "the agency shows at %s: %s", d.ingredient.Name, strings.Join(found, "; ")); err != nil {
		return err
	}
	d.say("its database, log and every byte received, %d bytes: none of the agency's names, keys, products, countries and CIDs (%d forms);", searched, len(needles))
	d.say("  the same search finds every one of them in what %s received", d.maker.Name)
	return nil
}

// needles are everything of the agency's that must not be found further on.
func (d *demo) needles(ctx context.Context) ([]needle, error) {
	out := []needle{{what: "the agency's name", bytes: []byte(d.agency.Name)}}
	for _, product := range d.names {
		out = append(out, needle{what: "product " + product, bytes: []byte(product)})
	}
	for _, code := range d.countries {
		out = append(out, country(code)...)
	}
	var st wire.StatusReport
	if err := d.agency.Ask(ctx, &st, "status"); err != nil {
		return nil, err
	}
	out = append(out, cidNeedles("the agency's company ID", st.Company)...)
	out = append(out, needle{what: "the agency's node key", bytes: []byte(st.NodeKey)})
	for _, p := range st.Partnerships {
		out = append(out, cidNeedles("the agency's partnership", p.Partnership)...)
	}
	keys, err := publicKeys(node.Home(d.agency.Home))
	if err != nil {
		return nil, err
	}
	for what, key := range keys {
		out = append(out, needle{what: what, bytes: key})
	}
	var held []desk.HeldForecast
	if err := d.agency.Ask(ctx, &held, "forecast", "list"); err != nil {
		return nil, err
	}
	for _, f := range held {
		out = append(out, cidNeedles("a forecast of the agency", f.CID.String())...)
	}
	if d.report.Agreement.CID != "" {
		out = append(out, cidNeedles("the agreement", d.report.Agreement.CID)...)
	}
	out = append(out, needle{what: "the agency's home", bytes: []byte(filepath.Base(d.agency.Home) + "/"), local: true})
	return out, nil
}
