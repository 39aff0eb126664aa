package block

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// Patch is how a revision of a sheet travels: what changed against the parent, and the root that must come out.
// It is a wire type and one block; it carries a salt like the blocks of its sheet.
type Patch struct {
	Set    []Row     `cbor:"set"`            // rows that are new or have another value, ascending by key
	Drop   []string  `cbor:"drop"`           // keys of rows that go, ascending
	Edit   []RowEdit `cbor:"edit,omitempty"` // rows whose value changes in a few bytes, ascending by their place
	Head   []byte    `cbor:"head"`           // the whole header of the result
	Root   CID       `cbor:"root"`           // root of the result
	Salt   []byte    `cbor:"salt,omitempty"`
	Parent CID       `cbor:"parent"` // root of the sheet it applies to
}

// ErrPatchTooLarge is the error of [Diff] for a change that does not fit one block: let the chunks travel instead.
var ErrPatchTooLarge = errors.New("the patch does not fit one block")

// Diff makes the patch that leads from old, whose root is oldRoot, to new. Both are sheets of one series.
func Diff(old, new Sheet, oldRoot CID) (Patch, error) {
	v, _, _, err := new.BuildOn(Version{}, OneByOne)
	if err != nil {
		return Patch{}, fmt.Errorf("make patch: %w", err)
	}
	return Version{Sheet: old, Root: oldRoot}.PatchTo(v, OneByOne)
}

// PatchTo makes the patch that leads from one version of a series to another. The edits of rows are looked for through spread; the patch does not depend on it.
func (old Version) PatchTo(new Version, spread Spread) (Patch, error) {
	if old.Type != new.Type || old.SeriesKey != new.SeriesKey {
		return Patch{}, whole(CodePatch, "make patch: %s and %s are not of one series", old.Type, new.Type)
	}
	p := Patch{Head: new.Head, Root: new.Root, Parent: old.Root}
	size := len(p.Head) + p.compare(old.Rows, new.Rows, spread)
	if size > MaxBlock || len(p.Set) > MaxArray || len(p.Drop) > MaxArray || len(p.Edit) > MaxArray {
		return Patch{}, fmt.Errorf("make patch of %d rows set, %d edited and %d dropped: %w", len(p.Set), len(p.Edit), len(p.Drop), ErrPatchTooLarge)
	}
	plain, err := encoder.Marshal(p)
	if err == nil && len(plain)+saltBytes > MaxBlock {
		err = ErrPatchTooLarge
	}
	if err == nil {
		err = Validate(plain)
	}
	if err != nil {
		return Patch{}, fmt.Errorf("make patch: %w", err)
	}
	p.Salt = saltOf(new.SeriesKey, plain)
	return p, nil
}

// compare fills Set, Edit and Drop from two ascending lists of rows, until they can't fit a block any more. It answers about how many bytes they take, no more than they do.
func (p *Patch) compare(old, new []Row, spread Spread) (size int) {
	changed := make([]changedRow, 0, editedAtOnce)
	edit := func() {
		spread((len(changed)+editedByOne-1)/editedByOne, func(i int) {
			var e editor
			piece := changed[i*editedByOne : min((i+1)*editedByOne, len(changed))]
			for i := range piece {
				c := &piece[i]
				c.edits = e.editsTo(c.old, c.row.Value)
			}
		})
		for _, c := range changed {
			size += p.change(c)
		}
		changed = changed[:0]
	}
	for at := 0; (at < len(old) || len(new) > 0) && size <= MaxBlock; {
		switch {
		case len(new) == 0 || at < len(old) && old[at].Key < new[0].Key:
			p.Drop = append(p.Drop, old[at].Key)
			size += len(old[at].Key)
			at++
		case at == len(old) || new[0].Key < old[at].Key:
			if len(changed) > 0 { // rows are set in their order
				edit()
			}
			p.Set = append(p.Set, new[0])
			size += new[0].size()
			new = new[1:]
		default:
			if !bytes.Equal(old[at].Value, new[0].Value) {
				changed = append(changed, changedRow{at: at, old: old[at].Value, row: new[0]})
				if len(changed) == editedAtOnce {
					edit()
				}
			}
			at, new = at+1, new[1:]
		}
	}
	edit()
	return size
}

const (
	// editedAtOnce bounds the rows whose edits are looked for before it is seen that they can't fit a block.
	editedAtOnce = 2048
	// editedByOne is how many of them are one piece of work: enough that the memory they share is worth it.
	editedByOne = 64
)

// changedRow is a row with another value, and what leads to it.
type changedRow struct {
	at    int
	old   []byte
	row   Row
	edits []Edit
}

// change takes a row with another value as edits of the old one or, where that is no longer, as a whole.
func (p *Patch) change(c changedRow) int {
	edit := RowEdit{Row: int64(c.at), Edits: c.edits}
	if edit.size() < c.row.size() && len(edit.Edits) <= MaxArray {
		p.Edit = append(p.Edit, edit)
		put := 0
		for _, x := range edit.Edits {
			put += 4 + len(x.Put)
		}
		return put
	}
	p.Set = append(p.Set, c.row)
	return c.row.size()
}

// Block writes the patch.
func (p Patch) Block() (Block, error) { return New(p) }

