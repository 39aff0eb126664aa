package protocol_test

import (
	"errors"
	"strings"
	"testing"

	"kontor/protocol"
	"kontor/protocol/block"
	"kontor/protocol/feed"
	"kontor/testnet/virtual"
)

// stricter is a version of the rules that exists in tests alone: the type of an attachment has at most eight bytes.
const stricter = 2

func init() {
	set := protocol.KnownRules()[1]
	set.AttachmentType = 8
	protocol.RegisterRules(stricter, set)
}

// attachment is a small file under a type of a length.
func attachment(t testing.TB, n int, salt string) protocol.Draft {
	t.Helper()
	root, below := must2[block.Block, []block.Block](t)(block.Sheet{Type: strings.Repeat("x", n), SeriesKey: [32]byte{1, salt[0]}, Head: []byte{0xa0}}.Build())
	return protocol.Draft{Kind: protocol.KindAttachment, Body: &root, Blocks: below}
}

func must2[A, B any](t testing.TB) func(a A, b B, err error) (A, B) {
	return func(a A, b B, err error) (A, B) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return a, b
	}
}

func takeUp(t testing.TB, d *virtual.Desk, version int64) (feed.Entry, error) {
	t.Helper()
	return d.Write(must[protocol.Draft](t)(virtual.Body(protocol.KindRuleset, protocol.RulesetVote{Version: version})))
}

// TestRulesetIsInForceAfterTheLastMember took it up, and judges no entry that stands before, however late that arrives.
func TestRulesetIsInForceAfterTheLastMember(t *testing.T) {
	s := scene(t, 2, false)
	agency, maker := s.Desk("agency"), s.Desk("maker")
	old := must[feed.Entry](t)(agency.Write(attachment(t, 20, "a")))
	meet(t, s)
	must[feed.Entry](t)(takeUp(t, agency, stricter))
	meet(t, s)
	must[feed.Entry](t)(maker.Write(attachment(t, 21, "b"))) // one member alone changes nothing
	meet(t, s)
	// The agency is cut off: what it writes stands before the maker's entry, in the order all share.
	late := must[feed.Entry](t)(agency.Write(attachment(t, 22, "c")))
	for range 2 {
		heartbeat(t, maker)
	}
	must[feed.Entry](t)(takeUp(t, maker, stricter))
	if _, err := maker.Write(attachment(t, 23, "d")); err == nil {
		t.Error("the new rule does not judge what comes after it")
	}
	meet(t, s)
	if _, err := agency.Write(attachment(t, 24, "e")); err == nil {
		t.Error("the new rule does not judge what comes after it")
	}
	must[feed.Entry](t)(agency.Write(attachment(t, 8, "f")))
	meet(t, s)
	for _, d := range s.Desks {
		for _, e := range []feed.Entry{old, late} {
			if got := codesOf(t, d, e); len(got) > 0 {
				t.Errorf("%s: an entry before the rule is refused with %v", d.Name, got)
			}
		}
	}
	_, err := takeUp(t, agency, stricter)
	refusedWith(t, err, "RULESET-01")
	sameRows(t, s.Desks...)
}

// TestUnknownRulesetHalts the feed that takes it up, and nothing of that entry is stored.
func TestUnknownRulesetHalts(t *testing.T) {
	s := scene(t, 2, false)
	agency, maker := s.Desk("agency"), s.Desk("maker")
	known := protocol.KnownRules()
	known[7] = known[1]
	agency.Contract.JudgeBy(known)
	must[feed.Entry](t)(takeUp(t, agency, 7))
	var verdict *feed.Error
	if _, err := maker.Take(must[virtual.Parcel](t)(agency.Pack(maker))); !errors.As(err, &verdict) || verdict.Code != feed.CodeKind {
		t.Fatalf("%v", err)
	}
}

// TestOneRuleFlippedInOneNode: the maker's program has one rule altered. The rows differ, the agency's commitment raises the alarm at the maker, and
// bisection names the row.
func TestOneRuleFlippedInOneNode(t *testing.T) {
	s := scene(t, 2, false)
	agency, maker := s.Desk("agency"), s.Desk("maker")
	set := protocol.KnownRules()[1]
	set.AttachmentType = 8
	maker.Contract.JudgeBy(protocol.RuleSets{1: set})
	e := must[feed.Entry](t)(agency.Write(attachment(t, 20, "a")))
	meet(t, s)
	chatter(t, s)
	var commitment protocol.Draft
	if err := agency.View(func(r *protocol.Replica) error {
		d, ok, err := r.CommitmentDraft(agency.ID)
		if err == nil && !ok {
			err = errors.New("nothing to commit to")
		}
		commitment = d
		return err
	}); err != nil {
		t.Fatal(err)
	}
	must[feed.Entry](t)(agency.Write(commitment))
	out := must[protocol.Outcome](t)(maker.Take(must[virtual.Parcel](t)(agency.Pack(maker))))
	if len(out.Mismatches) != 1 || out.Mismatches[0].Member != agency.ID || out.Mismatches[0].Ours == out.Mismatches[0].Theirs {
		t.Fatalf("no alarm: %+v", out.Mismatches)
	}
	d, err := virtual.Differ(agency.DB, maker.DB, agency.Contract.PID)
	if err != nil || d == nil || d.Row != "attachment/"+e.Header.Body.String() && d.Row != "refused/"+e.CID.String() {
		t.Fatalf("bisection names %+v, %v", d, err)
	}
}
