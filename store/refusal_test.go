package store_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/dgraph-io/badger/v4"

	"kontor/store"
	"kontor/store/kv"
)

// tree lists every file under dir with its mode and content, so that a test
// can say that nothing was touched.
func tree(t *testing.T, dir string) string {
	t.Helper()
	var b strings.Builder
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		fi, err := d.Info()
		if err != nil {
			return err
		}
		sum := sha256.New()
		if fi.Mode().IsRegular() {
			data, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			sum.Write(data)
		}
		fmt.Fprintf(&b, "%s %s %s %x\n", path, fi.Mode(), fi.ModTime().Format(time.RFC3339Nano), sum.Sum(nil)[:8])
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// refuse opens with o and checks the code, that the text names the next step,
// and that nothing changed under top.
func refuse(t *testing.T, top string, o store.Options, code kv.Code, step string) {
	t.Helper()
	before := tree(t, top)
	s, err := store.Open(o)
	if s != nil {
		s.Close()
	}
	if kv.CodeOf(err) != code || !strings.Contains(fmt.Sprint(err), step) {
		t.Errorf("open: %v; want code %s and %q", err, code, step)
	}
	if after := tree(t, top); after != before {
		t.Errorf("the refusal changed the directory:\n%s\n%s", before, after)
	}
}

// made returns the directory of a closed database with one record.
func made(t *testing.T) (top, dir string) {
	top = t.TempDir()
	dir = filepath.Join(top, "db")
	s := open(t, dir)
	if err := s.Update(func(k kv.KV) error { return k.Put('a', []byte("k"), []byte("v")) }); err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	return top, dir
}

func TestWrongKeyIsRefused(t *testing.T) {
	top, dir := made(t)
	other := testKey
	other[31]++
	refuse(t, top, store.Options{Dir: dir, Key: other, Probe: roomy}, kv.CodeWrongKey, "the key file, credential or passphrase it was made with")
	refuse(t, top, store.Options{Dir: dir, Probe: roomy}, kv.CodeKeyFileMissing, "--key-file")
}

func TestNewerSchemaIsRefused(t *testing.T) {
	top, dir := made(t)
	if err := os.WriteFile(filepath.Join(dir, "KONTOR"), fmt.Appendf(nil, "kontor store schema %d\n", store.Schema+1), 0o600); err != nil {
		t.Fatal(err)
	}
	refuse(t, top, store.Options{Dir: dir, Key: testKey, Probe: roomy}, kv.CodeNewerSchema, "run the newer program")
	for _, text := range []string{"", "kontor store schema 0\n", "kontor store schema -1\n", "something else\n"} {
		if err := os.WriteFile(filepath.Join(dir, "KONTOR"), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		refuse(t, top, store.Options{Dir: dir, Key: testKey, Probe: roomy}, kv.CodeForeign, "directory of its own")
	}
}

// TestOlderSchemaIsRaised: a database of an older schema opens with what it holds, and says the new number from then on, beside it and inside;
// also after a crash between the two.
func TestOlderSchemaIsRaised(t *testing.T) {
	_, dir := made(t)
	line := filepath.Join(dir, "KONTOR")
	inside := func(change func(*badger.Txn) error) {
		t.Helper()
		db, err := badger.Open(store.BadgerOptions(dir, testKey).WithLogger(nil))
		if err != nil {
			t.Fatal(err)
		}
		if err := db.Update(change); err != nil {
			t.Fatal(err)
		}
		if err := db.Close(); err != nil {
			t.Fatal(err)
		}
	}
	for _, crashed := range []bool{false, true} {
		inside(func(txn *badger.Txn) error { return txn.Set([]byte("$schema"), []byte("1")) })
		if !crashed {
			if err := os.WriteFile(line, []byte("kontor store schema 1\n"), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		s := open(t, dir)
		err := s.View(func(k kv.KV) error {
			if value, found, err := k.Get('a', []byte("k")); err != nil || !found || string(value) != "v" {
				t.Errorf("the record reads as %q, %t, %v", value, found, err)
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		want := fmt.Sprint(store.Schema)
		if text, err := os.ReadFile(line); err != nil || string(text) != "kontor store schema "+want+"\n" {
			t.Errorf("the line beside the database says %q, %v", text, err)
		}
		inside(func(txn *badger.Txn) error {
			item, err := txn.Get([]byte("$schema"))
			if err != nil {
				return err
			}
			return item.Value(func(v []byte) error {
				if string(v) != want {
					t.Errorf("the record inside says %q", v)
				}
				return nil
			})
		})
	}
	inside(func(txn *badger.Txn) error { return txn.Set([]byte("$schema"), fmt.Append(nil, store.Schema+1)) })
	if s, err := store.Open(store.Options{Dir: dir, Key: testKey, Probe: roomy}); kv.CodeOf(err) != kv.CodeNewerSchema {
		if err == nil {
			s.Close()
		}
		t.Errorf("a record of a newer schema gave %v", err)
	}
}

func TestForeignDirectoryIsRefused(t *testing.T) {
	top := t.TempDir()
	if err := os.WriteFile(filepath.Join(top, "letter.txt"), []byte("dear"), 0o600); err != nil {
		t.Fatal(err)
	}
	refuse(t, top, store.Options{Dir: top, Key: testKey, Probe: roomy}, kv.CodeForeign, "letter.txt")
}

func TestFullDiskIsRefusedAtOpen(t *testing.T) {
	top, dir := made(t)
	almost := func(string) (int64, int64, error) { return 512<<20 - 1, 100 << 30, nil }
	refuse(t, top, store.Options{Dir: dir, Key: testKey, Probe: almost}, kv.CodeDiskFull, "free some space")
	absent := filepath.Join(top, "not", "yet", "there")
	refuse(t, top, store.Options{Dir: absent, Key: testKey, Probe: almost}, kv.CodeDiskFull, "free some space")
}

func TestLockedDirectoryIsRefusedWithItsHolder(t *testing.T) {
	top := t.TempDir()
	dir := filepath.Join(top, "db")
	s := open(t, dir)
	start := time.Now()
	refuse(t, top, store.Options{Dir: dir, Key: testKey, Probe: roomy, LockWait: 300 * time.Millisecond},
		kv.CodeLocked, fmt.Sprintf("process %d", os.Getpid()))
	if waited := time.Since(start); waited < 300*time.Millisecond {
		t.Errorf("gave up after %s", waited)
	}
	// A lock that goes away while Open waits is no refusal.
	go func() {
		time.Sleep(200 * time.Millisecond)
		s.Close()
	}()
	again := open(t, dir)
	again.Close()
}

// TestCrashWhileMaking begins again where a crash left only our own files.
func TestCrashWhileMaking(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "db")
	if err := os.MkdirAll(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{".KONTOR.123", "KONTOR"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte("kontor store schema 1\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		s := open(t, dir)
		s.Close()
		os.RemoveAll(filepath.Join(dir, "MANIFEST"))
		os.RemoveAll(dir)
		os.MkdirAll(dir, 0o700)
	}
}

// TestNothingReadable searches the files of a database for what was put in.
func TestNothingReadable(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "db")
	s := open(t, dir)
	secret := []byte("Tabletten AG plans 48,000 boxes")
	for range 2 {
		if err := s.Update(func(k kv.KV) error {
			if err := k.Put('a', append([]byte("key "), secret...), secret); err != nil {
				return err
			}
			return k.Put('b', []byte("large"), bytes.Repeat(secret, 100))
		}); err != nil {
			t.Fatal(err)
		}
		check := func(when string) {
			files, _ := os.ReadDir(dir)
			for _, f := range files {
				data, err := os.ReadFile(filepath.Join(dir, f.Name()))
				if err != nil {
					t.Fatal(err)
				}
				if bytes.Contains(data, secret[:12]) || bytes.Contains(data, []byte(hex.EncodeToString(testKey[:]))) {
					t.Errorf("%s: %s holds the plain text", when, f.Name())
				}
			}
		}
		check("open")
		s.Close()
		check("closed")
		s = open(t, dir)
	}
}

// TestFullDiskWhileRunning flips the store to reading only and back.
func TestFullDiskWhileRunning(t *testing.T) {
	free := int64(10 << 30)
	s, err := store.Open(store.Options{Dir: filepath.Join(t.TempDir(), "db"), Key: testKey,
		Probe: func(string) (int64, int64, error) { return free, 100 << 30, nil }})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	write := func() error {
		return s.Update(func(k kv.KV) error { return k.Put('b', []byte("k"), make([]byte, 20<<10)) })
	}
	// Far apart enough for a new measurement, by bytes rather than by time.
	settle := func(writable bool) {
		t.Helper()
		deadline := time.Now().Add(time.Minute)
		for (s.Writable() == nil) != writable {
			if time.Now().After(deadline) {
				t.Fatal("the watchdog saw no change")
			}
			time.Sleep(50 * time.Millisecond)
		}
	}
	if err := write(); err != nil {
		t.Fatal(err)
	}
	free = 5<<30 - 1 // below 5 % of 100 GiB
	settle(false)
	if err := write(); kv.CodeOf(err) != kv.CodeDiskFull {
		t.Errorf("update on a full disk: %v", err)
	}
	if err := s.Bulk(func(put func(byte, []byte, []byte) error) error { return put('a', nil, nil) }); kv.CodeOf(err) != kv.CodeDiskFull {
		t.Errorf("bulk on a full disk: %v", err)
	}
	if err := s.View(func(k kv.KV) error {
		_, found, err := k.Get('b', []byte("k"))
		if !found {
			t.Error("the record can't be read")
		}
		return err
	}); err != nil {
		t.Errorf("view on a full disk: %v", err)
	}
	if st, err := s.Stats(); err != nil || st.Writable || st.FreeDisk != free {
		t.Errorf("stats: %+v, %v", st, err)
	}
	free = 6 << 30
	settle(true)
	if err := write(); err != nil {
		t.Errorf("update after space was freed: %v", err)
	}
	// A bulk notices in the middle.
	err = s.Bulk(func(put func(byte, []byte, []byte) error) error {
		for i := range 64 {
			if i == 8 {
				free = 100 << 20
			}
			if err := put('b', []byte{byte(i)}, make([]byte, 1<<20)); err != nil {
				return err
			}
		}
		return nil
	})
	if kv.CodeOf(err) != kv.CodeDiskFull {
		t.Errorf("bulk on a disk that fills: %v", err)
	}
}
