package command

import (
	"strings"

	"kontor/protocol/measure"
	"kontor/protocol/quantity"
)

// liftBeside are the measures of an event that its sales do not say: against stores without it, and for what it cost. Each needs both of its options.
func liftBeside(c *call) (out []measure.Result, err error) {
	stores, err := c.figures("stores", "control", 2)
	if err != nil {
		return nil, err
	}
	if stores != nil {
		out = append(out, measure.AgainstControl(stores[0], stores[1], stores[2], stores[3]))
	}
	money, err := c.figures("margin", "funding", 1)
	if err != nil {
		return nil, err
	}
	if money != nil {
		out = append(out, measure.ReturnOnPromotion(money[0], money[1]))
	}
	return out, nil
}

// figures are those of two options that go together, n of each; nil where neither is given.
func (c *call) figures(first, second string, n int) (out []quantity.Quantity, err error) {
	if !c.IsSet(first) && !c.IsSet(second) {
		return nil, nil
	}
	for _, name := range []string{first, second} {
		if !c.IsSet(name) {
			return nil, usagef("--%s and --%s go together: --%s is missing", first, second, name)
		}
		texts := strings.Split(c.String(name), ",")
		if len(texts) != n {
			return nil, usagef("--%s %q: %d figures are right, separated by a comma", name, c.String(name), n)
		}
		for _, text := range texts {
			v, err := quantity.Parse(strings.TrimSpace(text))
			if err != nil {
				return nil, usagef("--%s %q: %v", name, c.String(name), err)
			}
			out = append(out, v)
		}
	}
	return out, nil
}
