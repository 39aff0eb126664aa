package proc

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
)

// Binary is the path of the kontor binary of a test that was run by [Main].
var Binary string

// Main builds the kontor binary, runs the tests of a package with it (m.Run of its TestMain), and returns their exit status.
func Main(tests func() int) int {
	dir, err := os.MkdirTemp("", "kontor-processes-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer os.RemoveAll(dir)
	Binary = filepath.Join(dir, "kontor")
	build := exec.Command("go", "build", "-trimpath", "-o", Binary, "kontor/cmd/kontor")
	build.Stderr = os.Stderr
	if err := build.Run(); err != nil {
		fmt.Fprintln(os.Stderr, "build kontor:", err)
		return 1
	}
	return tests()
}
