package desk

import (
	"bytes"
	"errors"
	"slices"
	"strings"

	"kontor/node"
	"kontor/node/ical"
	"kontor/node/intake"
	"kontor/node/outlet"
	"kontor/protocol"
	"kontor/protocol/block"
	"kontor/protocol/campaign"
	"kontor/protocol/capacity"
	"kontor/protocol/decision"
	"kontor/protocol/forecast"
	"kontor/protocol/quality"
	"kontor/protocol/terms"
)

// ExportOptions say what is written, and how.
type ExportOptions struct {
	CID      string   `json:"cid"`      // of an artifact; empty: the newest forecast of a partner, or the draft
	With     string   `json:"with"`     // the partner whose newest forecast is meant
	Format   string   `json:"format"`   // csv, xlsx, delfor, x12-830, ubl, ubl-exception, catena-x, icalendar, car or dag-json
	Number   string   `json:"number"`   // of the document at its receiver; empty: made from series and revision
	Sender   string   `json:"sender"`   // interchange address, GLN or BPNL
	Receiver string   `json:"receiver"` // the same
	Places   []string `json:"places"`   // the receiver's codes of places, each as PLACE=CODE
	Kind     string   `json:"kind"`     // of the draft, or of the figures at home, where no CID is given; empty: forecast
	Layout   string   `json:"layout"`   // of a table: period, long, wide; or fields, records: the whole document
	Contact  string   `json:"contact"`  // of the customer, for a Report8D: COMPANY, CITY, COUNTRY, EMAIL
	Order    string   `json:"order"`    // of the part, for a Report8D
	Numbers  string   `json:"numbers"`  // own: a buyer's forecast in this company's numbers; empty: as it is
}

// Exported is a document in the form asked for.
type Exported struct {
	Type   string   `json:"type"`
	Format string   `json:"format"`
	Left   []string `json:"left"`            // what the format does not carry
	Notes  []string `json:"notes,omitempty"` // what became of what
	Data   []byte   `json:"data"`
}

// Export writes an artifact that is held, or the draft forecast, for another system.
func (d *Desk) Export(o ExportOptions) (out Exported, err error) {
	opts, err := o.outlet()
	if err != nil {
		return out, err
	}
	out.Format = o.Format
	var cid block.CID
	switch {
	case o.CID != "":
		cid, err = d.artifactCID(o.CID)
	case slices.Contains([]intake.Kind{intake.Campaign, intake.Quality, intake.Terms}, intake.Kind(o.Kind)):
		return d.exportDraft(o, opts)
	case o.Kind == string(intake.Answers):
		return d.exportAnswer(o, opts, out)
	case slices.Contains([]intake.Kind{intake.History, intake.Capacity, intake.Stock, intake.Bill, intake.Products, intake.Performance, OrderLines}, intake.Kind(o.Kind)):
		return d.exportPrivate(o, out)
	case o.Kind != "" && o.Kind != string(intake.Forecast):
		return Exported{}, node.Failf("BAD_KIND", "there is nothing of the kind %q to export; forecast, answer, campaign, quality, terms, history, capacity, stock, bom, products, performance or lines is right", o.Kind)
	case o.With != "":
		cid, err = d.NewestForecast(o.With)
	}
	if err != nil {
		return Exported{}, err
	}
	switch {
	case o.Numbers == OwnNumbers:
		return d.exportOwn(cid, out, opts)
	case o.Numbers != "":
		return Exported{}, node.Failf("BAD_NUMBERS", "numbers %q; own is right, or nothing for those of the document", o.Numbers)
	case !cid.Defined():
		return d.exportForecastDraft(out, opts)
	}
	return d.exportHeld(cid, out, opts)
}

// outlet reads the options of what is written.
func (o ExportOptions) outlet() (opts outlet.Options, err error) {
	opts = outlet.Options{Number: o.Number, Sender: o.Sender, Receiver: o.Receiver, Places: map[string]string{}, Order: o.Order, Layout: intake.Layout(o.Layout)}
	if o.Contact != "" {
		if opts.Contact, err = outlet.ParseContact(o.Contact); err != nil {
			return opts, node.Failf("BAD_CONTACT", "%v", err)
		}
	}
	for _, entry := range o.Places {
		at, code, ok := strings.Cut(entry, "=")
		if !ok || at == "" || code == "" {
			return opts, node.Failf("BAD_PLACE", "place %q does not say how the receiver calls it; want PLACE=CODE such as DE=BPNS0000000000DE", entry)
		}
		opts.Places[at] = code
	}
	return opts, nil
}

