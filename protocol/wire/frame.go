package wire

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"

	"kontor/protocol/block"
	"kontor/protocol/bound"
)

// Message is what a frame may carry.
type Message interface {
	// Check tells why a decoded message is out of bounds; nil when it may be used.
	Check() error
}

// Reader is what frames are read from: a bufio.Reader over a stream, in practice.
type Reader interface {
	io.Reader
	io.ByteReader
}

// eagerBytes is how much is taken for a frame on the word of its length alone; beyond it memory follows the bytes that came.
const eagerBytes = 64 << 10

// growth is how many times what came is taken next: a block of 1 MiB is copied once.
const growth = 16

// ReadFrame reads a length, an unsigned varint in its shortest form, and that many bytes. A length beyond limit is a
// *Fault; io.EOF before the first byte of the length is returned as it is.
func ReadFrame(r Reader, limit int) ([]byte, error) {
	n, err := readLength(r)
	if err != nil {
		return nil, err
	}
	if n > uint64(limit) {
		return nil, exceedsf(bound.Frame, CodeTooLarge, "a frame of %d bytes; at most %d are allowed here", n, limit)
	}
	data := make([]byte, min(int(n), eagerBytes))
	for at := 0; ; {
		m, err := io.ReadFull(r, data[at:])
		if at += m; err != nil {
			return nil, fmt.Errorf("read frame: %d of %d bytes came: %w", at, n, cut(err))
		}
		if at == int(n) {
			return data, nil
		}
		grown := make([]byte, min(int(n), growth*len(data)))
		copy(grown, data)
		data = grown
	}
}

func readLength(r io.ByteReader) (uint64, error) {
	var n uint64
	for i := 0; ; i++ {
		b, err := r.ReadByte()
		if err != nil {
			if i == 0 {
				return 0, err
			}
			return 0, fmt.Errorf("read frame length: %w", cut(err))
		}
		if i == 4 {
			return 0, exceedsf(bound.Frame, CodeTooLarge, "a frame length of more than 4 bytes")
		}
		n |= uint64(b&0x7f) << (7 * i)
		if b < 0x80 {
			if b == 0 && i > 0 {
				return 0, Faultf(CodeMalformed, "a frame length that is not in its shortest form")
			}
			return n, nil
		}
	}
}

func cut(err error) error {
	if errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	return err
}

// AppendFrame appends a frame that holds data.
func AppendFrame(to, data []byte) []byte {
	return append(binary.AppendUvarint(to, uint64(len(data))), data...)
}

// WriteFrame writes a frame that holds data, in one write.
func WriteFrame(w io.Writer, data []byte) error {
	if len(data) > MaxFrame {
		return fmt.Errorf("write frame: %d bytes are more than %d", len(data), MaxFrame)
	}
	_, err := w.Write(AppendFrame(make([]byte, 0, len(data)+4), data))
	return err
}

// WriteMessage writes a message as a frame. A message that its reader would refuse is not sent.
func WriteMessage(w io.Writer, m Message) error {
	if err := m.Check(); err != nil {
		return fmt.Errorf("write message: %w", err)
	}
	data, err := block.Marshal(m)
	if err != nil {
		return err
	}
	return WriteFrame(w, data)
}

// Decode reads a message from the bytes of a frame. On error the message is its zero value; the error is a *Fault.
func Decode[T Message](data []byte) (T, error) {
	var m, zero T
	if err := block.Unmarshal(data, &m); err != nil {
		return zero, &Fault{Code: CodeMalformed, Text: clip(err.Error(), MaxFaultText), exceeds: bound.Of(err)}
	}
	if err := m.Check(); err != nil {
		return zero, &Fault{Code: CodeMalformed, Text: clip(err.Error(), MaxFaultText), exceeds: bound.Of(err)}
	}
	return m, nil
}

// ReadMessage reads a frame of at most limit bytes and decodes the message in it.
func ReadMessage[T Message](r Reader, limit int) (T, error) {
	data, err := ReadFrame(r, limit)
	if err != nil {
		var zero T
		return zero, err
	}
	return Decode[T](data)
}
