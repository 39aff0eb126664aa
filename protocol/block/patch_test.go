package block

import (
	"errors"
	"math/rand/v2"
	"slices"
	"testing"
)

// revision is a sheet, its next revision and the patch between.
func revision(t testing.TB) (old, new Sheet, p Patch) {
	t.Helper()
	old = forecast(t, 500)
	new = old
	new.Head = mustMarshal(t, map[string]int64{"v": 2})
	new.Rows = slices.Clone(old.Rows)
	new.Rows[40].Value = mustMarshal(t, "changed")
	new.Rows = slices.Delete(new.Rows, 100, 103)
	new.Rows = append(new.Rows, Row{"zz-new", mustMarshal(t, "new")})
	root, _, err := old.Build()
	if err != nil {
		t.Fatal(err)
	}
	if p, err = Diff(old, new, root.CID); err != nil {
		t.Fatal(err)
	}
	return old, new, p
}

func TestAPatchIsSmallAndSalted(t *testing.T) {
	old, new, p := revision(t)
	if len(p.Set) != 2 || len(p.Drop) != 3 {
		t.Fatalf("%d rows set, %d dropped", len(p.Set), len(p.Drop))
	}
	b, err := p.Block()
	if err != nil || len(b.Data) > 300 {
		t.Fatalf("a patch of %d bytes: %v", len(b.Data), err)
	}
	if err := CheckSalt(old.SeriesKey, b.Data); err != nil {
		t.Fatal(err)
	}
	links, err := Links(b.Data)
	if err != nil || !slices.Equal(links, []CID{p.Root, p.Parent}) {
		t.Fatalf("links %v, %v", links, err)
	}
	got, err := p.Apply(old)
	if err != nil || !sameSheet(got, new) {
		t.Fatal(err)
	}
}

func TestApplyRefuses(t *testing.T) {
	old, new, good := revision(t)
	resalt := func(p *Patch) {
		p.Salt = nil
		plain, err := encoder.Marshal(*p)
		if err != nil {
			t.Fatal(err)
		}
		p.Salt = saltOf(old.SeriesKey, plain)
	}
	for name, change := range map[string]func(*Patch){
		"no salt":                func(p *Patch) { p.Salt = nil },
		"another salt":           func(p *Patch) { p.Salt[0]++ },
		"another parent":         func(p *Patch) { p.Parent = p.Root; resalt(p) },
		"another root":           func(p *Patch) { p.Root = p.Parent; resalt(p) },
		"no root":                func(p *Patch) { p.Root = CID{} },
		"a row left out":         func(p *Patch) { p.Set = p.Set[1:]; resalt(p) },
		"a row too many":         func(p *Patch) { p.Set = append(p.Set, Row{"zzz", []byte{0xf6}}); resalt(p) },
		"a row set to itself":    func(p *Patch) { p.Set = append([]Row{old.Rows[0]}, p.Set...); resalt(p) },
		"a row set and dropped":  func(p *Patch) { p.Drop = append([]string{p.Set[0].Key}, p.Drop...); resalt(p) },
		"a drop of nothing":      func(p *Patch) { p.Drop = append(p.Drop, "zzz"); resalt(p) },
		"drops out of turn":      func(p *Patch) { slices.Reverse(p.Drop); resalt(p) },
		"rows out of turn":       func(p *Patch) { slices.Reverse(p.Set); resalt(p) },
		"a header not canonical": func(p *Patch) { p.Head = []byte{0x18, 1}; resalt(p) },
		"an old header":          func(p *Patch) { p.Head = old.Head; resalt(p) },
	} {
		p := good
		p.Set, p.Drop, p.Salt = slices.Clone(good.Set), slices.Clone(good.Drop), slices.Clone(good.Salt)
		change(&p)
		if got, err := p.Apply(old); err == nil || got.Rows != nil {
			t.Errorf("%s: applied", name)
		} else {
			t.Logf("%s: %v", name, err)
		}
	}
	if _, err := good.Apply(new); !hasCode(err, CodePatch) {
		t.Errorf("applied to its own result: %v", err)
	}
	if !sameSheet(old, forecast(t, 500)) {
		t.Error("Apply changed the old sheet")
	}
}

func TestDiffRefuses(t *testing.T) {
	old := forecast(t, 3)
	other := old
	other.SeriesKey[0]++
	if _, err := Diff(old, other, Sum(nil)); !hasCode(err, CodePatch) {
		t.Errorf("another series: %v", err)
	}
	if _, err := Diff(old, old, CID{}); !hasCode(err, CodeEncode) && err == nil {
		t.Errorf("no root: %v", err)
	}
	large := old
	large.Rows = slices.Clone(old.Rows)
	for i := range large.Rows {
		large.Rows[i].Value = mustMarshal(t, make([]byte, MaxBlock/2))
	}
	if p, err := Diff(old, large, Sum(nil)); !errors.Is(err, ErrPatchTooLarge) || p.Set != nil {
		t.Errorf("a patch beyond a block: %v", err)
	}
}

// Every single flipped bit of a patch is noticed when it is opened or applied.
func TestAFlippedBitOfAPatchIsNoticed(t *testing.T) {
	old, _, p := revision(t)
	b, err := p.Block()
	if err != nil {
		t.Fatal(err)
	}
	random := rand.New(rand.NewPCG(5, 6))
	for range 400 {
		bit := random.IntN(len(b.Data) * 8)
		damaged := slices.Clone(b.Data)
		damaged[bit/8] ^= 1 << (bit % 8)
		q, err := OpenPatch(damaged)
		if err != nil {
			continue
		}
		if _, err := q.Apply(old); err == nil {
			t.Fatalf("bit %d flipped: applied", bit)
		}
	}
}
