package intake

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"kontor/protocol/calendar"
	"kontor/protocol/campaign"
	"kontor/protocol/forecast"
	"kontor/protocol/quantity"
)

// Columns of a table of campaigns: one line for each event, product, place and bucket of its lift.
const (
	eventID = iota
	eventName
	eventKind
	eventFrom
	eventTo
	eventShipFrom
	eventShipTo
	eventProduct
	eventRegion
	eventBucket
	eventBaseline
	eventLift
	eventLow
	eventMid
	eventHigh
	eventUnit
	eventMechanism
	eventDepth
	eventBuyer
	eventSeller
)

var eventColumns = []Column{
	eventID:        {Says: "the event", Names: []string{"event", "event id", "campaign", "campaign id", "promotion", "promo", "promo id", "aktion", "aktionsnummer"}, Needed: true},
	eventName:      {Says: "the event's name", Names: []string{"name", "title", "description", "event name", "campaign name", "bezeichnung"}},
	eventKind:      {Says: "the event's type", Names: []string{"type", "event type", "promotional event type code", "typ"}},
	eventFrom:      {Says: "the first day", Names: []string{"from", "start", "start date", "begins", "first day", "von", "beginn"}, Form: Period, Needed: true},
	eventTo:        {Says: "the last day", Names: []string{"to", "end", "end date", "ends", "last day", "until", "bis", "ende"}, Form: Period, Needed: true},
	eventShipFrom:  {Says: "the first day of delivery", Names: []string{"ship from", "ship start", "sell in from", "sell in start", "delivery from"}, Form: Period},
	eventShipTo:    {Says: "the last day of delivery", Names: []string{"ship to date", "ship end", "sell in to", "sell in end", "delivery to"}, Form: Period},
	eventProduct:   {Says: "the product", Names: productNames, Needed: true},
	eventRegion:    {Says: "the region", Names: regionNames},
	eventBucket:    {Says: "the bucket of the lift", Names: []string{"bucket", "period", "month", "week", "monat", "woche"}, Form: Period},
	eventBaseline:  {Says: "sales without the event", Names: []string{"baseline", "base", "without promotion", "grundabsatz"}, Form: Number},
	eventLift:      {Says: "the lift", Names: []string{"lift", "incremental", "incremental units", "uplift", "additional", "mehrabsatz", "zusatzabsatz"}, Form: Number},
	eventLow:       {Says: "the lift's level p10", Names: []string{"p10", "lift p10", "low"}, Form: Number},
	eventMid:       {Says: "the lift's level p50", Names: []string{"p50", "lift p50", "median"}, Form: Number},
	eventHigh:      {Says: "the lift's level p90", Names: []string{"p90", "lift p90", "high"}, Form: Number},
	eventUnit:      {Says: "the unit", Names: []string{"unit", "uom", "unit of measure", "einheit", "me"}},
	eventMechanism: {Says: "the mechanism of the offer", Names: []string{"mechanism", "mechanic", "offer", "mechanik"}},
	eventDepth:     {Says: "the depth of the offer in percent", Names: []string{"depth", "discount", "percent off", "rabatt"}, Form: Number},
	eventBuyer:     {Says: "the buyer's share of the funding in percent", Names: []string{"buyer share", "buyer percent", "buyer"}, Form: Number},
	eventSeller:    {Says: "the seller's share of the funding in percent", Names: []string{"seller share", "seller percent", "supplier share", "seller"}, Form: Number},
}

