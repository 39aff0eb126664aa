package store

import (
	"bytes"
	"encoding/hex"
	"errors"
	"fmt"
	"hash/crc32"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"

	"kontor/store/kv"
)

const (
	// highWaterHeader is followed by how many lines the file was made with.
	// Files of version 1 had no room behind their lines.
	highWaterHeader    = "kontor high water 2 "
	highWaterHeaderOld = "kontor high water 1 "

	// maxHighWaterKey bounds one key: a partnership and a feed.
	maxHighWaterKey = 256

	// maxHighWaterBytes bounds the file read at start.
	maxHighWaterBytes = 16 << 20

	// highWaterRoom is how many zeros stand behind the lines of a new file, for
	// the raises to come: some 400. Then it is rewritten with one line a key.
	highWaterRoom = 64 << 10

	// sectorBytes is what a disk writes wholly or not at all.
	sectorBytes = 512
)

// HighWater is the small file that remembers, outside the database, how far
// each of our feeds has been shown to others. A restored database that is
// behind it must not write.
//
// It is text, one line for each raise, each with a checksum. Raises are written
// over zeros that are on the disk already, and synced: that takes two thirds of
// the time of appending, because the file neither grows nor gets blocks. When
// the room is used up the file is replaced as a whole. No raise crosses the end
// of a sector, so that a torn write leaves it out, and never a part of it
// or of what was acknowledged before. A last line that was cut off is a raise
// that was never acknowledged; any other damage is an error.
type HighWater struct {
	path  string
	fresh bool

	turn    sync.Mutex
	waiting atomic.Int32
	group   *raise
	file    *os.File
	at      int // where the next line may begin
	size    int // of the file
	failed  error

	mu    sync.RWMutex
	marks map[string]int64 // durable
}

// raise is what several callers sync together.
type raise struct {
	marks map[string]int64
	done  chan struct{}
	err   error
}

// OpenHighWater reads the file at path, or makes it. path must lie outside the
// database directory, and best on what is not restored with it. The error has
// CodeHighWater when the file is damaged.
func OpenHighWater(path string) (*HighWater, error) {
	h := &HighWater{path: path, marks: map[string]int64{}}
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		h.fresh = true
	} else if err != nil {
		return nil, kv.Wrap(err, kv.CodeHighWater, "reading the high-water file %q", path)
	} else if h.marks, err = parseHighWater(text); err != nil {
		return nil, kv.Wrap(err, kv.CodeHighWater, "the high-water file %q is damaged; run kontor restore, which keeps the node reading only until a partner has confirmed our entries, and writes the file anew", path)
	}
	// Rewriting drops a line that was cut off, before anything is appended
	// behind it.
	if err := h.rewrite(h.marks); err != nil {
		return nil, err
	}
	return h, nil
}

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

func appendLine(b []byte, text string) []byte {
	return fmt.Appendf(b, "%s %08x\n", text, crc32.Checksum([]byte(text), castagnoli))
}

func appendMark(b []byte, key string, value int64) []byte {
	return appendLine(b, hex.EncodeToString([]byte(key))+" "+strconv.FormatInt(value, 10))
}

// parseHighWater reads the text of a high-water file. On error it returns nil.
func parseHighWater(text []byte) (map[string]int64, error) {
	if len(text) > maxHighWaterBytes {
		return nil, fmt.Errorf("%d bytes, the bound is %d", len(text), maxHighWaterBytes)
	}
	marks := map[string]int64{}
	made := int64(-1) // lines below the header when the file was made
	roomy := false    // zeros may stand before a line
	for n := int64(0); ; n++ {
		if roomy {
			text = bytes.TrimLeft(text, "\x00")
		}
		line, rest, whole := bytes.Cut(text, []byte("\n"))
		if !whole { // the end, or cut off by a crash and never acknowledged
			if made < 0 || n <= made {
				return nil, fmt.Errorf("it ends after %d lines, made with %d", n, made+1)
			}
			return marks, nil
		}
		text = rest
		body, sum := splitSum(line)
		if fmt.Sprintf("%08x", crc32.Checksum(body, castagnoli)) != string(sum) {
			return nil, fmt.Errorf("line %d: the checksum of %q does not match", n+1, line)
		}
		if n == 0 {
			count, ok := strings.CutPrefix(string(body), highWaterHeader)
			if roomy = ok; !roomy {
				count, ok = strings.CutPrefix(string(body), highWaterHeaderOld)
			}
			var err error
			if made, err = strconv.ParseInt(count, 10, 32); !ok || err != nil || made < 0 || count != strconv.FormatInt(made, 10) {
				return nil, fmt.Errorf("line 1: malformed header %q", line)
			}
			continue
		}
		name, number, _ := bytes.Cut(body, []byte(" "))
		key, err := hex.DecodeString(string(name))
		value, verr := strconv.ParseInt(string(number), 10, 64)
		if err != nil || verr != nil || len(key) > maxHighWaterKey || string(appendMark(nil, string(key), value)) != string(line)+"\n" {
			return nil, fmt.Errorf("line %d: malformed %q", n+1, line)
		}
		if old, ok := marks[string(key)]; !ok || value > old {
			marks[string(key)] = value
		}
	}
}

