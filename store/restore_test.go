package store

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"filippo.io/age"

	"kontor/store/kv"
)

func TestRestoreRefusals(t *testing.T) {
	top := t.TempDir()
	s := openTest(t, filepath.Join(top, "db"), Key{1})
	fillTest(t, s)
	data, _ := backup(t, s, BackupOptions{Passphrase: pass})
	occupied := filepath.Join(top, "occupied")
	if err := os.MkdirAll(occupied, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(occupied, "letter"), []byte("dear"), 0o600); err != nil {
		t.Fatal(err)
	}
	target := filepath.Join(top, "target")
	flipped := bytes.Clone(data)
	flipped[len(flipped)-40] ^= 1
	id, _ := age.GenerateX25519Identity()
	for name, c := range map[string]struct {
		data []byte
		o    RestoreOptions
		code kv.Code
	}{
		"occupied":     {data, RestoreOptions{Dir: occupied, Passphrase: pass}, kv.CodeNotEmpty},
		"in use":       {data, RestoreOptions{Dir: filepath.Join(top, "db"), Passphrase: pass}, kv.CodeNotEmpty},
		"passphrase":   {data, RestoreOptions{Dir: target, Passphrase: []byte("another")}, kv.CodeBackupKey},
		"identity":     {data, RestoreOptions{Dir: target, Identity: id.String()}, kv.CodeBackupKey},
		"bad identity": {data, RestoreOptions{Dir: target, Identity: "AGE-SECRET-KEY-1QQ"}, kv.CodeBackupKey},
		"neither":      {data, RestoreOptions{Dir: target}, kv.CodePassphrase},
		"empty":        {nil, RestoreOptions{Dir: target, Passphrase: pass}, kv.CodeBackupForm},
		"not a backup": {[]byte("dear sir"), RestoreOptions{Dir: target, Passphrase: pass}, kv.CodeBackupForm},
		"cut short":    {data[:len(data)-1], RestoreOptions{Dir: target, Passphrase: pass}, kv.CodeBackupForm},
		"cut in half":  {data[:len(data)/2], RestoreOptions{Dir: target, Passphrase: pass}, kv.CodeBackupForm},
		"flipped":      {flipped, RestoreOptions{Dir: target, Passphrase: pass}, kv.CodeBackupForm},
		"with a tail":  {append(bytes.Clone(data), 'x'), RestoreOptions{Dir: target, Passphrase: pass}, kv.CodeBackupForm},
		"full disk":    {data, RestoreOptions{Dir: target, Passphrase: pass, Probe: func(string) (int64, int64, error) { return 1, 1, nil }}, kv.CodeDiskFull},
		"no key":       {data, RestoreOptions{Dir: target, Passphrase: pass, Key: Key{}}, kv.CodeKeyFileMissing},
	} {
		if name != "no key" {
			c.o.Key = Key{2}
		}
		if c.o.Probe == nil {
			c.o.Probe = roomy
		}
		got, err := Restore(bytes.NewReader(c.data), c.o)
		if kv.CodeOf(err) != c.code || got.Files != nil {
			t.Errorf("%s: %v, want %s", name, err, c.code)
		}
	}
	names, _ := os.ReadDir(top)
	var left []string
	for _, n := range names {
		left = append(left, n.Name())
	}
	if strings.Join(left, " ") != "db occupied" {
		t.Errorf("the refusals left %q", left)
	}
}

// TestRestoreUnderPassphrase keeps the salt that the new key was made with.
func TestRestoreUnderPassphrase(t *testing.T) {
	top := t.TempDir()
	s := openTest(t, filepath.Join(top, "db"), Key{1})
	fillTest(t, s)
	data, m := backup(t, s, BackupOptions{Passphrase: pass})
	dir := filepath.Join(top, "new")
	key, err := PassphraseKey(dir, []byte("of the new machine"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Restore(bytes.NewReader(data), RestoreOptions{Dir: dir, Key: key, Passphrase: pass, Probe: roomy}); err != nil {
		t.Fatal(err)
	}
	again, err := PassphraseKey(dir, []byte("of the new machine"))
	if err != nil || again != key {
		t.Fatalf("the salt was lost: %v", err)
	}
	if v, err := openTest(t, dir, again).Verify(); err != nil || v.SHA256 != m.SHA256 {
		t.Errorf("%+v, %v", v, err)
	}
}
