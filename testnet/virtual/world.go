package virtual

import (
	"fmt"
	"io"
	"math/rand/v2"
	"sync"

	"kontor/protocol"
	"kontor/protocol/block"
	"kontor/protocol/decision"
	"kontor/protocol/dispute"
	"kontor/protocol/feed"
	"kontor/protocol/partnership"
	"kontor/protocol/state"
	"kontor/store/memory"
)

// Config says which network to play.
type Config struct {
	Seed uint64
	// Trace gets one line an event; nil: none.
	Trace io.Writer
	// Rules, if set, says by which business rules an office's program judges; nil: by those of this program.
	Rules func(office string) protocol.RuleSets
	// Tamper, if set, is called for every office and partnership once the network has healed, before the last comparison.
	Tamper func(office string, p int, db *memory.Store, contract *protocol.Contract) error
}

// Legend explains the lines of a trace.
const Legend = `legend: "agency -> maker" a message arrives; "agency x maker" one is lost; "+" an entry is written; "!" a fault begins or ends;
"?" an act the rules refused; times are days and hours since the start; P1 to P7 are the promises of THREATS.`

// circle is one partnership and what all its honest members must agree on.
type circle struct {
	genesis  partnership.Genesis
	pid      block.CID
	members  []int                                     // places in the cast
	entries  map[block.CID]bool                        // all entries ever admitted by anyone
	seqs     map[seat]block.CID                        // the one entry of an honest author at a seq
	byset    map[[32]byte][32]byte                     // rows digest by set of entries
	roots    map[int64]string                          // root by settled line, and by the fork known then
	verdicts map[block.CID]map[decision.Verdict]string // who was first to hold a verdict
}

type seat struct {
	author block.CID
	seq    int64
}

// world is one network.
type world struct {
	rng     *rand.Rand
	now     int64
	queue   queue
	made    int
	cast    Cast
	full    Cast // with those who have no office here
	offices []*office
	circles []*circle
	cut     [][]int64 // until when nothing passes from one to another
	drop    float64
	repeat  float64
	calm    bool // no faults, short delays
	forkers map[block.CID]bool
	forking bool // this seed has a forker
	story   story
	year    bool                   // its months go by until a year is over
	months  int                    // that have gone by
	setUp   int                    // entries when the story began
	quarrel int                    // entries when a dispute was first seen
	frame   block.CID              // the document that the story's companies begin with
	ends    map[string]dispute.End // of disputes, as somebody's settled line has them
	rules   func(office string) protocol.RuleSets
	shown   bool // somebody holds both histories
	trace   io.Writer
	debug   map[[32]byte][]state.Row // rows by set of entries, only while tracing
	totals  Totals
}

var sharedCast = sync.OnceValues(func() (Cast, error) { return NewCast(len(names)) })

var mixedCast = sync.OnceValues(newMixedCast)

// geneses are made once: they are the same in every seed.
var geneses sync.Map

// judges are the places in the cast of those who judge in a partnership: a witness, a member; an arbiter, who need not be one. -1: none.
type judges struct{ witness, arbiter int }

var nobody = judges{-1, -1}

func genesisOf(cast Cast, members []int, by judges) (partnership.Genesis, error) {
	key := fmt.Sprint(members, by)
	if g, ok := geneses.Load(key); ok {
		return g.(partnership.Genesis), nil
	}
	var seats []Seat
	for i, m := range members {
		role := partnership.RoleSeller
		if i == 0 {
			role = partnership.RoleBuyer
		}
		seats = append(seats, Seat{cast[m], role})
	}
	var w *Company
	if by.witness >= 0 {
		w = cast[by.witness]
	}
	g, err := Found(seats, w, Product)
	if err == nil && by.arbiter >= 0 {
		g.Arbiter = &cast[by.arbiter].ID
		g, err = partnership.New(g)
	}
	if err == nil {
		geneses.Store(key, g)
	}
	return g, err
}

