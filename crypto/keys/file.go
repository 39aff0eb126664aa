package keys

import (
	"bytes"
	"crypto/cipher"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"io"

	"golang.org/x/crypto/argon2"
	"golang.org/x/crypto/chacha20poly1305"
)

// Usage says what a key is for. A key has one usage.
type Usage string

// The usages of a company's keys.
const (
	Root     Usage = "root"      // signs the identity chain
	Node     Usage = "node"      // the node's libp2p identity
	Feed     Usage = "feed"      // signs the entries of the company's feeds
	Role     Usage = "role"      // an officer's signature
	Mandate  Usage = "mandate"   // a desk's signature within a mandate
	Seal     Usage = "seal"      // opens what is sealed to the company (X25519)
	RoleSeal Usage = "role-seal" // opens what is sealed to an officer (X25519)
)

// Usages lists all of them.
var Usages = []Usage{Root, Node, Feed, Role, Mandate, Seal, RoleSeal}

// Valid reports whether u is one of [Usages].
func (u Usage) Valid() bool {
	for _, known := range Usages {
		if u == known {
			return true
		}
	}
	return false
}

// ErrPassphrase is the error for a passphrase that does not open a key file. A wrong passphrase and a damaged file
// can't be told apart.
var ErrPassphrase = errors.New("wrong passphrase, or the file is damaged")

// ErrNeedsPassphrase is the error for opening a sealed file without a passphrase.
var ErrNeedsPassphrase = errors.New("the file is sealed: a passphrase is needed")

// MaxFile is the largest key file in bytes; a real one is below 400.
const MaxFile = 1024

// cost is the price of trying one passphrase: argon2id passes, memory in KiB, lanes.
type cost struct {
	passes  uint32
	memory  uint32
	threads uint8
}

var (
	// sealCost is the second recommendation of RFC 9106, section 4: for machines that can't spare 2 GiB.
	sealCost = cost{passes: 3, memory: 64 << 10, threads: 4}
	// maxCost is the most a file may ask for on reading: a hostile file must not take the machine's memory or minutes.
	maxCost = cost{passes: 10, memory: 256 << 10, threads: 16}
)

func (c cost) check() error {
	if c.passes < 1 || c.threads < 1 || c.memory < 8*uint32(c.threads) {
		return fmt.Errorf("passes %d, memory %d KiB, lanes %d are too few", c.passes, c.memory, c.threads)
	}
	if c.passes > maxCost.passes || c.memory > maxCost.memory || c.threads > maxCost.threads {
		return fmt.Errorf("passes %d, memory %d KiB, lanes %d are more than %d, %d, %d",
			c.passes, c.memory, c.threads, maxCost.passes, maxCost.memory, maxCost.threads)
	}
	return nil
}

// A key file is text: a first line, base64 in lines of 64 characters, a last line. Inside, version 1:
//
//	magic "kontor key" | version 1 | form 0 plain, 1 sealed | usage length, usage
//	plain:  seed (32) | first 8 bytes of SHA-256 over all before
//	sealed: passes (4) | memory KiB (4) | lanes (1) | salt (16) | nonce (24) | XChaCha20-Poly1305 of the seed (48)
//
// The sealed form authenticates all before the ciphertext, the usage and the cost among it.
const (
	fileFirst   = "-----BEGIN KONTOR KEY-----\n"
	fileLast    = "-----END KONTOR KEY-----\n"
	fileLine    = 64
	fileMagic   = "kontor key"
	fileVersion = 1
	formPlain   = 0
	formSealed  = 1
	saltSize    = 16
	checkSize   = 8
)

// SealFile writes a key file that only the passphrase opens. It takes about a tenth of a second and 64 MiB.
func SealFile(rand io.Reader, passphrase []byte, usage Usage, seed []byte) ([]byte, error) {
	return sealFile(rand, passphrase, usage, seed, sealCost)
}

func sealFile(rand io.Reader, passphrase []byte, usage Usage, seed []byte, price cost) ([]byte, error) {
	if err := checkKey(usage, seed); err != nil {
		return nil, fmt.Errorf("seal key file: %w", err)
	}
	if len(passphrase) == 0 {
		return nil, errors.New("seal key file: the passphrase is empty")
	}
	if err := price.check(); err != nil {
		return nil, fmt.Errorf("seal key file: %w", err)
	}
	var fresh [saltSize + chacha20poly1305.NonceSizeX]byte
	if _, err := io.ReadFull(rand, fresh[:]); err != nil {
		return nil, fmt.Errorf("seal key file: read randomness: %w", err)
	}
	b := fileHead(formSealed, usage)
	b = binary.BigEndian.AppendUint32(b, price.passes)
	b = binary.BigEndian.AppendUint32(b, price.memory)
	b = append(b, price.threads)
	b = append(b, fresh[:]...)
	aead := fileCipher(passphrase, fresh[:saltSize], price)
	return armour(aead.Seal(b, fresh[saltSize:], seed, b)), nil
}

// PlainFile writes a key file that opens without a passphrase, for service keys a node must open unattended. Keeping
// it from others (mode 0600) is for the caller.
func PlainFile(usage Usage, seed []byte) ([]byte, error) {
	if err := checkKey(usage, seed); err != nil {
		return nil, fmt.Errorf("write key file: %w", err)
	}
	b := append(fileHead(formPlain, usage), seed...)
	sum := sha256.Sum256(b)
	return armour(append(b, sum[:checkSize]...)), nil
}

