package block

import (
	"os"
	"path/filepath"
	"testing"
)

// shared is a file of the external test data, which lies beside the repository and is no part of it.
// KONTOR_TESTDATA names another place.
func shared(t testing.TB, elements ...string) string {
	t.Helper()
	dir := os.Getenv("KONTOR_TESTDATA")
	if dir == "" {
		root, err := os.Getwd()
		if err != nil {
			t.Fatal(err)
		}
		for {
			if _, err := os.Stat(filepath.Join(root, "go.mod")); err == nil {
				break
			}
			if root == filepath.Dir(root) {
				t.Fatal("no go.mod above the test")
			}
			root = filepath.Dir(root)
		}
		dir = filepath.Join(root, "..", "shared", "data")
	}
	path := filepath.Join(append([]string{dir}, elements...)...)
	if _, err := os.Stat(path); err != nil {
		t.Skipf("external test data is absent: set KONTOR_TESTDATA to the folder that holds %s", filepath.Join(elements...))
	}
	return path
}
