package wire

import "kontor/protocol/quantity"

// Waits lists what waits for the caller's role.
var Waits = Get[WaitingQuery, WaitingListing]("/v1/waiting", View,
	"Lists what waits for this company, by role: worth what, until when, and what happens if nothing is done.")

// WaitingQuery asks what waits.
type WaitingQuery struct {
	With string `json:"with,omitempty" doc:"only what concerns this partner"`
}

// WaitingListing is what waits, most urgent first.
type WaitingListing struct {
	Waiting []Waiting `json:"waiting"`
	Notes   []string  `json:"notes" doc:"partnerships that could not be looked at, and why"`
}

// Waiting is one thing that waits for this company.
type Waiting struct {
	What    string          `json:"what" doc:"exception, answer, topic, request, milestone or notice"`
	ID      string          `json:"id,omitempty"`
	Partner string          `json:"partner"`
	Role    string          `json:"role" doc:"who sees to it: PLANNER, ACCOUNT, QUALITY, or an officer"`
	Text    string          `json:"text"`
	Value   *quantity.Money `json:"value,omitempty"`
	Until   int64           `json:"until,omitempty" doc:"ms UTC"`
	Else    string          `json:"else,omitempty" doc:"what happens if nothing is done"`
	Next    string          `json:"next" doc:"the command to begin with"`
}
