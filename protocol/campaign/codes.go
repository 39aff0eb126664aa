package campaign

import "slices"

// Status is UBL's retail event status code.
type Status string

// The states of an event.
const (
	Proposed     Status = "PROPOSED"     // waits for the other side
	Acknowledged Status = "ACKNOWLEDGED" // the other side has seen it
	Planned      Status = "PLANNED"      // both prepare for it
	Active       Status = "ACTIVE"       // "go" was given
	Completed    Status = "COMPLETED"
	Canceled     Status = "CANCELED"   // before it began
	Rejected     Status = "REJECTED"   // the other side said no
	Terminated   Status = "TERMINATED" // broken off while active
	Expired      Status = "EXPIRED"    // not accepted in time
)

// moves are the states each state may go to. It only goes forward, but for breaking off.
var moves = map[Status][]Status{
	Proposed:     {Acknowledged, Planned, Rejected, Canceled, Expired},
	Acknowledged: {Planned, Rejected, Canceled, Expired},
	Planned:      {Active, Canceled},
	Active:       {Completed, Terminated},
	Completed:    {},
	Canceled:     {},
	Rejected:     {},
	Terminated:   {},
	Expired:      {},
}

// Statuses are the codes of the states, in the order of an event's life.
func Statuses() []Status {
	return []Status{Proposed, Acknowledged, Planned, Active, Completed, Canceled, Rejected, Terminated, Expired}
}

// Known reports whether the code is one of UBL's.
func (s Status) Known() bool { _, ok := moves[s]; return ok }

// MayBecome reports whether an event may go from one state to another; staying is always allowed.
func (s Status) MayBecome(next Status) bool { return s == next || slices.Contains(moves[s], next) }

// Open reports whether the event may still take place or is taking place.
func (s Status) Open() bool { return len(moves[s]) > 0 }

// EventType is UBL's promotional event type code.
type EventType string

// The types of events: UBL 2.1, PromotionalEventTypeCode.
const (
	CommunityEvent           EventType = "COMMUNITY_EVENT"
	Holiday                  EventType = "HOLIDAY"
	JointlySponsored         EventType = "JOINTLY_SPONSORED_RETAILER_EVENT"
	ManufacturerPromotion    EventType = "MANUFACTURER_PROMOTION"
	OtherEvent               EventType = "OTHER"
	RetailerEvent            EventType = "RETAILER_EVENT"
	SeasonalEvent            EventType = "SEASONAL_EVENT"
	StoreClosing             EventType = "STORE_CLOSING"
	StoreOpening             EventType = "STORE_OPENING"
	TradeItemDiscontinuation EventType = "TRADE_ITEM_DISCONTINUATION"
	TradeItemIntroduction    EventType = "TRADE_ITEM_INTRODUCTION"
)

var eventTypes = []EventType{CommunityEvent, Holiday, JointlySponsored, ManufacturerPromotion, OtherEvent, RetailerEvent, SeasonalEvent,
	StoreClosing, StoreOpening, TradeItemDiscontinuation, TradeItemIntroduction}

// EventTypes are the codes of the types.
func EventTypes() []EventType { return slices.Clone(eventTypes) }

// Known reports whether the type is on the list.
func (t EventType) Known() bool { return slices.Contains(eventTypes, t) }

// DisplayTactic is UBL's display tactic type code: how goods are shown in a store.
type DisplayTactic string

// The display tactics: UBL 2.1, DisplayTacticTypeCode.
const (
	DisplayGeneral   DisplayTactic = "DISPLAY_GENERAL"
	DumpBin          DisplayTactic = "DUMP_BIN_DISPLAY"
	EndCap           DisplayTactic = "END_CAP_DISPLAY"
	FloorGraphics    DisplayTactic = "FLOOR_GRAPHICS"
	FloorStack       DisplayTactic = "FLOOR_STACK_DISPLAY"
	Module           DisplayTactic = "MODULE"
	OnCounter        DisplayTactic = "ON_COUNTER_DISPLAY"
	Rack             DisplayTactic = "RACK"
	ShelfExtender    DisplayTactic = "SHELF_EXTENDER_DISPLAY"
	ShipperDisplay   DisplayTactic = "SHIPPER_DISPLAY"
	TemporaryOutpost DisplayTactic = "TEMPORARY_OUTPOST"
	Transparency     DisplayTactic = "TRANSPARENCY"
)

