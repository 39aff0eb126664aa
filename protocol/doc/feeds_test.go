package doc

import (
	"encoding/hex"
	"fmt"
	"testing"

	"kontor/protocol"
	"kontor/protocol/block"
	"kontor/store/kv"
)

func TestFeeds(t *testing.T) {
	p := newPlay(t)
	p.share()
	p.write(p.other, protocol.Draft{Kind: protocol.KindHeartbeat}, nil)
	p.write(p.buyer, protocol.Draft{Kind: protocol.KindHeartbeat}, nil)

	entries, err := p.buyer.Entries()
	p.check(err)
	order := []string{"lam  author  seq  kind              claimed time   CID"}
	for _, e := range entries {
		h := e.Header
		order = append(order, fmt.Sprintf("%3d  %-6s  %3d  %-16s  %d  ...%s", h.Lam, p.scene.Cast.Of(h.Author).Name, h.Seq, h.Kind, h.T, e.CID.Short()))
	}

	var commitment protocol.Draft
	var settled string
	p.check(p.buyer.View(func(r *protocol.Replica) error {
		line, err := r.Line()
		if err != nil {
			return err
		}
		settled = fmt.Sprint(line)
		commitment, _, err = r.CommitmentDraft(p.buyer.ID)
		return err
	}))
	var rows []string
	var tree string
	p.check(p.buyer.DB.View(func(kv kv.KV) error {
		r := p.buyer.Contract.Open(kv)
		err := r.Rows().Scan("", func(key string, _ []byte) (bool, error) {
			rows = append(rows, key)
			return true, nil
		})
		if err != nil {
			return err
		}
		node, err := r.Tree().Nodes(nil)
		if err == nil {
			var data []byte
			data, err = block.Marshal(*node)
			tree = view(t, data)
		}
		return err
	}))
	page(t, "feeds.md", map[string]string{
		"entry": bytesAndView(t, "The header of the entry with which the agency shares a forecast", p.shared.Envelope.Header) + "\n" +
			fence("sig  "+hex.EncodeToString(p.shared.Envelope.Sig[:32]), "     "+hex.EncodeToString(p.shared.Envelope.Sig[32:]),
				"place in the order  "+hex.EncodeToString(placeOf(p)[:40]), "                    "+hex.EncodeToString(placeOf(p)[40:])),
		"order": fence(order...),
		"state": fence(rows...) + "\n" + bytesAndView(t, "The commitment to them at line "+settled, commitment.Body.Data) + "\n" +
			"The node at the top of the tree, as a member that bisects is given it:\n\n" + fence(tree),
		"kinds": kindTable(),
	})
}

func placeOf(p *play) []byte {
	at := p.shared.Key()
	return at[:]
}

// kindTable lists the kinds of entries from the program's own table.
func kindTable() string {
	means := map[string]string{
		protocol.KindSign:           "the member signs the genesis; the first entry of each feed and no other",
		protocol.KindSuspend:        "nothing new binds from here on, or the author's own suspension is lifted",
		protocol.KindEnd:            "the author ends; ended when every writing member did, or the notice period is over",
		protocol.KindCircle:         "the founder proposes a circle of three or more to one of its members",
		protocol.KindCircleClose:    "the founder withdraws a proposed circle, or the member declines it",
		protocol.KindReceipt:        "acknowledges what `seen` names; moves the settled line",
		protocol.KindHeartbeat:      "the author lives; moves the settled line",
		protocol.KindCommitment:     "the author's state root at a line",
		protocol.KindAttachment:     "a file the rules do not read",
		protocol.KindForecast:       "SharedForecast.v1",
		protocol.KindCapacity:       "CapacityPlan.v1",
		protocol.KindAnswer:         "ForecastAnswer.v1",
		protocol.KindCampaign:       "CampaignCalendar.v1",
		protocol.KindQuality:        "QualityReport.v1",
		protocol.KindTerms:          "ContractTerms.v1",
		protocol.KindPerformance:    "PerformanceReport.v1",
		protocol.KindAnswerSign:     "a desk inside its mandate, or an officer, signs for an answer to a forecast that moved beyond the bands; before the answer",
		protocol.KindMandateGrant:   "an officer lets a desk act within bounds",
		protocol.KindMandateRevoke:  "an officer takes that back",
		protocol.KindExceptionClose: "a desk closes an exception within its mandate",
		protocol.KindTopic:          "an act of a topic",
		protocol.KindRecord:         "a small document that both sides sign",
		protocol.KindDraft:          "the document of an accepted offer",
		protocol.KindSignature:      "an officer's role signature over the document",
		protocol.KindLapse:          "a party that acknowledged records another's silence",
		protocol.KindResolve:        "the witness declares the set complete",
		protocol.KindAbort:          "the witness declares the round void",
		protocol.KindReconfirm:      "a party says again that a final agreement holds where another fixes the same cells",
		protocol.KindMilestone:      "a party reports a step of a final agreement's rollout plan done",
		protocol.KindMinutes:        "Minutes.v1: what a party wrote down of a meeting, line by line: decisions in words, actions, matters for a topic",
		protocol.KindMinutesAnswer:  "another party says that minutes are right, which lets its actions stand, or what is wrong",
		protocol.KindRemedy:         "what a side says of entries that missed SLAs brought: requested, acknowledged, settled, disputed, or whose figures stand",
		protocol.KindDispute:        "what a side, or the arbiter, says or signs about a dispute: opened, stated, proposed, accepted, escalated, ruled, withdrawn",
		protocol.KindRuleset:        "a member takes up a version of the rules",
		protocol.KindProduct:        "ProductMap.v1",
		protocol.KindScope:          "the author narrows, inside the invitation, what it lets leave of a kind: products, regions, roles, purpose, fields, grain",
		protocol.KindRequest:        "a member asks another for newer figures, or for detail with a purpose and an end",
		protocol.KindReply:          "the member asked answers; detail is granted by an officer's signature",
		protocol.KindWithdraw:       "the author takes a version in force back, with its cause; the series goes on with the next revision",
		protocol.KindReaffirm:       "the author says that a version in force stands unchanged until a time",
		protocol.KindResume:         "an officer of a remaining member countersigns from where a lost feed goes on",
		protocol.KindForkResolve:    "an officer signs how a fork is resolved",
	}
	text := "| kind | body | meaning |\n|---|---|---|\n"
	for _, name := range protocol.Kinds() {
		form := "document"
		switch {
		case protocol.CarriesSheet(name):
			form = "sheet"
		case name == protocol.KindReceipt || name == protocol.KindHeartbeat:
			form = "none"
		}
		meaning := means[name]
		if meaning == "" {
			meaning = "**not described yet**"
		}
		text += fmt.Sprintf("| `%s` | %s | %s |\n", name, form, meaning)
	}
	return text
}
