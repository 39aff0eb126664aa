package protocol_test

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"kontor/node/audit"
	"kontor/protocol"
	"kontor/protocol/block"
	"kontor/protocol/dispute"
	"kontor/protocol/feed"
	"kontor/protocol/identity"
	"kontor/protocol/remedy"
	"kontor/protocol/terms"
	"kontor/testnet/virtual"
)

// Two companies and an arbiter say and sign things about a dispute in an order that a seed draws, hear of each other in parts, with clocks apart: in the end all keep
// the same rows, which a fold from nothing gives as well; the dispute has ended, its entry is owed once and never for more; nobody is bound by what it had not seen.
func TestDisputesUnderSeeds(t *testing.T) {
	seeds := uint64(10)
	if testing.Short() {
		seeds = 3
	}
	for seed := range seeds {
		t.Run(fmt.Sprint(seed), func(t *testing.T) { quarrel(t, seed) })
	}
}

func quarrel(t *testing.T, seed uint64) {
	y := yearOf(t, withArbiter(t), func(d *terms.Document) { pathToArbiter(d); d.Remedies[0].Cap = euro(1_000_000) })
	s, rng := y.s, rand.New(rand.NewPCG(seed, 11))
	id := y.opened(y.seller, y.missed())
	for range 60 {
		s.Now += virtual.Hour + rng.Int64N(virtual.Day)
		d := s.Desks[rng.IntN(len(s.Desks))]
		other := s.Desks[rng.IntN(len(s.Desks))]
		d.Skew = rng.Int64N(50*virtual.Minute) - 25*virtual.Minute
		switch rng.IntN(9) {
		case 8: // it stops, and starts again with what is stored
			d.Contract = must[*protocol.Contract](t)(protocol.NewContract(d.Contract.Genesis, d.Contract.Identities))
		case 0, 1:
			must[feed.Entry](t)(d.Write(protocol.Draft{Kind: protocol.KindHeartbeat}))
		case 2, 3, 4:
			if other == d {
				continue
			}
			p := must[virtual.Parcel](t)(d.Pack(other))
			if len(p.Envelopes) > 0 {
				p.Envelopes = p.Envelopes[:1+rng.IntN(len(p.Envelopes))]
				if _, err := other.Take(p); err != nil && !protocol.IsVerdict(err) {
					t.Fatal(err)
				}
			}
		default:
			y.quarrels(d, id, rng)
		}
	}
	for _, d := range s.Desks {
		d.Skew = 0 // an entry from ahead of a clock waits, and nothing comes after to wait for
	}
	for range 14 {
		s.Now += 7 * virtual.Day
		y.beat(s.Desks...)
	}
	sameRows(t, s.Desks...)
	d, i := y.the(id), y.one("2027-01", remedy.Kind(terms.Credit))
	if d.End == nil || i.Status == remedy.Disputed || i.Amount.Minor != d.End.Amount.Minor || i.Amount.Minor > 49_380 {
		t.Fatalf("%+v\n%s", d, i)
	}
	if d.End.Act != nil {
		for _, p := range d.Passed {
			for _, turn := range d.Turns {
				if turn.What == dispute.Unseen && turn.Act.Entry == d.End.Act.Entry {
					t.Fatalf("%s is bound by an act that came to nothing", p.Company.Short())
				}
			}
		}
	}
}

// quarrels says or signs something by what a desk knows; much of it is refused.
func (y *year) quarrels(d *virtual.Desk, id string, rng *rand.Rand) {
	y.t.Helper()
	var now dispute.Dispute
	if err := d.View(func(r *protocol.Replica) (err error) { now, _, err = r.Dispute(id); return err }); err != nil {
		y.t.Fatal(err)
	}
	if now.ID == "" {
		return
	}
	i := dispute.Instrument{Dispute: id, Level: now.Step().Level}
	role := []string{"CEO", "COO", "CFO"}[rng.IntN(3)]
	switch rng.IntN(6) {
	case 0:
		write(y.t, d, protocol.KindDispute, dispute.Act{Verb: dispute.Declare, Dispute: id, Text: "so it was"})
		return
	case 1:
		write(y.t, d, protocol.KindDispute, dispute.Act{Verb: dispute.Escalate, Dispute: id})
		return
	case 2:
		i.Verb, i.Outcome, i.Amount = dispute.Propose, dispute.Sum, euro(rng.Int64N(60_000))
	case 3:
		if len(now.Proposals) == 0 {
			return
		}
		o := now.Proposals[rng.IntN(len(now.Proposals))]
		i.Verb, i.Proposal, i.Outcome, i.Amount = dispute.Accept, &o.Entry, o.Outcome, o.Amount
	case 4:
		i.Verb, i.Outcome = dispute.Rule, terms.Halved
	default:
		if rng.IntN(4) > 0 {
			return // withdrawals would end nearly all
		}
		i.Verb = dispute.Withdraw
	}
	write(y.t, d, protocol.KindDispute, y.sealed(d, role, i))
}

// proved exports the dispute on every node: the bytes are the same, they prove how it ended without a node, and with one bit changed they prove nothing.
func (y *year) proved(id string, cause dispute.Cause) {
	y.t.Helper()
	y.s.Now += virtual.Hour
	y.beat(y.s.Desks...) // what ended it comes below the line
	var first []byte
	for _, d := range y.s.Desks {
		var file []byte
		if err := d.View(func(r *protocol.Replica) (err error) {
			file, err = audit.ExportDispute(r, func(company block.CID, from int64) []identity.Envelope { return y.s.Cast.Of(company).Chain.From(from) }, id)
			return err
		}); err != nil {
			y.t.Fatal(err)
		}
		if first == nil {
			first = file
		}
		if !bytes.Equal(first, file) {
			y.t.Fatalf("%s writes other bytes", d.Name)
		}
	}
	report, err := audit.Verify(bytes.NewReader(first))
	if err != nil || !report.Final || report.Dispute.End.Cause != cause || report.Dispute.Left == 0 {
		y.t.Fatalf("%v: %+v", err, report)
	}
	for _, code := range []string{audit.CheckFile, audit.CheckIdentity, audit.CheckFeeds, audit.CheckTerms, audit.CheckRemedy, audit.CheckPath, audit.CheckInstruments, audit.CheckOutcome} {
		if !slices.ContainsFunc(report.Checks, func(c audit.Check) bool { return c.Code == code && c.OK }) {
			y.t.Fatalf("no verdict on %s: %+v", code, report.Checks)
		}
	}
	roots, blocks, err := block.ReadCAR(bytes.NewReader(first), block.CARBounds{Bytes: audit.MaxBytes})
	if err != nil {
		y.t.Fatal(err)
	}
	for at := 1; at < len(blocks); at += len(blocks)/11 + 1 {
		var less bytes.Buffer
		if err := block.WriteCAR(&less, roots, slices.Delete(slices.Clone(blocks), at, at+1)); err != nil {
			y.t.Fatal(err)
		}
		if r, err := audit.Verify(&less); err == nil && r.Final {
			y.t.Fatalf("block %d of %d does not matter", at, len(blocks))
		}
	}
	for at := 200; at < len(first); at += len(first) / 23 {
		bad := bytes.Clone(first)
		bad[at] ^= 1
		if r, err := audit.Verify(bytes.NewReader(bad)); err == nil && r.Final {
			y.t.Fatalf("a bit at %d of %d does not matter", at, len(first))
		}
	}
}
