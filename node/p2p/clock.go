package p2p

import (
	"slices"
	"sync"
	"time"

	"kontor/protocol/block"
)

// clockSamples is how many comparisons the median is taken of: enough that one slow answer does not show.
const clockSamples = 8

// clockJump is a difference that no slow answer makes: it comes within a minute, and is off by half of that at most. A clock was set, and what was compared before says
// nothing any more.
const clockJump = time.Minute

// clockOffset is a partner's clock against ours.
type clockOffset struct {
	mu      sync.Mutex
	samples []time.Duration // newest last
}

// note takes one comparison: the partner's clock as it answered, and ours as we asked and as the answer came. The answer is taken to
// have been given in the middle.
func (c *clockOffset) note(theirs int64, asked, answered time.Time) {
	middle := asked.Add(answered.Sub(asked) / 2)
	now := time.UnixMilli(theirs).Sub(middle)
	before, known := c.median()
	c.mu.Lock()
	defer c.mu.Unlock()
	if known && (now-before).Abs() > clockJump {
		c.samples = nil
	}
	c.samples = append(c.samples, now)
	if len(c.samples) > clockSamples {
		c.samples = c.samples[1:]
	}
}

// median is the partner's clock minus ours; false before the first comparison.
func (c *clockOffset) median() (time.Duration, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.samples) == 0 {
		return 0, false
	}
	sorted := slices.Clone(c.samples)
	slices.Sort(sorted)
	return sorted[len(sorted)/2], true
}

// ClockOffset is by how much a partner's clock is ahead of this node's, to about half a round trip; the median of the last
// comparisons. Ok is false before the first one.
func (h *Host) ClockOffset(company, pid block.CID) (offset time.Duration, ok bool) {
	p := h.partnerOf(company, pid)
	if p == nil {
		return 0, false
	}
	return p.clock.median()
}
