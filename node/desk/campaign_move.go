package desk

import (
	"errors"
	"slices"

	"kontor/node"
	"kontor/protocol"
	"kontor/protocol/block"
	"kontor/protocol/calendar"
	"kontor/protocol/campaign"
	"kontor/protocol/exception"
)

// Conflict is what an exception over an event is about.
type Conflict struct {
	Author block.CID
	Kind   campaign.ConflictKind
	campaign.Elsewhere
	Found bool // other days, on which nothing stands against it
}

// ConflictOf reads what stands against an event from the exception's ID, and finds the first days on which nothing would: not before what is under way by then could be
// changed. A blocked lot stands on all days alike.
func (d *Desk) ConflictOf(p *node.Partnership, e exception.Exception) (out Conflict, err error) {
	for _, m := range p.Genesis.Members {
		i := slices.IndexFunc(campaign.Raised, func(k campaign.ConflictKind) bool { return ConflictID(m.Company, e.Scope.Group, k) == e.ID })
		if i >= 0 {
			out.Author, out.Kind = m.Company, campaign.Raised[i]
		}
	}
	if out.Kind == "" || out.Kind == campaign.ByQuality {
		return out, nil
	}
	err = d.node.View(p.PID, func(r *protocol.Replica) error {
		in, _, err := d.campaignInput(p, r, nil)
		if err != nil {
			return err
		}
		match, err := d.MatchInput(p, r)
		cover := func(calendars []campaign.Held) (campaign.CoverOf, error) {
			of, _, err := campaign.NewCover(match, calendars, in.Blocks)
			return of, err
		}
		var fail *node.Failure
		switch {
		case errors.As(err, &fail):
			cover = nil // nothing to match: blackouts and other events are what is known
		case err != nil:
			return err
		}
		out.Elsewhere, out.Found, err = in.Move(out.Author, e.Scope.Group, calendar.DateOf(d.node.Now()).AddDays(conflictDays), cover)
		return err
	})
	return out, err
}
