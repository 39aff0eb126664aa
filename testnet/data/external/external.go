// Package external finds the test data that is not part of the repository.
package external

import (
	"compress/gzip"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// File is a file of the external test data; a test that needs it is skipped where it is absent.
func File(t testing.TB, elements ...string) string {
	t.Helper()
	path := filepath.Join(append([]string{Directory(t)}, elements...)...)
	if _, err := os.Stat(path); err != nil {
		t.Skipf("external test data is absent: set KONTOR_TESTDATA to the folder that holds %s", filepath.Join(elements...))
	}
	return path
}

// Read is the content of a file of the external test data, unpacked where its name ends in .gz; a test that needs it is skipped where it is absent.
func Read(t testing.TB, elements ...string) []byte {
	t.Helper()
	path := File(t, elements...)
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var r io.Reader = f
	if strings.HasSuffix(path, ".gz") {
		if r, err = gzip.NewReader(f); err != nil {
			t.Fatal(err)
		}
	}
	data, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// Directory is where the external test data lies: beside the repository, or where
// KONTOR_TESTDATA says.
func Directory(t testing.TB) string {
	t.Helper()
	if dir := os.Getenv("KONTOR_TESTDATA"); dir != "" {
		return dir
	}
	root, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for {
		if _, err := os.Stat(filepath.Join(root, "go.mod")); err == nil {
			return filepath.Join(root, "..", "shared", "data")
		}
		if root == filepath.Dir(root) {
			t.Fatal("no go.mod above the test")
		}
		root = filepath.Dir(root)
	}
}
