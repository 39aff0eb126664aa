package feed

import (
	"encoding/binary"
	"fmt"
	"slices"

	"kontor/protocol/block"
	"kontor/protocol/state"
)

// Log is the admitted entries of one partnership inside one transaction. Who writes entries in a transaction does so through one Log
// and its copies: it remembers heads and forks.
type Log struct {
	kv     state.KV
	circle Circle
	part   state.Partition
	cache  *Cache
	memo   *memo
	ids    Identities
}

// NewLog opens the log of a partnership.
func NewLog(kv state.KV, circle Circle) Log {
	return Log{kv: kv, circle: circle, part: state.PartitionOf(circle.PID), memo: newMemo()}
}

// With gives the log the use of a cache, which belongs to this partnership alone.
func (l Log) With(cache *Cache) Log {
	l.cache = cache
	return l
}

// Knowing gives the log the identities of the members, by which it tells an entry of a stolen key from a fork.
func (l Log) Knowing(ids Identities) Log {
	l.ids = ids
	return l
}

// An entry at rest never leaves the machine as such, so it has a plain form: signature, place of the identity head and clock as a count
// and numbers, all unsigned varints, then the header to the end.
func encodeRecord(e Entry) []byte {
	out := make([]byte, 0, sigSize+4+4*len(e.Clock)+len(e.Envelope.Header))
	out = append(out, e.Envelope.Sig...)
	out = binary.AppendUvarint(out, uint64(e.IDSeq))
	out = binary.AppendUvarint(out, uint64(len(e.Clock)))
	for _, seq := range e.Clock {
		out = binary.AppendUvarint(out, uint64(seq))
	}
	return append(out, e.Envelope.Header...)
}

// headPrefix stands before an author's digest in the index: which of its entries is the newest held.
var headPrefix = []byte("head/")

// sigSize is that of an Ed25519 signature: Open let nothing else pass.
const sigSize = 64

func (l Log) entryKey(author block.CID, seq int64, id block.CID) []byte {
	a, e := state.PartitionOf(author), state.PartitionOf(id)
	return l.part.Key(a[:], be64(seq), e[:])
}

func (l Log) feedPrefix(author block.CID) []byte {
	a := state.PartitionOf(author)
	return l.part.Key(a[:])
}

// Get reads an entry by its CID.
func (l Log) Get(id block.CID) (Entry, bool, error) { return l.get(state.PartitionOf(id)) }

func (l Log) get(e state.Partition) (Entry, bool, error) {
	where, found, err := l.kv.Get(state.TableIndex, l.part.Key(e[:]))
	if err != nil || !found {
		return Entry{}, false, err
	}
	if entry, known := l.cache.get(e); known {
		return entry, true, nil
	}
	data, found, err := l.kv.Get(state.TableEntries, l.part.Key(where, e[:]))
	if err != nil || !found {
		return Entry{}, false, err
	}
	entry, err := l.decode(e, data)
	return entry, err == nil, err
}

// decode reads a stored entry, or remembers it.
func (l Log) decode(id state.Partition, data []byte) (Entry, error) {
	if e, known := l.cache.get(id); known {
		return e, nil
	}
	e, err := decodeRecord(data)
	if err == nil {
		l.cache.put(id, e)
	}
	return e, err
}

// decodeAt reads a stored entry whose digest ends its key.
func (l Log) decodeAt(key, data []byte) (Entry, error) {
	var id state.Partition
	copy(id[:], key[len(key)-len(id):])
	return l.decode(id, data)
}

func decodeRecord(data []byte) (Entry, error) {
	torn := func() (Entry, error) {
		return Entry{}, fmt.Errorf("stored entry of %d bytes is torn; restore the database from a backup", len(data))
	}
	if len(data) < sigSize {
		return torn()
	}
	e := Entry{Signed: Signed{Envelope: Envelope{Sig: data[:sigSize:sigSize]}}}
	rest := data[sigSize:]
	number := func() uint64 {
		n, used := binary.Uvarint(rest)
		if used <= 0 || used > 1 && rest[used-1] == 0 {
			rest = nil
			return 0
		}
		rest = rest[used:]
		return n
	}
	e.IDSeq = int64(number())
	members := number()
	if rest == nil || members > MaxMembers {
		return torn()
	}
	e.Clock = make([]int64, members)
	for i := range e.Clock {
		e.Clock[i] = int64(number())
	}
	if rest == nil {
		return torn()
	}
	e.Envelope.Header = rest
	if err := block.Unmarshal(rest, &e.Header); err != nil {
		return Entry{}, fmt.Errorf("stored entry header: %w; restore the database from a backup", err)
	}
	e.CID = e.Envelope.CID()
	return e, nil
}

// Head is the newest entry held of an author; false when none is.
func (l Log) Head(author block.CID) (head Entry, found bool, err error) {
	if head, known := l.memo.heads[author]; known {
		return head, true, nil
	}
	a := state.PartitionOf(author)
	id, found, err := l.kv.Get(state.TableIndex, l.part.Key(headPrefix, a[:]))
	if err != nil {
		return Entry{}, false, err
	}
	if found && len(id) == len(state.Partition{}) {
		head, found, err = l.get(state.Partition(id))
		if found {
			l.memo.heads[author] = head
		}
		return head, found, err
	}
	// Only a feed that is empty has no pointer to its head; the scan says so.
	head, found, err = l.last(author)
	if found {
		l.memo.heads[author] = head
	}
	return head, found, err
}

