package artifact

import (
	"fmt"
	"sort"
	"strings"
	"unicode/utf8"
)

// Codes of the header rules.
const (
	CodeType       = "ARTIFACT-01" // not the type this place reads
	CodeSeries     = "ARTIFACT-02" // no series id
	CodeRevision   = "ARTIFACT-03" // revision and parent do not agree
	CodeReason     = "ARTIFACT-04" // unknown reason code
	CodeTime       = "ARTIFACT-05" // time of issue or extraction out of range
	CodeEvidence   = "ARTIFACT-06" // unknown evidence grade
	CodeFreshness  = "ARTIFACT-07" // freshness ladder out of order or out of bounds
	CodeScope      = "ARTIFACT-08" // scope malformed or too long
	CodeProvenance = "ARTIFACT-09" // provenance malformed or too long
	CodeExt        = "ARTIFACT-10" // extension fields too many or too long
)

// MaxTime is the end of the year 2999 in ms UTC, the last date package calendar can write.
const MaxTime = 32_503_679_999_999

// CheckHeader applies the rules every document shares. A document derives from its inputs, so a time of
// extraction after the time of issue is a fault; whether the time of issue is plausible is the feed's affair.
func CheckHeader(h Header, wantType string) []Finding {
	var r Report
	if h.Type != wantType {
		r.Add(CodeType, "header.type", "is %q where %q is read", h.Type, wantType)
	}
	if h.Series == (SeriesID{}) {
		r.Add(CodeSeries, "header.series", "series id is missing")
	}
	switch {
	case h.Revision < 0 || h.Revision > MaxRevision:
		r.Add(CodeRevision, "header.revision", "%d is out of range", h.Revision)
	case h.Revision == 0 && h.Parent != nil:
		r.Add(CodeRevision, "header.parent", "the first revision of a series has no parent")
	case h.Revision > 0 && (h.Parent == nil || !h.Parent.Defined()):
		r.Add(CodeRevision, "header.parent", "revision %d names no parent", h.Revision)
	}
	if h.Reason != "" && !h.Reason.Known() {
		r.Add(CodeReason, "header.reason", "unknown reason code %q", string(h.Reason))
	}
	if h.Issued <= 0 || h.Issued > MaxTime {
		r.Add(CodeTime, "header.issued", "%d is no time in milliseconds", h.Issued)
	}
	if at := h.Provenance.ExtractedAt; at < 0 || at > MaxTime || at > h.Issued {
		r.Add(CodeTime, "header.provenance.extractedAt", "%d is no time at or before the issue", at)
	}
	if h.Evidence != GradeA && h.Evidence != GradeB && h.Evidence != GradeC {
		r.Add(CodeEvidence, "header.evidence", "%q is none of A, B, C", string(h.Evidence))
	}
	checkFreshness(&r, h.Freshness)
	checkScope(&r, h.Scope)
	checkProvenance(&r, h.Provenance)
	CheckExt(&r, CodeExt, "header.ext", h.Ext)
	return r.Findings()
}

func checkFreshness(r *Report, ladder []Freshness) {
	if len(ladder) > MaxFreshness {
		r.Add(CodeFreshness, "header.freshness", "%d steps are more than %d", len(ladder), MaxFreshness)
		return
	}
	last := int64(-1)
	for i, step := range ladder {
		if step.HorizonDays <= last || step.HorizonDays > MaxHorizonDays || step.MaxAgeDays < 0 || step.MaxAgeDays > MaxHorizonDays {
			r.Add(CodeFreshness, fmt.Sprintf("header.freshness[%d]", i), "horizon %d days, age %d days: horizons rise and both stay within %d", step.HorizonDays, step.MaxAgeDays, MaxHorizonDays)
		}
		last = step.HorizonDays
	}
}

