package protocol

import (
	"math"

	"kontor/protocol/block"
	"kontor/protocol/feed"
	"kontor/protocol/partnership"
	"kontor/protocol/state"
)

// Contract is what of a partnership does not change while a node runs.
type Contract struct {
	PID        block.CID
	Genesis    partnership.Genesis
	Circle     feed.Circle
	Identities feed.Identities
	// verdicts remembers, by body, what the rules said of an artifact: a pure function of its bytes, and dear to compute again
	// at every replay.
	verdicts verdictCache
	opened   openedForecasts
	versions openedVersions
	// rules are the versions of the business rules, by number.
	rules RuleSets
	// entries and signatures remember what was decoded and verified before.
	entries    feed.Cache
	signatures signatureCache
	quiet      quiet
	stored     storedLinks
	standing   standing
	observers  map[state.Partition]bool
	withheld   map[block.CID]bool // bodies that an auditor was not given
	// Step bounds what one transaction folds; the zero value is the default. Tests make it small.
	Step state.Step
}

// NewContract checks a genesis and prepares it for use.
func NewContract(g partnership.Genesis, ids feed.Identities) (*Contract, error) {
	if err := g.Check(); err != nil {
		return nil, err
	}
	circle, err := g.Circle()
	if err != nil {
		return nil, err
	}
	c := &Contract{PID: circle.PID, Genesis: g, Circle: circle, Identities: ids, observers: map[state.Partition]bool{}, rules: ruleSets}
	for _, m := range circle.Members {
		if !m.Writes {
			c.observers[state.PartitionOf(m.Company)] = true
		}
	}
	return c, nil
}

// Withhold makes entries with these bodies stand in their place and say nothing: for an auditor who is shown a part of what the feeds carry. State roots then
// say nothing either.
func (c *Contract) Withhold(bodies map[block.CID]bool) { c.withheld = bodies }

// uncounted tells which entries the fold does not read: those of observers but for their first, the signature. Observers do not
// hold the settled line back, so an entry of theirs may arrive below it; it is stored and passed on, and writes no rows anywhere.
// Nor does it read what the resolution of a fork does not keep.
func (r *Replica) uncounted(at state.OrderKey) bool {
	return at.Seq() > 1 && r.observers[at.Author()] || r.outside(at)
}

// Replica is one company's copy of a partnership inside one transaction.
type Replica struct {
	*Contract
	Log     feed.Log
	kv      state.KV
	part    state.Partition
	machine state.Machine
	forks   map[block.CID][]forkState    // by author, ascending by seq; empty nearly always
	votes   map[block.CID]vote           // by entry of kind fork.resolve
	inside  map[block.CID]bool           // entries that resolutions keep, read once
	unread  error                        // why uncounted could not tell
	agreed  map[forkPlace]ForkRow        // who signed what resolved a fork
	when    map[forkPlace]state.OrderKey // of the entry whose signature did
	seen    map[block.CID]seenOf         // by author that forked: who saw how much of which branch
	idle    bool                         // no topic is active and no round open where the fold stands
	last    state.OrderKey               // the entry folded last
	refused bool                         // an entry folded since the last outcome was refused
}

// Open binds a contract to a transaction.
func (c *Contract) Open(kv state.KV) *Replica {
	r := &Replica{Contract: c, Log: feed.NewLog(kv, c.Circle).With(&c.entries).Knowing(c.Identities), kv: kv, part: state.PartitionOf(c.PID)}
	r.machine = state.NewMachine(kv, r.part, r.apply, r.uncounted).In(c.Step)
	return r
}

// Rows are the rows at the tip.
func (r *Replica) Rows() state.Rows { return state.NewTable(r.kv, r.part) }

// Tree is the Merkle tree at the settled line.
func (r *Replica) Tree() state.Tree { return state.NewTree(r.kv, r.part) }

// Line is the settled line.
func (r *Replica) Line() (int64, error) { return r.machine.Line() }

// RootAt is the state root at a settled line.
func (r *Replica) RootAt(line int64) (state.Hash, bool, error) { return r.machine.RootAt(line) }

// Behind tells whether entries held are not folded yet: then rows are those of an earlier moment.
func (r *Replica) Behind() (bool, error) { return r.machine.Behind() }

// FoldingAgain tells whether everything is being folded from nothing after [Replica.Rebuild]: until it is done rows are missing that stood before.
func (r *Replica) FoldingAgain() (bool, error) { return r.machine.Again() }

// Folded counts the entries that are folded, and those that are held, by walking over all of them.
func (r *Replica) Folded() (done, held int64, err error) { return r.machine.Folded() }

// Continue goes on where an outcome was left behind: it folds and settles as much as one transaction takes.
func (r *Replica) Continue() (out Outcome, err error) {
	if _, err := r.learnForks(); err != nil {
		return out, err
	}
	progress, err := r.insert(nil, "", math.MaxInt64)
	if err != nil {
		return out, err
	}
	return out, r.settle(&out, progress)
}

// settle moves the settled line as far as the feeds and the fold allow and checks the commitments that came, and those that the line reached.
func (r *Replica) settle(out *Outcome, progress state.Progress) error {
	out.Replayed = progress.Undone
	out.Refused, r.refused = r.refused, false
	came := false
	for _, e := range out.Admitted {
		if e.Header.Kind == KindCommitment {
			came = true
			if err := r.noteCommitment(e); err != nil {
				return err
			}
		}
	}
	line, err := r.Log.SettledLine()
	if err != nil {
		return err
	}
	old, err := r.machine.Line()
	if err != nil {
		return err
	}
	if !progress.Full {
		if out.Settled, err = r.machine.Settle(line); err != nil {
			return err
		}
	}
	if out.Line, err = r.machine.Line(); err != nil {
		return err
	}
	out.Behind = progress.Behind || out.Line < line
	if !came && out.Line == old {
		return nil
	}
	out.Mismatches, err = r.checkCommitments(old, out)
	return err
}

// Rebuild has every stored entry folded from nothing: after a fork, and to verify a database. It begins the work; Continue does it.
func (r *Replica) Rebuild() error {
	if _, err := r.learnForks(); err != nil {
		return err
	}
	if err := r.dropCommitments(); err != nil {
		return err
	}
	r.idle = false
	return r.machine.Restart()
}
