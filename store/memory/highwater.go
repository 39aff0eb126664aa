package memory

import (
	"maps"
	"sync"
)

// HighWater is the in-memory counterpart of the high-water file: the same
// marks that only rise, apart from the store, so that a simulation can restore
// one without the other.
type HighWater struct {
	mu    sync.Mutex
	marks map[string]int64
}

// NewHighWater returns one without marks.
func NewHighWater() *HighWater { return &HighWater{marks: map[string]int64{}} }

// Get returns the mark of key.
func (h *HighWater) Get(key string) (int64, bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	v, ok := h.marks[key]
	return v, ok
}

// Raise lifts marks; a value at or below the present one changes nothing.
func (h *HighWater) Raise(marks map[string]int64) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	for key, value := range marks {
		if old, ok := h.marks[key]; !ok || value > old {
			h.marks[key] = value
		}
	}
	return nil
}

// Clone returns an independent copy.
func (h *HighWater) Clone() *HighWater {
	h.mu.Lock()
	defer h.mu.Unlock()
	return &HighWater{marks: maps.Clone(h.marks)}
}
