package virtual

import (
	"kontor/protocol"
	"kontor/protocol/block"
	"kontor/protocol/calendar"
	"kontor/protocol/campaign"
	"kontor/protocol/forecast"
	"kontor/protocol/quality"
	"kontor/protocol/quantity"
	"kontor/protocol/request"
	"kontor/protocol/terms"
)

// inForce finds the artifact of a type and author in force, the newest series last.
func inForce(r *protocol.Replica, typ string, author block.CID) (row protocol.ArtifactRow, found bool, err error) {
	rows, err := r.InForce(typ, author)
	if err != nil || len(rows) == 0 {
		return row, false, err
	}
	return rows[len(rows)-1], true, nil
}

// head is the version that the next revision of an author's newest series follows: in force, or withdrawn.
func head(r *protocol.Replica, typ string, author block.CID) (row protocol.ArtifactRow, found bool, err error) {
	if row, found, err = inForce(r, typ, author); err != nil || found {
		return row, found, err
	}
	versions, err := r.Versions(typ)
	for _, v := range versions {
		if v.Author == author && v.Status == protocol.Withdrawn {
			row, found = v, true
		}
	}
	return row, found, err
}

// withdrawOrReaffirm takes an artifact back or says that it still stands; some that are not one's own, or not in force any more.
func (w *world) withdrawOrReaffirm(o *office) build {
	withdraw, n, days := w.rng.IntN(3) == 0, w.rng.IntN(100), w.rng.Int64N(500)
	return func(r *protocol.Replica, now int64) (protocol.Draft, error) {
		kinds := protocol.ArtifactKinds()
		rows, err := r.Versions(protocol.ArtifactType(kinds[n%len(kinds)]))
		if err != nil || len(rows) == 0 {
			return protocol.Draft{}, orIdle(err)
		}
		root := rows[(len(rows)-1)*(n%2)].Root
		if withdraw {
			return Body(protocol.KindWithdraw, protocol.Withdrawal{Artifact: root, Cause: protocol.Causes[n%len(protocol.Causes)]})
		}
		return Body(protocol.KindReaffirm, protocol.Reaffirmation{Artifact: root, Until: now + days*Day})
	}
}

// askOrAnswer asks another member for newer figures, answers such a request, or narrows what may leave.
func (w *world) askOrAnswer(o *office) build {
	n, k := w.rng.IntN(3), w.rng.IntN(100)
	return func(r *protocol.Replica, now int64) (protocol.Draft, error) {
		others := r.Genesis.Others(o.c.ID)
		switch n {
		case 0:
			return Body(protocol.KindRequest, request.Request{To: others[k%len(others)].Company, Form: request.Update, Kinds: []string{protocol.KindForecast}})
		case 1:
			products := [][]string{nil, {Product}, {"OTHER"}}[k%3] // the last is wider than the invitation
			return Body(protocol.KindScope, protocol.ScopeSet{Kind: protocol.ArtifactKinds()[k%len(protocol.ArtifactKinds())], Products: products})
		}
		asked, err := r.Requests()
		if err != nil || len(asked) == 0 {
			return protocol.Draft{}, orIdle(err)
		}
		verdicts := []request.Verdict{request.Nothing, request.Later, request.Denied, request.Revoked}
		return Body(protocol.KindReply, request.Reply{Request: asked[k%len(asked)].Entry, Verdict: verdicts[k%len(verdicts)]})
	}
}

// shareForecast begins a series or revises it, materially or not.
func (w *world) shareForecast(o *office, p int) build {
	a, b := 100+w.rng.Int64N(300), w.rng.Int64N(500)
	return func(r *protocol.Replica, now int64) (protocol.Draft, error) {
		row, found, err := head(r, forecast.Type, o.c.ID)
		if err != nil {
			return protocol.Draft{}, err
		}
		if !found {
			return Share(Forecast(o.c.Name, 0, nil, now, a, b, a))
		}
		if b < 150 { // an immaterial revision: March rises by a single pack
			doc, err := r.Forecast(row.Root)
			if err != nil {
				return protocol.Draft{}, err
			}
			cell := &doc.Lines[0].Buckets[len(doc.Lines[0].Buckets)-1]
			if cell.Mean, err = cell.Mean.Add(quantity.Of(1)); err != nil {
				return protocol.Draft{}, err
			}
			doc.Header.Revision, doc.Header.Parent, doc.Header.Issued = row.Revision+1, &row.Root, now
			return Share(doc)
		}
		return Share(Forecast(o.c.Name, row.Revision+1, &row.Root, now, a, b, a+1))
	}
}

