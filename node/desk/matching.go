package desk

import (
	"kontor/node"
	"kontor/protocol/capacity"
)

// Match is capacity.Match with its parts made on all cores at once. A panic of a part is the caller's, as if it had made the part itself.
func Match(in capacity.Input) (capacity.Result, error) {
	m, err := capacity.Prepare(in)
	if err != nil {
		return capacity.Result{}, err
	}
	node.Spread(m.Parts(), m.Make)
	return m.Result()
}
