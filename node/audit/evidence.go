package audit

import (
	"errors"
	"fmt"
	"io"
	"slices"

	"kontor/protocol"
	"kontor/protocol/block"
	"kontor/protocol/decision"
	"kontor/protocol/feed"
	"kontor/protocol/identity"
	"kontor/protocol/partnership"
	"kontor/protocol/state"
	"kontor/protocol/wire"

	"kontor/store/kv"
	"kontor/store/memory"
)

// evidence is a file under examination.
type evidence struct {
	report  *Report
	blocks  map[block.CID][]byte
	used    map[block.CID]bool
	root    index
	genesis partnership.Genesis
	chains  map[block.CID]*identity.Chain
	feeds   [][]feed.Envelope // by member
	envs    [][]identity.Envelope
	store   *memory.Store
	repl    *protocol.Contract
	entries map[block.CID]map[int64][]feed.Entry // of a fork that is resolved two or more at one number
	row     protocol.RoundRow
	doc     decision.Agreement

	dispute  string             // ID, of a file about a dispute
	withheld map[block.CID]bool // bodies that a file about a dispute leaves out
}

// read takes a block of the file; what is never taken does not belong there.
func (e *evidence) read(id block.CID, into any) error {
	data, held := e.blocks[id]
	if !held {
		return fmt.Errorf("block %s is not in the file", id)
	}
	e.used[id] = true
	return block.Unmarshal(data, into)
}

// open reads the file and finds in it everything its index names, and nothing else.
func (e *evidence) open(file io.Reader) (string, error) {
	roots, blocks, err := block.ReadCAR(file, block.CARBounds{Bytes: MaxBytes})
	if err != nil {
		return "", err
	}
	if len(roots) != 1 || len(blocks) == 0 || blocks[0].CID != roots[0] {
		return "", errors.New("the file has another form than one index at its beginning")
	}
	for _, b := range blocks {
		e.blocks[b.CID] = b.Data
	}
	e.report.Blocks = len(blocks)
	if err := e.readIndex(roots[0]); err != nil {
		return "", fmt.Errorf("index: %w", err)
	}
	e.report.Pid, e.report.Agreement = e.root.PID, e.root.Agreement
	data, held := e.blocks[e.root.PID]
	if !held {
		return "", errors.New("the partnership's genesis is not in the file")
	}
	e.used[e.root.PID] = true
	if e.genesis, err = partnership.Decode(data); err != nil {
		return "", err
	}
	if len(e.root.Members) != len(e.genesis.Members) {
		return "", fmt.Errorf("the file speaks of %d members, the genesis of %d", len(e.root.Members), len(e.genesis.Members))
	}
	for i, m := range e.root.Members {
		if m.Company != e.genesis.Members[i].Company {
			return "", fmt.Errorf("member %d is %s, in the genesis %s", i, m.Company.Short(), e.genesis.Members[i].Company.Short())
		}
		chain, err := envelopes[identity.Envelope](e, m.Chain, identity.MaxChain)
		if err != nil {
			return "", fmt.Errorf("identity chain of %s: %w", m.Company.Short(), err)
		}
		entries, err := envelopes[feed.Envelope](e, m.Feed, MaxEntries)
		if err != nil {
			return "", fmt.Errorf("feed of %s: %w", m.Company.Short(), err)
		}
		e.envs, e.feeds = append(e.envs, chain), append(e.feeds, entries)
		e.report.Entries += len(entries)
		for _, env := range entries {
			if err := e.body(env); err != nil {
				return "", err
			}
		}
	}
	for _, b := range blocks {
		if !e.used[b.CID] {
			return "", fmt.Errorf("block %s belongs to nothing in the file", b.CID)
		}
	}
	return fmt.Sprintf("%d blocks, every one fits its hash and is named", len(blocks)), nil
}

// envelopes reads pages of links and what they link to.
func envelopes[T any](e *evidence, pages []block.CID, most int) (out []T, err error) {
	for _, id := range pages {
		var p page
		if err := e.read(id, &p); err != nil {
			return nil, err
		}
		for _, link := range p.Links {
			if len(out) >= most {
				return nil, fmt.Errorf("more than %d entries", most)
			}
			var env T
			if err := e.read(link, &env); err != nil {
				return nil, err
			}
			out = append(out, env)
		}
	}
	return out, nil
}

// body marks what an entry carries as belonging to the file.
func (e *evidence) body(env feed.Envelope) error {
	var h feed.Header
	if err := block.Unmarshal(env.Header, &h); err != nil {
		return err
	}
	if h.Body == nil || h.Kind == protocol.KindSign {
		return nil
	}
	todo := []block.CID{*h.Body}
	seen := map[block.CID]bool{}
	for len(todo) > 0 {
		id := todo[0]
		todo = todo[1:]
		if seen[id] {
			continue
		}
		seen[id] = true
		data, held := e.blocks[id]
		if !held && id == *h.Body && e.withheld != nil && leavesOut(h.Kind) {
			e.withheld[id] = true
			return nil
		}
		if !held {
			return fmt.Errorf("entry %d of %s carries %s, which is not in the file", h.Seq, h.Author.Short(), id)
		}
		e.used[id] = true
		if !protocol.CarriesSheet(h.Kind) {
			return nil
		}
		links, err := block.Links(data)
		if err != nil {
			return err
		}
		todo = append(todo, links...)
	}
	return nil
}

