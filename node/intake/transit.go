package intake

import (
	"fmt"
	"strconv"
)

// MaxTransit bounds the days that goods travel: four months, longer than the slowest sea freight.
const MaxTransit = 120

// ParseTransit reads how many days goods travel; nil for "", which says nothing.
func ParseTransit(text string) (*int, error) {
	if text == "" {
		return nil, nil
	}
	days, err := strconv.Atoi(text)
	if err != nil || days < 0 || days > MaxTransit {
		return nil, fmt.Errorf("%q is no number of days from 0 to %d", text, MaxTransit)
	}
	return &days, nil
}
