package desk

import (
	"context"

	"kontor/node"
	"kontor/protocol"
	"kontor/protocol/block"
	"kontor/protocol/identity"
)

// CloseRequest asks the desk to close an exception. The desk signs protocol.ExceptionClose with its mandate key in its own process; the
// node carries the signature.
type CloseRequest struct {
	With   string `json:"with"`
	Signed []byte `json:"signed"` // canonical protocol.Signed
}

// CloseForm is what a desk signs to close an exception: filled in by the node, rendered and signed by the desk's own program.
type CloseForm struct {
	Close protocol.ExceptionClose `json:"close"`
	Text  string                  `json:"text"` // what closing means, in words
}

// PrepareClose fills in the form for an exception that is open now.
func (d *Desk) PrepareClose(with, id, resolution, note string) (CloseForm, error) {
	p, err := d.Partner(with, "")
	if err != nil {
		return CloseForm{}, err
	}
	open, _, err := d.exceptions(with)
	if err != nil {
		return CloseForm{}, err
	}
	for _, e := range open {
		if e.ID.String() != id {
			continue
		}
		if e.Closed {
			return CloseForm{}, node.Failf("ALREADY_CLOSED", "exception %s was closed by %s: %s", id, e.ClosedBy, e.Reason)
		}
		if e.Grown {
			return CloseForm{}, node.Failf("ALREADY_CLOSED", "exception %s was dealt with and has grown since: it is the officers' now; open a topic: kontor topic open %s", id, id)
		}
		if resolution == "" {
			resolution = "LOCAL_ISSUE_LEFT_VALUE_UNCHANGED"
		}
		products := []string{}
		if e.Scope.Product != "" {
			products = append(products, e.Scope.Product)
		}
		value := identity.Amount{Minor: e.Value.Minor, Currency: string(e.Value.Currency)}
		if e.Kind.OfTheDesk() {
			value = identity.Amount{}
		}
		return CloseForm{Close: protocol.ExceptionClose{PID: p.PID, Exception: id, Resolution: resolution, Note: note, Products: products, Value: value}, Text: e.Default.Text}, nil
	}
	return CloseForm{}, node.Failf("NO_SUCH_EXCEPTION", "no exception %s is open with %s; kontor exception list shows them", id, d.PartnerName(p))
}

// Closed is the receipt of a closed exception.
type Closed struct {
	Exception string    `json:"exception"`
	Entry     block.CID `json:"entry"`
}

// CloseException carries a desk's signature.
func (d *Desk) CloseException(ctx context.Context, q CloseRequest, command node.Command) (Closed, error) {
	p, err := d.Partner(q.With, "")
	if err != nil {
		return Closed{}, err
	}
	var s protocol.Signed
	if err := block.Unmarshal(q.Signed, &s); err != nil {
		return Closed{}, node.Failf("BAD_SIGNATURE", "the signed form does not decode: %v", err)
	}
	var c protocol.ExceptionClose
	if err := block.Unmarshal(s.Document, &c); err != nil {
		return Closed{}, node.Failf("BAD_SIGNATURE", "the signed document does not decode: %v", err)
	}
	body, err := block.New(s)
	if err != nil {
		return Closed{}, err
	}
	w, err := d.node.Write(ctx, p.PID, command, func(*protocol.Replica, int64) (protocol.Draft, error) {
		return protocol.Draft{Kind: protocol.KindExceptionClose, Body: &body}, nil
	})
	return Closed{Exception: c.Exception, Entry: w.Entry}, err
}
