package transcript

import (
	"fmt"
	"strconv"

	"kontor/protocol"
	"kontor/protocol/block"
	"kontor/testnet/virtual"
)

// secondRules is a version of the rules that exists in transcripts alone: the type of an attachment has at most eight letters.
const secondRules = 2

// updated gives a company a program that knows the second version besides the first.
func (p *player) updated(d *virtual.Desk) string {
	sets := protocol.KnownRules()
	set := sets[1]
	set.AttachmentType = 8
	sets[secondRules] = set
	d.Contract.JudgeBy(sets)
	p.updates = true
	return fmt.Sprintf("%s runs a program that knows rule set %d: the type of an attachment has at most 8 letters", d.Name, secondRules)
}

// takeUp: takes up rules 2.
func takeUp(version string) (protocol.Draft, error) {
	n, err := strconv.ParseInt(version, 10, 64)
	if err != nil {
		return protocol.Draft{}, fmt.Errorf("%q is no version of the rules", version)
	}
	return virtual.Body(protocol.KindRuleset, protocol.RulesetVote{Version: n})
}

// attach: attaches TYPE.
func (p *player) attach(typ string) (protocol.Draft, error) {
	p.attached++
	root, below, err := block.Sheet{Type: typ, SeriesKey: [32]byte{1, byte(p.attached)}, Head: []byte{0xa0}}.Build()
	return protocol.Draft{Kind: protocol.KindAttachment, Body: &root, Blocks: below}, err
}

// rules says which rules a company judges by, and who has taken up which.
func (p *player) rules(d *virtual.Desk, r *protocol.Replica) (string, error) {
	row, err := r.Ruleset()
	text := fmt.Sprintf("%s judges by rule set %d", d.Name, row.InForce)
	for _, v := range row.Votes {
		text += fmt.Sprintf("; %s has taken up %d", p.s.Cast.Of(v.Company).Name, v.Version)
	}
	return text + "\n", err
}

// assertRules: rule set 2 is in force everywhere.
func (p *player) assertRules(text string) (string, error) {
	var version int64
	if _, err := fmt.Sscanf(text, "rule set %d is in force everywhere", &version); err != nil {
		return "", err
	}
	for _, d := range p.s.Desks {
		err := d.View(func(r *protocol.Replica) error {
			row, err := r.Ruleset()
			if err == nil && row.InForce != version {
				err = fmt.Errorf("%s judges by rule set %d", d.Name, row.InForce)
			}
			return err
		})
		if err != nil {
			return "", err
		}
	}
	return "it is", nil
}
