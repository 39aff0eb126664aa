// Kontor-testnet shows and measures the product: "demo" runs three companies on this machine, "bench" measures their work.
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"github.com/urfave/cli/v2"

	"kontor/testnet/bench"
	"kontor/testnet/demo"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	app := &cli.App{
		Name: "kontor-testnet", Usage: "three companies on one machine, and what their work costs",
		Writer: os.Stdout, ErrWriter: os.Stderr, HideVersion: true,
		Commands: []*cli.Command{demo.Command(), bench.Command()},
	}
	if err := app.RunContext(ctx, os.Args); err != nil {
		fmt.Fprintf(os.Stderr, "kontor-testnet: error: %v\n", err)
		os.Exit(1)
	}
}
