package protocol_test

import (
	"testing"

	"kontor/protocol"
	"kontor/protocol/block"
	"kontor/protocol/feed"
	"kontor/testnet/virtual"
)

// While a document waits for signatures every entry changes what was heard last of its party, and so the root. Two nodes that commit at the same moment
// don't answer each other's commitments for that.
func TestCommitmentsEndWhileARoundIsOpen(t *testing.T) {
	s := scene(t, 2, false)
	topic := must[block.CID](t)(s.Negotiate(s.Now + 60*virtual.Day))
	d := s.Parties()[0]
	var draft protocol.Draft
	if err := d.View(func(r *protocol.Replica) error {
		found, _, err := r.Topic(topic)
		if err != nil {
			return err
		}
		doc, err := virtual.Agreement(r, s.Cast, found, s.Now+3*virtual.Day, 0)
		if err != nil {
			return err
		}
		draft, err = virtual.Body(protocol.KindDraft, doc.Sorted())
		return err
	}); err != nil {
		t.Fatal(err)
	}
	e := must[feed.Entry](t)(d.Force(draft, nil))
	meet(t, s)
	everywhere(t, s, e, "")
	written := 0
	for range 20 {
		var due []*virtual.Desk
		var drafts []protocol.Draft
		for _, d := range s.Parties() {
			if err := d.View(func(r *protocol.Replica) error {
				c, ok, err := r.CommitmentDraft(d.ID)
				if ok {
					due, drafts = append(due, d), append(drafts, c)
				}
				return err
			}); err != nil {
				t.Fatal(err)
			}
		}
		for i, d := range due {
			must[feed.Entry](t)(d.Write(drafts[i]))
		}
		written += len(due)
		meet(t, s)
	}
	if written == 0 || written > 4 {
		t.Errorf("%d commitments while nothing else was written", written)
	}
}
