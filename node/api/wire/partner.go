package wire

import "time"

// pairTime is how long a call may wait for the other side of a pairing.
const pairTime = 3 * time.Minute

// InviteRequest opens an invitation.
type InviteRequest struct {
	As          string   `json:"as" doc:"this company's role: buyer or seller"`
	Products    []string `json:"products,omitempty" doc:"the scopes name only these; none: all"`
	Regions     []string `json:"regions,omitempty"`
	Materiality *Amount  `json:"materiality,omitempty" doc:"M of the lenses; default 10,000 USD"`
	Expires     int64    `json:"expires,omitempty" doc:"ms UTC; default in seven days"`
	Ask         bool     `json:"ask,omitempty" doc:"sign only after someone here confirmed the six words"`
}

// Invitation is what the partner is given.
type Invitation struct {
	Invitation string `json:"invitation" doc:"the token, kontor1..."`
	ID         string `json:"id"`
	Expires    int64  `json:"expires" doc:"ms UTC"`
	As         string `json:"as"`
}

// AcceptRequest takes up an invitation.
type AcceptRequest struct {
	Invitation string `json:"invitation"`
}

// ConfirmRequest answers the question whether the six words are the same.
type ConfirmRequest struct {
	ID   string `json:"id" doc:"of the pairing"`
	Same bool   `json:"same" doc:"false: somebody stands between; the pairing is given up"`
}

// Pairing is how far a pairing has come.
type Pairing struct {
	ID          string   `json:"id"`
	Stage       string   `json:"stage" doc:"open, bound, confirmed, signed, done or withdrawn"`
	Words       []string `json:"words" doc:"six words that both screens show"`
	Company     string   `json:"company" doc:"CompanyID of the partner"`
	Name        string   `json:"name"`
	Fingerprint string   `json:"fingerprint"`
	Role        string   `json:"role" doc:"of this company"`
	Materiality *Amount  `json:"materiality,omitempty"`
	Products    []string `json:"products"`
	Regions     []string `json:"regions"`
	Partnership string   `json:"partnership,omitempty" doc:"once both have signed"`
}

// InvitationInfo is an invitation or pairing under way.
type InvitationInfo struct {
	ID      string   `json:"id"`
	Ours    bool     `json:"ours" doc:"invited by this company"`
	As      string   `json:"as" doc:"this company's role"`
	Stage   string   `json:"stage"`
	Expires int64    `json:"expires"`
	Company string   `json:"company,omitempty" doc:"who took it up, or who invited"`
	Words   []string `json:"words,omitempty"`
	Ask     bool     `json:"ask" doc:"someone here must confirm the words"`
}

// PartnerListing lists partnerships and what is under way.
type PartnerListing struct {
	Partnerships []PartnershipStatus `json:"partnerships"`
	Invitations  []InvitationInfo    `json:"invitations"`
}

// PartnerQuery names a partnership: by its ID, or the partner's name or CompanyID; empty: the only one.
type PartnerQuery struct {
	With string `json:"with,omitempty"`
}

// PartnerDetail is a partnership and its terms.
type PartnerDetail struct {
	PartnershipStatus
	Since       int64       `json:"since" doc:"ms UTC"`
	Materiality Amount      `json:"materiality"`
	Scopes      []ScopeInfo `json:"scopes"`
	Ruleset     int64       `json:"ruleset"`
}

// ScopeInfo says what members of a role may share.
type ScopeInfo struct {
	Role     string   `json:"role"`
	Kinds    []string `json:"kinds"`
	Products []string `json:"products"`
	Regions  []string `json:"regions"`
	Purpose  string   `json:"purpose"`
}

// PartnerActRequest suspends or ends a partnership.
type PartnerActRequest struct {
	With   string `json:"with,omitempty"`
	Reason string `json:"reason,omitempty"`
	Lift   bool   `json:"lift,omitempty" doc:"takes this company's suspension back"`
}

// EntryReceipt is what a command wrote.
type EntryReceipt struct {
	Partnership string `json:"partnership"`
	Entry       string `json:"entry" doc:"CID of the entry"`
	Body        string `json:"cid,omitempty" doc:"CID of what it carries"`
	Seq         int64  `json:"seq"`
	T           int64  `json:"t" doc:"claimed time, ms UTC"`
}
