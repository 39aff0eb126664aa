package block

import (
	"bytes"
	"errors"
	"io"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/ipfs/go-cid"
	"github.com/ipld/go-car/v2"
	"github.com/ipld/go-car/v2/storage"
)

// export is a file with the blocks of a small sheet and a raw one.
func export(t testing.TB) (roots []CID, blocks []Block, file []byte) {
	t.Helper()
	root, below, err := forecast(t, 300).Build()
	if err != nil {
		t.Fatal(err)
	}
	raw := []byte("a PDF, say")
	blocks = append(append([]Block{root}, below...), Block{SumRaw(raw), raw})
	roots = []CID{root.CID, blocks[len(blocks)-1].CID}
	var out bytes.Buffer
	if err := WriteCAR(&out, roots, blocks); err != nil {
		t.Fatal(err)
	}
	return roots, blocks, out.Bytes()
}

func TestCARReadsBack(t *testing.T) {
	roots, blocks, file := export(t)
	gotRoots, gotBlocks, err := ReadCAR(bytes.NewReader(file), CARBounds{})
	if err != nil || !slices.Equal(roots, gotRoots) {
		t.Fatalf("roots %v, %v", gotRoots, err)
	}
	if !slices.EqualFunc(blocks, gotBlocks, func(a, b Block) bool { return a.CID == b.CID && bytes.Equal(a.Data, b.Data) }) {
		t.Fatal("other blocks came back")
	}
	var again bytes.Buffer
	if err := WriteCAR(&again, gotRoots, gotBlocks); err != nil || !bytes.Equal(again.Bytes(), file) {
		t.Fatalf("the same blocks gave another file: %v", err)
	}
}

func TestWriteCARRefuses(t *testing.T) {
	roots, blocks, _ := export(t)
	for name, c := range map[string]struct {
		roots  []CID
		blocks []Block
	}{
		"no root":         {nil, blocks},
		"a root not held": {[]CID{Sum([]byte("x"))}, blocks},
		"a root twice":    {[]CID{roots[0], roots[0]}, blocks},
		"a block twice":   {roots, append(slices.Clone(blocks), blocks[0])},
		"other bytes":     {roots, append(slices.Clone(blocks), Block{Sum([]byte{0xa0}), []byte{0x80}})},
		"undefined":       {roots, append(slices.Clone(blocks), Block{CID{}, []byte{0x80}})},
		"not canonical":   {roots, append(slices.Clone(blocks), Block{Sum([]byte{0x18, 1}), []byte{0x18, 1}})},
		"too large":       {roots, append(slices.Clone(blocks), Block{SumRaw(make([]byte, MaxBlock+1)), make([]byte, MaxBlock+1)})},
	} {
		var out bytes.Buffer
		if err := WriteCAR(&out, c.roots, c.blocks); err == nil || out.Len() != 0 {
			t.Errorf("%s: %v, %d bytes written", name, err, out.Len())
		}
	}
}

// A file with one bit or the end missing is refused, wherever that is.
func TestADamagedCARIsRefused(t *testing.T) {
	_, _, file := export(t)
	random := rand.New(rand.NewPCG(3, 4))
	for range 3000 {
		damaged := bytes.Clone(file)
		bit := random.IntN(len(file) * 8)
		damaged[bit/8] ^= 1 << (bit % 8)
		if roots, blocks, err := ReadCAR(bytes.NewReader(damaged), CARBounds{}); err == nil || roots != nil || blocks != nil {
			t.Fatalf("bit %d of %d flipped: %v", bit, len(file)*8, err)
		}
	}
	whole := map[int]bool{}
	for n := range len(file) {
		roots, blocks, err := ReadCAR(bytes.NewReader(file[:n]), CARBounds{})
		if err == nil || roots != nil || blocks != nil {
			whole[n] = true
		}
	}
	if len(whole) != 0 {
		t.Fatalf("cut short at %v, it was taken", whole)
	}
	for _, tail := range []string{"\x00", "\x01", "x"} {
		if _, _, err := ReadCAR(bytes.NewReader(append(bytes.Clone(file), tail...)), CARBounds{}); err == nil {
			t.Fatalf("with %q behind, it was taken", tail)
		}
	}
}

func TestCARBounds(t *testing.T) {
	_, blocks, file := export(t)
	read := func(b CARBounds) error {
		_, _, err := ReadCAR(bytes.NewReader(file), b)
		return err
	}
	if err := read(CARBounds{Blocks: len(blocks), Bytes: int64(len(file))}); err != nil {
		t.Errorf("the exact bounds: %v", err)
	}
	if err := read(CARBounds{Blocks: len(blocks) - 1}); !hasCode(err, CodeCAR) {
		t.Errorf("one block more: %v", err)
	}
	if err := read(CARBounds{Bytes: int64(len(file)) - 1}); !hasCode(err, CodeCAR) {
		t.Errorf("one byte more: %v", err)
	}
	// A length of 2^62 takes no memory, and a file without end is read only as far as the bound.
	huge := append(bytes.Clone(file), 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x40)
	if _, _, err := ReadCAR(bytes.NewReader(huge), CARBounds{}); !hasCode(err, CodeCAR) {
		t.Errorf("a section of 2^62 bytes: %v", err)
	}
	counter := &endless{}
	if _, _, err := ReadCAR(io.MultiReader(bytes.NewReader(file), counter), CARBounds{Bytes: int64(len(file)) + 1000}); err == nil {
		t.Error("a file without end was taken")
	}
	if counter.read > 64<<10 {
		t.Errorf("%d bytes were read past the bound", counter.read)
	}
}

type endless struct{ read int }

func (e *endless) Read(b []byte) (int, error) {
	e.read += len(b)
	clear(b)
	return len(b), nil
}

func TestReadCARPassesOnAReadError(t *testing.T) {
	_, _, file := export(t)
	broken := errors.New("the disk is gone")
	r := io.MultiReader(bytes.NewReader(file[:len(file)/2]), &failing{broken})
	if _, _, err := ReadCAR(r, CARBounds{}); !errors.Is(err, broken) {
		t.Errorf("%v", err)
	}
}

type failing struct{ err error }

func (f *failing) Read([]byte) (int, error) { return 0, f.err }

// What the library itself writes of our blocks is what we read, and the other way round.
func TestTheLibraryReadsOurCAR(t *testing.T) {
	_, blocks, file := export(t)
	r, err := car.NewBlockReader(bytes.NewReader(file))
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; ; i++ {
		b, err := r.Next()
		if err == io.EOF {
			if i != len(blocks) {
				t.Fatalf("%d of %d blocks", i, len(blocks))
			}
			break
		}
		if err != nil || b.Cid() != blocks[i].CID.Cid {
			t.Fatalf("block %d: %v", i, err)
		}
	}
	// A file with an identity CID, which the library takes for a block, is none of ours.
	identity, err := cid.Decode("bafkqaatine")
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	w, err := storage.NewWritable(&out, []cid.Cid{identity}, car.WriteAsCarV1(true))
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Put(t.Context(), identity.KeyString(), []byte("hi")); err != nil {
		t.Fatal(err)
	}
	if _, _, err := ReadCAR(&out, CARBounds{}); !hasCode(err, CodeLink) {
		t.Errorf("an identity CID: %v", err)
	}
}
