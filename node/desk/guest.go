package desk

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"

	"kontor/node"
	"kontor/node/intake"
	"kontor/node/outlet"
	"kontor/protocol/artifact"
	"kontor/protocol/block"
	"kontor/protocol/calendar"
	"kontor/protocol/forecast"
	"kontor/protocol/quantity"
)

// A guest is a partner without a node. It answers by a spreadsheet, and what is recorded for it has evidence grade C (practice T11).
const (
	guestTemplates = "guest/template/" // by id
	guestRows      = "guest/row/"      // of a template, by id and piece
	guestRecords   = "guest/record/"   // by number
	guestCells     = "guest/cell/"     // of a record, by number and piece
)

// Bounds of templates: a person fills them in.
const (
	maxTemplateRows = 20_000
	maxGuests       = 1_000 // records listed; the oldest are forgotten
	guestPiece      = 500   // rows of one piece
)

// guestTemplate is a template that was handed out.
type guestTemplate struct {
	ID       string      `cbor:"id"`
	Guest    string      `cbor:"guest"`
	Kind     intake.Kind `cbor:"kind"`
	T        int64       `cbor:"t"`             // ms UTC
	Due      string      `cbor:"due,omitempty"` // a day
	Rows     int         `cbor:"rows"`
	Forecast block.CID   `cbor:"forecast"` // of what was asked; of a template that asks for nothing the CID of its empty cells
}

// guestRow is one line of a template as it was handed out.
type guestRow struct {
	Product     string            `cbor:"product"`
	Description string            `cbor:"description,omitempty"`
	Region      string            `cbor:"region,omitempty"`
	Bucket      calendar.Bucket   `cbor:"bucket"`
	Unit        quantity.Unit     `cbor:"unit"`
	Asked       quantity.Quantity `cbor:"asked,omitzero"`
}

func (r guestRow) cells(kind intake.Kind) []string {
	asked := outlet.Cell(r.Asked)
	if kind == intake.Forecast {
		asked = ""
	}
	return []string{r.Product, r.Description, r.Region, r.Bucket.String(), string(r.Unit), asked}
}

func (r guestRow) line() forecast.Line {
	l := intake.Planned(forecast.Item{BuyersID: r.Product, Description: r.Description}, intake.PlaceOf(r.Region), r.Unit, forecast.ByNeed)
	return l
}

// GuestTemplate asks for a template.
type GuestTemplate struct {
	Guest    string   `json:"guest"`
	Kind     string   `json:"kind,omitempty" doc:"answer: the guest commits of the draft forecast; forecast: the guest says what it needs"`
	Due      string   `json:"due,omitempty" doc:"the day by which it is wanted"`
	Products []string `json:"products,omitempty" doc:"of the template; empty: all of the draft, or all own items"`
	From     string   `json:"from,omitempty" doc:"the first period of a template for a forecast: 2027-01 or 2027-W01"`
	Periods  int      `json:"periods,omitempty" doc:"of a template for a forecast; 12 where none is given"`
}

// GuestFile is a template as a file.
type GuestFile struct {
	Template string `json:"template"`
	Guest    string `json:"guest"`
	Kind     string `json:"kind"`
	Rows     int    `json:"rows"`
	Data     []byte `json:"data"`
}

// TemplateFor writes a template for a partner without a node, and keeps what stands in it.
func (d *Desk) TemplateFor(in GuestTemplate) (out GuestFile, err error) {
	if !artifact.IsName(in.Guest) {
		return out, node.Failf("BAD_GUEST", "guest %q is empty, too long or not plain text; want the partner's name", in.Guest)
	}
	for _, p := range d.node.Partnerships() {
		if !p.Removed && strings.EqualFold(d.PartnerName(p), in.Guest) {
			return out, node.Failf("BAD_GUEST", "%s has a node of its own: share with it, and it answers signed", in.Guest)
		}
	}
	if in.Due != "" {
		if _, err := calendar.ParseDate(in.Due); err != nil {
			return out, node.Failf("BAD_DATE", "the day by which it is due: %v", err)
		}
	}
	t := guestTemplate{Guest: in.Guest, Kind: intake.Answers, T: d.node.Now(), Due: in.Due}
	var rows []guestRow
	switch in.Kind {
	case "", string(intake.Answers):
		rows, err = d.askedRows(in.Products)
	case string(intake.Forecast):
		t.Kind = intake.Forecast
		rows, err = d.neededRows(in)
	default:
		err = node.Failf("BAD_KIND", "there is no template of the kind %q; answer or forecast is right", in.Kind)
	}
	if err != nil {
		return out, err
	}
	if len(rows) == 0 || len(rows) > maxTemplateRows {
		return out, node.Failf("EXPORT_REFUSED", "the template would have %s; want 1 to %d: name products, or fewer periods", node.Count(len(rows), "line"), maxTemplateRows)
	}
	var id [16]byte
	if _, err := rand.Read(id[:]); err != nil {
		return out, err
	}
	t.ID, t.Rows = hex.EncodeToString(id[:]), len(rows)
	if t.Forecast, err = askedCID(rows, t); err != nil {
		return out, err
	}
	sheet := outlet.Template{ID: t.ID, Company: d.node.CompanyName(d.node.Company()), Guest: t.Guest, Kind: t.Kind, Due: t.Due}
	for _, r := range rows {
		sheet.Rows = append(sheet.Rows, r.cells(t.Kind))
	}
	if out.Data, err = sheet.Write(); err != nil {
		return out, err
	}
	out.Template, out.Guest, out.Kind, out.Rows = t.ID, t.Guest, string(t.Kind), len(rows)
	return out, d.node.Private(func(p node.PrivateRows) error {
		if err := p.Put(guestTemplates+t.ID, t); err != nil {
			return err
		}
		return putPieces(p, guestRows+t.ID+"/", rows)
	})
}

