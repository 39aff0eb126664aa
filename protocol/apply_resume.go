package protocol

import (
	"bytes"
	"slices"

	"kontor/crypto/keys"
	"kontor/protocol/block"
	"kontor/protocol/partnership"
)

// ResumeSignature labels officers' signatures over a Resume.
const ResumeSignature = "feed-resume"

// Resume says from where a member's feed goes on although it had sent more: its database was lost, and so is the only member that held the rest
// (PROTOCOL 4). An officer of every remaining member countersigns it.
type Resume struct {
	PID    block.CID   `cbor:"pid"`
	Author block.CID   `cbor:"author"` // whose feed
	Seq    int64       `cbor:"seq"`
	Head   block.CID   `cbor:"head"` // its newest entry that any remaining member holds
	Gone   []block.CID `cbor:"gone"` // writing members who will not come back, ascending
}

// ResumeRow is a Resume and who countersigned it.
type ResumeRow struct {
	Resume
	Votes    []ResumeVote `cbor:"votes"`
	Complete bool         `cbor:"complete"` // every remaining member has
}

// ResumeVote is one member's countersignature.
type ResumeVote struct {
	Company block.CID `cbor:"company"`
	Role    string    `cbor:"role"`
	Entry   block.CID `cbor:"entry"`
}

const resumePrefix = "resume/"

func resumeKey(author, document block.CID) string {
	return resumePrefix + author.String() + "/" + document.String()
}

func applyResume(f *fold) ([]string, error) {
	var s Signed
	if block.Unmarshal(f.body, &s) != nil {
		return []string{codeBody}, nil
	}
	var doc Resume
	if code := f.open(s, ResumeSignature, &doc); code != "" {
		return []string{code}, nil
	}
	cert, officer := f.view.Key(s.Key, keys.Role, f.entry.Header.T)
	if !officer {
		return []string{codeRoleKey}, nil
	}
	remaining, ok := f.remaining(doc)
	if !ok {
		return []string{codeResumeMembers}, nil
	}
	head, held, err := f.replica.Log.Get(doc.Head)
	if err != nil {
		return nil, err
	}
	// What stands before this entry in the order alone may decide; and its author holds nothing later.
	if !held || head.Header.Author != doc.Author || head.Header.Seq != doc.Seq || head.Key().Compare(f.entry.Key()) >= 0 ||
		f.entry.Clock[f.replica.Circle.Index(doc.Author)] != doc.Seq {
		return []string{codeResumeHead}, nil
	}
	key := resumeKey(doc.Author, block.Sum(s.Document))
	row := ResumeRow{Resume: doc, Votes: []ResumeVote{}}
	if _, err := get(f.rows, key, &row); err != nil {
		return nil, err
	}
	if slices.ContainsFunc(row.Votes, func(v ResumeVote) bool { return v.Company == f.author.Company }) {
		return []string{codeTwice}, nil
	}
	row.Votes = append(slices.Clone(row.Votes), ResumeVote{Company: f.author.Company, Role: cert.Role, Entry: f.entry.CID})
	row.Complete = true
	for _, m := range remaining {
		row.Complete = row.Complete && slices.ContainsFunc(row.Votes, func(v ResumeVote) bool { return v.Company == m })
	}
	return nil, put(f.rows, key, row)
}

// remaining are the writing members that are to countersign; not ok where the document names others than members, or the signer is none of them.
func (f *fold) remaining(doc Resume) (out []block.CID, ok bool) {
	writes := func(company block.CID) bool {
		m, member := f.genesis.Member(company)
		return member && m.Role != partnership.RoleObserver
	}
	sorted := slices.IsSortedFunc(doc.Gone, func(a, b block.CID) int { return bytes.Compare(a.Bytes(), b.Bytes()) })
	if doc.PID != f.replica.PID || !writes(doc.Author) || !sorted || slices.Contains(doc.Gone, doc.Author) ||
		slices.ContainsFunc(doc.Gone, func(c block.CID) bool { return !writes(c) }) {
		return nil, false
	}
	for _, m := range f.genesis.Members {
		if writes(m.Company) && m.Company != doc.Author && !slices.Contains(doc.Gone, m.Company) {
			out = append(out, m.Company)
		}
	}
	return out, slices.Contains(out, f.author.Company)
}

// Resumes lists what was countersigned about a member's feed.
func (r *Replica) Resumes(author block.CID) (out []ResumeRow, err error) {
	err = scanRows(r.Rows(), resumePrefix+author.String()+"/", func(_ string, row ResumeRow) error {
		out = append(out, row)
		return nil
	})
	return out, err
}
