package bench

import (
	"context"
	"encoding/json"
	"os"
	"os/signal"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/urfave/cli/v2"

	"kontor/cmd/kontor/command"
)

// child makes this test program stand in for the programs that the bench starts.
const child = "KONTOR_BENCH_CHILD"

func TestMain(m *testing.M) {
	if os.Getenv(child) == "" || len(os.Args) < 2 {
		os.Exit(m.Run())
	}
	if os.Args[1] != "bench" {
		os.Exit(command.Main(os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
	}
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer stop()
	app := &cli.App{Commands: []*cli.Command{Command()}, Writer: os.Stdout, ErrWriter: os.Stderr}
	if err := app.RunContext(ctx, os.Args); err != nil {
		os.Exit(1)
	}
	os.Exit(0)
}

// Every work runs, small, and its results have the promised form. What the numbers are is no matter of a test.
func TestShape(t *testing.T) {
	if testing.Short() {
		t.Skip("runs nodes for half a minute")
	}
	t.Setenv(child, "1")
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	p := Plan{Samples: 2, Rounds: 1, Flight: 4, Burst: 8, Bytes: 3 << 20, CatchUp: 40, Stock: 300, Starts: 1, Rows: 1000, Series: 400, Cells: 300, Rest: 10 * time.Millisecond,
		Kontor: self, Bare: self, Dir: dir, Progress: t.Output()}
	var lines []string
	var out strings.Builder
	if err := Run(t.Context(), p, nil, func(r Result) error {
		lines = append(lines, r.Work)
		return printJSON(&out, r)
	}); err != nil {
		t.Fatal(err)
	}
	if len(lines) != 31 && !(runtime.GOOS != "linux" && len(lines) == 28) {
		t.Errorf("%d results: %q", len(lines), lines)
	}
	for line := range strings.Lines(out.String()) {
		var got struct {
			Work, Unit, Reach   string
			Value, Limit, Ratio *float64
			Reached             *bool
		}
		if err := json.Unmarshal([]byte(line), &got); err != nil {
			t.Fatalf("%s: %v", line, err)
		}
		if got.Work == "" || got.Unit == "" || got.Reach == "" || got.Value == nil || got.Limit == nil || got.Ratio == nil || got.Reached == nil {
			t.Errorf("a field is missing in %s", line)
		} else if *got.Value <= 0 || *got.Limit <= 0 || *got.Ratio <= 0 {
			t.Errorf("nothing was measured: %s", line)
		}
	}
	if left, _ := filepath.Glob(filepath.Join(dir, "*")); len(left) > 0 {
		t.Errorf("left behind: %q", left)
	}
}

func TestUnknownWork(t *testing.T) {
	err := Run(t.Context(), Plan{}, []string{"entry", "lunch"}, nil)
	if err == nil || !strings.Contains(err.Error(), `no work is called "lunch"; entry, share,`) {
		t.Errorf("got %v", err)
	}
}

// A ratio says how many times the limit a work costs, also where more is better.
func TestJudge(t *testing.T) {
	for name, c := range map[string]struct {
		r     Result
		g     goal
		ratio float64
		reach string
		met   bool
	}{
		"time within":      {Result{Value: 2, Limit: 1, Unit: "ms"}, goal{ratio: 2, under: 3}, 2, "at most 2x, under 3 ms", true},
		"time over ratio":  {Result{Value: 2.1, Limit: 1, Unit: "ms"}, goal{ratio: 2}, 2.1, "at most 2x", false},
		"time over bound":  {Result{Value: 3, Limit: 2, Unit: "ms"}, goal{ratio: 2, under: 3}, 1.5, "at most 2x, under 3 ms", false},
		"rate within":      {Result{Value: 200, Limit: 300, Unit: "MB/s"}, goal{over: 150}, 1.5, "over 150 MB/s", true},
		"rate too low":     {Result{Value: 100, Limit: 300, Unit: "MB/s"}, goal{over: 150}, 3, "over 150 MB/s", false},
		"nothing measured": {Result{Unit: "ms"}, goal{under: 3}, 0, "under 3 ms", false},
	} {
		got := c.r.judge(c.g)
		if got.Ratio != c.ratio || got.Reach != c.reach || got.Reached != c.met {
			t.Errorf("%s: ratio %v, reach %q, reached %t", name, got.Ratio, got.Reach, got.Reached)
		}
	}
	if m := median([]int{5, 1, 9}); m != 5 {
		t.Errorf("median %d", m)
	}
}
