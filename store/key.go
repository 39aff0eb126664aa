package store

import (
	"bytes"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime/debug"
	"strings"

	"golang.org/x/crypto/argon2"

	"kontor/store/kv"
)

// Key encrypts a database at rest (AES-256).
type Key [32]byte

// String hides the key from logs.
func (Key) String() string { return "store key (hidden)" }

// GoString hides the key from %#v.
func (Key) GoString() string { return "store key (hidden)" }

// CredentialName is the systemd credential that holds a store key:
// LoadCredential=kontor-store-key:/path in the unit.
const CredentialName = "kontor-store-key"

// maxKeyFileBytes is 64 hex digits and a line end.
const maxKeyFileBytes = 66

// LoadKeyFile reads a key from a file of 64 hex digits or 32 raw bytes. The
// file must be readable by its owner alone and lie outside dir: a key beside
// what it protects travels with every copy of it.
func LoadKeyFile(path, dir string) (Key, error) {
	if err := checkOutside(path, dir); err != nil {
		return Key{}, err
	}
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return Key{}, kv.Errorf(kv.CodeKeyFileMissing, "no key file %q; give the path of the one the database was made with, or run kontor init to make a new node", path)
	}
	if err != nil {
		return Key{}, kv.Wrap(err, kv.CodeKeyFileMissing, "reading the key file %q", path)
	}
	defer f.Close()
	// The mode of the open file: the name may be swapped meanwhile.
	fi, err := f.Stat()
	if err != nil {
		return Key{}, kv.Wrap(err, kv.CodeKeyFileMissing, "reading the key file %q", path)
	}
	if !fi.Mode().IsRegular() {
		return Key{}, kv.Errorf(kv.CodeKeyFileForm, "the key file %q is not a regular file", path)
	}
	if othersMayRead(fi) {
		return Key{}, kv.Errorf(kv.CodeKeyFileMode, "the key file %q has mode %04o, others may use it; run chmod 600 %s", path, fi.Mode().Perm(), path)
	}
	return readKey(f, path)
}

// checkOutside refuses a path inside dir, also through links.
func checkOutside(path, dir string) error {
	real := func(p string) string {
		if abs, err := filepath.Abs(p); err == nil {
			p = abs
		}
		// What does not exist yet is judged by the part that does.
		rest := ""
		for at := p; ; at = filepath.Dir(at) {
			if r, err := filepath.EvalSymlinks(at); err == nil {
				return filepath.Join(r, rest)
			}
			if filepath.Dir(at) == at {
				return p
			}
			rest = filepath.Join(filepath.Base(at), rest)
		}
	}
	if rel, err := filepath.Rel(real(dir), real(path)); err == nil && rel != ".." && !strings.HasPrefix(rel, ".."+string(filepath.Separator)) {
		return kv.Errorf(kv.CodeKeyFilePlace, "the key file %q lies inside the database directory %q; move it elsewhere, so that a copy of the database does not carry its key", path, dir)
	}
	return nil
}

func readKey(r io.Reader, from string) (Key, error) {
	text, err := io.ReadAll(io.LimitReader(r, maxKeyFileBytes+1))
	if err != nil {
		return Key{}, kv.Wrap(err, kv.CodeKeyFileMissing, "reading the key in %q", from)
	}
	var k Key
	raw := text
	if len(text) != len(k) {
		raw, err = hex.DecodeString(strings.TrimRight(string(text), "\r\n"))
	}
	if err != nil || len(text) > maxKeyFileBytes || len(raw) != len(k) {
		return Key{}, kv.Errorf(kv.CodeKeyFileForm, "the key in %q is neither 64 hex digits nor 32 bytes (%d bytes read); restore the file from where you keep it", from, len(text))
	}
	copy(k[:], raw)
	if k == (Key{}) {
		return Key{}, kv.Errorf(kv.CodeKeyFileForm, "the key in %q is all zero; restore the file from where you keep it", from)
	}
	return k, nil
}

// MakeKeyFile makes a new random key and writes it to path, durably, with mode
// 0600. It never replaces a file.
func MakeKeyFile(path, dir string) (Key, error) {
	if err := checkOutside(path, dir); err != nil {
		return Key{}, err
	}
	var k Key
	rand.Read(k[:])
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return Key{}, kv.Wrap(err, kv.CodeIO, "making the key file %q", path)
	}
	_, err = fmt.Fprintf(f, "%x\n", k[:])
	if err == nil {
		err = f.Sync()
	}
	if cerr := f.Close(); err == nil {
		err = cerr
	}
	if err == nil {
		err = syncDir(filepath.Dir(path))
	}
	if err != nil {
		os.Remove(path)
		return Key{}, kv.Wrap(err, kv.CodeIO, "writing the key file %q", path)
	}
	return k, nil
}

