package campaign

import (
	"kontor/protocol/artifact"
	"kontor/protocol/block"
)

// head and row are the stored form: events, blackouts and replies are rows of one sheet.
type head struct {
	Header artifact.Header `cbor:"header"`
	Zone   string          `cbor:"zone"`
}

type row struct {
	Event    *Event    `cbor:"event,omitempty"`
	Blackout *Blackout `cbor:"blackout,omitempty"`
	Reply    *Reply    `cbor:"reply,omitempty"`
}

// Key is that of the one thing the row holds; a row of several or none has no key and is refused.
func (r row) Key() string {
	key := ""
	for _, k := range []struct {
		set bool
		key func() string
	}{{r.Event != nil, func() string { return r.Event.Key() }}, {r.Blackout != nil, func() string { return r.Blackout.Key() }}, {r.Reply != nil, func() string { return r.Reply.Key() }}} {
		if k.set && key != "" {
			return ""
		}
		if k.set {
			key = k.key()
		}
	}
	return key
}

// ToSheet writes the calendar as a sheet of keyed rows, whatever the order of its parts.
func ToSheet(d Document, seriesKey [32]byte) (block.Sheet, error) {
	rows := make([]row, 0, len(d.Events)+len(d.Blackouts)+len(d.Replies))
	for i := range d.Events {
		rows = append(rows, row{Event: &d.Events[i]})
	}
	for i := range d.Blackouts {
		rows = append(rows, row{Blackout: &d.Blackouts[i]})
	}
	for i := range d.Replies {
		rows = append(rows, row{Reply: &d.Replies[i]})
	}
	return artifact.ToSheet(Type, seriesKey, head{d.Header, d.Zone}, rows)
}

// FromSheet reads what ToSheet writes, each part in order of its keys. It refuses what is no calendar at all; whether
// one may come into force is Check's to say. On error the document is empty.
func FromSheet(s block.Sheet) (Document, error) {
	h, rows, err := artifact.FromSheet[head, row](s, Type, MaxEvents+MaxBlackouts+MaxReplies)
	if err != nil {
		return Document{}, err
	}
	d := Document{Header: h.Header, Zone: h.Zone}
	for _, r := range rows {
		switch {
		case r.Event != nil:
			d.Events = append(d.Events, *r.Event)
		case r.Blackout != nil:
			d.Blackouts = append(d.Blackouts, *r.Blackout)
		default:
			d.Replies = append(d.Replies, *r.Reply)
		}
	}
	return d, nil
}
