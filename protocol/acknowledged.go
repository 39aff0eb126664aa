package protocol

import (
	"kontor/protocol/block"
	"kontor/protocol/feed"
)

// Acknowledged is the greatest seq of an author's feed that a member's own feed says it has seen.
func (r *Replica) Acknowledged(author, member block.CID) (int64, error) {
	head, found, err := r.Log.Head(member)
	if err != nil || !found {
		return 0, err
	}
	return head.Clock[r.Circle.Index(author)], nil
}

// Unacknowledged counts the author's business entries that a member has not acknowledged and gives the claimed time of the oldest. There is no outbox
// table: this suffix of the feed is what the member still has to get. Housekeeping is left out: nobody acknowledges a receipt.
func (r *Replica) Unacknowledged(author, member block.CID) (count, oldest int64, err error) {
	acked, err := r.Acknowledged(author, member)
	if err != nil {
		return 0, 0, err
	}
	err = r.Log.From(author, acked+1, func(e feed.Entry) (bool, error) {
		if !kinds[e.Header.Kind].housekeeping {
			if count == 0 {
				oldest = e.Header.T
			}
			count++
		}
		return true, nil
	})
	return count, oldest, err
}

// OwesReceipt tells whether a member holds business entries of others that its own feed does not acknowledge.
func (r *Replica) OwesReceipt(member block.CID) (owed bool, err error) {
	head, found, err := r.Log.Head(member)
	if err != nil || !found {
		return false, err
	}
	for i, other := range r.Circle.Members {
		if other.Company == member || owed {
			continue
		}
		err := r.Log.From(other.Company, head.Clock[i]+1, func(e feed.Entry) (bool, error) {
			owed = !kinds[e.Header.Kind].housekeeping
			return !owed, nil
		})
		if err != nil {
			return false, err
		}
	}
	return owed, nil
}
