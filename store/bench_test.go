package store

import (
	"encoding/binary"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/dgraph-io/badger/v4"
)

// rawBadger is the limit: Badger with our options and nothing of ours.
func rawBadger(b *testing.B) *badger.DB {
	b.Helper()
	db, err := badger.Open(badgerOptions(filepath.Join(b.TempDir(), "raw"), Key{1}, nil))
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { db.Close() })
	return db
}

// unequal fills b with bytes that no compression and no cache makes cheaper.
func unequal(b []byte, seed uint64) {
	for i := 0; i+8 <= len(b); i += 8 {
		seed = seed*6364136223846793005 + 1442695040888963407
		binary.LittleEndian.PutUint64(b[i:], seed)
	}
}

// alternate runs work and limit in turn and reports their medians and ratio.
func alternate(b *testing.B, work, limit func(i uint64)) {
	var w, l []time.Duration
	i := uint64(0)
	for b.Loop() {
		start := time.Now()
		work(i)
		middle := time.Now()
		limit(i)
		w, l = append(w, middle.Sub(start)), append(l, time.Since(middle))
		i++
	}
	slices.Sort(w)
	slices.Sort(l)
	mw, ml := w[len(w)/2], l[len(l)/2]
	b.ReportMetric(float64(mw.Nanoseconds())/1e3, "us/work")
	b.ReportMetric(float64(ml.Nanoseconds())/1e3, "us/limit")
	b.ReportMetric(float64(mw)/float64(ml), "ratio")
}

// BenchmarkUpdate commits what one entry writes - header, index, two rows,
// command result - against one raw synced transaction of the same bytes.
func BenchmarkUpdate(b *testing.B) {
	s, raw := openTest(b, filepath.Join(b.TempDir(), "db"), Key{1}), rawBadger(b)
	var bufs [5][]byte
	for j, n := range []int{600, 44, 300, 300, 100} {
		bufs[j] = make([]byte, n)
	}
	fill := func(i uint64) (key []byte) {
		for j := range bufs {
			unequal(bufs[j], i*5+uint64(j))
		}
		return binary.BigEndian.AppendUint64(nil, i)
	}
	alternate(b, func(i uint64) {
		key := fill(i)
		if err := s.Update(func(k KV) error {
			for j, v := range bufs {
				if _, _, err := k.Get('e'+byte(j), key); err != nil {
					return err
				}
				if err := k.Put('e'+byte(j), key, v); err != nil {
					return err
				}
			}
			return nil
		}); err != nil {
			b.Fatal(err)
		}
	}, func(i uint64) {
		key := fill(i)
		if err := raw.Update(func(t *badger.Txn) error {
			for j, v := range bufs {
				if err := t.Set(append([]byte{'e' + byte(j)}, key...), slices.Clone(v)); err != nil {
					return err
				}
			}
			return nil
		}); err != nil {
			b.Fatal(err)
		}
	})
}

// BenchmarkUpdate64 is the same by 64 callers at once: group commit.
func BenchmarkUpdate64(b *testing.B) {
	s := openTest(b, filepath.Join(b.TempDir(), "db"), Key{1})
	var wg sync.WaitGroup
	n := uint64(0)
	for b.Loop() {
		for range 64 {
			key := binary.BigEndian.AppendUint64(nil, n)
			n++
			wg.Go(func() {
				v := make([]byte, 600)
				unequal(v, n)
				if err := s.Update(func(k KV) error { return k.Put('e', key, v) }); err != nil {
					b.Error(err)
				}
			})
		}
		wg.Wait()
	}
	b.ReportMetric(float64(s.updates.Load())/b.Elapsed().Seconds(), "updates/s")
	b.ReportMetric(float64(s.updates.Load())/float64(s.commits.Load()), "updates/commit")
}

// BenchmarkBulk64MiB fills an artifact of 1,024 blocks of 64 KiB against raw
// Badger's WriteBatch.
func BenchmarkBulk64MiB(b *testing.B) {
	s, raw := openTest(b, filepath.Join(b.TempDir(), "db"), Key{1}), rawBadger(b)
	const blocks, size = 1024, 64 << 10
	data := make([]byte, blocks*size)
	unequal(data, 1)
	key := func(i, j uint64) []byte {
		k := make([]byte, 37)
		k[0] = 'b'
		unequal(k[1:], i*blocks+j)
		return k
	}
	alternate(b, func(i uint64) {
		if err := s.Bulk(func(put func(byte, []byte, []byte) error) error {
			for j := range uint64(blocks) {
				if err := put('b', key(i, j)[1:], data[j*size:][:size]); err != nil {
					return err
				}
			}
			return nil
		}); err != nil {
			b.Fatal(err)
		}
	}, func(i uint64) {
		w := raw.NewWriteBatch()
		for j := range uint64(blocks) {
			if err := w.Set(key(i, j), data[j*size:][:size]); err != nil {
				b.Fatal(err)
			}
		}
		if err := w.Flush(); err != nil {
			b.Fatal(err)
		}
	})
}

// BenchmarkHighWater raises one mark, durably.
func BenchmarkHighWater(b *testing.B) {
	h, err := OpenHighWater(filepath.Join(b.TempDir(), "high-water"))
	if err != nil {
		b.Fatal(err)
	}
	defer h.Close()
	for i := int64(0); b.Loop(); i++ {
		if err := h.Raise(map[string]int64{"a feed": i}); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkGet and BenchmarkScan read from what 20,000 records left.
func BenchmarkGet(b *testing.B) {
	s := openTest(b, filepath.Join(b.TempDir(), "db"), Key{1})
	readable(b, s)
	i := uint64(0)
	if err := s.View(func(k KV) error {
		for b.Loop() {
			i += 7919
			if _, found, err := k.Get('e', binary.BigEndian.AppendUint64(nil, i%20_000)); err != nil || !found {
				b.Fatal(found, err)
			}
		}
		return nil
	}); err != nil {
		b.Fatal(err)
	}
}

func BenchmarkScan10(b *testing.B) {
	s := openTest(b, filepath.Join(b.TempDir(), "db"), Key{1})
	readable(b, s)
	i := uint64(0)
	if err := s.View(func(k KV) error {
		for b.Loop() {
			i += 7919
			n := 0
			if err := k.Scan('e', nil, binary.BigEndian.AppendUint64(nil, i%19_000), func(_, _ []byte) (bool, error) {
				n++
				return n < 10, nil
			}); err != nil {
				b.Fatal(err)
			}
		}
		return nil
	}); err != nil {
		b.Fatal(err)
	}
}

func readable(b *testing.B, s *DB) {
	b.Helper()
	if err := s.Bulk(func(put func(byte, []byte, []byte) error) error {
		v := make([]byte, 600)
		for i := range uint64(20_000) {
			unequal(v, i)
			if err := put('e', binary.BigEndian.AppendUint64(nil, i), v); err != nil {
				return err
			}
		}
		return nil
	}); err != nil {
		b.Fatal(err)
	}
}
