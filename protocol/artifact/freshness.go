package artifact

import "kontor/protocol/calendar"

// Freshness is one step of the ladder: figures for days at most HorizonDays ahead are stale once the artifact is
// older than MaxAgeDays.
type Freshness struct {
	HorizonDays int64 `cbor:"horizonDays" json:"horizonDays"`
	MaxAgeDays  int64 `cbor:"maxAgeDays" json:"maxAgeDays"`
}

// MaxHorizonDays bounds horizons and ages: thirty years.
const MaxHorizonDays = 11_000

// DefaultFreshness is practice T21: weeks 1-4 stale after 8 days, weeks 5-26 after 35, the rest after 100.
func DefaultFreshness() []Freshness {
	return []Freshness{{4 * 7, 8}, {26 * 7, 35}, {MaxHorizonDays, 100}}
}

const millisPerDay = 24 * 60 * 60 * 1000

// StaleAt reports whether the header's figures for the given day are stale at an instant (ms UTC): the claimed
// time of the entry that uses them, or the clause's cut-off where money is concerned; never "now" in the fold.
// The age counts from the issue; a reaffirmed artifact passes the time of the reaffirmation instead of Issued.
func (h Header) StaleAt(day calendar.Date, at int64) bool {
	ladder := h.Freshness
	if len(ladder) == 0 {
		ladder = DefaultFreshness()
	}
	ahead := int64(day.Sub(calendar.DateOf(at)))
	for _, step := range ladder {
		if ahead <= step.HorizonDays {
			return at-h.Issued > step.MaxAgeDays*millisPerDay
		}
	}
	return true // beyond the ladder the author vouches for nothing
}
