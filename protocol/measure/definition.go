package measure

import (
	"fmt"
	"slices"
	"strings"

	"kontor/protocol/block"
	"kontor/protocol/quantity"
)

// Type is the document type of a definition.
const Type = "MeasureDefinition.v1"

// Bounds of a definition.
const (
	// MaxDefinition bounds the bytes of one: a code and a dozen short parameters.
	MaxDefinition = 4 << 10
	// MaxValue bounds a parameter's value: a name, a number or a short list of numbers.
	MaxValue = 256
)

// Code names a measure. It never changes its meaning.
type Code string

// Parameter is one choice that a definition makes.
type Parameter struct {
	Name  string `cbor:"name" json:"name"`
	Value string `cbor:"value" json:"value"`
}

// Definition says exactly what is measured. Two partners measure the same when the CIDs of their definitions are equal. Every parameter of
// the measure stands in it, in the order of names, those that were left at their default too.
type Definition struct {
	Kind       string      `cbor:"type" json:"type"` // MeasureDefinition.v1
	Code       Code        `cbor:"code" json:"code"`
	Version    int64       `cbor:"version" json:"version"` // of the formula; another formula is another version
	Parameters []Parameter `cbor:"parameters" json:"parameters"`
}

// Setting gives values to parameters by name. Parameters without one keep their default.
type Setting map[string]string

// Define is a measure with parameters. Unknown names and impossible values are errors.
func Define(code Code, setting Setting) (Definition, error) {
	e, known := catalogue[code]
	if !known {
		return Definition{}, fmt.Errorf("define measure %q: no such measure", code)
	}
	for name := range setting {
		if !slices.Contains(e.Parameters, name) {
			return Definition{}, fmt.Errorf("define %s: it has no parameter %q; want one of %s", code, name, strings.Join(e.Parameters, ", "))
		}
	}
	d := define(code, setting)
	return d, d.Check()
}

// define takes from the setting what the measure has. The settings of this package's own collectors are checked when they are made.
func define(code Code, setting Setting) Definition {
	e := catalogue[code]
	d := Definition{Kind: Type, Code: code, Version: 1}
	for _, name := range e.Parameters {
		v, given := setting[name]
		if !given {
			v = parameters[name].Default
		}
		d.Parameters = append(d.Parameters, Parameter{name, v})
	}
	return d
}

// Check judges a setting: every name is a parameter of some measure, and every value is one of its.
func (s Setting) Check() error {
	for name, v := range s {
		p, known := parameters[name]
		if !known {
			return fmt.Errorf("no measure has a parameter %q", name)
		}
		if err := p.check(v); err != nil {
			return fmt.Errorf("parameter %s: %w", name, err)
		}
	}
	return nil
}

// Check judges a definition that came from elsewhere.
func (d Definition) Check() error {
	e, known := catalogue[d.Code]
	switch {
	case d.Kind != Type:
		return fmt.Errorf("measure definition of type %q: want %q", d.Kind, Type)
	case !known:
		return fmt.Errorf("measure definition: no such measure %q", d.Code)
	case d.Version != 1:
		return fmt.Errorf("measure definition: version %d of %s is not known; want 1", d.Version, d.Code)
	case len(d.Parameters) != len(e.Parameters):
		return fmt.Errorf("measure definition: %d parameters of %s; want %s", len(d.Parameters), d.Code, strings.Join(e.Parameters, ", "))
	}
	for i, p := range d.Parameters {
		if p.Name != e.Parameters[i] {
			return fmt.Errorf("measure definition: parameter %q of %s; want %q here", p.Name, d.Code, e.Parameters[i])
		}
		if err := parameters[p.Name].check(p.Value); err != nil {
			return fmt.Errorf("measure definition: parameter %s of %s: %w", p.Name, d.Code, err)
		}
	}
	return nil
}

// Encode is the definition as canonical bytes.
func (d Definition) Encode() ([]byte, error) { return block.Marshal(d) }

// CID names the definition. It carries no salt, so that everybody gives one definition one name.
func (d Definition) CID() block.CID {
	data, err := d.Encode()
	if err != nil {
		panic("invariant: a definition is text and a number: " + err.Error())
	}
	return block.Sum(data)
}

// Decode reads a definition and checks it.
func Decode(data []byte) (Definition, error) {
	if len(data) > MaxDefinition {
		return Definition{}, fmt.Errorf("measure definition of %d bytes: want at most %d", len(data), MaxDefinition)
	}
	var d Definition
	if err := block.Unmarshal(data, &d); err != nil {
		return Definition{}, fmt.Errorf("measure definition: %w", err)
	}
	if err := d.Check(); err != nil {
		return Definition{}, err
	}
	return d, nil
}

func (d Definition) settings() map[string]string {
	out := map[string]string{}
	for _, p := range d.Parameters {
		out[p.Name] = p.Value
	}
	return out
}

func (c Code) entry() Entry { return catalogue[c] }

// check judges one value: it must be the one way to write what it means, or one definition would have two names.
func (p parameter) check(v string) error {
	if len(v) > MaxValue {
		return fmt.Errorf("%d characters: want at most %d", len(v), MaxValue)
	}
	if slices.Contains(p.Choices, v) {
		return nil
	}
	switch p.form {
	case number:
		q, err := quantity.Parse(v)
		if err == nil && q.String() == v && !q.Less(p.low) && !p.high.Less(q) && (!p.wholeOnly || q.Exponent() >= 0) {
			return nil
		}
		return fmt.Errorf("%q: want %s", v, p.wants())
	case levels:
		last := quantity.Quantity{}
		for _, part := range strings.Split(v, " ") {
			q, err := quantity.Parse(part)
			if err != nil || q.String() != part || !last.Less(q) || !q.Less(quantity.Of(1)) {
				return fmt.Errorf("%q: want rising probabilities between 0 and 1 with a space between", v)
			}
			last = q
		}
		return nil
	}
	return fmt.Errorf("%q: want %s", v, p.wants())
}

func (p parameter) wants() string {
	var parts []string
	parts = append(parts, p.Choices...)
	if p.form == number {
		kind := "a number"
		if p.wholeOnly {
			kind = "a whole number"
		}
		parts = append(parts, fmt.Sprintf("%s from %s to %s", kind, p.low, p.high))
	}
	if p.form == levels {
		parts = append(parts, "rising probabilities")
	}
	return strings.Join(parts, " or ")
}
