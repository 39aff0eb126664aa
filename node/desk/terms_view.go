package desk

import (
	"errors"
	"slices"

	"kontor/node"
	"kontor/protocol"
	"kontor/protocol/artifact"
	"kontor/protocol/block"
	"kontor/protocol/calendar"
	"kontor/protocol/capacity"
	"kontor/protocol/forecast"
	"kontor/protocol/partnership"
	"kontor/protocol/quantity"
	"kontor/protocol/terms"
)

// States of terms, as of a day.
const (
	TermsProposed = "PROPOSED" // shared, and named by no agreement that stands
	TermsUpcoming = "UPCOMING" // signed, their first day lies ahead
	TermsInForce  = "IN_FORCE"
	TermsReplaced = "REPLACED" // signed, and a later agreement on the contract stands
	TermsEnded    = "ENDED"    // their own period is over
)

// HeldTerms are terms as this node holds them.
type HeldTerms struct {
	CID       block.CID      `json:"cid"`
	With      string         `json:"with"`
	Author    string         `json:"author"`
	Own       bool           `json:"own"`
	Revision  int64          `json:"revision"`
	State     string         `json:"state"`
	Agreement *block.CID     `json:"agreement,omitempty"` // that put them in force
	From      calendar.Date  `json:"from,omitzero"`       // the agreement's first day
	Expires   calendar.Date  `json:"expires,omitzero"`    // its first day without
	Document  terms.Document `json:"document"`
}

// Terms lists the newest proposal of each contract and what is signed, by partnership, contract and first day, as of a day; empty is today.
func (d *Desk) Terms(with, day string, sees func(product string) bool) ([]HeldTerms, error) {
	out := []HeldTerms{}
	partnerships := d.node.Partnerships()
	if with != "" {
		p, err := d.Partner(with, "")
		if err != nil {
			return nil, err
		}
		partnerships = []*node.Partnership{p}
	}
	on, err := d.dayOrToday(day)
	if err != nil {
		return nil, err
	}
	for _, p := range partnerships {
		if p.Removed {
			continue
		}
		first := len(out)
		if err := d.node.View(p.PID, func(r *protocol.Replica) error {
			out = out[:first]
			list, err := d.heldTerms(p, r, on)
			for _, h := range list {
				h.Document = seenClauses(h.Document, sees)
				out = append(out, h)
			}
			return err
		}); err != nil {
			return nil, err
		}
	}
	return out, nil
}

func (d *Desk) heldTerms(p *node.Partnership, r *protocol.Replica, on calendar.Date) (out []HeldTerms, err error) {
	agreed, err := r.AgreedTerms(on)
	if err != nil {
		return nil, err
	}
	inForce := terms.InForce(agreed, on)
	signed := map[block.CID]bool{}
	for _, a := range agreed {
		h := HeldTerms{CID: a.Root, With: d.PartnerName(p), Author: d.node.CompanyName(a.Author), Own: a.Author == d.node.Company(), Revision: a.Document.Header.Revision, Document: a.Document,
			Agreement: &a.Agreement, From: a.From, Expires: a.Expires, State: TermsReplaced}
		switch {
		case slices.ContainsFunc(inForce, func(x terms.Agreed) bool { return x.Agreement == a.Agreement && x.Root == a.Root }):
			h.State = TermsInForce
		case on < max(a.From, a.Document.Period.Start):
			h.State = TermsUpcoming
		}
		signed[a.Root] = true
		out = append(out, h)
	}
	rows, err := r.InForce(terms.Type, block.CID{})
	if err != nil {
		return nil, err
	}
	for _, row := range rows {
		if signed[row.Root] {
			continue
		}
		doc, err := r.Terms(row.Root)
		if err != nil {
			return nil, err
		}
		state := TermsProposed
		if doc.Period.End <= on {
			state = TermsEnded
		}
		out = append(out, HeldTerms{CID: row.Root, With: d.PartnerName(p), Author: d.node.CompanyName(row.Author), Own: row.Author == d.node.Company(), Revision: row.Revision, State: state, Document: doc})
	}
	slices.SortStableFunc(out, func(a, b HeldTerms) int {
		switch {
		case a.Document.Contract != b.Document.Contract:
			if a.Document.Contract < b.Document.Contract {
				return -1
			}
			return 1
		case a.State == TermsProposed || b.State == TermsProposed:
			return 0
		}
		return int(a.From) - int(b.From)
	})
	return out, nil
}

