package audit

import (
	"fmt"
	"strings"
	"time"

	"kontor/protocol/block"
	"kontor/protocol/decision"
)

// Check is one thing that was verified.
type Check struct {
	Code string `json:"code"` // stable: AUDIT-01 ...
	Name string `json:"name"`
	Text string `json:"text"` // what was found, in words
	OK   bool   `json:"ok"`
}

// Codes of the checks, in the order in which they are made. Each rests on those before it.
const (
	CheckFile       = "AUDIT-01" // the file is whole: every block fits its hash, nothing is missing, nothing is too much
	CheckIdentity   = "AUDIT-02" // identity chains from their genesis, signed by the root keys
	CheckFeeds      = "AUDIT-03" // feeds: signatures, positions, links, causal order
	CheckDocument   = "AUDIT-04" // the agreement was put on the table for the accepted offer of its topic
	CheckSignatures = "AUDIT-05" // role signatures: certificates, revocations, limits, time
	CheckQuorum     = "AUDIT-06" // every party's quorum, by the policy in force when the topic was opened
	CheckFinality   = "AUDIT-07" // every party acknowledged the complete set first
	CheckEffects    = "AUDIT-08" // what the agreement fixes

	CheckTerms       = "AUDIT-11" // of a dispute: the terms whose path it goes, and the quorums that put them in force
	CheckRemedy      = "AUDIT-12" // what is in dispute, computed again from both sides' reports
	CheckPath        = "AUDIT-13" // levels, days and deadlines, by the terms' calendar
	CheckInstruments = "AUDIT-14" // what officers and the arbiter signed
	CheckOutcome     = "AUDIT-15" // how it ended, and what is owed
)

// Report is what a file proves.
type Report struct {
	Verdict    string                 `json:"verdict"` // "final", or "not proven" with the failing check
	Final      bool                   `json:"final"`
	Round      decision.Verdict       `json:"round"` // as the feeds in the file make it
	Agreement  block.CID              `json:"agreement,omitzero"`
	Pid        block.CID              `json:"partnership,omitzero"`
	Title      string                 `json:"title"`
	Digest     string                 `json:"digest"` // of document and rendering: compare with what the signers saw
	Text       string                 `json:"text"`   // the rendering
	Parties    []Party                `json:"parties"`
	Signatures []Signature            `json:"signatures"`
	Effects    []decision.Effect      `json:"effects"`
	Status     []decision.PartyStatus `json:"status"`
	Entries    int                    `json:"entries"`
	Blocks     int                    `json:"blocks"`
	Dispute    *DisputeReport         `json:"dispute,omitempty"` // of a file about a dispute; then there is no agreement
	Checks     []Check                `json:"checks"`
}

// Party is a company the file speaks of. Fingerprint is the hash of its identity chain's newest entry in the file.
type Party struct {
	Company     block.CID      `json:"company"`
	Name        string         `json:"name"`
	Role        string         `json:"role"`
	Fingerprint block.CID      `json:"identity_head"`
	Entries     int            `json:"entries"`
	Quorum      string         `json:"quorum,omitempty"`
	Ack         *decision.Mark `json:"acknowledged,omitempty"`
}

// Signature is a role signature that counts, with where it stands.
type Signature struct {
	Company block.CID     `json:"company"`
	Role    decision.Role `json:"role"`
	Key     string        `json:"key"` // ID
	Person  string        `json:"person"`
	Seq     int64         `json:"seq"`
	T       int64         `json:"t"` // claimed time of the entry that carries it, ms UTC
	// Side tells that it stands in a history which does not count for its author: it binds the author as if it did.
	Side bool `json:"side,omitempty"`
}

// Failure is the check that a file did not pass. Its report holds the checks before it.
type Failure struct {
	Check Check
	Cause error
}

func (f *Failure) Error() string { return f.Check.Code + " " + f.Check.Name + ": " + f.Check.Text }

// Unwrap gives the cause.
func (f *Failure) Unwrap() error { return f.Cause }

func (r *Report) pass(code, name, text string) {
	r.Checks = append(r.Checks, Check{Code: code, Name: name, Text: text, OK: true})
}

// fail notes the failing check and is the error Verify returns.
func (r *Report) fail(code, name string, cause error) error {
	c := Check{Code: code, Name: name, Text: cause.Error()}
	r.Checks = append(r.Checks, c)
	r.Verdict, r.Final = "not proven: "+name, false
	return &Failure{c, cause}
}

// step makes one check and says what it found.
type step struct {
	code, name string
	run        func() (string, error)
}

// run makes the checks in their order, up to the first that does not pass: that is the error.
func (r *Report) run(steps []step) error {
	for _, s := range steps {
		text, err := s.run()
		if err != nil {
			return r.fail(s.code, s.name, err)
		}
		r.pass(s.code, s.name, text)
	}
	return nil
}

// Write writes the report for people.
func (r Report) Write(w interface{ Write([]byte) (int, error) }) {
	var b strings.Builder
	for _, c := range r.Checks {
		word := "ok    "
		if !c.OK {
			word = "FAILED"
		}
		fmt.Fprintf(&b, "%s  %s  %-10s  %s\n", word, c.Code, c.Name, c.Text)
	}
	for _, p := range r.Parties {
		fmt.Fprintf(&b, "party     %s %q, %s, %d entries, identity %s\n", p.Role, p.Name, p.Company, p.Entries, p.Fingerprint.Short())
	}
	for _, s := range r.Signatures {
		fmt.Fprintf(&b, "signed    %s of %s, key %s, entry %d, %s\n", s.Role, s.Company.Short(), s.Key, s.Seq, time.UnixMilli(s.T).UTC().Format("2006-01-02 15:04:05 UTC"))
	}
	if r.Dispute != nil {
		r.Dispute.write(&b)
	}
	if r.Agreement.Defined() {
		fmt.Fprintf(&b, "agreement %s\ndigest    %s\n", r.Agreement, r.Digest)
	}
	fmt.Fprintf(&b, "verdict   %s\n", r.Verdict)
	_, _ = w.Write([]byte(b.String()))
}