var displayTactics = []DisplayTactic{DisplayGeneral, DumpBin, EndCap, FloorGraphics, FloorStack, Module, OnCounter, Rack, ShelfExtender,
	ShipperDisplay, TemporaryOutpost, Transparency}

// DisplayTactics are their codes.
func DisplayTactics() []DisplayTactic { return slices.Clone(displayTactics) }

// Channel is where the public meets the event.
type Channel string

// The channels.
const (
	TV          Channel = "TV"
	Radio       Channel = "RADIO"
	Print       Channel = "PRINT"
	OutOfHome   Channel = "OUT_OF_HOME"
	Social      Channel = "SOCIAL"
	SearchAds   Channel = "SEARCH"
	Email       Channel = "EMAIL"
	RetailMedia Channel = "RETAIL_MEDIA"
	InStore     Channel = "INSTORE"
	Online      Channel = "ONLINE"
)

var channels = []Channel{TV, Radio, Print, OutOfHome, Social, SearchAds, Email, RetailMedia, InStore, Online}

// Channels are their codes.
func Channels() []Channel { return slices.Clone(channels) }

// Mechanism is how an offer works.
type Mechanism string

// The mechanisms.
const (
	PercentOff   Mechanism = "PCT_OFF"
	AmountOff    Mechanism = "AMT_OFF"
	BuyOneGetOne Mechanism = "BOGO"
	Multibuy     Mechanism = "MULTIBUY"
	Bundle       Mechanism = "BUNDLE"
	FreeShipping Mechanism = "FREE_SHIP"
	NoDiscount   Mechanism = "NONE" // shown, not cheaper
)

var mechanisms = []Mechanism{PercentOff, AmountOff, BuyOneGetOne, Multibuy, Bundle, FreeShipping, NoDiscount}

// ChangesPrice reports whether the public pays less.
func (m Mechanism) ChangesPrice() bool { return m != NoDiscount }

// AccrualRule says what the funding grows with.
type AccrualRule string

// The accrual rules.
const (
	AccrueFixed   AccrualRule = "FIXED"
	AccrueSellIn  AccrualRule = "PER_UNIT_SELL_IN"
	AccrueSellOut AccrualRule = "PER_UNIT_SELL_OUT"
	AccrueLift    AccrualRule = "PER_UNIT_LIFT"
)

var accrualRules = []AccrualRule{AccrueFixed, AccrueSellIn, AccrueSellOut, AccrueLift}

// BlackoutReason says why nothing may run.
type BlackoutReason string

// The reasons of a blackout.
const (
	ForInventory BlackoutReason = "INVENTORY"
	ForQuality   BlackoutReason = "QUALITY_HOLD"
	ForLaw       BlackoutReason = "LEGAL"
	ForBrand     BlackoutReason = "BRAND"
	ForFreeze    BlackoutReason = "FREEZE"
)

var blackoutReasons = []BlackoutReason{ForInventory, ForQuality, ForLaw, ForBrand, ForFreeze}

// Known reports whether the reason is on the list.
func (r BlackoutReason) Known() bool { return slices.Contains(blackoutReasons, r) }

// Verdict is a reply's word on an event.
type Verdict string

// The verdicts.
const (
	Seen     Verdict = "ACKNOWLEDGED"
	Accepted Verdict = "ACCEPTED"
	Declined Verdict = "REJECTED"
)

var verdicts = []Verdict{Seen, Accepted, Declined}

// GateKind says what a gate of a launch waits for.
type GateKind string

// The gates.
const (
	GateCampaign GateKind = "CAMPAIGN" // the other side accepted the event
	GateCapacity GateKind = "CAPACITY" // nothing about cover blocks it
	GateQuality  GateKind = "QUALITY"  // no lot of the item is blocked
	GateMessage  GateKind = "MESSAGE"  // every message is approved
	GateManual   GateKind = "MANUAL"   // somebody says so
)

var gateKinds = []GateKind{GateCampaign, GateCapacity, GateQuality, GateMessage, GateManual}

// GateKinds are their codes.
func GateKinds() []GateKind { return slices.Clone(gateKinds) }
