package board

import (
	"context"
	"slices"
	"strings"

	"kontor/node"
	"kontor/node/api/wire"
	"kontor/protocol/block"
	"kontor/protocol/legible"
)

// noteRows hold this company's own notes by topic. They are private rows: nothing that leaves is made of them.
const noteRows = "board/note/"

// Bounds of notes: a screen shows them all.
const (
	maxNotes    = 100  // of one topic
	maxNoteText = 4096 // bytes of a note or a reference
)

// Note keeps a note or a reference into this company's own systems beside a topic, or forgets one.
func (b *Board) Note(_ context.Context, by By, in wire.TopicNoteRequest) (out wire.TopicNotes, err error) {
	f, _, done, err := b.begin(by, in.TopicAct)
	if err != nil {
		return out, err
	}
	defer done()
	out.Topic = f.t.ID.String()
	for _, text := range []string{in.Text, in.Ref} {
		if len(text) > maxNoteText || strings.ContainsFunc(text, legible.Treacherous) {
			return out, node.Failf("BAD_NOTE", "a note is up to %d bytes of plain text", maxNoteText)
		}
	}
	if out.Notes, err = b.notes(f.t.ID); err != nil {
		return out, err
	}
	if in.Forget != 0 {
		i := slices.IndexFunc(out.Notes, func(n wire.TopicMemo) bool { return n.N == in.Forget })
		if i < 0 {
			return out, node.Failf("NO_NOTE", "topic %s has no note %d; kontor topic context lists them", f.t.ID.Short(), in.Forget)
		}
		out.Notes = slices.Delete(out.Notes, i, i+1)
	}
	if in.Text != "" || in.Ref != "" {
		if len(out.Notes) >= maxNotes {
			return out, node.Failf("BAD_NOTE", "a topic takes %d notes; forget some with --forget", maxNotes)
		}
		next := int64(1)
		for _, n := range out.Notes {
			next = max(next, n.N+1)
		}
		out.Notes = append(out.Notes, wire.TopicMemo{N: next, Text: in.Text, Ref: in.Ref, By: string(by.Role), T: b.node.Now()})
	}
	return out, b.node.Private(func(rows node.PrivateRows) error { return rows.Put(noteRows+out.Topic, out.Notes) })
}

func (b *Board) notes(topic block.CID) (out []wire.TopicMemo, err error) {
	out = []wire.TopicMemo{}
	err = b.node.ReadPrivate(func(rows node.PrivateRows) error {
		_, err := rows.Get(noteRows+topic.String(), &out)
		return err
	})
	return out, err
}
