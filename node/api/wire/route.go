// Package wire is the contract of the local API: routes as data, the documents that go in and out, and the one shape of an error.
//
// A [Route] names method, path, permission and, by its type parameters, what it takes and what it answers. The node registers a
// handler for it (api.Handle), the client calls it (client.Call), the API's description is generated from it: a route is written down once.
//
// Fields of these documents are only ever added. Times are milliseconds UTC, amounts are minor units with a currency, identifiers
// are the text form of CIDs.
package wire

import (
	"slices"
	"time"
)

// Carries says what travels on a route besides its parameters.
type Carries string

const (
	JSON     Carries = "json"     // parameters in, one document out
	Upload   Carries = "upload"   // parameters in the query, a file as the request's body, one document out
	Download Carries = "download" // parameters in the query, a file out
	Events   Carries = "events"   // parameters in the query, server-sent events out
)

// Spec is what is known of a route without its types.
type Spec struct {
	Method     string
	Path       string
	Permission Permission
	Doc        string // one sentence, for the description
	Carries    Carries
	MaxBody    int64         // bytes of the request's body
	Timeout    time.Duration // of one call; 0: as long as the caller stays
}

// Bounds of a call. A document someone wrote by hand is far below the first; the second is the artifact of PROTOCOL 9.
const (
	MaxDocument = 4 << 20
	MaxFile     = 256 << 20

	callTime = 30 * time.Second
	fileTime = 15 * time.Minute
)

// Route is a route and the types of what goes in and comes out.
type Route[In, Out any] struct{ Spec }

// None is the empty document.
type None struct{}

// Get is a route that reads: parameters stand in the query.
func Get[In, Out any](path string, p Permission, doc string) Route[In, Out] {
	return Route[In, Out]{Spec{Method: "GET", Path: path, Permission: p, Doc: doc, Carries: JSON, Timeout: callTime}}
}

// Post is a route that changes something: a command. Its ID makes a retry safe.
func Post[In, Out any](path string, p Permission, doc string) Route[In, Out] {
	return Route[In, Out]{Spec{Method: "POST", Path: path, Permission: p, Doc: doc, Carries: JSON, MaxBody: MaxDocument, Timeout: callTime}}
}

// PostFile is a route that takes a file; its parameters stand in the query.
func PostFile[In, Out any](path string, p Permission, doc string) Route[In, Out] {
	return Route[In, Out]{Spec{Method: "POST", Path: path, Permission: p, Doc: doc, Carries: Upload, MaxBody: MaxFile, Timeout: fileTime}}
}

// GetFile is a route that answers with a file.
func GetFile[In any](path string, p Permission, doc string) Route[In, None] {
	return Route[In, None]{Spec{Method: "GET", Path: path, Permission: p, Doc: doc, Carries: Download, Timeout: fileTime}}
}

// Slow gives a route more time: for what computes or waits.
func (r Route[In, Out]) Slow(d time.Duration) Route[In, Out] {
	r.Timeout = d
	return r
}

// Role is what a caller of the local API may be. The officers' names are those of their keys.
type Role string

const (
	Admin   Role = "admin"
	Planner Role = "planner"
	CEO     Role = "CEO"
	COO     Role = "COO"
	CMO     Role = "CMO"
	CFO     Role = "CFO"
	CTO     Role = "CTO"
	Viewer  Role = "viewer"
)

// Roles lists all of them.
var Roles = []Role{Admin, Planner, CEO, COO, CMO, CFO, CTO, Viewer}

// Officer tells whether the role signs for the company.
func (r Role) Officer() bool { return slices.Contains([]Role{CEO, COO, CMO, CFO, CTO}, r) }

// Permission is a set of roles that may use a route.
type Permission string

const (
	Administer Permission = "administer" // partners, officers' certificates, tokens, backups: the admin
	Plan       Permission = "plan"       // the desk's work: the planner, and the admin
	Decide     Permission = "decide"     // topics, mandates, agreements: officers, and the admin
	Work       Permission = "work"       // what both desk and officers do
	View       Permission = "view"       // everyone known
)

// Allows tells whether a role has the permission. An officer's word is the officer's signature inside the document; who hands it in
// is of less weight, so the admin may.
func (p Permission) Allows(r Role) bool {
	if r == Admin {
		return true
	}
	switch p {
	case Plan:
		return r == Planner
	case Decide:
		return r.Officer()
	case Work:
		return r == Planner || r.Officer()
	case View:
		return slices.Contains(Roles, r)
	}
	return false
}

// Scope bounds what a caller sees. An empty list means all.
type Scope struct {
	Partners []string `json:"partners"` // CompanyIDs
	Products []string `json:"products"`
	Regions  []string `json:"regions"`
}

func within(list []string, item string) bool { return len(list) == 0 || slices.Contains(list, item) }

// Partner tells whether the caller sees what concerns a partner.
func (s Scope) Partner(company string) bool { return within(s.Partners, company) }

// Product tells whether the caller sees a product.
func (s Scope) Product(id string) bool { return within(s.Products, id) }

// Region tells whether the caller sees a region.
func (s Scope) Region(code string) bool { return within(s.Regions, code) }
