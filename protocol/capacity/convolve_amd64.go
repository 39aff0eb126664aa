package capacity

import "golang.org/x/sys/cpu"

// vectors tells that this processor multiplies four masses at once.
var vectors = cpu.X86.HasAVX2

// dot16 sets out[t] to the sum of a[i] × b[t-i] over i from 0 to n-1, for t from 0 to 15: it reads b from n-1 before where it points to 15 after.
// Figures of a and b are below 2^32, and n is at least 1.
//
//go:noescape
func dot16(out, a *uint64, n int, b *uint64)
