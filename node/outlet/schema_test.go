package outlet

import (
	"bytes"
	"encoding/json"
	"reflect"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"kontor/node/intake"
	"kontor/node/intake/door"
	"kontor/protocol/artifact"
	"kontor/protocol/calendar"
	"kontor/protocol/capacity"
	"kontor/protocol/forecast"
	"kontor/protocol/quantity"
	"kontor/testnet/data/external"
)

// published is a file of the Catena-X models beside the repository.
func published(t *testing.T, name string) []byte {
	t.Helper()
	return external.Read(t, "documents", "catena-x", "io.catenax."+name)
}

// valid checks a payload against its published schema, and that the check can fail: each member of the payload is made a thing
// that none of them is, one at a time, and every one is refused.
func valid(t *testing.T, name string, data []byte) {
	t.Helper()
	if err := against(t, name, data); err != nil {
		t.Errorf("%s: %v\n%s", name, err, data)
	}
	var payload map[string]json.RawMessage
	if err := json.Unmarshal(data, &payload); err != nil {
		return // a list: its entries are looked at by themselves
	}
	refused := 0
	for member, value := range payload {
		payload[member] = json.RawMessage(`{"no":["such","thing"]}`)
		spoilt, err := json.Marshal(payload)
		if err != nil {
			t.Fatal(err)
		}
		if against(t, name, spoilt) != nil {
			refused++
		}
		payload[member] = value
	}
	if refused < len(payload) {
		t.Errorf("%s: of %d members that were spoilt, one at a time, the check refused %d", name, len(payload), refused)
	}
}

// against is what the published schema says of a payload.
func against(t *testing.T, name string, data []byte) error {
	t.Helper()
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(published(t, name+"-schema.json")))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	c.DefaultDraft(jsonschema.Draft4)
	if m, ok := doc.(map[string]any); ok {
		m["$schema"] = "http://json-schema.org/draft-04/schema#" // the files leave the fragment out
	}
	if err := c.AddResource("schema.json", doc); err != nil {
		t.Fatal(err)
	}
	schema, err := c.Compile("schema.json")
	if err != nil {
		t.Fatal(err)
	}
	instance, err := jsonschema.UnmarshalJSON(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	return schema.Validate(instance)
}

// TestSchemas: what is written for Catena-X keeps the published schemas, and they
// would notice if it did not.
func TestSchemas(t *testing.T) {
	o := Options{Sender: "BPNL8888888888XX", Receiver: "BPNL6666666666YY", Places: sites}
	d := forecast.Document{Header: artifact.Header{Issued: 1_767_571_200_000}, Lines: []forecast.Line{intake.Planned(forecast.Item{BuyersID: "M-1", SellersID: "S-1", Description: "Plug"}, forecast.Location{Region: "DE"}, quantity.Piece, forecast.ByNeed)}}
	d.Lines[0].Buckets = []forecast.Cell{{Bucket: calendar.MustBucket("2026-W02"), Mean: quantity.MustParse("12.5")}}
	data, _, err := Forecast(d, CatenaX, o)
	if err != nil {
		t.Fatal(err)
	}
	valid(t, "week_based_material_demand/3.0.1/gen/WeekBasedMaterialDemand", data)

	agreed, delta := quantity.Of(1800), quantity.Of(-400)
	p := capacity.Plan{Header: artifact.Header{Issued: 1_767_571_200_000}, Groups: []capacity.Group{{ID: "0157ba42-d2a8-4e28-8565-7b07830c1110", Name: "Line 1", Unit: quantity.Hour,
		Links:      []capacity.Link{{Product: "M-1", Region: "DE", Category: forecast.Default, Factor: quantity.MustParse("3.5")}},
		Capacities: []capacity.Capacity{{Bucket: calendar.MustBucket("2026-W02"), Actual: quantity.Of(1000), Maximum: quantity.Of(2000), Agreed: &agreed, Delta: &delta}}}}}
	fifth, most := int64(200_000), quantity.Of(100)
	p.Groups[0].Volatility = &capacity.Volatility{Start: calendar.MustDate("2026-01-10"), Interval: 4, Horizons: []capacity.Subhorizon{{Weeks: 4, RelativeUp: &fifth, AbsoluteDown: &most}, {Weeks: 100}}}
	p.Groups = append(p.Groups, capacity.Group{ID: "be4d8470-2de6-43d2-b5f8-2e5d3eebf3fd", Name: "Hall", Unit: quantity.Hour, Nested: []string{p.Groups[0].ID},
		Capacities: []capacity.Capacity{{Bucket: calendar.MustBucket("2026-W02"), Actual: quantity.Of(900), Maximum: quantity.Of(1000)}}})
	for i := range p.Groups {
		one := p
		one.Groups = p.Groups[i : i+1]
		data, left, err := Plan(one, CatenaX, o)
		if err != nil || len(left) > 0 {
			t.Fatal(err, left)
		}
		valid(t, "week_based_capacity_group/3.0.1/gen/WeekBasedCapacityGroup", data)
	}
	if data, _, err = Plan(p, CatenaX, o); err != nil {
		t.Fatal(err)
	}
	draft, report := door.Read(data, door.Options{Options: intake.Options{Places: sitesIn()}})
	if draft == nil || !reflect.DeepEqual(draft.Groups, p.Groups) {
		t.Errorf("%+v\nbecame\n%+v (%v)", p.Groups, draft, report.Complaints)
	}

	draft, _ = door.Read(published(t, "demand_and_capacity_notification/3.0.0/gen/DemandAndCapacityNotification.json"), door.Options{})
	if data, err = Notice(draft.Notices[0]); err != nil {
		t.Fatal(err)
	}
	valid(t, "demand_and_capacity_notification/3.0.0/gen/DemandAndCapacityNotification", data)
	again, _ := door.Read(data, door.Options{})
	if again == nil || !reflect.DeepEqual(again.Notices, draft.Notices) {
		t.Errorf("the notice changed on its way: %s", data)
	}
}
