package desk

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
	_ "time/tzdata" // a node on a machine without a zone database drafts the same terms

	"kontor/node"
	"kontor/node/intake"
	"kontor/protocol"
	"kontor/protocol/artifact"
	"kontor/protocol/calendar"
	"kontor/protocol/forecast"
	"kontor/protocol/measure"
	"kontor/protocol/quantity"
	"kontor/protocol/terms"
)

// Drafts of contract terms, one by contract reference, and the values of indices as this company read them where they are published.
const (
	draftTerms = "draft/terms/"
	indexRows  = "figures/index/"
)

// termsRow is a draft: the file people wrote, with all definitions written out.
type termsRow struct {
	JSON []byte `cbor:"json"`
}

// maxTermsFile bounds a file of terms: a price list of 5,000 clauses fits, and a draft one transaction.
const maxTermsFile = 2 << 20

// TermsFile is what a JSON file of terms holds: the document without its header. An SLA's measure may be written by its code and the
// parameters that differ from their defaults.
type TermsFile struct {
	terms.Frame
	Prices         []terms.Price         `json:"prices"`
	Bands          []terms.FlexBand      `json:"flexBands"`
	Authorisations []terms.Authorisation `json:"authorizations"`
	SLAs           []TermsSLA            `json:"slas"`
	Remedies       []terms.Remedy        `json:"remedies"`
}

// TermsSLA is an SLA of a file.
type TermsSLA struct {
	terms.SLA
	Measure TermsMeasure `json:"measure"`
}

// TermsMeasure is a definition, whole or by its code and what is set otherwise.
type TermsMeasure struct {
	measure.Definition
	Set measure.Setting `json:"set,omitempty"`
}

// ReadTerms reads a file of terms.
func ReadTerms(data []byte) (doc terms.Document, err error) {
	if len(data) > maxTermsFile {
		return doc, node.Failf("IMPORT_REFUSED", "the file has %d bytes; terms have at most %d", len(data), maxTermsFile)
	}
	var f TermsFile
	if err := readJSON(data, &f); err != nil {
		return doc, err
	}
	doc = terms.Document{Frame: f.Frame, Prices: f.Prices, Bands: f.Bands, Authorisations: f.Authorisations, Remedies: f.Remedies}
	for i, s := range f.SLAs {
		one := s.SLA
		if one.Measure = s.Measure.Definition; len(s.Measure.Parameters) == 0 {
			if one.Measure, err = measure.Define(s.Measure.Code, s.Measure.Set); err != nil {
				return doc, node.Failf("IMPORT_REFUSED", "nothing was imported: slas[%d].measure: %v", i, err)
			}
		}
		doc.SLAs = append(doc.SLAs, one)
	}
	return doc, nil
}

// termsFile is the document as ReadTerms reads it.
func termsFile(doc terms.Document) TermsFile {
	f := TermsFile{Frame: doc.Frame, Prices: doc.Prices, Bands: doc.Bands, Authorisations: doc.Authorisations, SLAs: []TermsSLA{}, Remedies: doc.Remedies}
	for _, s := range doc.SLAs {
		f.SLAs = append(f.SLAs, TermsSLA{s, TermsMeasure{Definition: s.Measure}})
	}
	return f
}

// CheckTerms applies the coded rules to terms that have no header yet.
func CheckTerms(doc terms.Document) []artifact.Finding {
	doc.Header = artifact.Header{Type: terms.Type, Series: artifact.SeriesID{1}, Issued: 1, Evidence: artifact.GradeB, Scope: artifact.Everything(), Provenance: artifact.Provenance{SourceSystem: "contract desk", ExtractedAt: 1}}
	return terms.Check(doc)
}

// TermsImport says how a file of terms is taken.
type TermsImport struct {
	DryRun bool `json:"dry_run,omitempty"`
}

