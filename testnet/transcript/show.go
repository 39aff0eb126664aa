package transcript

import (
	"fmt"
	"strings"

	"kontor/protocol"
	"kontor/protocol/block"
	"kontor/protocol/capacity"
	"kontor/protocol/decision"
	"kontor/testnet/virtual"
)

// show: show round | forecasts | topic | effects | plan | forks | rules.
func (p *player) show(w []string) (string, error) {
	var out strings.Builder
	for _, d := range p.s.Desks {
		err := d.View(func(r *protocol.Replica) error {
			switch w[1] {
			case "round":
				row, found, err := r.Round(p.named["document"])
				if err != nil || !found {
					fmt.Fprintf(&out, "%s has not seen the document\n", d.Name)
					return err
				}
				fmt.Fprintf(&out, "%s sees %s: %s\n", d.Name, row.Verdict, row.Binding(d.ID))
				for _, party := range row.Status() {
					fmt.Fprintf(&out, "    %s\n", p.party(party))
				}
				return nil
			case "forecasts":
				rows, err := r.Versions("SharedForecast.v1")
				for _, row := range rows {
					fmt.Fprintf(&out, "%s holds revision %d of %s: %s\n", d.Name, row.Revision, p.seriesName(row.Series), row.Status)
				}
				return err
			case "topic":
				answer, err := p.topic(d)
				fmt.Fprintf(&out, "%s sees %s\n", d.Name, answer)
				return err
			case "answers":
				rows, err := r.InForce(capacity.AnswerType, block.CID{})
				for _, row := range rows {
					doc, err := r.Answer(row.Root)
					if err != nil {
						return err
					}
					fmt.Fprintf(&out, "%s holds an answer to %d bucket(s), made by %q\n", d.Name, len(doc.Lines[0].Buckets), doc.Header.Provenance.Activity)
				}
				return err
			case "effects":
				text, err := p.effects(d, r)
				out.WriteString(text)
				return err
			case "plan":
				text, _, err := p.plan(d, r)
				out.WriteString(text)
				return err
			case "forks":
				text, err := p.forks(d, r)
				out.WriteString(text)
				return err
			case "rules":
				text, err := p.rules(d, r)
				out.WriteString(text)
				return err
			}
			return fmt.Errorf("nothing to show of %q", w[1])
		})
		if err != nil {
			return "", err
		}
	}
	return out.String(), nil
}

func (p *player) seriesName(series string) string {
	for name := range p.series {
		if virtual.SeriesOf(name).String() == series {
			return name
		}
	}
	return series
}

// party is one party's part of a round in words.
func (p *player) party(s decision.PartyStatus) string {
	text := p.s.Cast.Of(s.Company).Name + ": "
	if len(s.Signers) == 0 {
		text += "nobody signed"
	} else {
		roles := make([]string, len(s.Signers))
		for i, role := range s.Signers {
			roles[i] = string(role)
		}
		text += "signed by " + strings.Join(roles, " and ")
	}
	if s.Missing != "" {
		text += ", still to sign: " + s.Missing
	}
	text += "; " + strings.ToLower(s.State)
	if s.SilentSince > 0 {
		text += ", silent since " + p.moment(s.SilentSince)
	}
	return text
}

// assert holds in words what a transcript shows: an assertion that fails ends it.
func (p *player) assert(line string) (string, error) {
	text := strings.TrimPrefix(line, "assert ")
	switch {
	case strings.HasPrefix(text, "all keep the same rows"):
		first, answer := p.s.Desks[0].DB, "they do"
		if !p.updates { // a fold from nothing is by released rules
			var err error
			if first, err = virtual.Refold(first, p.s.Genesis, p.s.Cast.Identities()); err != nil {
				return "", err
			}
			answer += ", and so does a fold from nothing"
		}
		for _, d := range p.s.Desks {
			if diff, err := virtual.Differ(first, d.DB, d.Contract.PID); err != nil || diff != nil {
				return "", fmt.Errorf("%s keeps another row: %v %v", d.Name, diff, err)
			}
		}
		return answer, nil
	case strings.HasPrefix(text, "rule set "):
		return p.assertRules(text)
	case text == "every fork is resolved everywhere":
		return p.assertResolved()
	case strings.HasPrefix(text, "the agreement is "):
		words := strings.Fields(text)
		want := decision.Verdict(words[3])
		for _, name := range words[5:] {
			if name = strings.Trim(name, ","); name == "and" {
				continue
			}
			row, found, err := p.s.Desk(name).Round(p.named["document"])
			if err != nil {
				return "", err
			}
			if !found || row.Verdict != want {
				return "", fmt.Errorf("it is %q at %s", row.Verdict, name)
			}
		}
		return "it is", nil
	case strings.HasPrefix(text, "the last entry is refused everywhere"):
		for _, d := range p.s.Desks {
			codes, err := refused(d, p.last)
			if err != nil {
				return "", err
			}
			if codes == "" {
				return "", fmt.Errorf("it is in force at %s", d.Name)
			}
		}
		return "it is", nil
	case text == "the rollout is closed everywhere":
		return p.assertClosed()
	case strings.HasPrefix(text, "exception "):
		return p.assertClosedByDesk(strings.Fields(text)[1])
	case strings.HasPrefix(text, "revision "):
		return p.assertInForce(text)
	}
	return "", fmt.Errorf("nobody knows how to check %q", text)
}

// assertInForce: revision 1 of demand is in force everywhere.
func (p *player) assertInForce(text string) (string, error) {
	var revision int64
	var name string
	if _, err := fmt.Sscanf(text, "revision %d of %s is in force everywhere", &revision, &name); err != nil {
		return "", err
	}
	for _, d := range p.s.Desks {
		err := d.View(func(r *protocol.Replica) error {
			rows, err := r.InForce("SharedForecast.v1", p.s.Desk("agency").ID)
			if err != nil {
				return err
			}
			for _, row := range rows {
				if row.Series == virtual.SeriesOf(name).String() && row.Revision == revision {
					return nil
				}
			}
			return fmt.Errorf("%s holds another revision of %s in force", d.Name, name)
		})
		if err != nil {
			return "", err
		}
	}
	return "it is", nil
}