// applicable are the terms in force on a day in one partnership, of one contract where it is named.
func (d *Desk) applicable(p *node.Partnership, contract string, on calendar.Date) (out []terms.Agreed, err error) {
	err = d.node.View(p.PID, func(r *protocol.Replica) error {
		all, err := r.TermsInForce(on)
		out = slices.DeleteFunc(all, func(a terms.Agreed) bool { return contract != "" && a.Document.Contract != contract })
		return err
	})
	if err == nil && len(out) == 0 {
		err = node.Failf("NO_TERMS", "no terms%s are in force with %s on %s; kontor terms list shows what is proposed and signed", ofContract(contract), d.PartnerName(p), on)
	}
	return out, err
}

// PriceQuery asks what a quantity costs.
type PriceQuery struct {
	TermsQuery
	Product  string `json:"product"`
	Quantity string `json:"quantity"`
	Unit     string `json:"unit,omitempty"`
	Day      string `json:"day,omitempty" doc:"YYYY-MM-DD; empty: today"`
	Draft    bool   `json:"draft,omitempty" doc:"by the draft, not by what is in force"`
}

// PriceView is a price with the terms it is by.
type PriceView struct {
	With     string     `json:"with,omitempty"`
	Contract string     `json:"contract"`
	CID      *block.CID `json:"cid,omitempty"` // of the terms; absent for a draft
	terms.Bill
}

// PriceOf prices a quantity by the terms in force on a day.
func (d *Desk) PriceOf(in PriceQuery) (out PriceView, err error) {
	ask := terms.Ask{Product: in.Product}
	if ask.Quantity, err = quantity.Parse(in.Quantity); err != nil {
		return out, node.Failf("BAD_QUANTITY", "%v", err)
	}
	if in.Unit != "" {
		if ask.Unit, err = quantity.ParseUnit(in.Unit); err != nil {
			return out, node.Failf("BAD_UNIT", "%v", err)
		}
	}
	if ask.Day, err = d.dayOrToday(in.Day); err != nil {
		return out, err
	}
	published, err := d.published()
	if err != nil {
		return out, err
	}
	if in.Draft {
		doc, err := d.termsDraft(in.Contract)
		if err != nil {
			return out, err
		}
		bill, err := doc.Amount([]terms.Ask{ask}, published)
		return PriceView{Contract: doc.Contract, Bill: bill}, priceFailure(err)
	}
	p, err := d.Partner(in.With, "")
	if err != nil {
		return out, err
	}
	list, err := d.applicable(p, in.Contract, ask.Day)
	if err != nil {
		return out, err
	}
	list = slices.DeleteFunc(list, func(a terms.Agreed) bool { _, ok := a.Document.PriceOf(ask.Product, ask.Day); return !ok })
	if len(list) != 1 {
		return out, node.Failf("NO_PRICE", "%s in force with %s on %s name a price of %q; want one: say which with --contract, or see kontor terms show", node.Count(len(list), "contract"), d.PartnerName(p), ask.Day, ask.Product)
	}
	bill, err := list[0].Document.Amount([]terms.Ask{ask}, published)
	return PriceView{With: d.PartnerName(p), Contract: list[0].Document.Contract, CID: &list[0].Root, Bill: bill}, priceFailure(err)
}

func priceFailure(err error) error {
	if errors.Is(err, terms.ErrNoValue) {
		return node.Failf("NO_INDEX_VALUE", "%v; where it was published, say it with: kontor terms index NAME MONTH=VALUE", err)
	}
	if err != nil {
		return node.Failf("NO_PRICE", "%v", err)
	}
	return nil
}

func (d *Desk) dayOrToday(text string) (calendar.Date, error) {
	day, err := dayOf("the day", text)
	if day == 0 {
		day = calendar.DateOf(d.node.Now())
	}
	return day, err
}

