package store

import (
	"os"
	"syscall"
)

// syncData makes written bytes durable; it leaves out the times of the file,
// which saves a write.
func syncData(f *os.File) error {
	for {
		if err := syscall.Fdatasync(int(f.Fd())); err != syscall.EINTR {
			return err
		}
	}
}