// OpenPatch reads a patch and checks its form. Whether it fits is for [Patch.Apply] to say.
func OpenPatch(data []byte) (Patch, error) {
	var p Patch
	if err := Unmarshal(data, &p); err != nil {
		return Patch{}, fmt.Errorf("open patch: %w", err)
	}
	if err := p.check(); err != nil {
		return Patch{}, fmt.Errorf("open patch: %w", err)
	}
	return p, nil
}

func (p Patch) check() error {
	if len(p.Salt) != SaltSize {
		return whole(CodeSalt, "a patch has a salt of %d bytes, not %d", SaltSize, len(p.Salt))
	}
	if err := checkRows(p.Set, nil, 0, len(p.Set)); err != nil {
		return err
	}
	for i, e := range p.Edit {
		if e.Row < 0 || i > 0 && p.Edit[i-1].Row >= e.Row || len(e.Edits) == 0 {
			return whole(CodePatch, "edit of row %d has no changes or is out of turn", e.Row)
		}
	}
	for i, key := range p.Drop {
		if err := checkKey(key); err != nil {
			return err
		}
		if i > 0 && p.Drop[i-1] >= key {
			return whole(CodePatch, "dropped key %q does not come after %q", clipText(key), clipText(p.Drop[i-1]))
		}
	}
	return nil
}

// Apply makes the revised sheet from old. It verifies that old is the parent, that the patch carries the salt of the
// series, that every row it sets changes something and every row it drops is there, and that the result has the root
// the patch promises. Old is not touched; rows that did not change share their bytes with it.
func (p Patch) Apply(old Sheet) (Sheet, error) {
	s, _, _, err := p.Rebuild(old)
	return s, err
}

// Rebuild is [Patch.Apply] that also gives the blocks of the result, as [Sheet.Build] does.
func (p Patch) Rebuild(old Sheet) (s Sheet, root Block, below []Block, err error) {
	if err := p.check(); err != nil { // before anything is built for it
		return Sheet{}, Block{}, nil, fmt.Errorf("apply patch: %w", err)
	}
	parent, _, err := old.Build()
	if err != nil {
		return Sheet{}, Block{}, nil, fmt.Errorf("apply patch: %w", err)
	}
	v, root, below, err := p.RebuildOn(Version{Sheet: old, Root: parent.CID}, OneByOne)
	return v.Sheet, root, below, err
}

// RebuildOn applies the patch to a version and gives the revised one, its root block, and the blocks that the parent has not, as [Sheet.BuildOn] does.
func (p Patch) RebuildOn(old Version, spread Spread) (v Version, root Block, fresh []Block, err error) {
	fail := func(err error) (Version, Block, []Block, error) {
		return Version{}, Block{}, nil, fmt.Errorf("apply patch: %w", err)
	}
	if err := p.check(); err != nil {
		return fail(err)
	}
	if old.Root != p.Parent {
		return fail(whole(CodePatch, "it changes %s, this is %s", p.Parent.Short(), old.Root.Short()))
	}
	data, err := Marshal(p)
	if err != nil {
		return fail(err)
	}
	if err := CheckSalt(old.SeriesKey, data); err != nil {
		return fail(err)
	}
	s := Sheet{Type: old.Type, SeriesKey: old.SeriesKey, Head: p.Head}
	if s.Rows, err = p.merge(old.Rows); err != nil {
		return fail(err)
	}
	if v, root, fresh, err = s.BuildOn(old, spread); err != nil {
		return fail(err)
	}
	if v.Root != p.Root {
		return fail(whole(CodePatch, "the result is %s, the patch promises %s", v.Root.Short(), p.Root.Short()))
	}
	return v, root, fresh, nil
}

func (p Patch) merge(old []Row) ([]Row, error) {
	for _, key := range p.Drop {
		if _, found := findRow(old, key); !found {
			return nil, whole(CodePatch, "dropped row %q is not there", clipText(key))
		}
		if _, found := findRow(p.Set, key); found {
			return nil, whole(CodePatch, "row %q is set and dropped", clipText(key))
		}
	}
	if n := len(p.Edit); n > 0 && p.Edit[n-1].Row >= int64(len(old)) {
		return nil, whole(CodePatch, "row %d is edited, and there are %d", p.Edit[n-1].Row, len(old))
	}
	rows := make([]Row, 0, len(old)+len(p.Set))
	set, drop, edit := p.Set, p.Drop, p.Edit
	for i, row := range old {
		for len(set) > 0 && set[0].Key < row.Key {
			rows, set = append(rows, set[0]), set[1:]
		}
		edited := len(edit) > 0 && edit[0].Row == int64(i)
		switch {
		case len(set) > 0 && set[0].Key == row.Key:
			if edited || bytes.Equal(set[0].Value, row.Value) {
				return nil, whole(CodePatch, "row %q is set to what it is, or set and edited", clipText(row.Key))
			}
			rows, set = append(rows, set[0]), set[1:]
		case len(drop) > 0 && drop[0] == row.Key:
			if edited {
				return nil, whole(CodePatch, "row %q is edited and dropped", clipText(row.Key))
			}
			drop = drop[1:]
		case edited:
			value, err := edit[0].apply(row.Value)
			if err != nil {
				return nil, err
			}
			rows, edit = append(rows, Row{row.Key, value}), edit[1:]
		default:
			rows = append(rows, row)
		}
	}
	return append(rows, set...), nil
}

func findRow(rows []Row, key string) (int, bool) {
	return slices.BinarySearchFunc(rows, key, func(r Row, k string) int { return strings.Compare(r.Key, k) })
}
