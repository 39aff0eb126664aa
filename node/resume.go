package node

import (
	"kontor/protocol"
	"kontor/protocol/block"
)

// resumedPrefix stands before a countersigned resume that was acted upon: the high-water mark goes down once for each.
const resumedPrefix = "resumed/"

// resume ends the read-only state of a partnership when every remaining member has countersigned from where our feed goes on: what we had
// sent beyond is lost with the only member that held it (PROTOCOL 4).
func (n *Node) resume(p *Partnership) error {
	n.mu.RLock()
	want, behind := n.recovering[p.PID]
	n.mu.RUnlock()
	if !behind {
		return nil
	}
	var row protocol.ResumeRow
	found := false
	err := n.Peek(p.PID, func(r *protocol.Replica) error {
		head, held, err := r.Log.Head(n.company)
		if err != nil || !held {
			return err
		}
		rows, err := r.Resumes(n.company)
		for _, candidate := range rows {
			if candidate.Complete && candidate.Head == head.CID {
				row, found = candidate, true
			}
		}
		return err
	})
	if err != nil || !found {
		return err
	}
	key, used := resumedPrefix+p.PID.String()+"/"+row.Head.String(), false
	err = n.Private(func(rows PrivateRows) (err error) {
		var lost int64
		if used, err = rows.Get(key, &lost); err != nil || used {
			return err
		}
		return rows.Put(key, want)
	})
	if err != nil || used {
		return err
	}
	if err := n.high.Lower(p.PID.String(), row.Seq); err != nil {
		return err
	}
	n.mu.Lock()
	delete(n.recovering, p.PID)
	n.mu.Unlock()
	n.owe(p.PID)
	n.log.Warn("own feed resumed by the remaining members; the entries after it are lost", "partnership", p.PID.Short(), "seq", row.Seq, "sent", want)
	return nil
}

// ResumeDocument is what an officer signs so that a member's feed goes on from what is held here.
func (n *Node) ResumeDocument(pid, author block.CID, gone []block.CID) (doc protocol.Resume, err error) {
	err = n.Peek(pid, func(r *protocol.Replica) error {
		head, found, err := r.Log.Head(author)
		if err == nil && !found {
			err = Failf("NO_FEED", "nothing of the feed of %s is held here", n.CompanyName(author))
		}
		doc = protocol.Resume{PID: pid, Author: author, Seq: head.Header.Seq, Head: head.CID, Gone: gone}
		return err
	})
	return doc, err
}
