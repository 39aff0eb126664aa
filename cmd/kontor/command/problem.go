package command

import (
	"context"
	"errors"
	"fmt"

	"kontor/node"
	"kontor/node/api/wire"
	"kontor/protocol/quantity"
)

// problemOf gives any error of a command the one shape.
func problemOf(err error) *wire.Problem {
	var p *wire.Problem
	switch {
	case errors.As(err, &p):
		return p
	case errors.Is(err, context.Canceled):
		return &wire.Problem{Code: "INTERRUPTED", Text: "interrupted", Next: "what the node had been asked for by then may be done: look before running it again"}
	}
	f := node.AsFailure(err)
	return &wire.Problem{Code: f.Code, Text: f.Text, Findings: f.Findings, Next: wire.Meaning(f.Code).Next}
}

// parseAmount reads "1000000 USD" or "1000000USD".
func parseAmount(flag, text string) (*wire.Amount, error) {
	m, err := quantity.ParseMoney(text)
	if err != nil {
		return nil, usagef("--%s: %v; \"1000000 USD\" is of the right form", flag, err)
	}
	return &wire.Amount{Minor: m.Minor, Currency: string(m.Currency)}, nil
}

// missing is the problem of a flag that is needed.
func missing(flag, what string) error {
	return &wire.Problem{Code: "BAD_USAGE", Text: fmt.Sprintf("--%s is missing: %s", flag, what), Next: anyHelp}
}