// sharePlanOrAnswer is what a seller does about a forecast.
func (w *world) sharePlanOrAnswer(o *office, p int) build {
	amount, plan := 50+w.rng.Int64N(400), w.rng.IntN(2) == 0
	return func(r *protocol.Replica, now int64) (protocol.Draft, error) {
		asked, found, err := inForce(r, forecast.Type, block.CID{})
		if err != nil || !found {
			return protocol.Draft{}, orIdle(err)
		}
		typ := "ForecastAnswer.v1"
		if plan {
			typ = "CapacityPlan.v1"
		}
		row, revises, err := head(r, typ, o.c.ID)
		if err != nil {
			return protocol.Draft{}, err
		}
		revision, parent := int64(0), (*block.CID)(nil)
		if revises {
			revision, parent = row.Revision+1, &row.Root
		}
		if plan {
			return Share(Plan(o.c.Name+" plan", revision, parent, &asked.Root, now, amount))
		}
		doc, err := r.Forecast(asked.Root)
		if err != nil {
			return protocol.Draft{}, err
		}
		return Share(Answer(o.c.Name+" answer", revision, parent, now, asked.Root, doc))
	}
}

// shareCampaignOrQuality begins or revises a calendar, a report or terms: moves its event on, its lift up or down, its lot block to an end, its price.
func (w *world) shareCampaignOrQuality(o *office) build {
	calendar, lift, n := w.rng.IntN(2) == 0, 100+w.rng.Int64N(200), w.rng.IntN(100)
	return func(r *protocol.Replica, now int64) (protocol.Draft, error) {
		if n%3 == 0 {
			row, found, err := head(r, terms.Type, o.c.ID)
			if err != nil {
				return protocol.Draft{}, err
			}
			if !found {
				return Share(Terms(o.c.Name+" terms", 0, nil, now, lift))
			}
			return Share(Terms(o.c.Name+" terms", row.Revision+1, &row.Root, now, lift))
		}
		if calendar {
			row, found, err := head(r, campaign.Type, o.c.ID)
			if err != nil {
				return protocol.Draft{}, err
			}
			if !found {
				return Share(Campaign(o.c.Name+" calendar", 0, nil, now, campaign.Proposed, lift))
			}
			held, err := r.Campaign(row.Root)
			if err != nil {
				return protocol.Draft{}, err
			}
			states := []campaign.Status{held.Events[0].Status, campaign.Planned, campaign.Active, campaign.Canceled}
			return Share(Campaign(o.c.Name+" calendar", row.Revision+1, &row.Root, now, states[n%len(states)], lift)) // some moves are against the rules
		}
		row, found, err := head(r, quality.Type, o.c.ID)
		if err != nil {
			return protocol.Draft{}, err
		}
		if !found {
			return Share(Quality(o.c.Name+" report", 0, nil, now, quality.Blocked, 3))
		}
		states := []quality.BlockStatus{quality.Blocked, quality.Released}
		return Share(Quality(o.c.Name+" report", row.Revision+1, &row.Root, now, states[n%2], lift/100))
	}
}

// sharePerformance reports one of two months, corrects the report, and sometimes says the last word.
func (w *world) sharePerformance(o *office) build {
	month := calendar.MustBucket("2026-09")
	if w.rng.IntN(2) == 0 {
		month = calendar.MustBucket("2026-10")
	}
	received, closed, again := 900+w.rng.Int64N(100), w.rng.IntN(4) == 0, w.rng.IntN(8) == 0
	return func(r *protocol.Replica, now int64) (protocol.Draft, error) {
		row, err := r.Window(month)
		if err != nil {
			return protocol.Draft{}, err
		}
		series := o.c.Name + " " + month.String()
		for _, have := range row.Reports {
			if have.Author != o.c.ID || again {
				continue
			}
			v, found, err := r.Version(have.Root)
			if err != nil || !found {
				return protocol.Draft{}, orIdle(err)
			}
			return Share(Performance(series, v.Revision+1, &have.Root, now, month, have.Closed || closed, received)) // refused once both have closed
		}
		if again {
			series += " again" // refused where the month is reported already
		}
		return Share(Performance(series, 0, nil, now, month, closed, received))
	}
}
