package desk

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"kontor/node"
	"kontor/node/intake"
	"kontor/node/outlet"
	"kontor/protocol"
	"kontor/protocol/block"
	"kontor/protocol/campaign"
	"kontor/protocol/capacity"
	"kontor/protocol/forecast"
	"kontor/protocol/performance"
	productmap "kontor/protocol/product"
	"kontor/protocol/quality"
)

const (
	outboxRows    = "outbox/"      // what was written, by CID; without a name it could not be written in the form that was asked for
	outboxForms   = "outbox-form/" // OutboxForm by kind and partnership
	outboxReports = "reports"      // folder of the outbox: what a form does not carry, and what it refused
	outboxNothing = "none"         // the form of what is not written at all
)

// outboxKind is one kind of what partners share that other systems plan with, and the forms it has beside tables and blocks.
type outboxKind struct {
	kind  intake.Kind
	typ   string
	forms []string
}

// outboxKinds are all of them. Terms are not among them: they are in force by signatures.
var outboxKinds = []outboxKind{
	{intake.Forecast, forecast.Type, []string{string(outlet.DELFOR), string(outlet.X12), string(outlet.UBL), string(outlet.UBLExceptions), string(outlet.CatenaX)}},
	{intake.Answers, capacity.AnswerType, nil},
	{intake.Capacity, capacity.PlanType, []string{string(outlet.CatenaX), calendarFile}},
	{intake.Campaign, campaign.Type, []string{string(outlet.UBL), calendarFile}},
	{intake.Quality, quality.Type, []string{string(outlet.CatenaX)}},
	{intake.Performance, performance.Type, nil},
	{intake.Products, productmap.Type, nil},
}

// all are the forms of the kind.
func (k outboxKind) all() []string {
	return slices.Concat([]string{outboxNothing, string(outlet.CSV), string(outlet.XLSX)}, k.forms, []string{string(outlet.CARFile), string(outlet.DAGJSON)})
}

// endings are those of files, by form; other forms are ending themselves.
var endings = map[string]string{string(outlet.DELFOR): "edi", string(outlet.X12): "x12", string(outlet.UBL): "xml", string(outlet.UBLExceptions): "xml", string(outlet.CatenaX): "json", string(outlet.DAGJSON): "json", calendarFile: "ics"}

// OutboxForm says how one kind of what partners share is written to the outbox.
type OutboxForm struct {
	Kind     string   `json:"kind" cbor:"kind"`                                   // forecast, answer, capacity, campaign, quality, performance or products
	With     string   `json:"with,omitempty" cbor:"-"`                            // of this partner alone; empty: of all without a form of their own
	Format   string   `json:"format" cbor:"format"`                               // as of an export; none: nothing is written; empty: as if it was never set (csv)
	Layout   string   `json:"layout,omitempty" cbor:"layout,omitempty"`           // of a table
	Sender   string   `json:"sender,omitempty" cbor:"sender,omitempty"`           // interchange address, GLN or BPNL
	Receiver string   `json:"receiver,omitempty" cbor:"receiver,omitempty"`       // the same
	Places   []string `json:"places,omitempty" cbor:"places,omitempty"`           // the receiver's codes of places, each as PLACE=CODE
	Contact  string   `json:"contact,omitempty" cbor:"contact,omitempty"`         // of the customer, for a Report8D
	Order    string   `json:"order,omitempty" cbor:"order,omitempty"`             // of the part, for a Report8D
	PID      string   `json:"partnership,omitempty" cbor:"partnership,omitempty"` // that With named
}

// OutboxView lists the forms that are set; a kind without one is written as csv.
type OutboxView struct {
	Folder string       `json:"folder"`
	On     bool         `json:"on"` // the folder is there, and is written to
	Forms  []OutboxForm `json:"forms"`
}

