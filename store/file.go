package store

import (
	"os"
	"path/filepath"

	"kontor/store/kv"
)

// writeFileSynced replaces path by data so that a crash at any moment leaves
// either the old file or the new one, whole.
func writeFileSynced(path string, data []byte, mode os.FileMode) (err error) {
	f, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+".*")
	if err != nil {
		return kv.Wrap(err, kv.CodeIO, "writing %q", path)
	}
	defer func() {
		if err != nil {
			os.Remove(f.Name())
			err = kv.Wrap(err, kv.CodeIO, "writing %q", path)
		}
	}()
	if _, err = f.Write(data); err == nil {
		err = f.Chmod(mode)
	}
	if err == nil {
		err = f.Sync()
	}
	if cerr := f.Close(); err == nil {
		err = cerr
	}
	if err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err == nil {
		err = syncDir(filepath.Dir(path))
	}
	return err
}
