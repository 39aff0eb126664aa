package store

import (
	"os"
	"path/filepath"

	"kontor/store/kv"
)

// Stats are the figures of a store for metrics. Bytes are what files take on
// disk, not their apparent size: the logs are sparse.
type Stats struct {
	LSMBytes  int64 // sorted tables and the logs of the memory tables
	VlogBytes int64 // the value log
	FreeDisk  int64 // free on the disk of the database
	TotalDisk int64
	Writable  bool
	Updates   int64 // Update calls since Open
	Commits   int64 // synced transactions they were grouped into
	Collected int64 // value log files given back by collection
}

// Stats measures the store; it reads the directory, so ask every few seconds
// at most.
func (s *DB) Stats() (Stats, error) {
	if err := s.enter(); err != nil {
		return Stats{}, err
	}
	defer s.leave()
	st := Stats{
		Writable:  s.Writable() == nil,
		Updates:   s.updates.Load(),
		Commits:   s.commits.Load(),
		Collected: s.garbage.Load(),
	}
	free, total, err := s.opt.Probe(s.opt.Dir)
	if err != nil {
		return Stats{}, kv.Wrap(err, kv.CodeIO, "measuring the free disk under %q", s.opt.Dir)
	}
	st.FreeDisk, st.TotalDisk = free, total
	files, err := os.ReadDir(s.opt.Dir)
	if err != nil {
		return Stats{}, kv.Wrap(err, kv.CodeIO, "reading the directory %q", s.opt.Dir)
	}
	for _, f := range files {
		fi, err := f.Info()
		if err != nil {
			continue // compacted away meanwhile
		}
		switch filepath.Ext(f.Name()) {
		case ".sst", ".mem":
			st.LSMBytes += allocated(fi)
		case ".vlog":
			st.VlogBytes += allocated(fi)
		}
	}
	return st, nil
}
