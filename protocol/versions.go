package protocol

import (
	"sync"

	"kontor/protocol/artifact"
	"kontor/protocol/block"
	"kontor/protocol/forecast"
)

// openedVersions remembers sheets that were read or built a moment ago: the body of an entry is looked at when it is made, when its blocks are given to a partner, when it is
// judged and when the next revision comes. A sheet follows from its root, so what is remembered can't be wrong; it is shared and not to be changed.
type openedVersions struct {
	mu     sync.Mutex
	byRoot map[block.CID]*openedVersion
	turn   int64 // counts uses
	rested int64 // the turn at the last rest
	bytes  int
	// compared is the last pair of revisions that were held against each other.
	compared comparedFigures
	// patched is the last patch that was made.
	patched madePatch
}

type openedVersion struct {
	version block.Version
	used    int64
}

// comparedFigures is what forecast.FollowsInFigures said of two revisions.
type comparedFigures struct {
	old, revised  block.CID
	rules         artifact.Rules
	before, after forecast.Document // heads
	follows       bool
}

// madePatch is a patch as it travels; without data there is none.
type madePatch struct {
	old, revised block.CID
	data         []byte
	used         int64 // as of versions
}

// maxOpenedBytes bounds the sheets remembered in a partnership: the revision in force and the next one of a forecast of 10,000 series, a year of weeks and five quantiles. A
// sheet of more than half of it is read anew. Rest gives the memory back.
const maxOpenedBytes = 48 << 20

func (o *openedVersions) get(root block.CID) (block.Version, bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	v, known := o.byRoot[root]
	if !known {
		return block.Version{}, false
	}
	o.turn++
	v.used = o.turn
	return v.version, true
}

func (o *openedVersions) put(v block.Version) {
	if v.Size() > maxOpenedBytes/2 {
		return
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	if _, known := o.byRoot[v.Root]; known {
		return
	}
	if o.byRoot == nil {
		o.byRoot = map[block.CID]*openedVersion{}
	}
	o.turn++
	o.byRoot[v.Root], o.bytes = &openedVersion{v, o.turn}, o.bytes+v.Size()
	for o.bytes > maxOpenedBytes {
		var oldest block.CID
		least := o.turn + 1
		for root, v := range o.byRoot {
			if v.used < least {
				oldest, least = root, v.used
			}
		}
		o.drop(oldest)
	}
}

func (o *openedVersions) drop(root block.CID) {
	o.bytes -= o.byRoot[root].version.Size()
	delete(o.byRoot, root)
}

// Opened remembers a sheet whose blocks are stored, durably, in this partnership.
func (c *Contract) Opened(v block.Version) { c.versions.put(v) }

// Rest gives back the memory of sheets that nobody has looked at since it was called before.
func (c *Contract) Rest() {
	o := &c.versions
	o.mu.Lock()
	defer o.mu.Unlock()
	for root, v := range o.byRoot {
		if v.used <= o.rested {
			o.drop(root)
		}
	}
	if o.patched.used <= o.rested {
		o.patched = madePatch{}
	}
	o.rested = o.turn
}

// Artifact opens the sheet of an artifact of this partnership, with the chunks it stands in.
func (r *Replica) Artifact(root block.CID) (block.Version, error) {
	if v, known := r.versions.get(root); known {
		return v, nil
	}
	v, err := block.OpenVersion(root, r.Block)
	if err == nil {
		r.versions.put(v)
	}
	return v, err
}

// Follows tells whether a forecast differs from an earlier one, which is in force, in figures alone and passes every rule that one passes (see
// forecast.FollowsInFigures). It answers the heads of both.
func (r *Replica) Follows(old, revised block.CID, rules artifact.Rules) (before, after forecast.Document, follows bool, err error) {
	if c, known := r.versions.comparison(old, revised, rules); known {
		return c.before, c.after, c.follows, nil
	}
	var versions [2]block.Version
	for i, root := range []block.CID{old, revised} {
		if versions[i], err = r.Artifact(root); err != nil {
			return before, after, false, err
		}
	}
	before, after, follows = r.Compare(versions[0], versions[1], rules, block.OneByOne)
	return before, after, follows, nil
}

// Compare is [Replica.Follows] for versions at hand, which need not be stored. What it finds out is remembered: the author of a revision asks before it is written, and the
// fold when it is.
func (c *Contract) Compare(old, revised block.Version, rules artifact.Rules, spread block.Spread) (before, after forecast.Document, follows bool) {
	if c, known := c.versions.comparison(old.Root, revised.Root, rules); known {
		return c.before, c.after, c.follows
	}
	before, after, follows = forecast.FollowsInFigures(old.Sheet, revised.Sheet, rules, spread)
	c.versions.mu.Lock()
	defer c.versions.mu.Unlock()
	c.versions.compared = comparedFigures{old.Root, revised.Root, rules, before, after, follows}
	return before, after, follows
}

func (o *openedVersions) comparison(old, revised block.CID, rules artifact.Rules) (comparedFigures, bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	c := o.compared
	return c, old.Defined() && c.old == old && c.revised == revised && c.rules == rules
}

// Patch writes the patch that leads from one version to another (see [block.Version.PatchTo]) and remembers it: all partners ask for the same, a moment after it was made.
func (c *Contract) Patch(old, revised block.Version, spread block.Spread) ([]byte, error) {
	o := &c.versions
	if data, known := o.patch(old.Root, revised.Root); known {
		return data, nil
	}
	patch, err := old.PatchTo(revised, spread)
	if err != nil {
		return nil, err
	}
	b, err := patch.Block()
	if err != nil {
		return nil, err
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	o.turn++
	o.patched = madePatch{old.Root, revised.Root, b.Data, o.turn}
	return b.Data, nil
}

func (o *openedVersions) patch(old, revised block.CID) ([]byte, bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if m := &o.patched; m.data == nil || m.old != old || m.revised != revised {
		return nil, false
	}
	o.turn++
	o.patched.used = o.turn
	return o.patched.data, true
}
