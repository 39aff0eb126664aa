package store

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"maps"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"filippo.io/age"

	"kontor/store/kv"
)

func init() { scryptWork = 10 } // tests are not attacked

func roomy(string) (free, total int64, err error) { return 100 << 30, 200 << 30, nil }

func openTest(t testing.TB, dir string, key Key) *DB {
	t.Helper()
	s, err := Open(Options{Dir: dir, Key: key, Probe: roomy})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

func fillTest(t testing.TB, s *DB) {
	t.Helper()
	for i := range 20 {
		if err := s.Update(func(k KV) error {
			for _, table := range []byte("ebz") {
				if err := k.Put(table, fmt.Append(nil, i), bytes.Repeat([]byte{byte(i)}, i*i*10)); err != nil {
					return err
				}
			}
			return k.Put('x', nil, fmt.Append(nil, i)) // the empty key, overwritten
		}); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Update(func(k KV) error { return k.Delete('e', []byte("7")) }); err != nil {
		t.Fatal(err)
	}
}

var pass = []byte("a passphrase")

func backup(t testing.TB, s *DB, o BackupOptions) ([]byte, Manifest) {
	t.Helper()
	var b bytes.Buffer
	m, err := s.Backup(&b, o)
	if err != nil {
		t.Fatal(err)
	}
	return b.Bytes(), m
}

func TestBackupAndRestore(t *testing.T) {
	top := t.TempDir()
	s := openTest(t, filepath.Join(top, "db"), Key{1})
	fillTest(t, s)
	id, err := age.GenerateX25519Identity()
	if err != nil {
		t.Fatal(err)
	}
	files := map[string][]byte{"high-water": []byte("marks"), "node.key": nil}
	for name, c := range map[string]struct {
		to   BackupOptions
		from RestoreOptions
	}{
		"passphrase": {BackupOptions{Passphrase: pass}, RestoreOptions{Passphrase: pass}},
		"recipient":  {BackupOptions{Recipients: []string{id.Recipient().String()}}, RestoreOptions{Identity: id.String()}},
	} {
		t.Run(name, func(t *testing.T) {
			c.to.Time, c.to.Files = 1_800_000_000_000, files
			data, m := backup(t, s, c.to)
			if m.Records != 60 || m.Time != 1_800_000_000_000 || m.Schema != Schema || len(m.Files) != 2 {
				t.Errorf("manifest %+v", m)
			}
			if bytes.Contains(data, []byte("high-water")) || bytes.Contains(data, []byte("sha256")) {
				t.Error("the backup can be read without its passphrase")
			}
			if got, err := VerifyBackup(bytes.NewReader(data), c.from.Passphrase, c.from.Identity); err != nil || got.SHA256 != m.SHA256 {
				t.Errorf("verify: %+v, %v", got, err)
			}
			c.from.Dir, c.from.Key, c.from.Probe = filepath.Join(top, "restored "+name), Key{2}, roomy
			got, err := Restore(bytes.NewReader(data), c.from)
			if err != nil {
				t.Fatal(err)
			}
			if got.Manifest.SHA256 != m.SHA256 || !maps.EqualFunc(got.Files, files, bytes.Equal) {
				t.Errorf("restored %+v", got)
			}
			r := openTest(t, c.from.Dir, Key{2})
			if v, err := r.Verify(); err != nil || v.SHA256 != m.SHA256 || v.Records != m.Records {
				t.Errorf("the restored database: %+v, %v", v, err)
			}
			if err := r.View(func(k KV) error {
				v, _, err := k.Get('x', nil)
				if string(v) != "19" {
					t.Errorf("restored %q", v)
				}
				_, found, _ := k.Get('e', []byte("7"))
				if found {
					t.Error("a deleted record came back")
				}
				return err
			}); err != nil {
				t.Fatal(err)
			}
			// The same content gives the same digest, whatever its history.
			if _, again := backup(t, r, c.to); again.SHA256 != m.SHA256 {
				t.Error("a backup of the restored database has another digest")
			}
		})
	}
	names, _ := filepath.Glob(filepath.Join(top, ".*restoring*"))
	if len(names) > 0 {
		t.Errorf("restoring left %q", names)
	}
}

// TestBackupIsOneMoment writes while the backup runs: x and y stay equal.
func TestBackupIsOneMoment(t *testing.T) {
	top := t.TempDir()
	s := openTest(t, filepath.Join(top, "db"), Key{1})
	set := func(i int) {
		if err := s.Update(func(k KV) error {
			if err := k.Put('a', []byte("x"), fmt.Append(nil, i)); err != nil {
				return err
			}
			return k.Put('z', []byte("y"), fmt.Append(nil, i))
		}); err != nil {
			t.Error(err)
		}
	}
	set(0)
	fillTest(t, s)
	stop := make(chan struct{})
	var wg sync.WaitGroup
	wg.Go(func() {
		for i := 0; ; i++ {
			select {
			case <-stop:
				return
			default:
				set(i)
			}
		}
	})
	for range 5 {
		data, _ := backup(t, s, BackupOptions{Passphrase: pass})
		plain, err := openBackup(bytes.NewReader(data), pass, "")
		if err != nil {
			t.Fatal(err)
		}
		seen := map[string]string{}
		if _, err := readBackup(plain, backupVisitor{record: func(table byte, key, value []byte) error {
			seen[string(key)] = string(value)
			return nil
		}}); err != nil {
			t.Fatal(err)
		}
		if seen["x"] == "" || seen["x"] != seen["y"] {
			t.Errorf("the backup saw half an update: x %q, y %q", seen["x"], seen["y"])
		}
	}
	close(stop)
	wg.Wait()
}

// brokenPipe fails after n bytes.
type brokenPipe struct{ n int }

func (w *brokenPipe) Write(p []byte) (int, error) {
	if w.n -= len(p); w.n < 0 {
		return 0, io.ErrShortWrite
	}
	return len(p), nil
}

func TestBackupToABrokenDisk(t *testing.T) {
	s := openTest(t, filepath.Join(t.TempDir(), "db"), Key{1})
	fillTest(t, s)
	whole, _ := backup(t, s, BackupOptions{Passphrase: pass})
	for n := 0; n < len(whole); n += len(whole)/20 + 1 {
		if m, err := s.Backup(&brokenPipe{n}, BackupOptions{Passphrase: pass}); kv.CodeOf(err) != kv.CodeIO || !errors.Is(err, io.ErrShortWrite) || m.Records != 0 {
			t.Errorf("broken after %d bytes: %+v, %v", n, m, err)
		}
	}
	for _, o := range []BackupOptions{{}, {Passphrase: pass, Recipients: []string{"age1x"}}} {
		if _, err := s.Backup(io.Discard, o); kv.CodeOf(err) != kv.CodePassphrase {
			t.Errorf("backup with %+v: %v", o, err)
		}
	}
	for _, name := range []string{"", "../x", "a/b", ".hidden", strings.Repeat("n", 256), "c:x"} {
		o := BackupOptions{Passphrase: pass, Files: map[string][]byte{name: nil}}
		if _, err := s.Backup(io.Discard, o); kv.CodeOf(err) != kv.CodeTooBig {
			t.Errorf("a file named %q: %v", name, err)
		}
	}
}

// FuzzBackup feeds the inside of a backup: what is accepted is written again
// to the same bytes.
func FuzzBackup(f *testing.F) {
	s := openTest(f, filepath.Join(f.TempDir(), "db"), Key{1})
	seed := func(o BackupOptions) {
		var b bytes.Buffer
		if _, err := s.writeBackup(&b, o); err != nil {
			f.Fatal(err)
		}
		f.Add(b.Bytes())
		f.Add(b.Bytes()[:b.Len()-1])
		f.Add(append(b.Bytes(), 0))
	}
	seed(BackupOptions{})
	fillTest(f, s)
	seed(BackupOptions{Time: 5, Files: map[string][]byte{"a": []byte("x"), "b": nil}})
	f.Add([]byte(backupMagic))
	f.Add([]byte(backupMagic + "R\x81\x00a\x80\x00"))
	f.Add([]byte(backupMagic + "R\xff\xff\xff\xff\x0f"))
	f.Fuzz(func(t *testing.T, data []byte) {
		var again bytes.Buffer
		again.WriteString(backupMagic)
		m, err := readBackup(bytes.NewReader(data), backupVisitor{
			file: func(name string, data []byte) error {
				again.Write(frame(frameFile, []byte(name), data))
				return nil
			},
			record: func(table byte, key, value []byte) error {
				again.Write(frame(frameRecord, append([]byte{table}, key...), value))
				return nil
			},
		})
		if err != nil {
			if m.Files != nil || m.Records != 0 {
				t.Errorf("an error with a manifest: %+v", m)
			}
			return
		}
		again.Write(endFrame(m))
		if !bytes.Equal(again.Bytes(), data) {
			t.Errorf("accepted %q but writes %q", data, again.Bytes())
		}
	})
}

// FuzzHighWater: what is accepted holds only what its lines say, and a file
// written from it is accepted with the same marks.
func FuzzHighWater(f *testing.F) {
	good := appendLine(nil, highWaterHeader+"1")
	good = appendMark(good, "k", 5)
	f.Add(good)
	f.Add(appendMark(good, "\x00", -1))
	f.Add(good[:len(good)-1])
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, data []byte) {
		marks, err := parseHighWater(data)
		if err != nil {
			if marks != nil {
				t.Errorf("an error with marks: %v", marks)
			}
			return
		}
		again := appendLine(nil, fmt.Sprint(highWaterHeader, len(marks)))
		for k, v := range marks {
			again = appendMark(again, k, v)
		}
		if got, err := parseHighWater(again); err != nil || !maps.Equal(got, marks) {
			t.Errorf("written again: %v, %v; want %v", got, err, marks)
		}
	})
}
