// Package cadence is the meetings that two companies agreed on in their terms: the monthly cycle of sales and operations planning, and the
// weekly launch syncs from eight weeks before a launch to eight after it.
//
// [Cycle] gives a meeting's steps with owners, inputs, gates and what happens by itself; [Agenda] what is to be talked about, at most ten
// items; [Launching] tells which weeks a launch sync is held in. All are pure functions of what both sides signed and of a date, so both
// nodes show the same; [Digest] lets two people compare an agenda by telephone.
package cadence

import (
	"kontor/protocol/calendar"
)

// The cadences whose meaning is known, by their IDs in the terms. Any other is a meeting with an agenda and one step.
const (
	Planning = "sop"    // sales and operations planning
	Launch   = "launch" // weekly syncs while something is launched
)

// LaunchWeeks is how many weeks before and after a launch the launch sync is held.
const LaunchWeeks = 8

// Side says who has to bring a step's inputs.
type Side string

// The sides.
const (
	Buyer  Side = "buyer"
	Seller Side = "seller"
	Both   Side = "both"
)

// Input is what a step needs from the side that owns it.
type Input string

// The inputs: the kinds of artifacts that both nodes hold.
const (
	Reports  Input = "performance reports of the month before"
	Forecast Input = "the shared forecast"
	Capacity Input = "the capacity plan"
	Answer   Input = "the answer to the forecast in force"
	Match    Input = "the match"
	Launches Input = "launches with their gates"
)

// Step is one stage of a meeting's cycle.
type Step struct {
	ID      string        `json:"id"`
	Name    string        `json:"name"`
	Day     calendar.Date `json:"day"`
	Side    Side          `json:"side"`
	Owner   string        `json:"owner"` // role
	Inputs  []Input       `json:"inputs"`
	Gate    string        `json:"gate"`    // what must be there
	Default string        `json:"default"` // what happens by itself where it is not
}

// stage is a step with its distance from the meeting.
type stage struct {
	Step
	ahead int // working days before the meeting
}

// planning is the cycle of sales and operations planning: five steps, of which the last is the meeting of the officers. The order is the
// usual one of the field (data, demand, supply, pre-meeting, executive meeting); the distances leave a month of 20 working days room.
var planning = []stage{
	{Step{ID: "ACTUALS", Name: "actuals frozen", Side: Both, Owner: "COO", Inputs: []Input{Reports},
		Gate: "both sides have reported the month before", Default: "what is reported stands; what is not counts as missing"}, 12},
	{Step{ID: "DEMAND", Name: "demand review", Side: Buyer, Owner: "CMO", Inputs: []Input{Forecast},
		Gate: "a forecast issued since the freeze", Default: "the forecast in force stands"}, 9},
	{Step{ID: "SUPPLY", Name: "supply answer", Side: Seller, Owner: "COO", Inputs: []Input{Capacity, Answer},
		Gate: "a plan and an answer to the forecast in force", Default: "silence means what the terms say"}, 5},
	{Step{ID: "PRE", Name: "pre-meeting", Side: Both, Owner: "COO", Inputs: []Input{Match},
		Gate: "every item of the agenda is closed, or in a topic", Default: "what is open goes to the officers"}, 2},
	{Step{ID: "EXECUTIVE", Name: "executive meeting", Side: Both, Owner: "COO", Inputs: []Input{Match},
		Gate: "every topic is decided, or has a deadline", Default: "each topic ends with its deadline as its option 0 says"}, 0},
}

var launchSync = []stage{
	{Step{ID: "SYNC", Name: "launch sync", Side: Both, Owner: "CMO", Inputs: []Input{Launches},
		Gate: "every gate due is passed", Default: "a launch whose gates are not passed does not start"}, 0},
}

var plain = []stage{
	{Step{ID: "MEETING", Name: "meeting", Side: Both, Owner: "COO", Inputs: []Input{Match}, Gate: "every item is closed, or in a topic",
		Default: "what is open keeps its deadline and its default outcome"}, 0},
}

// Cycle is the steps of the meeting of a cadence on a day, by day. Days before the meeting are working days of the contract's calendar.
func Cycle(id string, meeting calendar.Date, days calendar.Workdays) []Step {
	stages := plain
	switch id {
	case Planning:
		stages = planning
	case Launch:
		stages = launchSync
	}
	out := make([]Step, len(stages))
	for i, s := range stages {
		out[i] = s.Step
		out[i].Day = meeting
		if s.ahead > 0 {
			out[i].Day = days.Add(meeting, -s.ahead)
		}
	}
	return out
}

// Launching tells whether a launch sync is held on a day: some launch lies at most [LaunchWeeks] weeks ahead of it or behind it.
func Launching(day calendar.Date, launches []calendar.Date) bool {
	for _, l := range launches {
		if d := day.Sub(l); d >= -7*LaunchWeeks && d <= 7*LaunchWeeks {
			return true
		}
	}
	return false
}
