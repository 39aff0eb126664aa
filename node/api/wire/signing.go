package wire

import (
	"encoding/hex"
	"encoding/json"

	"kontor/crypto/keys"
	"kontor/crypto/sign"
)

// SigningRequestKind labels the signature of the node under a request: application/vnd.kontor.signing-request.v1+cbor.
const SigningRequestKind = "signing-request"

// SigningRequest is what an officer needs on a machine without a node. The node signs it, so that nothing of it changes on the way.
type SigningRequest struct {
	Body      string `json:"body" doc:"JSON of an AgreementDetail: the bytes that are signed"`
	Key       string `json:"key" doc:"of the node, in hexadecimal"`
	Signature string `json:"signature" doc:"Ed25519 over the labelled body, in hexadecimal"`
}

// Open verifies a request and gives what is in it, and the key of the node that made it. Whose the key is it can't know: that is compared with what
// the company's own node shows.
func (r SigningRequest) Open() (d AgreementDetail, node keys.Public, err error) {
	again := "make another where the node is: kontor agreement request"
	if node, err = keys.ParsePublic(r.Key); err != nil {
		return d, node, &Problem{Code: "VERIFY_DOCUMENT", Text: "the key under the request is none: " + err.Error(), Next: again}
	}
	signature, err := hex.DecodeString(r.Signature)
	if err == nil {
		err = sign.Verify(node, SigningRequestKind, []byte(r.Body), signature)
	}
	if err != nil {
		return d, node, &Problem{Code: "VERIFY_DOCUMENT", Text: "the request was altered after node " + string(node.ID()) + " signed it, or that node never did: " + err.Error(), Next: again}
	}
	if err := json.Unmarshal([]byte(r.Body), &d); err != nil {
		return d, node, &Problem{Code: "VERIFY_DOCUMENT", Text: "what node " + string(node.ID()) + " signed is no request: " + err.Error(), Next: again}
	}
	return d, node, nil
}