// splitSum divides a line at its last blank.
func splitSum(line []byte) (body, sum []byte) {
	i := bytes.LastIndexByte(line, ' ')
	if i < 0 {
		return line, nil
	}
	return line[:i], line[i+1:]
}

// Fresh says that there was no file when it was opened: the first start, or a
// machine restored without it. A node with a database of its own entries must
// treat it as a restore.
func (h *HighWater) Fresh() bool { return h.fresh }

// Get returns the durable mark of key.
func (h *HighWater) Get(key string) (int64, bool) {
	h.mu.RLock()
	defer h.mu.RUnlock()
	v, ok := h.marks[key]
	return v, ok
}

// All returns a copy of every mark.
func (h *HighWater) All() map[string]int64 {
	h.mu.RLock()
	defer h.mu.RUnlock()
	return maps.Clone(h.marks)
}

// Raise lifts marks and returns when they are durable; a value at or below the
// present one changes nothing. Concurrent callers share one sync. After an
// error of CodeIO every Raise fails until the file is opened again: whether
// the disk holds the marks is unknown.
func (h *HighWater) Raise(marks map[string]int64) error {
	for key := range marks {
		if len(key) > maxHighWaterKey {
			return kv.Errorf(kv.CodeBadKey, "a high-water key of %d bytes, the bound is %d", len(key), maxHighWaterKey)
		}
	}
	h.waiting.Add(1)
	h.turn.Lock()
	h.waiting.Add(-1)
	if h.group == nil {
		h.group = &raise{marks: map[string]int64{}, done: make(chan struct{})}
	}
	g := h.group
	for key, value := range marks {
		if old, ok := h.Get(key); ok && old >= value {
			continue
		}
		if old, ok := g.marks[key]; !ok || value > old {
			g.marks[key] = value
		}
	}
	if h.waiting.Load() == 0 {
		h.group = nil
		g.err = h.write(g.marks)
		close(g.done)
	}
	h.turn.Unlock()
	<-g.done
	return g.err
}

// Lower sets a mark back: the members have agreed that what was sent beyond it is lost. It is durable on return.
func (h *HighWater) Lower(key string, value int64) error {
	h.turn.Lock()
	defer h.turn.Unlock()
	if h.failed != nil {
		return h.failed
	}
	h.failed = h.rewrite(h.with(map[string]int64{key: value})) // a file read again takes the greatest of a key's lines
	return h.failed
}

// write makes marks durable. It is called with the turn.
func (h *HighWater) write(marks map[string]int64) error {
	if h.failed != nil {
		return h.failed
	}
	if len(marks) == 0 {
		return nil
	}
	if h.file == nil {
		return kv.Errorf(kv.CodeClosed, "the high-water file %q is closed", h.path)
	}
	var b []byte
	for _, key := range slices.Sorted(maps.Keys(marks)) {
		b = appendMark(b, key, marks[key])
	}
	if h.at%sectorBytes+len(b) > sectorBytes {
		h.at += sectorBytes - h.at%sectorBytes
	}
	if len(b) > sectorBytes || h.at+len(b) > h.size {
		h.failed = h.rewrite(h.with(marks))
		return h.failed
	}
	_, err := h.file.WriteAt(b, int64(h.at))
	if err == nil {
		err = syncData(h.file)
	}
	if err != nil {
		h.failed = kv.Wrap(err, kv.CodeIO, "writing the high-water file %q; check the disk, then restart the node", h.path)
		return h.failed
	}
	h.at += len(b)
	h.mu.Lock()
	defer h.mu.Unlock()
	maps.Copy(h.marks, marks)
	return nil
}

// with is all marks with some changed.
func (h *HighWater) with(changed map[string]int64) map[string]int64 {
	all := h.All()
	maps.Copy(all, changed)
	return all
}

// rewrite replaces the file by one line a key, with room behind them.
func (h *HighWater) rewrite(marks map[string]int64) error {
	b := appendLine(nil, highWaterHeader+strconv.Itoa(len(marks)))
	for _, key := range slices.Sorted(maps.Keys(marks)) {
		b = appendMark(b, key, marks[key])
	}
	end := len(b)
	b = append(b, make([]byte, highWaterRoom)...)
	if err := os.MkdirAll(filepath.Dir(h.path), 0o700); err != nil {
		return kv.Wrap(err, kv.CodeIO, "making the directory of %q", h.path)
	}
	if h.file != nil {
		h.file.Close()
		h.file = nil
	}
	if err := writeFileSynced(h.path, b, 0o600); err != nil {
		return err
	}
	f, err := os.OpenFile(h.path, os.O_WRONLY, 0)
	if err != nil {
		return kv.Wrap(err, kv.CodeIO, "opening the high-water file %q", h.path)
	}
	h.file, h.at, h.size = f, end, len(b)
	h.mu.Lock()
	defer h.mu.Unlock()
	h.marks = marks
	return nil
}

// Close closes the file; a second Close does nothing.
func (h *HighWater) Close() error {
	h.turn.Lock()
	defer h.turn.Unlock()
	if h.file == nil {
		return nil
	}
	err := h.file.Close()
	h.file = nil
	if err != nil {
		return kv.Wrap(err, kv.CodeIO, "closing the high-water file %q", h.path)
	}
	return nil
}
