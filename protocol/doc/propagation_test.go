package doc

import (
	"fmt"
	"testing"

	"kontor/protocol/block"
	"kontor/protocol/forecast"
	"kontor/protocol/quantity"
	"kontor/protocol/tier"
	"kontor/testnet/virtual"
)

// event is an event ID of the example: sixteen equal bytes.
func event(b byte) (id tier.EventID) {
	for i := range id {
		id[i] = b
	}
	return id
}

func TestPropagation(t *testing.T) {
	const start = virtual.Start
	cells := func(n int64) tier.Cells { return tier.Cells{"KGM|API|2027-01|mean": quantity.Of(n)} }
	minted := map[tier.EventID]bool{}
	var intake tier.Intake
	var edge tier.Edge
	var lines []string
	say := func(at int64, format string, args ...any) {
		lines = append(lines, fmt.Sprintf("%3d min  ", (at-start)/tier.Minute)+fmt.Sprintf(format, args...))
	}
	arrive := func(at int64, version string, hops int64, events ...tier.EventID) {
		a := tier.Arrival{Source: "agency/main", Version: version, Events: events, Hops: hops, At: at}
		next, in, verdict := intake.Arrive(a, func(id tier.EventID) bool { return minted[id] })
		intake = next
		if verdict == tier.Passes {
			edge = edge.Arrive(in, a)
		}
		say(at, "arrives %s, hops %d, %d events: %s", version, hops, len(events), verdict)
	}
	decide := func(at int64, figures tier.Cells, fresh tier.EventID) {
		next, d := edge.Decide(at, figures, fresh)
		edge = next
		switch d.Action {
		case tier.Emit:
			minted[fresh] = true
			say(at, "EMIT, hops %d, %d events, the fresh one %s", d.Emission.Hops, len(d.Emission.Events), fresh)
		case tier.Wait:
			say(at, "WAIT until %d min", (d.Until-start)/tier.Minute)
		default:
			say(at, "%s", d.Action)
		}
	}
	at := int64(start)
	arrive(at, "v1", 0)
	decide(at, cells(1000), event(0xa1))
	at += 2 * tier.Minute
	arrive(at, "v2", 0)
	decide(at, cells(1040), event(0xa2))
	at += 13 * tier.Minute
	decide(at, cells(1040), event(0xa2))
	at += tier.Minute
	arrive(at, "v3", 1, event(0xe1))
	decide(at, cells(1200), event(0xa2))
	at += tier.Minute
	arrive(at, "v4", 2, event(0xa1), event(0xe2))

	last := *edge.Last
	carried := forecast.Emission{Hops: last.Hops}
	for _, id := range last.Events {
		carried.Events = append(carried.Events, id[:])
	}
	data, err := block.Marshal(carried)
	if err != nil {
		t.Fatal(err)
	}
	page(t, "propagation.md", map[string]string{
		"log":      fence(lines...),
		"emission": bytesAndView(t, "What the head of the emitted forecast says in its field `emission`", data),
	})
}
