package desk

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"

	"kontor/node"
	"kontor/node/intake"
	"kontor/node/intake/xlsx"
	"kontor/node/outlet"
	"kontor/protocol/artifact"
	"kontor/protocol/block"
	"kontor/protocol/calendar"
	"kontor/protocol/capacity"
	"kontor/protocol/forecast"
	"kontor/protocol/quantity"
)

// guestCell is one line of a template as it came back.
type guestCell struct {
	guestRow
	Given  quantity.Quantity     `cbor:"given"`
	Date   calendar.Date         `cbor:"date,omitzero"`
	Reason capacity.CommitReason `cbor:"reason,omitempty"`
	Note   string                `cbor:"note,omitempty"`
}

// guestRecord is what was recorded for a guest from one file.
type guestRecord struct {
	Number    int64             `cbor:"number"`
	Guest     string            `cbor:"guest"`
	Kind      intake.Kind       `cbor:"kind"`
	Template  string            `cbor:"template"`
	T         int64             `cbor:"t"` // ms UTC
	File      string            `cbor:"file,omitempty"`
	Hash      [32]byte          `cbor:"hash"` // SHA-256 of the file
	Role      string            `cbor:"role"` // who recorded it
	Forecast  block.CID         `cbor:"forecast"`
	Cells     int               `cbor:"cells"`
	Empty     int               `cbor:"empty"` // lines that were not filled in
	Asked     quantity.Quantity `cbor:"asked,omitzero"`
	Given     quantity.Quantity `cbor:"given"`
	Accepted  int               `cbor:"accepted"`
	Countered int               `cbor:"countered"`
}

// defaultRole records where nobody is named.
const defaultRole = "DESK"

// isTemplate tells a template that came back from any other workbook, and which one it is.
func isTemplate(data []byte) (id string, yes bool) {
	if !xlsx.Is(data) || xlsx.Cell(data, outlet.MarkSheet, "A1") != "template" {
		return "", false
	}
	return xlsx.Cell(data, outlet.MarkSheet, "B1"), true
}

// takeTemplate records what a partner without a node wrote into a template, with evidence grade C.
func (d *Desk) takeTemplate(data []byte, id string, o ImportOptions) (ImportResult, error) {
	report := &intake.Report{Format: "xlsx template", HeaderLine: outlet.TemplateHead}
	result := ImportResult{Report: report, DryRun: o.DryRun}
	role := strings.ToUpper(o.Role)
	if role == "" {
		role = defaultRole
	}
	if !artifact.IsName(role) {
		return result, node.Failf("BAD_ROLE", "role %q is empty, too long or not plain text", o.Role)
	}
	var t guestTemplate
	var rows []guestRow
	if err := d.node.ReadPrivate(func(p node.PrivateRows) error {
		found, err := p.Get(guestTemplates+id, &t)
		if err == nil && !found {
			err = node.Failf("NO_SUCH_TEMPLATE", "template %q was not written by this node, or its mark was changed; write a new one with: kontor guest template NAME", intake.Shortened(id))
		}
		if err != nil {
			return err
		}
		rows, err = readPieces[guestRow](p, guestRows+t.ID+"/")
		return err
	}); err != nil {
		return result, err
	}
	report.Kind = t.Kind
	table, ok := xlsx.Table(data, outlet.TemplateSheet, report)
	if !ok {
		return result, &node.Failure{Code: "IMPORT_REFUSED", Text: refusalText(report)}
	}
	report.Notes = nil // of its two sheets
	cells, empty := readTemplate(data, table, t, rows, report)
	report.Lines, report.Imported, report.Buckets = len(rows), len(cells), len(cells)
	if !report.OK() {
		report.Imported = 0
		return result, &node.Failure{Code: "IMPORT_REFUSED", Text: refusalText(report)}
	}
	rec := guestRecord{Guest: t.Guest, Kind: t.Kind, Template: t.ID, T: d.node.Now(), File: o.File, Hash: sha256.Sum256(data), Role: role, Forecast: t.Forecast, Cells: len(cells), Empty: empty}
	if err := rec.count(cells); err != nil {
		return result, err
	}
	if empty > 0 {
		report.Note(intake.Complaint{Code: intake.NoteNotCarried, Text: fmt.Sprintf("%d lines were left empty: nothing is said of them", empty)})
	}
	if findings := rec.check(cells, rows, t); len(findings) > 0 {
		return result, &node.Failure{Code: "ANSWER_REFUSED", Text: fmt.Sprintf("what came back breaks %s: %s", node.Count(len(findings), "rule"), findings[0].Error()), Findings: findings}
	}
	err := d.change(o, &result, func(p node.PrivateRows) error {
		all, err := scanRows[guestRecord](p, guestRecords)
		if err != nil {
			return err
		}
		rec.Number = 1
		if n := len(all); n > 0 {
			rec.Number = all[n-1].Number + 1
		}
		for _, old := range all[:max(0, len(all)-maxGuests+1)] {
			if err := p.Delete(guestKey(guestRecords, old.Number)); err != nil {
				return err
			}
			if err := p.Clear(guestKey(guestCells, old.Number) + "/"); err != nil {
				return err
			}
		}
		if err := putPieces(p, guestKey(guestCells, rec.Number)+"/", cells); err != nil {
			return err
		}
		return p.Put(guestKey(guestRecords, rec.Number), rec)
	})
	result.Added = len(cells)
	return result, err
}

