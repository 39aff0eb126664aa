// Package request owns what members ask each other for beside their artifacts: newer figures, and figures in more detail than they share by default.
//
// [Request] is the question, [Reply] the answer, [Grant] what an officer signs where more detail may leave. Check on each gives the coded rules.
//
// Guarantees: pure. Detail never leaves by default: a request changes nothing, a grant names products or places, a purpose and an end, and after its
// end the scope is what it was.
package request

import (
	"slices"

	"kontor/protocol/artifact"
	"kontor/protocol/block"
	"kontor/protocol/calendar"
)

// Form says what is asked for.
type Form string

// The forms.
const (
	Update Form = "UPDATE" // the newest figures
	Detail Form = "DETAIL" // figures beyond scope or grain, for a purpose and a time
)

// Bounds. A person writes a request, and a person reads it.
const (
	MaxKinds     = 16
	MaxItems     = 1000 // products or regions named
	MaxVersions  = 64   // versions that newer ones are asked of, or sent
	MaxGrantDays = 366  // a grant ends within a year
	MaxOpen      = 64   // requests of one member that wait for an answer
	millisPerDay = 24 * 60 * 60 * 1000
)

// Codes of the rules.
const (
	CodeRequest = "REQUEST-01" // the request is malformed
	CodeMember  = "REQUEST-02" // another member than a writing one is asked, or oneself
	CodeMany    = "REQUEST-03" // too many requests wait for an answer
	CodeUnknown = "REQUEST-04" // no such request waits for this member's answer
	CodeVerdict = "REQUEST-05" // the answer does not fit the form of the request, or is malformed
	CodeGrant   = "REQUEST-06" // the grant is malformed, or wider or longer than what was asked for
	CodeSent    = "REQUEST-07" // a version named is not the answering member's own in force, or not newer
)

// Request asks one member for something.
type Request struct {
	To       block.CID   `cbor:"to" json:"to"` // company
	Form     Form        `cbor:"form" json:"form"`
	Kinds    []string    `cbor:"kinds,omitempty" json:"kinds,omitempty"`       // of entries; empty: all
	Products []string    `cbor:"products,omitempty" json:"products,omitempty"` // empty: all
	Regions  []string    `cbor:"regions,omitempty" json:"regions,omitempty"`   // empty: all
	Newer    []block.CID `cbor:"newer,omitempty" json:"newer,omitempty"`       // UPDATE: only if there is something newer than these
	Due      int64       `cbor:"due,omitzero" json:"due,omitempty"`            // ms UTC; 0: no answer by a time is asked for
	Note     string      `cbor:"note,omitempty" json:"note,omitempty"`
	// Of DETAIL alone.
	Purpose string           `cbor:"purpose,omitempty" json:"purpose,omitempty"` // what it is for, in a sentence
	Period  *calendar.Bucket `cbor:"period,omitempty" json:"period,omitempty"`   // days the figures are about
	Until   int64            `cbor:"until,omitzero" json:"until,omitempty"`      // for how long it is needed, ms UTC
}

// Check tells why a request can't stand; t is the time of its entry, ms UTC.
func (q Request) Check(t int64) []artifact.Finding {
	var r artifact.Report
	for _, list := range []struct {
		name   string
		values []string
		most   int
	}{{"kinds", q.Kinds, MaxKinds}, {"products", q.Products, MaxItems}, {"regions", q.Regions, MaxItems}} {
		if len(list.values) > list.most || slices.ContainsFunc(list.values, func(s string) bool { return !artifact.IsName(s) || s == artifact.All }) {
			r.Add(CodeRequest, list.name, "%d values, or one that is empty, too long, not plain text or \"*\"; leave the list empty for all", len(list.values))
		}
	}
	if len(q.Newer) > MaxVersions || q.Due < 0 || q.Due > artifact.MaxTime || !artifact.IsSentence(q.Note) {
		r.Add(CodeRequest, "note", "versions, time or note are out of bounds")
	}
	switch q.Form {
	case Update:
		if q.Purpose != "" || q.Period != nil || q.Until != 0 {
			r.Add(CodeRequest, "purpose", "a request for an update has no purpose, period or end")
		}
	case Detail:
		if q.Purpose == "" || !artifact.IsSentence(q.Purpose) || q.Period == nil || !q.Period.Valid() {
			r.Add(CodeRequest, "purpose", "detail is asked for with a purpose in a sentence and the days it is about")
		}
		if q.Until <= t || q.Until-t > MaxGrantDays*millisPerDay {
			r.Add(CodeRequest, "until", "detail is asked for until a time after the request and within %d days", MaxGrantDays)
		}
		if len(q.Newer) > 0 || len(q.Products)+len(q.Regions) == 0 {
			r.Add(CodeRequest, "products", "detail is asked for of named products or regions")
		}
	default:
		r.Add(CodeRequest, "form", "%q is neither UPDATE nor DETAIL", artifact.Clip(string(q.Form)))
	}
	return r.Findings()
}

// Verdict is what a member answers.
type Verdict string

// The verdicts.
const (
	Open    Verdict = "OPEN"          // no answer yet: never written
	Sent    Verdict = "SENT"          // newer versions were shared: they are named
	Nothing Verdict = "NOTHING_NEWER" // what is in force is the newest
	Later   Verdict = "LATER"         // it will be answered: the request stays open
	Denied  Verdict = "DENIED"
	Granted Verdict = "GRANTED" // by an officer, with an end
	Revoked Verdict = "REVOKED" // a grant taken back before its end
)

