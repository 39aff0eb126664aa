package outlet

import (
	"encoding/json"
	"fmt"
	"regexp"
	"time"

	"kontor/node/intake"
	"kontor/node/intake/catenax"
	"kontor/protocol/calendar"
	"kontor/protocol/capacity"
	"kontor/protocol/forecast"
)

var (
	legalEntity = regexp.MustCompile(`^BPNL[a-zA-Z0-9]{12}$`)
	siteNumber  = regexp.MustCompile(`^BPNS[a-zA-Z0-9]{12}$`)
	uuidForm    = regexp.MustCompile(`^(urn:uuid:)?[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$`)
)

// partners checks the two business partner numbers every payload names.
func (o Options) partners() error {
	for name, id := range map[string]string{"sender": o.Sender, "receiver": o.Receiver} {
		if !legalEntity.MatchString(id) {
			return fmt.Errorf("the %s %q is no business partner number; want BPNL and twelve letters or digits", name, id)
		}
	}
	return nil
}

func (o Options) site(key string) (string, error) {
	code, ok := o.place(key)
	if !ok || !siteNumber.MatchString(code) {
		if key == "" {
			return "", fmt.Errorf("a line that names no place has no site number; want the one for such lines in the table of places, as *=BPNS and twelve letters or digits")
		}
		return "", fmt.Errorf("the place %q has no site number; want it in the table of places, as PLACE=BPNS and twelve letters or digits", key)
	}
	return code, nil
}

func monday(b calendar.Bucket) (string, error) {
	if b.Days() != 7 || b.Start.StartOfWeek(time.Monday) != b.Start {
		return "", fmt.Errorf("the period %s is no week from Monday, and Catena-X has no others; nothing is divided by guess", b)
	}
	return b.Start.String(), nil
}

func stamp(ms int64) string { return time.UnixMilli(ms).UTC().Format("2006-01-02T15:04:05.000Z") }

// materialDemand writes a WeekBasedMaterialDemand for each item: one payload, or an
// array of several.
func materialDemand(d forecast.Document, o Options, n *notes) ([]byte, error) {
	if err := o.partners(); err != nil {
		return nil, err
	}
	uncarried(d, n, "Catena-X")
	type demand struct {
		Demand json.Number `json:"demand"`
		Point  string      `json:"pointInTime"`
	}
	type series struct {
		Location string            `json:"customerLocation"`
		Category map[string]string `json:"demandCategory"`
		Demands  []demand          `json:"demands"`
	}
	type payload struct {
		ID          string   `json:"materialDemandId"`
		Customers   string   `json:"materialNumberCustomer"`
		Suppliers   string   `json:"materialNumberSupplier,omitempty"`
		Description string   `json:"materialDescriptionCustomer"`
		Unit        string   `json:"unitOfMeasure"`
		Omitted     bool     `json:"unitOfMeasureIsOmitted"`
		Customer    string   `json:"customer"`
		Supplier    string   `json:"supplier"`
		Changed     string   `json:"changedAt"`
		Inactive    bool     `json:"materialDemandIsInactive"`
		Series      []series `json:"demandSeries"`
	}
	var all []*payload
	byItem := map[forecast.Item]*payload{}
	units := catenax.Units()
	for _, l := range d.Lines {
		unit, ok := units[l.Unit]
		if !ok {
			return nil, fmt.Errorf("the unit %q has no code in Catena-X; convert the lines of %q first", l.Unit, l.Item.ID())
		}
		if l.Item.GTIN != "" {
			n.add("Catena-X has no GTIN: it was left out")
		}
		if l.DateBasis != forecast.ByNeed {
			n.add("Catena-X does not say which date a week means: %s was left out", l.DateBasis)
		}
		p := byItem[l.Item]
		if p == nil {
			p = &payload{ID: uuid(d.Header.Series.String(), l.Item.ID()), Customers: l.Item.BuyersID, Suppliers: l.Item.SellersID, Description: l.Item.Description, Unit: unit,
				Customer: o.Sender, Supplier: o.Receiver, Changed: stamp(d.Header.Issued)}
			if p.Customers == "" {
				return nil, fmt.Errorf("the item %q has no number of the customer's, which Catena-X wants", l.Item.ID())
			}
			byItem[l.Item] = p
			all = append(all, p)
		}
		if p.Unit != unit {
			return nil, fmt.Errorf("the item %q has lines in two units, and Catena-X wants one", l.Item.ID())
		}
		site, err := o.site(l.Location.Key())
		if err != nil {
			return nil, err
		}
		s := series{Location: site, Category: map[string]string{"demandCategoryCode": string(l.Category)}, Demands: []demand{}}
		for _, c := range l.Buckets {
			day, err := monday(c.Bucket)
			if err != nil {
				return nil, err
			}
			s.Demands = append(s.Demands, demand{json.Number(c.Mean.String()), day})
		}
		p.Series = append(p.Series, s)
	}
	return oneOrAll(all)
}

