package tier

import (
	"cmp"
	"slices"
)

// Intake is what a node remembers of its incoming edges. The zero value is a node that has received nothing.
type Intake struct {
	Sources []Source `cbor:"sources"` // ascending by name
}

// Source is one incoming edge: a partner's series.
type Source struct {
	Name   string `cbor:"name"`
	Latest string `cbor:"latest"` // newest version seen, whether it passed or not; "" when withdrawn
	Spans  []Span `cbor:"spans"`  // changes that must not pass
}

// Span is a change of a source, from one version to a later one, that came back to a node it had passed, or had gone too far. Versions are
// whole figures and later ones contain it; it is taken off them.
type Span struct {
	From string `cbor:"from"` // "" = from nothing
	To   string `cbor:"to"`
}

// Input is what one source contributes to an emission: a version, less the spans.
type Input struct {
	Source  string `cbor:"source"`
	Version string `cbor:"version"` // "" contributes nothing
	Less    []Span `cbor:"less"`
}

// Arrival is a new version of a source's figures.
type Arrival struct {
	Source  string
	Version string    // "" = withdrawn
	Events  []EventID // the changes it stands for; none for the source's own plan
	Hops    int64     // tiers it has passed; 0 for the source's own plan
	At      int64     // when it arrived here, ms UTC
}

// Verdict says what becomes of an arrival.
type Verdict string

// The verdicts. Whatever does not pass is recorded all the same: it is the partner's forecast in force.
const (
	Passes  Verdict = "PASSES"
	Known   Verdict = "KNOWN"    // this version was seen before
	Looped  Verdict = "LOOPED"   // it holds an event this node minted
	TooFar  Verdict = "TOO_FAR"  // it has passed as many tiers as a change may, or carries as many events
	TooMany Verdict = "TOO_MANY" // the source has looped too often, or there are too many sources: tell a human
)

// Arrive takes an arrival. minted tells whether an event is one of this node's own, from all it ever minted. The input is for the
// outgoing edges and is set only when the arrival passes.
func (n Intake) Arrive(a Arrival, minted func(EventID) bool) (Intake, Input, Verdict) {
	i, known := slices.BinarySearchFunc(n.Sources, a.Source, func(s Source, name string) int { return cmp.Compare(s.Name, name) })
	var s Source
	switch {
	case known:
		s = n.Sources[i]
	case len(n.Sources) >= MaxSources:
		return n, Input{}, TooMany
	default:
		s = Source{Name: a.Source}
	}
	if known && s.Latest == a.Version {
		return n, Input{}, Known
	}
	verdict := Passes
	switch {
	case slices.ContainsFunc(a.Events, minted):
		verdict = Looped
	case effectiveHops(a.Hops, len(a.Events)) >= MaxHops:
		verdict = TooFar
	case len(s.Spans) >= MaxSpans:
		verdict = TooMany
	}
	if verdict != Passes {
		s.Spans = withSpan(s.Spans, Span{s.Latest, a.Version})
	} else if a.Version == "" {
		s.Spans = nil // nothing is left that they could be taken off
	}
	s.Latest = a.Version
	next := Intake{Sources: slices.Clone(n.Sources)}
	if known {
		next.Sources[i] = s
	} else {
		next.Sources = slices.Insert(next.Sources, i, s)
	}
	if verdict != Passes {
		return next, Input{}, verdict
	}
	return next, Input{Source: a.Source, Version: a.Version, Less: slices.Clone(s.Spans)}, Passes
}

// withSpan adds a change, joined to the last one where it follows it without a gap.
func withSpan(spans []Span, s Span) []Span {
	spans = slices.Clone(spans)
	if last := len(spans) - 1; last >= 0 && (spans[last].To == s.From || last+1 >= MaxSpans) {
		spans[last].To = s.To
		return spans
	}
	return append(spans, s)
}

// Source is what is remembered of an incoming edge.
func (n Intake) Source(name string) (Source, bool) {
	i, known := slices.BinarySearchFunc(n.Sources, name, func(s Source, name string) int { return cmp.Compare(s.Name, name) })
	if !known {
		return Source{}, false
	}
	return n.Sources[i], true
}

// Input is what a source contributes now, for an edge that begins after the source did. Its newest version is taken less every span, also
// where that version itself did not pass.
func (s Source) Input() Input {
	return Input{Source: s.Name, Version: s.Latest, Less: slices.Clone(s.Spans)}
}
