package state

import (
	"bytes"
	"encoding/binary"

	"kontor/protocol/block"
)

// OrderKey is an entry's place in the total order (lam, author, seq, CID) of PROTOCOL 4, as bytes that
// sort in that order: 8 bytes lam, 32 author digest, 8 seq, 32 entry digest.
type OrderKey [80]byte

// NewOrderKey places an entry.
func NewOrderKey(lam int64, author block.CID, seq int64, entry block.CID) OrderKey {
	var k OrderKey
	binary.BigEndian.PutUint64(k[0:8], uint64(lam))
	copy(k[8:40], digest(author))
	binary.BigEndian.PutUint64(k[40:48], uint64(seq))
	copy(k[48:80], digest(entry))
	return k
}

// Lam is the logical time of the entry that stands here.
func (k OrderKey) Lam() int64 { return int64(binary.BigEndian.Uint64(k[0:8])) }

// Seq is the entry's number in its feed.
func (k OrderKey) Seq() int64 { return int64(binary.BigEndian.Uint64(k[40:48])) }

// Author is the partition key of the company that wrote the entry.
func (k OrderKey) Author() (p Partition) {
	copy(p[:], k[8:40])
	return p
}

// Compare orders two places: negative when k comes first.
func (k OrderKey) Compare(other OrderKey) int { return bytes.Compare(k[:], other[:]) }

// before is the greatest key below this one; the first has none but itself.
func (k OrderKey) before() OrderKey {
	if k == (OrderKey{}) {
		return k
	}
	for i := len(k) - 1; i >= 0; i-- {
		k[i]--
		if k[i] != 0xff {
			break
		}
	}
	return k
}

// Partition is the key prefix under which everything of one partnership stands: the 32 bytes digest of its ID.
type Partition [32]byte

// PartitionOf gives the partition of a partnership or a company.
func PartitionOf(id block.CID) Partition {
	var p Partition
	copy(p[:], digest(id))
	return p
}

// Key is a key inside the partition.
func (p Partition) Key(parts ...[]byte) []byte {
	n := len(p)
	for _, part := range parts {
		n += len(part)
	}
	key := make([]byte, 0, n)
	key = append(key, p[:]...)
	for _, part := range parts {
		key = append(key, part...)
	}
	return key
}

// digest is the sha2-256 part of a CID: its last 32 bytes. All our CIDs share the same four bytes before it.
func digest(id block.CID) []byte {
	b := id.Bytes()
	if len(b) != 36 {
		panic("state: an undefined CID has no place in the order")
	}
	return b[4:]
}
