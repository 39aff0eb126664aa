package desk

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"kontor/node"
	"kontor/protocol"
	"kontor/protocol/artifact"
	"kontor/protocol/block"
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

// Recorded is an arrival that was not passed on.
type Recorded struct {
	At      int64        `cbor:"at" json:"at"`
	From    string       `cbor:"from" json:"from"`
	Verdict tier.Verdict `cbor:"verdict" json:"verdict"`
}

// EmissionReport is the last demand passed on to a supplier.
type EmissionReport struct {
	To       string `cbor:"to" json:"to"`
	CID      string `cbor:"cid" json:"cid"`
	Entry    string `cbor:"entry" json:"entry"`
	Series   string `cbor:"series" json:"series"`
	Revision int64  `cbor:"revision" json:"revision"`
	Lines    int64  `cbor:"lines" json:"lines"`
	Events   int64  `cbor:"events" json:"events"`
	Hops     int64  `cbor:"hops" json:"hops"`
	At       int64  `cbor:"at" json:"at"` // ms UTC
	// Milliseconds from the customer's entry settling here to the emission committed here, with any hold-off in between; -1 where
	// no customer's entry caused it.
	Milliseconds int64 `cbor:"milliseconds" json:"milliseconds"`
}

// errNoDemand is why a supplier has nothing to be told yet.
var errNoDemand = errors.New("no customer's forecast in force needs anything this supplier makes")

// LastEmission is the last demand this node passed on to a supplier; false when there was none. to may be left out when there is one supplier.
func (d *Desk) LastEmission(to string) (EmissionReport, bool, error) {
	st, err := d.TierStatus(to)
	return st.Last, st.Last.CID != "", err
}

// TierStatus is an outgoing edge as people see it.
type TierStatus struct {
	To        string           `json:"to"`
	Last      EmissionReport   `json:"last"`
	Waiting   int              `json:"waiting"` // batches of changes that have not left
	DueAt     int64            `json:"due_at"`  // ms UTC; 0: nothing waits for a time
	Suspended *tier.Suspension `json:"suspended,omitempty"`
	Note      string           `json:"note,omitempty"` // why nothing leaves
	Recorded  []Recorded       `json:"recorded"`       // arrivals that were not passed on, newest last
}

// TierStatus says where an edge to a supplier stands.
func (d *Desk) TierStatus(to string) (out TierStatus, err error) {
	p, err := d.Partner(to, partnership.RoleBuyer)
	if err != nil {
		return out, err
	}
	st, err := d.tierState(p.PID)
	out = TierStatus{To: d.PartnerName(p), Last: st.Report, Waiting: len(st.Edge.Pending), Suspended: st.Edge.Suspended, Note: st.Note, Recorded: append([]Recorded{}, st.Recorded...)}
	if due, waiting := st.Edge.Due(); waiting {
		out.DueAt = due
	}
	return out, err
}

func (d *Desk) tierState(to block.CID) (st tierState, err error) {
	err = d.node.ReadPrivate(func(rows node.PrivateRows) error {
		_, err := rows.Get(stateRows+to.String(), &st)
		return err
	})
	return st, err
}

// word is what a human tells the loop about an edge.
type word struct {
	Suspend string `cbor:"suspend"` // why; empty: resume
}

// SuspendEdge stops passing demand on to a supplier; ResumeEdge begins again.
func (d *Desk) SuspendEdge(to, why string) error {
	if why == "" {
		why = "stopped by hand"
	}
	return d.tell(to, word{Suspend: why})
}

// ResumeEdge begins again after a suspension.
func (d *Desk) ResumeEdge(to string) error { return d.tell(to, word{}) }

func (d *Desk) tell(to string, w word) error {
	p, err := d.Partner(to, partnership.RoleBuyer)
	if err != nil {
		return err
	}
	return d.node.Private(func(rows node.PrivateRows) error {
		if err := rows.Put(wordRows+p.PID.String(), w); err != nil {
			return err
		}
		return changed(rows)
	})
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
		row.AsOf = 0
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
		lines = doc.Lines
		return err
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
	return in.run()
}

