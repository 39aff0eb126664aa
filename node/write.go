package node

import (
	"context"
	"errors"
	"time"

	"kontor/protocol"
	"kontor/protocol/block"
	"kontor/protocol/state"
	"kontor/store"
)

// maxLeap is how far past the newest time it holds a node dates an entry without an admin's word (PROTOCOL 4).
const maxLeap = 48 * time.Hour

// Build makes a draft from what is believed now. It runs inside the transaction and may be run again; it must not keep r.
type Build func(r *protocol.Replica, now int64) (protocol.Draft, error)

// Written is the receipt of a command: what the company wrote.
type Written struct {
	Entry block.CID  `cbor:"entry"`
	Body  *block.CID `cbor:"body,omitempty"`
	Seq   int64      `cbor:"seq"`
	Lam   int64      `cbor:"lam"`
	T     int64      `cbor:"t"`
}

// Command names a write so that a retry returns the first result instead of writing twice; empty: no retry is expected.
type Command string

// MaxCommand bounds a command ID in bytes.
const MaxCommand = 128

// Write decides and commits: it builds a draft, folds it at the tip and stores entry, rows and the command's result in one
// transaction, durable on return. A draft that both sides would refuse is a *protocol.Refusal and leaves nothing behind.
func (n *Node) Write(ctx context.Context, pid block.CID, command Command, build Build) (Written, error) {
	p, err := n.Partnership(pid)
	if err != nil {
		return Written{}, err
	}
	if len(command) > MaxCommand {
		return Written{}, Failf("BAD_COMMAND_ID", "command ID has %d bytes; at most %d are allowed", len(command), MaxCommand)
	}
	if err := ctx.Err(); err != nil {
		return Written{}, err
	}
	w, err := n.writeFolded(ctx, p, command, build)
	n.metrics.exceeded(err)
	if errors.Is(err, errUnconfirmed) {
		if err = n.awaitConfirmation(ctx, p.PID); err == nil {
			w, err = n.writeFolded(ctx, p, command, build)
		}
	}
	return w, err
}

// writeFolded writes once all entries held are folded: a decision looks at what is believed, not at a moment on the way there.
func (n *Node) writeFolded(ctx context.Context, p *Partnership, command Command, build Build) (Written, error) {
	for {
		w, err := n.write(p, command, build)
		if !errors.Is(err, protocol.ErrBehind) {
			return w, err
		}
		if err := n.foldRest(ctx, p); err != nil {
			return w, err
		}
	}
}

func (n *Node) write(p *Partnership, command Command, build Build) (w Written, err error) {
	if err := n.mayWrite(p); err != nil {
		return Written{}, err
	}
	var out protocol.Outcome
	repeated := false
	err = n.db.Update(func(kv store.KV) error {
		w, out, repeated = Written{}, protocol.Outcome{}, false
		if command != "" {
			if found, err := getCommand(kv, command, &w); err != nil || found {
				repeated = found
				return err
			}
		}
		r := p.Open(kv)
		if behind, err := r.Behind(); err != nil {
			return err
		} else if behind {
			return protocol.ErrBehind
		}
		now := n.Now()
		if err := n.checkLeap(r, now); err != nil {
			return err
		}
		draft, err := build(r, now)
		if err != nil {
			return err
		}
		if p.Removed {
			// The same verdict as the moment before the partner was disconnected; nothing more is written that nobody would receive.
			return r.Closed(draft.Kind, now)
		}
		if draft.CarriesSignature() && !n.HeadConfirmed(p.PID) {
			return errUnconfirmed
		}
		if out, err = r.Write(draft, n.author(), now); err != nil {
			return err
		}
		e := out.Admitted[0]
		if e.Header.Lam-out.Line > n.maxTail && !withdraws(draft.Kind) {
			return Failf("LIMIT_TAIL", "%d entries stand above the settled line; nothing more is written until a member that has been silent is heard again", e.Header.Lam-out.Line)
		}
		w = Written{Entry: e.CID, Body: e.Header.Body, Seq: e.Header.Seq, Lam: e.Header.Lam, T: e.Header.T}
		if command == "" {
			return nil
		}
		return putCommand(kv, command, w)
	})
	if err != nil || repeated {
		return w, err
	}
	n.written(p, out)
	return w, nil
}

// maxTail bounds what a node adds above the settled line (PROTOCOL 9): an entry of lam L+n has n entries between itself and the line L.
const maxTail = 1_000_000

// withdraws tells whether an entry takes back what its company allowed: it is never held up by a member that is silent.
func withdraws(kind string) bool {
	return kind == protocol.KindSuspend || kind == protocol.KindEnd || kind == protocol.KindMandateRevoke
}

// errUnconfirmed refuses an entry that carries a signature of an officer or a desk while no partner has confirmed our head since this process
// started: a machine that was restored could sign twice (PROTOCOL 4).
var errUnconfirmed = Failf("HEAD_UNCONFIRMED", "no partner has confirmed this company's newest entry since the node started; keep it connected to the partner and run the command again")

// How long a command waits for a connected partner to confirm our head, and how often it looks.
const (
	confirmPatience = 5 * time.Second
	confirmPause    = 50 * time.Millisecond
)

