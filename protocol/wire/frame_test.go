package wire_test

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"strings"
	"testing"

	"kontor/protocol/wire"
)

func TestFrameReadsBack(t *testing.T) {
	var buf bytes.Buffer
	sizes := []int{0, 1, 127, 128, 64 << 10, 64<<10 + 1, 300_000, wire.MaxFrame}
	for _, n := range sizes {
		if err := wire.WriteFrame(&buf, bytes.Repeat([]byte{byte(n)}, n)); err != nil {
			t.Fatal(err)
		}
	}
	r := bufio.NewReader(&buf)
	for _, n := range sizes {
		data, err := wire.ReadFrame(r, wire.MaxFrame)
		if err != nil || len(data) != n || bytes.Count(data, []byte{byte(n)}) != n {
			t.Fatalf("frame of %d bytes reads as %d: %v", n, len(data), err)
		}
	}
	if _, err := wire.ReadFrame(r, wire.MaxFrame); err != io.EOF {
		t.Fatalf("the end reads as %v", err)
	}
	if err := wire.WriteFrame(io.Discard, make([]byte, wire.MaxFrame+1)); err == nil {
		t.Fatal("a frame beyond the bound is written")
	}
}

func TestFrameRefused(t *testing.T) {
	for name, test := range map[string]struct {
		bytes []byte
		code  string
	}{
		"too long":          {binary.AppendUvarint(nil, wire.MaxFrame+1), wire.CodeTooLarge},
		"absurdly long":     {binary.AppendUvarint(nil, 1<<62), wire.CodeTooLarge},
		"not shortest":      {[]byte{0x81, 0x00}, wire.CodeMalformed},
		"cut length":        {[]byte{0x81}, ""},
		"cut content":       {[]byte{5, 1, 2}, ""},
		"cut large content": {append(binary.AppendUvarint(nil, 1<<20), make([]byte, 70_000)...), ""},
	} {
		data, err := wire.ReadFrame(bufio.NewReader(bytes.NewReader(test.bytes)), wire.MaxFrame)
		var fault *wire.Fault
		if data != nil || err == nil || (errors.As(err, &fault) && fault.Code != test.code) || (fault == nil && test.code != "") {
			t.Errorf("%s: %v", name, err)
		}
		if test.code == "" && !errors.Is(err, io.ErrUnexpectedEOF) {
			t.Errorf("%s: %v is not an unexpected end", name, err)
		}
	}
}

// endless gives the length of a large frame and then a byte at a time, to see what is taken on credit.
type endless struct{ head []byte }

func (e *endless) ReadByte() (byte, error) {
	b := e.head[0]
	e.head = e.head[1:]
	return b, nil
}

func (e *endless) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }

func TestFrameTakesNoMemoryOnCredit(t *testing.T) {
	got := testing.Benchmark(func(b *testing.B) {
		for b.Loop() {
			_, _ = wire.ReadFrame(&endless{binary.AppendUvarint(nil, wire.MaxFrame)}, wire.MaxFrame)
		}
	})
	if n := got.AllocedBytesPerOp(); n > 80<<10 {
		t.Fatalf("%d bytes are taken for a frame of which nothing came", n)
	}
}

func TestFault(t *testing.T) {
	f := wire.Faultf(wire.CodeNotFound, "\x1b[2J%s", strings.Repeat("ä", 600))
	if err := f.Check(); err != nil {
		t.Fatal(err)
	}
	if got := wire.FaultOf(errors.New("open /var/lib/secret: denied")); got.Code != wire.CodeUnavailable || strings.Contains(got.Text, "secret") {
		t.Fatalf("an inner error is told: %v", got)
	}
	for _, bad := range []wire.Fault{{}, {Code: "lower"}, {Code: "OK", Text: "\n"}, {Code: strings.Repeat("A", 65)}, {Code: "A", Text: strings.Repeat("a", 513)}} {
		if bad.Check() == nil {
			t.Errorf("%+v passes", bad)
		}
	}
}