// TierPreview is what a supplier would see of the customers' demand, before anything leaves.
type TierPreview struct {
	To          string             `json:"to"`
	Components  int                `json:"components"`
	Customers   int                `json:"customers"`
	Sees        []Seen             `json:"sees"`
	NeverSees   string             `json:"never_sees"`
	Held        []string           `json:"held"`      // components that need a grant
	Granted     []string           `json:"granted"`   // components that leave by a grant only
	Inferable   []string           `json:"inferable"` // what the supplier could work out, for the officer who grants
	Findings    []artifact.Finding `json:"findings"`
	WithoutBill []string           `json:"without_bill"` // products without a bill of materials
	Sample      []forecast.Line    `json:"sample"`
}

// PreviewTier shows what a supplier would see if the customers' forecasts in force were passed on now, and what it could infer.
func (d *Desk) PreviewTier(to string) (TierPreview, error) {
	p, err := d.Partner(to, partnership.RoleBuyer)
	if err != nil {
		return TierPreview{}, err
	}
	s, err := d.tierSettings()
	if err != nil {
		return TierPreview{}, err
	}
	var inputs []tier.Input
	for _, customer := range d.customers() {
		if !s.derives(customer.PID, p.PID) {
			continue
		}
		arrivals, err := d.settledForecasts(customer, func(string) string { return "" })
		if err != nil {
			return TierPreview{}, err
		}
		for _, a := range arrivals {
			inputs = append(inputs, tier.Input{Source: a.Source, Version: a.Version})
		}
	}
	out, err := d.derive(s, p.PID, inputs)
	if err != nil {
		return TierPreview{}, node.Failf("NOT_DERIVED", "the customers' demand can't be exploded: %v", err)
	}
	v := TierPreview{To: d.PartnerName(p), Components: len(out.All) / 2, Customers: out.Customers, Held: append([]string{}, out.Held...), Granted: append([]string{}, out.Granted...),
		Inferable: []string{}, Findings: append([]artifact.Finding{}, out.Findings...), WithoutBill: append([]string{}, out.WithoutBill...), Sample: out.All[:min(len(out.All), previewLines)],
		NeverSees: "customers' names and keys, their product numbers, regions and documents (practice T10); quantities may be inferable, as listed"}
	v.Sees = []Seen{
		{"item", "this company's component numbers", "the supplier's own products"},
		{"buckets of END_DEMAND_EQUIVALENT", "what the market behind needs, in this component", "so that orders don't amplify changes (practice T9)"},
		{"buckets of PLANNED_RECEIPTS", "what this company means to receive", "less stock, earlier by the lead time"},
		{"contributors", fmt.Sprintf("that %d customers stand behind the figures", out.Customers), "PROTOCOL 7"},
		{"emission", "random event numbers and how many tiers the change has passed", "so that a change never runs in a circle (PROTOCOL 8)"},
		{"provenance", "EXPLODE, and a salted commitment to the inputs", "so that this company can prove later what it started from"},
	}
	for _, i := range out.Inferable {
		v.Inferable = append(v.Inferable, i.String())
	}
	return v, nil
}

// commitTo is a salted commitment to the inputs of an emission. It differs between emissions of the same inputs.
func commitTo(salt []byte, e tier.Emission, inputs []tier.Input) []byte {
	mac := hmac.New(sha256.New, salt)
	mac.Write([]byte("kontor tier inputs v1"))
	for _, id := range e.Events {
		mac.Write(id[:])
	}
	for _, in := range inputs {
		fmt.Fprintf(mac, "|%s@%s", in.Source, in.Version)
		for _, s := range in.Less {
			fmt.Fprintf(mac, "-%s+%s", s.To, s.From)
		}
	}
	return mac.Sum(nil)
}

func (d *Desk) tierSalt() (salt []byte, err error) {
	type row struct {
		Salt []byte `cbor:"salt"`
	}
	err = d.node.Private(func(rows node.PrivateRows) error {
		var r row
		found, err := rows.Get(saltRow, &r)
		if err != nil || found {
			salt = r.Salt
			return err
		}
		salt = make([]byte, 32)
		if _, err := rand.Read(salt); err != nil {
			return err
		}
		return rows.Put(saltRow, row{salt})
	})
	return salt, err
}

