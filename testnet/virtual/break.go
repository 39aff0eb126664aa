package virtual

import (
	"fmt"

	"kontor/protocol"
	"kontor/protocol/state"
	"kontor/store/kv"
	"kontor/store/memory"
)

// AlterRow flips a bit of the first settled row under a prefix, at the tip and in the settled tree, as a rule that one program applies
// differently would. It returns the row's key.
func AlterRow(db *memory.Store, c *protocol.Contract, prefix string) (key string, err error) {
	part := state.PartitionOf(c.PID)
	err = db.Update(func(kv kv.KV) error {
		table := state.NewTable(kv, part)
		var value []byte
		err := table.Scan(prefix, func(k string, v []byte) (bool, error) {
			key, value = k, append([]byte{}, v...)
			return false, nil
		})
		if err != nil {
			return err
		}
		if key == "" {
			return fmt.Errorf("no row under %q", prefix)
		}
		value[len(value)-1] ^= 1
		if err := table.Put(key, value); err != nil {
			return err
		}
		return state.NewTree(kv, part).Put(key, value)
	})
	return key, err
}