// putPieces writes a list in pieces: a row of its own for each would use up what one update may write.
func putPieces[T any](p node.PrivateRows, prefix string, list []T) error {
	n := 0
	for piece := range slices.Chunk(list, guestPiece) {
		if err := p.Put(fmt.Sprintf("%s%04d", prefix, n), piece); err != nil {
			return err
		}
		n++
	}
	return nil
}

func readPieces[T any](p node.PrivateRows, prefix string) (out []T, err error) {
	list, err := scanRows[[]T](p, prefix)
	for _, piece := range list {
		out = append(out, piece...)
	}
	return out, err
}

// askedRows are the draft forecast, a line for each period.
func (d *Desk) askedRows(products []string) (out []guestRow, err error) {
	_, lines, err := d.draft()
	if err != nil {
		return nil, err
	}
	seen := map[string]bool{}
	for _, l := range lines {
		if len(products) > 0 && !slices.Contains(products, l.Item.ID()) {
			continue
		}
		at := l.Item.ID() + "\x00" + l.Location.Key()
		if seen[at] {
			return nil, node.Failf("EXPORT_REFUSED", "the draft has two lines of product %q at %q, of different types: a template can't tell them apart", l.Item.ID(), l.Location.Key())
		}
		seen[at] = true
		for _, c := range l.Buckets {
			out = append(out, guestRow{l.Item.ID(), l.Item.Description, l.Location.Key(), c.Bucket, l.Unit, c.Mean})
		}
	}
	return out, nil
}

// neededRows are own items for some periods, for the guest to say what it needs.
func (d *Desk) neededRows(in GuestTemplate) (out []guestRow, err error) {
	own, err := d.ownProducts()
	if err != nil {
		return nil, err
	}
	first, err := calendar.ParseBucket(in.From)
	if err != nil {
		return nil, node.Failf("BAD_PERIOD", "the first period %q: %v; want --from 2027-01 or 2027-W01", in.From, err)
	}
	periods := in.Periods
	if periods == 0 {
		periods = 12
	}
	if periods < 1 || periods > 120 {
		return nil, node.Failf("BAD_PERIOD", "%d periods; want 1 to 120", periods)
	}
	byID := map[string]OwnProduct{}
	var ids []string
	for _, p := range own {
		byID[p.ID] = p
		ids = append(ids, p.ID)
	}
	if len(in.Products) > 0 {
		ids = in.Products
	}
	monthly := first == first.Start.Month().Bucket()
	for _, id := range ids {
		p := byID[id]
		unit := p.Unit
		if unit == "" {
			unit = quantity.Piece
		}
		at := first
		for range periods {
			out = append(out, guestRow{Product: id, Description: p.Description, Bucket: at, Unit: unit})
			next := calendar.Bucket{Start: at.End, End: at.End.AddDays(at.Days())}
			if monthly {
				next = at.Start.Month().Add(1).Bucket()
			}
			at = next
		}
	}
	return out, nil
}

// askedDocument is what a template asks for, as a document.
func askedDocument(rows []guestRow, t guestTemplate) forecast.Document {
	doc := forecast.Document{Purpose: forecast.OrderForecast, Method: forecast.Method{Name: "template", Bands: forecast.BandsNone}}
	doc.Header = artifact.Header{Type: forecast.Type, Issued: t.T, Evidence: artifact.GradeB, Scope: artifact.Everything(),
		Provenance: artifact.Provenance{SourceSystem: "template", SourceRecord: t.ID, ExtractedAt: t.T, Activity: "ASK"}}
	at := map[string]int{}
	for _, r := range rows {
		key := r.Product + "\x00" + r.Region
		i, known := at[key]
		if !known {
			i = len(doc.Lines)
			at[key] = i
			doc.Lines = append(doc.Lines, r.line())
		}
		doc.Lines[i].Buckets = append(doc.Lines[i].Buckets, forecast.Cell{Bucket: r.Bucket, Mean: r.Asked})
	}
	return doc
}

// askedCID names what a template asks for: an answer points at it as it would at a forecast that was shared.
func askedCID(rows []guestRow, t guestTemplate) (block.CID, error) {
	var key [32]byte
	copy(key[:], t.ID)
	sheet, err := forecast.ToSheet(askedDocument(rows, t), key)
	if err != nil {
		return block.CID{}, err
	}
	root, _, err := sheet.Build()
	return root.CID, err
}

// guestSeries is the series of what is recorded for a guest: the same for all its answers.
func guestSeries(guest string, kind intake.Kind) (s artifact.SeriesID) {
	sum := sha256.Sum256([]byte("guest\x00" + guest + "\x00" + string(kind)))
	copy(s[:], sum[:])
	return s
}