// ExposureQuery asks what authorisations have the seller carry.
type ExposureQuery struct {
	TermsQuery
	Product  string `json:"product,omitempty"`
	Received string `json:"received,omitempty" doc:"since the cumulative quantities began; with a product"`
	Invoiced string `json:"invoiced,omitempty"`
	Made     string `json:"reused_finished,omitempty"`
	Parts    string `json:"reused_raw,omitempty"`
	Event    string `json:"event,omitempty" doc:"CANCEL, END_OF_LIFE or SHORTFALL"`
	Since    string `json:"since,omitempty" doc:"day of the event"`
	Day      string `json:"day,omitempty" doc:"YYYY-MM-DD; empty: today"`
}

// ExposureView is the exposure of each line, and what of it may be claimed.
type ExposureView struct {
	With     string        `json:"with"`
	Contract string        `json:"contract"`
	Versions int           `json:"versions"` // of the forecast that were followed
	Lines    []ExposedLine `json:"lines"`
}

// ExposedLine is one line with its claim.
type ExposedLine struct {
	terms.Exposed
	Claim terms.Claim `json:"claim"`
}

// Exposure follows the forecasts shared so far through the authorisations in force: the same on both nodes for the same positions.
func (d *Desk) Exposure(in ExposureQuery, sees func(product string) bool) (out ExposureView, err error) {
	p, err := d.Partner(in.With, "")
	if err != nil {
		return out, err
	}
	on, err := d.dayOrToday(in.Day)
	if err != nil {
		return out, err
	}
	position, event, err := in.read(on)
	if err != nil {
		return out, err
	}
	list, err := d.applicable(p, in.Contract, on)
	if err != nil {
		return out, err
	}
	list = slices.DeleteFunc(list, func(a terms.Agreed) bool { return len(a.Document.Authorisations) == 0 })
	if len(list) != 1 {
		return out, node.Failf("NO_AUTHORISATION", "%s in force with %s on %s hold authorisations; want one: say which with --contract", node.Count(len(list), "contract"), d.PartnerName(p), on)
	}
	doc := list[0].Document
	var versions []forecast.Document
	if err := d.node.View(p.PID, func(r *protocol.Replica) (err error) { versions, err = d.forecastsSoFar(p, r); return err }); err != nil {
		return out, err
	}
	taken := map[string]terms.Position{}
	for _, v := range versions {
		for _, l := range v.Lines {
			if in.Product != "" && l.Item.ID() == in.Product {
				taken[l.Key()] = position
			}
		}
	}
	if len(taken) > 1 && position != (terms.Position{}) {
		return out, node.Failf("WHICH_LINE", "%q has %d lines; what was received can't be said for all of them at once", in.Product, len(taken))
	}
	exposed, err := doc.Exposure(versions, taken)
	if err != nil {
		return out, err
	}
	out = ExposureView{With: d.PartnerName(p), Contract: doc.Contract, Versions: len(versions), Lines: []ExposedLine{}}
	for _, e := range exposed {
		if in.Product != "" && e.Product != in.Product || !sees(e.Product) {
			continue
		}
		i := slices.IndexFunc(doc.Authorisations, func(a terms.Authorisation) bool { return a.ID == e.Clause })
		out.Lines = append(out.Lines, ExposedLine{e, doc.Authorisations[i].Claim(e, event, on)})
	}
	return out, nil
}

func (in ExposureQuery) read(on calendar.Date) (p terms.Position, event *terms.Event, err error) {
	for _, f := range []struct {
		text string
		into *quantity.Quantity
	}{{in.Received, &p.Received}, {in.Invoiced, &p.Invoiced}, {in.Made, &p.ReusedMade}, {in.Parts, &p.ReusedParts}} {
		if f.text == "" {
			continue
		}
		if *f.into, err = quantity.Parse(f.text); err != nil || f.into.Sign() < 0 {
			return p, nil, node.Failf("BAD_QUANTITY", "%q is no quantity of at least nothing", f.text)
		}
		if in.Product == "" {
			return p, nil, node.Failf("BAD_QUANTITY", "what was received or used is said of one product; name it")
		}
	}
	if in.Event == "" {
		return p, nil, nil
	}
	day, err := dayOf("the event", in.Since)
	if err != nil {
		return p, nil, err
	}
	if day == 0 {
		day = on
	}
	return p, &terms.Event{Kind: terms.EventKind(in.Event), Day: day}, nil
}

