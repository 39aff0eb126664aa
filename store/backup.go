package store

import (
	"bufio"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"hash"
	"io"
	"maps"
	"runtime/debug"
	"slices"

	"filippo.io/age"
	"github.com/dgraph-io/badger/v4"

	"kontor/store/kv"
)

// The inside of a backup: the magic line, files, records in ascending order,
// the manifest, the end. LAYOUT.md shows it in boxes.
const (
	backupMagic = "kontor backup 1\n"

	frameFile   = 'F'
	frameRecord = 'R'
	frameEnd    = 'M'

	// What a backup may hold besides records: the high-water file, sealed key
	// files, settings.
	maxBackupFiles     = 256
	maxBackupFileBytes = 1 << 20
	maxBackupFileName  = 255

	maxManifestBytes = 64 << 10

	// scryptWork is log2 of the work on the passphrase (128 MiB, about half a
	// second); a backup that asks for more than the maximum is not read.
	maxScryptWork = 20
)

var scryptWork = 17 // tests lower it

// Manifest describes a backup, and is its last part. Two databases with the
// same records give the same SHA256.
type Manifest struct {
	Schema  int               `json:"schema"`
	Time    int64             `json:"time"`    // milliseconds UTC, as given to Backup
	Records int64             `json:"records"` // number of records
	Bytes   int64             `json:"bytes"`   // of keys and values
	SHA256  string            `json:"sha256"`  // over the record frames, hex
	Files   map[string]string `json:"files"`   // name to SHA-256 of the content, hex
}

// BackupOptions say when and for whom a backup is made. Exactly one of
// Passphrase and Recipients is given.
type BackupOptions struct {
	Time       int64             // milliseconds UTC, recorded
	Passphrase []byte            // encrypts to a passphrase
	Recipients []string          // encrypts to age recipients, "age1..."
	Files      map[string][]byte // further files to carry, by plain name
}

// Backup writes every record of one moment to w, encrypted with age, while the
// store keeps working. The key of the database is not in it. The backup is
// complete only when Backup returned nil and w was synced by the caller.
func (s *DB) Backup(w io.Writer, o BackupOptions) (Manifest, error) {
	if err := s.enter(); err != nil {
		return Manifest{}, err
	}
	defer s.leave()
	to, err := o.recipients()
	if err != nil {
		return Manifest{}, err
	}
	sealed, err := age.Encrypt(w, to...)
	if err != nil {
		return Manifest{}, kv.Wrap(err, kv.CodeIO, "beginning the backup")
	}
	if o.Passphrase != nil {
		debug.FreeOSMemory() // scrypt's work memory
	}
	m, err := s.writeBackup(sealed, o)
	if err == nil {
		err = sealed.Close()
	}
	if err != nil {
		if kv.CodeOf(err) != "" {
			return Manifest{}, err
		}
		return Manifest{}, kv.Wrap(err, kv.CodeIO, "writing the backup; what was written so far is not a backup")
	}
	return m, nil
}

func (o BackupOptions) recipients() ([]age.Recipient, error) {
	if (len(o.Passphrase) > 0) == (len(o.Recipients) > 0) {
		return nil, kv.Errorf(kv.CodePassphrase, "a backup needs either a passphrase or age recipients to be encrypted to")
	}
	if len(o.Recipients) == 0 {
		r, err := age.NewScryptRecipient(string(o.Passphrase))
		if err != nil {
			return nil, kv.Wrap(err, kv.CodePassphrase, "the passphrase of the backup")
		}
		r.SetWorkFactor(scryptWork)
		return []age.Recipient{r}, nil
	}
	var to []age.Recipient
	for _, text := range o.Recipients {
		r, err := age.ParseX25519Recipient(text)
		if err != nil {
			return nil, kv.Wrap(err, kv.CodeBackupKey, "malformed age recipient %q; make one with age-keygen", text)
		}
		to = append(to, r)
	}
	return to, nil
}

