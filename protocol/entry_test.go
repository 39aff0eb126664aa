package protocol_test

import (
	"bytes"
	"errors"
	"slices"
	"testing"

	"kontor/protocol"
	"kontor/protocol/block"
	"kontor/protocol/feed"
	"kontor/protocol/partnership"
	"kontor/testnet/virtual"
)

// stored is everything in a desk's database, to prove that a bad entry left nothing behind.
func stored(t testing.TB, d *virtual.Desk) int {
	t.Helper()
	return d.DB.Len()
}

// TestBadEntries gives one desk every kind of entry that must not get in: the answer is the code, and nothing is stored (PROTOCOL 4,
// entry verdicts).
func TestBadEntries(t *testing.T) {
	heartbeat := protocol.Draft{Kind: protocol.KindHeartbeat}
	// alter changes the header before the agency signs it.
	alter := func(change func(*feed.Header)) func(*virtual.Scene, *virtual.Desk) (feed.Envelope, error) {
		return func(s *virtual.Scene, d *virtual.Desk) (env feed.Envelope, err error) {
			err = d.View(func(r *protocol.Replica) error {
				h, err := r.Log.Draft(d.ID, s.Now)
				if err != nil {
					return err
				}
				h.Kind, h.IDHead, h.Feat = protocol.KindHeartbeat, d.Heads[d.At], protocol.FeatureLevel
				change(&h)
				env, err = feed.Seal(h, d.Author().Key)
				return err
			})
			return env, err
		}
	}
	// bytesOf changes an honest entry's bytes after signing.
	bytesOf := func(change func(*feed.Envelope)) func(*virtual.Scene, *virtual.Desk) (feed.Envelope, error) {
		return func(s *virtual.Scene, d *virtual.Desk) (feed.Envelope, error) {
			env, err := alter(func(*feed.Header) {})(s, d)
			env.Header, env.Sig = bytes.Clone(env.Header), bytes.Clone(env.Sig)
			change(&env)
			return env, err
		}
	}
	some := block.Sum([]byte("something"))
	for _, c := range []struct {
		name string
		code string
		make func(*virtual.Scene, *virtual.Desk) (feed.Envelope, error)
	}{
		{"truncated header", feed.CodeMalformed, bytesOf(func(e *feed.Envelope) { e.Header = e.Header[:len(e.Header)-1] })},
		{"empty header", feed.CodeMalformed, bytesOf(func(e *feed.Envelope) { e.Header = nil })},
		{"a byte after the header", feed.CodeMalformed, bytesOf(func(e *feed.Envelope) { e.Header = append(e.Header, 0) })},
		{"oversized header", feed.CodeTooLarge, bytesOf(func(e *feed.Envelope) { e.Header = make([]byte, feed.MaxHeaderBytes+1) })},
		{"altered signature", feed.CodeSignature, bytesOf(func(e *feed.Envelope) { e.Sig[5] ^= 1 })},
		{"no signature", feed.CodeSignature, bytesOf(func(e *feed.Envelope) { e.Sig = nil })},
		{"signed by another member's key", feed.CodeSignature, func(s *virtual.Scene, d *virtual.Desk) (feed.Envelope, error) {
			env, err := alter(func(*feed.Header) {})(s, d)
			if err != nil {
				return env, err
			}
			var h feed.Header
			if err := block.Unmarshal(env.Header, &h); err != nil {
				return env, err
			}
			return feed.Seal(h, s.Desk("maker").Author().Key)
		}},
		{"another version", feed.CodeMalformed, alter(func(h *feed.Header) { h.V = 2 })},
		{"another epoch", feed.CodeMalformed, alter(func(h *feed.Header) { h.Epoch = 1 })},
		{"another partnership's entry", feed.CodeForeign, alter(func(h *feed.Header) { h.PID = some })},
		{"a stranger", feed.CodeStranger, alter(func(h *feed.Header) { h.Author = some })},
		{"prev of another author", feed.CodePrev, func(s *virtual.Scene, d *virtual.Desk) (feed.Envelope, error) {
			return alter(func(h *feed.Header) { h.Prev = &h.Seen[0] })(s, d)
		}},
		{"no prev", feed.CodePrev, alter(func(h *feed.Header) { h.Prev = nil })},
		{"seq left out", feed.CodeSeq, alter(func(h *feed.Header) { h.Seq += 1 })},
		{"seq jumps to 2^53", feed.CodeSeq, alter(func(h *feed.Header) { h.Seq = feed.MaxSeq })},
		{"seq beyond 2^53", feed.CodeSeq, alter(func(h *feed.Header) { h.Seq = feed.MaxSeq + 1 })},
		{"seq zero", feed.CodeSeq, alter(func(h *feed.Header) { h.Seq = 0 })},
		{"lam too high", feed.CodeLam, alter(func(h *feed.Header) { h.Lam++ })},
		{"lam too low", feed.CodeLam, alter(func(h *feed.Header) { h.Lam-- })},
		{"lam beyond 2^53", feed.CodeLam, alter(func(h *feed.Header) { h.Lam = feed.MaxSeq + 1 })},
		{"time before the entry before", feed.CodeTime, alter(func(h *feed.Header) { h.T-- })},
		{"no time", feed.CodeTime, alter(func(h *feed.Header) { h.T = 0 })},
		{"seen left out", feed.CodeSeen, alter(func(h *feed.Header) { h.Seen = []block.CID{} })},
		{"seen twice", feed.CodeSeen, alter(func(h *feed.Header) { h.Seen = append(h.Seen, h.Seen[0]) })},
		{"seen itself", feed.CodeSeen, alter(func(h *feed.Header) { h.Seen = []block.CID{*h.Prev} })},
		{"capability goes down", feed.CodeFeat, alter(func(h *feed.Header) { h.Feat = 0 })},
		{"capability negative", feed.CodeFeat, alter(func(h *feed.Header) { h.Feat = -1 })},
		{"identity goes back", feed.CodeIDHead, func(s *virtual.Scene, d *virtual.Desk) (feed.Envelope, error) {
			d.At = virtual.CFOBack
			if _, err := d.Write(heartbeat); err != nil {
				return feed.Envelope{}, err
			}
			if err := s.Meet(); err != nil {
				return feed.Envelope{}, err
			}
			return alter(func(h *feed.Header) { h.IDHead = d.Heads[virtual.Founded] })(s, d)
		}},
		{"revoked feed key", feed.CodeSignature, func(s *virtual.Scene, d *virtual.Desk) (feed.Envelope, error) {
			env, err := alter(func(h *feed.Header) { h.IDHead = d.Heads[virtual.OldFeedKeyRevoked] })(s, d)
			return env, err
		}},
		{"unknown critical kind", feed.CodeKind, alter(func(h *feed.Header) { h.Kind, h.Crit = "dividend", true })},
		{"known kind, not marked critical", feed.CodeKind, alter(func(h *feed.Header) { h.Kind, h.Body = protocol.KindForecast, &some })},
		{"no kind", feed.CodeKind, alter(func(h *feed.Header) { h.Kind = "" })},
		{"the partnership signed again", feed.CodeKind, func(s *virtual.Scene, d *virtual.Desk) (feed.Envelope, error) {
			return alter(func(h *feed.Header) { h.Kind, h.Crit, h.Body = protocol.KindSign, true, &d.Contract.PID })(s, d)
		}},
		{"a heartbeat with a body", feed.CodeBody, alter(func(h *feed.Header) { h.Body = &some })},
		{"a forecast without a body", feed.CodeBody, alter(func(h *feed.Header) { h.Kind, h.Crit = protocol.KindForecast, true })},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := scene(t, 2, false)
			agency, maker := s.Desk("agency"), s.Desk("maker")
			if _, err := agency.Write(heartbeat); err != nil {
				t.Fatal(err)
			}
			meet(t, s)
			env, err := c.make(s, agency)
			if err != nil {
				t.Fatal(err)
			}
			before, kept := stored(t, maker), rows(t, maker)
			_, err = maker.Take(virtual.Parcel{Envelopes: []feed.Envelope{env}})
			var verdict *feed.Error
			if !errors.As(err, &verdict) || verdict.Code != c.code {
				t.Fatalf("got %v, want %s", err, c.code)
			}
			if stored(t, maker) != before || !equal(kept, rows(t, maker)) {
				t.Error("the refused entry left something behind")
			}
			if _, err := agency.Write(heartbeat); err != nil {
				t.Fatal(err)
			}
			meet(t, s)
			sameRows(t, agency, maker)
		})
	}
}