func oneOrAll[T any](all []T) ([]byte, error) {
	if len(all) == 1 {
		return json.MarshalIndent(all[0], "", " ")
	}
	return json.MarshalIndent(all, "", " ")
}

// capacityGroup is a WeekBasedCapacityGroup as JSON has it.
type capacityGroup struct {
	ID         string          `json:"capacityGroupId"`
	Name       string          `json:"name"`
	Customer   string          `json:"customer"`
	Supplier   string          `json:"supplier"`
	Changed    string          `json:"changedAt"`
	Unit       string          `json:"unitOfMeasure"`
	Omitted    bool            `json:"unitOfMeasureIsOmitted"`
	Inactive   bool            `json:"capacityGroupIsInactive"`
	Links      []linkedDemand  `json:"linkedDemandSeries,omitempty"`
	Groups     []string        `json:"linkedCapacityGroups,omitempty"`
	Capacities []capacityPoint `json:"capacities,omitempty"`
	Volatility *volatility     `json:"demandVolatilityParameters,omitempty"`
}

type linkedDemand struct {
	Customers string            `json:"materialNumberCustomer"`
	Location  string            `json:"customerLocation"`
	Category  map[string]string `json:"demandCategory"`
	Factor    json.Number       `json:"loadFactor,omitempty"`
}

type capacityPoint struct {
	Point   string      `json:"pointInTime"`
	Actual  json.Number `json:"actualCapacity"`
	Maximum json.Number `json:"maximumCapacity"`
	Agreed  json.Number `json:"agreedCapacity,omitempty"`
	Delta   json.Number `json:"deltaProductionResult,omitempty"`
}

// capacityGroups writes a WeekBasedCapacityGroup for each group.
func capacityGroups(p capacity.Plan, o Options, n *notes) ([]byte, error) {
	if err := o.partners(); err != nil {
		return nil, err
	}
	if len(p.Positions) > 0 {
		n.add("a capacity group holds no stock: %d positions were left out", len(p.Positions))
	}
	series := p.Header.Series.String()
	units := catenax.Units()
	var all []capacityGroup
	for _, g := range p.Groups {
		unit, ok := units[g.Unit]
		if !ok {
			return nil, fmt.Errorf("the unit %q of the group %q has no code in Catena-X", g.Unit, g.ID)
		}
		out := capacityGroup{ID: groupUUID(series, g.ID), Name: g.Name, Customer: o.Receiver, Supplier: o.Sender, Changed: stamp(p.Header.Issued), Unit: unit, Inactive: g.Inactive, Volatility: thresholds(g.Volatility)}
		for _, inside := range g.Nested {
			out.Groups = append(out.Groups, groupUUID(series, inside))
		}
		if out.ID != g.ID {
			n.add("Catena-X wants a UUID for a group: %q became %s", g.ID, out.ID)
		}
		if out.Name == "" {
			out.Name = g.ID
		}
		if len(g.Slots) > 0 || !g.MinLot.IsZero() || !g.Multiple.IsZero() || g.LeadDays > 0 || len(g.Shutdowns) > 0 {
			n.add("a capacity group of Catena-X has no slots, lots, lead times and shutdowns")
		}
		var err error
		if out.Links, err = linkedDemands(g.Links, o, n); err != nil {
			return nil, err
		}
		if out.Capacities, err = capacityPoints(g.Capacities, n); err != nil {
			return nil, err
		}
		all = append(all, out)
	}
	return oneOrAll(all)
}

