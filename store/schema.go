package store

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/dgraph-io/badger/v4"

	"kontor/store/kv"
)

// The files of our own in the database directory.
const (
	schemaFile = "KONTOR"      // says what this is, in the clear, before any key is needed
	saltFile   = "KONTOR-SALT" // only with a passphrase
)

// schemaLine begins the schema file; the version follows.
const schemaLine = "kontor store schema "

// ownTable separates the store's own records from those of callers, whose
// tables are letters.
const ownTable = '$'

var schemaKey = []byte{ownTable, 's', 'c', 'h', 'e', 'm', 'a'}

// checkLayout reads whether dir may be opened by this program, and the version
// its schema line names. fresh says that there is no database yet.
func checkLayout(dir string) (version uint64, fresh bool, err error) {
	text, err := os.ReadFile(filepath.Join(dir, schemaFile))
	if errors.Is(err, fs.ErrNotExist) {
		return 0, true, checkVacant(dir, kv.CodeForeign, "give a directory of its own to the database")
	}
	if err != nil {
		return 0, false, kv.Wrap(err, kv.CodeIO, "reading the schema of the database in %q", dir)
	}
	number, ok := strings.CutPrefix(strings.TrimSuffix(string(text), "\n"), schemaLine)
	version, err = strconv.ParseUint(number, 10, 31)
	if !ok || err != nil || version == 0 {
		return 0, false, kv.Errorf(kv.CodeForeign, "the file %q in %q is not a Kontor schema line; give a directory of its own to the database", schemaFile, dir)
	}
	if err := refuseNewer(dir, version); err != nil {
		return 0, false, err
	}
	// A crash between the schema line and the first file of the database
	// leaves the line alone: begin again.
	if _, err := os.Stat(filepath.Join(dir, badger.ManifestFilename)); errors.Is(err, fs.ErrNotExist) {
		return version, true, nil
	}
	return version, false, nil
}

func refuseNewer(dir string, version uint64) error {
	if version <= Schema {
		return nil
	}
	return kv.Errorf(kv.CodeNewerSchema, "the database in %q has schema %d, this program knows up to %d; run the newer program again, or restore the backup made before the upgrade", dir, version, Schema)
}

// checkVacant refuses a directory with anything but a salt in it.
func checkVacant(dir string, code kv.Code, step string) error {
	names, err := os.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return kv.Wrap(err, kv.CodeIO, "reading the directory %q", dir)
	}
	for _, n := range names {
		// A temporary file of ours is what a crash in the middle of making the
		// directory leaves.
		if n.Name() != saltFile && !strings.HasPrefix(n.Name(), "."+schemaFile) {
			return kv.Errorf(code, "the directory %q holds %q, which is not ours; %s", dir, n.Name(), step)
		}
	}
	return nil
}

// makeLayout makes dir and its schema line.
func makeLayout(dir string) error {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return kv.Wrap(err, kv.CodeIO, "making the directory %q", dir)
	}
	return writeSchemaLine(dir)
}

func writeSchemaLine(dir string) error {
	return writeFileSynced(filepath.Join(dir, schemaFile), fmt.Appendf(nil, "%s%d\n", schemaLine, Schema), 0o600)
}

// checkKey reads whether key is the one dir was made with.
func checkKey(dir string, key Key) error {
	_, err := badger.OpenKeyRegistry(badger.KeyRegistryOptions{Dir: dir, ReadOnly: true, EncryptionKey: key[:]})
	if errors.Is(err, badger.ErrEncryptionKeyMismatch) {
		return wrongKey(dir, nil)
	}
	if err != nil {
		return kv.Wrap(err, kv.CodeCorrupt, "reading the key registry of the database in %q; restore the last backup into an empty directory", dir)
	}
	return nil
}

func wrongKey(dir string, cause error) error {
	return kv.Wrap(cause, kv.CodeWrongKey, "the database in %q was made with another key; give the key file, credential or passphrase it was made with", dir)
}

// raiseSchema makes an older database one of this schema: what this program
// writes an older one would misread. Every schema so far reads the records of
// those before it, so that only the numbers change; first the line beside the
// database, which an older program reads before it touches anything. A crash
// in between is made good at the next opening. outer is what the line says.
//
// The record inside is what nobody changes with an editor: it is read here, and
// must not be newer either.
func (s *DB) raiseSchema(outer uint64) error {
	var version uint64
	err := s.badger.View(func(t *badger.Txn) error {
		item, err := t.Get(schemaKey)
		if errors.Is(err, badger.ErrKeyNotFound) {
			return nil
		}
		if err != nil {
			return err
		}
		return item.Value(func(v []byte) (err error) {
			version, err = strconv.ParseUint(string(v), 10, 31)
			return err
		})
	})
	if err != nil {
		return kv.Wrap(err, kv.CodeCorrupt, "reading the schema record of the database in %q; restore the last backup into an empty directory", s.opt.Dir)
	}
	if err := refuseNewer(s.opt.Dir, version); err != nil {
		return err
	}
	if outer < Schema {
		if err := writeSchemaLine(s.opt.Dir); err != nil {
			return err
		}
		s.log.Info("the database is of this program's schema from now on; an older program refuses it", "directory", s.opt.Dir, "from", outer, "to", Schema)
	}
	if version == Schema {
		return nil
	}
	err = s.badger.Update(func(t *badger.Txn) error {
		return t.Set(schemaKey, strconv.AppendUint(nil, Schema, 10))
	})
	if err != nil {
		return kv.Wrap(err, kv.CodeIO, "writing the schema record of the database in %q", s.opt.Dir)
	}
	return nil
}
