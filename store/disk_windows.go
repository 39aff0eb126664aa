package store

import (
	"os"

	"golang.org/x/sys/windows"
)

// ProbeDisk asks the operating system about the volume of dir.
func ProbeDisk(dir string) (free, total int64, err error) {
	p, err := windows.UTF16PtrFromString(dir)
	if err != nil {
		return 0, 0, err
	}
	var avail, all uint64
	if err := windows.GetDiskFreeSpaceEx(p, &avail, &all, nil); err != nil {
		return 0, 0, err
	}
	return int64(avail), int64(all), nil
}

func allocated(fi os.FileInfo) int64 { return fi.Size() }

// syncDir does nothing: Windows has no way to sync a directory.
func syncDir(string) error { return nil }

// othersMayRead is not known from the mode bits on Windows; the access list of
// the user's profile protects the file there.
func othersMayRead(os.FileInfo) bool { return false }