// TestEveryBitOfAnEntryCounts flips each bit of a signed header and of its signature: nothing gets in (FUZ-2).
func TestEveryBitOfAnEntryCounts(t *testing.T) {
	s := scene(t, 2, false)
	agency, maker := s.Desk("agency"), s.Desk("maker")
	must[feed.Entry](t)(agency.Write(protocol.Draft{Kind: protocol.KindHeartbeat}))
	parcel := must[virtual.Parcel](t)(agency.Pack(maker))
	env := parcel.Envelopes[len(parcel.Envelopes)-1]
	before := stored(t, maker)
	step := 1
	if testing.Short() {
		step = 7
	}
	for i := 0; i < 8*(len(env.Header)+len(env.Sig)); i += step {
		bad := feed.Envelope{Header: bytes.Clone(env.Header), Sig: bytes.Clone(env.Sig)}
		if n := 8 * len(bad.Header); i < n {
			bad.Header[i/8] ^= 1 << (i % 8)
		} else {
			bad.Sig[(i-n)/8] ^= 1 << (i % 8)
		}
		if _, err := maker.Take(virtual.Parcel{Envelopes: []feed.Envelope{bad}}); err == nil {
			t.Fatalf("bit %d flipped: the entry gets in", i)
		}
	}
	if stored(t, maker) != before {
		t.Error("something was stored")
	}
}

