package identity

import (
	"kontor/crypto/keys"
	"kontor/crypto/sign"
)

// DefaultQuorum binds a company that set no policy, where the officers its kind of topic touches most have no keys: every company has somebody who delivers and
// somebody who pays.
const DefaultQuorum = "COO and CFO"

// kindQuorums are the two officers whose matter a kind of topic is, by the kind's name, where they are others than those of [DefaultQuorum]. They are in the
// printed form of policies.
var kindQuorums = map[string]string{
	"JOINT_MARKETING": "CMO and CFO",
	"QUALITY":         "COO and CTO",
}

// KindQuorum is who signs topics of a kind by default in a company that has appointed them.
func KindQuorum(topicKind string) string {
	if own, ok := kindQuorums[topicKind]; ok {
		return own
	}
	return DefaultQuorum
}

// seats tells whether officers whose keys are in force at t (ms UTC) could meet a quorum. It asks whether there are such officers, not up to what amount they
// sign: nobody is stuck for want of an appointment, and a limit still is a limit.
func (v View) seats(quorum string, t int64) bool {
	policy, err := sign.ParsePolicy(quorum)
	if err != nil {
		return false // the defaults are in printed form, which a test holds
	}
	var officers []sign.Signer
	for _, c := range v.Current(keys.Role) {
		if c.From <= t && t <= c.Until {
			officers = append(officers, sign.Signer{Key: keys.Public(c.Key), Person: [16]byte(c.Person), Role: c.Role})
		}
	}
	return policy.Met(officers, v.DualHat())
}
