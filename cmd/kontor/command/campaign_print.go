package command

import (
	"encoding/hex"
	"fmt"
	"io"
	"strconv"
	"strings"

	"kontor/node"
	"kontor/node/desk"
	"kontor/protocol/calendar"
	"kontor/protocol/campaign"
)

func arrow(old, now string) string {
	if old == "" && now == "" {
		return ""
	}
	return ": " + old + " became " + now
}

func material(yes bool) string {
	if yes {
		return " (material)"
	}
	return ""
}

func stateOf(e desk.HeldEvent) string {
	if e.Expired {
		return string(campaign.Expired)
	}
	return string(e.Event.Status)
}

func itemsOf(e campaign.Event) (ids []string) {
	for _, i := range e.Items {
		ids = append(ids, i.ID())
	}
	return ids
}

func against(e desk.HeldEvent) string {
	switch {
	case len(e.Against) == 0:
		return "nothing"
	case e.Blocked:
		return strconv.Itoa(len(e.Against)) + ", blocked"
	}
	return strconv.Itoa(len(e.Against))
}

func printSharedRows(w io.Writer, typ, row string, out desk.Shared) {
	printSharedSize(w, typ, fmt.Sprintf("%d %ss, %d other rows, %s", out.Series, row, out.Buckets, bytesText(int64(out.Bytes))), out)
}

func printEvent(w io.Writer, h desk.HeldEvent) {
	e := h.Event
	pairs := []string{"event", e.ID, "name", e.Name, "author", h.Author, "state", stateOf(h), "type", string(e.Kind), "period", e.Period.String(), "products", strings.Join(itemsOf(e), " ")}
	if e.SellIn != nil {
		pairs = append(pairs, "deliveries", e.SellIn.String())
	}
	if f := e.Funding; f != nil {
		pairs = append(pairs, "funding", percent(f.BuyerPPM)+" buyer, "+percent(f.SellerPPM)+" seller")
	}
	facts(w, pairs...)
	var rows [][]string
	for _, m := range e.Impacts {
		band := "-"
		if n := len(m.Quantiles); n > 0 {
			band = fmt.Sprintf("%s to %s", m.Quantiles[0].Q, m.Quantiles[n-1].Q)
		}
		rows = append(rows, []string{m.Item, m.Place.Key(), m.Bucket.String(), m.Lift.String(), string(m.Unit), band, strings.Join(m.Cannibalises, " "), strings.Join(m.Halo, " ")})
	}
	if len(rows) > 0 {
		table(w, []string{"product", "region", "period", "lift", "unit", "band", "takes from", "adds to"}, rows)
	}
	for _, m := range e.Messages {
		fmt.Fprintln(w, messageLine(m))
	}
	if rows = answerRows(h); len(rows) > 0 {
		table(w, []string{"answer of", "role", "to it as it stands"}, rows)
	}
	printConflicts(w, h.Against)
}

// answerRows is who has answered an event, and who has not since when.
func answerRows(h desk.HeldEvent) (rows [][]string) {
	for _, a := range h.Answers {
		word := string(a.Verdict)
		switch {
		case word != "":
		case a.Own:
			word = "nothing"
		default:
			word = "nothing, silent since " + moment(a.Heard)
		}
		if a.Verdict == "" && a.Before {
			word += "; it has changed since the last answer"
		}
		rows = append(rows, []string{a.Name, orDash(a.Role), word})
	}
	return rows
}

func printConflicts(w io.Writer, list []campaign.Conflict) {
	var rows [][]string
	for _, c := range list {
		rows = append(rows, []string{c.Event, string(c.Severity), string(c.Kind), strings.Join(c.Items, " "), c.Text})
	}
	if len(rows) > 0 {
		table(w, []string{"event", "severity", "against", "products", "why"}, rows)
	}
}

// printBlackouts lists the windows in which nothing may run, of both sides.
func printBlackouts(w io.Writer, list []desk.HeldBlackout) {
	var rows [][]string
	for _, h := range list {
		b := h.Blackout
		var places []string
		for _, p := range b.Places {
			places = append(places, p.Key())
		}
		next, stops := "over", "stops"
		if h.Next != nil {
			next = h.Next.String()
		}
		if b.Soft {
			stops = "warns"
		}
		rows = append(rows, []string{b.ID, h.Author, string(b.Reason), stops, next, orDash(b.RRule), orDash(strings.Join(b.Items, " ")), orDash(strings.Join(places, " ")), b.Note})
	}
	if len(rows) > 0 {
		table(w, []string{"blackout", "author", "reason", "it", "next", "comes back", "only products", "only regions", "note"}, rows)
	}
}

// messageLine is a message with who approves it and until when it is not shown.
func messageLine(m campaign.Message) string {
	line := fmt.Sprintf("message %s needs %s", hex.EncodeToString(m.Asset), orDash(strings.Join(m.Needs, " ")))
	if m.Embargo > 0 {
		line += ", not to be shown before " + calendar.DateOf(m.Embargo).String()
	}
	return line
}

func printCheck(w io.Writer, out desk.CampaignCheck) {
	fmt.Fprintf(w, "campaigns with %s: %s, %s, %s blocked, %s\n", out.With, node.Count(len(out.Events), "event"), node.Count(out.Blackouts, "blackout"), node.Count(out.Lots, "lot"), node.Count(len(out.Conflicts), "conflict"))
	printConflicts(w, out.Conflicts)
	printBlackouts(w, out.Windows)
	for _, l := range out.Launches {
		ready := "not ready"
		if l.Ready {
			ready = "ready"
		}
		fmt.Fprintf(w, "launch of %s on %s (%s): %s\n", l.Item, l.Date, l.Event, ready)
		var rows [][]string
		for _, g := range l.Gates {
			rows = append(rows, []string{string(g.Kind), g.Role, g.Due.String(), string(g.State), strings.Join(g.Waits, "; ")})
		}
		table(w, []string{"gate", "role", "due", "state", "waits for"}, rows)
	}
}
