package demo

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"time"

	"kontor/node/api/wire"
	"kontor/node/audit"
	"kontor/protocol/decision"
	"kontor/testnet/proc"
)

// sign: COO and CFO of both sides, each with the key file only they have; final on both; exported and verified offline; the slots in the next match.
func (d *demo) sign(ctx context.Context) error {
	if d.report.NoBottleneck {
		d.say("nothing to sign: there is no agreement")
		return nil
	}
	id := d.report.Agreement.CID
	for _, c := range []*proc.Company{d.agency, d.maker} {
		if err := proc.Eventually(ctx, "the document at "+c.Name, patience, func() (bool, error) {
			_, err := do(ctx, c, wire.AgreementShow, wire.AgreementQuery{Agreement: id})
			return err == nil, err
		}); err != nil {
			return err
		}
	}
	if err := d.showDocument(ctx, id); err != nil {
		return err
	}
	for _, c := range []*proc.Company{d.agency, d.maker} {
		for _, role := range officers {
			if err := d.signAs(ctx, c, role, id); err != nil {
				return err
			}
		}
	}
	if err := d.awaitFinal(ctx, id); err != nil {
		return err
	}
	d.report.Agreement.FinalOnBoth = true
	d.say("final on both nodes, with %d signatures", d.report.Agreement.Signatures)
	if err := d.verifyOffline(ctx, id); err != nil {
		return err
	}
	match, err := d.matchOnBoth(ctx)
	if err != nil {
		return err
	}
	d.report.Agreement.AgreedSlots = match.Agreed
	if err := claim(match.Agreed > 0, "the next match does not show the committed slots"); err != nil {
		return err
	}
	d.say("the next match holds %d committed slots; bottlenecks now: %d", match.Agreed, match.Bottlenecks)
	return nil
}

func (d *demo) showDocument(ctx context.Context, id string) error {
	doc, err := do(ctx, d.maker, wire.AgreementShow, wire.AgreementQuery{Agreement: id})
	if err != nil {
		return err
	}
	lines := strings.Split(strings.TrimRight(doc.Text, "\n"), "\n")
	const shown = 24
	for i, line := range lines {
		if i == shown {
			d.say("| ... %d more lines; kontor agreement show prints all", len(lines)-shown)
			break
		}
		d.say("| %s", line)
	}
	return nil
}

func (d *demo) signAs(ctx context.Context, c *proc.Company, role, id string) error {
	key := d.keyFile(c, role)
	last := c == d.maker && role == "CFO"
	switch {
	case last && d.Break == "quorum":
		d.say("on purpose: the CFO of %s does not sign", c.Name)
		return nil
	case last && d.Break == "sign":
		d.say("on purpose: somebody else's key signs as the CFO of %s", c.Name)
		key = d.keyFile(d.agency, role)
	}
	if d.Kills {
		if err := d.killWhileSigning(ctx, c, key, id); err != nil {
			return err
		}
	}
	if _, err := c.Run(ctx, "agreement", "sign", id, "--key-file", key, "--yes"); err != nil && !(d.Kills && signedAlready(err)) {
		var refused *proc.CommandError
		if errors.As(err, &refused) {
			return claim(false, "the signature of the %s of %s is refused: %s", role, c.Name, refused.Last())
		}
		return err
	}
	d.report.Agreement.Signatures++
	d.say("%s of %s signs the rendered document with a key file of its own", role, c.Name)
	return nil
}

// killWhileSigning ends the node with SIGKILL somewhere in the middle of taking a signature and starts it again. Whether the signature was committed before, the
// retry finds out.
func (d *demo) killWhileSigning(ctx context.Context, c *proc.Company, key, id string) error {
	done := make(chan error, 1)
	go func() {
		_, err := c.Run(ctx, "agreement", "sign", id, "--key-file", key, "--yes")
		done <- err
	}()
	d.kills++
	time.Sleep(time.Duration(10+17*d.kills) * time.Millisecond) // another moment each time
	c.Kill()
	err := <-done
	d.say("on purpose: the node of %s is killed while it takes the signature (the command says: %v)", c.Name, err == nil)
	if err := c.Start(ctx); err != nil {
		return err
	}
	return proc.Eventually(ctx, c.Name+" back with its partner", patience, func() (bool, error) {
		other := d.agency
		if c == d.agency {
			other = d.maker
		}
		st, err := standing(ctx, c, other.Name)
		for _, m := range st.Members {
			if m.Name == other.Name && m.Connected {
				return true, nil
			}
		}
		return false, err
	})
}

// signedAlready tells that the signature was committed before the kill: the command did not come back, the entry did.
func signedAlready(err error) bool {
	return strings.Contains(err.Error(), "ROUND-04") || strings.Contains(err.Error(), "AGREEMENT-34") || strings.Contains(err.Error(), "signed already") || strings.Contains(err.Error(), "has signed")
}

func (d *demo) awaitFinal(ctx context.Context, id string) error {
	limit := patience
	if d.Break != "" {
		limit = 3 * time.Second
	}
	missing := ""
	err := proc.Eventually(ctx, "finality on both nodes", limit, func() (bool, error) {
		missing = ""
		for _, c := range []*proc.Company{d.agency, d.maker} {
			doc, err := do(ctx, c, wire.AgreementShow, wire.AgreementQuery{Agreement: id})
			if err != nil {
				return false, err
			}
			if doc.Verdict != decision.Final || doc.Pending {
				missing += fmt.Sprintf("at %s it is %s;", c.Name, strings.ToLower(string(doc.Verdict)))
				for _, p := range doc.Parties {
					if p.Missing != "" {
						missing += fmt.Sprintf(" %s still lacks %s;", p.Name, p.Missing)
					}
				}
			}
		}
		return missing == "", nil
	})
	if err != nil {
		return claim(false, "the agreement is not final on both nodes: %s %v", missing, err)
	}
	return nil
}

// verifyOffline exports the agreement and judges the file alone, with no node and no home.
func (d *demo) verifyOffline(ctx context.Context, id string) error {
	file := filepath.Join(d.dir, "agreement.car")
	if _, err := d.agency.Run(ctx, "agreement", "export", id, "-o", file); err != nil {
		return err
	}
	var report audit.Report
	elsewhere := &proc.Company{Name: "an auditor", Kontor: d.Kontor, Home: filepath.Join(d.dir, "nowhere")}
	if err := elsewhere.Ask(ctx, &report, "audit", "verify", file); err != nil {
		return err
	}
	if err := claim(report.Final && report.Agreement.String() == id, "the exported file does not prove the agreement: %s", report.Verdict); err != nil {
		return err
	}
	d.report.Agreement.VerifiedOffline = true
	d.say("exported as one file and verified offline: %d checks, %d signatures, %d entries of both feeds", len(report.Checks), len(report.Signatures), report.Entries)
	return nil
}