func guestKey(prefix string, number int64) string { return fmt.Sprintf("%s%010d", prefix, number) }

// readTemplate compares what came back with what was sent, cell by cell, and reads what was filled in.
func readTemplate(data []byte, table [][]string, t guestTemplate, rows []guestRow, report *intake.Report) (out []guestCell, empty int) {
	at := func(line, column int) string { return fmt.Sprintf("%c%d", 'A'+column, line) } // ten columns
	complain := func(code intake.Code, line, column int, value, text, want string) {
		report.Complain(intake.Complaint{Code: code, Line: line, Column: at(line, column), Value: value, Text: text, Want: want})
	}
	cell := func(line, column int) string {
		if line > len(table) || column >= len(table[line-1]) {
			return ""
		}
		return strings.TrimSpace(table[line-1][column])
	}
	for i, name := range outlet.TemplateColumns {
		if t.Kind == intake.Forecast && i == outlet.TemplateFirst {
			name = "needed"
		}
		if got := cell(outlet.TemplateHead, i); got != name {
			complain(intake.CodeTemplate, outlet.TemplateHead, i, got, "the header was changed", name)
		}
	}
	last := outlet.TemplateHead + len(rows)
	for line := last + 1; line <= len(table); line++ {
		if slices.ContainsFunc(table[line-1], func(v string) bool { return v != "" }) {
			complain(intake.CodeTemplate, line, 0, cell(line, 0), "a line that was not sent", "the lines of the template; what else is meant goes into a note")
		}
	}
	if !report.OK() {
		return nil, 0
	}
	formulas, err := xlsx.Formulas(data, outlet.TemplateSheet, []int{outlet.TemplateFirst + 1, outlet.TemplateFirst + 2, outlet.TemplateFirst + 3, outlet.TemplateFirst + 4}, outlet.TemplateHead+1, last)
	if err != nil {
		report.Complain(intake.Complaint{Code: intake.CodeSyntax, Text: "the workbook can't be read: " + err.Error(), Want: "the template as it was sent"})
		return nil, 0
	}
	for _, f := range formulas {
		report.Complain(intake.Complaint{Code: intake.CodeUnsafe, Column: f, Text: "a formula: what it was when it was stored is not what it says", Want: "the number itself"})
	}
	for i, r := range rows {
		line := outlet.TemplateHead + 1 + i
		sent := r.cells(t.Kind)
		changed := false
		for k, want := range sent {
			got := intake.Unprotected(cell(line, k))
			if got != want && !sameFigure(got, want) {
				changed = true
				complain(intake.CodeTemplate, line, k, got, fmt.Sprintf("%s was sent as %q", outlet.TemplateColumns[k], want), "the cell as it was sent; what is meant instead goes into the note")
			}
		}
		if changed {
			continue
		}
		c, filled := readGuestCell(r, t.Kind, func(k int) string { return cell(line, outlet.TemplateFirst+k) }, func(code intake.Code, k int, value, text, want string) {
			complain(code, line, outlet.TemplateFirst+k, value, text, want)
		})
		if !filled {
			empty++
			continue
		}
		out = append(out, c)
	}
	if len(out) == 0 && report.OK() {
		report.Complain(intake.Complaint{Code: intake.CodeEmpty, Text: "nothing was filled in", Want: "a quantity in one line or more"})
	}
	return out, empty
}

