package block

import (
	"bytes"
	"encoding/binary"
	"kontor/protocol/bound"
	"math"
	"unicode/utf8"
)

// Validate reports whether data is one canonical block: text keys in length-first order, no key twice, shortest
// integers within int64, no floats, no tag but a well-formed link, valid UTF-8, no indefinite lengths, nothing after
// the item, and the bounds of this package. It reads the bytes once and takes no memory unless it refuses.
// The error is an [*Error].
func Validate(data []byte) error {
	s := scanner{data: data}
	if err := s.block(); err != nil {
		return err
	}
	return nil
}

// Links lists the links of a block in the order in which they stand in its bytes, repeated ones repeated. A path of
// indexes into these lists leads from a root to any block below it. A raw block has no links: do not ask.
func Links(data []byte) ([]CID, error) {
	var at []int
	s := scanner{data: data, links: &at}
	if err := s.block(); err != nil {
		return nil, err
	}
	list := make([]CID, 0, len(at))
	for _, i := range at {
		c, err := CIDFromBytes(data[i : i+cidBytes])
		if err != nil {
			return nil, err
		}
		list = append(list, c)
	}
	return list, nil
}

// scanner is one pass over a block. pos is the first byte not yet read.
type scanner struct {
	data  []byte
	pos   int
	links *[]int // offsets of the CIDs found, where wanted
}

func (s *scanner) refuse(at int, code, text string) *Error {
	return &Error{Code: code, Offset: at, Text: text}
}

func (s *scanner) exceeds(at int, code, name, text string) *Error {
	return &Error{Code: code, Offset: at, Text: text, bound: name}
}

func (s *scanner) block() *Error {
	if len(s.data) > MaxBlock {
		return s.exceeds(MaxBlock, CodeTooLarge, bound.Block, "the block is longer than 1 MiB")
	}
	if err := s.item(0); err != nil {
		return err
	}
	if s.pos != len(s.data) {
		return s.refuse(s.pos, CodeTrailing, "bytes follow the block's one item")
	}
	return nil
}

// head reads the first byte of an item and its argument, which must be in its shortest form.
func (s *scanner) head() (major byte, arg uint64, err *Error) {
	at := s.pos
	if at >= len(s.data) {
		return 0, 0, s.refuse(at, CodeTruncated, "the block ends where an item should begin")
	}
	first := s.data[at]
	major, low := first>>5, first&0x1f
	s.pos++
	if low < 24 {
		return major, uint64(low), nil
	}
	if low > 27 {
		if low == 31 {
			return 0, 0, s.refuse(at, CodeIndefinite, "indefinite lengths are not canonical")
		}
		return 0, 0, s.refuse(at, CodeReserved, "a reserved CBOR form")
	}
	if major == 7 {
		if low == 24 {
			return 0, 0, s.refuse(at, CodeSimple, "the only simple values are false, true and null")
		}
		return 0, 0, s.refuse(at, CodeFloat, "a floating point number can't stand in a block")
	}
	n := 1 << (low - 24)
	if len(s.data)-s.pos < n {
		return 0, 0, s.refuse(len(s.data), CodeTruncated, "the block ends inside a number or length")
	}
	rest := s.data[s.pos:]
	switch n {
	case 1:
		arg = uint64(rest[0])
	case 2:
		arg = uint64(binary.BigEndian.Uint16(rest))
	case 4:
		arg = uint64(binary.BigEndian.Uint32(rest))
	default:
		arg = binary.BigEndian.Uint64(rest)
	}
	s.pos += n
	// The shortest form of n bytes holds only what n/2 bytes can't; of one byte, what the first byte can't.
	if n == 1 && arg < 24 || n > 1 && arg>>(4*n) == 0 {
		return 0, 0, s.refuse(at, CodeMinimal, "a number or length is not in its shortest form")
	}
	return major, arg, nil
}

