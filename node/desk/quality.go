package desk

import (
	"slices"
	"strings"
	"time"

	"kontor/node"
	"kontor/node/intake"
	"kontor/protocol/artifact"
	"kontor/protocol/block"
	"kontor/protocol/calendar"
	"kontor/protocol/forecast"
	"kontor/protocol/quality"
	"kontor/protocol/quantity"
	"kontor/protocol/terms"
)

// The draft of the company's quality report: rows by key. Lots and serial ranges stay in the open here; each partnership gets hashes under
// its own salt.
const (
	draftMeasures   = "draft/quality/measure/"
	draftComplaints = "draft/quality/complaint/"
	draftCases      = "draft/quality/case/"
	draftLots       = "draft/quality/block/"
	draftAudits     = "draft/quality/audit/"
	draftService    = "draft/quality-service"
)

// draftBlock is a lot block with the numbers that stay at home.
type draftBlock struct {
	Block   quality.Block `cbor:"block"`
	Lots    []string      `cbor:"lots"`
	Serials []string      `cbor:"serials"` // FIRST..LAST
	Only    *block.CID    `cbor:"only,omitempty"`
}

// qualityFile is what a JSON file of quality holds: parts of a report. Lots and serials of blocks are hashed by quality block.
type qualityFile struct {
	Service    *quality.ServiceRule `json:"service"`
	Measures   []quality.Measure    `json:"measures"`
	Complaints []quality.Complaint  `json:"complaints"`
	Cases      []quality.Case       `json:"cases"`
	Audits     []quality.Audit      `json:"audits"`
}

// ImportQuality takes defect counts from a table, or measures, complaints, 8D cases and audits from a JSON document, into the draft. A row of
// the file takes the place of the one of its key.
func (d *Desk) ImportQuality(data []byte, o ImportOptions) (ImportResult, error) {
	var file qualityFile
	report := &intake.Report{Kind: "quality", Format: jsonFile}
	if looksJSON(data) {
		if err := readJSON(data, &file); err != nil {
			return ImportResult{Report: report}, err
		}
		if err := refuseJSON(d.checkQuality(file)); err != nil {
			return ImportResult{Report: report}, err
		}
		report.Lines = len(file.Measures) + len(file.Complaints) + len(file.Cases) + len(file.Audits)
		report.Imported = report.Lines
		return d.takeQuality(file, report, o)
	}
	return d.importKind(intake.Quality, data, o)
}

// checkQuality is what the rules say of a file by itself. A service rule alone is a file, though no report.
func (d *Desk) checkQuality(file qualityFile) []artifact.Finding {
	doc := quality.Document{Header: d.loneHeader(quality.Type), Salt: make([]byte, quality.SaltSize), Service: quality.DefaultService(), Measures: file.Measures, Complaints: file.Complaints, Cases: file.Cases, Audits: file.Audits}
	if file.Service != nil {
		doc.Service = withShifts(*file.Service, d.node.Now())
	}
	return slices.DeleteFunc(quality.Check(doc), func(f artifact.Finding) bool {
		return f.Code == quality.CodeEmpty && f.Path == "" && file.Service != nil
	})
}

// takeQuality puts measures, complaints, cases and audits into the draft.
func (d *Desk) takeQuality(file qualityFile, report *intake.Report, o ImportOptions) (ImportResult, error) {
	result := ImportResult{Report: report, DryRun: o.DryRun}
	err := d.change(o, &result, func(rows node.PrivateRows) error {
		if file.Service != nil {
			if err := rows.Put(draftService, withShifts(*file.Service, d.node.Now())); err != nil {
				return err
			}
		}
		if err := putRows(rows, draftMeasures, file.Measures, &result); err != nil {
			return err
		}
		if err := putRows(rows, draftComplaints, file.Complaints, &result); err != nil {
			return err
		}
		if err := putRows(rows, draftCases, file.Cases, &result); err != nil {
			return err
		}
		return putRows(rows, draftAudits, file.Audits, &result)
	})
	return result, err
}

func putRows[T artifact.Keyed](rows node.PrivateRows, prefix string, list []T, result *ImportResult) error {
	for _, v := range list {
		var was T
		found, err := rows.Get(prefix+v.Key(), &was)
		if err != nil {
			return err
		}
		if err := putCounted(rows, prefix+v.Key(), v, was, found, result); err != nil {
			return err
		}
	}
	return nil
}

// A service rule names no period, so the changes of its clock reach this many years back and ahead of when it was drafted: no complaint stays open longer,
// and a rule is stated anew before they end.
const shiftsBack, shiftsAhead = 3, 10

