package desk

import (
	"cmp"
	"maps"
	"slices"

	"kontor/node"
	"kontor/protocol"
	"kontor/protocol/block"
	"kontor/protocol/capacity"
	"kontor/protocol/exception"
	"kontor/protocol/forecast"
	"kontor/protocol/partnership"
	"kontor/protocol/quantity"
)

// This file keeps what exceptions there were and are, with one identity each over all revisions. It is derived: every pair of forecast and plan that
// ever stood against each other is compared once, in the order of the feeds, so that both nodes give the same trouble the same name whatever they
// were told when. Supply that agreements add is left out here, because from which day it counts is a matter of the date; the view adds it.

// Rows of the register, by partnership.
const (
	stepRows  = "exceptions/steps/"
	trackRows = "exceptions/track/"
)

// trackBatch is how many rows one transaction takes.
const trackBatch = 500

// pair is a forecast and a plan that stood against each other from an entry on.
type pair struct {
	Forecast block.CID `cbor:"forecast"`
	Plan     block.CID `cbor:"plan"`
	T        int64     `cbor:"t"` // claimed time of that entry, ms UTC
	// Withdrawn says that from this entry on one of them stood no more, and nothing took its place.
	Withdrawn bool `cbor:"withdrawn,omitempty"`
}

// stepsRow says which pairs the tracks stand for.
type stepsRow struct {
	Pairs []pair `cbor:"pairs"`
}

// placed is a version with its place in the order of the feeds.
type placed struct {
	protocol.ArtifactRow
	lam, seq int64
	end      bool // the version is withdrawn here
}

// sellers are the members whose plans are matched.
func sellers(p *node.Partnership) (out []block.CID) {
	for _, m := range p.Genesis.Members {
		if m.Role == partnership.RoleSeller {
			out = append(out, m.Company)
		}
	}
	return out
}

// placedVersions are the forecasts that were asked of the sellers and the plans that they made, and where they were withdrawn, in the order of the feeds.
func placedVersions(r *protocol.Replica, sellers []block.CID) ([]placed, error) {
	var all []placed
	for _, typ := range []string{forecast.Type, capacity.PlanType} {
		rows, err := r.Versions(typ)
		if err != nil {
			return nil, err
		}
		for _, row := range rows {
			if slices.Contains(sellers, row.Author) != (typ == capacity.PlanType) {
				continue
			}
			e, found, err := r.Log.Get(row.Entry)
			if err != nil {
				return nil, err
			}
			if found {
				all = append(all, placed{ArtifactRow: row, lam: e.Header.Lam, seq: e.Header.Seq})
			}
			if row.Ended == nil {
				continue
			}
			if e, found, err = r.Log.Get(row.Ended.Entry); err != nil {
				return nil, err
			}
			if found {
				at := row
				at.T = row.Ended.T
				all = append(all, placed{ArtifactRow: at, lam: e.Header.Lam, seq: e.Header.Seq, end: true})
			}
		}
	}
	slices.SortFunc(all, func(a, b placed) int {
		return cmp.Or(cmp.Compare(a.lam, b.lam), a.Author.Compare(b.Author), cmp.Compare(a.seq, b.seq))
	})
	return all, nil
}

// pairs lists them in the order of the feeds.
func pairs(r *protocol.Replica, sellers []block.CID) ([]pair, error) {
	all, err := placedVersions(r, sellers)
	if err != nil {
		return nil, err
	}
	heads := map[string]protocol.ArtifactRow{} // the version in force of each series
	var out []pair
	for _, v := range all {
		if name := v.Type + "/" + v.Author.String() + "/" + v.Series; !v.end {
			heads[name] = v.ArtifactRow
		} else {
			delete(heads, name)
		}
		next := pair{T: v.T}
		asked, made := int64(-1), int64(-1) // of several the newest, as the match takes it
		for _, key := range slices.Sorted(maps.Keys(heads)) {
			switch row := heads[key]; {
			case row.Type == capacity.PlanType && row.T >= made:
				next.Plan, made = row.Root, row.T
			case row.Type == forecast.Type && row.T > asked:
				next.Forecast, asked = row.Root, row.T
			}
		}
		switch last := len(out) - 1; {
		case next.Plan.Defined() && next.Forecast.Defined():
			out = append(out, next)
		case v.end && last >= 0 && !out[last].Withdrawn: // nothing stands against anything: what was found has gone
			out = append(out, pair{Forecast: out[last].Forecast, Plan: out[last].Plan, T: v.T, Withdrawn: true})
		}
	}
	return out, nil
}