// artifactCID is the artifact that a CID or the end of one names.
func (d *Desk) artifactCID(name string) (block.CID, error) {
	if cid, err := block.ParseCID(name); err == nil {
		return cid, nil
	}
	v, err := d.FindArtifact(name)
	return v.CID, err
}

// exportForecastDraft writes the forecast as it would be shared now, before scope.
func (d *Desk) exportForecastDraft(out Exported, opts outlet.Options) (Exported, error) {
	draft, lines, err := d.draft()
	if err != nil {
		return out, err
	}
	out.Type = forecast.Type
	fences, err := d.Fences()
	if err != nil {
		return out, err
	}
	doc := forecast.Document{Purpose: forecast.OrderForecast, WeekScheme: draft.WeekScheme, Method: draft.Method, Fences: fences, Lines: lines}
	doc.Header.Issued, doc.Header.Reason = d.node.Now(), draft.Reason
	if outlet.AllFields(opts.Layout) {
		out.Data, err = outlet.Fields(string(intake.Forecast), doc, outlet.Format(out.Format), opts.Layout)
		return out, refusedExport(err)
	}
	out.Data, out.Left, err = outlet.Forecast(doc, outlet.Format(out.Format), opts)
	return out, refusedExport(err)
}

// exportHeld writes an artifact that some partnership holds.
func (d *Desk) exportHeld(cid block.CID, out Exported, opts outlet.Options) (Exported, error) {
	if data, err := d.agreementBytes(cid); err != nil || data != nil {
		return exportAgreement(out, cid, data, err)
	}
	sheet, err := d.heldSheet(cid)
	if err != nil {
		return out, err
	}
	out.Type = sheet.Type
	f := outlet.Format(out.Format)
	if f == outlet.CSV || f == outlet.XLSX {
		data, left, found, err := d.exportSheet(cid, sheet, f, opts)
		if found {
			out.Data, out.Left = data, left
			return out, refusedExport(err)
		}
	}
	out.Data, out.Left, err = d.written(sheet, f, opts)
	return out, err
}

// written is a shared document in a form that its type has.
func (d *Desk) written(sheet block.Sheet, f outlet.Format, opts outlet.Options) (data []byte, left []string, err error) {
	switch {
	case f == outlet.CARFile || f == outlet.DAGJSON:
		root, below, err := sheet.Build()
		if err != nil {
			return nil, nil, err
		}
		var b bytes.Buffer
		err = outlet.Blocks(&b, f, append([]block.Block{root}, below...))
		return b.Bytes(), nil, refusedExport(err)
	case sheet.Type == forecast.Type && f == outlet.UBLExceptions:
		data, left, err = d.exportExceptions(sheet, opts)
		return data, left, refusedExport(err)
	case f == calendarFile:
		return calendarOf(sheet)
	case sheet.Type == campaign.Type:
		return writtenBy(outlet.Calendar, campaign.FromSheet, sheet, f, opts)
	case sheet.Type == quality.Type:
		return writtenBy(outlet.Report, quality.FromSheet, sheet, f, opts)
	case sheet.Type == forecast.Type:
		return writtenBy(outlet.Forecast, forecast.FromSheet, sheet, f, opts)
	case sheet.Type == capacity.PlanType:
		return writtenBy(outlet.Plan, capacity.PlanFromSheet, sheet, f, opts)
	}
	return nil, nil, node.Failf("EXPORT_REFUSED", "a %s is written as car or dag-json, not as %q", sheet.Type, f)
}

// writtenBy opens a document and hands it to the writer of its type.
func writtenBy[D any](write func(D, outlet.Format, outlet.Options) ([]byte, []string, error), open func(block.Sheet) (D, error), sheet block.Sheet, f outlet.Format, opts outlet.Options) ([]byte, []string, error) {
	doc, err := open(sheet)
	if err != nil {
		return nil, nil, err
	}
	data, left, err := write(doc, f, opts)
	return data, left, refusedExport(err)
}

// agreementBytes are those of an agreement's document, nil where the CID is of none.
func (d *Desk) agreementBytes(cid block.CID) (data []byte, err error) {
	for _, p := range d.node.Partnerships() {
		err := d.node.View(p.PID, func(r *protocol.Replica) error {
			_, found, err := r.Round(cid)
			if err == nil && found {
				data, err = r.Block(cid)
			}
			return err
		})
		if err != nil || data != nil {
			return data, err
		}
	}
	return nil, nil
}