// TestSeenNeverGoesBack: an author may not forget what it has seen.
func TestSeenNeverGoesBack(t *testing.T) {
	s := scene(t, 2, false)
	agency, maker := s.Desk("agency"), s.Desk("maker")
	var old block.CID
	for range 2 {
		e := must[feed.Entry](t)(maker.Write(protocol.Draft{Kind: protocol.KindHeartbeat}))
		if !old.Defined() {
			old = e.CID
		}
		meet(t, s)
		must[feed.Entry](t)(agency.Write(protocol.Draft{Kind: protocol.KindHeartbeat}))
	}
	_, err := agency.Force(protocol.Draft{Kind: protocol.KindHeartbeat}, func(h *feed.Header) { h.Seen = []block.CID{old} })
	var verdict *feed.Error
	if !errors.As(err, &verdict) || verdict.Code != feed.CodeSeen {
		t.Fatalf("got %v, want %s", err, feed.CodeSeen)
	}
}

// TestReplayIntoAnotherPartnership: the same two companies trade in two circles; an entry of one counts in the other never (SEC-01).
func TestReplayIntoAnotherPartnership(t *testing.T) {
	s := scene(t, 2, false)
	three := scene(t, 3, false)
	parcel := must[virtual.Parcel](t)(s.Desk("agency").Pack(nil))
	_, err := three.Desk("maker").Take(parcel)
	var verdict *feed.Error
	if !errors.As(err, &verdict) || verdict.Code != feed.CodeForeign {
		t.Fatalf("got %v, want %s", err, feed.CodeForeign)
	}
}

// TestNextWeekIsParked: an entry that claims next week waits, is no fault, and gets in when its time is near; what stands on it waits with
// it.
func TestNextWeekIsParked(t *testing.T) {
	s := scene(t, 2, false)
	agency, maker := s.Desk("agency"), s.Desk("maker")
	agency.Skew = 7 * virtual.Day
	early := must[feed.Entry](t)(agency.Write(protocol.Draft{Kind: protocol.KindHeartbeat}))
	agency.Skew = 0
	late := must[feed.Entry](t)(agency.Write(protocol.Draft{Kind: protocol.KindHeartbeat}))
	if late.Header.T < early.Header.T {
		t.Fatal("claimed time went back")
	}
	parcel := must[virtual.Parcel](t)(agency.Pack(maker))
	before := stored(t, maker)
	if _, err := maker.Take(parcel); !errors.Is(err, feed.ErrParked) {
		t.Fatalf("got %v, want it parked", err)
	}
	if stored(t, maker) != before {
		t.Error("a parked entry was stored")
	}
	s.Now += 7*virtual.Day - feed.AheadLimit
	if _, err := maker.Take(parcel); err != nil {
		t.Fatal(err)
	}
	sameRows(t, agency, maker)
}

// TestUnknownKindIsStored: a kind nobody here knows, and that writes no rows, is stored and passed on.
func TestUnknownKindIsStored(t *testing.T) {
	s := scene(t, 2, false)
	agency, maker := s.Desk("agency"), s.Desk("maker")
	e := must[feed.Entry](t)(agency.Force(protocol.Draft{Kind: protocol.KindHeartbeat}, func(h *feed.Header) { h.Kind = "weather" }))
	meet(t, s)
	if !slices.ContainsFunc(must[[]feed.Entry](t)(maker.Entries()), func(x feed.Entry) bool { return x.CID == e.CID }) {
		t.Fatal("the entry is not held")
	}
	sameRows(t, agency, maker)
}

