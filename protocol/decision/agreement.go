package decision

import (
	"slices"

	"kontor/protocol/block"
	"kontor/protocol/calendar"
	"kontor/protocol/quantity"
)

// AgreementType is the document type of version 1.
const AgreementType = "PartnershipAgreement.v1"

// Bounds of an agreement. Officers must be able to read what they sign.
const (
	MaxMilestones = 64 // steps of a rollout plan
	MaxMeasures   = 32 // measures with targets
	MaxReviews    = 24 // review dates
	MaxRollback   = 16 // rollback conditions
	MaxSupersedes = 16 // earlier agreements it takes the place of
	MaxArtifacts  = 64 // named artifacts
	MaxParties    = 16 // members of a partnership
)

// EffectKind says what an effect does to its cell at finality.
type EffectKind string

// The kinds of effects. Other packages read them as data.
const (
	SlotCommitted    EffectKind = "SLOT_COMMITTED"    // the party holds this quantity of capacity for the others
	ForecastAccepted EffectKind = "FORECAST_ACCEPTED" // the party's forecast of the cell takes this quantity
	LastTimeBuy      EffectKind = "LAST_TIME_BUY"     // the party takes this quantity, with liability
	CampaignPlanned  EffectKind = "CAMPAIGN_PLANNED"  // the campaign Ref adds this quantity in the cell
	CAPADue          EffectKind = "CAPA_DUE"          // the party's 8D work on complaint Ref is closed by the cell's last day
	TermsInForce     EffectKind = "TERMS_IN_FORCE"    // the contract terms the party shared as this artifact apply, while the agreement does
)

var effectKinds = []EffectKind{SlotCommitted, ForecastAccepted, LastTimeBuy, CampaignPlanned, CAPADue, TermsInForce}

// refers tells whether an effect of this kind is about something the cell does not name: an event of a campaign calendar, a complaint.
func (k EffectKind) refers() bool { return k == CampaignPlanned || k == CAPADue }

// measured tells whether an effect of this kind has a quantity: terms and work to be done by a day have none.
func (k EffectKind) measured() bool { return k != TermsInForce && k != CAPADue }

// Effect is one cell the agreement fixes.
type Effect struct {
	Kind  EffectKind `cbor:"kind" json:"kind"`
	Party block.CID  `cbor:"party" json:"party"` // whose plan it binds
	Cell
	Quantity quantity.Quantity `cbor:"quantity" json:"quantity"`
	Unit     quantity.Unit     `cbor:"unit" json:"unit"`
	Artifact *block.CID        `cbor:"artifact,omitempty" json:"artifact,omitempty"` // the version the parties looked at
	Ref      string            `cbor:"ref,omitempty" json:"ref,omitempty"`           // the campaign's event or the complaint, of CAMPAIGN_PLANNED and CAPA_DUE alone
}

// AgreementParty is a company that signs, with whose signatures suffice for it.
type AgreementParty struct {
	Company block.CID `cbor:"company" json:"company"`
	Name    string    `cbor:"name" json:"name"`
	Label   string    `cbor:"label" json:"label"`   // "buyer", "seller"
	Quorum  string    `cbor:"quorum" json:"quorum"` // "COO and CFO": text form of sign.Policy
	Policy  block.CID `cbor:"policy" json:"policy"` // the identity chain entry that set it
	DualHat bool      `cbor:"dual_hat" json:"dual_hat"`
}

// AgreedTerm is one settled issue, with the words to show it by.
type AgreedTerm struct {
	IssueValue
	Name string `cbor:"name" json:"name"`
	Unit string `cbor:"unit" json:"unit"`
}

// AgreedTrade is a trade-off of the accepted offer, with who stated it.
type AgreedTrade struct {
	By block.CID `cbor:"by" json:"by"`
	TradeOff
}

// Target is a measure the agreement is judged by.
type Target struct {
	ID         string            `cbor:"id" json:"id"`
	Name       string            `cbor:"name" json:"name"`
	Definition *block.CID        `cbor:"definition,omitempty" json:"definition,omitempty"` // of the measure; both have it
	AtMost     bool              `cbor:"at_most" json:"at_most"`                           // else at least
	Target     quantity.Quantity `cbor:"target" json:"target"`
	Unit       string            `cbor:"unit" json:"unit"`
	By         calendar.Date     `cbor:"by" json:"by"`
}

// Milestone is one step of the rollout plan.
type Milestone struct {
	ID    string        `cbor:"id" json:"id"`
	Title string        `cbor:"title" json:"title"`
	Party block.CID     `cbor:"party" json:"party"`
	Owner Role          `cbor:"owner" json:"owner"` // the officer who answers for it
	Due   calendar.Date `cbor:"due" json:"due"`
	After []string      `cbor:"after" json:"after"` // milestones it waits for, ascending
	Proof string        `cbor:"proof" json:"proof"` // what shows that it is done
}

// Rollback says when and how the parties go back.
type Rollback struct {
	Condition string        `cbor:"condition" json:"condition"`
	Action    string        `cbor:"action" json:"action"`
	Test      *RollbackTest `cbor:"test,omitempty" json:"test,omitempty"` // how it is measured; nil: it is words, which nobody measures
}

