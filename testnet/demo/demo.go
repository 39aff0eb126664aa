// Package demo runs the main job of Kontor for three companies on real figures: a relief agency that buys medicines, a tablet maker and an ingredient
// maker, each a real kontor process with its own home, talking over real sockets on loopback.
//
// [Run] does it step by step, through the same commands a person would type, measures every number it reports, and says which claim fails.
// Break in [Options] breaks one thing on purpose: the demonstration must then fail and name it.
package demo

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"time"

	"kontor/protocol/calendar"
	"kontor/testnet/proc"
)

// Options say how the demonstration runs.
type Options struct {
	Kontor         string  // path of the kontor binary
	Data           string  // directory with other figures of the same shape; empty: those built in
	CapacityFactor float64 // scales the maker's capacity; at 2 nothing is a bottleneck
	Break          string  // one of Breaks, or empty
	Kills          bool    // end nodes with SIGKILL while they take signatures, and start them again
	Exit           bool    // end after the summary instead of keeping the nodes up
	JSON           bool    // one JSON object on stdout, the story on stderr
	Stdout         io.Writer
	Stderr         io.Writer
	Dir            string // where the homes go; empty: a temporary directory, removed at the end
}

// Breaks are the things that can be broken on purpose.
var Breaks = []string{"sign", "root", "name", "restart", "quorum"}

// patience is how long one node waits for what another brings. News takes milliseconds; a machine that is busy with other things gets its time.
const patience = time.Minute

// demo is one run.
type demo struct {
	Options
	dir     string
	figures figures
	made    scenario
	started time.Time
	report  Report

	agency, maker, ingredient *proc.Company
	names, countries          []string // the agency's product codes and countries
	story                     io.Writer
	kills                     int
}

// errClaim is a claim of the demonstration that did not hold.
var errClaim = errors.New("a claim does not hold")

func claim(holds bool, format string, args ...any) error {
	if holds {
		return nil
	}
	return fmt.Errorf("%w: %s", errClaim, fmt.Sprintf(format, args...))
}

// Run runs the demonstration. The report is complete as far as it came; the error names the first claim that failed.
func Run(ctx context.Context, o Options) (Report, error) {
	if o.Break != "" && !slices.Contains(Breaks, o.Break) {
		return Report{}, fmt.Errorf("--break %q: %v are known", o.Break, Breaks)
	}
	if o.CapacityFactor == 0 {
		o.CapacityFactor = 1
	}
	d := &demo{Options: o, started: time.Now(), story: o.Stdout}
	if o.JSON {
		d.story = o.Stderr
	}
	err := d.setUp()
	defer d.tearDown()
	if err == nil {
		err = d.play(ctx)
	}
	d.report.Seconds = round(time.Since(d.started).Seconds(), 2)
	return d.report, err
}

// play goes through the steps.
func (d *demo) play(ctx context.Context) error {
	steps := []struct {
		title string
		run   func(context.Context) error
	}{
		{"Three companies start and pair by invitation", d.pair},
		{"The agency forecasts its need, with bands, and shares it", d.shareForecast},
		{"The tablet maker answers with capacity; both compute the match", d.answerWithCapacity},
		{"The officers take up the largest shortage", d.negotiate},
		{"COO and CFO of both sides sign; the agreement becomes final", d.sign},
		{"A raised forecast travels one tier further", d.propagate},
		{"A month of late deliveries brings a credit, the same on both nodes", d.serve},
		{"Both sides believe the same", d.compare},
	}
	for i, step := range steps {
		at := time.Now()
		fmt.Fprintf(d.story, "\n%d. %s\n", i+1, step.title)
		if err := step.run(ctx); err != nil {
			if ctx.Err() != nil {
				return ctx.Err()
			}
			return fmt.Errorf("step %d (%s): %w", i+1, step.title, err)
		}
		d.say("done in %.1f s", time.Since(at).Seconds())
	}
	d.summary()
	if d.Exit {
		return d.stopAll()
	}
	return d.stayUp(ctx)
}

// say tells one line of the story.
func (d *demo) say(format string, args ...any) { fmt.Fprintf(d.story, "   "+format+"\n", args...) }

func (d *demo) setUp() (err error) {
	if d.figures, err = loadFigures(d.Data); err != nil {
		return err
	}
	if d.dir = d.Dir; d.dir != "" {
		if err := os.MkdirAll(d.dir, 0o700); err != nil {
			return err
		}
	} else {
		if d.dir, err = os.MkdirTemp("", "kontor-demo-"); err != nil {
			return err
		}
	}
	fmt.Fprintf(d.story, "Kontor: three companies, no operator in the middle\nFigures: %s\n", d.figures.source)
	if d.made, err = d.figures.makeScenario(calendar.DateOf(time.Now().UnixMilli()), d.CapacityFactor); err != nil {
		return err
	}
	if d.names, d.countries, err = d.figures.names(); err != nil {
		return err
	}
	for _, c := range []struct {
		into        **proc.Company
		name, label string
	}{{&d.agency, "Relief Agency", "agency"}, {&d.maker, "Tablet Maker", "maker"}, {&d.ingredient, "Ingredient Maker", "ingredient"}} {
		if *c.into, err = proc.New(d.dir, d.Kontor, c.name, c.label); err != nil {
			return err
		}
	}
	return nil
}

func (d *demo) companies() []*proc.Company { return []*proc.Company{d.agency, d.maker, d.ingredient} }

func (d *demo) stopAll() error {
	var errs []error
	for _, c := range d.companies() {
		if c != nil {
			errs = append(errs, c.Stop())
		}
	}
	return errors.Join(errs...)
}

func (d *demo) tearDown() {
	for _, c := range d.companies() {
		if c != nil {
			c.Kill()
		}
	}
	if d.Dir == "" && d.dir != "" {
		os.RemoveAll(d.dir)
	}
}

// stayUp keeps the nodes for a person to look around, until Ctrl-C.
func (d *demo) stayUp(ctx context.Context) error {
	fmt.Fprintf(d.story, "\nThe three nodes stay up. Look around in another terminal, for example:\n")
	for _, c := range d.companies() {
		fmt.Fprintf(d.story, "  %s status --home %s\n", d.Kontor, c.Home)
	}
	fmt.Fprintf(d.story, "Ctrl-C stops them.\n")
	<-ctx.Done()
	fmt.Fprintln(d.story, "\nstopping")
	return d.stopAll()
}
