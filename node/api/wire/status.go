package wire

// StatusReport is how a node stands.
type StatusReport struct {
	Company      string              `json:"company" doc:"CompanyID"`
	Name         string              `json:"name"`
	State        string              `json:"state" doc:"ready, recovering or read-only"`
	Why          string              `json:"why,omitempty" doc:"why it is not ready"`
	Fingerprint  string              `json:"fingerprint" doc:"of the identity chain's newest entry; compare it by telephone"`
	NodeKey      string              `json:"node_key" doc:"ID of the node's key"`
	Addresses    []string            `json:"addresses" doc:"where partners can dial this node"`
	Since        int64               `json:"since" doc:"start of the process, ms UTC"`
	Now          int64               `json:"now" doc:"the node's clock, ms UTC"`
	Partnerships []PartnershipStatus `json:"partnerships"`
	Invitations  []InvitationInfo    `json:"invitations"`
	Proposals    []Circle            `json:"proposals" doc:"circles that are proposed and not signed by all"`
	Disk         DiskStatus          `json:"disk"`
}

// PartnershipStatus is how one partnership stands.
type PartnershipStatus struct {
	Partnership string         `json:"partnership" doc:"PartnershipID"`
	State       string         `json:"state" doc:"proposed, withdrawn, active, suspended, ending or ended; folding while everything is folded again after a fork"`
	Folded      int64          `json:"folded,omitempty" doc:"while it is folding: entries folded"`
	Entries     int64          `json:"entries,omitempty" doc:"while it is folding: entries held"`
	EndedBy     []string       `json:"ended_by,omitempty" doc:"names of the members that ended their side"`
	Ends        int64          `json:"ends,omitempty" doc:"when the notice period is over, ms UTC"`
	SuspendedBy []PartnerAct   `json:"suspended_by,omitempty" doc:"suspensions in force, and why"`
	Ended       []PartnerAct   `json:"ended,omitempty" doc:"ends that members wrote, and why"`
	Role        string         `json:"role" doc:"of this company: buyer or seller"`
	Line        int64          `json:"line" doc:"settled line"`
	Root        string         `json:"root" doc:"state root at the settled line, hex"`
	Recovering  int64          `json:"recovering,omitempty" doc:"own entry that must come back before anything is written"`
	Mismatch    bool           `json:"mismatch,omitempty" doc:"a partner's state root differs from ours"`
	Difference  string         `json:"difference,omitempty" doc:"the first row on which it differs"`
	Members     []MemberStatus `json:"members"`
}

// PartnerAct is what a member did to the partnership itself: it suspended or ended it.
type PartnerAct struct {
	Company string `json:"company"`
	Name    string `json:"name"`
	Time    int64  `json:"time" doc:"its claimed time, ms UTC"`
	Reason  string `json:"reason"`
}

// MemberStatus is how one member of a partnership stands, this company among them.
type MemberStatus struct {
	Company     string   `json:"company"`
	Name        string   `json:"name"`
	Role        string   `json:"role"`
	Own         bool     `json:"own"`
	Fingerprint string   `json:"fingerprint"`
	Connected   bool     `json:"connected"`
	Address     string   `json:"address,omitempty" doc:"of the connection"`
	Head        int64    `json:"head" doc:"newest entry held of this member"`
	LastEntry   int64    `json:"last_entry" doc:"its claimed time, ms UTC"`
	Unacked     int64    `json:"unacked" doc:"own entries this member has not acknowledged"`
	UnackedT    int64    `json:"unacked_since,omitempty" doc:"claimed time of the oldest of them, ms UTC"`
	ClockOffset *int64   `json:"clock_offset_ms,omitempty" doc:"the member's clock minus ours, when last compared"`
	ParkedT     int64    `json:"parked_until,omitempty" doc:"claimed time of entries kept aside, which lie ahead of this clock, ms UTC; of this company its newest entry's, where it does"`
	Frozen      bool     `json:"frozen,omitempty" doc:"its identity has two histories"`
	Forked      int64    `json:"forked,omitempty" doc:"entry of which it wrote two, while officers of all members have not resolved that"`
	Addresses   []string `json:"addresses,omitempty"`
}

// DiskStatus is how database and disk stand.
type DiskStatus struct {
	Tables   int64  `json:"tables_bytes"`
	Values   int64  `json:"values_bytes"`
	Free     int64  `json:"free_bytes"`
	Writable bool   `json:"writable"`
	Why      string `json:"why,omitempty" doc:"why it is not writable"`
}

// ClockReport is the node's clock.
type ClockReport struct {
	Now       int64 `json:"now" doc:"ms UTC"`
	Confirmed bool  `json:"confirmed"`
}

// BackupRequest says for whom a backup is encrypted: a passphrase, or age recipients.
type BackupRequest struct {
	Passphrase string   `json:"passphrase,omitempty"`
	Recipients []string `json:"recipients,omitempty" doc:"age recipients, age1..."`
}
