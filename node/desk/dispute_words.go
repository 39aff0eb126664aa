package desk

import (
	"fmt"
	"strings"

	"kontor/node"
	"kontor/protocol/dispute"
	"kontor/protocol/quantity"
	"kontor/protocol/terms"
)

func outcomeText(o terms.Outcome, amount *quantity.Money) string {
	if amount != nil {
		return amount.String()
	}
	return string(o)
}

// Else is what comes of the level if nobody acts, in few words.
func (v DisputeView) Else() string {
	if v.Now.Then == terms.NextLevel {
		return fmt.Sprintf("the next level; %s on %s", v.Now.Default, v.Now.Ends)
	}
	return worthText(v.Dispute, v.Now.Then)
}

// thenText says what silence brings.
func thenText(x dispute.Dispute) string {
	if x.End != nil {
		text := fmt.Sprintf("ended at %s: %s, %s", x.End.Level, x.End.Cause, x.End.Outcome)
		if x.End.Amount != nil {
			text += fmt.Sprintf("; of %s, %s is owed", x.Worth, x.End.Amount)
		}
		return text
	}
	n := x.Now()
	if n.Then == terms.NextLevel {
		return fmt.Sprintf("%s until the end of %s, then the next level; if nobody ever acts it ends on %s with %s", n.Level, n.Until, n.Ends, worthText(x, n.Default))
	}
	return fmt.Sprintf("%s until the end of %s; if nobody acts it ends then with %s", n.Level, n.Until, worthText(x, n.Default))
}

func worthText(x dispute.Dispute, o terms.Outcome) string {
	if x.Worth == nil {
		return string(o)
	}
	if x.Claimed() {
		return fmt.Sprintf("%s: nothing of the %s that the %s claims is owed by silence", o, x.Worth, strings.ToLower(string(x.Side)))
	}
	return fmt.Sprintf("%s: %s of %s is owed", o, x.Owes(o, nil), x.Worth)
}

// disputeWords says what signing an instrument means.
func (d *Desk) disputeWords(p *node.Partnership, x dispute.Dispute, i dispute.Instrument) string {
	what := map[dispute.Verb]string{dispute.Propose: "proposes to settle", dispute.Accept: "accepts the other side's proposal and settles", dispute.Withdraw: "withdraws", dispute.Rule: "rules on"}[i.Verb]
	text := fmt.Sprintf("%s %s dispute %s with %s, at level %s", d.node.Name(), what, x.ID[:8], d.PartnerName(p), i.Level)
	o := i.Outcome
	if i.Verb == dispute.Withdraw {
		o = terms.Stands
	}
	if claim := i.Verb == dispute.Withdraw && x.Subject.Kind != dispute.Credit; x.Worth != nil && o != dispute.Concord && !claim {
		text += fmt.Sprintf(": of %s, %s is owed", x.Worth, x.Owes(o, i.Amount))
	}
	if i.Verb == dispute.Propose {
		text += fmt.Sprintf("; it is firm until the end of %s", x.Step().Until)
	}
	return text
}
