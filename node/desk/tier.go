package desk

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"kontor/node"
	"kontor/protocol"
	"kontor/protocol/block"
	"kontor/protocol/calendar"
	"kontor/protocol/forecast"
	"kontor/protocol/partnership"
	"kontor/protocol/release"
	"kontor/protocol/tier"
)

// Private rows of the automation. Only the loop of Propagate writes them.
const (
	intakeRow    = "tier/intake"
	stateRows    = "tier/state/"   // by supplier
	mintedRows   = "tier/minted/"  // every event this node ever minted, by its hexadecimal name
	wordRows     = "tier/word/"    // by supplier: what a human told the loop
	saltRow      = "tier/salt"     // of commitments: 32 random bytes
	tierSeries   = "tier"          // the series under which a supplier gets passed-on demand
	maxRecorded  = 32              // arrivals that did not pass, kept for people
	maxCatchUp   = 256             // versions looked through after a pause
	tierPoll     = time.Second     // how soon a changed setting is seen
	tierPatience = 5 * time.Second // before a failed write is tried again
)

// tierState is one outgoing edge at rest.
type tierState struct {
	Edge     tier.Edge      `cbor:"edge"`
	Sending  *tier.Emission `cbor:"sending,omitempty"` // decided, and perhaps not written yet
	Since    int64          `cbor:"since"`             // when the customer's entry behind it settled here, ms UTC; 0: none
	Changed  int64          `cbor:"changed"`           // settings it was last judged under
	Stock    []byte         `cbor:"stock"`             // hash of the stock it was last judged under
	Report   EmissionReport `cbor:"report"`
	Note     string         `cbor:"note"` // why nothing leaves
	Recorded []Recorded     `cbor:"recorded"`
}

// errNoDemand is why a supplier has nothing to be told yet.
var errNoDemand = errors.New("no customer's forecast in force needs anything this supplier makes")

func (d *Desk) tierState(to block.CID) (st tierState, err error) {
	err = d.node.ReadPrivate(func(rows node.PrivateRows) error {
		_, err := rows.Get(stateRows+to.String(), &st)
		return err
	})
	return st, err
}

// tierSettings are the private rows an emission is made from.
type tierSettings struct {
	routes    []routeRow
	suppliers map[block.CID]supplierRow
	grants    []grantRow
	changed   int64
	base      derivation // bill, lead times; the rest is filled in by edge
}

func (d *Desk) tierSettings() (s tierSettings, err error) {
	err = d.node.ReadPrivate(func(rows node.PrivateRows) error {
		var c changedCount
		if _, err := rows.Get(changedRow, &c); err != nil {
			return err
		}
		s.changed = c.Count
		if s.routes, s.suppliers, err = readEdges(rows); err != nil || len(s.routes) == 0 {
			return err
		}
		if s.grants, err = readGrants(rows); err != nil {
			return err
		}
		if s.base.Bill, err = readBill(rows); err != nil {
			return err
		}
		s.base.Lead, s.base.LeadElse, err = readLeads(rows)
		return err
	})
	if err != nil {
		return s, err
	}
	s.base.Stock, err = d.stock()
	return s, err
}

// derives tells whether demand of a customer goes to a supplier by itself.
func (s tierSettings) derives(from, to block.CID) bool {
	return slices.ContainsFunc(s.routes, func(r routeRow) bool { return r.From == from && r.To == to && r.Mode == tier.Derive })
}

// targets are the suppliers with an edge in mode DERIVE, ascending.
func (s tierSettings) targets() (out []block.CID) {
	for _, r := range s.routes {
		if r.Mode == tier.Derive && !slices.Contains(out, r.To) {
			out = append(out, r.To)
		}
	}
	return out
}

func (s tierSettings) stockHash() ([]byte, error) {
	h := sha256.New()
	for _, row := range s.base.Stock {
		row.AsOf = calendar.MinDate // a count of the same figures on another day changes nothing
		data, err := block.Marshal(row)
		if err != nil {
			return nil, err
		}
		h.Write(data)
	}
	return h.Sum(nil), nil
}

// sourceName names an incoming edge: a partnership, an author and a series.
func sourceName(pid block.CID, row protocol.ArtifactRow) string {
	return pid.String() + "/" + row.Author.String() + "/" + row.Series
}

func sourcePartnership(name string) (block.CID, error) {
	pid, _, _ := strings.Cut(name, "/")
	return block.ParseCID(pid)
}

// settledForecasts lists a customer's forecasts in force at the settled line: each series' newest version, and before it the versions
// after known that were never looked at, oldest first.
func (d *Desk) settledForecasts(p *node.Partnership, known func(source string) string) (out []tier.Arrival, err error) {
	err = d.node.View(p.PID, func(r *protocol.Replica) error {
		line, err := r.Line()
		if err != nil {
			return err
		}
		rows, err := r.InForce(forecast.Type, block.CID{})
		if err != nil {
			return err
		}
		for _, row := range rows {
			if m, _ := p.Genesis.Member(row.Author); m.Role != partnership.RoleBuyer {
				continue
			}
			chain, err := settledChain(r, row, line, known(sourceName(p.PID, row)))
			if err != nil {
				return err
			}
			out = append(out, chain...)
		}
		return nil
	})
	return out, err
}

