package audit

import (
	"bytes"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"kontor/crypto/keys"
	"kontor/protocol"
	"kontor/protocol/block"
	"kontor/protocol/decision"
	"kontor/protocol/feed"
	"kontor/protocol/identity"
	"kontor/protocol/partnership"
	"kontor/protocol/quantity"
	"kontor/protocol/state"
	"kontor/protocol/wire"

	"kontor/store/kv"
	"kontor/store/memory"
)

// Verify judges a file by itself. The error is a *Failure when a check did not pass; the report says how far it came. A file that proves an agreement
// that is not final passes every check before AUDIT-07 and fails that one.
func Verify(file io.Reader) (Report, error) {
	data, err := io.ReadAll(io.LimitReader(file, MaxBytes+1))
	if err != nil {
		return Report{}, err
	}
	if typeOf(data) == DisputeType {
		return verifyDispute(data)
	}
	file = bytes.NewReader(data)
	r := Report{Verdict: "not proven", Parties: []Party{}, Signatures: []Signature{}, Effects: []decision.Effect{}, Status: []decision.PartyStatus{}, Checks: []Check{}}
	e := evidence{report: &r, blocks: map[block.CID][]byte{}, used: map[block.CID]bool{}, chains: map[block.CID]*identity.Chain{}}
	for _, step := range []struct {
		code, name string
		run        func() (string, error)
	}{
		{CheckFile, "file", func() (string, error) { return e.open(file) }},
		{CheckIdentity, "identity", e.identities},
		{CheckFeeds, "feeds", e.fold},
		{CheckDocument, "document", e.document},
		{CheckSignatures, "signatures", e.signatures},
		{CheckQuorum, "quorum", e.quorum},
		{CheckFinality, "finality", e.finality},
		{CheckEffects, "effects", e.effects},
	} {
		text, err := step.run()
		if err != nil {
			return r, r.fail(step.code, step.name, err)
		}
		r.pass(step.code, step.name, "%s", text)
	}
	r.Verdict, r.Final = "final", true
	return r, nil
}

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

// document finds the agreement on the table of its topic and renders it from its bytes.
func (e *evidence) document() (string, error) {
	var topic decision.Topic
	var data []byte
	err := e.store.View(func(tx kv.KV) error {
		r := e.repl.Open(tx)
		var known bool
		var err error
		if e.row, known, err = r.Round(e.root.Agreement); err != nil {
			return err
		}
		if !known {
			return fmt.Errorf("no entry put document %s on the table", e.root.Agreement)
		}
		if data, err = r.Block(e.root.Agreement); err != nil {
			return err
		}
		topic, _, err = r.Topic(e.row.Topic)
		return err
	})
	if err != nil {
		return "", err
	}
	rendering, err := decision.Render(data)
	if err != nil {
		return "", err
	}
	if rendering.CID != e.root.Agreement {
		return "", fmt.Errorf("the document's bytes are those of %s", rendering.CID)
	}
	e.doc = rendering.Document
	if found := e.doc.Check(); len(found) > 0 {
		return "", found[0]
	}
	if e.doc.Partnership != e.root.PID || e.doc.Topic != topic.ID {
		return "", errors.New("the document is of another partnership or topic")
	}
	e.report.Title, e.report.Digest, e.report.Text, e.report.Round = e.doc.Title, rendering.Digest.String(), rendering.Text, e.row.Verdict
	return fmt.Sprintf("%q, round %d, of the accepted offer in topic %s", e.doc.Title, e.doc.Round, topic.ID.Short()), nil
}

// signatures verifies each signature again by itself: the bytes, the certificate at the entry that carries it, the limit, the time.
func (e *evidence) signatures() (string, error) {
	if len(e.row.Signatures) == 0 {
		return "", errors.New("nobody has signed")
	}
	taken := map[block.CID]bool{}
	beside := 0
	for _, s := range e.row.Signatures {
		entry, signed, err := e.carrier(s, taken)
		if err != nil {
			return "", err
		}
		taken[entry.CID] = true
		fact, found := signed.Verify(e.doc, e.root.Agreement, s.Company, e.holder(entry, signed.Body))
		if len(found) > 0 {
			return "", found[0]
		}
		if fact.Key != s.Key || fact.Role != s.Role || fact.Person != s.Person {
			return "", fmt.Errorf("the signature in entry %d of %s is another one than the one that counted", s.Seq, s.Company.Short())
		}
		if entry.Header.T > e.doc.SignBy {
			return "", fmt.Errorf("the %s of %s signed at %d, after sign_by %d", s.Role, s.Company.Short(), entry.Header.T, e.doc.SignBy)
		}
		e.report.Signatures = append(e.report.Signatures, Signature{Company: s.Company, Role: s.Role, Key: string(s.Key.ID()), Person: hex.EncodeToString(s.Person[:]), Seq: s.Seq, T: entry.Header.T, Side: s.Side != nil})
		if s.Side != nil {
			beside++
		}
	}
	text := fmt.Sprintf("%d valid, each by a key certified for its role at the entry that carries it", len(e.row.Signatures))
	if beside > 0 {
		text += fmt.Sprintf("; %d in a history that counts against its author alone", beside)
	}
	return text, nil
}

