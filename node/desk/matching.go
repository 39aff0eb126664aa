package desk

import (
	"runtime"
	"sync"
	"sync/atomic"

	"kontor/protocol/capacity"
)

// Match is capacity.Match with its parts made on all cores at once. A panic of a part is the caller's, as if it had made the part itself.
func Match(in capacity.Input) (capacity.Result, error) {
	m, err := capacity.Prepare(in)
	if err != nil {
		return capacity.Result{}, err
	}
	var next atomic.Int64
	var first atomic.Pointer[any]
	work := func() {
		defer func() {
			if p := recover(); p != nil {
				first.CompareAndSwap(nil, &p)
			}
		}()
		for i := int(next.Add(1)) - 1; i < m.Parts(); i = int(next.Add(1)) - 1 {
			m.Make(i)
		}
	}
	var all sync.WaitGroup
	for range min(runtime.GOMAXPROCS(0), m.Parts()) - 1 {
		all.Go(work)
	}
	work()
	all.Wait()
	if p := first.Load(); p != nil {
		panic(*p)
	}
	return m.Result()
}
