package feed_test

import (
	"testing"

	"kontor/protocol/block"
	"kontor/protocol/feed"
	"kontor/protocol/state"
	"kontor/store/kv"
	"kontor/store/memory"
	"kontor/testnet/virtual"
)

// pair is a circle of two companies and their first entries.
func pair(t testing.TB) (feed.Circle, feed.Identities, virtual.Cast) {
	t.Helper()
	s, err := virtual.NewScene(2, false)
	if err != nil {
		t.Fatal(err)
	}
	return s.Desks[0].Contract.Circle, s.Cast.Identities(), s.Cast
}

// FuzzOpen: whatever arrives, Open gives an entry whose bytes are those it was made of, or nothing (FUZ-1).
func FuzzOpen(f *testing.F) {
	circle, ids, cast := pair(f)
	author := cast[0].Author(virtual.Founded)
	for _, h := range []feed.Header{
		{V: 1, PID: circle.PID, Author: author.Company, Seq: 1, Seen: []block.CID{}, IDHead: author.IDHead, Lam: 1, T: virtual.Start, Kind: "partnership.sign", Crit: true, Body: &circle.PID, Feat: 1},
		{V: 1, PID: circle.PID, Author: author.Company, Seq: 2, Prev: &circle.PID, Seen: []block.CID{circle.PID}, IDHead: author.IDHead, Lam: 2, T: virtual.Start, Kind: "heartbeat", Feat: 1},
		{V: 1, PID: circle.PID, Author: circle.PID, Seq: 1, Seen: []block.CID{}, IDHead: author.IDHead, Lam: 1, T: 1, Kind: "x"},
	} {
		env, err := feed.Seal(h, author.Key)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(env.Header, env.Sig)
		f.Add(env.Header[:len(env.Header)/2], env.Sig)
	}
	f.Add([]byte{0xa0}, []byte{})
	f.Fuzz(func(t *testing.T, header, sig []byte) {
		s, err := feed.Open(circle, feed.Envelope{Header: header, Sig: sig}, ids)
		if err != nil {
			if s.CID.Defined() || s.Header.V != 0 || s.Envelope.Header != nil {
				t.Fatal("an error came with an entry")
			}
			return
		}
		again, err := block.Marshal(s.Header)
		if err != nil || string(again) != string(header) || s.CID != block.Sum(header) {
			t.Fatalf("accepted header writes other bytes: %v", err)
		}
	})
}

// TestKeyOfTheEntryIsThatOfItsIdentityHead: each entry is judged by the chain as it names it, so an old key stands for old entries.
func TestKeyOfTheEntryIsThatOfItsIdentityHead(t *testing.T) {
	circle, ids, cast := pair(t)
	c := cast[0]
	for _, x := range []struct {
		head int // milestone named
		key  int // milestone whose key signs
		ok   bool
	}{{virtual.Founded, virtual.Founded, true}, {virtual.NewFeedKey, virtual.NewFeedKey, true}, {virtual.NewFeedKey, virtual.Founded, false},
		{virtual.Founded, virtual.NewFeedKey, false}, {virtual.OldFeedKeyRevoked, virtual.NewFeedKey, true}} {
		env, err := feed.Seal(feed.Header{V: 1, PID: circle.PID, Author: c.ID, Seq: 1, Seen: []block.CID{}, IDHead: c.Heads[x.head], Lam: 1, T: virtual.Start, Kind: "k"}, c.Author(x.key).Key)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := feed.Open(circle, env, ids); (err == nil) != x.ok {
			t.Errorf("head %d, key of %d: %v", x.head, x.key, err)
		}
	}
}

