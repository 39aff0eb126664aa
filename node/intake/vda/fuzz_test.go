package vda

import (
	"testing"

	"kontor/node/intake"
	"kontor/protocol/forecast"
)

// FuzzRead: whatever comes, reading ends, and a draft with lines has no negative
// size; what is refused says why.
func FuzzRead(f *testing.F) {
	for _, seed := range []string{
		"51102KUNDE1   LIEF1    0004100042260105250101                                                                                   \n51201011000000042260105               P-100                 V-7                               T0815    ST                       \n51301                                0000012000333333000000007260112000000120260119000000000555555000000000260500000000400      \n51401260600000000300000000000000000                                                                                             \n519020000001000000100000010000001000000000000000000001                                                                          ",
		"51102KUNDE1   LIEF1    0004100042260105250101                                                                                   \n51201011000000042260105               P-100                 V-7                               T0815    ST                       \n51301                                          260012000000040555555000000000260323000000050222222000000000                     \n519020000001000000100000010000000000000000000000000001                                                                          ",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		draft, report := Read(data, intake.Options{})
		if draft == nil && report.OK() {
			t.Fatal("refused without a complaint")
		}
		if draft == nil {
			return
		}
		for _, l := range linesOf(draft) {
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

func linesOf(d *intake.Draft) []forecast.Line {
	if d.Message == nil {
		return nil
	}
	return d.Message.Lines
}
