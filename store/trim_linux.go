package store

import (
	"bufio"
	"fmt"
	"os"
	"strings"

	"golang.org/x/sys/unix"
)

// pageOut asks the kernel to take the mapped files of dir out of our memory.
// The advice never loses data, also where a mapping has been replaced by
// another since we read the list; an old kernel ignores it.
func pageOut(dir string) {
	eachMapping(func(m mapping) {
		if strings.HasPrefix(m.path, dir+"/") {
			m.advise(unix.MADV_PAGEOUT)
		}
	})
}

// unmapProgram takes the pages of the program itself out of our memory: most
// ran once, at the start. They stay in the kernel's cache of files, from which
// one that is needed again comes back without a read. Only mappings that can't
// be written to and hold no page of our own are advised, so nothing is lost.
func unmapProgram() {
	path, err := os.Executable()
	if err != nil {
		return
	}
	eachMapping(func(m mapping) {
		if m.path == path && !m.writable && !m.changed {
			m.advise(unix.MADV_DONTNEED)
		}
	})
}

// mapping is a stretch of this process's memory.
type mapping struct {
	from, to uintptr
	path     string // of the file mapped; empty for none
	writable bool
	changed  bool // holds pages that are no longer the file's
}

func (m mapping) advise(how uintptr) {
	unix.Syscall(unix.SYS_MADVISE, m.from, m.to-m.from, how)
}

// eachMapping visits the mappings of this process; none where the kernel does
// not tell.
func eachMapping(visit func(mapping)) {
	f, err := os.Open("/proc/self/smaps")
	if err != nil {
		return
	}
	defer f.Close()
	var m mapping
	for lines := bufio.NewScanner(f); lines.Scan(); {
		line := lines.Text()
		var from, to uintptr
		var perms, offset, device, inode string
		if n, _ := fmt.Sscanf(line, "%x-%x %s %s %s %s", &from, &to, &perms, &offset, &device, &inode); n == 6 {
			m = mapping{from: from, to: to, writable: strings.Contains(perms, "w")}
			if at := strings.IndexByte(line, '/'); at >= 0 {
				m.path = line[at:]
			}
			continue
		}
		switch {
		case strings.HasPrefix(line, "Anonymous:"):
			m.changed = strings.TrimSpace(strings.TrimPrefix(line, "Anonymous:")) != "0 kB"
		case strings.HasPrefix(line, "VmFlags:"): // the last line of a mapping
			visit(m)
		}
	}
}