// identities verifies every chain from its genesis.
func (e *evidence) identities() (string, error) {
	keys := 0
	for i, m := range e.genesis.Members {
		chain, err := identity.Load(e.envs[i])
		if err != nil {
			return "", fmt.Errorf("%s: %w", m.Company.Short(), err)
		}
		if chain.Company() != m.Company {
			return "", fmt.Errorf("the chain of member %d is of company %s, not of %s", i, chain.Company().Short(), m.Company.Short())
		}
		e.chains[m.Company] = chain
		keys += len(chain.Now().Keys())
		e.report.Parties = append(e.report.Parties, Party{Company: m.Company, Name: chain.Now().Name(), Role: m.Role, Fingerprint: chain.Head(), Entries: len(e.feeds[i])})
	}
	return fmt.Sprintf("%d chains from their genesis, %d certificates", len(e.chains), keys), nil
}

func (e *evidence) view(company, head block.CID) (identity.View, bool) {
	if chain := e.chains[company]; chain != nil {
		return chain.At(head)
	}
	return identity.View{}, false
}

// fold admits every entry as a node would, in an order that respects causality, and folds them by the same rules.
func (e *evidence) fold() (string, error) {
	contract, err := protocol.NewContract(e.genesis, e.view)
	if err != nil {
		return "", err
	}
	if contract.PID != e.root.PID {
		return "", fmt.Errorf("the genesis is of partnership %s, not of %s", contract.PID.Short(), e.root.PID.Short())
	}
	contract.Withhold(e.withheld)
	e.repl = contract
	var all []feed.Signed
	for i, envs := range e.feeds {
		var last feed.Signed
		for n, env := range envs {
			s, err := feed.Open(contract.Circle, env, e.view)
			if err != nil {
				return "", fmt.Errorf("entry %d of %s: %w", n+1, e.genesis.Members[i].Company.Short(), err)
			}
			if s.Header.Author != e.genesis.Members[i].Company || !follows(last, s) {
				return "", fmt.Errorf("entry %d in the feed of %s is number %d of %s", n+1, e.genesis.Members[i].Company.Short(), s.Header.Seq, s.Header.Author.Short())
			}
			last = s
			all = append(all, s)
		}
	}
	slices.SortFunc(all, func(a, b feed.Signed) int { x, y := a.Key(), b.Key(); return slices.Compare(x[:], y[:]) })
	e.store = memory.New()
	if err := e.keep(); err != nil {
		return "", err
	}
	note := func(out protocol.Outcome) error {
		if len(out.Mismatches) > 0 && len(e.withheld) == 0 {
			return fmt.Errorf("the state root %s committed to at line %d is not what its entries give", out.Mismatches[0].Member.Short(), out.Mismatches[0].Line)
		}
		return nil
	}
	for batch := range slices.Chunk(all, wire.MaxBatchEntries) {
		if err := e.step(note, func(r *protocol.Replica) (protocol.Outcome, error) { return r.Receive(batch, 0) }); err != nil {
			return "", err
		}
	}
	resolved, err := e.admitted(all)
	if err != nil {
		return "", err
	}
	text := fmt.Sprintf("%d entries, signatures, positions and causal order verified", len(all))
	if resolved > 0 {
		text += fmt.Sprintf("; forks that officers of all members resolved: %d", resolved)
	}
	return text, nil
}

// follows tells whether an entry may stand after another one in a feed's list: it has the next number, or the same where its author wrote two.
func follows(last, s feed.Signed) bool {
	if last.Header.Seq != s.Header.Seq {
		return s.Header.Seq == last.Header.Seq+1
	}
	return last.CID.Compare(s.CID) < 0
}

// admitted looks the entries up where they were folded. Who wrote two histories proves nothing until all members have said which of them counts.
func (e *evidence) admitted(all []feed.Signed) (resolved int, err error) {
	e.entries = map[block.CID]map[int64][]feed.Entry{}
	err = e.store.View(func(tx kv.KV) error {
		r := e.repl.Open(tx)
		forks, err := r.OpenForks()
		if err != nil {
			return err
		}
		for _, f := range forks {
			if !f.Resolved {
				return fmt.Errorf("%s wrote two histories from entry %d on, and the file holds no resolution that all members signed", f.Author.Short(), f.Seq)
			}
		}
		resolved = len(forks)
		for _, s := range all {
			h := s.Header
			entry, held, err := r.Log.Get(s.CID)
			if err != nil {
				return err
			}
			if !held {
				if known, err := r.Log.Knows(s.CID); err != nil || known {
					continue // a further history beside the ones that are kept: it counts nowhere
				}
				return fmt.Errorf("entry %d of %s was not admitted", h.Seq, h.Author.Short())
			}
			if e.entries[h.Author] == nil {
				e.entries[h.Author] = map[int64][]feed.Entry{}
			}
			e.entries[h.Author][h.Seq] = append(e.entries[h.Author][h.Seq], entry)
		}
		return nil
	})
	return resolved, err
}

// keep stores the blocks, as many at a time as the store takes.
func (e *evidence) keep() error {
	return e.store.Bulk(func(put func(table byte, key, value []byte) error) error {
		for id, data := range e.blocks {
			if err := put(state.TableBlocks, protocol.BlockKey(e.repl.PID, id), data); err != nil {
				return err
			}
		}
		return nil
	})
}

// step changes the replica and lets it fold to the end.
func (e *evidence) step(note func(protocol.Outcome) error, change func(*protocol.Replica) (protocol.Outcome, error)) error {
	for behind := true; behind; {
		var out protocol.Outcome
		err := e.store.Update(func(tx kv.KV) (err error) {
			out, err = change(e.repl.Open(tx))
			return err
		})
		if err == nil {
			err = note(out)
		}
		if err != nil {
			return err
		}
		behind, change = out.Behind, (*protocol.Replica).Continue
	}
	return nil
}
