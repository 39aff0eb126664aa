package board

import (
	"bytes"
	"context"
	"path/filepath"
	"testing"

	"kontor/node/api/wire"
	"kontor/protocol/decision"
	"kontor/store"
	"kontor/store/kv"
)

// holds tells whether any key or value of a stopped node's database holds a text, in whatever table.
func (c *company) holds(t *testing.T, text string) bool {
	t.Helper()
	key, err := store.LoadKeyFile(filepath.Join(string(c.home), "store.key"), c.home.Database())
	if err != nil {
		t.Fatal(err)
	}
	db, err := store.Open(store.Options{Dir: c.home.Database(), Key: key})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	found, seen := false, 0
	err = db.View(func(rows kv.KV) error {
		for table := byte('a'); table <= 'z'; table++ {
			err := rows.Scan(table, nil, nil, func(k, v []byte) (bool, error) {
				seen++
				found = found || bytes.Contains(v, []byte(text)) || bytes.Contains(k, []byte(text))
				return true, nil
			})
			if err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil || seen < 50 {
		t.Fatalf("%d rows were looked at: %v", seen, err)
	}
	return found
}

// Notes and internal references stay at home: when both nodes hold everything the other has to tell, nothing of them stands anywhere in the partner's
// database, while what was meant for the partner does.
func TestNotesNeverLeave(t *testing.T) {
	c := paired(t)
	c.short(t)
	ctx := context.Background()
	opened, err := c.maker.Open(ctx, admin, wire.TopicOpenRequest{Title: "title both sides read"})
	if err != nil {
		t.Fatal(err)
	}
	act := wire.TopicAct{TopicQuery: wire.TopicQuery{Topic: opened.Topic}}
	const note, ref = "their buyer would pay 14.70", "crm://deal/4711"
	kept, err := c.maker.Note(ctx, By{Role: wire.Planner}, wire.TopicNoteRequest{TopicAct: act, Text: note, Ref: ref})
	if err != nil || len(kept.Notes) != 1 || kept.Notes[0].N != 1 {
		t.Fatalf("%+v, %v", kept, err)
	}
	if _, err := c.maker.Note(ctx, admin, wire.TopicNoteRequest{TopicAct: act, Text: "line\u202ebreak"}); codesOf(err) != "BAD_NOTE" {
		t.Errorf("a text that turns: %v", err)
	}
	if _, err := c.maker.Note(ctx, admin, wire.TopicNoteRequest{TopicAct: act, Text: "to be forgotten"}); err != nil {
		t.Fatal(err)
	}
	if left, err := c.maker.Note(ctx, admin, wire.TopicNoteRequest{TopicAct: act, Forget: 2}); err != nil || len(left.Notes) != 1 {
		t.Fatalf("%+v, %v", left, err)
	}
	if d, err := c.maker.Show(By{Role: wire.Viewer}, act.TopicQuery); err != nil || len(d.Notes) != 0 {
		t.Errorf("a viewer reads notes: %+v, %v", d.Notes, err)
	}
	// What is written after the notes has arrived, so that they would have.
	c.sees(t, c.agency, opened.Topic, decision.Proposed)
	if _, err := c.maker.Withdraw(ctx, admin, wire.TopicDeclineRequest{TopicAct: act, Reason: "a reason both sides read"}); err != nil {
		t.Fatal(err)
	}
	c.sees(t, c.agency, opened.Topic, decision.Withdrawn)
	c.maker.stop()
	c.agency.stop()
	for _, text := range []string{note, ref} {
		if !c.maker.holds(t, text) {
			t.Errorf("%q is not even at home: the search finds nothing", text)
		}
		if c.agency.holds(t, text) {
			t.Errorf("%q stands in the partner's database", text)
		}
	}
	for _, text := range []string{"title both sides read", "a reason both sides read"} {
		if !c.agency.holds(t, text) {
			t.Errorf("%q did not arrive", text)
		}
	}
}
