package audit

import (
	"bytes"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"strings"

	"kontor/crypto/keys"
	"kontor/protocol"
	"kontor/protocol/block"
	"kontor/protocol/decision"
	"kontor/protocol/feed"
	"kontor/protocol/identity"
	"kontor/protocol/quantity"

	"kontor/store/kv"
)

// Verify judges a file by itself. The error is a *Failure when a check did not pass; the report says how far it came. A file that proves an agreement
// that is not final passes every check before AUDIT-07 and fails that one.
func Verify(file io.Reader) (Report, error) {
	data, err := io.ReadAll(io.LimitReader(file, MaxBytes+1))
	if err != nil {
		return Report{}, err
	}
	if typeOf(data) == DisputeType {
		return verifyDispute(data)
	}
	file = bytes.NewReader(data)
	r := Report{Verdict: "not proven", Parties: []Party{}, Signatures: []Signature{}, Effects: []decision.Effect{}, Status: []decision.PartyStatus{}, Checks: []Check{}}
	e := evidence{report: &r, blocks: map[block.CID][]byte{}, used: map[block.CID]bool{}, chains: map[block.CID]*identity.Chain{}}
	err = r.run([]step{
		{CheckFile, "file", func() (string, error) { return e.open(file) }},
		{CheckIdentity, "identity", e.identities},
		{CheckFeeds, "feeds", e.fold},
		{CheckDocument, "document", e.document},
		{CheckSignatures, "signatures", e.signatures},
		{CheckQuorum, "quorum", e.quorum},
		{CheckFinality, "finality", e.finality},
		{CheckEffects, "effects", e.effects},
	})
	if err != nil {
		return r, err
	}
	r.Verdict, r.Final = "final", true
	return r, nil
}

// document finds the agreement on the table of its topic and renders it from its bytes.
func (e *evidence) document() (string, error) {
	var topic decision.Topic
	var data []byte
	err := e.store.View(func(tx kv.KV) error {
		r := e.repl.Open(tx)
		var known bool
		var err error
		if e.row, known, err = r.Round(e.root.Agreement); err != nil {
			return err
		}
		if !known {
			return fmt.Errorf("no entry put document %s on the table", e.root.Agreement)
		}
		if data, err = r.Block(e.root.Agreement); err != nil {
			return err
		}
		topic, _, err = r.Topic(e.row.Topic)
		return err
	})
	if err != nil {
		return "", err
	}
	rendering, err := decision.Render(data)
	if err != nil {
		return "", err
	}
	if rendering.CID != e.root.Agreement {
		return "", fmt.Errorf("the document's bytes are those of %s", rendering.CID)
	}
	e.doc = rendering.Document
	if found := e.doc.Check(); len(found) > 0 {
		return "", found[0]
	}
	if e.doc.Partnership != e.root.PID || e.doc.Topic != topic.ID {
		return "", errors.New("the document is of another partnership or topic")
	}
	e.report.Title, e.report.Digest, e.report.Text, e.report.Round = e.doc.Title, rendering.Digest.String(), rendering.Text, e.row.Verdict
	return fmt.Sprintf("%q, round %d, of the accepted offer in topic %s", e.doc.Title, e.doc.Round, topic.ID.Short()), nil
}

// signatures verifies each signature again by itself: the bytes, the certificate at the entry that carries it, the limit, the time.
func (e *evidence) signatures() (string, error) {
	if len(e.row.Signatures) == 0 {
		return "", errors.New("nobody has signed")
	}
	taken := map[block.CID]bool{}
	beside := 0
	for _, s := range e.row.Signatures {
		entry, signed, err := e.carrier(s, taken)
		if err != nil {
			return "", err
		}
		taken[entry.CID] = true
		fact, found := signed.Verify(e.doc, e.root.Agreement, s.Company, e.holder(entry, signed.Body))
		if len(found) > 0 {
			return "", found[0]
		}
		if fact.Key != s.Key || fact.Role != s.Role || fact.Person != s.Person {
			return "", fmt.Errorf("the signature in entry %d of %s is another one than the one that counted", s.Seq, s.Company.Short())
		}
		if entry.Header.T > e.doc.SignBy {
			return "", fmt.Errorf("the %s of %s signed at %d, after sign_by %d", s.Role, s.Company.Short(), entry.Header.T, e.doc.SignBy)
		}
		e.report.Signatures = append(e.report.Signatures, Signature{Company: s.Company, Role: s.Role, Key: string(s.Key.ID()), Person: hex.EncodeToString(s.Person[:]), Seq: s.Seq, T: entry.Header.T, Side: s.Side != nil})
		if s.Side != nil {
			beside++
		}
	}
	text := fmt.Sprintf("%d valid, each by a key certified for its role at the entry that carries it", len(e.row.Signatures))
	if beside > 0 {
		text += fmt.Sprintf("; %d in a history that counts against its author alone", beside)
	}
	return text, nil
}