// LoadCredential reads the key that systemd hands to the service. found is
// false where there is none. systemd guards the file; its mode bits are not
// those of a key file.
func LoadCredential() (k Key, found bool, err error) {
	dir := os.Getenv("CREDENTIALS_DIRECTORY")
	if dir == "" {
		return Key{}, false, nil
	}
	path := filepath.Join(dir, CredentialName)
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return Key{}, false, nil
	}
	if err != nil {
		return Key{}, false, kv.Wrap(err, kv.CodeKeyFileMissing, "reading the credential %q", path)
	}
	defer f.Close()
	k, err = readKey(f, path)
	return k, err == nil, err
}

// The cost of a passphrase: the second recommendation of RFC 9106 section 4.
const (
	argonTime    = 3
	argonMemKiB  = 64 << 10
	argonThreads = 4

	// A salt file may raise the cost up to these; more would let whoever can
	// write the directory stop the node at start.
	maxArgonTime    = 16
	maxArgonMemKiB  = 512 << 10
	maxArgonThreads = 16

	// maxSaltFileBytes is twice what a salt file of this program takes.
	maxSaltFileBytes = 256
)

const saltForm = "kontor argon2id 1 t=%d m=%d p=%d salt=%x\n"

// PassphraseKey derives the key of the database in dir from a passphrase, with
// argon2id and the salt and cost in the salt file there. For a directory
// without a database it makes the salt file.
func PassphraseKey(dir string, passphrase []byte) (Key, error) {
	if len(passphrase) == 0 {
		return Key{}, kv.Errorf(kv.CodePassphrase, "the passphrase of the database in %q is empty; give one on standard input or at the prompt", dir)
	}
	path := filepath.Join(dir, saltFile)
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		if text, err = makeSalt(dir, path); err != nil {
			return Key{}, err
		}
	} else if err != nil {
		return Key{}, kv.Wrap(err, kv.CodeSaltForm, "reading the salt file %q", path)
	}
	c, ok := parseCost(text)
	if !ok {
		return Key{}, kv.Errorf(kv.CodeSaltForm, "the salt file %q is damaged or out of bounds (%q); restore it from a backup of the directory", path, text[:min(len(text), 256)])
	}
	var k Key
	copy(k[:], argon2.IDKey(passphrase, c.salt, c.time, c.mem, uint8(c.threads), uint32(len(k))))
	// The work memory is of no further use and larger than the idle node.
	debug.FreeOSMemory()
	return k, nil
}

// cost is what a salt file says: how dear a guess of the passphrase is.
type cost struct {
	time, mem, threads uint32 // mem in KiB
	salt               []byte
}

func (c cost) text() []byte { return fmt.Appendf(nil, saltForm, c.time, c.mem, c.threads, c.salt) }

// parseCost reads a salt file; false, and nothing, for one that is damaged or out of bounds.
func parseCost(text []byte) (c cost, ok bool) {
	if len(text) > maxSaltFileBytes {
		return cost{}, false
	}
	_, err := fmt.Sscanf(string(text), saltForm, &c.time, &c.mem, &c.threads, &c.salt)
	if err != nil || !bytes.Equal(text, c.text()) || len(c.salt) < 16 || c.time < 1 || c.time > maxArgonTime ||
		c.threads < 1 || c.threads > maxArgonThreads || c.mem < 8*c.threads || c.mem > maxArgonMemKiB {
		return cost{}, false
	}
	return c, true
}

func makeSalt(dir, path string) ([]byte, error) {
	if _, fresh, err := checkLayout(dir); err != nil {
		return nil, err
	} else if !fresh {
		return nil, kv.Errorf(kv.CodeWrongKey, "the database in %q was made with a key file, not with a passphrase (it has no salt file); give --key-file", dir)
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, kv.Wrap(err, kv.CodeIO, "making the directory %q", dir)
	}
	salt := make([]byte, 32)
	rand.Read(salt)
	text := cost{argonTime, argonMemKiB, argonThreads, salt}.text()
	return text, writeFileSynced(path, text, 0o600)
}
