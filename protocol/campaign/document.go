// Package campaign owns CampaignCalendar.v1: the events one company means to hold, the windows in which nothing may
// be held, and its replies to the other side's events.
//
// Most callers need Document (a header with events, blackouts and replies), ToSheet and FromSheet (its stored and
// hashed form), Check (the coded rules CAMPAIGN-nn), Diff (what a revision changed, and Material to judge it),
// Conflicts (what stands against each event) and Launches (new items with their gates).
//
// Guarantees: pure functions of their arguments, the same on every node: two nodes that hold the same calendars,
// forecast, plan and lot blocks find the same conflicts in the same order. A future resale price never stands in a
// calendar that passes Check (practice T19). Days are calendar days of the event's zone; nothing here knows a clock.
package campaign

import (
	"kontor/protocol/artifact"
	"kontor/protocol/block"
	"kontor/protocol/calendar"
	"kontor/protocol/forecast"
	"kontor/protocol/quantity"
)

// Type is the document type and major version in the header.
const Type = "CampaignCalendar.v1"

// Bounds of a calendar. They keep one event inside one block and the search for conflicts in hand.
const (
	MaxEvents    = 2_000 // a retailer's year has a few hundred
	MaxBlackouts = 500
	MaxRecurring = 64 // of the blackouts: each is expanded day by day
	MaxReplies   = 4_000
	MaxItems     = 500 // products, places, offers, tactics or messages of one event
	MaxImpacts   = 2_000
	MaxQuantiles = 33
	MaxNames     = 100   // cannibalised or halo items of one impact, claims of one message, hashes of one reply
	MaxGates     = 16    // of one launch
	MaxDays      = 1_100 // of one event or window: three years
	MaxAhead     = 3_700 // days from the first event to the end of the last: ten years
	// MaxQuantity and MaxDecimals are those of a forecast, so that lift adds to its figures.
	MaxQuantity = forecast.MaxQuantity
	MaxDecimals = forecast.MaxDecimals
)

// PPM is one whole in parts per million.
const PPM = 1_000_000

// Document is one revision of a company's campaign calendar.
type Document struct {
	Header    artifact.Header `json:"header"`
	Zone      string          `json:"zone"` // IANA name of the zone whose days the dates are
	Events    []Event         `json:"events"`
	Blackouts []Blackout      `json:"blackouts"`
	Replies   []Reply         `json:"replies"`
}

// Event is one campaign: UBL's RetailEvent with what a joint plan needs beyond it.
type Event struct {
	ID         string              `cbor:"id" json:"id"` // stable across revisions
	Name       string              `cbor:"name" json:"name"`
	Status     Status              `cbor:"retailEventStatusCode" json:"retailEventStatusCode"`
	Kind       EventType           `cbor:"promotionalEventTypeCode" json:"promotionalEventTypeCode"`
	Submitted  calendar.Date       `cbor:"submissionDate,omitzero" json:"submissionDate,omitzero"`
	AcceptBy   calendar.Date       `cbor:"latestProposalAcceptanceDate,omitzero" json:"latestProposalAcceptanceDate,omitzero"` // last day; a proposal not accepted by then has expired
	Period     calendar.Bucket     `cbor:"period" json:"period"`                                                               // the event as its public sees it
	SellIn     *calendar.Bucket    `cbor:"shipPeriod,omitempty" json:"shipPeriod,omitempty"`                                   // when its goods are delivered; absent: the period
	SellOut    *calendar.Bucket    `cbor:"performancePeriod,omitempty" json:"performancePeriod,omitempty"`                     // when its sales are counted; absent: the period
	PreDays    int64               `cbor:"preWindow,omitzero" json:"preWindow,omitzero"`                                       // days before the period in which buyers hold back
	PostDays   int64               `cbor:"postWindow,omitzero" json:"postWindow,omitzero"`                                     // days after it in which demand dips
	Items      []forecast.Item     `cbor:"items" json:"items"`
	Places     []forecast.Location `cbor:"participatingLocations,omitempty" json:"participatingLocations,omitempty"` // absent: everywhere
	Tactics    []Tactic            `cbor:"tactics,omitempty" json:"tactics,omitempty"`
	Offers     []Offer             `cbor:"offers,omitempty" json:"offers,omitempty"`
	Impacts    []Impact            `cbor:"plannedImpact,omitempty" json:"plannedImpact,omitempty"`
	InForecast bool                `cbor:"inForecast,omitempty" json:"inForecast,omitempty"` // the forecast in force holds the lift already
	Funding    *Funding            `cbor:"funding,omitempty" json:"funding,omitempty"`
	Messages   []Message           `cbor:"messaging,omitempty" json:"messaging,omitempty"`
	Go         *GoNoGo             `cbor:"goNoGo,omitempty" json:"goNoGo,omitempty"`
	Launch     *Launch             `cbor:"launch,omitempty" json:"launch,omitempty"`
	Ext        map[string][]byte   `cbor:"ext,omitempty" json:"ext,omitempty"`
}