// last is the entry of an author that stands furthest along.
func (l Log) last(author block.CID) (last Entry, found bool, err error) {
	err = l.kv.ScanReverse(state.TableEntries, l.feedPrefix(author), nil, func(key, value []byte) (bool, error) {
		last, err = l.decodeAt(key, value)
		found = err == nil
		return false, err
	})
	return last, found, err
}

// At lists the entries of an author at a seq: one, or more when the author forked.
func (l Log) At(author block.CID, seq int64) (entries []Entry, err error) {
	prefix := append(l.feedPrefix(author), be64(seq)...)
	err = l.kv.Scan(state.TableEntries, prefix, prefix, func(key, value []byte) (bool, error) {
		e, err := l.decodeAt(key, value)
		entries = append(entries, e)
		return true, err
	})
	return entries, err
}

// From visits an author's entries from a seq on, oldest first.
func (l Log) From(author block.CID, seq int64, fn func(Entry) (more bool, err error)) error {
	prefix := l.feedPrefix(author)
	return l.kv.Scan(state.TableEntries, prefix, append(prefix, be64(seq)...), func(_, value []byte) (bool, error) {
		e, err := decodeRecord(value) // a long walk would push out of the cache what is needed again
		if err != nil {
			return false, err
		}
		return fn(e)
	})
}

// Newest gives an author's entries from a seq on, oldest first, when they are at most a given number: back from the head by its links, which
// is quicker than a walk where they are few and were written or read a moment ago. ok is false when they are more, or when there was ever a
// fork here, and then [Log.From] tells.
func (l Log) Newest(author block.CID, seq int64, most int) (entries []Entry, ok bool, err error) {
	if doubted, err := l.Doubted(); err != nil || doubted {
		return nil, false, err
	}
	e, found, err := l.Head(author)
	if err != nil || !found || e.Header.Seq < seq {
		return nil, err == nil, err
	}
	if e.Header.Seq-seq >= int64(most) {
		return nil, false, nil
	}
	for {
		entries = append(entries, e)
		if e.Header.Seq == seq || e.Header.Prev == nil {
			slices.Reverse(entries)
			return entries, true, nil
		}
		if e, found, err = l.Get(*e.Header.Prev); err != nil || !found {
			return nil, false, err
		}
	}
}

// Places lists the places of all admitted entries in the total order.
func (l Log) Places() (places []state.OrderKey, err error) {
	prefix := l.part.Key()
	err = l.kv.Scan(state.TableOrder, prefix, prefix, func(key, _ []byte) (bool, error) {
		var at state.OrderKey
		copy(at[:], key[len(prefix):])
		places = append(places, at)
		return true, nil
	})
	return places, err
}

// Resolve reads the entry that stands at a place.
func (l Log) Resolve(at state.OrderKey) (Entry, error) {
	if e, known := l.cache.get(state.Partition(at[48:80])); known {
		return e, nil
	}
	data, found, err := l.kv.Get(state.TableEntries, l.part.Key(at[8:40], at[40:48], at[48:80]))
	if err != nil {
		return Entry{}, err
	}
	if !found {
		return Entry{}, fmt.Errorf("feed: no entry stands at lam %d; the order index points nowhere", at.Lam())
	}
	return l.decodeAt(at[:], data)
}

// SettledLine is L of PROTOCOL 4: the smallest lam of the newest entries held of the writing members; 0 while a member, observers
// included, has not signed.
func (l Log) SettledLine() (int64, error) {
	line := int64(-1)
	for _, m := range l.circle.Members {
		head, found, err := l.Head(m.Company)
		if err != nil || !found {
			return 0, err
		}
		if !m.Writes {
			continue
		}
		if line < 0 || head.Header.Lam < line {
			line = head.Header.Lam
		}
	}
	if fork, found, err := l.FirstFork(); err != nil {
		return 0, err
	} else if found && line >= fork.Lam {
		line = fork.Lam - 1
	}
	return max(line, 0), nil
}

func (l Log) put(e Entry) error {
	h := e.Header
	a, id := state.PartitionOf(h.Author), state.PartitionOf(e.CID)
	head, found, err := l.Head(h.Author)
	if err != nil {
		return err
	}
	resolutions, err := l.Resolutions(h.Author)
	if err != nil {
		return err
	}
	// After a resolution only what goes on from it is a head; Keep finds out where that is not plain.
	further := head.Header.Seq < h.Seq || head.Header.Seq == h.Seq && head.CID.Compare(e.CID) < 0
	if !found || further && (len(resolutions) == 0 || h.Prev != nil && *h.Prev == head.CID) {
		if err := l.kv.Put(state.TableIndex, l.part.Key(headPrefix, a[:]), id[:]); err != nil {
			return err
		}
		l.memo.heads[h.Author] = e
	}
	l.cache.put(id, e)
	if err := l.kv.Put(state.TableEntries, l.entryKey(h.Author, h.Seq, e.CID), encodeRecord(e)); err != nil {
		return err
	}
	at := e.Key()
	if err := l.kv.Put(state.TableOrder, l.part.Key(at[:]), []byte{}); err != nil {
		return err
	}
	return l.kv.Put(state.TableIndex, l.part.Key(id[:]), append(a[:], be64(h.Seq)...))
}

func be64(n int64) []byte {
	var b [8]byte
	binary.BigEndian.PutUint64(b[:], uint64(n))
	return b[:]
}
