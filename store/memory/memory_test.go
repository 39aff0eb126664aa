package memory_test

import (
	"testing"

	"kontor/store/kv"
	"kontor/store/memory"
	"kontor/store/storetest"
)

func TestConformance(t *testing.T) {
	storetest.RunSubject(t, storetest.Subject{
		Open: func(t *testing.T) kv.Store { return memory.New() },
		Reopen: func(t *testing.T, s kv.Store) kv.Store {
			m := s.(*memory.Store)
			if err := m.Close(); err != nil {
				t.Fatal(err)
			}
			m.Restart()
			return m
		},
	})
}
