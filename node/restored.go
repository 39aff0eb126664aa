package node

import (
	"context"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"time"

	"kontor/protocol"
)

// RestoredMarker is the file in a home that says: this database came out of a backup, and no member has confirmed yet how far this
// company's feeds went. It survives restarts.
const RestoredMarker = "restored"

// MarkRestored writes the marker; taken is when the backup was made, ms UTC.
func (h Home) MarkRestored(taken int64) error {
	data, err := json.Marshal(map[string]int64{"taken": taken})
	if err != nil {
		return err
	}
	return writeFile(h.path(RestoredMarker), append(data, '\n'), 0o600)
}

// markRestored makes every partnership read-only when the marker lies in the home. The high-water file may have been restored with
// the database, so it proves nothing.
func (n *Node) markRestored() error {
	if _, err := os.Stat(n.home.path(RestoredMarker)); errors.Is(err, fs.ErrNotExist) {
		return nil
	} else if err != nil {
		return err
	}
	for _, p := range n.Partnerships() {
		if p.Removed {
			continue
		}
		seq := int64(0)
		err := n.Peek(p.PID, func(r *protocol.Replica) error {
			head, found, err := r.Log.Head(n.company)
			if found {
				seq = head.Header.Seq
			}
			return err
		})
		if err != nil {
			return err
		}
		n.MarkRecovering(p, seq)
	}
	return nil
}

// watchRestored removes the marker once every partnership is writable again.
func (n *Node) watchRestored(ctx context.Context) {
	if _, err := os.Stat(n.home.path(RestoredMarker)); err != nil {
		return
	}
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	for stopped := false; !stopped && len(n.Recovering()) > 0; {
		select {
		case <-ctx.Done():
			stopped = true
		case <-tick.C:
		}
	}
	if len(n.Recovering()) > 0 {
		return
	}
	if err := os.Remove(n.home.path(RestoredMarker)); err != nil {
		n.log.Error("marker of the restore not removed", "reason", err)
		return
	}
	n.log.Info("restore confirmed by the partners")
}
