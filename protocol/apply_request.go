package protocol

import (
	"kontor/crypto/keys"
	"kontor/protocol/artifact"
	"kontor/protocol/block"
	"kontor/protocol/partnership"
	"kontor/protocol/request"
)

func init() {
	for code, text := range map[string]string{
		request.CodeRequest: "the request is malformed",
		request.CodeMember:  "another than a writing member is asked, or oneself",
		request.CodeMany:    "64 requests of this member wait for an answer",
		request.CodeUnknown: "no such request was put to this member",
		request.CodeVerdict: "the answer does not fit the request, or it was answered before",
		request.CodeGrant:   "the grant is malformed, or wider or longer than what was asked for",
		request.CodeSent:    "a version named is not the member's own in force, or is none that is newer",
	} {
		Sentences[code] = text
	}
}

// RequestRow is a request and what became of it.
type RequestRow struct {
	request.Request
	By        block.CID       `cbor:"by" json:"by"` // company
	T         int64           `cbor:"t" json:"t"`   // claimed time of its entry, ms UTC
	Verdict   request.Verdict `cbor:"verdict" json:"verdict"`
	Reply     *request.Reply  `cbor:"reply,omitempty" json:"reply,omitempty"` // the newest
	RepliedAt int64           `cbor:"replied,omitzero" json:"replied,omitempty"`
	Grant     *request.Grant  `cbor:"granted,omitempty" json:"granted,omitempty"`
	Officer   string          `cbor:"officer,omitempty" json:"officer,omitempty"` // role that granted
}

// Waits tells whether an answer is still owed.
func (q RequestRow) Waits() bool { return q.Verdict == request.Open || q.Verdict == request.Later }

const (
	requestPrefix = "request/"
	openAskPrefix = "asked/" // by the member that asks: requests that wait
	grantPrefix   = "detail/"
)

func requestKey(entry block.CID) string { return requestPrefix + entry.String() }

func openAskKey(by, entry block.CID) string {
	return openAskPrefix + by.String() + "/" + entry.String()
}

func grantKey(author, ask block.CID) string {
	return grantPrefix + author.String() + "/" + ask.String()
}

func applyRequest(f *fold) ([]string, error) {
	var q request.Request
	if block.Unmarshal(f.body, &q) != nil {
		return []string{codeBody}, nil
	}
	if codes := artifact.Codes(q.Check(f.entry.Header.T)); len(codes) > 0 {
		return codes, nil
	}
	if m, member := f.genesis.Member(q.To); !member || m.Role == partnership.RoleObserver || q.To == f.author.Company {
		return []string{request.CodeMember}, nil
	}
	open := 0
	if err := f.rows.Scan(openAskPrefix+f.author.Company.String()+"/", func(string, []byte) (bool, error) { open++; return true, nil }); err != nil {
		return nil, err
	}
	if open >= request.MaxOpen {
		return []string{request.CodeMany}, nil
	}
	if err := f.rows.Put(openAskKey(f.author.Company, f.entry.CID), []byte{}); err != nil {
		return nil, err
	}
	return nil, put(f.rows, requestKey(f.entry.CID), RequestRow{Request: q, By: f.author.Company, T: f.entry.Header.T, Verdict: request.Open})
}

func applyReply(f *fold) ([]string, error) {
	var a request.Reply
	if block.Unmarshal(f.body, &a) != nil {
		return []string{codeBody}, nil
	}
	var row RequestRow
	found, err := get(f.rows, requestKey(a.Request), &row)
	if err != nil {
		return nil, err
	}
	if !found || row.To != f.author.Company {
		return []string{request.CodeUnknown}, nil
	}
	if codes := artifact.Codes(a.Check(row.Request, row.Verdict)); len(codes) > 0 {
		return codes, nil
	}
	if codes, err := f.sent(a, row); err != nil || len(codes) > 0 {
		return codes, err
	}
	switch a.Verdict {
	case request.Granted:
		grant, role, codes := f.detailGrant(a, row)
		if len(codes) > 0 {
			return codes, nil
		}
		row.Grant, row.Officer = &grant, role
		err = put(f.rows, grantKey(f.author.Company, a.Request), grant)
	case request.Revoked:
		err = f.rows.Delete(grantKey(f.author.Company, a.Request))
	}
	if err != nil {
		return nil, err
	}
	row.Verdict, row.Reply, row.RepliedAt = a.Verdict, &a, f.entry.Header.T
	if a.Verdict == request.Granted {
		row.Reply = &request.Reply{Request: a.Request, Verdict: a.Verdict, Note: a.Note} // the entry keeps the signature
	}
	if !row.Waits() {
		if err := f.rows.Delete(openAskKey(row.By, a.Request)); err != nil {
			return nil, err
		}
	}
	return nil, put(f.rows, requestKey(a.Request), row)
}

// sent checks the versions an answer names: its author's own, in force, and none of those that newer ones were asked of.
func (f *fold) sent(a request.Reply, q RequestRow) ([]string, error) {
	for _, root := range a.Roots {
		_, codes, err := f.ownInForce(root)
		if err != nil {
			return nil, err
		}
		if len(codes) > 0 {
			return []string{request.CodeSent}, nil
		}
		for _, old := range q.Newer {
			if old == root {
				return []string{request.CodeSent}, nil
			}
		}
	}
	return nil, nil
}

// detailGrant opens the grant that an officer of the author signed.
func (f *fold) detailGrant(a request.Reply, q RequestRow) (g request.Grant, role string, codes []string) {
	var s Signed
	if block.Unmarshal(a.Grant, &s) != nil {
		return g, "", []string{codeBody}
	}
	if code := f.open(s, request.Signature, &g); code != "" {
		return g, "", []string{code}
	}
	cert, officer := f.view.Key(s.Key, keys.Role, f.entry.Header.T)
	if !officer {
		return g, "", []string{codeRoleKey}
	}
	return g, cert.Role, artifact.Codes(g.Check(q.Request, f.replica.PID, a.Request, q.By))
}

// Requests lists the requests of a partnership, in the order of their entries' names.
func (r *Replica) Requests() (out []AskedRequest, err error) {
	err = scanRows(r.Rows(), requestPrefix, func(key string, row RequestRow) error {
		id, err := block.ParseCID(key)
		out = append(out, AskedRequest{id, row})
		return err
	})
	return out, err
}

// AskedRequest is a request under the name of its entry.
type AskedRequest struct {
	Entry block.CID `json:"entry"`
	RequestRow
}