// sameFigure tells whether two cells are one number: a spreadsheet writes 1.50 as 1.5.
func sameFigure(a, b string) bool {
	x, errX := quantity.Parse(a)
	y, errY := quantity.Parse(b)
	return errX == nil && errY == nil && x == y
}

func readGuestCell(r guestRow, kind intake.Kind, cell func(int) string, complain func(code intake.Code, column int, value, text, want string)) (c guestCell, filled bool) {
	c.guestRow = r
	given, date, reason, note := cell(0), cell(1), cell(2), cell(3)
	if given == "" {
		if date != "" || reason != "" {
			complain(intake.CodeMissing, 0, "", "a date or a reason, and no quantity", "a quantity; 0 where nothing is meant")
		}
		return c, false
	}
	q, err := quantity.Parse(strings.ReplaceAll(given, ",", "."))
	switch {
	case err != nil || strings.Count(given, ",")+strings.Count(given, ".") > 1:
		complain(intake.CodeNumber, 0, given, "not a number", "digits, such as 1250 or 0.75")
		return c, true
	case q.Sign() < 0:
		complain(intake.CodeSign, 0, given, "below zero", "a number of 0 or more")
	case quantity.Of(1_000_000_000_000_000).Less(q) || q.Exponent() < -9:
		complain(intake.CodeNumber, 0, given, "too large, or with too many decimals", "at most 10^15 and nine decimals")
	}
	c.Given = q
	if date != "" {
		if c.Date, err = calendar.ParseDate(date); err != nil {
			complain(intake.CodePeriod, 1, date, "not a date", "a day such as 2027-03-01")
		}
	}
	if reason != "" {
		c.Reason = capacity.CommitReason(strings.ToUpper(strings.ReplaceAll(reason, " ", "_")))
		if !slices.Contains(capacity.CommitReasons, c.Reason) {
			complain(intake.CodeOption, 2, reason, "no reason of the list", "CAPACITY, MATERIAL, LEAD_TIME, ALLOCATION, QUALITY_HOLD, SHUTDOWN, COMMERCIAL or LOT_SIZE")
		}
	}
	if c.Note = note; len(note) > artifact.MaxSentence {
		complain(intake.CodeTooLarge, 3, note, "a long note", fmt.Sprintf("at most %d bytes", artifact.MaxSentence))
	}
	if kind == intake.Answers && q.Less(r.Asked) && c.Reason == "" {
		complain(intake.CodeMissing, 2, "", fmt.Sprintf("less than the %s asked for, and nothing says why", r.Asked), "CAPACITY, MATERIAL, LEAD_TIME or another reason")
	}
	return c, true
}

// late tells whether what is given comes after its period.
func (c guestCell) late() bool { return c.Date != 0 && c.Date >= c.Bucket.End }