// item reads one item that stands inside depth containers.
func (s *scanner) item(depth int) *Error {
	at := s.pos
	// Most items of a block are numbers of up to five bytes: those are judged here, without a call.
	if rest := s.data[at:]; len(rest) >= 5 && rest[0] < 0x40 {
		switch low := rest[0] & 0x1f; {
		case low < 24:
			s.pos++
			return nil
		case low == 24 && rest[1] >= 24:
			s.pos += 2
			return nil
		case low == 25 && rest[1] != 0:
			s.pos += 3
			return nil
		case low == 26 && rest[1]|rest[2] != 0:
			s.pos += 5
			return nil
		}
	}
	major, arg, err := s.head()
	if err != nil {
		return err
	}
	switch major {
	case 0, 1:
		if arg > math.MaxInt64 {
			return s.refuse(at, CodeRange, "an integer lies beyond int64")
		}
		return nil
	case 2:
		return s.skip(arg)
	case 3:
		_, err := s.text(at, arg)
		return err
	case 4:
		return s.array(at, arg, depth+1)
	case 5:
		return s.pairs(at, arg, depth+1)
	case 6:
		return s.link(at, arg)
	default:
		if arg < 20 || arg > 22 {
			return s.refuse(at, CodeSimple, "the only simple values are false, true and null")
		}
		return nil
	}
}

func (s *scanner) skip(n uint64) *Error {
	if n > uint64(len(s.data)-s.pos) {
		return s.refuse(len(s.data), CodeTruncated, "the block ends inside a string")
	}
	s.pos += int(n)
	return nil
}

func (s *scanner) text(at int, n uint64) ([]byte, *Error) {
	if n > MaxText {
		return nil, s.exceeds(at, CodeText, bound.Text, "a text is longer than 64 KiB")
	}
	from := s.pos
	if err := s.skip(n); err != nil {
		return nil, err
	}
	text := s.data[from:s.pos]
	if !utf8.Valid(text) {
		return nil, s.refuse(at, CodeText, "a text is not UTF-8")
	}
	return text, nil
}

func (s *scanner) array(at int, n uint64, depth int) *Error {
	if depth > MaxDepth {
		return s.exceeds(at, CodeDepth, bound.Depth, "nested deeper than 16")
	}
	if n > MaxArray {
		return s.exceeds(at, CodeCount, bound.Array, "an array has more than 65536 elements")
	}
	for ; n > 0; n-- {
		if err := s.item(depth); err != nil {
			return err
		}
	}
	return nil
}

func (s *scanner) pairs(at int, n uint64, depth int) *Error {
	if depth > MaxDepth {
		return s.exceeds(at, CodeDepth, bound.Depth, "nested deeper than 16")
	}
	if n > MaxMap {
		return s.exceeds(at, CodeCount, bound.Map, "a map has more than 4096 pairs")
	}
	var last []byte
	for i := uint64(0); i < n; i++ {
		keyAt := s.pos
		major, arg, err := s.head()
		if err != nil {
			return err
		}
		if major != 3 {
			return s.refuse(keyAt, CodeKey, "a map key is not text")
		}
		key, err := s.text(keyAt, arg)
		if err != nil {
			return err
		}
		if i > 0 {
			switch order := compareKeys(last, key); {
			case order == 0:
				return s.refuse(keyAt, CodeOrder, "a map key stands twice")
			case order > 0:
				return s.refuse(keyAt, CodeOrder, "map keys are not in order, shorter first")
			}
		}
		last = key
		if err := s.item(depth); err != nil {
			return err
		}
	}
	return nil
}

// compareKeys orders map keys as DAG-CBOR does: shorter first, then bytewise.
func compareKeys(a, b []byte) int {
	if len(a) != len(b) {
		return len(a) - len(b)
	}
	return bytes.Compare(a, b)
}

func (s *scanner) link(at int, tag uint64) *Error {
	if tag != 42 {
		return s.refuse(at, CodeTag, "the only tag is 42, a link")
	}
	end := at + linkBytes
	if end > len(s.data) || !bytes.HasPrefix(s.data[at:], linkHead[:]) {
		return s.refuse(at, CodeLink, "a link is tag 42 around a zero byte and the 36 bytes of a CID")
	}
	if why := checkCID(s.data[at+len(linkHead) : end]); why != "" {
		return s.refuse(at, CodeLink, why)
	}
	if s.links != nil {
		*s.links = append(*s.links, at+len(linkHead))
	}
	s.pos = end
	return nil
}
