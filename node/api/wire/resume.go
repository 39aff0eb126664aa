package wire

// ResumeQuery asks from where a member's feed goes on.
type ResumeQuery struct {
	With   string   `json:"with,omitempty" doc:"the partnership, or a partner's name"`
	Member string   `json:"member" doc:"CompanyID or name of the member whose feed it is"`
	Gone   []string `json:"gone,omitempty" doc:"members that will not come back"`
}

// ResumeDocument is what an officer countersigns.
type ResumeDocument struct {
	Partnership string `json:"partnership"`
	Member      string `json:"member" doc:"CompanyID"`
	Name        string `json:"name"`
	Seq         int64  `json:"seq" doc:"number of its newest entry held here; it goes on after it"`
	Document    []byte `json:"document" doc:"canonical bytes to sign"`
}
