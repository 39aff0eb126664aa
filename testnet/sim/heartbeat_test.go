package sim

import (
	"testing"
	"time"

	"kontor/protocol"
	"kontor/protocol/block"
)

// Nobody writes anything for three days. It shows that each company says once a day that it is still there, that this alone moves the settled line, and
// that both come to the same state. The first day the offices stay open; of the other two they sleep through the hours
// in which no heartbeat is due, because open offices cost real time.
func TestHeartbeatMovesTheLine(t *testing.T) {
	if testing.Short() {
		t.Skip("long")
	}
	play(t, func(t *testing.T, w *world) {
		agency, maker := w.found("Agency"), w.found("Maker")
		pid := agency.buysFrom(maker)
		time.Sleep(time.Minute) // what the pairing settled is committed to: nothing is owed any more
		before := agency.inStep(pid, maker, time.Minute)
		quiet := time.Now()
		for day := range 3 {
			agency.close()
			maker.close()
			time.Sleep(23*time.Hour + 30*time.Minute)
			maker.open()
			agency.open()
			for n := agency.heartbeats(pid, agency.Company()); n == day; n = agency.heartbeats(pid, agency.Company()) {
				if time.Since(quiet) > time.Duration(day+1)*26*time.Hour {
					t.Fatalf("no heartbeat on day %d", day+1)
				}
				time.Sleep(10 * time.Minute)
			}
			time.Sleep(10 * time.Minute)
			after := agency.inStep(pid, maker, time.Minute)
			for _, c := range []*company{agency, maker} {
				if n := c.heartbeats(pid, agency.Company()); n != day+1 {
					t.Errorf("%s holds %d heartbeats of the agency after %v", c.name, n, time.Since(quiet))
				}
				if n := c.heartbeats(pid, maker.Company()); n != day+1 {
					t.Errorf("%s holds %d heartbeats of the maker after %v", c.name, n, time.Since(quiet))
				}
			}
			if after.line <= before.line {
				t.Errorf("the line stayed at %d", after.line)
			}
			t.Logf("after %v of silence the line moved from %d to %d", time.Since(quiet).Round(time.Minute), before.line, after.line)
			before = after
		}
	})
}

// heartbeats counts those of an author that a company holds.
func (c *company) heartbeats(pid, author block.CID) (n int) {
	c.t.Helper()
	for _, e := range c.entries(pid, author) {
		if e.Header.Kind == protocol.KindHeartbeat {
			n++
		}
	}
	return n
}
