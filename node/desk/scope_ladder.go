package desk

import (
	"fmt"
	"strconv"
	"strings"

	"kontor/node"
	"kontor/protocol"
	"kontor/protocol/artifact"
	"kontor/protocol/calendar"
	"kontor/protocol/capacity"
	"kontor/protocol/performance"
)

// ladderOf reads the grain of a kind. The ladder of practice T3 is a forecast's; a capacity plan takes its periods, and a performance report its first step.
func ladderOf(kind string, texts []string) (ladder []artifact.Step, err error) {
	named := len(texts) == 1 && (texts[0] == "default" || texts[0] == "items")
	if ladder, err = parseLadder(texts); err != nil || len(ladder) == 0 {
		return ladder, err
	}
	why := ""
	switch kind {
	case protocol.KindForecast:
	case protocol.KindCapacity:
		if named {
			ladder = artifact.ItemLadder()
		}
		why = capacity.CheckLadder(ladder)
	case protocol.KindPerformance:
		if named {
			ladder = artifact.ItemLadder()[:1]
		}
		why = performance.CheckLadder(ladder)
	default:
		why = fmt.Sprintf("a grain is kept for forecasts, capacity plans and performance reports; a %s has no series of figures, and leaves as it is", kind)
	}
	if why != "" {
		return nil, node.Failf("BAD_GRAIN", "%s", why)
	}
	return ladder, nil
}

// parseLadder reads steps of a grain ladder.
func parseLadder(texts []string) (ladder []artifact.Step, err error) {
	if len(texts) == 1 && texts[0] == "default" {
		return artifact.DefaultLadder(), nil
	}
	if len(texts) == 1 && texts[0] == "items" {
		return artifact.ItemLadder(), nil
	}
	for _, text := range texts {
		parts := strings.Split(text, ":")
		days, err := int64(0), error(nil)
		level := artifact.Level("")
		if len(parts) == 4 {
			level, parts = artifact.Level(parts[3]), parts[:3]
		}
		if len(parts) == 3 {
			days, err = strconv.ParseInt(parts[0], 10, 64)
		}
		if len(parts) != 3 || err != nil {
			return nil, node.Failf("BAD_GRAIN", "step %q is no DAYS:GRAIN:PLACE or DAYS:GRAIN:PLACE:FAMILY; right would be 56:WEEK:SITE, default or items", text)
		}
		ladder = append(ladder, artifact.Step{UntilDays: days, Time: calendar.Grain(parts[1]), Place: artifact.Place(parts[2]), Level: level})
	}
	if why := artifact.CheckLadder(ladder); why != "" {
		return nil, node.Failf("BAD_GRAIN", "%s", why)
	}
	return ladder, nil
}