func (s *DB) writeBackup(w io.Writer, o BackupOptions) (Manifest, error) {
	out := bufio.NewWriterSize(w, 64<<10)
	out.WriteString(backupMagic)
	files := map[string]string{}
	if len(o.Files) > maxBackupFiles {
		return Manifest{}, kv.Errorf(kv.CodeTooBig, "%d files in a backup, the bound is %d", len(o.Files), maxBackupFiles)
	}
	for _, name := range slices.Sorted(maps.Keys(o.Files)) {
		data := o.Files[name]
		if !plainName(name) || len(data) > maxBackupFileBytes {
			return Manifest{}, kv.Errorf(kv.CodeTooBig, "the file %q of %d bytes in a backup; a plain name of at most %d bytes and a content of at most %d are needed", name, len(data), maxBackupFileName, maxBackupFileBytes)
		}
		sum := sha256.Sum256(data)
		files[name] = hex.EncodeToString(sum[:])
		out.Write(frame(frameFile, []byte(name), data))
	}
	m, err := s.eachRecord(func(f []byte) error {
		_, err := out.Write(f)
		return err
	})
	if err != nil {
		return Manifest{}, err
	}
	m.Schema, m.Time, m.Files = Schema, o.Time, files
	out.Write(endFrame(m))
	return m, out.Flush()
}

func endFrame(m Manifest) []byte {
	text, err := json.Marshal(m)
	if err != nil {
		panic("store: a manifest that can't be encoded: " + err.Error())
	}
	return append(binary.AppendUvarint([]byte{frameEnd}, uint64(len(text))), text...)
}

// plainName says that name can be a file in a directory and nothing else.
func plainName(name string) bool {
	if name == "" || len(name) > maxBackupFileName || name[0] == '.' {
		return false
	}
	for _, c := range []byte(name) {
		if c <= ' ' || c >= 0x7f || c == '/' || c == '\\' || c == ':' {
			return false
		}
	}
	return true
}

func frame(kind byte, name, data []byte) []byte {
	f := make([]byte, 0, 1+2*binary.MaxVarintLen32+len(name)+len(data))
	f = append(f, kind)
	f = binary.AppendUvarint(f, uint64(len(name)))
	f = append(f, name...)
	f = binary.AppendUvarint(f, uint64(len(data)))
	return append(f, data...)
}

// eachRecord gives the frame of every record of one moment to fn, ascending,
// and returns their count, size and digest. Reading verifies the checksum of
// every block and value.
func (s *DB) eachRecord(fn func(frame []byte) error) (Manifest, error) {
	var m Manifest
	sum := sha256.New()
	err := s.badger.View(func(t *badger.Txn) error {
		o := badger.DefaultIteratorOptions
		o.PrefetchSize = 16 // values may be megabytes
		it := t.NewIterator(o)
		defer it.Close()
		for it.Rewind(); it.Valid(); it.Next() {
			item := it.Item()
			if table := item.Key()[0]; table < 'a' || table > 'z' {
				continue
			}
			err := item.Value(func(value []byte) error {
				f := frame(frameRecord, item.Key(), value)
				m.Records++
				m.Bytes += int64(len(item.Key()) + len(value))
				sum.Write(f)
				return fn(f)
			})
			if err != nil {
				return err
			}
		}
		return nil
	})
	m.SHA256 = digest(sum)
	return m, err
}

func digest(h hash.Hash) string { return hex.EncodeToString(h.Sum(nil)) }

// Verify reads the whole database and checks every checksum. It returns what a
// backup's manifest would say of the records.
func (s *DB) Verify() (Manifest, error) {
	if err := s.enter(); err != nil {
		return Manifest{}, err
	}
	defer s.leave()
	err := s.badger.VerifyChecksum()
	var m Manifest
	if err == nil {
		m, err = s.eachRecord(func([]byte) error { return nil })
	}
	if err != nil {
		return Manifest{}, kv.Wrap(err, kv.CodeCorrupt, "verifying the database in %q; restore the last backup into an empty directory", s.opt.Dir)
	}
	m.Schema = Schema
	return m, nil
}
