package measure

// Alerts counts how many exceptions somebody acted on: ALERTS_ACTED_ON. It measures the exceptions, not the people: where few of a kind are acted on, most of
// them are noise, and its threshold is too low.
type Alerts struct {
	n, acted int
	ex       excluded
}

// Add takes one exception: acted on is what a desk closed, officers took up in a topic, or somebody removed by what only an act removes (an answer, a report, a
// payment); over is what went by itself or ended with its default outcome. One that is neither is left out as pending.
func (a *Alerts) Add(acted, over bool) {
	switch {
	case acted:
		a.n++
		a.acted++
	case over:
		a.n++
	default:
		a.ex.add(Pending, 1)
	}
}

// Result is the share that was acted on; without one that is over it is not measured, and the exclusions say how many are still open.
func (a *Alerts) Result() Result {
	return share(define(AlertsActedOn, nil), whole(a.acted), whole(a.n), a.n, a.ex)
}