// carrier is the entry that carries a signature: the author of a fork may have written several with that number.
func (e *evidence) carrier(s decision.Collected, taken map[block.CID]bool) (feed.Entry, decision.SignedRole, error) {
	for _, entry := range e.entries[s.Company][s.Seq] {
		if taken[entry.CID] || entry.Header.Kind != protocol.KindSignature || entry.Header.Body == nil {
			continue
		}
		signed, err := decision.ParseSignedRole(e.blocks[*entry.Header.Body])
		if err == nil && signed.Body.Key == s.Key {
			return entry, signed, nil
		}
	}
	return feed.Entry{}, decision.SignedRole{}, fmt.Errorf("the entry with the %s's signature of %s is not in the file", s.Role, s.Company.Short())
}

// quorum asks each party's policy again.
func (e *evidence) quorum() (string, error) {
	text := ""
	e.report.Status = e.row.Status()
	for i, s := range e.report.Status {
		quorum := ""
		for j, p := range e.doc.Parties {
			if p.Company == s.Company {
				quorum = e.doc.Parties[j].Quorum
			}
		}
		for j := range e.report.Parties {
			if e.report.Parties[j].Company == s.Company {
				e.report.Parties[j].Quorum, e.report.Parties[j].Ack = quorum, e.row.Parties[i].Ack
			}
		}
		if s.Missing != "" {
			return "", fmt.Errorf("%s asks for %s; missing: %s", e.name(s.Company), quorum, s.Missing)
		}
		if text != "" {
			text += "; "
		}
		text += fmt.Sprintf("%s: %s", e.name(s.Company), quorum)
	}
	return text, nil
}

func (e *evidence) name(company block.CID) string {
	if chain := e.chains[company]; chain != nil {
		return chain.Now().Name()
	}
	return company.Short()
}

// finality asks the round that both nodes fold.
func (e *evidence) finality() (string, error) {
	if e.row.Verdict != decision.Final {
		text := fmt.Sprintf("the round is %s", e.row.Verdict)
		for _, s := range e.report.Status {
			text += fmt.Sprintf("; %s: %s", e.name(s.Company), s.State)
		}
		return "", errors.New(text)
	}
	var at []string
	for _, p := range e.row.Parties {
		if p.Ack != nil {
			at = append(at, fmt.Sprintf("entry %d of %s", p.Ack.Seq, e.name(p.Company)))
		}
	}
	return "final at " + strings.Join(at, ", "), nil
}

func (e *evidence) effects() (string, error) {
	e.report.Effects = e.doc.Effects
	return fmt.Sprintf("%d cells fixed, in effect from %s to before %s", len(e.doc.Effects), e.doc.From, e.doc.Expires), nil
}

// holder is what the signer's identity chain says about a key at the entry that carries its signature.
func (e *evidence) holder(entry feed.Entry, body decision.RoleSignature) decision.Holder {
	view, held := e.view(entry.Header.Author, entry.Header.IDHead)
	if !held {
		return decision.Holder{}
	}
	knew, held := e.view(entry.Header.Author, body.IDHead)
	cert, ok := view.Key(body.Key[:], keys.Role, entry.Header.T)
	if !ok || !held || knew.Seq() > view.Seq() {
		return decision.Holder{}
	}
	h := decision.Holder{Company: entry.Header.Author, Role: decision.Role(cert.Role), Person: [16]byte(cert.Person), Valid: true}
	if cert.Limit != nil {
		h.Limit = &quantity.Money{Minor: cert.Limit.Minor, Currency: quantity.Currency(cert.Limit.Currency)}
	}
	return h
}
