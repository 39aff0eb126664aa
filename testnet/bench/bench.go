// Package bench measures the work of two nodes beside what the machine can do without them.
//
// [Command] is kontor-testnet bench. Each work runs real nodes, with their databases on disk, encryption and synced commits, over TCP on
// loopback, in this process; its limit is measured in turn with it: the same bytes through the bare database, a bare stream, bare
// signatures. The numbers are what was seen in this run on this machine; nothing depends on them.
package bench

import (
	"context"
	"fmt"
	"io"
	"os"
	"runtime/pprof"
	"strings"
	"time"

	"github.com/urfave/cli/v2"
)

// Plan says how much is measured. The zero value of a field means its default.
type Plan struct {
	Samples  int // of each latency; default 200
	Rounds   int // of each rate; default 5
	Flight   int // records under way at once; default 64
	Burst    int // records in one round of them; default 2,000
	Bytes    int // of the large artifact; default 64 MiB
	CatchUp  int // entries a node catches up with; default 10,000
	Stock    int // entries in the home that is started; default 100,000
	Starts   int // of processes; default 15
	Rows     int // of the largest table that is imported; default 1,000,000
	Series   int // of the largest forecast that is shared and matched; default 10,000
	Cells    int // that the release gate judges; default 520,000
	Rest     time.Duration
	Kontor   string // path of the kontor program; default: beside this program
	Bare     string // path of this program, which measures its own start; default: os.Executable
	Dir      string // where homes are made; default: the system's directory for temporary files
	Progress io.Writer
}

func (p Plan) withDefaults() (Plan, error) {
	for _, d := range []struct {
		field *int
		value int
	}{{&p.Samples, 200}, {&p.Rounds, 5}, {&p.Flight, 64}, {&p.Burst, 2000}, {&p.Bytes, 64 << 20}, {&p.CatchUp, 10_000}, {&p.Stock, 100_000}, {&p.Starts, 15}, {&p.Rows, 1_000_000}, {&p.Series, 10_000}, {&p.Cells, 520_000}} {
		if *d.field == 0 {
			*d.field = d.value
		}
	}
	if p.Rest == 0 {
		p.Rest = 10 * time.Second
	}
	if p.Progress == nil {
		p.Progress = io.Discard
	}
	if p.Bare == "" {
		path, err := os.Executable()
		if err != nil {
			return p, err
		}
		p.Bare = path
	}
	return p, nil
}

// work is one row of the table, or several that come of one run.
type work struct {
	name string // for --only
	what string
	run  func(context.Context, *bench) error
}

// works in the order of the table.
var works = []work{
	{"entry", "one entry committed", measureEntry},
	{"share", "a small artifact to the partner and its receipt back", measureShare},
	{"countersign", "a record countersigned, one at a time", measureCountersign},
	{"many", "records countersigned, many at a time", measureMany},
	{"bulk", "a large artifact to the partner", measureBulk},
	{"catchup", "catching up after an absence", measureCatchUp},
	{"import", "a table of forecasts to a draft", measureImport},
	{"forecast", "a large forecast and its revision to the partner", measureForecast},
	{"match", "demand against capacity", measureMatch},
	{"gate", "the release gate", measureGate},
	{"gate-stored", "the release gate from and to the store", measureStoredGate},
	{"start", "start, memory at rest, version", measureStart},
}

// bench is one run.
type bench struct {
	Plan
	dir  string
	emit func(Result) error
}

func (b *bench) say(format string, args ...any) { fmt.Fprintf(b.Progress, format+"\n", args...) }

// Run measures the works named in only, or all, and hands each result to emit as it comes.
func Run(ctx context.Context, p Plan, only []string, emit func(Result) error) error {
	p, err := p.withDefaults()
	if err != nil {
		return err
	}
	chosen, err := choose(only)
	if err != nil {
		return err
	}
	dir, err := os.MkdirTemp(p.Dir, "kontor-bench-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	for i, w := range chosen {
		began := time.Now()
		fmt.Fprintf(p.Progress, "%d/%d %s: %s\n", i+1, len(chosen), w.name, w.what)
		sub, err := os.MkdirTemp(dir, w.name+"-")
		if err != nil {
			return err
		}
		if err := w.run(ctx, &bench{Plan: p, dir: sub, emit: emit}); err != nil {
			return fmt.Errorf("%s: %w", w.name, err)
		}
		if err := os.RemoveAll(sub); err != nil {
			return err
		}
		fmt.Fprintf(p.Progress, "%d/%d %s: done in %s\n", i+1, len(chosen), w.name, time.Since(began).Round(100*time.Millisecond))
	}
	return nil
}

func choose(only []string) ([]work, error) {
	if len(only) == 0 {
		return works, nil
	}
	var chosen []work
	var names []string
	for _, w := range works {
		names = append(names, w.name)
	}
	for _, name := range only {
		found := false
		for _, w := range works {
			if w.name == name {
				chosen, found = append(chosen, w), true
			}
		}
		if !found {
			return nil, fmt.Errorf("no work is called %q; %s are known", name, strings.Join(names, ", "))
		}
	}
	return chosen, nil
}

// Command is the bench command of kontor-testnet.
func Command() *cli.Command {
	return &cli.Command{
		Name: "bench", Usage: "measure the nodes' work beside what the machine can do without them",
		Description: "Real nodes in this process, on this disk, over TCP on loopback. Takes some minutes; the table is on stdout, progress on stderr.",
		Flags: []cli.Flag{
			&cli.BoolFlag{Name: "json", Usage: "one JSON object a line: work, value, unit, limit, limit_of, ratio, reach, reached, samples"},
			&cli.StringSliceFlag{Name: "only", Usage: "`NAME` of a work: entry, share, countersign, many, bulk, catchup, import or start; may be given again"},
			&cli.IntFlag{Name: "samples", Usage: "`N` measurements of each latency", Value: 200},
			&cli.IntFlag{Name: "rounds", Usage: "`N` measurements of each rate", Value: 5},
			&cli.StringFlag{Name: "kontor", Usage: "`FILE` of the kontor program", DefaultText: "beside this program"},
			&cli.StringFlag{Name: "profile", Usage: "`FILE` to write a CPU profile of the run to"},
			&cli.StringFlag{Name: "dir", Usage: "`DIR` in which temporary homes are made, which says which disk is measured", DefaultText: "the system's"},
		},
		Action: func(c *cli.Context) error {
			p := Plan{Samples: c.Int("samples"), Rounds: c.Int("rounds"), Kontor: c.String("kontor"), Dir: c.String("dir"), Progress: c.App.ErrWriter}
			if p.Samples < 1 || p.Rounds < 1 {
				return fmt.Errorf("--samples and --rounds are at least 1")
			}
			if path := c.String("profile"); path != "" {
				f, err := os.Create(path)
				if err != nil {
					return err
				}
				defer f.Close()
				if err := pprof.StartCPUProfile(f); err != nil {
					return err
				}
				defer pprof.StopCPUProfile()
			}
			var results []Result
			err := Run(c.Context, p, c.StringSlice("only"), func(r Result) error {
				if c.Bool("json") {
					return printJSON(c.App.Writer, r)
				}
				results = append(results, r)
				return nil
			})
			if len(results) > 0 {
				if printErr := printTable(c.App.Writer, results); err == nil {
					err = printErr
				}
			}
			return err
		},
		Subcommands: []*cli.Command{bareCommand()},
	}
}
