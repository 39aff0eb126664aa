package feed

import (
	"bytes"
	"testing"

	"kontor/protocol/block"
)

// FuzzStored: an entry at rest is read as what writes the same bytes, or not at all.
func FuzzStored(f *testing.F) {
	id := block.Sum([]byte{0xa0})
	h := Header{V: 1, PID: id, Author: id, Seq: 300, Prev: &id, Seen: []block.CID{id}, IDHead: id, Lam: 7, T: 1_800_000_000_000, Kind: "heartbeat", Feat: 1}
	data, err := block.Marshal(h)
	if err != nil {
		f.Fatal(err)
	}
	record := encodeRecord(Entry{Signed: Signed{Envelope: Envelope{Header: data, Sig: make([]byte, sigSize)}, IDSeq: 200}, Clock: []int64{0, 1 << 40}})
	f.Add(record)
	f.Add(record[:len(record)-1])
	f.Add(record[:sigSize+3])
	f.Add(append(bytes.Clone(record[:sigSize]), 0xc8, 0x81, 0x00)) // a number longer than needed
	f.Fuzz(func(t *testing.T, data []byte) {
		e, err := decodeRecord(data)
		if err != nil {
			if e.CID.Defined() || e.Envelope.Header != nil {
				t.Fatal("an error came with an entry")
			}
			return
		}
		if again := encodeRecord(e); !bytes.Equal(again, data) {
			t.Fatalf("%x is written again as %x", data, again)
		}
	})
}
