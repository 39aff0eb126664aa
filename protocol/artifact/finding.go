package artifact

import (
	"fmt"
	"sort"
)

// Finding is one coded complaint about a document. The code is stable and crosses the wire; the sentence is for
// people and may be reworded.
type Finding struct {
	Code string `cbor:"code" json:"code"` // "FORECAST-04"
	Path string `cbor:"path" json:"path"` // "lines[3].buckets[2].quantiles"; "" for the document as a whole
	Text string `cbor:"text" json:"text"`
}

// Error lets a finding be returned as an error.
func (f Finding) Error() string {
	if f.Path == "" {
		return f.Code + ": " + f.Text
	}
	return f.Code + ": " + f.Path + ": " + f.Text
}

// MaxFindings is where a report stops: a document with more faults is broken as a whole, and a hostile one must
// not make its reader write a longer list than it sent.
const MaxFindings = 100

// Rules is the number of a rule set. A rule added later judges only documents carried by entries after the rule
// set that brought it was in force (PROTOCOL 4).
type Rules int64

// RulesV1 is the first rule set, and the newest so far.
const (
	RulesV1     Rules = 1
	RulesNewest       = RulesV1
)

// Report collects findings in the order in which the rules are applied. The zero value is ready.
type Report struct{ findings []Finding }

// Add notes a finding unless the report is full.
func (r *Report) Add(code, path, format string, args ...any) {
	if len(r.findings) < MaxFindings {
		r.findings = append(r.findings, Finding{code, path, fmt.Sprintf(format, args...)})
	}
}

// Append takes over findings made elsewhere.
func (r *Report) Append(more []Finding) {
	r.findings = append(r.findings, more[:min(len(more), MaxFindings-len(r.findings))]...)
}

// Full reports that further checks cannot add anything.
func (r *Report) Full() bool { return len(r.findings) >= MaxFindings }

// Findings are the complaints, none for a document that may come into force.
func (r *Report) Findings() []Finding { return r.findings }

// Codes are the distinct codes of the findings in order: what a refused entry carries in the fold.
func Codes(findings []Finding) []string {
	seen := map[string]bool{}
	var codes []string
	for _, f := range findings {
		if !seen[f.Code] {
			seen[f.Code] = true
			codes = append(codes, f.Code)
		}
	}
	sort.Strings(codes)
	return codes
}
