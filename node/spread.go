package node

import (
	"runtime"
	"sync"
	"sync/atomic"

	"kontor/protocol/block"
)

// Spread has work done on all cores at once: it is called once for each of 0 to n-1, in no order. A panic of a call is the caller's, as if it had made the call itself.
func Spread(n int, work func(i int)) {
	var next atomic.Int64
	var first atomic.Pointer[any]
	some := func() {
		defer func() {
			if p := recover(); p != nil {
				first.CompareAndSwap(nil, &p)
			}
		}()
		for i := int(next.Add(1)) - 1; i < n; i = int(next.Add(1)) - 1 {
			work(i)
		}
	}
	var all sync.WaitGroup
	for range min(runtime.GOMAXPROCS(0), n) - 1 {
		all.Go(some)
	}
	some()
	all.Wait()
	if p := first.Load(); p != nil {
		panic(*p)
	}
}

var _ block.Spread = Spread
