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
	Set    []Row    `cbor:"set"`  // rows that are new or have another value, ascending by key
	Drop   []string `cbor:"drop"` // keys of rows that go, ascending
	Head   []byte   `cbor:"head"` // the whole header of the result
	Root   CID      `cbor:"root"` // root of the result
	Salt   []byte   `cbor:"salt,omitempty"`
	Parent CID      `cbor:"parent"` // root of the sheet it applies to
}

// ErrPatchTooLarge is the error of [Diff] for a change that does not fit one block: let the chunks travel instead.
var ErrPatchTooLarge = errors.New("the patch does not fit one block")

// Diff makes the patch that leads from old, whose root is oldRoot, to new. Both are sheets of one series.
func Diff(old, new Sheet, oldRoot CID) (Patch, error) {
	if old.Type != new.Type || old.SeriesKey != new.SeriesKey {
		return Patch{}, whole(CodePatch, "make patch: %s and %s are not of one series", old.Type, new.Type)
	}
	root, _, err := new.Build()
	if err != nil {
		return Patch{}, fmt.Errorf("make patch: %w", err)
	}
	p := Patch{Head: new.Head, Root: root.CID, Parent: oldRoot}
	p.compare(old.Rows, new.Rows)
	size := len(p.Head)
	for _, row := range p.Set {
		size += row.size()
	}
	for _, key := range p.Drop {
		size += len(key)
	}
	if size > MaxBlock || len(p.Set) > MaxArray || len(p.Drop) > MaxArray {
		return Patch{}, fmt.Errorf("make patch of %d rows set and %d dropped: %w", len(p.Set), len(p.Drop), ErrPatchTooLarge)
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

// compare fills Set and Drop from two ascending lists of rows.
func (p *Patch) compare(old, new []Row) {
	for len(old) > 0 || len(new) > 0 {
		switch {
		case len(new) == 0 || len(old) > 0 && old[0].Key < new[0].Key:
			p.Drop = append(p.Drop, old[0].Key)
			old = old[1:]
		case len(old) == 0 || new[0].Key < old[0].Key:
			p.Set = append(p.Set, new[0])
			new = new[1:]
		default:
			if !bytes.Equal(old[0].Value, new[0].Value) {
				p.Set = append(p.Set, new[0])
			}
			old, new = old[1:], new[1:]
		}
	}
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
	if err := checkRows(p.Set); err != nil {
		return err
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
	fail := func(err error) (Sheet, Block, []Block, error) {
		return Sheet{}, Block{}, nil, fmt.Errorf("apply patch: %w", err)
	}
	if err := p.check(); err != nil {
		return fail(err)
	}
	data, err := Marshal(p)
	if err != nil {
		return fail(err)
	}
	if err := CheckSalt(old.SeriesKey, data); err != nil {
		return fail(err)
	}
	parent, _, err := old.Build()
	if err != nil {
		return fail(err)
	}
	if parent.CID != p.Parent {
		return fail(whole(CodePatch, "it changes %s, this is %s", p.Parent.Short(), parent.CID.Short()))
	}
	s = Sheet{Type: old.Type, SeriesKey: old.SeriesKey, Head: p.Head}
	if s.Rows, err = p.merge(old.Rows); err != nil {
		return fail(err)
	}
	root, below, err = s.Build()
	if err != nil {
		return fail(err)
	}
	if root.CID != p.Root {
		return fail(whole(CodePatch, "the result is %s, the patch promises %s", root.CID.Short(), p.Root.Short()))
	}
	return s, root, below, nil
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
	rows := make([]Row, 0, len(old)+len(p.Set))
	set, drop := p.Set, p.Drop
	for _, row := range old {
		for len(set) > 0 && set[0].Key < row.Key {
			rows, set = append(rows, set[0]), set[1:]
		}
		switch {
		case len(set) > 0 && set[0].Key == row.Key:
			if bytes.Equal(set[0].Value, row.Value) {
				return nil, whole(CodePatch, "row %q is set to what it is", clipText(row.Key))
			}
			rows, set = append(rows, set[0]), set[1:]
		case len(drop) > 0 && drop[0] == row.Key:
			drop = drop[1:]
		default:
			rows = append(rows, row)
		}
	}
	return append(rows, set...), nil
}

func findRow(rows []Row, key string) (int, bool) {
	return slices.BinarySearchFunc(rows, key, func(r Row, k string) int { return strings.Compare(r.Key, k) })
}
