package wire

// PolicyReport says whose signatures bind whom: this company first, then its partners.
type PolicyReport struct {
	Companies []CompanyPolicies `json:"companies"`
}

// CompanyPolicies is one company's quorums, as its identity chain says, and how many officers' keys could meet them now.
type CompanyPolicies struct {
	Company  string         `json:"company"`
	Name     string         `json:"name"`
	Own      bool           `json:"own"`
	DualHat  bool           `json:"dual_hat" doc:"one person may hold several roles"`
	Policies []PolicyInfo   `json:"policies" doc:"by kind, in the order in which they are asked: the first whose condition is met binds"`
	Officers []OfficerCount `json:"officers" doc:"roles with a key in force now"`
}

// PolicyInfo is one quorum.
type PolicyInfo struct {
	Kind     string   `json:"kind"`
	Quorum   string   `json:"quorum"`
	Above    *Amount  `json:"above,omitempty" doc:"for agreements that commit to more, to an unknown amount or to one in another currency"`
	Products []string `json:"products,omitempty" doc:"for agreements about one of them"`
	Regions  []string `json:"regions,omitempty" doc:"for agreements about one of them"`
	Entry    string   `json:"entry" doc:"CID of the identity chain entry that set it; of a default the first"`
	Default  bool     `json:"default,omitempty" doc:"the company has set none of its own"`
	Vacant   string   `json:"vacant,omitempty" doc:"the default of this kind that stands once officers' keys could meet it"`
}

// OfficerCount is how many keys of a role are in force, and up to what they bind.
type OfficerCount struct {
	Role      string   `json:"role"`
	Keys      int      `json:"keys"`
	Unlimited bool     `json:"unlimited,omitempty" doc:"one of them has no limit"`
	Limits    []Amount `json:"limits,omitempty"`
}
