package protocol

import (
	"kontor/protocol/block"
	"kontor/protocol/decision"
)

// Row keys of decisions. The index rows name what every entry must still be shown to; they go when nothing more can change.
const (
	topicPrefix       = "topic/"
	activeTopicPrefix = "active/"
	roundPrefix       = "round/"
	openRoundPrefix   = "open/"
)

func topicKey(id block.CID) string       { return topicPrefix + id.String() }
func roundKey(document block.CID) string { return roundPrefix + document.String() }

// RoundRow is a signing round and the artifacts its document names.
type RoundRow struct {
	decision.Round
	Named []block.CID `cbor:"named" json:"named"`
}

// roundWord is what an entry says about a round without signing: a lapse, or the witness's word.
type roundWord struct {
	document block.CID
	lapsed   *block.CID
	resolve  bool
	abort    bool
}

// event is the entry as topics and rounds see it.
func (f *fold) event() decision.Event {
	h := f.entry.Header
	e := decision.Event{Member: h.Author, Seq: h.Seq, Lam: h.Lam, T: h.T, Side: f.side, Saw: func(member block.CID, seq int64) bool {
		if forks := f.replica.forks[member]; len(forks) > 0 && seq >= forks[0].Seq {
			return f.sawForked(member, seq, nil)
		}
		i := f.replica.Circle.Index(member)
		return i >= 0 && f.entry.Clock[i] >= seq
	}}
	if len(f.replica.forks) > 0 {
		e.SawSide = func(member, side block.CID, seq int64) bool { return f.sawForked(member, seq, &side) }
	}
	return e
}

func (f *fold) at() decision.At {
	h := f.entry.Header
	return decision.At{Entry: f.entry.CID, Member: h.Author, Seq: h.Seq, Lam: h.Lam, T: h.T}
}

func (f *fold) mark() decision.Mark {
	h := f.entry.Header
	return decision.Mark{Seq: h.Seq, Lam: h.Lam, T: h.T}
}

// indexed lists the CIDs under an index prefix.
func (f *fold) indexed(prefix string) (ids []block.CID, err error) {
	err = f.rows.Scan(prefix, func(key string, _ []byte) (bool, error) {
		id, err := block.ParseCID(key[len(prefix):])
		ids = append(ids, id)
		return true, err
	})
	return ids, err
}

// changeTopic applies a change to a topic's row and keeps the index of active topics.
func (f *fold) changeTopic(id block.CID, change func(decision.Topic) decision.Topic) error {
	var t decision.Topic
	found, err := get(f.rows, topicKey(id), &t)
	if err != nil || !found {
		return err
	}
	return f.putTopic(change(t))
}

func (f *fold) putTopic(t decision.Topic) error {
	if err := put(f.rows, topicKey(t.ID), t); err != nil {
		return err
	}
	if t.Status.Active() {
		f.noTopics, f.replica.idle = false, false
		return put(f.rows, activeTopicPrefix+t.ID.String(), t.Deadline)
	}
	return f.rows.Delete(activeTopicPrefix + t.ID.String())
}

// observeTopics shows the entry to every active topic whose deadline its claimed time passes; to the others it would say nothing.
func (f *fold) observeTopics() error {
	f.noTopics = true
	if f.replica.idle {
		return nil
	}
	var ids []block.CID
	err := f.rows.Scan(activeTopicPrefix, func(key string, value []byte) (bool, error) {
		f.noTopics = false
		var deadline int64
		if err := block.Unmarshal(value, &deadline); err != nil {
			return false, err
		}
		if f.entry.Header.T < deadline+decision.Grace {
			return true, nil
		}
		id, err := block.ParseCID(key[len(activeTopicPrefix):])
		ids = append(ids, id)
		return true, err
	})
	if err != nil {
		return err
	}
	for _, id := range ids {
		if err := f.changeTopic(id, func(t decision.Topic) decision.Topic { return t.Observe(f.event()) }); err != nil {
			return err
		}
	}
	return nil
}

// reviseTopics tells active topics that an artifact they may rest on has a new revision. Only a party's does: what a witness or an arbiter shares
// may arrive late and must not take back what the parties concluded without it.
func (f *fold) reviseTopics() error {
	if judges(f.genesis, f.author.Company) {
		return nil
	}
	if f.replica.idle {
		return nil
	}
	ids, err := f.indexed(activeTopicPrefix)
	if err != nil {
		return err
	}
	to := f.entry.Header.Body
	if f.withdrawn {
		to = nil
	}
	for _, id := range ids {
		err := f.changeTopic(id, func(t decision.Topic) decision.Topic {
			return t.Revise(*f.replaces, to, t.Rests(*f.replaces) && f.revised.material(t.Scope), f.mark())
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// observeRounds shows the entry to every open round, with what it carries for it, and moves the round's topic.
func (f *fold) observeRounds() error {
	if f.replica.idle && f.word == nil {
		return nil
	}
	documents, err := f.indexed(openRoundPrefix)
	if err != nil {
		return err
	}
	if f.word != nil {
		documents = appendMissing(documents, f.word.document)
	}
	f.replica.idle = f.noTopics && len(documents) == 0
	for _, document := range documents {
		var row RoundRow
		found, err := get(f.rows, roundKey(document), &row)
		if err != nil {
			return err
		}
		if !found {
			continue
		}
		e := f.event()
		e.Signatures = f.signatures[document]
		if e.Revises, err = f.revises(row); err != nil {
			return err
		}
		if f.word != nil && f.word.document == document {
			e.Lapsed, e.Resolve, e.Abort = f.word.lapsed, f.word.resolve, f.word.abort
		}
		before := row.Verdict
		row.Round = row.Round.Observe(e)
		f.owing = f.owing || row.Verdict != before
		if err := f.putRound(row); err != nil {
			return err
		}
		if err := f.changeTopic(row.Topic, func(t decision.Topic) decision.Topic { return t.Settle(row.Round, f.mark()) }); err != nil {
			return err
		}
		if err := f.contestRound(before, row); err != nil {
			return err
		}
	}
	return nil
}

// revises tells whether the entry materially revises an artifact that a round's document names.
func (f *fold) revises(row RoundRow) (bool, error) {
	if f.revised == nil || f.replaces == nil || !f.names(row, *f.replaces) {
		return false, nil
	}
	var t decision.Topic
	_, err := get(f.rows, topicKey(row.Topic), &t)
	return f.revised.material(t.Scope), err
}

func (f *fold) names(row RoundRow, artifact block.CID) bool {
	for _, named := range row.Named {
		if named == artifact {
			return true
		}
	}
	return false
}

func (f *fold) putRound(row RoundRow) error {
	if err := put(f.rows, roundKey(row.Document), row); err != nil {
		return err
	}
	if row.Settled() {
		return f.rows.Delete(openRoundPrefix + row.Document.String())
	}
	f.replica.idle = false
	return f.rows.Put(openRoundPrefix+row.Document.String(), []byte{})
}

func appendMissing(list []block.CID, id block.CID) []block.CID {
	for _, have := range list {
		if have == id {
			return list
		}
	}
	return append(list, id)
}
