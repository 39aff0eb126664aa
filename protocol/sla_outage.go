package protocol

import (
	"slices"
	"sort"

	"kontor/protocol/block"
	"kontor/protocol/decision"
	"kontor/protocol/feed"
	"kontor/protocol/terms"
)

// limit is the newest seq of a member that may be read.
func (s *slaReader) limit(member block.CID) (int64, error) {
	if s.clock == nil {
		head, found, err := s.replica.Log.Head(member)
		if err != nil || !found {
			return 0, err
		}
		return head.Header.Seq, nil
	}
	if at := s.replica.Circle.Index(member); at >= 0 && at < len(s.clock) {
		return s.clock[at], nil
	}
	return 0, nil
}

// first is a member's first entry of which something holds that holds of every later one too.
func (s *slaReader) first(member block.CID, holds func(feed.Entry) bool) (out feed.Entry, found bool, err error) {
	most, err := s.limit(member)
	if err != nil {
		return out, false, err
	}
	sort.Search(int(most), func(i int) bool {
		if err != nil {
			return true
		}
		e, there, failed := s.at(member, int64(i)+1)
		if failed != nil {
			err = failed
			return true
		}
		if !there || !holds(e) {
			return false
		}
		if !found || e.Header.Seq < out.Header.Seq {
			out, found = e, true
		}
		return true
	})
	return out, found && err == nil, err
}

// at is a member's entry at a seq; of a fork the one with the lower CID.
func (s *slaReader) at(member block.CID, seq int64) (feed.Entry, bool, error) {
	list, err := s.replica.Log.At(member, seq)
	if err != nil || len(list) == 0 {
		return feed.Entry{}, false, err
	}
	return list[0], true, nil
}

// MaxOutage is how many working days a deadline moves by at most because a node was down (practice T2).
const MaxOutage = 5

// outage is how many working days between two instants a member's node was down by the others' record: whole working days of the terms' calendar on which
// some other side wrote an entry, and had heard of nothing that the member wrote since before.
func (s *slaReader) outage(member block.CID, doc terms.Document, from, until int64) (days int64, err error) {
	work := doc.Calendar.Workdays()
	cursor, found, err := s.before(member, from)
	if err != nil {
		return 0, err
	}
	last, seq := from, int64(0)
	if found {
		last, seq = cursor.Header.T, cursor.Header.Seq
	}
	for last < until && days < MaxOutage {
		next, found, err := s.first(member, func(e feed.Entry) bool { return e.Header.Seq > seq && e.Header.T >= last+24*hour })
		if err != nil {
			return 0, err
		}
		end := until
		if found {
			end = min(next.Header.T, until)
			if prev, there, err := s.at(member, next.Header.Seq-1); err != nil {
				return 0, err
			} else if there && prev.Header.T > last {
				last = prev.Header.T
			}
		}
		for day := doc.Calendar.Day(last).AddDays(1); doc.Calendar.End(day) <= end && days < MaxOutage; day = day.AddDays(1) {
			if doc.Calendar.Begin(day) < from || !work.IsWorkday(day) {
				continue
			}
			down, err := s.missed(member, next.Header.Seq, found, doc.Calendar.Begin(day), doc.Calendar.End(day))
			if err != nil {
				return 0, err
			}
			if down {
				days++
			}
		}
		if !found {
			break
		}
		last, seq = next.Header.T, next.Header.Seq
	}
	return days, nil
}

// missed tells whether another side wrote between two instants and had not heard of a member's entry, where there is one, or any later.
func (s *slaReader) missed(member block.CID, seq int64, known bool, from, to int64) (bool, error) {
	at := s.replica.Circle.Index(member)
	for _, m := range s.genesis.Members {
		if _, party := s.sides[m.Company]; !party || m.Company == member {
			continue
		}
		e, found, err := s.first(m.Company, func(e feed.Entry) bool { return e.Header.T >= from })
		if err != nil {
			return false, err
		}
		if found && e.Header.T <= to && (!known || at >= 0 && at < len(e.Clock) && e.Clock[at] < seq) {
			return true, nil
		}
	}
	return false, nil
}

// before is a member's newest entry at or before an instant.
func (s *slaReader) before(member block.CID, at int64) (feed.Entry, bool, error) {
	after, found, err := s.first(member, func(e feed.Entry) bool { return e.Header.T > at })
	if err != nil {
		return feed.Entry{}, false, err
	}
	seq := after.Header.Seq - 1
	if !found {
		if seq, err = s.limit(member); err != nil {
			return feed.Entry{}, false, err
		}
	}
	if seq < 1 {
		return feed.Entry{}, false, nil
	}
	return s.at(member, seq)
}

// passing is a member's first entry after a deadline, if it has written one.
func (s *slaReader) passing(member block.CID, deadline int64) (x SLAPassing, found bool, err error) {
	e, found, err := s.first(member, func(e feed.Entry) bool { return e.Header.T >= deadline+decision.Grace })
	if err != nil || !found {
		return x, false, err
	}
	return SLAPassing{Member: member, Seq: e.Header.Seq, T: e.Header.T, Saw: slices.Clone(e.Clock)}, true, nil
}
