package forecast

import (
	"bytes"
	"strings"

	"kontor/protocol/artifact"
	"kontor/protocol/block"
)

// FollowsInFigures tells whether a revised sheet differs from an older one in its head and in figures alone and passes every rule, at the cost of what differs. The older one
// passes CheckUnder with the same rules and CheckScope with the same scope. It answers the two heads, as documents without lines, for CheckRevision: with the lines left out
// that rule answers as with them. False says nothing but that the whole has to be looked at: a line came or went, something beside its buckets changed, a rule is broken that
// needs a place in a sentence, or the lines hold what other lines or the revision before have a say in. The rows are looked at through spread; the answer does not depend on it.
func FollowsInFigures(old, revised block.Sheet, _ artifact.Rules, spread block.Spread) (before, after Document, follows bool) {
	if old.Type != Type || revised.Type != Type || len(old.Rows) != len(revised.Rows) {
		return before, after, false
	}
	var heads [2]Document
	for i, s := range []block.Sheet{old, revised} {
		var h head
		if block.Unmarshal(s.Head, &h) != nil {
			return before, after, false
		}
		heads[i] = h.document()
	}
	before, after = heads[0], heads[1]
	var r artifact.Report
	r.Append(artifact.CheckHeader(after.Header, Type))
	checkHead(&r, after)
	if len(r.Findings()) > 0 || (before.Emission == nil) != (after.Emission == nil) {
		return before, after, false
	}
	pieces := make([]rowsFollow, (len(revised.Rows)+pieceRows-1)/pieceRows)
	spread(len(pieces), func(i int) {
		from, to := i*pieceRows, min((i+1)*pieceRows, len(revised.Rows))
		pieces[i] = follow(old.Rows[from:to], revised.Rows[from:to])
	})
	totals, parts := false, false
	for _, p := range pieces {
		totals, parts = totals || p.totals, parts || p.parts
		if !p.fit || totals && parts { // a total is the sum of its parts
			return before, after, false
		}
	}
	return before, after, true
}

// pieceRows is how many rows are looked at one after the other: enough that the memory they share is worth it.
const pieceRows = 256

// rowsFollow is what was found of some rows: whether each differs from its older one in figures alone and passes the rules, and what they are.
type rowsFollow struct{ fit, totals, parts bool }

func follow(old, revised []block.Row) (out rowsFollow) {
	scratch := cellScratch{columnReader{reuse: true}}
	for i, row := range revised {
		was := old[i]
		if was.Key != row.Key {
			return out
		}
		if kind := kindOfKey(row.Key); kind == Total {
			out.totals = true
		} else {
			out.parts = true
		}
		if !bytes.Equal(was.Value, row.Value) && !scratch.fits(was.Value, row.Value) {
			return out
		}
	}
	out.fit = true
	return out
}

// kindOfKey is the forecast type in a line's key, whose parts hold no bar of their own.
func kindOfKey(key string) Kind {
	_, rest, _ := strings.Cut(key, "|")
	_, rest, _ = strings.Cut(rest, "|")
	kind, _, _ := strings.Cut(rest, "|")
	return Kind(kind)
}

// cellScratch is memory for the cells of one line after the other.
type cellScratch struct {
	read columnReader
}

// Names of fields that have a say in what buckets may hold, as they stand in a row.
var scheduleName, lifecycleName, gapReasonName = appendText(nil, "schedule"), appendText(nil, "lifecycle"), appendText(nil, "gapReason")

// fits tells whether a row differs from one that passes the rules in its buckets alone, and these pass them.
func (s *cellScratch) fits(was, now []byte) bool {
	from, to, found, err := block.Field(now, bucketsField)
	if err != nil || !found || len(was) < from+len(now)-to || !bytes.Equal(was[:from], now[:from]) || !bytes.Equal(was[len(was)-(len(now)-to):], now[to:]) {
		return false
	}
	// Equal bytes before, and as many behind, with one item in between on both sides: the fields around the buckets are the same.
	if wasFrom, wasTo, found, err := block.Field(was, bucketsField); err != nil || !found || wasFrom != from || len(was)-wasTo != len(now)-to {
		return false
	}
	// These names are longer than that of the buckets, so their fields stand behind them. A text there may say the same: then the whole is looked at.
	behind := now[to:]
	if bytes.Contains(behind, scheduleName) || bytes.Contains(behind, lifecycleName) {
		return false
	}
	l := Line{}
	if bytes.Contains(behind, gapReasonName) {
		if _, _, found, err := block.Field(now, "gapReason"); err != nil || !found {
			return false
		}
		l.GapReason = "given"
	}
	s.read.rest = now[from:to]
	if l.Buckets, err = s.read.cells(); err != nil {
		return false
	}
	var r artifact.Report
	checkBuckets(&r, "", l)
	checkSchedule(&r, "", l)
	return len(r.Findings()) == 0
}
