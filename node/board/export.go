package board

import (
	"bytes"
	"io"

	"kontor/node"
	"kontor/node/api/wire"
	"kontor/node/audit"
	"kontor/protocol"
	"kontor/protocol/block"
	"kontor/protocol/decision"
	"kontor/protocol/identity"
)

// Export writes everything that proves an agreement as one CAR file, for anyone who can run kontor audit verify. It holds every document the two
// feeds carry up to the agreement's finality, forecasts among them: whoever gets it reads them.
func (b *Board) Export(by By, q wire.AgreementQuery, w io.Writer) error {
	d, err := b.pick(by, q, func(d documentOf) bool { return d.row.Verdict == decision.Final })
	if err != nil {
		return err
	}
	// The file is made whole before its first byte leaves: an error in the middle is an error, not half a file.
	var file bytes.Buffer
	err = b.node.View(d.p.PID, func(r *protocol.Replica) error {
		return audit.Export(&file, r, func(company block.CID, from int64) []identity.Envelope {
			if chain := b.node.Chain(company); chain != nil {
				return chain.From(from)
			}
			return nil
		}, d.row.Document)
	})
	if err != nil {
		return node.Failf("NO_EVIDENCE", "%v", err)
	}
	_, err = file.WriteTo(w)
	return err
}
