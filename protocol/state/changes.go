package state

import (
	"encoding/binary"
	"fmt"
)

// Change records never leave the machine and may exceed the bounds of a block (an entry that refuses a large
// artifact still touches few rows, a purge many), so they have a plain form of their own: for each change
// the key, the old and the new value, each as a uvarint length plus one (zero: absent) and the bytes. Before them may stand what the
// entry read: a zero, the keys of rows, a zero, prefixes of keys, a zero; each again with its length plus one.

func encodeFootprint(f footprint) []byte {
	if f.reads == nil {
		return encodeChanges(nil, f.changes)
	}
	out := []byte{0}
	for _, prefix := range []bool{false, true} {
		for _, r := range f.reads {
			if r.prefix == prefix {
				out = binary.AppendUvarint(out, uint64(len(r.key))+1)
				out = append(out, r.key...)
			}
		}
		out = append(out, 0)
	}
	return encodeChanges(out, f.changes)
}

func encodeChanges(out []byte, changes []change) []byte {
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
	if out == nil {
		out = []byte{}
	}
	return out
}

func decodeChanges(data []byte) ([]change, error) {
	f, err := decodeFootprint(data)
	return f.changes, err
}

func decodeFootprint(data []byte) (f footprint, err error) {
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
	if len(data) > 0 && data[0] == 0 {
		data, f.reads = data[1:], reads{}
		for _, prefix := range []bool{false, true} {
			for {
				key, err := field()
				if err != nil {
					return footprint{}, err
				}
				if key == nil {
					break
				}
				f.reads = append(f.reads, read{string(*key), prefix})
			}
		}
	}
	for len(data) > 0 {
		key, err := field()
		if err != nil {
			return footprint{}, err
		}
		if key == nil {
			return footprint{}, fmt.Errorf("change record has a change without a row key")
		}
		c := change{Key: string(*key)}
		if c.Old, err = field(); err != nil {
			return footprint{}, err
		}
		if c.New, err = field(); err != nil {
			return footprint{}, err
		}
		out = append(out, c)
	}
	f.changes = out
	return f, nil
}
