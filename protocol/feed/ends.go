package feed

import (
	"kontor/protocol/block"
	"kontor/protocol/state"
)

// MaxEnds bounds the ends named of one author: its head, and a few branches. The furthest say most.
const MaxEnds = 8

var endsPrefix = []byte("ends/")

// noteEnds remembers where the branches end that the head does not lead to, those set aside too: a member that is told of them sends them no more.
func (l Log) noteEnds(author block.CID, head Entry, all []known) error {
	a := state.PartitionOf(author)
	key := l.part.Key(endsPrefix, a[:])
	prevs := map[block.CID]bool{head.CID: true}
	for _, e := range all {
		if e.Header.Prev != nil {
			prevs[*e.Header.Prev] = true
		}
	}
	var ends []End
	for _, e := range all {
		if !prevs[e.CID] {
			ends = append(ends, End{e.Header.Seq, e.CID})
		}
	}
	if len(ends) > MaxEnds-1 {
		ends = ends[len(ends)-MaxEnds+1:]
	}
	if len(ends) == 0 {
		return l.kv.Delete(state.TableIndex, key)
	}
	data, err := block.Marshal(ends)
	if err != nil {
		return err
	}
	return l.kv.Put(state.TableIndex, key, data)
}

// End is the last entry known of a branch.
type End struct {
	Seq int64     `cbor:"seq"`
	CID block.CID `cbor:"cid"`
}

// Ends lists where an author's branches end, its head last; a feed that never forked has its head alone.
func (l Log) Ends(author block.CID) (ends []End, err error) {
	head, found, err := l.Head(author)
	if err != nil || !found {
		return nil, err
	}
	a := state.PartitionOf(author)
	data, found, err := l.kv.Get(state.TableIndex, l.part.Key(endsPrefix, a[:]))
	if err != nil {
		return nil, err
	}
	if found {
		if err := block.Unmarshal(data, &ends); err != nil {
			return nil, err
		}
	}
	return append(ends, End{head.Header.Seq, head.CID}), nil
}