// seat says how many companies a network has, who trades with whom, and who judges in its first partnership.
func (w *world) seat(seed uint64) (n int, circles [][]int, by judges) {
	n, by = 2+int(seed%4), nobody
	switch w.story {
	case creditStory:
		if seed/8%2 == 1 {
			by.arbiter = notary
		}
		return n, [][]int{{0, 1}}, by
	case agreementStory:
		return n, [][]int{{0, 1}}, by
	case circleStory:
		by.arbiter = notary
		if seed/32%2 == 0 {
			return n, [][]int{{0, 1, 2}}, by
		}
		if seed/64%2 == 0 {
			by.witness = notary
		}
		return notary + 1, [][]int{{0, 1, 2, notary}}, by
	}
	circles = [][]int{{0, 1}}
	if n >= 3 {
		switch w.rng.IntN(4) {
		case 0:
			circles = [][]int{{0, 1, 2}}
		case 1:
			circles, by.witness = [][]int{{0, 1, 2}}, 2
		}
	}
	// Everybody has a partner: those left out trade with the one before.
	for i := len(circles[0]); i < n; i++ {
		circles = append(circles, []int{i - 1, i})
	}
	return n, circles, by
}

// Run plays one network to its end. The error names the promise that was broken.
func Run(cfg Config) (Totals, error) {
	w, err := newWorld(cfg)
	if err != nil {
		return Totals{}, err
	}
	if err := w.play(); err != nil {
		return w.totals, err
	}
	if err := w.heal(); err != nil {
		return w.totals, err
	}
	if cfg.Tamper != nil {
		for _, o := range w.offices {
			for p, m := range o.part {
				if m == nil {
					continue
				}
				if err := cfg.Tamper(o.c.Name, p, o.db, m.contract); err != nil {
					return w.totals, err
				}
			}
		}
	}
	err = w.judgement()
	return w.totals, err
}

func newWorld(cfg Config) (*world, error) {
	cast, err := mixedCast()
	if err != nil {
		return nil, err
	}
	w := &world{rng: rand.New(rand.NewPCG(cfg.Seed, 0x6b6f6e746f72)), now: Start, trace: cfg.Trace, rules: cfg.Rules, forkers: map[block.CID]bool{}, ends: map[string]dispute.End{}, debug: map[[32]byte][]state.Row{},
		totals: Totals{Seeds: 1, Rounds: map[decision.Verdict]int{}, Halted: map[string]int{}, Told: Told{}, Ends: map[dispute.Cause]int{}, Standing: map[decision.Standing]int{}}}
	w.story, w.full = storyOf(cfg.Seed), cast
	w.year = w.story == creditStory && cfg.Seed/8%8 == 3
	w.drop, w.repeat = w.rng.Float64()*0.3, w.rng.Float64()*0.2
	w.forking = w.rng.IntN(10) == 0 || w.story != noStory && w.rng.IntN(4) == 0
	n, circles, first := w.seat(cfg.Seed)
	w.cast = cast[:n]
	w.cut = make([][]int64, n)
	for i := range w.cut {
		w.cut[i] = make([]int64, n)
	}
	for i, members := range circles {
		judges := nobody
		if i == 0 {
			judges = first
		}
		g, err := genesisOf(cast, members, judges)
		if err != nil {
			return nil, err
		}
		pid, err := g.ID()
		if err != nil {
			return nil, err
		}
		w.circles = append(w.circles, &circle{genesis: g, pid: pid, members: members, entries: map[block.CID]bool{}, seqs: map[seat]block.CID{},
			byset: map[[32]byte][32]byte{}, roots: map[int64]string{}, verdicts: map[block.CID]map[decision.Verdict]string{}})
	}
	for i, c := range w.cast {
		// Some offices fold a few records a transaction, and some wait with what stands above the settled line: neither may show.
		kind := (cfg.Seed + uint64(i)) % 4
		if w.story != noStory {
			kind = (cfg.Seed/8 + uint64(i)) % 4
		}
		o := &office{w: w, i: i, c: c, patient: kind%2 == 1, db: memory.New(), knew: make([]int64, n), part: make([]*membership, len(w.circles))}
		if kind >= 2 {
			o.step = state.Step{Keys: 1 + int(cfg.Seed/4%17), Bytes: 1 << 20}
		}
		for j, other := range w.cast {
			view, _ := other.Chain.At(other.Heads[Founded])
			o.knew[j] = view.Seq()
		}
		for p, circle := range w.circles {
			for _, m := range circle.members {
				if m == i {
					o.part[p] = &membership{verdicts: map[block.CID]decision.Verdict{}, held: map[block.CID]bool{}}
					o.part[p].contract = w.contract(p, o)
					o.part[p].own = o.part[p].contract.Circle.Index(c.ID)
				}
			}
		}
		w.offices = append(w.offices, o)
	}
	w.totals.Companies, w.totals.Partnerships = n, len(w.circles)
	return w, nil
}

