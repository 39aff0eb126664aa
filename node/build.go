package node

import (
	"errors"
	"runtime"
	"slices"
	"sync"

	"kontor/protocol/artifact"
	"kontor/protocol/block"
	"kontor/protocol/forecast"
)

// BuildForecast is forecast.ToSheet on all processors.
func BuildForecast(d forecast.Document, seriesKey [32]byte) (block.Sheet, error) {
	parts := min(runtime.GOMAXPROCS(0), len(d.Lines))
	if parts < 2 {
		return forecast.ToSheet(d, seriesKey)
	}
	rows, errs := make([][]block.Row, parts), make([]error, parts)
	Spread(parts, func(i int) {
		rows[i], errs[i] = forecast.Rows(d.Lines[i*len(d.Lines)/parts : (i+1)*len(d.Lines)/parts])
	})
	if err := errors.Join(errs...); err != nil {
		return block.Sheet{}, err
	}
	return forecast.SheetOf(d, seriesKey, slices.Concat(rows...))
}

// PutArtifact is [Node.PutBlocks] for the blocks of an artifact that were not there before, and remembers what was built: the entry that carries it is judged, and the
// partners' asks are answered, from memory. Beside the writing it is held against the version it was built on, so that the fold finds that done, and the patch is made that partners ask for; base may be the zero version.
func (n *Node) PutArtifact(pid block.CID, base, v block.Version, blocks []block.Block) error {
	return n.putArtifact(pid, base, v, blocks, true)
}

func (n *Node) putArtifact(pid block.CID, base, v block.Version, blocks []block.Block, asked bool) error {
	p, err := n.Partnership(pid)
	if err != nil {
		return err
	}
	var beside sync.WaitGroup
	beside.Go(func() {
		if v.Type == forecast.Type && base.Root.Defined() {
			p.Compare(base, v, artifact.RulesNewest, Spread)
		}
		if asked && base.Root.Defined() {
			_, _ = p.Patch(base, v, Spread) // without one the chunks travel
		}
	})
	err = n.PutBlocks(pid, blocks)
	beside.Wait()
	if err == nil {
		p.Opened(v)
	}
	return err
}