// emissionCommand names the write of an emission: the same events are never written twice, whatever happens in between.
func emissionCommand(to block.CID, events []tier.EventID) node.Command {
	h := sha256.New()
	h.Write(to.Bytes())
	for _, id := range events {
		h.Write(id[:])
	}
	return node.Command(fmt.Sprintf("tier-%x", h.Sum(nil)[:16]))
}

// emitted reads the figures of the last emission back from the document in force.
func (d *Desk) emitted(to block.CID) (cells tier.Cells, err error) {
	s, err := d.series(to, forecast.Type, tierSeries)
	if err != nil {
		return nil, err
	}
	err = d.node.View(to, func(r *protocol.Replica) error {
		rows, err := r.InForce(forecast.Type, d.node.Company())
		if err != nil {
			return err
		}
		for _, row := range rows {
			if row.Series != s.Series.String() {
				continue
			}
			doc, err := r.Forecast(row.Root)
			if err != nil {
				return err
			}
			cells = tierCells(doc.Lines)
		}
		return nil
	})
	return cells, err
}

// send writes an emission that was decided: the next revision of the supplier's series. Written twice, it is written once.
func (d *Desk) send(ctx context.Context, s tierSettings, to block.CID, e tier.Emission, inputs []tier.Input) (EmissionReport, error) {
	p, err := d.node.Partnership(to)
	if err != nil {
		return EmissionReport{}, err
	}
	granted, err := d.granted(p, protocol.KindForecast)
	if err != nil {
		return EmissionReport{}, err
	}
	out, err := d.derive(s, to, inputs)
	if err != nil {
		return EmissionReport{}, err
	}
	if len(out.Lines) == 0 {
		return EmissionReport{}, heldBack(out)
	}
	salt, err := d.tierSalt()
	if err != nil {
		return EmissionReport{}, err
	}
	series, err := d.series(to, forecast.Type, tierSeries)
	if err != nil {
		return EmissionReport{}, err
	}
	var header artifact.Header
	err = d.node.View(to, func(r *protocol.Replica) error {
		header, _, err = d.next(r, forecast.Type, series, d.node.Now())
		return err
	})
	if err != nil {
		return EmissionReport{}, err
	}
	header.Scope = granted
	doc := emissionDocument(header, out, e, commitTo(salt, e, inputs))
	if findings := append(forecast.Check(doc), forecast.CheckScope(doc, granted)...); len(findings) > 0 {
		return EmissionReport{}, &node.Failure{Code: "FORECAST_REFUSED", Text: fmt.Sprintf("the demand to pass on breaks %d rules: %s", len(findings), findings[0].Error()), Findings: findings}
	}
	sheet, err := forecast.ToSheet(doc, series.Key)
	if err != nil {
		return EmissionReport{}, err
	}
	w, _, err := d.share(ctx, p, emissionCommand(to, e.Events), protocol.KindForecast, sheet)
	if err != nil {
		return EmissionReport{}, err
	}
	revision := header.Revision
	err = d.node.View(to, func(r *protocol.Replica) error {
		// The entry may be one that an earlier run wrote before it could note so.
		if row, found, err := r.Version(*w.Body); err != nil || !found {
			return err
		} else {
			revision = row.Revision
		}
		return nil
	})
	if err != nil {
		return EmissionReport{}, err
	}
	return EmissionReport{To: d.PartnerName(p), CID: w.Body.String(), Entry: w.Entry.String(), Series: series.Series.String(), Revision: revision,
		Lines: int64(len(doc.Lines)), Events: int64(len(e.Events)), Hops: e.Hops, At: w.T, Milliseconds: -1}, nil
}

// heldBack says why nothing may leave.
func heldBack(out derived) error {
	if len(out.Held) == 0 {
		return errNoDemand
	}
	f := &node.Failure{Code: "NEEDS_GRANT", Findings: out.Findings,
		Text: fmt.Sprintf("%d components need an officer's grant before they may leave (%s)", len(out.Held), strings.Join(out.Held[:min(len(out.Held), 5)], ", "))}
	if len(out.Findings) > 0 {
		f.Text += "; first of the reasons: " + out.Findings[0].Error()
	}
	return f
}