// withShifts is a service rule with the changes of its zone's clock, that both sides then count by. What a rule states itself stands.
func withShifts(s quality.ServiceRule, now int64) quality.ServiceRule {
	zone, err := time.LoadLocation(s.Zone)
	if err != nil || s.Zone == "" || len(s.Shifts) > 0 {
		return s
	}
	year, _, _ := calendar.DateOf(now).YMD()
	over := calendar.Bucket{Start: calendar.MonthOf(year-shiftsBack, time.January).First(), End: calendar.MonthOf(year+shiftsAhead, time.January).First()}
	if offset, shifts := terms.ShiftsOf(zone, over); len(shifts) > 0 {
		s.Offset, s.Shifts = offset, shifts
	}
	return s
}

func scanRows[T any](rows node.PrivateRows, prefix string) (out []T, err error) {
	err = rows.Scan(prefix, func(_ string, decode func(any) error) (bool, error) {
		var v T
		err := decode(&v)
		out = append(out, v)
		return true, err
	})
	return out, err
}

// qualityDraft is the report as one partnership would get it, with lots and serials hashed under its salt.
func (d *Desk) qualityDraft(pid block.CID, salt []byte) (doc quality.Document, err error) {
	doc.Salt, doc.Service = salt, quality.DefaultService()
	err = d.node.ReadPrivate(func(rows node.PrivateRows) error {
		if _, err := rows.Get(draftService, &doc.Service); err != nil {
			return err
		}
		var err error
		if doc.Measures, err = scanRows[quality.Measure](rows, draftMeasures); err != nil {
			return err
		}
		if doc.Complaints, err = scanRows[quality.Complaint](rows, draftComplaints); err != nil {
			return err
		}
		if doc.Cases, err = scanRows[quality.Case](rows, draftCases); err != nil {
			return err
		}
		if doc.Audits, err = scanRows[quality.Audit](rows, draftAudits); err != nil {
			return err
		}
		blocks, err := scanRows[draftBlock](rows, draftLots)
		for _, b := range blocks {
			if b.Only == nil || *b.Only == pid {
				doc.Blocks = append(doc.Blocks, b.hashed(salt))
			}
		}
		return err
	})
	return doc, err
}

func (b draftBlock) hashed(salt []byte) quality.Block {
	out := b.Block
	for _, lot := range b.Lots {
		out.Lots = append(out.Lots, quality.HashLot(salt, lot))
	}
	for _, s := range b.Serials {
		first, last, _ := strings.Cut(s, "..")
		out.Serials = append(out.Serials, quality.HashSerials(salt, first, last))
	}
	return out
}

// LotBlockPlan blocks a lot, or changes a block that holds.
type LotBlockPlan struct {
	ID        string   `json:"id"`
	With      string   `json:"with,omitempty"` // the block is for this partner only
	Product   string   `json:"product,omitempty"`
	Region    string   `json:"region,omitempty"`
	Lots      []string `json:"lots,omitempty"`
	Serials   []string `json:"serials,omitempty"` // FIRST..LAST
	Quantity  string   `json:"quantity,omitempty"`
	Unit      string   `json:"unit,omitempty"`
	Severity  string   `json:"severity,omitempty"`
	Since     string   `json:"since,omitempty"`  // empty: today
	Likely    string   `json:"likely,omitempty"` // released by this day with nine chances in ten
	Complaint string   `json:"complaint,omitempty"`
	Role      string   `json:"role,omitempty"`
}

// BlockLot keeps a lot block in the draft; it leaves with the next share.
func (d *Desk) BlockLot(in LotBlockPlan) (out quality.Block, err error) {
	var only *block.CID
	if in.With != "" {
		p, err := d.Partner(in.With, "")
		if err != nil {
			return out, err
		}
		only = &p.PID
	}
	if !artifact.IsName(in.ID) {
		return out, node.Failf("BAD_BLOCK", "a block goes by a short plain name; %q is none", artifact.Clip(in.ID))
	}
	err = d.node.Private(func(rows node.PrivateRows) error {
		row := draftBlock{Block: quality.Block{ID: in.ID, Status: quality.Blocked, Severity: quality.Major, Unit: quantity.Piece, Since: calendar.DateOf(d.node.Now())}}
		if _, err := rows.Get(draftLots+in.ID, &row); err != nil {
			return err
		}
		if row.Block.Status != quality.Blocked {
			return node.Failf("BAD_BLOCK", "block %q was %s on %s: a lot that is blocked again is a block of its own", in.ID, row.Block.Status, row.Block.Ended)
		}
		if only != nil {
			row.Only = only
		}
		if err := in.apply(&row); err != nil {
			return err
		}
		out = row.Block
		return rows.Put(draftLots+in.ID, row)
	})
	return out, err
}