func checkScope(r *Report, s Scope) {
	for _, list := range []struct {
		name   string
		values []string
	}{{"roles", s.Roles}, {"products", s.Products}, {"regions", s.Regions}, {"purpose", s.Purpose}} {
		path := "header.scope." + list.name
		if len(list.values) > MaxScopeEntries {
			r.Add(CodeScope, path, "%d entries are more than %d", len(list.values), MaxScopeEntries)
			continue
		}
		seen := make(map[string]bool, len(list.values))
		for _, v := range list.values {
			if !IsName(v) || seen[v] {
				r.Add(CodeScope, path, "entry %q is empty, too long, not plain text or named twice", Clip(v))
			}
			seen[v] = true
		}
	}
}

func checkProvenance(r *Report, p Provenance) {
	const path = "header.provenance"
	if !IsName(p.SourceSystem) {
		r.Add(CodeProvenance, path+".sourceSystem", "%q is empty, too long or not plain text", Clip(p.SourceSystem))
	}
	for _, f := range []struct{ name, text string }{{"sourceRecord", p.SourceRecord}, {"version", p.Version}, {"activity", p.Activity}} {
		if f.text != "" && !IsName(f.text) {
			r.Add(CodeProvenance, path+"."+f.name, "%q is too long or not plain text", Clip(f.text))
		}
	}
	if len(p.DerivedFrom) > MaxDerivedFrom || len(p.Commitments) > MaxCommitments {
		r.Add(CodeProvenance, path, "%d inputs and %d commitments are more than %d and %d", len(p.DerivedFrom), len(p.Commitments), MaxDerivedFrom, MaxCommitments)
	}
	for i, c := range p.Commitments {
		if len(c) == 0 || len(c) > MaxCommitment {
			r.Add(CodeProvenance, fmt.Sprintf("%s.commitments[%d]", path, i), "%d bytes are none or more than %d", len(c), MaxCommitment)
		}
	}
}

// CheckExt applies the bounds of extension fields of a header or a line.
func CheckExt(r *Report, code, path string, ext map[string][]byte) {
	if len(ext) > MaxExt {
		r.Add(code, path, "%d extension fields are more than %d", len(ext), MaxExt)
		return
	}
	names := make([]string, 0, len(ext))
	for name := range ext {
		names = append(names, name)
	}
	sort.Strings(names) // findings come in one order on every node
	for _, name := range names {
		if !IsName(name) || len(ext[name]) > MaxExtBytes {
			r.Add(code, path, "extension field %q has a malformed name or %d bytes, more than %d", Clip(name), len(ext[name]), MaxExtBytes)
		}
	}
}

// IsName reports whether s is a short plain text: 1 to MaxName bytes of UTF-8 without control characters or
// blanks at the ends. Product ids, system names and codes are names.
func IsName(s string) bool { return s != "" && len(s) <= MaxName && isPlain(s) }

// IsSentence is IsName with room for a sentence; it may be empty.
func IsSentence(s string) bool { return s == "" || len(s) <= MaxSentence && isPlain(s) }

// IsRole reports whether s is a code of a role or the like: 1 to 40 capitals, digits and underscores. A person's name
// is none.
func IsRole(s string) bool {
	return s != "" && len(s) <= 40 && strings.Trim(s, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_") == ""
}

// isPlain names the characters it refuses instead of asking a Unicode table: a table grows with the version of
// the language, and two nodes must give one verdict. Refused are controls, line separators, and the marks that
// hide or turn around text on a screen.
func isPlain(s string) bool {
	if !utf8.ValidString(s) || strings.Trim(s, " ") != s {
		return false
	}
	return !strings.ContainsFunc(s, func(c rune) bool {
		return c < 0x20 || c >= 0x7f && c <= 0x9f || c >= 0x200b && c <= 0x200f || c >= 0x2028 && c <= 0x202e || c >= 0x2060 && c <= 0x2069 || c == 0xfeff
	})
}

// Clip shortens a hostile text for use in a sentence.
func Clip(s string) string {
	if len(s) <= 40 {
		return s
	}
	return strings.ToValidUTF8(s[:40], "") + "..."
}