// OpenFile reads a key file of either form. A plain file needs no passphrase and looks at none.
// On error usage is empty and seed nil.
func OpenFile(file, passphrase []byte) (usage Usage, seed []byte, err error) {
	f, err := readFile(file)
	if err != nil {
		return "", nil, fmt.Errorf("read key file: %w", err)
	}
	if !f.sealed {
		return f.usage, f.secret, nil
	}
	if len(passphrase) == 0 {
		return "", nil, fmt.Errorf("read %s key file: %w", f.usage, ErrNeedsPassphrase)
	}
	aead := fileCipher(passphrase, f.salt, f.price)
	seed, err = aead.Open(nil, f.nonce, f.secret, f.head)
	if err != nil {
		return "", nil, fmt.Errorf("read %s key file: %w", f.usage, ErrPassphrase)
	}
	return f.usage, seed, nil
}

// DescribeFile tells without the passphrase for what usage a file says it is and whether it is sealed. Of a sealed
// file the answer is a claim until [OpenFile] has opened it.
func DescribeFile(file []byte) (usage Usage, sealed bool, err error) {
	f, err := readFile(file)
	if err != nil {
		return "", false, fmt.Errorf("read key file: %w", err)
	}
	return f.usage, f.sealed, nil
}

func checkKey(usage Usage, seed []byte) error {
	if !usage.Valid() {
		return fmt.Errorf("%q is no usage of a key", usage)
	}
	if len(seed) != SeedSize {
		return fmt.Errorf("the seed has %d bytes, not %d", len(seed), SeedSize)
	}
	return nil
}

func fileHead(form byte, usage Usage) []byte {
	b := append(make([]byte, 0, 192), fileMagic...)
	b = append(b, fileVersion, form, byte(len(usage)))
	return append(b, usage...)
}

func fileCipher(passphrase, salt []byte, price cost) cipher.AEAD {
	key := argon2.IDKey(passphrase, salt, price.passes, price.memory, price.threads, chacha20poly1305.KeySize)
	aead, err := chacha20poly1305.NewX(key)
	if err != nil {
		panic("invariant: a key of 32 bytes is a key: " + err.Error())
	}
	return aead
}

// keyFile is what a file says before it is opened. Its cost has been checked against maxCost.
type keyFile struct {
	usage       Usage
	sealed      bool
	price       cost
	salt, nonce []byte
	head        []byte // what the ciphertext authenticates
	secret      []byte // the seed, or its ciphertext
}

func readFile(file []byte) (keyFile, error) {
	all, err := unarmour(file)
	if err != nil {
		return keyFile{}, err
	}
	b := all
	take := func(n int) []byte {
		if n > len(b) {
			b, err = nil, errors.New("it is cut short")
			return make([]byte, n)
		}
		part := b[:n:n]
		b = b[n:]
		return part
	}
	if string(take(len(fileMagic))) != fileMagic {
		return keyFile{}, errors.New("not a key of this program")
	}
	if version := take(1)[0]; version != fileVersion {
		return keyFile{}, fmt.Errorf("version %d is not known, update the program", version)
	}
	form := take(1)[0]
	f := keyFile{sealed: form == formSealed}
	f.usage = Usage(take(int(take(1)[0])))
	if err == nil && !f.usage.Valid() {
		return keyFile{}, fmt.Errorf("%q is no usage of a key", f.usage)
	}
	switch form {
	case formPlain:
		f.secret = take(SeedSize)
		sum := sha256.Sum256(all[:len(all)-len(b)])
		if check := take(checkSize); err == nil && subtle.ConstantTimeCompare(check, sum[:checkSize]) != 1 {
			return keyFile{}, errors.New("it is damaged: the check sum does not fit")
		}
	case formSealed:
		f.price.passes = binary.BigEndian.Uint32(take(4))
		f.price.memory = binary.BigEndian.Uint32(take(4))
		f.price.threads = take(1)[0]
		f.salt = take(saltSize)
		f.nonce = take(chacha20poly1305.NonceSizeX)
		f.head = all[:len(all)-len(b)]
		f.secret = take(SeedSize + chacha20poly1305.Overhead)
		if err == nil {
			err = f.price.check()
		}
	default:
		return keyFile{}, fmt.Errorf("form %d is not known", form)
	}
	if err != nil {
		return keyFile{}, err
	}
	if len(b) != 0 {
		return keyFile{}, fmt.Errorf("%d bytes follow the key", len(b))
	}
	return f, nil
}

func armour(b []byte) []byte {
	text := base64.StdEncoding.EncodeToString(b)
	out := []byte(fileFirst)
	for len(text) > 0 {
		n := min(fileLine, len(text))
		out = append(append(out, text[:n]...), '\n')
		text = text[n:]
	}
	return append(out, fileLast...)
}

// unarmour takes only the text that armour writes, so that a file has one form.
func unarmour(file []byte) ([]byte, error) {
	if len(file) > MaxFile {
		return nil, fmt.Errorf("%d bytes are too many for a key file", len(file))
	}
	inner, ok := bytes.CutPrefix(file, []byte(fileFirst))
	if !ok {
		return nil, fmt.Errorf("it does not begin with %q", fileFirst)
	}
	inner, ok = bytes.CutSuffix(inner, []byte(fileLast))
	if !ok {
		return nil, fmt.Errorf("it does not end with %q", fileLast)
	}
	b, err := base64.StdEncoding.DecodeString(string(inner))
	if err != nil {
		return nil, fmt.Errorf("between the first and the last line: %w", err)
	}
	if !bytes.Equal(armour(b), file) {
		return nil, errors.New("its lines are not as they were written")
	}
	return b, nil
}