// awaitConfirmation asks the partner now and waits for its word. Confirmation comes with the first sync, so that only the first signature
// after a start ever waits.
func (n *Node) awaitConfirmation(ctx context.Context, pid block.CID) error {
	host := n.Host()
	if host == nil {
		return n.unconfirmed(pid)
	}
	host.SyncNow(pid)
	for waited := time.Duration(0); waited < confirmPatience; waited += confirmPause {
		select {
		case <-ctx.Done():
			return n.unconfirmed(pid)
		case <-time.After(confirmPause):
		}
		if n.HeadConfirmed(pid) {
			return nil
		}
	}
	return n.unconfirmed(pid)
}

// written does what follows a commit of our own entry. The entry is durable and has not left: Gather, which takes it to a partner, waits until
// the high-water file knows everything that was committed meanwhile.
func (n *Node) written(p *Partnership, out protocol.Outcome) {
	n.announce(p, out)
	n.after(p, out)
}

// announce wakes the streams on which partners wait. Where one does it writes the high-water file while the stream that gathers wakes and reads; on
// another goroutine it would begin later, when that wakes. All this comes before the office's own listeners hear of the entry: the partner's answer
// takes longest.
func (n *Node) announce(p *Partnership, out protocol.Outcome) {
	last := out.Admitted[len(out.Admitted)-1]
	if host := n.Host(); host != nil && host.Announce(p.PID, n.company, last.Header.Seq, last.CID) {
		_ = n.high.Raise(map[string]int64{p.PID.String(): last.Header.Seq}) // a failure meets Gather too
	}
}

// after tells the office about a change: metrics, notices, the commitment writer.
func (n *Node) after(p *Partnership, out protocol.Outcome) {
	n.metrics.outcome(p.PID, out)
	for _, m := range out.Mismatches {
		n.mu.Lock()
		_, known := n.mismatched[p.PID]
		n.mismatched[p.PID] = m
		n.mu.Unlock()
		if !known {
			n.log.Error("state roots differ", "partnership", p.PID.Short(), "member", m.Member.Short(), "line", m.Line)
			select {
			case n.bisectCh <- m:
			default: // one is being looked at; the first difference is what people need
			}
		}
	}
	for _, f := range out.Forks {
		n.log.Error("a member wrote two histories", "partnership", p.PID.Short(), "member", f.Author.Short(), "seq", f.Seq)
	}
	if len(out.Admitted) > 0 || len(out.Settled) > 0 {
		n.notices.send(Notice{PID: p.PID, Outcome: out})
	}
	if len(out.Settled) > 0 || out.Behind {
		n.owe(p.PID)
	}
}

// mayWrite tells why this office can't write in a partnership now.
func (n *Node) mayWrite(p *Partnership) error {
	n.mu.RLock()
	defer n.mu.RUnlock()
	if want, behind := n.recovering[p.PID]; behind {
		return Failf("RECOVERING", "the database is behind what this company has sent (entry %d): it is read-only until a partner has given the missing entries back; leave the node running and connected", want)
	}
	for _, m := range p.Genesis.Members {
		if n.frozen[m.Company] {
			return Failf("IDENTITY_FORKED", "the identity of %s has two histories: nothing is written until people have compared fingerprints", m.Company.Short())
		}
	}
	return n.db.Writable()
}

// checkLeap refuses a date far beyond everything held: a wrong clock would void offers and pass deadlines.
func (n *Node) checkLeap(r *protocol.Replica, now int64) error {
	n.mu.RLock()
	vouched := !n.clockOK.IsZero()
	n.mu.RUnlock()
	if vouched {
		return nil
	}
	newest := int64(0)
	for _, m := range r.Circle.Members {
		head, found, err := r.Log.Head(m.Company)
		if err != nil {
			return err
		}
		if found {
			newest = max(newest, head.Header.T)
		}
	}
	if newest != 0 && now > newest+maxLeap.Milliseconds() {
		return Failf("CLOCK_LEAP", "this machine's clock says %s, more than 48 hours past the newest entry held (%s); if the clock is right run: kontor clock confirm",
			time.UnixMilli(now).UTC().Format(time.RFC3339), time.UnixMilli(newest).UTC().Format(time.RFC3339))
	}
	return nil
}

func getCommand(kv store.KV, id Command, into *Written) (bool, error) {
	data, found, err := kv.Get(state.TableCommands, []byte(id))
	if err != nil || !found {
		return false, err
	}
	return true, block.Unmarshal(data, into)
}

func putCommand(kv store.KV, id Command, w Written) error {
	data, err := block.Marshal(w)
	if err != nil {
		return err
	}
	return kv.Put(state.TableCommands, []byte(id), data)
}

// PutBlocks stores the blocks of an artifact before the entry that will carry it: a large artifact does not fit one transaction.
// Blocks that no entry names after all are deleted a day later (see collect.go).
func (n *Node) PutBlocks(pid block.CID, blocks []block.Block) error {
	err := n.db.Bulk(func(put func(table byte, key, value []byte) error) error {
		if err := n.noteStored(pid, blocks, put); err != nil {
			return err
		}
		for _, b := range blocks {
			if err := put(state.TableBlocks, protocol.BlockKey(pid, b.CID), b.Data); err != nil {
				return err
			}
		}
		return nil
	})
	if p, known := n.Partnership(pid); err == nil && known == nil {
		p.Stored(blocks)
	}
	return err
}