func (r *guestRecord) count(cells []guestCell) (err error) {
	for _, c := range cells {
		if r.Asked, err = r.Asked.Add(c.Asked); err == nil {
			r.Given, err = r.Given.Add(c.Given)
		}
		if err != nil {
			return node.Failf("IMPORT_REFUSED", "nothing was recorded: the quantities add up to too much")
		}
		if c.Given.Less(c.Asked) || c.late() {
			r.Countered++
		} else {
			r.Accepted++
		}
	}
	return nil
}

// header is that of the document a record stands for.
func (r guestRecord) header(typ string) artifact.Header {
	return artifact.Header{Type: typ, Series: guestSeries(r.Guest, r.Kind), Issued: r.T, Evidence: artifact.GradeC, Scope: artifact.Everything(),
		Provenance: artifact.Provenance{SourceSystem: "spreadsheet of " + artifact.Clip(r.Guest), SourceRecord: "sha256:" + hex.EncodeToString(r.Hash[:]), ExtractedAt: r.T,
			Version: r.Template, Activity: "RECORDED BY " + r.Role, DerivedFrom: []block.CID{r.Forecast}}}
}

// answer is the record as the answer it stands for.
func (r guestRecord) answer(cells []guestCell) capacity.Answer {
	a := capacity.Answer{Header: r.header(capacity.AnswerType), Forecast: r.Forecast}
	at := map[string]int{}
	for _, c := range cells {
		l := c.line()
		i, known := at[l.Key()]
		if !known {
			i = len(a.Lines)
			at[l.Key()] = i
			a.Lines = append(a.Lines, capacity.AnswerLine{Line: l.Key(), Unit: c.Unit})
		}
		commit := capacity.Commit{Bucket: c.Bucket, Committed: c.Given, State: capacity.StateAccepted, Reason: c.Reason}
		if c.Given.Less(c.Asked) || c.late() {
			commit.State = capacity.StateCountered
		}
		a.Lines[i].Buckets = append(a.Lines[i].Buckets, commit)
	}
	return a
}

// forecast is the record as the forecast it stands for.
func (r guestRecord) forecast(cells []guestCell) forecast.Document {
	doc := forecast.Document{Header: r.header(forecast.Type), Purpose: forecast.OrderForecast, Method: forecast.Method{Name: "template", Bands: forecast.BandsNone}}
	at := map[string]int{}
	for _, c := range cells {
		key := c.Product + "\x00" + c.Region
		i, known := at[key]
		if !known {
			i = len(doc.Lines)
			at[key] = i
			doc.Lines = append(doc.Lines, c.line())
		}
		l := &doc.Lines[i]
		if n := len(l.Buckets); n > 0 && l.Buckets[n-1].End < c.Bucket.Start {
			l.GapReason = "not filled in"
		}
		l.Buckets = append(l.Buckets, forecast.Cell{Bucket: c.Bucket, Mean: c.Given})
	}
	return doc
}

// check applies the coded rules of the document.
func (r guestRecord) check(cells []guestCell, rows []guestRow, t guestTemplate) []artifact.Finding {
	if r.Kind == intake.Forecast {
		return forecast.Check(r.forecast(cells))
	}
	a := r.answer(cells)
	return append(capacity.CheckAnswer(a), capacity.CheckAnswerAgainst(a, askedDocument(rows, t))...)
}

// guestDifference counts what a record adds: each line that was filled in. A record never changes another.
func guestDifference(d *Difference, c node.RowChange) error {
	before, after, err := bothSides[[]guestCell](c)
	if err != nil {
		return err
	}
	for i, piece := range []*[]guestCell{before, after} {
		if piece == nil {
			continue
		}
		for _, cell := range *piece {
			change := CellChange{Series: series(cell.Product, cell.Region), Period: cell.Bucket.String(), Figure: "given", After: cell.Given.String(), Material: true}
			if i == 0 {
				change.Before, change.After = change.After, ""
			}
			d.add(change)
		}
	}
	return nil
}