func (in LotBlockPlan) apply(row *draftBlock) (err error) {
	b := &row.Block
	if in.Product != "" {
		b.Item = forecast.Item{BuyersID: in.Product}
	}
	if in.Region != "" {
		b.Site = forecast.Location{Region: in.Region}
	}
	if len(in.Lots) > 0 {
		row.Lots = in.Lots
	}
	for _, s := range in.Serials {
		if first, last, ok := strings.Cut(s, ".."); !ok || first == "" || last == "" {
			return node.Failf("BAD_SERIALS", "%q: want FIRST..LAST", s)
		}
	}
	if len(in.Serials) > 0 {
		row.Serials = in.Serials
	}
	if in.Quantity != "" {
		if b.Quantity, err = quantity.Parse(in.Quantity); err != nil {
			return node.Failf("BAD_QUANTITY", "%v", err)
		}
	}
	if in.Unit != "" {
		if b.Unit, err = quantity.ParseUnit(in.Unit); err != nil {
			return node.Failf("BAD_UNIT", "%v", err)
		}
	}
	if in.Severity != "" {
		if b.Severity = quality.Severity(strings.ToUpper(in.Severity)); !b.Severity.Known() {
			return node.Failf("BAD_SEVERITY", "%q: want MINOR, MAJOR, CRITICAL or LIFE-THREATENING", in.Severity)
		}
	}
	if day, err := dayOf("since", in.Since); err != nil {
		return err
	} else if day != 0 {
		b.Since = day
	}
	if day, err := dayOf("the likely release", in.Likely); err != nil {
		return err
	} else if day != 0 {
		b.Release = []quality.ReleaseChance{{P: 900_000, By: day}}
	}
	if in.Complaint != "" {
		b.Complaint = in.Complaint
	}
	if in.Role != "" {
		if b.Role = in.Role; !artifact.IsRole(b.Role) {
			return node.Failf("BAD_ROLE", "%q is no code of a role such as QUALITY_MANAGER: people are not named in a report", b.Role)
		}
	}
	for _, name := range slices.Concat([]string{b.Item.ID()}, row.Lots, row.Serials) {
		if name != "" && !artifact.IsName(name) {
			return node.Failf("BAD_BLOCK", "the product, lot or serial range %+q is too long or not plain text", artifact.Clip(name))
		}
	}
	if b.Item.ID() == "" || len(row.Lots)+len(row.Serials) == 0 || b.Quantity.Sign() <= 0 {
		return node.Failf("BAD_BLOCK", "a block names a product, its lots or serial ranges, and how much of it there is")
	}
	return nil
}

// LotEnd releases a lot, or takes back a block made by mistake.
type LotEnd struct {
	ID       string `json:"id"`
	Mistake  bool   `json:"mistake,omitempty"`
	At       string `json:"at,omitempty"` // empty: today
	Role     string `json:"role,omitempty"`
	Evidence []byte `json:"evidence,omitempty"` // SHA-256 of what shows that the lot is good
}

// ReleaseLot ends a block in the draft; the end leaves with the next share, and nothing opens the block again.
func (d *Desk) ReleaseLot(in LotEnd) (out quality.Block, err error) {
	at, err := dayOf("the day", in.At)
	if err != nil {
		return out, err
	}
	if at == 0 {
		at = calendar.DateOf(d.node.Now())
	}
	err = d.node.Private(func(rows node.PrivateRows) error {
		var row draftBlock
		found, err := rows.Get(draftLots+in.ID, &row)
		if err != nil {
			return err
		}
		if !found || row.Block.Status != quality.Blocked {
			return node.Failf("NO_SUCH_BLOCK", "no lot block %q holds here; kontor quality list shows those that do", in.ID)
		}
		row.Block.Status, row.Block.Ended = quality.Released, max(at, row.Block.Since)
		if in.Mistake {
			row.Block.Status = quality.Withdrawn
		}
		if len(in.Evidence) > 0 {
			row.Block.Evidence = in.Evidence
		}
		if in.Role != "" {
			if row.Block.Role = in.Role; !artifact.IsRole(in.Role) {
				return node.Failf("BAD_ROLE", "%q is no code of a role such as QUALITY_MANAGER", in.Role)
			}
		}
		out = row.Block
		return rows.Put(draftLots+in.ID, row)
	})
	return out, err
}

// keepHeld adds open blocks of the version in force that the draft has not, so that none vanishes.
func keepHeld(doc *quality.Document, before quality.Document) {
	for _, b := range before.Blocks {
		if b.Status == quality.Blocked && !slices.ContainsFunc(doc.Blocks, func(x quality.Block) bool { return x.ID == b.ID }) {
			doc.Blocks = append(doc.Blocks, b)
		}
	}
}
