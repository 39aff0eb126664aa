package feed

import (
	"slices"

	"kontor/protocol/block"
	"kontor/protocol/state"
)

// Resolution is a fork that the members have resolved: what of it counts, and from where its author's feed goes on.
type Resolution struct {
	Seq      int64       `cbor:"seq"`
	Main     block.CID   `cbor:"main"` // the first entry of the branch whose acts count
	Kept     []block.CID `cbor:"kept"` // the last entries that count, of all branches
	On       block.CID   `cbor:"on"`   // the one of them that the author's next entry builds upon
	OnSeq    int64       `cbor:"on_seq"`
	Document block.CID   `cbor:"document"`
}

var resolvedPrefix = []byte("resolved/")

// Resolutions lists the forks of an author that are resolved, ascending by seq; each goes on from the one before.
func (l Log) Resolutions(author block.CID) (list []Resolution, err error) {
	if list, known := l.memo.resolved[author]; known {
		return list, nil
	}
	a := state.PartitionOf(author)
	data, found, err := l.kv.Get(state.TableIndex, l.part.Key(resolvedPrefix, a[:]))
	if err != nil {
		return nil, err
	}
	if found {
		if err := block.Unmarshal(data, &list); err != nil {
			return nil, err
		}
	}
	l.memo.resolved[author] = list
	return list, nil
}

// SetResolutions notes which forks of an author are resolved, as the entries held say. What is kept must be decided again after.
func (l Log) SetResolutions(author block.CID, list []Resolution) error {
	a := state.PartitionOf(author)
	data, err := block.Marshal(list)
	if err != nil {
		return err
	}
	if err := l.kv.Put(state.TableIndex, l.part.Key(resolvedPrefix, a[:]), data); err != nil {
		return err
	}
	l.memo.resolved[author] = slices.Clone(list)
	if _, err := l.putHead(author); err != nil {
		return err
	}
	return l.doubtForked(author)
}

// GoesOn tells whether an entry of the author descends from where a resolution lets its feed go on.
func (l Log) GoesOn(r Resolution, e Entry) (bool, error) {
	if e.Header.Seq <= r.OnSeq {
		return false, nil
	}
	if goes, known := l.memo.goesOn[e.CID]; known && goes.on == r.On {
		return goes.yes, nil
	}
	yes, err := l.leadsTo(r, e)
	if err == nil {
		l.memo.goesOn[e.CID] = goesOn{r.On, yes}
	}
	return yes, err
}

type goesOn struct {
	on  block.CID
	yes bool
}

// leadsTo walks back from the head, which goes on from the last resolution noted, to the entry, where that is nearer; where the author has forked again
// and the entry stands beside that way, from the entry to the resolution.
func (l Log) leadsTo(r Resolution, e Entry) (bool, error) {
	author := e.Header.Author
	list, err := l.Resolutions(author)
	if err != nil {
		return false, err
	}
	if slices.ContainsFunc(list, func(n Resolution) bool { return n.On == r.On }) {
		head, found, err := l.Head(author)
		if err != nil {
			return false, err
		}
		for found && head.Header.Seq > e.Header.Seq && head.Header.Seq-e.Header.Seq < e.Header.Seq-r.OnSeq {
			if head, found, err = l.Get(*head.Header.Prev); err != nil {
				return false, err
			}
		}
		if found && head.CID == e.CID {
			return true, nil
		}
	}
	for at := e; at.Header.Seq > r.OnSeq; {
		prev, held, err := l.Get(*at.Header.Prev)
		if err != nil || !held {
			return false, err
		}
		if known, ok := l.memo.goesOn[prev.CID]; ok && known.on == r.On {
			return known.yes, nil
		}
		if prev.CID == r.On {
			return true, nil
		}
		at = prev
	}
	return false, nil
}
