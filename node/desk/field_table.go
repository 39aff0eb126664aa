package desk

import (
	"encoding/json"
	"strings"

	"kontor/node"
	"kontor/node/fields"
	"kontor/node/intake"
	"kontor/node/intake/door"
	"kontor/protocol/artifact"
)

// ReadFields puts the document of a table of fields together, as the JSON that its kind is imported from. A header is left out: what is imported
// gets its own when it is shared. false where the report has complaints.
func ReadFields(kind intake.Kind, rows []fields.Row, report *intake.Report) ([]byte, bool) {
	var model any
	skip := []string{"header"}
	switch kind {
	case intake.Terms:
		model = TermsFile{}
	case intake.Campaign:
		model, skip = campaignFile{}, append(skip, "replies") // a reply is the other side's, or given by its own command
	case intake.Quality:
		model, skip = qualityFile{}, append(skip, "salt", "blocks") // lots leave hashed; blocks have commands of their own
	case intake.Performance:
		model, skip = performanceFile{}, append(skip, "window", "closed", "delivery")
	default:
		panic("invariant: the door reads no fields of kind " + string(kind))
	}
	data, said := fields.Read(rows, model, skip...)
	for _, c := range said {
		report.Complain(intake.Complaint{Code: intake.CodeField, Line: c.Line, Column: c.Column, Value: c.Value, Text: c.Text, Want: c.Want})
	}
	if len(said) > 0 {
		report.Imported = 0
	}
	return data, len(said) == 0
}

// takeFields takes the document of a table of fields to where its kind is kept.
func (d *Desk) takeFields(draft *intake.Draft, report *intake.Report, o ImportOptions) (ImportResult, error) {
	data, ok := ReadFields(draft.Kind, draft.Fields, report)
	if !ok {
		return ImportResult{Report: report}, &node.Failure{Code: "IMPORT_REFUSED", Text: refusalText(report)}
	}
	refused := func(err error) (ImportResult, error) { return ImportResult{Report: report}, err }
	switch draft.Kind {
	case intake.Terms:
		return d.takeTerms(data, report, o)
	case intake.Campaign:
		var file campaignFile
		if err := readJSON(data, &file); err != nil {
			return refused(err)
		}
		said := *report
		said.HeaderLine = 0 // the table has every field: nothing is kept by hand
		out, err := d.takeCampaigns(file, &said, o)
		if out.Report != nil {
			report.Notes, report.Complaints = said.Notes, said.Complaints
			out.Report = report
		}
		return out, err
	case intake.Quality:
		var file qualityFile
		if err := readJSON(data, &file); err != nil {
			return refused(err)
		}
		return d.takeQuality(file, report, o)
	}
	var file performanceFile
	if err := readJSON(data, &file); err != nil {
		return refused(err)
	}
	p, err := d.Partner(o.From, "")
	if err != nil {
		return refused(err)
	}
	return d.takeFigures(countedWith(p), file.Cells, "", report, o)
}

// takeTerms keeps a file of terms as the draft of its contract, with a journal and a difference field by field.
func (d *Desk) takeTerms(data []byte, report *intake.Report, o ImportOptions) (ImportResult, error) {
	result := ImportResult{Report: report, DryRun: o.DryRun}
	doc, err := ReadTerms(data)
	if err != nil {
		return result, err
	}
	if !artifact.IsName(doc.Contract) {
		return result, node.Failf("IMPORT_REFUSED", "nothing was imported: contractReference %q is empty, too long or not plain text; it names the contract through all revisions", doc.Contract)
	}
	kept, err := json.Marshal(termsFile(doc))
	if err != nil {
		return result, err
	}
	if err := d.change(o, &result, func(rows node.PrivateRows) error { return rows.Put(draftTerms+doc.Contract, termsRow{kept}) }); err != nil {
		return result, err
	}
	for _, f := range CheckTerms(doc) {
		report.Note(intake.Complaint{Code: intake.NoteRule, Column: f.Path, Text: f.Code + ": " + f.Text + "; the draft was kept, and can't be shared so"})
	}
	return result, nil
}

// fieldsText is a table of fields as the JSON it stands for; data itself where it is none.
func fieldsText(data []byte, kind intake.Kind) ([]byte, error) {
	if looksJSON(data) {
		return data, nil
	}
	draft, report := door.Read(data, door.Options{})
	if draft == nil || draft.Fields == nil {
		if format := strings.SplitN(report.Format, " ", 2)[0]; format == string(door.Table) && !report.OK() && report.Kind == "" {
			return data, nil // its own reader says what is wrong with it
		}
		if report.OK() {
			return nil, node.Failf("IMPORT_REFUSED", "nothing was imported: the file is read as %s of kind %s; want a JSON document or a table of fields", report.Format, report.Kind)
		}
		return nil, &node.Failure{Code: "IMPORT_REFUSED", Text: refusalText(report)}
	}
	if draft.Kind != kind {
		return nil, node.Failf("IMPORT_REFUSED", "nothing was imported: the table is of kind %s; want %s", draft.Kind, kind)
	}
	text, ok := ReadFields(kind, draft.Fields, report)
	if !ok {
		return nil, &node.Failure{Code: "IMPORT_REFUSED", Text: refusalText(report)}
	}
	return text, nil
}