// groupUUID is the identifier of a group of a series of plans: its name where that is one, else one derived from both.
func groupUUID(series, group string) string {
	if uuidForm.MatchString(group) {
		return group
	}
	return uuid(series, group)
}

func linkedDemands(links []capacity.Link, o Options, n *notes) (out []linkedDemand, err error) {
	for _, l := range links {
		site, err := o.site(l.Region)
		if err != nil {
			return nil, err
		}
		category := l.Category
		if category == "" {
			category = forecast.Default
			n.add("Catena-X wants a demand category of every link: one for every category became 0001")
		}
		if l.Share > 0 {
			n.add("Catena-X has no agreed share of a group's capacity")
		}
		k := linkedDemand{Customers: l.Product, Location: site, Category: map[string]string{"demandCategoryCode": string(category)}}
		if !l.Factor.IsZero() {
			k.Factor = json.Number(l.Factor.String())
		}
		out = append(out, k)
	}
	return out, nil
}

func capacityPoints(cells []capacity.Capacity, n *notes) (out []capacityPoint, err error) {
	for _, c := range cells {
		day, err := monday(c.Bucket)
		if err != nil {
			return nil, err
		}
		if len(c.Quantiles) > 0 {
			n.add("Catena-X has no quantiles of capacity")
		}
		p := capacityPoint{Point: day, Actual: json.Number(c.Actual.String()), Maximum: json.Number(c.Maximum.String())}
		if c.Agreed != nil {
			p.Agreed = json.Number(c.Agreed.String())
		}
		if c.Delta != nil {
			p.Delta = json.Number(c.Delta.String())
		}
		out = append(out, p)
	}
	return out, nil
}

// Notice writes a DemandAndCapacityNotification.
func Notice(in intake.Notice) ([]byte, error) {
	type material struct {
		Customers string `json:"materialNumberCustomer,omitempty"`
		Suppliers string `json:"materialNumberSupplier,omitempty"`
	}
	out := struct {
		ID        string     `json:"notificationId"`
		Source    string     `json:"sourceDisruptionId"`
		Related   []string   `json:"relatedNotificationIds,omitempty"`
		Text      string     `json:"text,omitempty"`
		Effect    string     `json:"effect"`
		Cause     string     `json:"leadingRootCause"`
		Status    string     `json:"status"`
		Start     string     `json:"startDateOfEffect"`
		End       string     `json:"expectedEndDateOfEffect,omitempty"`
		Changed   string     `json:"contentChangedAt"`
		Measure   string     `json:"resolvingMeasureDescription,omitempty"`
		Sender    []string   `json:"affectedSitesSender,omitempty"`
		Recipient []string   `json:"affectedSitesRecipient,omitempty"`
		Materials []material `json:"materialsAffected,omitempty"`
	}{ID: in.ID, Source: in.Source, Related: in.Related, Text: in.Text, Effect: in.Effect, Cause: in.Cause, Status: in.Status, Start: stamp(in.Start), Changed: stamp(in.Changed), Measure: in.Measure, Sender: in.Sender, Recipient: in.Receiver}
	if in.End > 0 {
		out.End = stamp(in.End)
	}
	for _, id := range []string{in.ID, in.Source} {
		if !uuidForm.MatchString(id) {
			return nil, fmt.Errorf("%q is no identifier of a notification; want a UUID", id)
		}
	}
	for _, p := range in.Products {
		out.Materials = append(out.Materials, material{p.BuyersID, p.SellersID})
	}
	return json.MarshalIndent(out, "", " ")
}
