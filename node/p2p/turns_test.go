package p2p

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"
)

// However many streams a partner asks on, long asks have a quarter of the time; short ones follow each other.
func TestLongAsksRest(t *testing.T) {
	for _, c := range []struct {
		takes time.Duration
		most  int
		least int
	}{{500 * time.Millisecond, 30, 29}, {time.Millisecond, 60_000, 59_000}} {
		synctest.Test(t, func(t *testing.T) {
			turn := newTurns()
			ctx, stop := context.WithTimeout(t.Context(), time.Minute)
			defer stop()
			answered := make(chan int)
			for range 8 {
				go func() {
					n := 0
					for {
						done, err := turn.take(ctx)
						if err != nil {
							answered <- n
							return
						}
						time.Sleep(c.takes)
						done()
						n++
					}
				}()
			}
			n := 0
			for range 8 {
				n += <-answered
			}
			const atTheEnd = 8 // each stream may have a turn that came free as the minute ended
			if n > c.most+atTheEnd || n < c.least {
				t.Errorf("%d asks of %s in a minute, want %d to %d", n, c.takes, c.least, c.most)
			}
		})
	}
}

// Who no longer wants an answer takes no turn.
func TestTurnsEndWithTheirAsk(t *testing.T) {
	turn := newTurns()
	done, err := turn.take(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	stop()
	if _, err := turn.take(ctx); !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
	done()
	if done, err = turn.take(t.Context()); err != nil {
		t.Fatal(err)
	}
	done()
}
