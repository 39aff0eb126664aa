package virtual

import (
	"fmt"

	"kontor/protocol/decision"
	"kontor/protocol/dispute"
)

// Totals are what happened, over one seed or many.
type Totals struct {
	Seeds, Companies, Partnerships         int
	Entries, Refused, RefusedAtHome, Halts int
	Messages, Lost, Repeated, Replays      int
	Steps                                  int // transactions that went on with what one before them left
	Partitions, Crashes, Restores, Jumps   int
	Forks, Resolved, Compared, Refolded    int
	Windows, Credits, Corrections          int // of SLAs, in networks under terms
	RolledOut                              int // agreements of which every step is reported
	Disputes, Ended, Bound                 int // opened; over; ended by an act
	Rounds                                 map[decision.Verdict]int
	Told                                   Told
	Ends                                   map[dispute.Cause]int     // of disputes
	Standing                               map[decision.Standing]int // of agreements, at the end
	Halted                                 map[string]int
}

// Add sums.
func (t *Totals) Add(o Totals) {
	for _, pair := range [][2]*int{{&t.Seeds, &o.Seeds}, {&t.Companies, &o.Companies}, {&t.Partnerships, &o.Partnerships}, {&t.Entries, &o.Entries},
		{&t.Refused, &o.Refused}, {&t.RefusedAtHome, &o.RefusedAtHome}, {&t.Halts, &o.Halts}, {&t.Messages, &o.Messages}, {&t.Lost, &o.Lost},
		{&t.Repeated, &o.Repeated}, {&t.Replays, &o.Replays}, {&t.Steps, &o.Steps}, {&t.Partitions, &o.Partitions}, {&t.Crashes, &o.Crashes}, {&t.Restores, &o.Restores},
		{&t.Jumps, &o.Jumps}, {&t.Forks, &o.Forks}, {&t.Resolved, &o.Resolved}, {&t.Compared, &o.Compared}, {&t.Refolded, &o.Refolded},
		{&t.Windows, &o.Windows}, {&t.Credits, &o.Credits}, {&t.Corrections, &o.Corrections}, {&t.RolledOut, &o.RolledOut}, {&t.Disputes, &o.Disputes}, {&t.Ended, &o.Ended}, {&t.Bound, &o.Bound}} {
		*pair[0] += *pair[1]
	}
	if t.Rounds == nil {
		t.Rounds, t.Halted, t.Told = map[decision.Verdict]int{}, map[string]int{}, Told{}
		t.Ends, t.Standing = map[dispute.Cause]int{}, map[decision.Standing]int{}
	}
	addAll(t.Rounds, o.Rounds)
	addAll(t.Told, o.Told)
	addAll(t.Halted, o.Halted)
	addAll(t.Ends, o.Ends)
	addAll(t.Standing, o.Standing)
}

func addAll[K comparable](to, from map[K]int) {
	for k, n := range from {
		to[k] += n
	}
}

// String is for people: what happened to networks, what their stories came to, what was done.
func (t Totals) String() string {
	return fmt.Sprintf("%d seeds: %d companies, %d partnerships, %d entries (%d refused by the rules, %d not written), %d partitions, %d crashes, %d restores, %d clock jumps, "+
		"%d forks (%d resolved), %d messages (%d lost, %d repeated), %d entries replayed, %d row sets compared, %d folds from nothing\n"+
		"rounds: %v; agreements of stories: %v, of %d every step was done\n"+
		"%d SLA windows, %d credits, %d corrections; %d disputes, %d ended: %v, %d of them by an act\n"+
		"done: %v\nstreams stopped: %v",
		t.Seeds, t.Companies, t.Partnerships, t.Entries, t.Refused, t.RefusedAtHome, t.Partitions, t.Crashes, t.Restores, t.Jumps,
		t.Forks, t.Resolved, t.Messages, t.Lost, t.Repeated, t.Replays, t.Compared, t.Refolded,
		t.Rounds, t.Standing, t.RolledOut, t.Windows, t.Credits, t.Corrections, t.Disputes, t.Ended, t.Ends, t.Bound, t.Told, t.Halted)
}
