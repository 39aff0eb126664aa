package demo

import (
	"encoding/json"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"syscall"

	"github.com/urfave/cli/v2"
	"golang.org/x/term"
)

// exitInterrupted is what shells give a program that Ctrl-C ended.
const exitInterrupted = 130

// Command is `kontor-testnet demo`.
func Command() *cli.Command {
	return &cli.Command{
		Name: "demo", Usage: "three companies, from invitation to a signed agreement and one tier further",
		Description: "Starts three real kontor processes on loopback and lets them do the main job on real figures. Every number printed is measured in\n" +
			"this run. On a terminal the nodes stay up until Ctrl-C; elsewhere, and with --exit, the demonstration ends after its summary.\n\n" +
			"Examples:\n  kontor-testnet demo\n  kontor-testnet demo --exit --json\n  kontor-testnet demo --capacity-factor 2\n  kontor-testnet demo --exit --break quorum\n\n" +
			"Exit status:\n  0  every claim held\n  1  a claim did not hold; the message names it\n  2  the command is not right\n  130  interrupted before the summary",
		Flags: []cli.Flag{
			&cli.BoolFlag{Name: "exit", Usage: "end after the summary"},
			&cli.BoolFlag{Name: "json", Usage: "print one JSON object on stdout, the story on stderr"},
			&cli.StringFlag{Name: "break", Usage: "break one `THING` on purpose: " + strings.Join(Breaks, ", ")},
			&cli.Float64Flag{Name: "capacity-factor", Usage: "scale the tablet maker's capacity by `F`", Value: 1},
			&cli.StringFlag{Name: "data", Usage: "`DIR` with other figures: monthly.csv, products.csv, bill_of_materials.csv"},
			&cli.StringFlag{Name: "dir", Usage: "`DIR` for the companies' homes, kept afterwards", DefaultText: "a temporary one, removed"},
			&cli.StringFlag{Name: "kontor", Usage: "`PATH` of the kontor binary", DefaultText: "beside this program"},
		},
		Action: func(c *cli.Context) error {
			kontor := c.String("kontor")
			if kontor == "" {
				self, err := os.Executable()
				if err != nil {
					return err
				}
				kontor = filepath.Join(filepath.Dir(self), "kontor")
			}
			if _, err := os.Stat(kontor); err != nil {
				return cli.Exit(fmt.Sprintf("kontor-testnet: error: the kontor binary is not at %s; run: make build", kontor), 2)
			}
			if f := c.Float64("capacity-factor"); !(f > 0 && f <= 1000) {
				return cli.Exit(fmt.Sprintf("kontor-testnet: error: --capacity-factor %v: more than 0 and at most 1000 is right", f), 2)
			}
			if b := c.String("break"); b != "" && !slices.Contains(Breaks, b) {
				return cli.Exit(fmt.Sprintf("kontor-testnet: error: --break %q: %s are known", b, strings.Join(Breaks, ", ")), 2)
			}
			ctx, stop := signal.NotifyContext(c.Context, os.Interrupt, syscall.SIGTERM)
			defer stop()
			asJSON := c.Bool("json")
			report, err := Run(ctx, Options{Kontor: kontor, Data: c.String("data"), CapacityFactor: c.Float64("capacity-factor"), Break: c.String("break"),
				Exit: c.Bool("exit") || asJSON || !term.IsTerminal(int(os.Stdout.Fd())), JSON: asJSON, Dir: c.String("dir"), Stdout: os.Stdout, Stderr: os.Stderr})
			interrupted := err != nil && ctx.Err() != nil
			if err != nil && !interrupted {
				report.Failed = err.Error()
			}
			if asJSON {
				if err := json.NewEncoder(os.Stdout).Encode(report); err != nil {
					return err
				}
			}
			if interrupted {
				return cli.Exit("kontor-testnet: interrupted; the nodes were stopped", exitInterrupted)
			}
			if report.Failed != "" {
				return cli.Exit("kontor-testnet: error: "+report.Failed, 1)
			}
			return nil
		},
	}
}