// Outbox tells how partners' data is written.
func (d *Desk) Outbox() (v OutboxView, err error) {
	v.Folder, v.Forms = filepath.Join(string(d.node.Home()), outboxFolder), []OutboxForm{}
	info, err := os.Stat(v.Folder)
	v.On = err == nil && info.IsDir()
	err = d.node.ReadPrivate(func(rows node.PrivateRows) error {
		forms, err := scanRows[OutboxForm](rows, outboxForms)
		v.Forms = append(v.Forms, forms...)
		return err
	})
	for i := range v.Forms {
		for _, p := range d.node.Partnerships() {
			if p.PID.String() == v.Forms[i].PID {
				v.Forms[i].With = d.PartnerName(p)
			}
		}
	}
	return v, err
}

// SetOutbox sets the form of a kind, or takes it away. It holds for what comes from then on, and for what an earlier form could not hold.
func (d *Desk) SetOutbox(o OutboxForm) (OutboxView, error) {
	at := slices.IndexFunc(outboxKinds, func(k outboxKind) bool { return string(k.kind) == o.Kind })
	if at < 0 {
		return OutboxView{}, node.Failf("BAD_KIND", "%q is no kind that partners share for the outbox; forecast, answer, capacity, campaign, quality, performance or products is right", o.Kind)
	}
	if forms := outboxKinds[at].all(); o.Format != "" && !slices.Contains(forms, o.Format) {
		return OutboxView{}, node.Failf("BAD_REQUEST", "%q is no form of the kind %s; want %s", o.Format, o.Kind, strings.Join(forms, ", "))
	}
	if _, err := o.export("").outlet(); err != nil {
		return OutboxView{}, err
	}
	o.PID = ""
	if o.With != "" {
		p, err := d.Partner(o.With, "")
		if err != nil {
			return OutboxView{}, err
		}
		o.PID = p.PID.String()
	}
	err := d.node.Private(func(rows node.PrivateRows) error {
		if err := forgetRefused(rows); err != nil {
			return err
		}
		if o.Format == "" {
			return rows.Delete(outboxForms + rowName(o.Kind, o.PID))
		}
		return rows.Put(outboxForms+rowName(o.Kind, o.PID), o)
	})
	if err != nil {
		return OutboxView{}, err
	}
	return d.Outbox()
}

// forgetRefused has what could not be written tried again.
func forgetRefused(rows node.PrivateRows) error {
	var again []string
	err := rows.Scan(outboxRows, func(key string, decode func(any) error) (bool, error) {
		var row inboxRow
		err := decode(&row)
		if row.Name == "" {
			again = append(again, outboxRows+strings.TrimPrefix(key, outboxRows))
		}
		return true, err
	})
	for _, key := range again {
		err = errors.Join(err, rows.Delete(key))
	}
	return err
}

// export are the options of an export in this form.
func (f OutboxForm) export(cid string) ExportOptions {
	return ExportOptions{CID: cid, Format: f.Format, Layout: f.Layout, Sender: f.Sender, Receiver: f.Receiver, Places: f.Places, Contact: f.Contact, Order: f.Order}
}

// sharedFile is an artifact that waits to be written.
type sharedFile struct {
	cid  block.CID
	form OutboxForm
}

// outboxOnce writes what partners shared, is in force and was not written yet, each in the form of its kind and partner.
func (d *Desk) outboxOnce(home string) error {
	folder := filepath.Join(home, outboxFolder)
	if info, err := os.Stat(folder); err != nil || !info.IsDir() {
		return nil // no folder: nobody wants files
	}
	var waiting []sharedFile
	for _, p := range d.node.Partnerships() {
		for _, k := range outboxKinds {
			form, err := d.outboxForm(string(k.kind), p.PID.String())
			if err != nil {
				return err
			}
			if form.Format == outboxNothing {
				continue
			}
			more, err := d.unwritten(p, k.typ)
			if err != nil {
				return err
			}
			for _, cid := range more {
				waiting = append(waiting, sharedFile{cid, form})
			}
		}
	}
	var failures []error
	for i, f := range waiting {
		if i == maxPass {
			break
		}
		failures = append(failures, d.outboxFile(folder, f))
	}
	return errors.Join(failures...)
}

