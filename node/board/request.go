package board

import (
	"encoding/hex"
	"encoding/json"

	"kontor/node"
	"kontor/node/api/wire"
	"kontor/protocol/decision"
)

// SigningRequest is what an officer needs to sign a document on a machine without a node, under the signature of this node.
func (b *Board) SigningRequest(by By, q wire.AgreementQuery) (out wire.SigningRequest, err error) {
	d, err := b.Agreement(by, q)
	if err != nil {
		return out, err
	}
	if d.Verdict != decision.Open {
		return out, node.Failf("STATE_LATE", "the round of agreement %.8s is %s: there is nothing to sign", d.CID, d.Verdict)
	}
	body, err := json.Marshal(d)
	if err != nil {
		return out, err
	}
	key, signature := b.node.SignReceipt(wire.SigningRequestKind, body)
	return wire.SigningRequest{Body: string(body), Key: key.Hex(), Signature: hex.EncodeToString(signature)}, nil
}