// TestBodyMustBeHere: an entry waits for its body, and for every block below an artifact.
func TestBodyMustBeHere(t *testing.T) {
	s := scene(t, 2, false)
	agency, maker := s.Desk("agency"), s.Desk("maker")
	must[feed.Entry](t)(agency.Write(must[protocol.Draft](t)(virtual.Share(virtual.Forecast("a", 0, nil, s.Now, 100, 200)))))
	parcel := must[virtual.Parcel](t)(agency.Pack(maker))
	for n := range parcel.Blocks {
		var missing *feed.Missing
		_, err := maker.Take(virtual.Parcel{Envelopes: parcel.Envelopes, Blocks: parcel.Blocks[:n]})
		if !errors.As(err, &missing) || missing.What != "body" || missing.CID != parcel.Blocks[n].CID {
			t.Fatalf("%d of %d blocks: got %v", n, len(parcel.Blocks), err)
		}
	}
	if _, err := maker.Take(parcel); err != nil {
		t.Fatal(err)
	}
	sameRows(t, agency, maker)
}

// TestIdentityMustBeHere: an entry waits until the chain is held up to the head it names.
func TestIdentityMustBeHere(t *testing.T) {
	s := scene(t, 2, false)
	agency, maker := s.Desk("agency"), s.Desk("maker")
	maker.Known[agency.ID] = 5
	agency.At = virtual.CFOBack
	must[feed.Entry](t)(agency.Write(protocol.Draft{Kind: protocol.KindHeartbeat}))
	parcel := must[virtual.Parcel](t)(agency.Pack(maker))
	var missing *feed.Missing
	if _, err := maker.Take(parcel); !errors.As(err, &missing) || missing.What != "identity" {
		t.Fatalf("got %v", err)
	}
	delete(maker.Known, agency.ID)
	if _, err := maker.Take(parcel); err != nil {
		t.Fatal(err)
	}
}

// TestObserverNeverHoldsTheLine: an observer that was away brings its entries late, below the settled line; they are stored and change
// no rows.
func TestObserverNeverHoldsTheLine(t *testing.T) {
	cast := must[virtual.Cast](t)(virtual.NewCast(3))
	g := must[partnership.Genesis](t)(virtual.Found([]virtual.Seat{{Company: cast[0], Role: partnership.RoleBuyer},
		{Company: cast[1], Role: partnership.RoleSeller}, {Company: cast[2], Role: partnership.RoleObserver}}, nil))
	s := must[*virtual.Scene](t)(virtual.NewSceneOf(cast, g))
	agency, maker, observer := s.Desks[0], s.Desks[1], s.Desks[2]
	line := func(d *virtual.Desk) (line int64) {
		if err := d.View(func(r *protocol.Replica) (err error) { line, err = r.Line(); return err }); err != nil {
			t.Fatal(err)
		}
		return line
	}
	for _, d := range []*virtual.Desk{agency, maker} {
		b := must[block.Block](t)(block.New(g))
		must[feed.Entry](t)(d.Write(protocol.Draft{Kind: protocol.KindSign, Body: &b}))
	}
	talk := func() {
		for range 3 {
			for _, d := range []*virtual.Desk{agency, maker} {
				must[feed.Entry](t)(d.Write(protocol.Draft{Kind: protocol.KindHeartbeat}))
			}
			if err := agency.Tell(maker); err != nil {
				t.Fatal(err)
			}
			if err := maker.Tell(agency); err != nil {
				t.Fatal(err)
			}
		}
	}
	talk()
	if got := line(agency); got != 0 {
		t.Fatalf("the line stands at %d while the observer has not signed", got)
	}
	b := must[block.Block](t)(block.New(g))
	must[feed.Entry](t)(observer.Write(protocol.Draft{Kind: protocol.KindSign, Body: &b}))
	must[feed.Entry](t)(observer.Write(protocol.Draft{Kind: protocol.KindHeartbeat}))
	quiet := must[virtual.Parcel](t)(observer.Pack(nil))
	if _, err := agency.Take(virtual.Parcel{Envelopes: quiet.Envelopes[:1]}); err != nil {
		t.Fatal(err)
	}
	talk()
	settled := line(agency)
	if settled < 3 {
		t.Fatalf("the line stands at %d", settled)
	}
	if _, err := agency.Take(quiet); err != nil {
		t.Fatalf("an observer's late entry: %v", err)
	}
	if line(agency) < settled {
		t.Error("the line went back")
	}
	meet(t, s)
	sameRows(t, s.Desks...)
}
