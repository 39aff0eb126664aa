package transcript

import (
	"errors"
	"fmt"
	"strings"

	"kontor/protocol"
	"kontor/protocol/decision"
	"kontor/testnet/virtual"
)

// theCopy is how a transcript calls the second history of a company that was copied.
const theCopy = "copy"

// desk is who a step speaks of.
func (p *player) desk(name string) *virtual.Desk {
	if name == theCopy && p.copied != nil {
		return p.copied
	}
	return p.s.Desk(name)
}

// who names a desk in an answer.
func (p *player) who(d *virtual.Desk) string {
	if d == p.copied {
		return "the copy of " + d.Name
	}
	return d.Name
}

// opens: opens topic.
func (p *player) opens(d *virtual.Desk) (string, error) {
	proposal := virtual.Proposal(p.s.Genesis, d.ID, p.s.Now+9*virtual.Day)
	draft, err := virtual.Body(protocol.KindTopic, decision.Act{Verb: decision.ProposeTopic, Propose: &proposal})
	if err != nil {
		return "", err
	}
	return p.write(d, draft, false)
}

// resolveFork: resolves the fork as COO. Whoever signs first signs the proposal of its own node; the others sign the same.
func (p *player) resolveFork(d *virtual.Desk, officer string) (protocol.Draft, error) {
	var doc protocol.ForkResolution
	err := d.View(func(r *protocol.Replica) error {
		forks, err := r.OpenForks()
		if err != nil {
			return err
		}
		for _, f := range forks {
			if f.Resolved {
				continue
			}
			doc = f.Proposal
			if len(f.Row.Resolutions) > 0 {
				doc, err = r.Resolution(f.Row.Resolutions[0].Body)
			}
			return err
		}
		return errors.New("no fork is open")
	})
	if err != nil {
		return protocol.Draft{}, err
	}
	return d.ForkVote(doc, officer)
}

// forks says what a company sees of forks.
func (p *player) forks(d *virtual.Desk, r *protocol.Replica) (string, error) {
	forks, err := r.OpenForks()
	if err != nil {
		return "", err
	}
	if len(forks) == 0 {
		return d.Name + " sees one history of everybody\n", nil
	}
	var out strings.Builder
	for _, f := range forks {
		state := "open, nothing binds"
		if f.Resolved {
			state = "resolved"
		}
		fmt.Fprintf(&out, "%s sees that %s wrote entry %d twice: %s\n", d.Name, p.s.Cast.Of(f.Author).Name, f.Seq, state)
		for _, v := range f.Row.Resolutions {
			for _, m := range v.Members {
				var roles []string
				for _, s := range m.Signers {
					roles = append(roles, s.Role)
				}
				fmt.Fprintf(&out, "    %s: signed by %s\n", p.s.Cast.Of(m.Company).Name, strings.Join(roles, " and "))
			}
		}
	}
	return out.String(), nil
}

// assertResolved: every fork is resolved everywhere.
func (p *player) assertResolved() (string, error) {
	for _, d := range p.s.Desks {
		err := d.View(func(r *protocol.Replica) error {
			forks, err := r.OpenForks()
			if err == nil && len(forks) == 0 {
				err = fmt.Errorf("%s saw no fork", d.Name)
			}
			for _, f := range forks {
				if !f.Resolved {
					err = fmt.Errorf("the fork of %s is open at %s", p.s.Cast.Of(f.Author).Name, d.Name)
				}
			}
			return err
		})
		if err != nil {
			return "", err
		}
	}
	return "it is", nil
}
