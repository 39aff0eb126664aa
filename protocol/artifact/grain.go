package artifact

import (
	"fmt"
	"slices"

	"kontor/protocol/calendar"
)

// Place is how precisely a place is named.
type Place string

// The precisions, from the finest.
const (
	Site    Place = "SITE"    // a GLN or UN/LOCODE where one is given
	Region  Place = "REGION"  // country or subdivision
	Country Place = "COUNTRY" // country alone
)

// Level is how precisely a product is named.
type Level string

// The levels.
const (
	Item   Level = "ITEM"   // the product itself; absent means the same
	Family Level = "FAMILY" // the family its sender counts it to, all products of it together
)

// Step is one step of a grain ladder (practice T3): figures for days at most UntilDays ahead leave no finer than in these buckets and places. What
// is coarser already stays as it is.
type Step struct {
	UntilDays int64          `cbor:"untilDays" json:"untilDays"`
	Time      calendar.Grain `cbor:"time" json:"time"` // DAY, WEEK or MONTH
	Place     Place          `cbor:"place" json:"place"`
	Level     Level          `cbor:"level,omitempty" json:"level,omitempty"` // ITEM or FAMILY
}

// MaxSteps bounds a ladder: as many as a year has months is more than anybody plans by.
const MaxSteps = 12

// DefaultLadder is practice T3: weeks 0 to 8 by product, week and ship-to, weeks 9 to 26 by product, week and region, the rest by family, month and region.
func DefaultLadder() []Step {
	ladder := ItemLadder()
	ladder[len(ladder)-1].Level = Family
	return ladder
}

// ItemLadder is the same for who counts products to no families: the rest by product, month and region.
func ItemLadder() []Step {
	return []Step{{UntilDays: 8 * 7, Time: calendar.Weeks, Place: Site}, {UntilDays: 26 * 7, Time: calendar.Weeks, Place: Region}, {UntilDays: MaxHorizonDays, Time: calendar.Months, Place: Region}}
}

// CheckLadder tells why a ladder is none; "" for a good one. An empty ladder changes nothing.
func CheckLadder(ladder []Step) string {
	if len(ladder) > MaxSteps {
		return fmt.Sprintf("%d steps are more than %d", len(ladder), MaxSteps)
	}
	last := int64(-1)
	for _, s := range ladder {
		if s.UntilDays <= last || s.UntilDays > MaxHorizonDays {
			return fmt.Sprintf("%d days: horizons rise and stay within %d", s.UntilDays, MaxHorizonDays)
		}
		last = s.UntilDays
		if !slices.Contains([]calendar.Grain{calendar.Days, calendar.Weeks, calendar.Months}, s.Time) || !slices.Contains([]Place{Site, Region, Country}, s.Place) {
			return fmt.Sprintf("%q by %q: want DAY, WEEK or MONTH by SITE, REGION or COUNTRY", Clip(string(s.Time)), Clip(string(s.Place)))
		}
		if s.Level != "" && s.Level != Item && s.Level != Family {
			return fmt.Sprintf("%q is no precision of a product: want ITEM or FAMILY", Clip(string(s.Level)))
		}
	}
	return ""
}

// String is the step as people write it: DAYS:WEEK:REGION, and :FAMILY behind it.
func (s Step) String() string {
	text := fmt.Sprintf("%d:%s:%s", s.UntilDays, s.Time, s.Place)
	if s.Level == Family {
		text += ":" + string(Family)
	}
	return text
}

// StepAt is the step for a day, seen from another; the last one where the day lies beyond all. Zero without a ladder.
func StepAt(ladder []Step, from, day calendar.Date) Step {
	ahead := int64(day.Sub(from))
	for _, s := range ladder {
		if ahead <= s.UntilDays {
			return s
		}
	}
	if len(ladder) == 0 {
		return Step{Time: calendar.Days, Place: Site}
	}
	return ladder[len(ladder)-1]
}