func (w *world) contract(p int, o *office) *protocol.Contract {
	c, err := protocol.NewContract(w.circles[p].genesis, o.identities)
	if err != nil {
		panic("invariant: the genesis was checked when it was made: " + err.Error())
	}
	c.Step = o.step
	if w.rules != nil {
		if sets := w.rules(o.c.Name); sets != nil {
			c.JudgeBy(sets)
		}
	}
	return c
}

func (w *world) members(p int) []int { return w.circles[p].members }

func (w *world) name(id block.CID) string {
	if c := w.cast.Of(id); c != nil {
		return c.Name
	}
	return id.Short()
}

// title names a partnership by its members.
func (w *world) title(p int) string {
	text := ""
	for i, m := range w.circles[p].members {
		if i > 0 {
			text += "+"
		}
		text += w.cast[m].Name
	}
	if w.circles[p].genesis.Witness != nil {
		text += " (witnessed)"
	}
	return text
}

func (w *world) log(format string, args ...any) {
	if w.trace != nil {
		since := w.now - Start
		fmt.Fprintf(w.trace, "%3dd %02d:%02d:%02d  %s\n", since/Day, since%Day/Hour, since%Hour/Minute, since%Minute/1000, fmt.Sprintf(format, args...))
	}
}

// admitted notes an entry that some office holds.
func (w *world) admitted(p int, e feed.Entry) {
	c := w.circles[p]
	if c.entries[e.CID] {
		return
	}
	c.entries[e.CID] = true
	w.totals.Entries++
	at := seat{e.Header.Author, e.Header.Seq}
	if _, taken := c.seqs[at]; taken && !w.forkers[e.Header.Author] {
		panic(broken(fmt.Sprintf("P7: honest %s wrote two entries with seq %d in %s", w.name(at.author), at.seq, w.title(p))))
	}
	c.seqs[at] = e.CID
	w.log("%-10s + %s, entry %d (lam %d) in %s", w.name(e.Header.Author), e.Header.Kind, e.Header.Seq, e.Header.Lam, w.title(p))
}

// unsent forgets what a company wrote past its high-water mark: a crash took the process before anything left, and with an old database put
// back in its place nobody has it. The number is free again.
func (w *world) unsent(p int, author block.CID, high int64) {
	c := w.circles[p]
	for at := range c.seqs {
		if at.author == author && at.seq > high {
			delete(c.seqs, at)
		}
	}
}

// broken is a broken promise found where no error can be returned.
type broken string

// judge looks at why a stream stopped: between honest offices only for what is not there yet.
func (w *world) judge(o *office, p int, err error) error {
	if err == nil {
		return nil
	}
	w.totals.Halts++
	w.totals.Halted[haltOf(err)]++
	w.log("%-10s stops reading: %v", o.c.Name, err)
	if _, verdict := err.(*feed.Error); verdict && len(w.forkers) == 0 {
		return fmt.Errorf("P3: %s refuses an honest entry in %s: %w", o.c.Name, w.title(p), err)
	}
	return nil
}

func haltOf(err error) string {
	switch e := err.(type) {
	case *feed.Error:
		return e.Code
	case *feed.Missing:
		return "missing " + e.What
	}
	return "parked"
}
