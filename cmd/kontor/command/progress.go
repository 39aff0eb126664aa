package command

import (
	"io"
	"os"
	"sync/atomic"
	"time"

	"github.com/schollz/progressbar/v3"
	"golang.org/x/term"
)

// Work that takes longer than a breath shows how far it is; what is quicker, and what no person watches, shows nothing.
const (
	progressAfter = time.Second
	progressEvery = 100 * time.Millisecond
)

// progress shows on a terminal's standard error how far reading a file is.
type progress struct {
	read atomic.Int64
	end  chan struct{}
	over chan struct{}
}

// progress begins to watch: total bytes, or -1 where nobody knows how much there is. Done ends it.
func (c *call) progress(what string, total int64) *progress {
	p := &progress{end: make(chan struct{}), over: make(chan struct{})}
	file, ok := c.stderr.(*os.File)
	if !ok || !term.IsTerminal(int(file.Fd())) || c.asJSON() {
		close(p.over)
		return p
	}
	go p.show(file, what, total)
	return p
}

func (p *progress) show(file *os.File, what string, total int64) {
	defer close(p.over)
	select {
	case <-p.end:
		return
	case <-time.After(progressAfter):
	}
	// No bytes in a second and no time that is left: the bar begins when much was read already, and what takes long afterwards is the node's.
	bar := progressbar.NewOptions64(total, progressbar.OptionSetWriter(file), progressbar.OptionSetDescription(what), progressbar.OptionSetPredictTime(false),
		progressbar.OptionUseANSICodes(false), progressbar.OptionClearOnFinish(), progressbar.OptionSetTheme(progressbar.ThemeASCII), progressbar.OptionSpinnerType(9))
	tick := time.NewTicker(progressEvery)
	defer tick.Stop()
	defer func() { _ = bar.Clear() }() // of a bar that can't be drawn nothing depends
	for {
		select {
		case <-p.end:
			return
		case <-tick.C:
		}
		if total > 0 {
			_ = bar.Set64(min(p.read.Load(), total-1)) // the last step is the node's
		} else {
			_ = bar.Add(1)
		}
	}
}

// Reader counts what is read of a file.
func (p *progress) Reader(r io.Reader) io.Reader { return counted{r, p} }

type counted struct {
	io.Reader
	p *progress
}

func (c counted) Read(b []byte) (int, error) {
	n, err := c.Reader.Read(b)
	c.p.read.Add(int64(n))
	return n, err
}

// Done takes the bar away.
func (p *progress) Done() {
	close(p.end)
	<-p.over
}
