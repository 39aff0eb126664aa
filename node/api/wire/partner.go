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
	Notice      int64    `json:"notice,omitempty" doc:"days after one side's end on which the partnership is over; default: both sides end it"`
	Arbiter     string   `json:"arbiter,omitempty" doc:"CompanyID of who rules on disputes; no party"`
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
	Notice      int64    `json:"notice,omitempty" doc:"days; none: both sides end the partnership"`
	Arbiter     string   `json:"arbiter,omitempty" doc:"CompanyID of who rules on disputes; no party"`
	Partnership string   `json:"partnership,omitempty" doc:"once both have signed"`
	Signed      bool     `json:"signed,omitempty" doc:"this company's signature has left"`
	Ends        int64    `json:"ends" doc:"when it ends by itself unless both have signed, ms UTC"`
}

// InvitationInfo is an invitation or pairing under way.
type InvitationInfo struct {
	ID      string   `json:"id"`
	Ours    bool     `json:"ours" doc:"invited by this company"`
	As      string   `json:"as" doc:"this company's role"`
	Stage   string   `json:"stage" doc:"open, bound, confirmed, signed or expired"`
	Since   int64    `json:"since,omitempty" doc:"when it came to its stage, ms UTC"`
	Expires int64    `json:"expires" doc:"until when both may confirm, ms UTC"`
	Ends    int64    `json:"ends" doc:"when it ends by itself, ms UTC: once expired, or a week later where this company has signed and the partner may have in time"`
	Name    string   `json:"name,omitempty" doc:"of the other company, where its identity is held"`
	Company string   `json:"company,omitempty" doc:"who took it up, or who invited"`
	Words   []string `json:"words,omitempty"`
	Ask     bool     `json:"ask" doc:"someone here must confirm the words"`
}

// CircleRequest founds a circle of three and more.
type CircleRequest struct {
	As          string       `json:"as" doc:"this company's role: buyer, seller or observer"`
	Members     []CircleSeat `json:"members" doc:"the others"`
	Witness     string       `json:"witness,omitempty" doc:"name or CompanyID of a member that writes; this company's own too"`
	Arbiter     string       `json:"arbiter,omitempty" doc:"name of a member, or CompanyID, of who rules on disputes; no party"`
	Products    []string     `json:"products,omitempty" doc:"the scopes name only these; none: all"`
	Regions     []string     `json:"regions,omitempty"`
	Materiality *Amount      `json:"materiality,omitempty" doc:"M of the lenses; default 10,000 USD"`
	Replaces    string       `json:"replaces,omitempty" doc:"PartnershipID of the circle whose members or terms change"`
	Notice      int64        `json:"notice,omitempty" doc:"days after one member's end on which the circle is over; default: all members end it"`
	Expires     int64        `json:"expires,omitempty" doc:"until when members may join, ms UTC, at most 90 days from now; default 30 days"`
}

// CircleSeat is a member to be.
type CircleSeat struct {
	Member string `json:"member" doc:"name or CompanyID of a partner"`
	Role   string `json:"role" doc:"buyer, seller or observer"`
}

// JoinRequest signs a circle that a partner proposed.
type JoinRequest struct {
	Partnership string `json:"partnership" doc:"PartnershipID of the circle, or its last eight characters"`
}

// CloseRequest withdraws a circle this company proposed, or declines one that was proposed to it.
type CloseRequest struct {
	Partnership string `json:"partnership" doc:"PartnershipID of the circle, or its last eight characters"`
	Reason      string `json:"reason,omitempty" doc:"the other side reads it"`
}

// Circle is a circle of three and more as it was proposed.
type Circle struct {
	Partnership string         `json:"partnership" doc:"PartnershipID"`
	Founder     string         `json:"founder" doc:"CompanyID"`
	FounderName string         `json:"founder_name"`
	Proposed    int64          `json:"proposed" doc:"ms UTC"`
	Expires     int64          `json:"expires" doc:"until when it may be joined, ms UTC"`
	Joined      bool           `json:"joined" doc:"this company has signed; partner show tells whether all have"`
	Waits       []string       `json:"waits,omitempty" doc:"of a circle signed here: names of the members whose signature is not held"`
	Declined    []string       `json:"declined,omitempty" doc:"names of members that declined"`
	Notice      int64          `json:"notice,omitempty" doc:"days after one member's end on which the circle is over; none: all members end it"`
	Role        string         `json:"role" doc:"of this company"`
	Witness     string         `json:"witness,omitempty" doc:"CompanyID"`
	Arbiter     string         `json:"arbiter,omitempty" doc:"CompanyID of who rules on disputes"`
	Replaces    string         `json:"replaces,omitempty" doc:"PartnershipID of the circle whose members or terms change"`
	Materiality Amount         `json:"materiality"`
	Members     []CircleMember `json:"members"`
	Scopes      []ScopeInfo    `json:"scopes"`
}

// CircleMember is one member of a circle as its genesis names it.
type CircleMember struct {
	Company     string   `json:"company"`
	Name        string   `json:"name" doc:"the short CompanyID while its identity is not held"`
	Role        string   `json:"role"`
	Own         bool     `json:"own"`
	NodeKey     string   `json:"node_key" doc:"ID of the node's key; compare it by telephone"`
	Fingerprint string   `json:"fingerprint,omitempty" doc:"of the identity chain, once held"`
	Addresses   []string `json:"addresses"`
}

// PartnerListing lists partnerships and what is under way.
type PartnerListing struct {
	Partnerships []PartnershipStatus `json:"partnerships"`
	Invitations  []InvitationInfo    `json:"invitations"`
	Proposals    []Circle            `json:"proposals" doc:"circles that not all have signed: proposed to this company, or signed by it"`
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
	Notice      int64       `json:"notice,omitempty" doc:"days after one member's end on which the partnership is over; none: all members end it"`
	Replaces    string      `json:"replaces,omitempty" doc:"PartnershipID of the circle that this one replaces"`
	Arbiter     string      `json:"arbiter,omitempty" doc:"CompanyID of who rules on disputes"`
	Words       []string    `json:"words,omitempty" doc:"the six words of the pairing, which both companies can still compare"`
	Withdrawn   *CircleEnd  `json:"withdrawn,omitempty" doc:"of a circle in state withdrawn: how it was given up"`
}

// CircleEnd is why a circle was given up before all had signed, as far as this company has heard.
type CircleEnd struct {
	Acts        []CircleAct `json:"acts"`
	ListedUntil int64       `json:"listed_until,omitempty" doc:"when partner list drops it at the latest, ms UTC; sooner once all have heard; none: it has"`
}

// CircleAct is one member's word that ended a circle.
type CircleAct struct {
	Company string `json:"company"`
	Name    string `json:"name"`
	Act     string `json:"act" doc:"declined, withdrawn (by the founder) or taken back (a signature)"`
	Reason  string `json:"reason,omitempty"`
	T       int64  `json:"t" doc:"ms UTC"`
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
