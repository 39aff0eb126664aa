package node

import (
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"kontor/crypto/keys"
	"kontor/store"
)

// Home is the data directory of one company.
//
//	kontor.json    settings fixed at init and addresses to listen on
//	keys/          service keys the node opens unattended, mode 0600
//	store.key      the key that encrypts the database
//	highwater      what the company has ever sent, outside the database
//	db/            the database
//	kontor.sock    the local API while the node runs
type Home string

// Settings is the content of kontor.json.
type Settings struct {
	Version int      `json:"version"`
	Company string   `json:"company"` // display name
	ID      string   `json:"id"`      // CompanyID
	Listen  []string `json:"listen"`  // multiaddrs of the libp2p host
	// Bound has, for each address of Listen that leaves the port to the system, the address of the first start, which later starts keep.
	Bound map[string]string `json:"bound,omitempty"`
	// StoreKey says where the key of the database comes from: a path, or "passphrase"; empty means store.key in the home.
	StoreKey string `json:"store_key,omitempty"`
}

// StorePassphrase is the value of Settings.StoreKey for a database whose key is derived from a passphrase.
const StorePassphrase = "passphrase"

func (h Home) path(parts ...string) string {
	return filepath.Join(append([]string{string(h)}, parts...)...)
}

// Socket is the path of the local API's unix socket.
func (h Home) Socket() string { return h.path("kontor.sock") }

// Database is the directory of the database.
func (h Home) Database() string { return h.path("db") }

// KeyFile is the path of a service key.
func (h Home) KeyFile(usage keys.Usage) string { return h.path("keys", string(usage)+".key") }

// Exists tells whether a company was set up here.
func (h Home) Exists() bool {
	_, err := os.Stat(h.path("kontor.json"))
	return err == nil
}

// Settings reads kontor.json.
func (h Home) Settings() (Settings, error) {
	data, err := os.ReadFile(h.path("kontor.json"))
	if errors.Is(err, os.ErrNotExist) {
		return Settings{}, Failf("NOT_INITIALISED", "no company is set up in %s; run: kontor init --company NAME --home %s", h, h)
	}
	if err != nil {
		return Settings{}, err
	}
	return parseSettings(data, h.path("kontor.json"))
}

func parseSettings(data []byte, from string) (Settings, error) {
	var s Settings
	if err := json.Unmarshal(data, &s); err != nil {
		return Settings{}, Failf("HOME_SETTINGS", "%s does not read as settings: %v; put it right, or take the home from a backup: kontor restore FILE --home DIR", from, err)
	}
	if s.Version != 1 {
		return Settings{}, Failf("NEWER_SETTINGS", "%s has version %d; this program reads version 1: update the program", from, s.Version)
	}
	return s, nil
}

// SaveSettings writes kontor.json at once or not at all.
func (h Home) SaveSettings(s Settings) error {
	data, err := json.MarshalIndent(s, "", "  ")
	if err != nil {
		return err
	}
	return writeFile(h.path("kontor.json"), append(data, '\n'), 0o600)
}

// writeFile replaces a file: synced under another name, then renamed.
func writeFile(path string, data []byte, mode os.FileMode) error {
	f, err := os.CreateTemp(filepath.Dir(path), filepath.Base(path)+".new-*")
	if err != nil {
		return err
	}
	defer os.Remove(f.Name())
	if err := errors.Join(f.Chmod(mode), writeAll(f, data), f.Sync(), f.Close()); err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	return os.Rename(f.Name(), path)
}

func writeAll(f *os.File, data []byte) error {
	_, err := f.Write(data)
	return err
}

// saveKey writes a service key that the node opens unattended.
func (h Home) saveKey(usage keys.Usage, seed []byte) error {
	data, err := keys.PlainFile(usage, seed)
	if err != nil {
		return err
	}
	return writeFile(h.KeyFile(usage), data, 0o600)
}

// loadSeed reads a service key's seed and checks usage and file mode.
func (h Home) loadSeed(usage keys.Usage) ([]byte, error) {
	path := h.KeyFile(usage)
	info, err := os.Stat(path)
	if err != nil {
		return nil, Failf("KEY_MISSING", "%s key: %v; restore it from the company's key backup", usage, err)
	}
	if info.Mode().Perm()&0o077 != 0 {
		return nil, Failf("KEY_FILE_MODE", "%s can be read by others (mode %04o); run: chmod 600 %s", path, info.Mode().Perm(), path)
	}
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	found, seed, err := keys.OpenFile(data, nil)
	if err != nil {
		return nil, fmt.Errorf("open %s: %w", path, err)
	}
	if found != usage {
		return nil, Failf("KEY_USAGE", "%s holds a %s key where a %s key belongs", path, found, usage)
	}
	return seed, nil
}

// storeKey finds the database key: a systemd credential, the file the caller names, a passphrase where the settings say so, else the key file
// of the settings.
func (h Home) storeKey(s Settings, path string, passphrase []byte) (store.Key, error) {
	if key, found, err := store.LoadCredential(); err != nil || found {
		return key, err
	}
	switch {
	case path != "":
	case s.StoreKey == StorePassphrase && len(passphrase) == 0:
		return store.Key{}, Failf("PASSPHRASE_MISSING", "the database in %s opens with a passphrase; run it on a terminal, or with --store-passphrase-file FILE", h)
	case s.StoreKey == StorePassphrase:
		return store.PassphraseKey(h.Database(), passphrase)
	case s.StoreKey != "":
		path = s.StoreKey
	default:
		path = h.path("store.key")
	}
	return store.LoadKeyFile(path, h.Database())
}

// newStoreKey makes the key of a new database and says how the settings name it.
func (h Home) newStoreKey(path string, passphrase []byte) (key store.Key, named string, err error) {
	switch {
	case len(passphrase) > 0:
		key, err = store.PassphraseKey(h.Database(), passphrase)
		return key, StorePassphrase, err
	case path != "":
		key, err = store.MakeKeyFile(path, h.Database())
		return key, path, err
	}
	key, err = store.MakeKeyFile(h.path("store.key"), h.Database())
	return key, "", err
}

func randomBytes(n int) ([]byte, error) {
	b := make([]byte, n)
	_, err := rand.Read(b)
	return b, err
}
