package doc

import (
	"fmt"
	"testing"

	"kontor/protocol"
	"kontor/protocol/block"
	"kontor/protocol/feed"
	"kontor/protocol/identity"
	"kontor/protocol/wire"
	"kontor/protocol/wire/wiretest"
)

func TestSync(t *testing.T) {
	p := newPlay(t)
	p.share()
	chains := func(company block.CID) *identity.Chain { return p.scene.Cast.Of(company).Chain }
	var held, less wire.Held
	var batch wire.Batch
	p.check(p.buyer.View(func(r *protocol.Replica) (err error) {
		if held, err = wire.HeldOf(r.Log, r.Circle, chains); err != nil {
			return err
		}
		// The maker lacks the agency's newest entry.
		less = wire.Held{IDs: held.IDs}
		for _, head := range held.Heads {
			if head.Author == p.buyer.ID {
				before, err := r.Log.At(head.Author, head.Seq-1)
				if err != nil {
					return err
				}
				head.Seq, head.CID = head.Seq-1, before[0].CID
			}
			less.Heads = append(less.Heads, head)
		}
		batch, err = wire.Gather(wire.Source{Log: r.Log, Circle: r.Circle,
			Chain: func(block.CID, int64) []identity.Envelope { return nil },
			Body: func(e feed.Entry, _ wire.Held) ([][]byte, error) {
				return wire.InlineBody(*e.Header.Body, protocol.CarriesSheet(e.Header.Kind), r.Block)
			}}, less)
		return err
	}))
	ask := wire.SyncAsk{PID: p.buyer.Contract.PID, Held: less, T: p.scene.Now, Feat: 0, Nonce: 7, Wait: true}
	batch.T, batch.Nonce, batch.Held = p.scene.Now, 7, held
	frame := func(name string, m wire.Message) string {
		p.check(m.Check())
		data, err := block.Marshal(m)
		p.check(err)
		framed := wire.AppendFrame(nil, data)
		return fmt.Sprintf("%s, a frame of %d bytes:\n\n", name, len(framed)) + fence(hexed(framed)) + "\n" + fence(view(t, data))
	}
	key := wire.ChannelKey{1, 2, 3}
	channel := wire.Channel(key, p.scene.Now)
	hint := wire.Hint{Tag: wire.AuthorTag(key, p.buyer.ID), Seq: p.shared.Header.Seq, Head: p.shared.CID}
	plain, err := block.Marshal(hint)
	p.check(err)
	box, err := wire.SealHint(wiretest.Rand("hint"), key, channel, hint)
	p.check(err)
	page(t, "sync.md", map[string]string{
		"ask":   frame("The maker asks", ask),
		"batch": frame("The agency answers with the one entry that is missing", batch),
		"hint": fence("channel key  "+fmt.Sprintf("%x", key[:]), "time         "+fmt.Sprint(p.scene.Now)+", a Sunday of the week 2026-W47", "channel      "+channel) + "\n" +
			fence(view(t, plain)) + fmt.Sprintf("\nSealed, %d bytes:\n\n", len(box)) + fence(hexed(box)),
	})
}
