package bench

import (
	"bufio"
	"bytes"
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"time"

	"kontor/node/intake/door"
)

// measureImport reads tables of forecasts to drafts, from a hundredth of the rows to all of them, beside encoding/csv going through the
// same bytes. What memory it takes is measured of the program that imports the largest.
func measureImport(ctx context.Context, b *bench) error {
	const limitOf = "encoding/csv through the same bytes"
	for _, rows := range []int{b.Rows / 100, b.Rows / 10, b.Rows} {
		data := table(rows)
		var p pair
		for range b.Rounds {
			if err := ctx.Err(); err != nil {
				return err
			}
			runtime.GC()
			began := time.Now()
			draft, report := door.Read(data, door.Options{})
			work := time.Since(began)
			if draft == nil || report.Imported != rows {
				return fmt.Errorf("%d of %d rows imported: %v", report.Imported, rows, report.Complaints)
			}
			draft = nil
			runtime.GC()
			began = time.Now()
			if err := passThrough(data); err != nil {
				return err
			}
			p.add(work, time.Since(began))
		}
		reach := goal{under: 4000 * float64(rows) / 1_000_000}
		if err := b.emit(p.milliseconds("import of a CSV of "+thousands(rows)+" forecast rows to a draft", limitOf).judge(reach)); err != nil {
			return err
		}
	}
	return b.importMemory(ctx)
}

// importMemory runs the program on the largest table.
func (b *bench) importMemory(ctx context.Context) error {
	kontor, err := b.kontor()
	if err != nil {
		return err
	}
	path, data := filepath.Join(b.dir, "forecast.csv"), table(b.Rows)
	if err := os.WriteFile(path, data, 0o600); err != nil {
		return err
	}
	c := exec.CommandContext(ctx, kontor, "import", "--dry-run", "--json", path)
	c.Stdout, c.Stderr = io.Discard, b.Progress
	began := time.Now()
	peak, err := peakMemory(c)
	if err != nil {
		return fmt.Errorf("kontor import: %w", err)
	}
	r := Result{Work: "memory of kontor import, " + thousands(b.Rows) + " forecast rows", Unit: "MiB", Value: peak, Limit: float64(len(data)) / (1 << 20),
		LimitOf: "the file", Samples: 1, Parts: map[string]float64{"seconds": time.Since(began).Seconds()}}
	return b.emit(r.judge(goal{under: 600}))
}

// table is a forecast of weeks with a mean and three quantiles, as a spreadsheet saves it.
func table(rows int) []byte {
	var b bytes.Buffer
	w := bufio.NewWriter(&b)
	regions := []string{"DE", "FR", "CI", "PL", "GB", "US", "JP", "ES"}
	fmt.Fprintln(w, "product,region,week,mean,p10,p50,p90")
	for i := range rows {
		series, mean := i/52, int64(i)*7919%1_000_000
		fmt.Fprintf(w, "ART-%06d,%s,2026-W%02d,%d.%d,%d.%d,%d.%d,%d.%d\n", series/len(regions), regions[series%len(regions)], i%52+1,
			mean/10, mean%10, mean*8/100, mean*8/10%10, mean/10, mean%10, mean*13/100, mean*13/10%10)
	}
	w.Flush()
	return b.Bytes()
}

// passThrough reads all records and keeps none.
func passThrough(data []byte) error {
	r := csv.NewReader(bytes.NewReader(data))
	r.ReuseRecord = true
	for {
		if _, err := r.Read(); errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return err
		}
	}
}
