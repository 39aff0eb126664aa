package wire_test

import (
	"testing"
	"time"

	"kontor/protocol/block"
	"kontor/protocol/wire"
	"kontor/protocol/wire/wiretest"
)

func TestHint(t *testing.T) {
	key := wire.ChannelKey{1}
	head := block.Sum([]byte("head"))
	channel := wire.Channel(key, wiretest.Begin)
	hint := wire.Hint{Tag: wire.AuthorTag(key, head), Seq: 1 << 52, Head: head}
	box, err := wire.SealHint(wiretest.Rand("x"), key, channel, hint)
	if err != nil || len(box) != wire.HintBytes || len(box) > wire.MaxHint {
		t.Fatalf("%d bytes: %v", len(box), err)
	}
	got, err := wire.OpenHint(key, channel, box)
	if err != nil || got.Seq != hint.Seq || got.Head != head {
		t.Fatalf("%+v, %v", got, err)
	}
	small, _ := wire.SealHint(wiretest.Rand("y"), key, channel, wire.Hint{Tag: hint.Tag, Seq: 1, Head: head})
	if len(small) != len(box) {
		t.Error("the size of a hint tells its content")
	}
	for i := range box {
		bad := append([]byte{}, box...)
		bad[i] ^= 0x10
		if _, err := wire.OpenHint(key, channel, bad); err == nil {
			t.Fatalf("byte %d altered, and it opens", i)
		}
	}
	if _, err := wire.OpenHint(wire.ChannelKey{2}, channel, box); err == nil {
		t.Error("opens under another key")
	}
	if _, err := wire.OpenHint(key, wire.Channel(key, wiretest.Begin+8*24*3600*1000), box); err == nil {
		t.Error("opens on another week's channel")
	}
}

// The name changes with the ISO week, Monday 00:00 UTC, and the last one stays accepted for a week.
func TestChannelFollowsTheWeek(t *testing.T) {
	key := wire.ChannelKey{1}
	monday := time.Date(2026, 12, 28, 0, 0, 0, 0, time.UTC).UnixMilli() // first day of 2026-W53
	if wire.Channel(key, monday) != wire.Channel(key, monday+6*24*3600*1000) {
		t.Error("the name changes within a week, over the new year")
	}
	if wire.Channel(key, monday) == wire.Channel(key, monday-1) {
		t.Error("the name does not change with the week")
	}
	if wire.Channels(key, monday)[1] != wire.Channel(key, monday-1) {
		t.Error("last week's name is not accepted")
	}
	if wire.Channel(key, monday) == wire.Channel(wire.ChannelKey{2}, monday) {
		t.Error("two partnerships have one name")
	}
}

func FuzzOpenHint(f *testing.F) {
	key := wire.ChannelKey{1}
	box, err := wire.SealHint(wiretest.Rand("x"), key, "c", wire.Hint{Tag: make([]byte, 8), Seq: 1, Head: block.Sum(nil)})
	if err != nil {
		f.Fatal(err)
	}
	f.Add(box)
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, data []byte) {
		if _, err := wire.OpenHint(key, "c", data); err == nil && string(data) != string(box) {
			t.Fatal("a forged hint opens")
		}
	})
}
