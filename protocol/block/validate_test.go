package block

import (
	"bytes"
	"encoding/hex"
	"errors"
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/ipld/go-ipld-prime/codec/dagcbor"
	"github.com/ipld/go-ipld-prime/node/basicnode"
	"pgregory.net/rapid"
)

func unhex(t testing.TB, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(strings.ReplaceAll(s, " ", ""))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// link is a good link in hexadecimal.
var link = hex.EncodeToString(linkHead[:]) + hex.EncodeToString(Sum([]byte("x")).Bytes())

// refusals: bytes, the code they are refused with and where. What this codec's own decoder would take stands first.
var refusals = []struct {
	name, bytes, code string
	offset            int
}{
	{"map keys out of order", "a2 6162 01 6161 02", CodeOrder, 4},
	{"a longer key first", "a2 626161 01 6162 02", CodeOrder, 5},
	{"a key twice", "a2 6161 01 6161 02", CodeOrder, 4},
	{"23 in two bytes", "1817", CodeMinimal, 0},
	{"255 in three bytes", "1900ff", CodeMinimal, 0},
	{"65535 in five bytes", "1a0000ffff", CodeMinimal, 0},
	{"2^32-1 in nine bytes", "1b00000000ffffffff", CodeMinimal, 0},
	{"a text length in two bytes", "780161", CodeMinimal, 0},
	{"an array length in two bytes", "9800", CodeMinimal, 0},
	{"a tag in three bytes", "d9002a", CodeMinimal, 0},
	{"float16", "f93c00", CodeFloat, 0},
	{"float32", "fa3f800000", CodeFloat, 0},
	{"float64", "fb3ff0000000000000", CodeFloat, 0},
	{"not a number", "f97e00", CodeFloat, 0},
	{"tag 0", "c06161", CodeTag, 0},
	{"a big number", "c2420100", CodeTag, 0},
	{"tag 55799", "d9d9f701", CodeTag, 0},
	{"tag 42 on text", "d82a6161", CodeLink, 0},
	{"a link without its zero byte", "d82a5824" + link[10:], CodeLink, 0},
	{"a link cut short", link[:len(link)-2], CodeLink, 0},
	{"a link to an identity hash", "d82a 47 00 01550003 61 62 63", CodeLink, 0},
	{"a link to a shortened hash", "d82a 46 00 01711201 aa", CodeLink, 0},
	{"an integer key", "a10102", CodeKey, 1},
	{"a byte key", "a1416101", CodeKey, 1},
	{"undefined", "f7", CodeSimple, 0},
	{"simple 0", "e0", CodeSimple, 0},
	{"simple 32", "f820", CodeSimple, 0},
	{"2^63", "1b8000000000000000", CodeRange, 0},
	{"-2^63-1", "3b8000000000000000", CodeRange, 0},
	{"text not UTF-8", "62c328", CodeText, 0},
	{"a surrogate in UTF-8", "63eda080", CodeText, 0},
	{"a key not UTF-8", "a161ff01", CodeText, 1},
	{"an indefinite array", "9fff", CodeIndefinite, 0},
	{"an indefinite map", "bfff", CodeIndefinite, 0},
	{"an indefinite text", "7f6161ff", CodeIndefinite, 0},
	{"a break", "ff", CodeIndefinite, 0},
	{"reserved 28", "1c", CodeReserved, 0},
	{"reserved 30 in simple", "fe", CodeReserved, 0},
	{"nothing", "", CodeTruncated, 0},
	{"a number cut short", "19ff", CodeTruncated, 2},
	{"text cut short", "626f", CodeTruncated, 2},
	{"bytes of 2^64-1", "5bffffffffffffffff", CodeTruncated, 9},
	{"an array cut short", "8201", CodeTruncated, 2},
	{"a map without its value", "a16161", CodeTruncated, 3},
	{"two items", "0101", CodeTrailing, 1},
	{"an array of 65537", "9a00010001", CodeCount, 0},
	{"an array of 2^64-1", "9bffffffffffffffff", CodeCount, 0},
	{"a map of 4097", "b91001", CodeCount, 0},
	{"text of 65537", "7a00010001", CodeText, 0},
	{"17 arrays", strings.Repeat("81", 17) + "01", CodeDepth, 16},
	{"17 maps", strings.Repeat("a16161", 17) + "01", CodeDepth, 48},
}

func TestValidateRefuses(t *testing.T) {
	for _, c := range refusals {
		data := unhex(t, c.bytes)
		err := Validate(data)
		var e *Error
		if !errors.As(err, &e) || e.Code != c.code || e.Offset != c.offset {
			t.Errorf("%s: %v, want %s at byte %d", c.name, err, c.code, c.offset)
		}
		if links, err := Links(data); err == nil || links != nil {
			t.Errorf("%s: its links were listed", c.name)
		}
	}
}

func TestValidateTakesTheBounds(t *testing.T) {
	for name, data := range map[string][]byte{
		"16 arrays":          unhex(t, strings.Repeat("81", 16)+"01"),
		"a link in 16":       unhex(t, strings.Repeat("81", 16)+link),
		"an array of 65536":  append(unhex(t, "9a00010000"), make([]byte, 65536)...),
		"text of 64 KiB":     append(unhex(t, "7a00010000"), bytes.Repeat([]byte("a"), 65536)...),
		"a block of 1 MiB":   append(unhex(t, "5a000ffffb"), make([]byte, MaxBlock-5)...),
		"2^63-1":             unhex(t, "1b7fffffffffffffff"),
		"-2^63":              unhex(t, "3b7fffffffffffffff"),
		"true, false, null":  unhex(t, "83f5f4f6"),
		"empty everything":   unhex(t, "84406080a0"),
		"keys by length":     unhex(t, "a3 6162 01 626161 02 626162 03"),
		"the empty key":      unhex(t, "a16001"),
		"a link":             unhex(t, link),
		"text out of planes": unhex(t, "64f0908591"),
	} {
		if err := Validate(data); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	large := append(unhex(t, "5a000ffffc"), make([]byte, MaxBlock-4)...)
	if err := Validate(large); !hasCode(err, CodeTooLarge) {
		t.Errorf("a block of 1 MiB and a byte: %v", err)
	}
	data := unhex(t, "b91000")
	for i := range MaxMap {
		data = fmt.Appendf(append(data, 0x64), "%04x\xf6", i)
	}
	if err := Validate(data); err != nil {
		t.Errorf("a map of 4096: %v", err)
	}
}

func TestValidateTakesNoMemory(t *testing.T) {
	data := mustMarshal(t, plan())
	if n := testing.AllocsPerRun(10, func() { Validate(data) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

// The rules of Marshal: what can't be written canonically is an error, never something near it.
func TestMarshalRefuses(t *testing.T) {
	deep := any(int64(1))
	for range MaxDepth + 1 {
		deep = []any{deep}
	}
	for name, v := range map[string]any{
		"a float":            1.5,
		"not a number":       math.NaN(),
		"an integer too big": uint64(math.MaxUint64),
		"text not UTF-8":     "\xff",
		"an integer key":     map[int64]int64{1: 1},
		"too deep":           deep,
		"text too long":      strings.Repeat("a", MaxText+1),
		"too long":           make([]byte, MaxBlock),
		"an undefined CID":   CID{},
		"too many elements":  make([]int64, MaxArray+1),
		"a channel":          make(chan int),
	} {
		if data, err := Marshal(v); !hasCode(err, CodeEncode) || data != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// oracle reports whether the other library reads the bytes and writes them again the same, which leaves out most of
// what is not canonical. It knows nothing of our narrower subset.
func oracle(data []byte) bool {
	nb := basicnode.Prototype.Any.NewBuilder()
	if err := (dagcbor.DecodeOptions{AllowLinks: true, AllocationBudget: 1 << 30}).Decode(nb, bytes.NewReader(data)); err != nil {
		return false
	}
	var out bytes.Buffer
	if err := dagcbor.Encode(nb.Build(), &out); err != nil {
		return false
	}
	return bytes.Equal(out.Bytes(), data)
}

// drawValue draws a value of our subset, at most depth containers deep.
func drawValue(t *rapid.T, depth int) any {
	kinds := 7
	if depth == 0 {
		kinds = 5
	}
	switch rapid.IntRange(0, kinds).Draw(t, "kind") {
	case 0:
		return rapid.Int64().Draw(t, "int")
	case 1:
		return rapid.String().Draw(t, "text")
	case 2:
		return rapid.SliceOf(rapid.Byte()).Draw(t, "bytes")
	case 3:
		return rapid.Bool().Draw(t, "bool")
	case 4:
		return nil
	case 5:
		return Sum(rapid.SliceOf(rapid.Byte()).Draw(t, "linked"))
	case 6:
		list := make([]any, rapid.IntRange(0, 30).Draw(t, "length"))
		for i := range list {
			list[i] = drawValue(t, depth-1)
		}
		return list
	default:
		m := map[string]any{}
		for range rapid.IntRange(0, 30).Draw(t, "pairs") {
			m[rapid.String().Draw(t, "key")] = drawValue(t, depth-1)
		}
		return m
	}
}

// Two codecs by different hands agree on what is canonical.
func TestTheOtherCodecAgrees(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		data, err := Marshal(drawValue(t, 3))
		if err != nil {
			t.Fatal(err)
		}
		if !oracle(data) {
			t.Fatalf("the other codec would not write %x", data)
		}
		// A damaged block that still passes here passes there.
		for range 10 {
			damaged := bytes.Clone(data)
			damaged[rapid.IntRange(0, len(data)-1).Draw(t, "at")] ^= rapid.Byte().Draw(t, "flip")
			if Validate(damaged) == nil && !oracle(damaged) {
				t.Fatalf("taken here, refused there: %x", damaged)
			}
		}
	})
}

func TestCodesAreDistinct(t *testing.T) {
	codes := []string{CodeTruncated, CodeTrailing, CodeTooLarge, CodeDepth, CodeCount, CodeText, CodeMinimal, CodeIndefinite,
		CodeRange, CodeFloat, CodeSimple, CodeTag, CodeLink, CodeKey, CodeOrder, CodeReserved, CodeShape, CodeRoundTrip,
		CodeEncode, CodeCID, CodeSalt, CodeSheet, CodeSheetSize, CodePatch, CodeCAR, CodeMissing}
	seen := map[string]bool{}
	for _, code := range codes {
		if seen[code] {
			t.Errorf("%s stands for two reasons", code)
		}
		seen[code] = true
	}
}
