package command

import (
	"kontor/node"
	"kontor/node/api/wire"
)

// waitsText says what happens to an entry whose receiver is away.
const waitsText = "not connected now; this node delivers it when both run"

// noteAway tells for whom entries wait here because their nodes are not connected. Nothing is wrong with that, so whatever keeps it from finding out is
// not told: the command itself has done its work.
func (c *call) noteAway() {
	list, err := ask(c, wire.PartnerList, wire.None{})
	if err != nil {
		return
	}
	with := c.partner()
	for _, p := range list.Partnerships {
		for _, m := range p.Members {
			if m.Own || m.Connected || m.Unacked == 0 || c.IsSet("with") && with != m.Name && with != m.Company && with != p.Partnership {
				continue
			}
			c.note("waiting for %s (%s): %s", m.Name, node.Count(m.Unacked, "entry"), waitsText)
		}
	}
}
