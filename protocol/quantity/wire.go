package quantity

import (
	"encoding/binary"
	"fmt"
	"math"
)

// MarshalCBOR writes [mantissa, exponent] with shortest integers (PROTOCOL 1).
func (q Quantity) MarshalCBOR() ([]byte, error) {
	b := make([]byte, 1, 12)
	b[0] = 0x82
	return AppendPair(b, q), nil
}

// UnmarshalCBOR reads what MarshalCBOR writes and refuses every other form: a mantissa divisible by ten, a
// zero with an exponent, integers that are not shortest, trailing bytes. On error q is unchanged.
func (q *Quantity) UnmarshalCBOR(data []byte) error {
	if len(data) == 0 || data[0] != 0x82 {
		return fmt.Errorf("quantity %x is not an array of two integers", clip(data))
	}
	read, rest, err := ReadPair(data[1:])
	if err != nil {
		return err
	}
	if len(rest) != 0 {
		return fmt.Errorf("quantity is followed by %d bytes", len(rest))
	}
	*q = read
	return nil
}

// AppendPair writes mantissa and exponent one after the other, as they stand in a column of quantities.
func AppendPair(b []byte, q Quantity) []byte {
	return appendInt(appendInt(b, q.mantissa), int64(q.exponent))
}

// ReadPair reads what AppendPair writes, refuses every other form, and gives the bytes that follow.
func ReadPair(b []byte) (q Quantity, rest []byte, err error) {
	mantissa, rest, err := readInt(b)
	if err != nil {
		return q, nil, fmt.Errorf("quantity mantissa: %w", err)
	}
	exponent, rest, err := readInt(rest)
	if err != nil {
		return q, nil, fmt.Errorf("quantity exponent: %w", err)
	}
	if exponent < -MaxExponent || exponent > MaxExponent || mantissa == math.MinInt64 {
		return q, nil, fmt.Errorf("quantity [%d, %d]: %w", mantissa, exponent, ErrOverflow)
	}
	if (mantissa == 0 && exponent != 0) || (mantissa != 0 && mantissa%10 == 0) {
		return q, nil, fmt.Errorf("quantity [%d, %d] is not in its shortest form", mantissa, exponent)
	}
	return Quantity{mantissa, int8(exponent)}, rest, nil
}

// MarshalText writes String, for JSON and CSV.
func (q Quantity) MarshalText() ([]byte, error) { return []byte(q.String()), nil }

// UnmarshalText reads what Parse reads.
func (q *Quantity) UnmarshalText(text []byte) error {
	parsed, err := Parse(string(text))
	if err != nil {
		return err
	}
	*q = parsed
	return nil
}

func clip(data []byte) []byte { return data[:min(len(data), 16)] }

// appendInt writes a CBOR integer of major type 0 or 1 in its shortest form. This package stands below
// protocol/block, so it writes its two integers itself.
func appendInt(b []byte, n int64) []byte {
	major, u := byte(0x00), uint64(n)
	if n < 0 {
		major, u = 0x20, uint64(-1-n)
	}
	switch {
	case u < 24:
		return append(b, major|byte(u))
	case u <= math.MaxUint8:
		return append(b, major|24, byte(u))
	case u <= math.MaxUint16:
		return binary.BigEndian.AppendUint16(append(b, major|25), uint16(u))
	case u <= math.MaxUint32:
		return binary.BigEndian.AppendUint32(append(b, major|26), uint32(u))
	}
	return binary.BigEndian.AppendUint64(append(b, major|27), u)
}

func readInt(b []byte) (n int64, rest []byte, err error) {
	// Most integers of a plan have up to three bytes and are not negative: those are read at one look.
	if len(b) >= 3 {
		switch first := b[0]; {
		case first < 24:
			return int64(first), b[1:], nil
		case first == 24 && b[1] >= 24:
			return int64(b[1]), b[2:], nil
		case first == 25 && b[1] != 0:
			return int64(b[1])<<8 | int64(b[2]), b[3:], nil
		}
	}
	if len(b) == 0 {
		return 0, nil, fmt.Errorf("bytes end before an integer")
	}
	major, info := b[0]>>5, b[0]&0x1f
	if major > 1 {
		return 0, nil, fmt.Errorf("byte 0x%02x begins no integer", b[0])
	}
	var u, least uint64
	switch size := 1 << (info - 24); {
	case info < 24:
		u, rest = uint64(info), b[1:]
	case info > 27 || len(b) < 1+size:
		return 0, nil, fmt.Errorf("integer %x is cut short or malformed", clip(b))
	default:
		for _, c := range b[1 : 1+size] {
			u = u<<8 | uint64(c)
		}
		rest = b[1+size:]
		least = [...]uint64{24, 1 << 8, 1 << 16, 1 << 32}[info-24]
	}
	if u < least || u > math.MaxInt64 {
		return 0, nil, fmt.Errorf("integer %x is not in shortest form or exceeds 63 bits", clip(b))
	}
	if major == 1 {
		return -1 - int64(u), rest, nil
	}
	return int64(u), rest, nil
}
