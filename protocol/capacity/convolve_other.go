//go:build !amd64

package capacity

const vectors = false

func dot16(out, a *uint64, n int, b *uint64) { panic("capacity: dot16 where there are no vectors") }
