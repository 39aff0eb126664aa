package admin

import (
	"io"
	"os"
	"path/filepath"
	"strings"

	"kontor/node"
	"kontor/node/api/wire"
	"kontor/store"
)

// A backup carries, beside the database, what the home needs to be the same company again: settings, key files as they lie there
// (root and role keys stay sealed by their own passphrases) and the high-water file. The key of the database is made anew.
const (
	settingsFile  = "kontor.json"
	highWaterFile = "highwater"
	keyFilePrefix = "key-"
	maxKeyFile    = 64 << 10
)

// Backup writes an encrypted backup of one moment.
func (o *Office) Backup(req wire.BackupRequest, w io.Writer) error {
	if (req.Passphrase == "") == (len(req.Recipients) == 0) {
		return node.Failf("BAD_BACKUP", "a backup is encrypted either to a passphrase or to age recipients")
	}
	files, err := homeFiles(o.node.Home())
	if err != nil {
		return err
	}
	var passphrase []byte
	if req.Passphrase != "" {
		passphrase = []byte(req.Passphrase)
	}
	_, err = o.node.Backup(w, passphrase, req.Recipients, files)
	return err
}

func homeFiles(h node.Home) (map[string][]byte, error) {
	files := map[string][]byte{}
	for _, name := range []string{settingsFile, highWaterFile} {
		data, err := os.ReadFile(filepath.Join(string(h), name))
		if err != nil {
			return nil, err
		}
		files[name] = data
	}
	dir := filepath.Join(string(h), "keys")
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	for _, e := range entries {
		info, err := e.Info()
		if err != nil || !info.Mode().IsRegular() || info.Size() > maxKeyFile || !strings.HasSuffix(e.Name(), ".key") {
			continue
		}
		if files[keyFilePrefix+e.Name()], err = os.ReadFile(filepath.Join(dir, e.Name())); err != nil {
			return nil, err
		}
	}
	return files, nil
}

// Restored says what a restore brought back.
type Restored struct {
	Company string `json:"company" doc:"CompanyID"`
	Name    string `json:"name"`
	Records int64  `json:"records"`
	Taken   int64  `json:"taken" doc:"when the backup was made, ms UTC"`
}

// Restore makes a home from a backup. The home must not exist or be empty; on error it is as it was. The node that starts there is
// read-only until, in each partnership, a member has given our own entries back or confirmed that it holds no more (PROTOCOL 4).
func Restore(h node.Home, backup io.Reader, passphrase []byte, identity string) (out Restored, err error) {
	if h.Exists() {
		return out, node.Failf("ALREADY_INITIALISED", "a company is set up in %s already; restore into another --home", h)
	}
	entries, readErr := os.ReadDir(string(h))
	if readErr == nil && len(entries) > 0 {
		return out, node.Failf("HOME_NOT_EMPTY", "%s is not empty; restore into another --home", h)
	}
	defer func() {
		if err == nil {
			return
		}
		for _, name := range []string{"keys", "db", "store.key", settingsFile, highWaterFile, node.RestoredMarker} {
			os.RemoveAll(filepath.Join(string(h), name))
		}
		if readErr != nil {
			os.RemoveAll(string(h))
		}
	}()
	if err := os.MkdirAll(filepath.Join(string(h), "keys"), 0o700); err != nil {
		return out, err
	}
	if err := os.Chmod(string(h), 0o700); err != nil {
		return out, err
	}
	key, err := store.MakeKeyFile(filepath.Join(string(h), "store.key"), h.Database())
	if err != nil {
		return out, err
	}
	got, err := store.Restore(backup, store.RestoreOptions{Dir: h.Database(), Key: key, Passphrase: passphrase, Identity: identity})
	if err != nil {
		return out, err
	}
	if got.Files[settingsFile] == nil {
		return out, node.Failf("BAD_BACKUP", "the backup holds no settings; it was not made by kontor backup")
	}
	// The marker comes before anything that would let a node start, the settings last.
	if err := h.MarkRestored(got.Manifest.Time); err != nil {
		return out, err
	}
	for name, data := range got.Files {
		path := filepath.Join(string(h), name)
		if file, isKey := strings.CutPrefix(name, keyFilePrefix); isKey {
			path = filepath.Join(string(h), "keys", file)
		} else if name == settingsFile {
			continue
		}
		if err := os.WriteFile(path, data, 0o600); err != nil {
			return out, err
		}
	}
	if err := os.WriteFile(filepath.Join(string(h), settingsFile), got.Files[settingsFile], 0o600); err != nil {
		return out, err
	}
	s, err := h.Settings()
	if err != nil {
		return out, err
	}
	s.StoreKey = "" // the restored database has a key file of its own
	err = h.SaveSettings(s)
	return Restored{Company: s.ID, Name: s.Company, Records: got.Manifest.Records, Taken: got.Manifest.Time}, err
}