// outboxForm is the form of a kind: the partner's own, that of all partners, or csv.
func (d *Desk) outboxForm(kind, pid string) (form OutboxForm, err error) {
	err = d.node.ReadPrivate(func(rows node.PrivateRows) error {
		for _, of := range []string{pid, ""} {
			if found, err := rows.Get(outboxForms+rowName(kind, of), &form); err != nil || found {
				return err
			}
		}
		form = OutboxForm{Kind: kind, Format: string(outlet.CSV)}
		return nil
	})
	return form, err
}

// unwritten are the partners' artifacts of a type that are in force and were not written yet.
func (d *Desk) unwritten(p *node.Partnership, typ string) (out []block.CID, err error) {
	err = d.node.View(p.PID, func(r *protocol.Replica) error {
		rows, err := r.Versions(typ)
		if err != nil {
			return err
		}
		for _, row := range rows {
			if row.Author == d.node.Company() || row.Status != protocol.InForce {
				continue
			}
			written, err := d.inOutbox(row.Root.String())
			if err != nil {
				return err
			}
			if !written {
				out = append(out, row.Root)
			}
		}
		return nil
	})
	return out, err
}

// inOutbox tells whether an artifact was written to the outbox before.
func (d *Desk) inOutbox(cid string) (found bool, err error) {
	err = d.node.ReadPrivate(func(rows node.PrivateRows) (err error) {
		var row inboxRow
		found, err = rows.Get(outboxRows+cid, &row)
		return err
	})
	return found, err
}

// outboxFile writes one artifact, with a report where the form leaves something out or can't hold it. What a form refuses stays refused until another is set.
func (d *Desk) outboxFile(folder string, f sharedFile) error {
	ending := f.form.Format
	if e, is := endings[ending]; is {
		ending = e
	}
	name := f.form.Kind + "-" + f.cid.String() + "." + ending
	out, err := d.Export(f.form.export(f.cid.String()))
	table := f.form.Format == string(outlet.CSV) || f.form.Format == string(outlet.XLSX)
	if err != nil && ofTheFile(err) && table && !outlet.AllFields(intake.Layout(f.form.Layout)) {
		// A report of lot blocks or complaints alone and a calendar of blackouts alone have no line in a table of counts or events, and are what a system should hear of.
		fields := f.form.export(f.cid.String())
		fields.Layout = string(outlet.FieldLines)
		if all, failed := d.Export(fields); failed == nil {
			all.Left = append(all.Left, "a line for each field of the whole document, because "+err.Error())
			out, err = all, nil
		}
	}
	report := struct {
		File   string   `json:"file"`
		Format string   `json:"format"`
		Left   []string `json:"left,omitempty"`
		Error  string   `json:"error,omitempty"`
	}{File: name, Format: f.form.Format, Left: out.Left}
	switch {
	case err == nil:
		if err := d.writeWhole(filepath.Join(folder, name), out.Data); err != nil {
			return err
		}
	case ofTheFile(err):
		report.Error = err.Error()
	default:
		return err // of this machine
	}
	if len(report.Left) > 0 || report.Error != "" {
		text, err := json.MarshalIndent(report, "", " ")
		if err != nil {
			return err
		}
		if err := os.MkdirAll(filepath.Join(folder, outboxReports), 0o700); err != nil {
			return err
		}
		if err := d.writeWhole(filepath.Join(folder, outboxReports, name+".report.json"), append(text, '\n')); err != nil {
			return err
		}
	}
	if report.Error != "" {
		d.node.Log().Warn("not written to the outbox", "artifact", f.cid.String(), "reason", report.Error)
		name = ""
	}
	return d.node.Private(func(rows node.PrivateRows) error {
		return rows.Put(outboxRows+f.cid.String(), inboxRow{Name: name, T: d.node.Now()})
	})
}