// Tactic is one thing done for the event: a display (UBL's codes), a feature (a code: UBL names BILLBOARD, FLYER
// and the like and closes no list), or a channel.
type Tactic struct {
	Display DisplayTactic    `cbor:"displayTacticTypeCode,omitempty" json:"displayTacticTypeCode,omitempty"`
	Feature string           `cbor:"featureTacticTypeCode,omitempty" json:"featureTacticTypeCode,omitempty"`
	Channel Channel          `cbor:"channel,omitempty" json:"channel,omitempty"`
	Period  *calendar.Bucket `cbor:"period,omitempty" json:"period,omitempty"` // absent: the event's
}

// Offer is what the public is offered on one item. What it will pay is not here: see Price.
type Offer struct {
	Item      string            `cbor:"item" json:"item"` // any identifier of an item of the event
	Mechanism Mechanism         `cbor:"mechanism" json:"mechanism"`
	DepthPPM  int64             `cbor:"depth,omitzero" json:"depth,omitzero"`     // PCT_OFF: part of the price, ppm
	MinUnits  int64             `cbor:"minQty,omitzero" json:"minQty,omitzero"`   // units the offer asks for: 2 of "two for one"
	Amount    *quantity.Money   `cbor:"amount,omitempty" json:"amount,omitempty"` // AMT_OFF
	Price     *quantity.Price   `cbor:"price,omitempty" json:"price,omitempty"`   // the resale price of an event that is over; of a coming one never (practice T19)
	Unit      quantity.Unit     `cbor:"unit,omitempty" json:"unit,omitempty"`     // of the price
	Ext       map[string][]byte `cbor:"ext,omitempty" json:"ext,omitempty"`       // fields we don't know
}

// Impact is the planned lift of one item at one place in one bucket.
type Impact struct {
	Item         string              `cbor:"item" json:"item"`
	Place        forecast.Location   `cbor:"location,omitzero" json:"location,omitzero"`
	Bucket       calendar.Bucket     `cbor:"bucket" json:"bucket"`
	Unit         quantity.Unit       `cbor:"unit" json:"unit"`
	Baseline     *quantity.Quantity  `cbor:"baseline,omitempty" json:"baseline,omitempty"` // what would be sold without the event
	Lift         quantity.Quantity   `cbor:"incremental" json:"incremental"`               // mean units on top
	Quantiles    []forecast.Quantile `cbor:"incrementalQuantiles,omitempty" json:"incrementalQuantiles,omitempty"`
	Cannibalises []string            `cbor:"cannibalises,omitempty" json:"cannibalises,omitempty"` // items named before the event that it takes sales from (measures D6)
	Halo         []string            `cbor:"halo,omitempty" json:"halo,omitempty"`                 // items named before the event that it adds sales to
	PullForward  int64               `cbor:"pullForward,omitzero" json:"pullForward,omitzero"`     // part of the lift that is missing later, ppm
}

// Funding says who pays for the event.
type Funding struct {
	BuyerPPM  int64           `cbor:"buyerShare" json:"buyerShare"` // with the seller's one whole
	SellerPPM int64           `cbor:"sellerShare" json:"sellerShare"`
	Cap       *quantity.Money `cbor:"cap,omitempty" json:"cap,omitempty"`
	Accrual   AccrualRule     `cbor:"accrualRule,omitempty" json:"accrualRule,omitempty"`
	ClaimBy   calendar.Date   `cbor:"claimDeadline,omitzero" json:"claimDeadline,omitzero"` // last day
}

// Message is an asset the public will see. It may be used once every needed role has approved exactly these bytes.
type Message struct {
	Asset   []byte   `cbor:"assetHash" json:"assetHash"` // SHA-256 of the file
	Claims  []string `cbor:"claimCodes,omitempty" json:"claimCodes,omitempty"`
	Needs   []string `cbor:"needs" json:"needs"`                                 // "buyer:CMO", "seller:CTO"
	Embargo int64    `cbor:"embargoUntil,omitzero" json:"embargoUntil,omitzero"` // not to be shown before, ms UTC
}

// GoNoGo is the condition under which the event may run.
type GoNoGo struct {
	MaxShortagePPM int64         `cbor:"maxShortage" json:"maxShortage"`                 // probability of a shortage above which it may not, ppm
	By             calendar.Date `cbor:"by,omitzero" json:"by,omitzero"`                 // day of the decision
	DecidedBy      string        `cbor:"decidedBy,omitempty" json:"decidedBy,omitempty"` // a role
}

// Launch puts a new item, its campaign, its capacity and its quality release on one date.
type Launch struct {
	Item  string        `cbor:"item" json:"item"`
	Date  calendar.Date `cbor:"date" json:"date"`
	Gates []Gate        `cbor:"gates" json:"gates"`
}

