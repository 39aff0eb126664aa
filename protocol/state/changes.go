package state

import (
	"encoding/binary"
	"fmt"
)

// Change records never leave the machine and may exceed the bounds of a block (an entry that refuses a large
// artifact still touches few rows, a purge many), so they have a plain form of their own: for each change
// the key, the old and the new value, each as a uvarint length plus one (zero: absent) and the bytes.

func encodeChanges(changes []change) []byte {
	out := []byte{}
	field := func(b []byte, present bool) {
		if !present {
			out = binary.AppendUvarint(out, 0)
			return
		}
		out = binary.AppendUvarint(out, uint64(len(b))+1)
		out = append(out, b...)
	}
	for _, c := range changes {
		field([]byte(c.Key), true)
		for _, side := range []*[]byte{c.Old, c.New} {
			if side == nil {
				field(nil, false)
			} else {
				field(*side, true)
			}
		}
	}
	return out
}

func decodeChanges(data []byte) ([]change, error) {
	var out []change
	field := func() (*[]byte, error) {
		n, used := binary.Uvarint(data)
		if used <= 0 || used > 1 && data[used-1] == 0 || n > uint64(len(data)-used)+1 {
			return nil, fmt.Errorf("change record is torn at %d bytes before its end; restore the database from a backup", len(data))
		}
		data = data[used:]
		if n == 0 {
			return nil, nil
		}
		value := append([]byte{}, data[:n-1]...)
		data = data[n-1:]
		return &value, nil
	}
	for len(data) > 0 {
		key, err := field()
		if err != nil {
			return nil, err
		}
		if key == nil {
			return nil, fmt.Errorf("change record has a change without a row key")
		}
		c := change{Key: string(*key)}
		if c.Old, err = field(); err != nil {
			return nil, err
		}
		if c.New, err = field(); err != nil {
			return nil, err
		}
		out = append(out, c)
	}
	return out, nil
}
