package store

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"hash"
	"io"
	"maps"

	"kontor/store/kv"
)

// backupVisitor takes the parts of a backup in their order.
type backupVisitor struct {
	file   func(name string, data []byte) error
	record func(table byte, key, value []byte) error
}

// readBackup reads the decrypted inside of a backup and checks it against its
// manifest.
func readBackup(r io.Reader, v backupVisitor) (Manifest, error) {
	b := backupReader{in: bufio.NewReaderSize(r, 64<<10), visit: v, sum: sha256.New(), files: map[string]string{}}
	magic := make([]byte, len(backupMagic))
	if _, err := io.ReadFull(b.in, magic); err != nil || string(magic) != backupMagic {
		return Manifest{}, malformed(err, "it does not begin as a backup of this version")
	}
	for {
		kind, err := b.in.ReadByte()
		if err != nil {
			return Manifest{}, malformed(err, "it ends early")
		}
		switch kind {
		case frameFile:
			err = b.file()
		case frameRecord:
			err = b.record()
		case frameEnd:
			return b.end()
		default:
			err = malformed(nil, "an unknown part")
		}
		if err != nil {
			return Manifest{}, err
		}
	}
}

// backupReader hands on the parts of a backup as they come and keeps account of
// them for the manifest at the end.
type backupReader struct {
	in    *bufio.Reader
	visit backupVisitor
	got   Manifest          // records and bytes so far
	sum   hash.Hash         // over the record frames so far
	files map[string]string // digests by name so far
	name  string            // of the last file
	key   []byte            // of the last record
}

func malformed(cause error, what string) error {
	if errors.Is(cause, io.EOF) {
		cause = io.ErrUnexpectedEOF
	}
	return kv.Wrap(cause, kv.CodeBackupForm, "reading the backup: %s; take another backup", what)
}

func (b *backupReader) file() error {
	name, err := readBytes(b.in, maxBackupFileName)
	if err != nil {
		return malformed(err, "the name of a file")
	}
	data, err := readBytes(b.in, maxBackupFileBytes)
	if err != nil {
		return malformed(err, "a file")
	}
	if string(name) <= b.name || !plainName(string(name)) || len(b.files) >= maxBackupFiles || b.got.Records > 0 {
		return malformed(nil, "a file out of place")
	}
	b.name = string(name)
	sum := sha256.Sum256(data)
	b.files[b.name] = hex.EncodeToString(sum[:])
	return b.visit.file(b.name, data)
}

func (b *backupReader) record() error {
	key, err := readBytes(b.in, kv.MaxKeyBytes+1)
	if err != nil || len(key) == 0 {
		return malformed(err, "a key")
	}
	value, err := readBytes(b.in, kv.MaxValueBytes)
	if err != nil {
		return malformed(err, "a value")
	}
	if b.got.Records > 0 && bytes.Compare(key, b.key) <= 0 {
		return malformed(nil, "records out of order")
	}
	b.key = key
	b.got.Records++
	b.got.Bytes += int64(len(key) + len(value))
	b.sum.Write(frame(frameRecord, key, value))
	return b.visit.record(key[0], key[1:], value)
}

// end reads the manifest, which must say what came before it, and the end of the
// stream.
func (b *backupReader) end() (Manifest, error) {
	text, err := readBytes(b.in, maxManifestBytes)
	if err != nil {
		return Manifest{}, malformed(err, "its manifest")
	}
	var m Manifest
	if err := json.Unmarshal(text, &m); err != nil {
		return Manifest{}, malformed(err, "its manifest")
	}
	if !bytes.Equal(endFrame(m)[1:], append(binary.AppendUvarint(nil, uint64(len(text))), text...)) {
		return Manifest{}, malformed(nil, "its manifest is not written as we would")
	}
	if m.Schema < 1 || m.Schema > Schema {
		return Manifest{}, kv.Errorf(kv.CodeNewerSchema, "the backup has schema %d, this program knows up to %d; restore it with the newer program", m.Schema, Schema)
	}
	if m.Records != b.got.Records || m.Bytes != b.got.Bytes || m.SHA256 != digest(b.sum) || !maps.Equal(m.Files, b.files) {
		return Manifest{}, malformed(nil, "its content is not what its manifest says")
	}
	// The end of the encrypted stream is authenticated; reading to it is what
	// proves that nothing was cut off.
	if _, err := b.in.ReadByte(); err != io.EOF {
		return Manifest{}, malformed(err, "something follows its manifest")
	}
	return m, nil
}

// readBytes reads a length and that many bytes. It allocates as the bytes
// arrive, not as the length promises.
func readBytes(in *bufio.Reader, bound int) ([]byte, error) {
	n, err := readLength(in)
	if err != nil {
		return nil, err
	}
	if n > uint64(bound) {
		return nil, kv.Errorf(kv.CodeBackupForm, "%d bytes, the bound is %d", n, bound)
	}
	var b bytes.Buffer
	if _, err := io.CopyN(&b, in, int64(n)); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}

// readLength reads a length in its one shortest form.
func readLength(in *bufio.Reader) (uint64, error) {
	var n uint64
	for shift := 0; shift < 35; shift += 7 {
		b, err := in.ReadByte()
		if err != nil {
			return 0, err
		}
		n |= uint64(b&0x7f) << shift
		if b < 0x80 {
			if b == 0 && shift > 0 {
				break
			}
			return n, nil
		}
	}
	return 0, kv.Errorf(kv.CodeBackupForm, "a length that is not in its shortest form")
}