// settledChain walks from the tip's version back to the newest that settled, and from there to the one known.
func settledChain(r *protocol.Replica, row protocol.ArtifactRow, line int64, known string) (out []tier.Arrival, err error) {
	source := sourceName(r.PID, row)
	for range maxCatchUp {
		if row.Root.String() == known {
			break
		}
		entry, found, err := r.Log.Get(row.Entry)
		if err != nil || !found {
			return nil, err
		}
		doc, err := r.Forecast(row.Root)
		if err != nil {
			return nil, err
		}
		if entry.Header.Lam <= line {
			out = append(out, arrivalOf(source, row.Root, doc))
			if known == "" {
				break // a source never seen before begins with its newest version
			}
		}
		if doc.Header.Parent == nil {
			break
		}
		if row, found, err = r.Version(*doc.Header.Parent); err != nil || !found {
			return nil, err
		}
	}
	slices.Reverse(out)
	return out, nil
}

func arrivalOf(source string, root block.CID, doc forecast.Document) tier.Arrival {
	a := tier.Arrival{Source: source, Version: root.String()}
	if doc.Emission != nil {
		a.Hops = doc.Emission.Hops
		for _, e := range doc.Emission.Events {
			if id, err := tier.ParseEventID(e); err == nil {
				a.Events = append(a.Events, id)
			}
		}
	}
	return a
}

// version opens the lines of a version of a source; none for "".
func (d *Desk) version(source, version string) (lines []forecast.Line, author block.CID, err error) {
	if version == "" {
		return nil, author, nil
	}
	pid, err := sourcePartnership(source)
	if err != nil {
		return nil, author, err
	}
	root, err := block.ParseCID(version)
	if err != nil {
		return nil, author, err
	}
	err = d.node.View(pid, func(r *protocol.Replica) error {
		row, found, err := r.Version(root)
		if err != nil {
			return err
		}
		if !found {
			return fmt.Errorf("forecast %s of a customer is not held any more", root.Short())
		}
		author = row.Author
		doc, err := r.Forecast(root)
		if err != nil {
			return err
		}
		// What is ordered has met what was forecast by the sender's own rule: an order is passed on once.
		lines = make([]forecast.Line, len(doc.Lines))
		for i, l := range doc.Lines {
			if lines[i], err = l.Needed(doc.Consumption); err != nil {
				return err
			}
		}
		return nil
	})
	return lines, author, err
}

// demand reads what the inputs of an edge ask for, customer by customer: several series of one company are one customer.
func (d *Desk) demand(inputs []tier.Input) (out []customerDemand, err error) {
	for _, in := range inputs {
		lines, author, err := d.version(in.Source, in.Version)
		if err != nil {
			return nil, err
		}
		for _, s := range in.Less {
			if in.Version == "" {
				break
			}
			from, _, err := d.version(in.Source, s.From)
			if err != nil {
				return nil, err
			}
			to, _, err := d.version(in.Source, s.To)
			if err != nil {
				return nil, err
			}
			if lines, err = lessChange(lines, from, to); err != nil {
				return nil, err
			}
		}
		if len(lines) == 0 {
			continue
		}
		name := d.node.CompanyName(author) + " (" + author.Short() + ")"
		if i := slices.IndexFunc(out, func(c customerDemand) bool { return c.Name == name }); i >= 0 {
			out[i].Lines = append(slices.Clip(out[i].Lines), lines...)
			continue
		}
		out = append(out, customerDemand{Name: name, Lines: lines})
	}
	return out, nil
}

// derive makes and judges what the given inputs mean for a supplier.
func (d *Desk) derive(s tierSettings, to block.CID, inputs []tier.Input) (derived, error) {
	in := s.base
	supplier, now := s.suppliers[to], d.node.Now()
	in.Components, in.Step = supplier.Components, supplier.Step
	in.Use = release.Use{Partner: to, Kind: protocol.KindForecast, At: now}
	in.Grants = d.standing(s.grants, now)
	p, err := d.node.Partnership(to)
	if err != nil {
		return derived{}, err
	}
	if in.Scope, err = d.granted(p, protocol.KindForecast); err != nil {
		return derived{}, err
	}
	if in.Customers, err = d.demand(inputs); err != nil {
		return derived{}, err
	}
	if in.Before, err = d.told(to); err != nil {
		return derived{}, err
	}
	in.Ledger = func(group string) (*release.Ledger, error) { return d.ledger(to, protocol.KindForecast, group) }
	return in.run()
}
