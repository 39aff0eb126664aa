package decision

import "slices"

// Kind says what a topic is about; it decides how much each role's word weighs.
type Kind string

// The kinds of topics.
const (
	DemandCapacity Kind = "DEMAND_CAPACITY"
	JointMarketing Kind = "JOINT_MARKETING"
	Quality        Kind = "QUALITY"
	Commercial     Kind = "COMMERCIAL"
)

// Kinds are the kinds of topics, in the order screens show them.
var Kinds = []Kind{DemandCapacity, JointMarketing, Quality, Commercial}

// Role is an officer's function.
type Role string

// The officers. The CEO scores nothing: the CEO lifts vetoes and acts in disputes.
const (
	CEO Role = "CEO"
	COO Role = "COO"
	CMO Role = "CMO"
	CFO Role = "CFO"
	CTO Role = "CTO"
)

// ScoringRoles are the roles that may score, in the order screens show them.
var ScoringRoles = []Role{COO, CMO, CFO, CTO}

// roleWeights are u_r of lenses.md in per cent: how much a role's value counts in a topic of each kind.
var roleWeights = map[Kind]map[Role]int64{
	DemandCapacity: {COO: 50, CFO: 25, CMO: 15, CTO: 10},
	JointMarketing: {CMO: 50, CFO: 20, COO: 20, CTO: 10},
	Quality:        {CTO: 40, COO: 40, CFO: 10, CMO: 10},
	Commercial:     {CFO: 50, COO: 25, CMO: 15, CTO: 10},
}

// StandingWeight is the least u_r that lets a role's low score stand as an objection.
const StandingWeight = 20

// Known tells whether k is a kind this version decides.
func (k Kind) Known() bool { _, ok := roleWeights[k]; return ok }

// Weight is u_r in per cent; 0 for a role that does not score topics of this kind.
func (k Kind) Weight(r Role) int64 { return roleWeights[k][r] }

// Standing tells whether a low score of r is an objection in topics of this kind.
func (k Kind) Standing(r Role) bool { return k.Weight(r) >= StandingWeight }

// Known tells whether r is an officer role.
func (r Role) Known() bool { return r == CEO || slices.Contains(ScoringRoles, r) }