// forecastsSoFar are the buyer's forecasts of a partnership, oldest first.
func (d *Desk) forecastsSoFar(p *node.Partnership, r *protocol.Replica) (out []forecast.Document, err error) {
	rows, err := r.Versions(forecast.Type)
	if err != nil {
		return nil, err
	}
	for _, row := range rows {
		m, _ := p.Genesis.Member(row.Author)
		if m.Role != partnership.RoleBuyer {
			continue
		}
		doc, err := r.Forecast(row.Root)
		if err != nil {
			return nil, err
		}
		out = append(out, doc)
	}
	return out, nil
}

// FlexView is what the bands say of a revised forecast.
type FlexView struct {
	With      string           `json:"with"`
	Contract  string           `json:"contract"`
	Reference block.CID        `json:"reference"`         // the forecast both stood by
	Revised   *block.CID       `json:"revised,omitempty"` // absent: the draft, as it would be shared
	Inside    bool             `json:"inside"`
	Cells     []terms.FlexCell `json:"cells"` // that moved
}

// Flex judges the forecast in force, or the draft where this company has one that differs, against the version the seller answered last, or the one before.
func (d *Desk) Flex(in TermsQuery, sees func(product string) bool) (out FlexView, err error) {
	p, err := d.Partner(in.With, "")
	if err != nil {
		return out, err
	}
	list, err := d.applicable(p, in.Contract, calendar.DateOf(d.node.Now()))
	if err != nil {
		return out, err
	}
	list = slices.DeleteFunc(list, func(a terms.Agreed) bool { return len(a.Document.Bands) == 0 })
	if len(list) != 1 {
		return out, node.Failf("NO_BANDS", "%s in force with %s hold flex bands; want one: say which with --contract", node.Count(len(list), "contract"), d.PartnerName(p))
	}
	var draft *forecast.Document
	if d.node.Own(p).Role == partnership.RoleBuyer {
		if pre, err := d.prepare(p); err == nil && len(pre.changes) > 0 {
			draft = &pre.doc
		}
	}
	out = FlexView{With: d.PartnerName(p), Contract: list[0].Document.Contract}
	err = d.node.View(p.PID, func(r *protocol.Replica) error {
		pair, err := d.flexPair(p, r)
		if err != nil {
			return err
		}
		revised := pair.revised
		if out.Reference, out.Revised = pair.referenceCID, &pair.revisedCID; draft != nil {
			revised, out.Revised = *draft, nil
			// The draft follows the version in force: what was answered of it or before, else it itself, is what it moves against.
			answered, by, err := d.answeredVersion(p, r, pair.revised.Header.Series, block.CID{})
			if err != nil {
				return err
			}
			if by == nil {
				answered = pair.revisedCID
			}
			out.Reference = answered
			if pair.reference, err = r.Forecast(answered); err != nil {
				return err
			}
		}
		out.Cells, err = list[0].Document.Flex(pair.reference, revised)
		return err
	})
	out.Inside = terms.Inside(out.Cells)
	out.Cells = slices.DeleteFunc(out.Cells, func(c terms.FlexCell) bool { return !sees(c.Product) })
	return out, err
}

// flexed are the two versions a flex verdict is about.
type flexed struct {
	reference, revised       forecast.Document
	referenceCID, revisedCID block.CID
	answered                 *block.CID // the reference was answered by this
}

// flexPair finds the forecast in force and what both stood by before: the version the seller's newest answer is for, unless that is this very one, else its
// parent.
func (d *Desk) flexPair(p *node.Partnership, r *protocol.Replica) (out flexed, err error) {
	rows, err := r.InForce(forecast.Type, block.CID{})
	if err != nil {
		return out, err
	}
	newest := int64(-1)
	for _, row := range rows {
		if m, _ := p.Genesis.Member(row.Author); m.Role == partnership.RoleBuyer && row.T > newest {
			out.revisedCID, newest = row.Root, row.T
		}
	}
	if newest < 0 {
		return out, node.Failf("NO_FORECAST", "no forecast is in force with %s", d.PartnerName(p))
	}
	if out.revised, err = r.Forecast(out.revisedCID); err != nil {
		return out, err
	}
	if out.referenceCID, out.answered, err = d.answeredVersion(p, r, out.revised.Header.Series, out.revisedCID); err != nil {
		return out, err
	}
	if out.answered == nil {
		out.referenceCID = out.revisedCID
		if parent := out.revised.Header.Parent; parent != nil {
			out.referenceCID = *parent
		}
	}
	out.reference, err = r.Forecast(out.referenceCID)
	return out, err
}