// TestValidityIsJudgedAtTheClaimedTime of the entry.
func TestValidityIsJudgedAtTheClaimedTime(t *testing.T) {
	circle, ids, cast := pair(t)
	a := cast[0].Author(virtual.Founded)
	for at, ok := range map[int64]bool{virtual.Start: true, virtual.Start - 366*virtual.Day: false, virtual.Start + 3651*virtual.Day: false} {
		env, err := feed.Seal(feed.Header{V: 1, PID: circle.PID, Author: a.Company, Seq: 1, Seen: []block.CID{}, IDHead: a.IDHead, Lam: 1, T: at, Kind: "k"}, a.Key)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := feed.Open(circle, env, ids); (err == nil) != ok {
			t.Errorf("claimed at %d: %v", at, err)
		}
	}
}

// TestCodesAreUnique: a code crosses the wire and means one thing.
func TestCodesAreUnique(t *testing.T) {
	seen := map[string]bool{}
	for _, c := range feed.Codes {
		if seen[c] {
			t.Errorf("code %s stands twice", c)
		}
		seen[c] = true
	}
}

// TestStoredEntriesComeBackAsTheyWere, byte for byte, with the clock admission gave them.
func TestStoredEntriesComeBackAsTheyWere(t *testing.T) {
	h, err := virtual.HistoryOf(3)
	if err != nil {
		t.Fatal(err)
	}
	circle, err := h.Genesis.Circle()
	if err != nil {
		t.Fatal(err)
	}
	err = memory.New().Update(func(kv kv.KV) error {
		log := feed.NewLog(kv, circle)
		for i, env := range h.Entries {
			s, err := feed.Open(circle, env, h.Identities)
			if err != nil {
				return err
			}
			made, fresh, err := log.Admit(s, 0)
			if err != nil || !fresh {
				t.Fatalf("entry %d: fresh %t, %v", i, fresh, err)
			}
			got, found, err := log.Get(s.CID)
			if err != nil || !found || string(got.Envelope.Header) != string(env.Header) || string(got.Envelope.Sig) != string(env.Sig) || got.IDSeq != s.IDSeq || got.CID != s.CID {
				t.Fatalf("entry %d comes back as another: %v", i, err)
			}
			for m := range made.Clock {
				if got.Clock[m] != made.Clock[m] {
					t.Fatalf("entry %d: clock %v, was %v", i, got.Clock, made.Clock)
				}
			}
			if _, fresh, err := log.Admit(s, 0); err != nil || fresh {
				t.Fatalf("entry %d again: fresh %t, %v", i, fresh, err)
			}
		}
		places, err := log.Places()
		if err != nil || len(places) != len(h.Entries) {
			t.Fatalf("%d places for %d entries, %v", len(places), len(h.Entries), err)
		}
		for i, at := range places {
			e, err := log.Resolve(at)
			if err != nil || e.Key() != at || string(e.Envelope.Header) != string(h.Entries[i].Header) {
				t.Fatalf("place %d: %v", i, err)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// TestTornRecordsAreFound: a stored entry cut short or grown is an error, never another entry.
func TestTornRecordsAreFound(t *testing.T) {
	circle, ids, cast := pair(t)
	a := cast[0].Author(virtual.Founded)
	env, err := feed.Seal(feed.Header{V: 1, PID: circle.PID, Author: a.Company, Seq: 1, Seen: []block.CID{}, IDHead: a.IDHead, Lam: 1, T: virtual.Start, Kind: "k"}, a.Key)
	if err != nil {
		t.Fatal(err)
	}
	s, err := feed.Open(circle, env, ids)
	if err != nil {
		t.Fatal(err)
	}
	err = memory.New().Update(func(kv kv.KV) error {
		log := feed.NewLog(kv, circle)
		if _, _, err := log.Admit(s, 0); err != nil {
			return err
		}
		var key, value []byte
		prefix := state.PartitionOf(circle.PID).Key()
		err := kv.Scan(state.TableEntries, prefix, prefix, func(k, v []byte) (bool, error) { key, value = k, v; return false, nil })
		if err != nil {
			return err
		}
		for n := range value {
			if err := kv.Put(state.TableEntries, key, value[:n]); err != nil {
				return err
			}
			if _, _, err := log.Get(s.CID); err == nil {
				t.Fatalf("a record of %d of %d bytes is read", n, len(value))
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}