// Reply answers a request.
type Reply struct {
	Request block.CID   `cbor:"request" json:"request"` // its entry
	Verdict Verdict     `cbor:"verdict" json:"verdict"`
	Roots   []block.CID `cbor:"roots,omitempty" json:"roots,omitempty"` // SENT: the newer versions
	Note    string      `cbor:"note,omitempty" json:"note,omitempty"`
	Grant   []byte      `cbor:"grant,omitempty" json:"grant,omitempty"` // GRANTED: the signed Grant, canonical
}

// Check tells why a reply does not fit a request that stands at a verdict.
func (a Reply) Check(q Request, at Verdict) []artifact.Finding {
	var r artifact.Report
	open := at == Open || at == Later
	fits := map[Verdict]bool{Sent: open && q.Form == Update, Nothing: open && q.Form == Update, Later: open, Denied: open, Granted: open && q.Form == Detail, Revoked: at == Granted}
	if !fits[a.Verdict] {
		r.Add(CodeVerdict, "verdict", "%q is no answer to a request for %s that is %s", artifact.Clip(string(a.Verdict)), q.Form, at)
	}
	if (len(a.Roots) > 0) != (a.Verdict == Sent) || len(a.Roots) > MaxVersions || (len(a.Grant) > 0) != (a.Verdict == Granted) || !artifact.IsSentence(a.Note) {
		r.Add(CodeVerdict, "roots", "versions are named where some were sent, a grant is carried where one is given, a note is one sentence")
	}
	return r.Findings()
}

// Signature is the label under which an officer signs a grant.
const Signature = "detail-grant"

// Grant lets detail leave to one member for a time. It falls by itself at its end, and with the key of its officer nothing new leaves under it.
type Grant struct {
	V         int64           `cbor:"v" json:"v"` // 1
	PID       block.CID       `cbor:"pid" json:"pid"`
	Request   block.CID       `cbor:"request" json:"request"`
	To        block.CID       `cbor:"to" json:"to"` // the company that asked
	Kinds     []string        `cbor:"kinds" json:"kinds"`
	Products  []string        `cbor:"products" json:"products"` // empty: all
	Regions   []string        `cbor:"regions" json:"regions"`   // empty: all
	Purpose   string          `cbor:"purpose" json:"purpose"`
	Period    calendar.Bucket `cbor:"period" json:"period"`       // days the figures are about
	From      int64           `cbor:"from" json:"from"`           // ms UTC
	Until     int64           `cbor:"until" json:"until"`         // ms UTC
	Inferable []string        `cbor:"inferable" json:"inferable"` // what the officer was told the receiver could work out
}

// Check tells why a grant does not answer a request that by asked.
func (g Grant) Check(q Request, pid, request, by block.CID) []artifact.Finding {
	var r artifact.Report
	if g.V != 1 || g.PID != pid || g.Request != request || g.To != by {
		r.Add(CodeGrant, "request", "the grant answers another request, or has version %d", g.V)
	}
	within := func(name string, given, asked []string) {
		if len(asked) > 0 && (len(given) == 0 || slices.ContainsFunc(given, func(s string) bool { return !slices.Contains(asked, s) })) {
			r.Add(CodeGrant, name, "the grant names %s that were not asked for", name)
		}
		if len(given) > MaxItems || slices.ContainsFunc(given, func(s string) bool { return !artifact.IsName(s) }) {
			r.Add(CodeGrant, name, "%d values, or one that is no name", len(given))
		}
	}
	within("kinds", g.Kinds, q.Kinds)
	within("products", g.Products, q.Products)
	within("regions", g.Regions, q.Regions)
	if len(g.Kinds) == 0 {
		r.Add(CodeGrant, "kinds", "a grant names the kinds it is for")
	}
	if g.Purpose != q.Purpose {
		r.Add(CodeGrant, "purpose", "the grant is for another purpose than was asked")
	}
	if q.Period == nil || !q.Period.Covers(g.Period) || !g.Period.Valid() {
		r.Add(CodeGrant, "period", "the grant is about days that were not asked for")
	}
	if g.From < 0 || g.Until <= g.From || g.Until > q.Until || g.Until-g.From > MaxGrantDays*millisPerDay {
		r.Add(CodeGrant, "until", "a grant ends after it begins, not after what was asked for, and within %d days", MaxGrantDays)
	}
	if len(g.Inferable) > MaxVersions {
		r.Add(CodeGrant, "inferable", "%d statements are more than %d", len(g.Inferable), MaxVersions)
	}
	return r.Findings()
}

// Stands tells whether a grant lets something of a kind leave at a time.
func (g Grant) Stands(kind string, at int64) bool {
	return at >= g.From && at < g.Until && slices.Contains(g.Kinds, kind)
}

// Scope is what a grant adds to what may leave while it stands.
func (g Grant) Scope() artifact.Scope {
	all := func(list []string) []string {
		if len(list) == 0 {
			return []string{artifact.All}
		}
		return list
	}
	return artifact.Scope{Roles: []string{artifact.All}, Products: all(g.Products), Regions: all(g.Regions), Days: g.Period}
}
