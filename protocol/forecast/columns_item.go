package forecast

import (
	"encoding/binary"
	"fmt"
	"math"

	"kontor/protocol/block"
	"kontor/protocol/quantity"
)

func (r *columnReader) levels() ([]int64, error) {
	n, err := r.count()
	if err != nil {
		return nil, err
	}
	levels := make([]int64, n)
	for i := range levels {
		if levels[i], err = r.int(); err != nil {
			return nil, err
		}
	}
	return levels, nil
}

func sameInts(a, b []int64) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if a[i] != b[i] {
			return false
		}
	}
	return true
}

func (r *columnReader) quantity() (q quantity.Quantity, err error) {
	q, r.rest, err = quantity.ReadPair(r.rest)
	return q, err
}

// count reads the head of an array, of which each element takes at least a byte: so much memory it may cost.
func (r *columnReader) count() (int, error) {
	n, err := r.head(majorArray)
	if err == nil && (n > block.MaxArray || n > uint64(len(r.rest))) {
		err = fmt.Errorf("array of %d elements in %d bytes", n, len(r.rest))
	}
	return int(n), err
}

// some reads how many cells a run has: at least one, and no more than are left.
func (r *columnReader) some(left int) (int, error) {
	n, err := r.head(majorUint)
	if err == nil && (n == 0 || n > uint64(left)) {
		err = fmt.Errorf("run of %d cells where %d are left", n, left)
	}
	return int(n), err
}

// items reads the head of an array of n elements.
func (r *columnReader) items(n uint64) error {
	found, err := r.head(majorArray)
	if err == nil && found != n {
		err = fmt.Errorf("run of %d elements: want %d", found, n)
	}
	return err
}

func (r *columnReader) int() (int64, error) {
	if len(r.rest) > 0 && r.rest[0]>>5 == 1 {
		n, err := r.head(1)
		if err == nil && n > math.MaxInt64 {
			err = fmt.Errorf("integer beyond 63 bits")
		}
		return -1 - int64(n), err
	}
	n, err := r.head(majorUint)
	if err == nil && n > math.MaxInt64 {
		err = fmt.Errorf("integer beyond 63 bits")
	}
	return int64(n), err
}

func (r *columnReader) text() (string, error) {
	n, err := r.head(majorText)
	if err == nil && n > uint64(len(r.rest)) {
		err = fmt.Errorf("bytes end inside a text")
	}
	if err != nil {
		return "", err
	}
	s := string(r.rest[:n])
	r.rest = r.rest[n:]
	return s, nil
}

func (r *columnReader) name(want string) error {
	if !r.named(want) {
		return fmt.Errorf("column %s is missing or not in its place", want)
	}
	return nil
}

// named reads a name if it is the one that is next.
func (r *columnReader) named(want string) bool {
	if n := 1 + len(want); len(r.rest) >= n && r.rest[0] == majorText<<5|byte(len(want)) && string(r.rest[1:n]) == want {
		r.rest = r.rest[n:]
		return true
	}
	return false
}

// head reads the head of an item of one major type, in its shortest form.
func (r *columnReader) head(major byte) (uint64, error) {
	if len(r.rest) == 0 {
		return 0, fmt.Errorf("bytes end where an item should begin")
	}
	if r.rest[0]>>5 != major {
		return 0, fmt.Errorf("byte 0x%02x begins no item of major type %d", r.rest[0], major)
	}
	low := r.rest[0] & 0x1f
	if low < 24 {
		r.rest = r.rest[1:]
		return uint64(low), nil
	}
	size := 1 << (low - 24)
	if low > 27 || len(r.rest) < 1+size {
		return 0, fmt.Errorf("a number is cut short or malformed")
	}
	var n, least uint64
	switch b := r.rest[1:]; size {
	case 1:
		n, least = uint64(b[0]), 24
	case 2:
		n, least = uint64(binary.BigEndian.Uint16(b)), 1<<8
	case 4:
		n, least = uint64(binary.BigEndian.Uint32(b)), 1<<16
	default:
		n, least = binary.BigEndian.Uint64(b), 1<<32
	}
	if n < least {
		return 0, fmt.Errorf("a number is not in its shortest form")
	}
	r.rest = r.rest[1+size:]
	return n, nil
}
