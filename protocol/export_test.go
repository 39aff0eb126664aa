package protocol

// RegisterRules adds a version of the rules for tests; there is one only.
func RegisterRules(version int64, set RuleSet) { ruleSets[version] = set }