// ReadCampaigns reads a table of campaigns, one line for each event, product, place and bucket. An event's own cells stand in its first
// line; later lines may repeat them or leave them empty, and may not contradict them. Prices are not read: a resale price does not leave
// (practice T19). The events are nil when the report has complaints and SkipBad isn't set.
func ReadCampaigns(data []byte, options Options) ([]campaign.Event, *Report) {
	t, report := Open(data, eventColumns, false, options)
	if t == nil {
		return nil, report
	}
	var events []campaign.Event
	at := map[string]int{}
	if !t.Each(func(l *Line) {
		e, ok := readEvent(l, options)
		if !ok {
			return
		}
		i, known := at[e.ID]
		if !known {
			i = len(events)
			at[e.ID] = i
			events = append(events, e)
			return
		}
		if text := joinEvent(&events[i], e); text != "" {
			l.Refuse(eventID, CodeContradiction, text, "the same event in all its lines")
		}
	}) {
		return nil, report
	}
	report.Kind, report.Series = Campaign, len(events)
	for _, e := range events {
		report.Buckets += len(e.Impacts)
	}
	if report.Buckets > 0 && options.Unit == "" && !t.Has(eventUnit) {
		report.Note(Complaint{Code: NoteUnit, Text: "no column for the unit: lifts in pieces (C62) were assumed; they count in the cover where the forecast has the same unit"})
	}
	return events, report
}

func readEvent(l *Line, o Options) (campaign.Event, bool) {
	from, to := l.Period(eventFrom), l.Period(eventTo)
	e := campaign.Event{ID: l.Text(eventID), Name: l.Text(eventName), Status: campaign.Proposed, Kind: campaign.RetailerEvent,
		Period: calendar.Bucket{Start: from.Start, End: to.End}, Items: []forecast.Item{{BuyersID: l.Text(eventProduct)}}}
	if e.Name == "" {
		e.Name = e.ID
	}
	if kind := l.Text(eventKind); kind != "" {
		if e.Kind = campaign.EventType(strings.ToUpper(strings.ReplaceAll(kind, " ", "_"))); !e.Kind.Known() {
			l.Refuse(eventKind, CodeOption, "not an event type of UBL", "such as HOLIDAY, MANUFACTURER_PROMOTION, RETAILER_EVENT or TRADE_ITEM_INTRODUCTION")
		}
	}
	if !e.Period.Valid() && !l.Bad() {
		l.Refuse(eventTo, CodePeriod, "the last day is before the first", "days in order")
	}
	if shipFrom, shipTo := l.Period(eventShipFrom), l.Period(eventShipTo); shipFrom.Valid() || shipTo.Valid() {
		ship := calendar.Bucket{Start: shipFrom.Start, End: shipTo.End}
		if !ship.Valid() && !l.Bad() {
			l.Refuse(eventShipTo, CodePeriod, "deliveries need a first and a last day, in order", wantPeriod)
		}
		e.SellIn = &ship
	}
	place := forecast.Location{Region: l.Text(eventRegion)}
	if place.Region != "" {
		if !forecast.ValidRegion(place.Region) {
			l.Refuse(eventRegion, CodeOption, "not a region", "an ISO 3166 code such as CI or DE-BY")
		}
		e.Places = []forecast.Location{place}
	}
	readLift(l, o, &e, place)
	readOffer(l, &e)
	readFunding(l, &e)
	return e, !l.Bad()
}

// percent is a number of percent as ppm.
func (l *Line) percent(column int) (int64, bool) {
	q, stated := l.Quantity(column)
	if !stated {
		return 0, false
	}
	n, exact := q.At(-4)
	if !exact || n.Sign() < 0 || !n.IsInt64() || n.Int64() > campaign.PPM {
		l.Refuse(column, CodeNumber, "not a percentage", "0 to 100, with at most four decimals")
		return 0, false
	}
	return n.Int64(), true
}

func readLift(l *Line, o Options, e *campaign.Event, place forecast.Location) {
	lift, stated := l.Quantity(eventLift)
	var levels []forecast.Quantile
	for _, c := range []struct {
		column int
		p      int64
	}{{eventLow, 100_000}, {eventMid, 500_000}, {eventHigh, 900_000}} {
		if q, ok := l.Quantity(c.column); ok {
			levels = append(levels, forecast.Quantile{P: c.p, Q: q})
			if c.p == 500_000 && !stated {
				lift, stated = q, true
			}
		}
	}
	if !stated {
		if len(levels) > 0 {
			l.Refuse(eventLift, CodeMissing, "levels of a lift without the lift", "the mean lift, or its level p50")
		}
		return
	}
	bucket := l.Period(eventBucket)
	if !bucket.Valid() {
		bucket = e.Period
	}
	unit := o.Unit
	if unit == "" {
		unit = quantity.Piece
	}
	m := campaign.Impact{Item: e.Items[0].BuyersID, Place: place, Bucket: bucket, Unit: l.t.unit(l.row, eventUnit, unit), Lift: lift, Quantiles: levels}
	if q, ok := l.Quantity(eventBaseline); ok {
		m.Baseline = &q
	}
	e.Impacts = []campaign.Impact{m}
}

