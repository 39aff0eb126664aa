package store_test

import (
	"bytes"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"kontor/store"
	"kontor/store/kv"
)

func TestKeyFile(t *testing.T) {
	top := t.TempDir()
	dir, path := filepath.Join(top, "db"), filepath.Join(top, "store.key")
	k, err := store.MakeKeyFile(path, dir)
	if err != nil {
		t.Fatal(err)
	}
	if fi, _ := os.Stat(path); runtime.GOOS != "windows" && fi.Mode().Perm() != 0o600 {
		t.Errorf("made with mode %o", fi.Mode().Perm())
	}
	if got, err := store.LoadKeyFile(path, dir); err != nil || got != k {
		t.Errorf("read back: %v, equal %v", err, got == k)
	}
	if _, err := store.MakeKeyFile(path, dir); kv.CodeOf(err) != kv.CodeIO {
		t.Errorf("replacing a key file: %v", err)
	}
	if text := fmt.Sprintf("%v %+v %#v %s", k, k, k, k); strings.Contains(text, hex.EncodeToString(k[:4])) || strings.Contains(text, fmt.Sprint(k[0], k[1])) {
		t.Errorf("a key prints as %q", text)
	}
	write := func(name string, data []byte, mode os.FileMode) string {
		p := filepath.Join(top, name)
		if err := os.WriteFile(p, data, mode); err != nil {
			t.Fatal(err)
		}
		return p
	}
	raw := write("raw", k[:], 0o400)
	if got, err := store.LoadKeyFile(raw, dir); err != nil || got != k {
		t.Errorf("32 raw bytes: %v", err)
	}
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "key"), k[:], 0o600); err != nil {
		t.Fatal(err)
	}
	link := filepath.Join(top, "link")
	if err := os.Symlink(filepath.Join(dir, "key"), link); err != nil {
		t.Fatal(err)
	}
	text := hex.EncodeToString(k[:])
	for _, c := range []struct {
		path string
		code kv.Code
		step string
	}{
		{filepath.Join(top, "absent"), kv.CodeKeyFileMissing, "give the path"},
		{write("group", k[:], 0o640), kv.CodeKeyFileMode, "chmod 600"},
		{write("world", k[:], 0o604), kv.CodeKeyFileMode, "chmod 600"},
		{filepath.Join(dir, "key"), kv.CodeKeyFilePlace, "move it elsewhere"},
		{link, kv.CodeKeyFilePlace, "move it elsewhere"},
		{top, kv.CodeKeyFileForm, "not a regular file"},
		{write("empty", nil, 0o600), kv.CodeKeyFileForm, "64 hex digits"},
		{write("short", k[:31], 0o600), kv.CodeKeyFileForm, "64 hex digits"},
		{write("long", append(k[:], 1), 0o600), kv.CodeKeyFileForm, "64 hex digits"},
		{write("63", []byte(text[:63]), 0o600), kv.CodeKeyFileForm, "64 hex digits"},
		{write("66", []byte(text+"00"), 0o600), kv.CodeKeyFileForm, "64 hex digits"},
		{write("nohex", []byte("zz"+text[2:]), 0o600), kv.CodeKeyFileForm, "64 hex digits"},
		{write("huge", bytes.Repeat([]byte("a"), 1<<20), 0o600), kv.CodeKeyFileForm, "64 hex digits"},
		{write("zero", make([]byte, 32), 0o600), kv.CodeKeyFileForm, "all zero"},
	} {
		if runtime.GOOS == "windows" && c.code == kv.CodeKeyFileMode {
			continue
		}
		got, err := store.LoadKeyFile(c.path, dir)
		if kv.CodeOf(err) != c.code || !strings.Contains(err.Error(), c.step) || got != (store.Key{}) {
			t.Errorf("%s: %v; want %s and %q", c.path, err, c.code, c.step)
		}
		if err != nil && strings.Contains(err.Error(), text[:16]) {
			t.Errorf("%s: the error shows the key", c.path)
		}
	}
}

func TestCredential(t *testing.T) {
	dir := t.TempDir()
	t.Setenv("CREDENTIALS_DIRECTORY", "")
	if _, found, err := store.LoadCredential(); found || err != nil {
		t.Errorf("outside systemd: %v, %v", found, err)
	}
	t.Setenv("CREDENTIALS_DIRECTORY", dir)
	if _, found, err := store.LoadCredential(); found || err != nil {
		t.Errorf("without our credential: %v, %v", found, err)
	}
	path := filepath.Join(dir, store.CredentialName)
	if err := os.WriteFile(path, testKey[:], 0o440); err != nil {
		t.Fatal(err)
	}
	if k, found, err := store.LoadCredential(); !found || err != nil || k != testKey {
		t.Errorf("with it: %v, %v, equal %v", found, err, k == testKey)
	}
	os.Remove(path)
	if err := os.WriteFile(path, testKey[:9], 0o440); err != nil {
		t.Fatal(err)
	}
	if _, found, err := store.LoadCredential(); found || kv.CodeOf(err) != kv.CodeKeyFileForm {
		t.Errorf("a short one: %v, %v", found, err)
	}
}

func TestPassphrase(t *testing.T) {
	top := t.TempDir()
	dir := filepath.Join(top, "db")
	if _, err := store.PassphraseKey(dir, nil); kv.CodeOf(err) != kv.CodePassphrase {
		t.Errorf("an empty passphrase: %v", err)
	}
	k, err := store.PassphraseKey(dir, []byte("correct horse"))
	if err != nil {
		t.Fatal(err)
	}
	s, err := store.Open(store.Options{Dir: dir, Key: k, Probe: roomy})
	if err != nil {
		t.Fatal(err)
	}
	s.Close()
	again, err := store.PassphraseKey(dir, []byte("correct horse"))
	if err != nil || again != k {
		t.Errorf("derived again: %v, equal %v", err, again == k)
	}
	wrong, err := store.PassphraseKey(dir, []byte("correct horsf"))
	if err != nil || wrong == k {
		t.Errorf("another passphrase: %v, equal %v", err, wrong == k)
	}
	refuse(t, top, store.Options{Dir: dir, Key: wrong, Probe: roomy}, kv.CodeWrongKey, "passphrase")
	salt := filepath.Join(dir, "KONTOR-SALT")
	good, err := os.ReadFile(salt)
	if err != nil {
		t.Fatal(err)
	}
	for _, bad := range []string{
		"", "x", string(good) + "x", strings.TrimSuffix(string(good), "\n"), strings.Repeat("a", 4096),
		strings.Replace(string(good), "m=65536", "m=4294967295", 1), // a memory bomb
		strings.Replace(string(good), "t=3", "t=1000000", 1),
		strings.Replace(string(good), "t=3", "t=0", 1),
		strings.Replace(string(good), "p=4", "p=0", 1),
		strings.Replace(string(good), "p=4", "p=536870912", 1),
		"kontor argon2id 1 t=3 m=65536 p=4 salt=00\n",
	} {
		if err := os.WriteFile(salt, []byte(bad), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := store.PassphraseKey(dir, []byte("correct horse")); kv.CodeOf(err) != kv.CodeSaltForm {
			t.Errorf("salt %.80q: %v", bad, err)
		}
	}
	// A database made with a key file has no salt and gets none.
	_, made := made(t)
	before := tree(t, made)
	if _, err := store.PassphraseKey(made, []byte("p")); kv.CodeOf(err) != kv.CodeWrongKey {
		t.Errorf("a passphrase for a database with a key file: %v", err)
	}
	if tree(t, made) != before {
		t.Error("the refusal changed the directory")
	}
}
