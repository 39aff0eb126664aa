package desk

import (
	"slices"
	"strings"

	"kontor/node"
	"kontor/protocol/campaign"
)

// campaignCode reads a code of an event in any case; one that is on no list is refused with the list, before it stands in a draft. Empty stays empty.
func campaignCode[C ~string](what, text string, list []C) (C, error) {
	c := C(strings.ToUpper(text))
	if c == "" || slices.Contains(list, c) {
		return c, nil
	}
	var all []string
	for _, l := range list {
		all = append(all, string(l))
	}
	return "", node.Failf("BAD_EVENT_CODE", "%s %q is not on the list: want %s", what, text, strings.Join(all, ", "))
}

// codes sets what stands as a code.
func (in CampaignPlan) codes(e *campaign.Event) error {
	kind, err := campaignCode("type", in.Type, campaign.EventTypes())
	if err != nil {
		return err
	}
	status, err := campaignCode("state", in.Status, campaign.Statuses())
	if err != nil {
		return err
	}
	display, err := campaignCode("display", in.Display, campaign.DisplayTactics())
	if err != nil {
		return err
	}
	channel, err := campaignCode("channel", in.Channel, campaign.Channels())
	if err != nil {
		return err
	}
	if kind != "" {
		e.Kind = kind
	}
	if status != "" {
		e.Status = status
	}
	for _, t := range []campaign.Tactic{{Display: display}, {Channel: channel}} {
		if t != (campaign.Tactic{}) && !slices.Contains(e.Tactics, t) {
			e.Tactics = append(e.Tactics, t)
		}
	}
	return nil
}
