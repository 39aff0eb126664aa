package store

import (
	"log/slog"
	"strings"
	"testing"
)

// The refusal of a full disk says how much is free now, and how much must be before the store writes again.
func TestFullDiskSaysWhatIsFreeNow(t *testing.T) {
	free := int64(100 << 20)
	w := &watchdog{dir: "d", log: slog.New(slog.DiscardHandler), probe: func(string) (int64, int64, error) { return free, 900 << 20, nil }}
	for _, step := range []struct {
		free int64
		says []string // nothing: it writes
	}{
		{100 << 20, []string{"100 MiB free", "512 MiB that must stay"}},
		{300 << 20, []string{"300 MiB free"}},
		{520 << 20, []string{"520 MiB free", "576 MiB"}},
		{577 << 20, nil},
		{520 << 20, nil},
	} {
		free = step.free
		err := w.admit(probeBytes)
		if step.says == nil {
			if err != nil {
				t.Errorf("with %d MiB free: %v", free>>20, err)
			}
			continue
		}
		for _, part := range step.says {
			if err == nil || !strings.Contains(err.Error(), part) {
				t.Errorf("with %d MiB free: %v, want %q", free>>20, err, part)
			}
		}
	}
}