func readOffer(l *Line, e *campaign.Event) {
	mechanism := campaign.Mechanism(strings.ToUpper(strings.ReplaceAll(l.Text(eventMechanism), " ", "_")))
	depth, stated := l.percent(eventDepth)
	switch {
	case mechanism == "" && !stated:
		return
	case mechanism == "":
		mechanism = campaign.PercentOff
	case mechanism == campaign.AmountOff:
		l.Refuse(eventMechanism, CodeOption, "an amount off is not read from tables", "PCT_OFF with a depth, BOGO, MULTIBUY, BUNDLE, FREE_SHIP or NONE")
	case !slices.Contains([]campaign.Mechanism{campaign.PercentOff, campaign.BuyOneGetOne, campaign.Multibuy, campaign.Bundle, campaign.FreeShipping, campaign.NoDiscount}, mechanism):
		l.Refuse(eventMechanism, CodeOption, "an unknown mechanism", "PCT_OFF, BOGO, MULTIBUY, BUNDLE, FREE_SHIP or NONE")
	}
	e.Offers = []campaign.Offer{{Item: e.Items[0].BuyersID, Mechanism: mechanism, DepthPPM: depth}}
}

func readFunding(l *Line, e *campaign.Event) {
	buyer, a := l.percent(eventBuyer)
	seller, b := l.percent(eventSeller)
	switch {
	case !a && !b:
		return
	case !b:
		seller = campaign.PPM - buyer
	case !a:
		buyer = campaign.PPM - seller
	}
	if buyer+seller != campaign.PPM {
		l.Refuse(eventSeller, CodeContradiction, fmt.Sprintf("the funding shares sum to %s percent", strconv.FormatFloat(float64(buyer+seller)/10_000, 'f', -1, 64)), "shares that sum to 100 percent")
		return
	}
	e.Funding = &campaign.Funding{BuyerPPM: buyer, SellerPPM: seller}
}

// joinEvent adds a later line to an event and says what contradicts it.
func joinEvent(e *campaign.Event, l campaign.Event) string {
	switch {
	case l.Period != e.Period:
		return fmt.Sprintf("event %q runs in %s and in %s", e.ID, e.Period, l.Period)
	case l.Name != l.ID && l.Name != e.Name:
		return fmt.Sprintf("event %q is called %q and %q", e.ID, e.Name, l.Name)
	case l.SellIn != nil && (e.SellIn == nil || *l.SellIn != *e.SellIn):
		return fmt.Sprintf("event %q is delivered at different times", e.ID)
	case l.Funding != nil && e.Funding != nil && *l.Funding != *e.Funding:
		return fmt.Sprintf("event %q is funded by different shares", e.ID)
	}
	if e.Funding == nil {
		e.Funding = l.Funding
	}
	if !e.Has(l.Items[0].BuyersID) {
		e.Items = append(e.Items, l.Items[0])
	}
	for _, p := range l.Places {
		if !slices.Contains(e.Places, p) {
			e.Places = append(e.Places, p)
		}
	}
	for _, m := range l.Impacts {
		if slices.ContainsFunc(e.Impacts, func(x campaign.Impact) bool { return x.Item == m.Item && x.Place == m.Place && x.Bucket == m.Bucket }) {
			return fmt.Sprintf("event %q has a lift of %q in %s already", e.ID, m.Item, m.Bucket)
		}
	}
	e.Impacts = append(e.Impacts, l.Impacts...)
	for _, o := range l.Offers {
		if !slices.ContainsFunc(e.Offers, func(x campaign.Offer) bool { return x.Item == o.Item }) {
			e.Offers = append(e.Offers, o)
		}
	}
	return ""
}