// tracks brings the register of a partnership up to the documents held and reads it.
func (d *Desk) tracks(p *node.Partnership) ([]exception.Track, error) {
	d.register.Lock()
	defer d.register.Unlock()
	var want []pair
	err := d.node.View(p.PID, func(r *protocol.Replica) (err error) {
		want, err = pairs(r, sellers(p))
		return err
	})
	if err != nil {
		return nil, err
	}
	done, stored, err := d.readTracks(p)
	if err != nil {
		return nil, err
	}
	same := 0
	for same < len(done) && same < len(want) && done[same] == want[same] {
		same++
	}
	if same == len(want) && same == len(done) {
		return stored, nil
	}
	// A late entry took its place among earlier ones, or a writing of the register was cut off: what follows is done again.
	tracks, ok := exception.Rewind(stored, int64(same))
	if !ok {
		tracks, same = nil, 0
	}
	for n := same; n < len(want); n++ {
		found, err := d.found(p, want[n])
		if err != nil {
			return nil, err
		}
		tracks = exception.Advance(tracks, exception.Step{N: int64(n), T: want[n].T, Found: found})
	}
	return tracks, d.keepTracks(p, want, stored, tracks)
}

// found is what a pair of documents shows, whatever this company thinks too small to look at.
func (d *Desk) found(p *node.Partnership, at pair) ([]exception.Exception, error) {
	if at.Withdrawn {
		return nil, nil
	}
	in := capacity.Input{ForecastCID: at.Forecast, PlanCID: at.Plan}
	var policy capacity.Policy
	err := d.node.View(p.PID, func(r *protocol.Replica) (err error) {
		if in.Forecast, err = r.Forecast(at.Forecast); err != nil {
			return err
		}
		if in.Plan, err = r.Plan(at.Plan); err != nil {
			return err
		}
		policy, err = d.agreedPolicy(r, in)
		return err
	})
	if err != nil {
		return nil, err
	}
	result, err := Match(in)
	if err != nil {
		return nil, nil // two documents that can't be compared show nothing; the match says why
	}
	policy.MinUnits = quantity.Quantity{}
	return capacity.Bottlenecks(result, policy)
}

func (d *Desk) readTracks(p *node.Partnership) (done []pair, tracks []exception.Track, err error) {
	var steps stepsRow
	err = d.node.ReadPrivate(func(rows node.PrivateRows) error {
		if _, err := rows.Get(stepRows+p.PID.String(), &steps); err != nil {
			return err
		}
		return rows.Scan(trackRows+p.PID.String()+"/", func(_ string, decode func(any) error) (bool, error) {
			var t exception.Track
			err := decode(&t)
			tracks = append(tracks, t)
			return true, err
		})
	})
	slices.SortFunc(tracks, func(a, b exception.Track) int {
		return cmp.Or(cmp.Compare(a.Raised.Step, b.Raised.Step), slices.Compare(a.ID[:], b.ID[:]))
	})
	return steps.Pairs, tracks, err
}

// keepTracks writes what changed: first that no step is sure any more, then the tracks in batches, then the steps taken. Cut off in between, all of
// it is done again.
func (d *Desk) keepTracks(p *node.Partnership, steps []pair, stored, now []exception.Track) error {
	if err := d.node.Private(func(rows node.PrivateRows) error { return rows.Delete(stepRows + p.PID.String()) }); err != nil {
		return err
	}
	if err := d.putTracks(trackRows+p.PID.String()+"/", stored, now); err != nil {
		return err
	}
	return d.node.Private(func(rows node.PrivateRows) error { return rows.Put(stepRows+p.PID.String(), stepsRow{steps}) })
}

// putTracks writes the tracks that changed, in batches, and takes away those that are no more.
func (d *Desk) putTracks(prefix string, stored, now []exception.Track) error {
	was := map[exception.ID]exception.Track{}
	for _, t := range stored {
		was[t.ID] = t
	}
	var changed []exception.Track
	for _, t := range now {
		if old, known := was[t.ID]; !known || !sameTrack(old, t) {
			changed = append(changed, t)
		}
		delete(was, t.ID)
	}
	if len(was) > 0 {
		if err := d.node.Private(func(rows node.PrivateRows) error {
			for id := range was {
				if err := rows.Delete(prefix + id.String()); err != nil {
					return err
				}
			}
			return nil
		}); err != nil {
			return err
		}
	}
	for batch := range slices.Chunk(changed, trackBatch) {
		err := d.node.Private(func(rows node.PrivateRows) error {
			for _, t := range batch {
				if err := rows.Put(prefix+t.ID.String(), t); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}

func sameTrack(a, b exception.Track) bool {
	return a.Raised == b.Raised && a.Returned == b.Returned && (a.Gone == nil) == (b.Gone == nil) && (a.Gone == nil || *a.Gone == *b.Gone) && slices.Equal(a.Seen, b.Seen)
}
