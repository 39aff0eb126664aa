package store

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime/debug"

	"filippo.io/age"

	"kontor/store/kv"
)

// RestoreOptions say how a backup is opened and where it goes.
type RestoreOptions struct {
	// Dir is the database directory to make. It must not exist, be empty, or
	// hold only the salt that PassphraseKey made for Key.
	Dir string

	// Key encrypts the restored database; it need not be the one the backup
	// was made under.
	Key Key

	Passphrase []byte // opens the backup, or
	Identity   string // an age identity, "AGE-SECRET-KEY-1..."

	Probe Probe // as in Options
}

// Restored is what a backup held.
type Restored struct {
	Manifest Manifest
	Files    map[string][]byte
}

// Restore makes a database from a backup and verifies it by reading it back
// whole. It works beside o.Dir and moves the result there at the end: on error
// o.Dir is as it was.
func Restore(r io.Reader, o RestoreOptions) (Restored, error) {
	dir, err := filepath.Abs(o.Dir)
	if err != nil {
		return Restored{}, kv.Wrap(err, kv.CodeIO, "the directory %q", o.Dir)
	}
	if err := checkVacant(dir, kv.CodeNotEmpty, "restore into an empty directory"); err != nil {
		return Restored{}, err
	}
	plain, err := openBackup(r, o.Passphrase, o.Identity)
	if err != nil {
		return Restored{}, err
	}
	parent := filepath.Dir(dir)
	if err := os.MkdirAll(parent, 0o700); err != nil {
		return Restored{}, kv.Wrap(err, kv.CodeIO, "making the directory %q", parent)
	}
	work, err := os.MkdirTemp(parent, "."+filepath.Base(dir)+".restoring-")
	if err != nil {
		return Restored{}, kv.Wrap(err, kv.CodeIO, "making a directory beside %q", dir)
	}
	defer os.RemoveAll(work) // nothing is left of it after success
	got, err := fill(plain, work, o)
	if err == nil {
		err = moveInto(work, dir)
	}
	if err != nil {
		return Restored{}, err
	}
	return got, nil
}

// fill makes the database in work.
func fill(plain io.Reader, work string, o RestoreOptions) (Restored, error) {
	s, err := Open(Options{Dir: work, Key: o.Key, Probe: o.Probe, GCInterval: -1})
	if err != nil {
		return Restored{}, err
	}
	defer s.Close()
	got := Restored{Files: map[string][]byte{}}
	err = s.Bulk(func(put func(table byte, key, value []byte) error) (err error) {
		got.Manifest, err = readBackup(plain, backupVisitor{
			file:   func(name string, data []byte) error { got.Files[name] = data; return nil },
			record: put,
		})
		return err
	})
	if err != nil {
		return Restored{}, err
	}
	back, err := s.Verify()
	if err != nil {
		return Restored{}, err
	}
	if back.Records != got.Manifest.Records || back.SHA256 != got.Manifest.SHA256 {
		return Restored{}, kv.Errorf(kv.CodeCorrupt, "the restored database does not hold what the backup holds (%d of %d records); check the disk and try again", back.Records, got.Manifest.Records)
	}
	return got, s.Close()
}

// moveInto puts the finished database at dir, with the salt that lies there.
func moveInto(work, dir string) error {
	salt, err := os.ReadFile(filepath.Join(dir, saltFile))
	if err == nil {
		err = writeFileSynced(filepath.Join(work, saltFile), salt, 0o600)
	} else if errors.Is(err, fs.ErrNotExist) {
		err = nil
	}
	if err == nil {
		// Filling took a while: somebody may have used dir since.
		err = checkVacant(dir, kv.CodeNotEmpty, "restore into an empty directory")
	}
	if err != nil {
		return kv.Wrap(err, kv.CodeIO, "preparing to move the restored database to %q", dir)
	}
	os.Remove(filepath.Join(dir, saltFile))
	if err = os.Remove(dir); errors.Is(err, fs.ErrNotExist) {
		err = nil
	}
	if err == nil {
		err = os.Rename(work, dir)
	}
	if err != nil && salt != nil && os.MkdirAll(dir, 0o700) == nil {
		writeFileSynced(filepath.Join(dir, saltFile), salt, 0o600)
	}
	if err == nil {
		err = syncDir(filepath.Dir(dir))
	}
	if err != nil {
		return kv.Wrap(err, kv.CodeIO, "moving the restored database to %q", dir)
	}
	return nil
}

// VerifyBackup reads a whole backup and checks it, without restoring it.
func VerifyBackup(r io.Reader, passphrase []byte, identity string) (Manifest, error) {
	plain, err := openBackup(r, passphrase, identity)
	if err != nil {
		return Manifest{}, err
	}
	return readBackup(plain, backupVisitor{
		file:   func(string, []byte) error { return nil },
		record: func(table byte, key, value []byte) error { return kv.CheckRecord(table, key, value) },
	})
}

// openBackup decrypts.
func openBackup(r io.Reader, passphrase []byte, identity string) (io.Reader, error) {
	var id age.Identity
	switch {
	case (len(passphrase) > 0) == (identity != ""):
		return nil, kv.Errorf(kv.CodePassphrase, "a backup is opened with either its passphrase or an age identity")
	case identity != "":
		x, err := age.ParseX25519Identity(identity)
		if err != nil {
			// Without the cause, which might quote the secret.
			return nil, kv.Errorf(kv.CodeBackupKey, "malformed age identity; it begins with AGE-SECRET-KEY-1")
		}
		id = x
	default:
		x, err := age.NewScryptIdentity(string(passphrase))
		if err != nil {
			return nil, kv.Wrap(err, kv.CodePassphrase, "the passphrase of the backup")
		}
		x.SetMaxWorkFactor(maxScryptWork)
		defer debug.FreeOSMemory() // scrypt's work memory
		id = x
	}
	plain, err := age.Decrypt(r, id)
	var no *age.NoIdentityMatchError
	if errors.As(err, &no) {
		return nil, kv.Errorf(kv.CodeBackupKey, "the backup was made for another passphrase or recipient; give the one it was made with")
	}
	if err != nil {
		return nil, kv.Wrap(err, kv.CodeBackupForm, "this is not a backup, or it is damaged")
	}
	return plain, nil
}