// TermsDrafted says what the draft holds.
type TermsDrafted struct {
	Contract string             `json:"contract"`
	Clauses  int                `json:"clauses"`
	Findings []artifact.Finding `json:"findings"` // what would be refused
	DryRun   bool               `json:"dry_run,omitempty"`
}

// ImportTerms keeps a file of terms as the draft of its contract.
func (d *Desk) ImportTerms(data []byte, in TermsImport) (out TermsDrafted, err error) {
	if data, err = fieldsText(data, intake.Terms); err != nil {
		return out, err
	}
	doc, err := ReadTerms(data)
	if err != nil {
		return out, err
	}
	if !artifact.IsName(doc.Contract) {
		return out, node.Failf("IMPORT_REFUSED", "nothing was imported: contractReference %q is empty, too long or not plain text; it names the contract through all revisions", doc.Contract)
	}
	if zone, err := time.LoadLocation(doc.Calendar.Zone); err == nil && doc.Calendar.Zone != "" && len(doc.Calendar.Shifts) == 0 && doc.Period.Valid() && doc.Period.Days() <= terms.MaxYears*366 {
		// What both will sign says when the zone's clocks change; a zone that never changes keeps the offset it was given.
		if offset, shifts := terms.ShiftsOf(zone, doc.Period); len(shifts) > 0 {
			doc.Calendar.Offset, doc.Calendar.Shifts = offset, shifts
		}
	}
	out = TermsDrafted{Contract: doc.Contract, Clauses: clauses(doc), Findings: CheckTerms(doc), DryRun: in.DryRun}
	if in.DryRun {
		return out, nil
	}
	kept, err := json.Marshal(termsFile(doc))
	if err != nil {
		return out, err
	}
	return out, d.node.Private(func(rows node.PrivateRows) error { return rows.Put(draftTerms+doc.Contract, termsRow{kept}) })
}

func clauses(doc terms.Document) int {
	return len(doc.Prices) + len(doc.Bands) + len(doc.Authorisations) + len(doc.SLAs) + len(doc.Remedies)
}

// TermsDraft is the draft of a contract as a file; with none named the only one, and with none there a template to begin from, in the currency and the unit
// that are usual with the partner, or with all.
func (d *Desk) TermsDraft(q TermsQuery) (TermsFile, error) {
	doc, err := d.termsDraft(q.Contract)
	var failure *node.Failure
	if errors.As(err, &failure) && failure.Code == "NO_DRAFT" {
		currency, unit, err := d.customary(q.With)
		return termsFile(TermsTemplate(calendar.DateOf(d.node.Now()), currency, unit)), err
	}
	return termsFile(doc), err
}

// customary are the currency in which a partner's materiality stands and the unit of the newest forecasts; with several of them, or none, euros and pieces.
func (d *Desk) customary(with string) (quantity.Currency, quantity.Unit, error) {
	var currencies []quantity.Currency
	units, err := across(d, with, func(p *node.Partnership, r *protocol.Replica) (out []quantity.Unit, err error) {
		currencies = append(currencies, quantity.Currency(p.Genesis.Materiality.Currency))
		rows, err := r.Versions(forecast.Type)
		row, found := inForceOn(rows, calendar.DateOf(d.node.Now()))
		if err != nil || !found {
			return nil, err
		}
		doc, err := r.Forecast(row.Root)
		if err != nil {
			return nil, nil // withdrawn and dropped; a template does without
		}
		for _, line := range doc.Lines {
			out = append(out, line.Unit)
		}
		return out, nil
	})
	return only(currencies, "EUR"), only(units, quantity.Piece), err
}

// only is what all of a list are, or else another.
func only[T comparable](list []T, other T) T {
	if len(list) == 0 || slices.ContainsFunc(list, func(x T) bool { return x != list[0] }) {
		return other
	}
	return list[0]
}

