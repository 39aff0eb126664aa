package demo

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"kontor/node/api"
	"kontor/node/audit"
	"kontor/node/desk"
	"kontor/protocol/dispute"
	"kontor/protocol/remedy"
	"kontor/testnet/proc"
)

// DisputeReport is the quarrel over the credit.
type DisputeReport struct {
	ID          string `json:"id"`
	Over        string `json:"over"`
	Cause       string `json:"cause"`
	Owed        string `json:"owed"`
	EqualOnBoth bool   `json:"equal_on_both"`
	Evidence    int    `json:"evidence_bytes"` // the same bytes from both nodes
	Verified    bool   `json:"verified_offline"`
}

// quarrel: the maker disputes the credit, the officers of both sides settle on half, both nodes say the same, and what proves it fits in one file.
func (d *demo) quarrel(ctx context.Context, credit remedy.Item) error {
	var opened desk.DisputeDone
	if err := d.maker.Ask(ctx, &opened, "dispute", "open", credit.ID, "--text", "Half of the late lines waited for the buyer's import permits."); err != nil {
		return err
	}
	d.say("%s disputes it: %s", d.maker.Name, opened.Then)
	id := opened.ID
	at := func(c *proc.Company, what string, ready func(desk.DisputeView) bool) (v desk.DisputeView, err error) {
		err = proc.Eventually(ctx, what+" at "+c.Name, 60*time.Second, func() (bool, error) {
			list, err := do(ctx, c, api.DisputeList, desk.DisputeQuery{All: true})
			for _, x := range list {
				if x.ID == id && ready(x) {
					v = x
					return true, nil
				}
			}
			return false, err
		})
		return v, err
	}
	if _, err := at(d.agency, "the dispute", func(desk.DisputeView) bool { return true }); err != nil {
		return err
	}
	if _, err := d.agency.Run(ctx, "dispute", "state", id, "--text", "The permits came eleven days before the month's first line was due."); err != nil {
		return err
	}
	if _, err := d.agency.Run(ctx, "dispute", "propose", id, "--outcome", "HALVED", "--text", "half, and the permits' dates are shared from now on", "--key-file", d.keyFile(d.agency, "COO"), "--yes"); err != nil {
		return err
	}
	if _, err := at(d.maker, "the proposal", func(v desk.DisputeView) bool { return len(v.Proposals) == 1 }); err != nil {
		return err
	}
	if _, err := d.maker.Run(ctx, "dispute", "settle", id, "--key-file", d.keyFile(d.maker, "COO"), "--yes"); err != nil {
		return err
	}
	var files [2][]byte
	var ends [2]desk.DisputeView
	for i, c := range []*proc.Company{d.agency, d.maker} {
		var err error
		if ends[i], err = at(c, "the settlement", func(v desk.DisputeView) bool { return v.Final }); err != nil {
			return claim(false, "the dispute does not end at %s: %v", c.Name, err)
		}
		path := filepath.Join(filepath.Dir(c.Home), c.Label+"-dispute.car")
		if _, err := c.Run(ctx, "dispute", "export", id, "--out", path); err != nil {
			return err
		}
		if files[i], err = os.ReadFile(path); err != nil {
			return err
		}
	}
	report, err := audit.Verify(bytes.NewReader(files[0]))
	if err != nil {
		return claim(false, "the evidence of the dispute proves nothing: %v", err)
	}
	a, b := ends[0].End, ends[1].End
	out := &DisputeReport{ID: id, Over: ends[0].Worth.String(), Cause: string(a.Cause), Owed: a.Amount.String(), EqualOnBoth: a.Cause == b.Cause && *a.Amount == *b.Amount && a.Entry == b.Entry && bytes.Equal(files[0], files[1]),
		Evidence: len(files[0]), Verified: report.Final && report.Dispute != nil && *report.Dispute.End.Amount == *a.Amount}
	d.report.Dispute = out
	if err := claim(out.EqualOnBoth && out.Verified && a.Cause == dispute.Settled && a.Amount.Minor == (credit.Amount.Minor+1)/2, "the dispute ends differently: %+v", *out); err != nil {
		return err
	}
	for _, c := range []*proc.Company{d.agency, d.maker} {
		list, err := do(ctx, c, api.RemedyList, desk.SLAQuery{})
		if err != nil {
			return err
		}
		if err := claim(len(list.Items) == 1 && list.Items[0].Amount == *a.Amount && list.Items[0].Status == remedy.Due, "%s keeps another credit after the dispute: %v", c.Name, list.Items); err != nil {
			return err
		}
	}
	d.say("the COO of %s proposes half, the COO of %s accepts: both nodes say %s is owed, once", d.agency.Name, d.maker.Name, a.Amount)
	d.say("both write the same %s of evidence; it proves the terms, the figures, the signatures and the outcome without a node", sizeText(len(files[0])))
	return nil
}

func sizeText(n int) string { return fmt.Sprintf("%d KiB", (n+1023)/1024) }
