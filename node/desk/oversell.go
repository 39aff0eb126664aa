package desk

import (
	"fmt"
	"slices"
	"strings"

	"kontor/node"
	"kontor/protocol"
	"kontor/protocol/artifact"
	"kontor/protocol/block"
	"kontor/protocol/calendar"
	"kontor/protocol/capacity"
	"kontor/protocol/company"
	"kontor/protocol/decision"
	"kontor/protocol/forecast"
	"kontor/protocol/quantity"
)

// OversellView is what was promised to all customers against what the lines can carry.
type OversellView struct {
	Commitments int                `json:"commitments"` // cells of answers in force and slots of agreements
	Lines       int                `json:"lines"`
	Oversold    []company.Oversell `json:"oversold"`
	// Guests counts the cells that partners without a node say they need (evidence C), where they were asked for; WithGuests is what would be oversold were all
	// of it promised too, as far as it is not oversold without.
	Guests     int                `json:"guests,omitempty"`
	WithGuests []company.Oversell `json:"with_guests,omitempty"`
}

// Oversold checks at home, over all customers, that no more is promised than there is. It reads the private lines and stock, the answers in force
// that this company gave, and the slots it committed by agreement; nothing of it leaves.
func (d *Desk) Oversold() (OversellView, error) {
	return d.oversold(block.CID{}, nil)
}

// AddsOversell lists what an agreement's document, once it is final, makes oversold, or more oversold than it would be without it.
func (d *Desk) AddsOversell(p *node.Partnership, document block.CID, effects []decision.Effect) ([]company.Oversell, error) {
	more := d.slotsOf(p, effects)
	if len(more) == 0 {
		return nil, nil
	}
	before, err := d.oversold(document, nil)
	if err != nil {
		return nil, err
	}
	after, err := d.oversold(document, more)
	if err != nil {
		return nil, err
	}
	return moreOversold(before.Oversold, after.Oversold), nil
}

// moreOversold is what is oversold after, and was not before, or by less.
func moreOversold(before, after []company.Oversell) []company.Oversell {
	return slices.DeleteFunc(after, func(o company.Oversell) bool {
		return slices.ContainsFunc(before, func(b company.Oversell) bool {
			return b.Line == o.Line && b.Bucket == o.Bucket && b.Cumulative == o.Cumulative && !b.Excess.Less(o.Excess)
		})
	})
}

// OversoldWithGuests is the same, and beside it what would be oversold were what partners without a node say they need promised too.
func (d *Desk) OversoldWithGuests() (OversellView, error) {
	v, err := d.Oversold()
	if err != nil {
		return v, err
	}
	need, err := d.guestsNeed()
	if err != nil {
		return v, err
	}
	all, err := d.oversold(block.CID{}, need)
	v.Guests, v.WithGuests = len(need), moreOversold(v.Oversold, all.Oversold)
	return v, err
}

// slotsOf are the slots that this company would commit.
func (d *Desk) slotsOf(p *node.Partnership, effects []decision.Effect) (out []company.Commitment) {
	for _, e := range effects {
		if e.Kind == decision.SlotCommitted && e.Party == d.node.Company() {
			out = append(out, d.slotCommitment(p, e.Product, e.Region, e.Bucket, e.Quantity))
		}
	}
	return out
}

func (d *Desk) slotCommitment(p *node.Partnership, product, region string, b calendar.Bucket, n quantity.Quantity) company.Commitment {
	if region == artifact.All {
		region = ""
	}
	return company.Commitment{Partner: d.PartnerName(p), Product: product, Region: region, Bucket: b, Quantity: n, Slot: true}
}

// oversold leaves out what a document not yet final would commit, and adds more.
func (d *Desk) oversold(without block.CID, more []company.Commitment) (v OversellView, err error) {
	lines, err := d.companyLines()
	if err != nil {
		return v, err
	}
	rows, err := d.stock()
	if err != nil {
		return v, err
	}
	stock := map[string]quantity.Quantity{}
	for _, s := range rows {
		for _, part := range []quantity.Quantity{s.OnHand, s.InTransit, s.Backlog.Neg()} {
			if stock[s.Product], err = stock[s.Product].Add(part); err != nil {
				return v, err
			}
		}
	}
	commitments := more
	for _, p := range d.customers() {
		given, err := d.commitmentsTo(p, without)
		if err != nil {
			return v, err
		}
		commitments = append(commitments, given...)
	}
	v.Commitments, v.Lines = len(commitments), len(lines)
	v.Oversold, err = company.Oversold(lines, stock, commitments)
	if v.Oversold == nil {
		v.Oversold = []company.Oversell{}
	}
	return v, err
}

// companyLines are the private lines from the period of today on: what is over was kept or not. A line with lines inside it carries their products.
func (d *Desk) companyLines() ([]company.Line, error) {
	rows, err := d.capacityLines()
	if err != nil {
		return nil, err
	}
	today := calendar.DateOf(d.node.Now())
	byName := map[string]capacityRow{}
	for _, row := range rows {
		byName[row.Line] = row
	}
	var out []company.Line
	for _, row := range rows {
		l := company.Line{ID: row.Line, Factors: map[string]quantity.Quantity{}}
		for _, link := range linksOf(row, byName, 0) {
			l.Factors[link.Product] = link.Factor
		}
		for _, c := range row.Periods {
			if c.Bucket.End > today {
				l.Periods = append(l.Periods, company.Period{Bucket: c.Bucket, Maximum: c.Maximum})
			}
		}
		out = append(out, l)
	}
	return out, nil
}