// carrier is the entry that carries a signature: the author of a fork may have written several with that number.
func (e *evidence) carrier(s decision.Collected, taken map[block.CID]bool) (feed.Entry, decision.SignedRole, error) {
	for _, entry := range e.entries[s.Company][s.Seq] {
		if taken[entry.CID] || entry.Header.Kind != protocol.KindSignature || entry.Header.Body == nil {
			continue
		}
		signed, err := decision.ParseSignedRole(e.blocks[*entry.Header.Body])
		if err == nil && signed.Body.Key == s.Key {
			return entry, signed, nil
		}
	}
	return feed.Entry{}, decision.SignedRole{}, fmt.Errorf("the entry with the %s's signature of %s is not in the file", s.Role, s.Company.Short())
}

// quorum asks each party's policy again.
func (e *evidence) quorum() (string, error) {
	text := ""
	e.report.Status = e.row.Status()
	for i, s := range e.report.Status {
		quorum := ""
		for j, p := range e.doc.Parties {
			if p.Company == s.Company {
				quorum = e.doc.Parties[j].Quorum
			}
		}
		for j := range e.report.Parties {
			if e.report.Parties[j].Company == s.Company {
				e.report.Parties[j].Quorum, e.report.Parties[j].Ack = quorum, e.row.Parties[i].Ack
			}
		}
		if s.Missing != "" {
			return "", fmt.Errorf("%s asks for %s; missing: %s", e.name(s.Company), quorum, s.Missing)
		}
		if text != "" {
			text += "; "
		}
		text += fmt.Sprintf("%s: %s", e.name(s.Company), quorum)
	}
	return text, nil
}

func (e *evidence) name(company block.CID) string {
	if chain := e.chains[company]; chain != nil {
		return chain.Now().Name()
	}
	return company.Short()
}

// finality asks the round that both nodes fold.
func (e *evidence) finality() (string, error) {
	if e.row.Verdict != decision.Final {
		text := fmt.Sprintf("the round is %s", e.row.Verdict)
		for _, s := range e.report.Status {
			text += fmt.Sprintf("; %s: %s", e.name(s.Company), s.State)
		}
		return "", errors.New(text)
	}
	var at []string
	for _, p := range e.row.Parties {
		if p.Ack != nil {
			at = append(at, fmt.Sprintf("entry %d of %s", p.Ack.Seq, e.name(p.Company)))
		}
	}
	return "final at " + strings.Join(at, ", "), nil
}

func (e *evidence) effects() (string, error) {
	e.report.Effects = e.doc.Effects
	return fmt.Sprintf("%d cells fixed, in effect from %s to before %s", len(e.doc.Effects), e.doc.From, e.doc.Expires), nil
}

// holder is what the signer's identity chain says about a key at the entry that carries its signature.
func (e *evidence) holder(entry feed.Entry, body decision.RoleSignature) decision.Holder {
	view, held := e.view(entry.Header.Author, entry.Header.IDHead)
	if !held {
		return decision.Holder{}
	}
	knew, held := e.view(entry.Header.Author, body.IDHead)
	cert, ok := view.Key(body.Key[:], keys.Role, entry.Header.T)
	if !ok || !held || knew.Seq() > view.Seq() {
		return decision.Holder{}
	}
	h := decision.Holder{Company: entry.Header.Author, Role: decision.Role(cert.Role), Person: [16]byte(cert.Person), Valid: true}
	if cert.Limit != nil {
		h.Limit = &quantity.Money{Minor: cert.Limit.Minor, Currency: quantity.Currency(cert.Limit.Currency)}
	}
	return h
}
