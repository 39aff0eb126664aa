package block

import (
	"bufio"
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/ipfs/go-cid"
	"github.com/ipld/go-car/v2"
	"github.com/ipld/go-car/v2/storage"
)

// CARBounds is the most that a reader of a CAR file is ready to take. A zero number stands for its default.
type CARBounds struct {
	Blocks int   // default DefaultCARBlocks
	Bytes  int64 // of the whole file, default DefaultCARBytes
}

const (
	// DefaultCARBlocks and DefaultCARBytes hold a sheet of full size and its history of entries.
	DefaultCARBlocks = 1 << 18
	DefaultCARBytes  = 2 * MaxSheet
	// MaxCARRoots is the most roots a file names; its header stays below a block.
	MaxCARRoots = 1024
)

// WriteCAR writes blocks as a CAR file, version 1, in the order given: the same arguments give the same bytes. Every
// block must fit its CID and stand once, every root must be among the blocks; nothing is written otherwise.
func WriteCAR(w io.Writer, roots []CID, blocks []Block) error {
	if err := checkCAR(roots, blocks); err != nil {
		return fmt.Errorf("write CAR: %w", err)
	}
	if err := writeCAR(w, roots, blocks); err != nil {
		return fmt.Errorf("write CAR: %w", err)
	}
	return nil
}

func checkCAR(roots []CID, blocks []Block) error {
	if len(roots) == 0 || len(roots) > MaxCARRoots {
		return whole(CodeCAR, "%d roots, not 1 to %d", len(roots), MaxCARRoots)
	}
	present := make(map[CID]bool, len(blocks))
	for _, b := range blocks {
		if err := checkCARBlock(b); err != nil {
			return err
		}
		if present[b.CID] {
			return whole(CodeCAR, "block %s stands twice", b.CID)
		}
		present[b.CID] = true
	}
	for i, root := range roots {
		if !present[root] {
			return whole(CodeMissing, "root %s is not among the blocks", root)
		}
		if slices.Contains(roots[:i], root) {
			return whole(CodeCAR, "root %s is named twice", root)
		}
	}
	return nil
}

func checkCARBlock(b Block) error {
	if len(b.Data) > MaxBlock {
		return whole(CodeTooLarge, "block %s has %d bytes", b.CID.Short(), len(b.Data))
	}
	if !b.CID.Holds(b.Data) {
		return whole(CodeCID, "the bytes of block %s are another's", b.CID)
	}
	if b.CID.Raw() {
		return nil
	}
	if err := Validate(b.Data); err != nil {
		return fmt.Errorf("block %s: %w", b.CID.Short(), err)
	}
	return nil
}

func writeCAR(w io.Writer, roots []CID, blocks []Block) error {
	plain := make([]cid.Cid, len(roots))
	for i, root := range roots {
		plain[i] = root.Cid
	}
	// The struct hides all of w but Write: given an os.File the library would write at offset zero instead of where
	// the file stands.
	out, err := storage.NewWritable(struct{ io.Writer }{w}, plain, car.WriteAsCarV1(true))
	if err != nil {
		return err
	}
	for _, b := range blocks {
		if err := out.Put(context.Background(), b.CID.KeyString(), b.Data); err != nil {
			return fmt.Errorf("block %s: %w", b.CID.Short(), err)
		}
	}
	return out.Finalize()
}

// ReadCAR reads a CAR file, version 1, to its end. It takes only files that [WriteCAR] would have written: every block
// is verified, stands once and is of a kind used here, every root is there, lengths are in shortest form, nothing
// follows. On error roots and blocks are nil.
func ReadCAR(r io.Reader, bounds CARBounds) (roots []CID, blocks []Block, err error) {
	if bounds.Blocks <= 0 {
		bounds.Blocks = DefaultCARBlocks
	}
	if bounds.Bytes <= 0 {
		bounds.Bytes = DefaultCARBytes
	}
	if roots, blocks, err = readCAR(r, bounds); err != nil {
		return nil, nil, fmt.Errorf("read CAR: %w", err)
	}
	return roots, blocks, nil
}

func readCAR(r io.Reader, bounds CARBounds) ([]CID, []Block, error) {
	limited := &io.LimitedReader{R: r, N: bounds.Bytes + 1}
	read := sha256.New()
	file := bufio.NewReader(io.TeeReader(limited, read))
	// A version 2 file says where its blocks lie, and the library would follow it anywhere.
	if start, err := file.Peek(len(car.Pragma)); err == nil && bytes.Equal(start, car.Pragma) {
		return nil, nil, whole(CodeCAR, "version 2, not 1")
	}
	in, err := car.NewBlockReader(file,
		car.MaxAllowedHeaderSize(MaxBlock), car.MaxAllowedSectionSize(MaxBlock+cidBytes),
		car.WithTrustedCAR(true)) // checkCAR verifies, with our narrower idea of a CID
	if err != nil {
		return nil, nil, &Error{Code: CodeCAR, Offset: -1, Text: "its header", Cause: err}
	}
	if in.Version != 1 {
		return nil, nil, whole(CodeCAR, "version %d, not 1", in.Version)
	}
	if len(in.Roots) > MaxCARRoots {
		return nil, nil, whole(CodeCAR, "%d roots, more than %d", len(in.Roots), MaxCARRoots)
	}
	var roots []CID
	for _, root := range in.Roots {
		c, err := CIDFromBytes(root.Bytes())
		if err != nil {
			return nil, nil, fmt.Errorf("root %d: %w", len(roots), err)
		}
		roots = append(roots, c)
	}
	var blocks []Block
	for {
		next, err := in.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, nil, &Error{Code: CodeCAR, Offset: -1, Text: fmt.Sprintf("block %d", len(blocks)), Cause: err}
		}
		if len(blocks) == bounds.Blocks {
			return nil, nil, whole(CodeCAR, "more than %d blocks", bounds.Blocks)
		}
		c, err := CIDFromBytes(next.Cid().Bytes())
		if err != nil {
			return nil, nil, fmt.Errorf("block %d: %w", len(blocks), err)
		}
		blocks = append(blocks, Block{c, next.RawData()})
	}
	if limited.N == 0 {
		return nil, nil, whole(CodeCAR, "more than %d bytes", bounds.Bytes)
	}
	if err := checkCAR(roots, blocks); err != nil {
		return nil, nil, err
	}
	// The library reads a file cut off after a length as one that ends well, and lengths and headers in other than
	// their shortest form; writing it again and comparing finds both.
	written := sha256.New()
	if err := writeCAR(written, roots, blocks); err != nil {
		return nil, nil, err
	}
	if string(read.Sum(nil)) != string(written.Sum(nil)) {
		return nil, nil, whole(CodeCAR, "it would be written otherwise, or is cut short")
	}
	return roots, blocks, nil
}