// Agreement is the document the officers of every party sign: PartnershipAgreement.v1. It has no room for fields a
// reader does not know: nobody signs what their program can't show.
type Agreement struct {
	Type        string           `cbor:"type" json:"type"`
	Partnership block.CID        `cbor:"pid" json:"pid"`
	Topic       block.CID        `cbor:"topic" json:"topic"`
	Title       string           `cbor:"title" json:"title"`
	Round       int64            `cbor:"round" json:"round"`
	Offer       block.CID        `cbor:"offer" json:"offer"` // the accepted offer's entry
	Option      string           `cbor:"option" json:"option"`
	Summary     string           `cbor:"summary" json:"summary"` // of the option
	Parties     []AgreementParty `cbor:"parties" json:"parties"` // ascending by company
	Witness     *block.CID       `cbor:"witness,omitempty" json:"witness,omitempty"`
	Terms       []AgreedTerm     `cbor:"terms" json:"terms"`         // ascending by issue
	Effects     []Effect         `cbor:"effects" json:"effects"`     // ascending by kind, party, cell
	Artifacts   []block.CID      `cbor:"artifacts" json:"artifacts"` // versions the parties looked at, ascending
	Trades      []AgreedTrade    `cbor:"trades" json:"trades"`
	Targets     []Target         `cbor:"targets" json:"targets"`   // ascending by ID
	Rollout     []Milestone      `cbor:"rollout" json:"rollout"`   // ascending by ID
	Reviews     []calendar.Date  `cbor:"reviews" json:"reviews"`   // ascending
	Rollback    []Rollback       `cbor:"rollback" json:"rollback"` // in the order to be tried
	Supersedes  []block.CID      `cbor:"supersedes,omitempty" json:"supersedes,omitempty"`
	Amount      *quantity.Money  `cbor:"amount,omitempty" json:"amount,omitempty"` // what a signer commits to at most
	SignBy      int64            `cbor:"sign_by" json:"sign_by"`                   // ms UTC
	From        calendar.Date    `cbor:"from" json:"from"`                         // first day of effect
	Expires     calendar.Date    `cbor:"expires" json:"expires"`                   // first day without
}

// Block is the document as it is hashed, sent and signed.
func (a Agreement) Block() (block.Block, error) { return block.New(a) }

// ParseAgreement reads a document. It is strict about the form only; Check judges the content.
func ParseAgreement(data []byte) (Agreement, error) {
	var a Agreement
	if err := block.Unmarshal(data, &a); err != nil {
		return Agreement{}, err
	}
	return a, nil
}

// Sorted is the document with its lists in their one order.
func (a Agreement) Sorted() Agreement {
	a.Parties, a.Terms, a.Effects, a.Artifacts = slices.Clone(a.Parties), slices.Clone(a.Terms), slices.Clone(a.Effects), slices.Clone(a.Artifacts)
	a.Targets, a.Rollout, a.Reviews, a.Supersedes = slices.Clone(a.Targets), slices.Clone(a.Rollout), slices.Clone(a.Reviews), slices.Clone(a.Supersedes)
	slices.SortFunc(a.Parties, compareParties)
	slices.SortFunc(a.Terms, func(x, y AgreedTerm) int { return compareIDs(x.Issue, y.Issue) })
	slices.SortFunc(a.Effects, compareEffects)
	slices.SortFunc(a.Artifacts, block.CID.Compare)
	slices.SortFunc(a.Targets, func(x, y Target) int { return compareIDs(x.ID, y.ID) })
	slices.SortFunc(a.Rollout, func(x, y Milestone) int { return compareIDs(x.ID, y.ID) })
	slices.Sort(a.Reviews)
	slices.SortFunc(a.Supersedes, block.CID.Compare)
	for i := range a.Rollout {
		a.Rollout[i].After = slices.Sorted(slices.Values(a.Rollout[i].After))
		if a.Rollout[i].After == nil {
			a.Rollout[i].After = []string{}
		}
	}
	return a
}

// Agree fills in what the accepted offer of a topic says: parties, option, terms and trade-offs. The caller adds
// effects, targets, rollout, dates and the parties' names and policies.
func (t Topic) Agree() (Agreement, bool) {
	if t.Status != Signing || len(t.Offers) == 0 {
		return Agreement{}, false
	}
	offer := t.Offers[len(t.Offers)-1]
	option, _ := t.Option(offer.Option)
	a := Agreement{Type: AgreementType, Partnership: t.Partnership, Topic: t.ID, Title: t.Title, Round: offer.Round, Offer: offer.Entry,
		Option: option.ID, Summary: option.Summary, Terms: t.agreedTerms(offer), Trades: agreedTrades(offer)}
	for _, p := range t.Parties {
		a.Parties = append(a.Parties, AgreementParty{Company: p.Company, Label: p.Label})
	}
	if t.Amends != nil {
		a.Supersedes = []block.CID{t.Amends.Agreement}
	}
	return a, true
}

func (t Topic) agreedTerms(offer Offer) []AgreedTerm {
	out := []AgreedTerm{}
	for i, v := range offer.Values {
		out = append(out, AgreedTerm{v, t.Issues[i].Name, t.Issues[i].Unit})
	}
	return out
}

func agreedTrades(offer Offer) []AgreedTrade {
	out := []AgreedTrade{}
	for _, trade := range offer.Trades {
		out = append(out, AgreedTrade{offer.By, trade})
	}
	return out
}
