// Package intaketest holds the properties that every format's reader keeps, for the fuzz target of each.
package intaketest

import (
	"testing"

	"kontor/node/intake"
)

// Fuzz gives what the engine finds, beginning with the seeds, to a format's Read: reading ends, what is refused says why,
// and the lines of a draft have no negative size and no periods that overlap.
func Fuzz(f *testing.F, read func([]byte, intake.Options) (*intake.Draft, *intake.Report), seeds ...string) {
	for _, seed := range seeds {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		draft, report := read(data, intake.Options{})
		if draft == nil && report.OK() {
			t.Fatal("refused without a complaint")
		}
		if draft == nil || draft.Message == nil {
			return
		}
		for _, l := range draft.Message.Lines {
			for i := range l.Buckets {
				if i > 0 && l.Buckets[i].Start < l.Buckets[i-1].End {
					t.Fatalf("periods overlap: %s after %s", l.Buckets[i].Bucket, l.Buckets[i-1].Bucket)
				}
				if l.Buckets[i].Mean.Sign() < 0 {
					t.Fatalf("a quantity below zero: %s", l.Buckets[i].Mean)
				}
			}
		}
	})
}