// Gate is one condition of a launch.
type Gate struct {
	Kind GateKind      `cbor:"kind" json:"kind"`
	Due  calendar.Date `cbor:"due" json:"due"`                       // by when it must be passed
	Done calendar.Date `cbor:"done,omitzero" json:"done,omitzero"`   // MANUAL: the day somebody passed it
	Role string        `cbor:"role,omitempty" json:"role,omitempty"` // who answers for it
}

// Blackout is a window in which no event of its scope may run.
type Blackout struct {
	ID     string              `cbor:"id" json:"id"`
	Reason BlackoutReason      `cbor:"reason" json:"reason"`
	Period calendar.Bucket     `cbor:"period" json:"period"`                     // the first one
	RRule  string              `cbor:"rrule,omitempty" json:"rrule,omitempty"`   // RFC 5545; "" = once
	Items  []string            `cbor:"items,omitempty" json:"items,omitempty"`   // absent: every item
	Places []forecast.Location `cbor:"places,omitempty" json:"places,omitempty"` // absent: everywhere
	Soft   bool                `cbor:"soft,omitempty" json:"soft,omitempty"`     // a warning, not a stop
	Note   string              `cbor:"note,omitempty" json:"note,omitempty"`
	Ext    map[string][]byte   `cbor:"ext,omitempty" json:"ext,omitempty"`
}

// Reply is one role's word on an event, of the other side or its own: what is accepted is the event of this digest
// and the assets of these hashes, and nothing that came after.
type Reply struct {
	Series  artifact.SeriesID `cbor:"series" json:"series"` // of the calendar that holds the event
	Event   string            `cbor:"event" json:"event"`
	Role    string            `cbor:"role" json:"role"`
	Verdict Verdict           `cbor:"verdict,omitempty" json:"verdict,omitempty"` // absent: only assets are approved
	Digest  []byte            `cbor:"digest,omitempty" json:"digest,omitempty"`   // Terms of the event the verdict is about
	Assets  [][]byte          `cbor:"assets,omitempty" json:"assets,omitempty"`   // approved, ascending
}

// Key names the event among the rows of a calendar.
func (e Event) Key() string { return forecast.JoinKey("event", e.ID) }

// Key names the blackout among the rows of a calendar.
func (b Blackout) Key() string { return forecast.JoinKey("blackout", b.ID) }

// Key names the reply among the rows of a calendar.
func (r Reply) Key() string { return forecast.JoinKey("reply", r.Series.String(), r.Event, r.Role) }

// Delivery is the window in which the event's goods are needed.
func (e Event) Delivery() calendar.Bucket {
	if e.SellIn != nil {
		return *e.SellIn
	}
	return e.Period
}

// Has reports whether an identifier is one of the event's items.
func (e Event) Has(id string) bool {
	_, ok := e.item(id)
	return ok
}

// Reaches reports whether the event takes place where something is needed or sold. An event without places is everywhere, and what has no place is of all of them.
func (e Event) Reaches(place forecast.Location) bool {
	return place.Key() == "" || touches(e.Places, []forecast.Location{place})
}

func (e Event) item(id string) (forecast.Item, bool) {
	for _, i := range e.Items {
		if id != "" && (i.BuyersID == id || i.SellersID == id || i.GTIN == id) {
			return i, true
		}
	}
	return forecast.Item{}, false
}

// Event is the event with the given id.
func (d Document) Event(id string) (Event, bool) {
	for _, e := range d.Events {
		if e.ID == id {
			return e, true
		}
	}
	return Event{}, false
}

// Terms is the digest a reply names: of the whole event but its status, which moves without changing what was agreed.
func (e Event) Terms() ([]byte, error) {
	e.Status = ""
	data, err := block.Marshal(e)
	if err != nil {
		return nil, err
	}
	id := block.Sum(data)
	return id.Bytes(), nil
}

// Filter keeps what a scope grants: events all of whose items and places lie inside, without the names of affected
// items that lie outside, and blackouts that do. Replies speak of events the other side holds and stay.
func Filter(d Document, granted artifact.Scope) Document {
	kept := d
	kept.Events, kept.Blackouts = nil, nil
	inside := func(ids []string) (out []string) {
		for _, id := range ids {
			if granted.HasProduct(id) {
				out = append(out, id)
			}
		}
		return out
	}
	for _, e := range d.Events {
		impacts := e.Impacts
		e.Impacts = nil
		for _, m := range impacts {
			m.Cannibalises, m.Halo = inside(m.Cannibalises), inside(m.Halo)
			e.Impacts = append(e.Impacts, m)
		}
		if len(CheckScope(Document{Events: []Event{e}}, granted)) == 0 {
			kept.Events = append(kept.Events, e)
		}
	}
	for _, b := range d.Blackouts {
		if len(CheckScope(Document{Blackouts: []Blackout{b}}, granted)) == 0 {
			kept.Blackouts = append(kept.Blackouts, b)
		}
	}
	return kept
}
