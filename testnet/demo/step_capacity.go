package demo

import (
	"context"
	"encoding/json"
	"fmt"
	"path/filepath"
	"time"

	"kontor/node/desk"
	"kontor/protocol/quantity"
	"kontor/testnet/proc"
)

// answerWithCapacity: the maker's lines, stock and backlog; the plan and the answer; the match on both nodes; the smallest exception closed at the desk.
func (d *demo) answerWithCapacity(ctx context.Context) error {
	files := []struct {
		noun, name string
		data       []byte
	}{{"capacity", "capacity.csv", d.made.capacity}, {"stock", "stock.csv", d.made.stock}, {"history", "shipments.csv", d.figures.monthly}}
	for _, f := range files {
		path, err := d.maker.WriteFile(f.name, f.data)
		if err != nil {
			return err
		}
		if _, err := d.maker.Run(ctx, f.noun, "import", path); err != nil {
			return err
		}
	}
	if err := d.setPrices(ctx); err != nil {
		return err
	}
	d.say("%s imports its lines, its stock and backlog, and its past shipments, by which shared lines are divided", d.maker.Name)
	var plan desk.Shared
	if err := d.maker.Ask(ctx, &plan, "capacity", "share", "--with", d.agency.Name); err != nil {
		return err
	}
	var answer desk.AnswerResult
	if err := d.maker.Ask(ctx, &answer, "forecast", "answer", "--with", d.agency.Name); err != nil {
		return err
	}
	d.say("CapacityPlan.v1: %d lines; the answer: %d periods accepted in full, %d countered (asked %s packs, committed %s)", plan.Series, answer.Accepted, answer.Countered, answer.Asked, answer.Committed)
	match, err := d.matchOnBoth(ctx)
	if err != nil {
		return err
	}
	m := &d.report.Match
	m.Buckets, m.Bottlenecks, m.MaxShortageProbability = match.Buckets, match.Bottlenecks, round(float64(match.MaxShortagePPM)/1e6, 4)
	d.showMatch(match)
	if err := d.closeSmallest(ctx, match); err != nil {
		return err
	}
	return d.openEdge(ctx)
}

// deskLimit is up to which value the maker's desk acts: small beside the shortages at stake, and enough for the smallest.
const deskLimit = "500000 USD"

// setPrices gives both sides what a pack is worth, from the deliveries themselves, and what the desk may deal with.
func (d *demo) setPrices(ctx context.Context) error {
	for _, c := range []*proc.Company{d.agency, d.maker} {
		if d.made.prices != nil {
			path, err := c.WriteFile("prices.csv", d.made.prices)
			if err != nil {
				return err
			}
			if _, err := c.Run(ctx, "price", "import", path); err != nil {
				return err
			}
		}
		if _, err := c.Run(ctx, "exception", "policy", "--limit", deskLimit); err != nil {
			return err
		}
	}
	return nil
}

// matchOnBoth asks both nodes for the match until they hold the same documents, and compares the results to the last byte.
func (d *demo) matchOnBoth(ctx context.Context) (match desk.MatchView, err error) {
	var ours, theirs []byte
	err = proc.Eventually(ctx, "the same match on both nodes", patience, func() (bool, error) {
		var other desk.MatchView
		if err := d.maker.Ask(ctx, &match, "capacity", "match", "--with", d.agency.Name); err != nil {
			return false, err
		}
		if err := d.agency.Ask(ctx, &other, "capacity", "match"); err != nil {
			return false, err
		}
		match.With, other.With = "", ""
		if ours, err = json.Marshal(match); err != nil {
			return false, err
		}
		if theirs, err = json.Marshal(other); err != nil {
			return false, err
		}
		return string(ours) == string(theirs), nil
	})
	if err != nil {
		return match, claim(false, "the two nodes compute different matches (%d and %d bytes): %v", len(ours), len(theirs), err)
	}
	return match, nil
}

func (d *demo) showMatch(m desk.MatchView) {
	d.say("the match, computed by both nodes with equal results: %d cells", m.Buckets)
	for _, g := range m.Result.Groups {
		for _, b := range g.Buckets {
			if b.Verdict == "BOTTLENECK" {
				d.say("  contract view: %s in %s: demand %s, actual capacity %s, maximum %s: %s", g.Group, b.Bucket, b.Demand.Format(0), b.Actual.Format(0), b.Maximum.Format(0), b.Colour)
			}
		}
	}
	if m.Bottlenecks == 0 {
		d.say("  contract view: no bottleneck")
	}
	for i, e := range m.Exceptions {
		if i == 3 {
			d.say("  cover view: and %d more", len(m.Exceptions)-i)
			break
		}
		d.say("  cover view: %s short in %s: %s to %s packs, %.0f %% to %.0f %% probable, %s at risk, owner %s %s, until %s", e.Scope.Product, e.Scope.Buckets, e.Units.Format(0), e.UnitsMax.Format(0),
			float64(e.Shortage)/1e4, float64(e.Upper)/1e4, e.Value, e.Speed, e.Role, time.UnixMilli(e.Deadline).UTC().Format(time.DateOnly))
	}
}

// closeSmallest lets the maker's planning desk close the smallest exception inside a mandate.
func (d *demo) closeSmallest(ctx context.Context, m desk.MatchView) error {
	smallest := -1
	for i, e := range m.Exceptions {
		if e.Speed == "DESK" && e.Value != (quantity.Money{}) && (smallest < 0 || e.Value.Minor < m.Exceptions[smallest].Value.Minor) {
			smallest = i
		}
	}
	if smallest < 0 {
		d.say("no exception is small enough for the desk")
		return nil
	}
	key := filepath.Join(d.dir, "officers", "maker-planning.key")
	if _, err := d.maker.Run(ctx, "mandate", "grant", "--with", d.agency.Name, "--desk", "planning", "--limit", deskLimit, "--key-file", d.keyFile(d.maker, "COO"),
		"--desk-key", key, "--no-passphrase", "--yes"); err != nil {
		return err
	}
	id := m.Exceptions[smallest].ID.String()
	var closed desk.Closed
	if err := d.maker.Ask(ctx, &closed, "exception", "close", id, "--with", d.agency.Name, "--key-file", key, "--note", "pre-built from the following months"); err != nil {
		return err
	}
	d.report.Match.ClosedAtDesk = id
	d.say("the desk closes the smallest under its mandate: %s, %s", m.Exceptions[smallest].Scope.Product, m.Exceptions[smallest].Value)
	return proc.Eventually(ctx, fmt.Sprintf("exception %s closed at %s", id[:8], d.agency.Name), patience, func() (bool, error) {
		var list []desk.ExceptionView
		if err := d.agency.Ask(ctx, &list, "exception", "list", "--all"); err != nil {
			return false, err
		}
		for _, e := range list {
			if e.ID.String() == id {
				return e.Closed, nil
			}
		}
		return false, nil
	})
}