// linksOf are the products a line makes, or the lines inside it do.
func linksOf(row capacityRow, byName map[string]capacityRow, depth int) []capacityLink {
	links := row.Links
	if depth < capacity.MaxNesting {
		for _, name := range row.Nested {
			for _, l := range linksOf(byName[name], byName, depth+1) {
				if !hasLink(links, l.Product) {
					links = append(slices.Clip(links), l)
				}
			}
		}
	}
	return links
}

// commitmentsTo are the cells this company committed in answers in force, the slots of agreements in force, and those of documents one of its officers
// has signed: that is a firm offer.
func (d *Desk) commitmentsTo(p *node.Partnership, without block.CID) (out []company.Commitment, err error) {
	today := calendar.DateOf(d.node.Now())
	err = d.node.View(p.PID, func(r *protocol.Replica) error {
		answered, err := d.answeredTo(p, r)
		if err != nil {
			return err
		}
		effects, err := effectsOn(r, today, 0)
		if err != nil {
			return err
		}
		var agreed []company.Commitment
		for _, s := range agreedSupplies(effects, d.node.Company()) {
			agreed = append(agreed, d.slotCommitment(p, s.Product, s.Region, s.Bucket, s.Quantity))
		}
		reserved, err := d.reservedFor(p, r)
		if err != nil {
			return err
		}
		out = slices.DeleteFunc(slices.Concat(answered, agreed, reserved), func(c company.Commitment) bool { return c.Bucket.End <= today })
		offered, err := d.offeredTo(p, r, without)
		out = append(out, offered...)
		return err
	})
	return out, err
}

// answeredTo are the cells of forecasts of a partner's that this company's answers in force commit to.
func (d *Desk) answeredTo(p *node.Partnership, r *protocol.Replica) (out []company.Commitment, err error) {
	answers, err := r.InForce(capacity.AnswerType, d.node.Company())
	if err != nil {
		return nil, err
	}
	for _, row := range answers {
		answer, err := r.Answer(row.Root)
		if err != nil {
			return nil, err
		}
		asked, err := r.Forecast(answer.Forecast)
		if err != nil {
			return nil, err
		}
		lines := map[string]forecast.Line{}
		for _, l := range asked.Lines {
			lines[l.Key()] = l
		}
		for _, l := range answer.Lines {
			line := lines[l.Line]
			product := line.Item.ID()
			if product == "" {
				continue
			}
			for _, c := range l.Buckets {
				out = append(out, company.Commitment{Partner: d.PartnerName(p), Product: product, Region: line.Location.Region, Bucket: c.Bucket, Quantity: c.Committed})
			}
		}
	}
	return out, nil
}

// reservedFor are the slots of this company's plans in force that a partner holds or has confirmed.
func (d *Desk) reservedFor(p *node.Partnership, r *protocol.Replica) (out []company.Commitment, err error) {
	plans, err := r.InForce(capacity.PlanType, d.node.Company())
	if err != nil {
		return nil, err
	}
	for _, row := range plans {
		plan, err := r.Plan(row.Root)
		if err != nil {
			return nil, err
		}
		views, err := capacity.Slots(plan, nil, nil, d.node.Now())
		if err != nil {
			return nil, err
		}
		for _, v := range views {
			if v.State == capacity.SlotReserved || v.State == capacity.SlotCommitted {
				out = append(out, d.slotCommitment(p, v.Slot.Product, v.Slot.Region, v.Slot.Bucket, v.Slot.Quantity))
			}
		}
	}
	return out, nil
}

// offeredTo are the slots of open documents that one of this company's officers has signed, but for one document.
func (d *Desk) offeredTo(p *node.Partnership, r *protocol.Replica, without block.CID) (out []company.Commitment, err error) {
	rounds, err := r.Rounds()
	if err != nil {
		return nil, err
	}
	for _, round := range rounds {
		signed := slices.ContainsFunc(round.Signatures, func(s decision.Collected) bool { return s.Company == d.node.Company() })
		if round.Verdict != decision.Open || round.Document == without || !signed {
			continue
		}
		doc, err := r.Agreement(round.Document)
		if err != nil {
			return nil, err
		}
		out = append(out, d.slotsOf(p, doc.Effects)...)
	}
	return out, nil
}

// OversoldText says in one line what is oversold first, and how much there is of it.
func OversoldText(found []company.Oversell) string {
	o := found[0]
	when := "in " + o.Bucket.String()
	if o.Cumulative {
		when = "up to the end of " + o.Bucket.String()
	}
	text := fmt.Sprintf("line %s would carry %s %s and can carry %s; it is promised to %s", o.Line, o.Promised, when, o.Maximum, strings.Join(o.Partners, " and "))
	if len(found) > 1 {
		text += fmt.Sprintf(" (and %s more)", node.Count(len(found)-1, "case"))
	}
	return text
}