// answeredVersion is the newest version of a series that a seller has answered, other than one.
func (d *Desk) answeredVersion(p *node.Partnership, r *protocol.Replica, series artifact.SeriesID, but block.CID) (root block.CID, answer *block.CID, err error) {
	answers, err := r.Versions(capacity.AnswerType)
	if err != nil {
		return root, nil, err
	}
	for i := len(answers) - 1; i >= 0; i-- {
		a, err := r.Answer(answers[i].Root)
		if err != nil {
			return root, nil, err
		}
		row, held, err := r.Version(a.Forecast)
		if err != nil {
			return root, nil, err
		}
		if held && row.Series == series.String() && a.Forecast != but {
			return a.Forecast, &answers[i].Root, nil
		}
	}
	return root, nil, nil
}

// TermsDates are the next meetings, and the next windows of the SLAs with the days their reports are due.
type TermsDates struct {
	With     string          `json:"with"`
	Contract string          `json:"contract"`
	Meetings []terms.Meeting `json:"meetings"`
	Windows  []SLAWindow     `json:"windows"`
}

// SLAWindow is one window of one SLA.
type SLAWindow struct {
	SLA string `json:"sla"`
	terms.Span
}

// datesAhead is how many meetings of each cadence, and days of windows, are listed.
const (
	datesAhead  = 6
	windowsDays = 190
)

// Dates lists what terms in force ask for from a day on.
func (d *Desk) Dates(in TermsQuery, from string) (out []TermsDates, err error) {
	p, err := d.Partner(in.With, "")
	if err != nil {
		return nil, err
	}
	on, err := d.dayOrToday(from)
	if err != nil {
		return nil, err
	}
	list, err := d.applicable(p, in.Contract, on)
	if err != nil {
		return nil, err
	}
	for _, a := range list {
		one := TermsDates{With: d.PartnerName(p), Contract: a.Document.Contract, Meetings: a.Document.Meetings(on, datesAhead), Windows: []SLAWindow{}}
		for _, s := range a.Document.SLAs {
			for _, w := range a.Document.Windows(s, calendar.Bucket{Start: on, End: on.AddDays(windowsDays)}) {
				one.Windows = append(one.Windows, SLAWindow{s.ID, w})
			}
		}
		out = append(out, one)
	}
	return out, nil
}

// NewestTerms is the newest proposal of a contract on the table, to be put to the officers: of either side, or of this company ("own") or the partner ("partner").
func (d *Desk) NewestTerms(in TermsQuery, of string) (p *node.Partnership, row protocol.ArtifactRow, doc terms.Document, err error) {
	if p, err = d.Partner(in.With, ""); err != nil {
		return p, row, doc, err
	}
	found := 0
	err = d.node.View(p.PID, func(r *protocol.Replica) error {
		found = 0
		rows, err := r.InForce(terms.Type, block.CID{})
		if err != nil {
			return err
		}
		for _, one := range rows {
			held, err := r.Terms(one.Root)
			if err != nil {
				return err
			}
			if own := one.Author == d.node.Company(); of == "own" && !own || of == "partner" && own {
				continue
			}
			if in.Contract == "" || held.Contract == in.Contract {
				row, doc, found = one, held, found+1
			}
		}
		return nil
	})
	switch {
	case err != nil:
	case found == 0:
		err = node.Failf("NO_TERMS", "no terms%s are on the table with %s; share some with: kontor terms share", ofContract(in.Contract), d.PartnerName(p))
	case found > 1:
		err = node.Failf("WHICH_CONTRACT", "%d proposals fit; name one with --contract, or whose with --of own or --of partner: kontor terms list", found)
	}
	return p, row, doc, err
}