// TermsTemplate are terms of one product for the year after a day, with every kind of clause once, to be changed by hand.
func TermsTemplate(today calendar.Date, currency quantity.Currency, unit quantity.Unit) terms.Document {
	first, _, _ := today.YMD()
	year := calendar.Bucket{Start: calendar.MonthOf(first+1, 1).First(), End: calendar.MonthOf(first+2, 1).First()}
	price := quantity.Price{Amount: quantity.MustParse("12.345"), Currency: currency, Per: quantity.Of(1000)}
	otif, err := measure.Define(measure.OTIF, nil)
	if err != nil {
		panic("invariant: on time in full has defaults: " + err.Error())
	}
	return terms.Document{
		Frame: terms.Frame{Contract: fmt.Sprintf("FRAME-%d", first+1), Period: year, NoticeDays: 90, PaymentDays: 30, Currency: currency, Rounding: terms.Rounding{Mode: terms.HalfUp, Level: terms.PerDocument},
			Calendar:  terms.Calendar{Zone: "Europe/Berlin", Data: "2026b", Offset: 60, Weekend: []int64{0, 6}},
			Tolerance: terms.Tolerance{OverPPM: 50_000, UnderPPM: 20_000, EarlyDays: 1, LateDays: 1, Working: true},
			Loop:      terms.Loop{Backward: 1, Forward: 1, AnswerDays: 5, OnNoAnswer: forecast.NoCommit},
			Data:      terms.DataTerms{Purposes: []string{"PLANNING"}, RetentionDays: 730, Onward: terms.OnwardNone, MinContributors: 5},
			Disputes:  []terms.DisputeLevel{{Level: "DESK", Days: 5, Default: terms.NextLevel}, {Level: "COO", Days: 10, Default: terms.NextLevel}, {Level: "CEO", Days: 10, Default: terms.Stands}},
			Cadence:   []terms.Cadence{{ID: "sop", Name: "sales and operations planning", First: year.Start, RRule: "FREQ=MONTHLY;BYDAY=1MO"}}},
		Prices: []terms.Price{{ID: "all", Unit: unit, Valid: year, Kind: terms.Fixed, Base: price}},
		Bands: []terms.FlexBand{{ID: "1-frozen", From: 0, To: 14, Zone: terms.Frozen}, {ID: "2-firm", From: 14, To: 56, Zone: terms.FirmZone, UpPPM: 100_000, DownPPM: 100_000},
			{ID: "3-slushy", From: 56, To: 182, Zone: terms.Slushy, UpPPM: 300_000, DownPPM: 300_000}, {ID: "4-free", From: 182, To: terms.MaxDays, Zone: terms.Free}},
		Authorisations: []terms.Authorisation{{ID: "all", Unit: unit, FabDays: 28, RawDays: 84, Finished: price, Raw: price, LiablePPM: terms.Liability{Finished: terms.PPM, Raw: terms.PPM}, Year: year.Start, AgeDays: 60}},
		SLAs: []terms.SLA{{ID: "otif", Name: "on time in full", By: terms.Seller, Measure: otif, Target: quantity.MustParse("0.95"), Window: terms.Window{Kind: terms.PerMonth}, MinSample: 20, Source: terms.Buyer,
			Duties: []terms.Duty{{By: terms.Buyer, What: "receipts", DueDays: 3, CorrectDays: 10}}, OnMissing: terms.CounterpartyStands}},
		Remedies: []terms.Remedy{{ID: "fine", SLA: "otif", Kind: terms.CaseFine, RatePPM: 30_000, Cap: &quantity.Money{Minor: 500_000, Currency: currency}, CapPeriod: terms.PerQuarter, DisputeDays: 10}},
	}
}

