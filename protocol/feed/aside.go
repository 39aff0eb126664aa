package feed

import (
	"bytes"

	"kontor/protocol/block"
	"kontor/protocol/state"
)

// MaxAside bounds the entries set aside of one author: as many as a branch may have. Beyond it those furthest along go first; whoever holds
// them as part of a feed sends them again.
const MaxAside = ForkEntries

// An entry is set aside when it is valid and no part of the log: a further branch of an author that forked, or what a stolen key signed
// after its owner had replaced it. It is neither folded nor passed on. Where another member's entry builds on it, it is taken back.
var asidePrefix = []byte("aside/")

func (l Log) asideKey(id block.CID) []byte {
	e := state.PartitionOf(id)
	return l.part.Key(asidePrefix, e[:])
}

// Aside lists what is set aside of an author.
func (l Log) Aside(author block.CID) (out []Signed, err error) {
	prefix := l.part.Key(asidePrefix)
	err = l.kv.Scan(state.TableIndex, prefix, prefix, func(key, value []byte) (bool, error) {
		if len(key) != len(prefix)+len(state.Partition{}) {
			return true, nil // an entry's digest may begin with anything
		}
		e, err := decodeRecord(value)
		if err == nil && e.Header.Author == author {
			out = append(out, e.Signed)
		}
		return true, err
	})
	return out, err
}

func (l Log) asideEntry(id block.CID) (Signed, bool, error) {
	data, found, err := l.kv.Get(state.TableIndex, l.asideKey(id))
	if err != nil || !found {
		return Signed{}, false, err
	}
	e, err := decodeRecord(bytes.Clone(data))
	return e.Signed, err == nil, err
}

// Knows tells whether an entry is held, in the log or set aside.
func (l Log) Knows(id block.CID) (bool, error) {
	if _, held, err := l.Get(id); err != nil || held {
		return held, err
	}
	_, aside, err := l.asideEntry(id)
	return aside, err
}

// takeBack admits an entry that was set aside; what it builds on comes with it.
func (l Log) takeBack(s Signed) (Entry, error) {
	if err := l.kv.Delete(state.TableIndex, l.asideKey(s.CID)); err != nil {
		return Entry{}, err
	}
	e, err := l.admit(s)
	if err != nil {
		return Entry{}, err
	}
	l.memo.taken[s.CID] = true
	l.doubt(s.Header.Author, s.Header.Seq)
	return e, nil
}

// setAside takes an entry out of the log, but keeps it within bounds.
func (l Log) setAside(e Entry) error {
	a, id := state.PartitionOf(e.Header.Author), state.PartitionOf(e.CID)
	at := e.Key()
	for table, key := range map[byte][]byte{state.TableEntries: l.entryKey(e.Header.Author, e.Header.Seq, e.CID), state.TableOrder: l.part.Key(at[:]), state.TableIndex: l.part.Key(id[:])} {
		if err := l.kv.Delete(table, key); err != nil {
			return err
		}
	}
	if head, known := l.memo.heads[e.Header.Author]; known && head.CID == e.CID {
		delete(l.memo.heads, e.Header.Author)
	}
	if err := l.kv.Delete(state.TableIndex, l.part.Key(headPrefix, a[:])); err != nil {
		return err
	}
	return l.kv.Put(state.TableIndex, l.asideKey(e.CID), encodeRecord(Entry{Signed: e.Signed}))
}
