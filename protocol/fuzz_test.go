package protocol_test

import (
	"testing"

	"kontor/protocol"
	"kontor/protocol/block"
	"kontor/protocol/feed"
	"kontor/store/kv"
	"kontor/testnet/virtual"
)

// FuzzBody gives the fold bodies of every kind: it never fails, it accepts or refuses, and a fold from nothing says the same.
func FuzzBody(f *testing.F) {
	kinds := protocol.Kinds()
	h, err := virtual.HistoryOf(5)
	if err != nil {
		f.Fatal(err)
	}
	bodies := map[block.CID][]byte{}
	for _, b := range h.Blocks {
		bodies[b.CID] = b.Data
	}
	for _, env := range h.Entries {
		var header feed.Header
		if err := block.Unmarshal(env.Header, &header); err != nil {
			f.Fatal(err)
		}
		for i, kind := range kinds {
			if kind == header.Kind && header.Body != nil && bodies[*header.Body] != nil {
				f.Add(byte(i), bodies[*header.Body])
			}
		}
	}
	for i := range kinds {
		f.Add(byte(i), []byte{0xa0})
	}
	s := scene(f, 2, false)
	agency := s.Desk("agency")
	f.Fuzz(func(t *testing.T, n byte, body []byte) {
		kind := kinds[int(n)%len(kinds)]
		if kind == protocol.KindSign || kind == protocol.KindReceipt || kind == protocol.KindHeartbeat || block.Validate(body) != nil {
			return // no body, or one that no block may be
		}
		db := agency.DB.Clone()
		var e feed.Entry
		err := db.Update(func(kv kv.KV) error {
			r := agency.Contract.Open(kv)
			signed, err := virtual.Forge(r, protocol.Draft{Kind: kind, Body: &block.Block{CID: block.Sum(body), Data: body}}, agency.Author(), s.Now, nil)
			if err != nil {
				return err
			}
			out, err := r.Receive([]feed.Signed{signed}, 0)
			if err == nil {
				e = out.Admitted[0]
			}
			return err
		})
		if err != nil {
			if protocol.IsVerdict(err) {
				return // an artifact whose chunks are not here
			}
			t.Fatalf("%s: the fold fails: %v", kind, err)
		}
		fresh, err := virtual.Refold(db, agency.Contract.Genesis, agency.Contract.Identities)
		if err != nil {
			t.Fatal(err)
		}
		if !equal(rowsOf(t, db, agency.Contract.PID), rowsOf(t, fresh, agency.Contract.PID)) {
			t.Fatalf("%s %s: a fold from nothing gives other rows", kind, e.CID.Short())
		}
	})
}
