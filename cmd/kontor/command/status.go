package command

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/urfave/cli/v2"

	"kontor/node/api/wire"
	"kontor/node/client"
)

var statusVerb = verb{
	name: "status", short: "show how the node and its partnerships stand",
	long: "Answers once the node is ready. With --wait it waits for a node that is starting. Below the partners stands what waits for the caller's role: exceptions it\n" +
		"owns, forecasts to answer, topics and signatures, requests, steps of rollout plans and notices; worth what, until when, and what happens if nobody does anything.",
	examples: []string{"kontor status", "kontor status --json --wait 10s", "kontor status --ready --wait 1m"},
	exits:    []int{wire.ExitNotNow},
	flags: []cli.Flag{
		&cli.DurationFlag{Name: "wait", Usage: "wait up to this `DURATION` for the node to answer"},
		&cli.BoolFlag{Name: "ready", Usage: "fail unless the node takes commands; with --wait, wait for that too"},
	},
	run: func(c *call) error {
		n, err := c.node()
		if err != nil {
			return err
		}
		defer n.Close()
		st, err := waitStatus(c, n, c.Duration("wait"))
		if err != nil {
			return err
		}
		doc := statusDocument{StatusReport: st, Waiting: []wire.Waiting{}}
		if st.State == "ready" {
			// What waits is looked up only for those who read it: a node that is starting answers without.
			waits, err := client.Call(c.Context.Context, n, wire.Waits, wire.WaitingQuery{})
			if err != nil {
				c.note("what waits could not be looked up: %v", err)
			}
			doc.Waiting = append(doc.Waiting, waits.Waiting...)
		}
		if err := c.print(doc, func(w io.Writer) {
			printStatus(w, st)
			printWaiting(w, doc.Waiting)
		}); err != nil {
			return err
		}
		if c.Bool("ready") && st.State != "ready" {
			return wire.Problemf("NOT_READY", "the node is %s: %s", st.State, st.Why)
		}
		return nil
	},
}

// statusDocument is what kontor status --json prints.
type statusDocument struct {
	wire.StatusReport
	Waiting []wire.Waiting `json:"waiting"`
}

// printWaiting shows what waits for this company, what ends first above.
func printWaiting(w io.Writer, list []wire.Waiting) {
	if len(list) == 0 {
		return
	}
	var rows [][]string
	for _, x := range list {
		value, until := "-", "-"
		if x.Value != nil {
			value = x.Value.String()
		}
		if x.Until != 0 {
			until = moment(x.Until)
		}
		otherwise := x.Else
		if otherwise == "" {
			otherwise = "-"
		}
		rows = append(rows, []string{x.Role, x.Partner, x.Text, value, until, otherwise, x.Next})
	}
	fmt.Fprintln(w, "\nWaits for you:")
	table(w, []string{"role", "partner", "what", "worth", "until", "if nothing is done", "begin with"}, rows)
}

// waitStatus asks until the node answers or the time is over.
func waitStatus(c *call, n *client.Client, patience time.Duration) (wire.StatusReport, error) {
	until := time.Now().Add(patience)
	for {
		st, err := client.Call(c.Context.Context, n, wire.Status, wire.None{})
		answered := err == nil && (!c.Bool("ready") || st.State == "ready")
		hopeless := err != nil && wire.Meaning(problemOf(err).Code).Exit != wire.ExitNoNode
		if answered || hopeless || time.Now().After(until) {
			return st, err
		}
		select {
		case <-c.Context.Context.Done():
			return st, c.Context.Context.Err()
		case <-time.After(100 * time.Millisecond):
		}
	}
}

func printStatus(w io.Writer, st wire.StatusReport) {
	state := st.State
	if st.Why != "" {
		state += ": " + st.Why
	}
	facts(w, "company", st.Name, "company ID", st.Company, "state", state, "fingerprint", st.Fingerprint, "node key", st.NodeKey,
		"listens at", strings.Join(st.Addresses, " "), "running for", duration(time.Duration(st.Now-st.Since)*time.Millisecond),
		"database", bytesText(st.Disk.Tables+st.Disk.Values)+", "+bytesText(st.Disk.Free)+" of disk free")
	printPartners(w, wire.PartnerListing{Partnerships: st.Partnerships, Invitations: st.Invitations, Proposals: st.Proposals}, st.Now)
}

