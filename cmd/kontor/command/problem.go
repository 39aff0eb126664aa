package command

import (
	"context"
	"errors"
	"fmt"
	"strings"

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
		return &wire.Problem{Code: "STOPPING", Text: "interrupted", Next: "if it was a command, run it again"}
	}
	f := node.AsFailure(err)
	return &wire.Problem{Code: f.Code, Text: f.Text, Findings: f.Findings, Next: wire.Meaning(f.Code).Next}
}

// parseAmount reads "1000000 USD" or "1000000USD".
func parseAmount(flag, text string) (*wire.Amount, error) {
	number := strings.TrimSpace(strings.TrimRight(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZ"))
	code := strings.TrimSpace(text[len(strings.TrimRight(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZ")):])
	currency, err := quantity.ParseCurrency(code)
	if err != nil {
		return nil, usagef("--%s %q: %v; \"1000000 USD\" is of the right form", flag, text, err)
	}
	whole, cents, _ := strings.Cut(number, ".")
	digits := currency.Digits()
	if len(cents) > digits || whole == "" || len(whole)+digits > 18 {
		return nil, usagef("--%s %q: %s has %d decimals; \"1000000 USD\" is of the right form", flag, text, currency, digits)
	}
	minor := int64(0)
	for _, r := range whole + cents + strings.Repeat("0", digits-len(cents)) {
		if r < '0' || r > '9' {
			return nil, usagef("--%s %q is no amount; \"1000000 USD\" is of the right form", flag, text)
		}
		minor = minor*10 + int64(r-'0')
	}
	return &wire.Amount{Minor: minor, Currency: string(currency)}, nil
}

// missing is the problem of a flag that is needed.
func missing(flag, what string) error {
	return &wire.Problem{Code: "BAD_USAGE", Text: fmt.Sprintf("--%s is missing: %s", flag, what), Next: anyHelp}
}
