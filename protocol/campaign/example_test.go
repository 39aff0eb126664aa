package campaign_test

import (
	"fmt"

	"kontor/protocol/block"
	"kontor/protocol/calendar"
	"kontor/protocol/campaign"
	"kontor/protocol/forecast"
)

func ExampleConflicts() {
	spring := campaign.Event{ID: "spring", Name: "Spring week", Status: campaign.Planned, Kind: campaign.RetailerEvent,
		Period: calendar.MustBucket("2027-W12"), Items: []forecast.Item{{BuyersID: "EFV600-30"}}}
	theirs := campaign.Document{Events: []campaign.Event{spring}}
	ours := campaign.Document{Blackouts: []campaign.Blackout{{ID: "stocktaking", Reason: campaign.ForInventory,
		Period: calendar.MustBucket("2027-01-31"), RRule: "FREQ=MONTHLY;BYDAY=-1FR"}}}
	list, err := campaign.Conflicts(campaign.Input{Calendars: []campaign.Held{
		{Side: "buyer", CID: block.Sum([]byte("theirs")), Document: theirs}, {Side: "seller", CID: block.Sum([]byte("ours")), Document: ours}}})
	if err != nil {
		fmt.Println(err)
	}
	for _, c := range list {
		fmt.Println(c.Event, c.Kind, c.Severity, c.Period)
	}
	// Output: spring BLACKOUT BLOCK 2027-03-26
}