func printPartners(w io.Writer, l wire.PartnerListing, now int64) {
	if len(l.Partnerships) == 0 && len(l.Invitations) == 0 && len(l.Proposals) == 0 {
		fmt.Fprintln(w, "\nNo partners yet. Invite one: kontor partner invite --as buyer|seller")
		return
	}
	if len(l.Partnerships) > 0 {
		var rows [][]string
		for _, p := range l.Partnerships {
			for _, m := range p.Members {
				if !m.Own {
					rows = append(rows, []string{m.Name, m.Role, partnershipState(p, m), connection(m), fmt.Sprint(m.Unacked), since(m.LastEntry, now), clock(m), fmt.Sprint(p.Line), short(p.Root), short(p.Partnership)})
				}
			}
		}
		fmt.Fprintln(w)
		table(w, []string{"partner", "is our", "state", "connection", "unacked", "last entry", "clock", "line", "root", "partnership"}, rows)
		printParked(w, l.Partnerships)
	}
	if len(l.Invitations) > 0 {
		printInvitations(w, l.Invitations)
	}
	if len(l.Proposals) > 0 {
		var rows [][]string
		for _, c := range l.Proposals {
			rows = append(rows, []string{short(c.Partnership), c.FounderName, moment(c.Proposed), moment(c.Expires), c.Role, fmt.Sprint(len(c.Members)), circleWaits(c, now)})
		}
		fmt.Fprintln(w)
		table(w, []string{"proposed circle", "by", "on", "until", "we are", "members", "waits for"}, rows)
	}
}

// printParked says whose entries wait for their time: somebody's clock is wrong, or was.
func printParked(w io.Writer, list []wire.PartnershipStatus) {
	for _, p := range list {
		for _, m := range p.Members {
			switch {
			case m.ParkedT == 0:
			case m.Own:
				fmt.Fprintf(w, "this company's newest entry in %s is dated %s, ahead of this clock: partners keep it aside until that time is near, and nothing is signed before\n", short(p.Partnership), moment(m.ParkedT))
			default:
				fmt.Fprintf(w, "%s dates its next entry in %s %s, ahead of this clock: it is kept aside until that time is near\n", m.Name, short(p.Partnership), moment(m.ParkedT))
			}
		}
	}
}

// circleWaits says what a circle needs that not all have signed.
func circleWaits(c wire.Circle, now int64) string {
	switch {
	case len(c.Declined) > 0:
		return strings.Join(c.Declined, ", ") + " declined"
	case now >= c.Expires:
		return "nobody: it has expired"
	case c.Joined:
		return strings.Join(c.Waits, ", ")
	}
	return "us: kontor partner join " + short(c.Partnership) + ", or decline"
}

func partnershipState(p wire.PartnershipStatus, m wire.MemberStatus) string {
	switch {
	case m.Frozen:
		return "FROZEN: identity has two histories, see kontor partner thaw --help"
	case p.Mismatch:
		return "STATE ROOTS DIFFER"
	case p.State == "folding":
		return fmt.Sprintf("folding again, %d of %d entries", p.Folded, p.Entries)
	case slices.ContainsFunc(p.Members, func(m wire.MemberStatus) bool { return m.Forked > 0 }):
		return "FORKED: a member wrote two histories, see kontor partner fork"
	case p.Recovering > 0:
		return fmt.Sprintf("recovering to entry %d", p.Recovering)
	}
	return statedAs(p)
}

// statedAs is a partnership's state with who suspended or ended it and until when it goes on.
func statedAs(p wire.PartnershipStatus) string {
	text := p.State
	if p.State == "suspended" && len(p.SuspendedBy) > 0 {
		var names []string
		for _, a := range p.SuspendedBy {
			names = append(names, a.Name)
		}
		text += " by " + strings.Join(names, ", ")
	}
	if p.State == "ending" || p.State == "suspended" && len(p.EndedBy) > 0 {
		text += ": ended by " + strings.Join(p.EndedBy, ", ")
		if p.Ends != 0 {
			text += ", over on " + moment(p.Ends)
		}
	}
	return text
}

func connection(m wire.MemberStatus) string {
	if m.Connected {
		return "connected"
	}
	return "not connected"
}

// clock writes how far a partner's clock is off.
func clock(m wire.MemberStatus) string {
	if m.ClockOffset == nil {
		return "-"
	}
	return fmt.Sprintf("%+.1f s", float64(*m.ClockOffset)/1000)
}