// exportAgreement writes the document that was signed. The signatures are the feeds': the evidence bundle has them.
func exportAgreement(out Exported, cid block.CID, data []byte, err error) (Exported, error) {
	f := outlet.Format(out.Format)
	switch {
	case err != nil:
		return out, err
	case f != outlet.CARFile && f != outlet.DAGJSON:
		return out, node.Failf("EXPORT_REFUSED", "an agreement is written as car or dag-json, not as %q", out.Format)
	}
	out.Type, out.Left = decision.AgreementType, []string{"signatures: kontor agreement export writes them with the whole evidence"}
	var b bytes.Buffer
	err = outlet.Blocks(&b, f, []block.Block{{CID: cid, Data: data}})
	out.Data = b.Bytes()
	return out, refusedExport(err)
}

// exportDraft writes the draft of campaigns or of quality, as the partner named would get it before scope.
func (d *Desk) exportDraft(o ExportOptions, opts outlet.Options) (out Exported, err error) {
	var pid block.CID
	if o.With != "" {
		p, err := d.Partner(o.With, "")
		if err != nil {
			return out, err
		}
		pid = p.PID
	}
	out.Format = o.Format
	if o.Kind == string(intake.Terms) {
		return d.exportTermsDraft(o, out)
	}
	whole := outlet.AllFields(opts.Layout)
	if o.Kind == string(intake.Campaign) {
		doc, err := d.campaignDraft(pid)
		if err != nil {
			return out, err
		}
		out.Type, doc.Header.Issued = campaign.Type, d.node.Now()
		if o.Format == calendarFile {
			out.Data = ical.Write("campaigns", doc)
			return out, nil
		}
		if whole {
			out.Data, err = outlet.Fields(o.Kind, campaignFile{doc.Zone, doc.Events, doc.Blackouts}, outlet.Format(o.Format), opts.Layout)
			return out, refusedExport(err)
		}
		out.Data, out.Left, err = outlet.Calendar(doc, outlet.Format(o.Format), opts)
		return out, refusedExport(err)
	}
	doc, err := d.qualityDraft(pid, nil)
	if err != nil {
		return out, err
	}
	out.Type, doc.Header.Issued = quality.Type, d.node.Now()
	if whole {
		file := qualityFile{Measures: doc.Measures, Complaints: doc.Complaints, Cases: doc.Cases, Audits: doc.Audits}
		out.Data, err = outlet.Fields(o.Kind, file, outlet.Format(o.Format), opts.Layout)
		return out, refusedExport(err)
	}
	out.Data, out.Left, err = outlet.Report(doc, outlet.Format(o.Format), opts)
	return out, refusedExport(err)
}

// exportTermsDraft writes the draft of a contract, or a template where there is none, as a table to be changed and imported again.
func (d *Desk) exportTermsDraft(o ExportOptions, out Exported) (Exported, error) {
	file, err := d.TermsDraft(TermsQuery{})
	if err != nil {
		return out, err
	}
	out.Type = terms.Type
	out.Data, err = outlet.Fields(o.Kind, file, outlet.Format(o.Format), termsLayout(intake.Layout(o.Layout)))
	return out, refusedExport(err)
}

// exportExceptions compares a revision of a forecast with the one before it.
func (d *Desk) exportExceptions(sheet block.Sheet, opts outlet.Options) ([]byte, []string, error) {
	after, err := forecast.FromSheet(sheet)
	if err != nil {
		return nil, nil, err
	}
	if after.Header.Parent == nil {
		return nil, nil, errors.New("the forecast is the first of its series: there is nothing to compare it with")
	}
	below, err := d.heldSheet(*after.Header.Parent)
	if err != nil {
		return nil, nil, err
	}
	before, err := forecast.FromSheet(below)
	if err != nil {
		return nil, nil, err
	}
	return outlet.Exceptions(before, after, opts)
}

func refusedExport(err error) error {
	if err == nil {
		return nil
	}
	return node.Failf("EXPORT_REFUSED", "nothing was exported: %v", err)
}

// heldSheet opens an artifact in whichever partnership holds it.
func (d *Desk) heldSheet(cid block.CID) (sheet block.Sheet, err error) {
	p, err := d.holding(cid, func(r *protocol.Replica) (err error) {
		sheet, err = r.Sheet(cid)
		return err
	})
	if err != nil || p != nil {
		return sheet, err
	}
	return sheet, node.Failf("NO_SUCH_ARTIFACT", "no artifact %s is held; kontor artifact list shows those that are", cid.Short())
}