// termsDraft is a draft; with no contract named the only one there is.
func (d *Desk) termsDraft(contract string) (doc terms.Document, err error) {
	var held []string
	err = d.node.ReadPrivate(func(rows node.PrivateRows) error {
		var row termsRow
		if contract == "" {
			held = held[:0]
			if err := rows.Scan(draftTerms, func(key string, decode func(any) error) (bool, error) {
				held = append(held, strings.TrimPrefix(key, draftTerms))
				return true, decode(&row)
			}); err != nil || len(held) != 1 {
				return err
			}
		} else {
			found, err := rows.Get(draftTerms+contract, &row)
			if err != nil || !found {
				return err
			}
			held = []string{contract}
		}
		doc, err = ReadTerms(row.JSON)
		return err
	})
	switch {
	case err != nil:
		return doc, err
	case len(held) == 0:
		return doc, node.Failf("NO_DRAFT", "there is no draft of terms%s; begin with: kontor terms draft > terms.json, then kontor terms import terms.json", ofContract(contract))
	case len(held) > 1:
		return doc, node.Failf("WHICH_CONTRACT", "there are drafts of %s; name one with --contract", strings.Join(held, ", "))
	}
	return doc, nil
}

func ofContract(contract string) string {
	if contract == "" {
		return ""
	}
	return fmt.Sprintf(" of contract %q", contract)
}

// IndexEntry is a published value of an index, as this company read it.
type IndexEntry struct {
	Index string            `json:"index" cbor:"index"`
	Month string            `json:"month" cbor:"month"` // "2027-03"
	Value quantity.Quantity `json:"value" cbor:"value"`
}

// SetIndex keeps a published value. What terms fix themselves comes before it.
func (d *Desk) SetIndex(in IndexEntry) (IndexEntry, error) {
	month, err := calendar.ParseMonth(in.Month)
	if err != nil {
		return in, node.Failf("BAD_MONTH", "%v", err)
	}
	if !artifact.IsName(in.Index) || in.Value.Sign() <= 0 {
		return in, node.Failf("BAD_INDEX", "index %q of %s: want its name and a value above zero", in.Index, in.Value)
	}
	in.Month = month.String()
	return in, d.node.Private(func(rows node.PrivateRows) error {
		return rows.Put(indexRows+forecast.JoinKey(in.Index, in.Month), in)
	})
}

// published are the values this company has read.
func (d *Desk) published() (terms.Published, error) {
	known := map[string]quantity.Quantity{}
	err := d.node.ReadPrivate(func(rows node.PrivateRows) error {
		clear(known)
		return rows.Scan(indexRows, func(_ string, decode func(any) error) (bool, error) {
			var e IndexEntry
			err := decode(&e)
			known[forecast.JoinKey(e.Index, e.Month)] = e.Value
			return true, err
		})
	})
	return func(index string, month calendar.Date) (quantity.Quantity, bool) {
		v, ok := known[forecast.JoinKey(index, month.Month().String())]
		return v, ok
	}, err
}

// seenClauses leaves out what a scope of products does not cover.
func seenClauses(doc terms.Document, sees func(product string) bool) terms.Document {
	hidden := func(items []string) bool {
		return slices.ContainsFunc(items, func(id string) bool { return !sees(id) })
	}
	doc.Prices = slices.DeleteFunc(slices.Clone(doc.Prices), func(p terms.Price) bool { return hidden(p.Items) })
	doc.Bands = slices.DeleteFunc(slices.Clone(doc.Bands), func(b terms.FlexBand) bool { return hidden(b.Items) })
	doc.Authorisations = slices.DeleteFunc(slices.Clone(doc.Authorisations), func(a terms.Authorisation) bool { return hidden(a.Items) })
	gone := map[string]bool{}
	doc.SLAs = slices.DeleteFunc(slices.Clone(doc.SLAs), func(s terms.SLA) bool { gone[s.ID] = hidden(s.Items); return gone[s.ID] })
	doc.Remedies = slices.DeleteFunc(slices.Clone(doc.Remedies), func(m terms.Remedy) bool { return gone[m.SLA] })
	return doc
}

// WriteTerms writes a file of terms as people edit it.
func WriteTerms(f TermsFile) ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	err := e.Encode(f)
	return b.Bytes(), err
}
