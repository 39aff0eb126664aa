// Package api is a node's local API: HTTP over a unix socket in the home and, when asked for, over loopback TCP with personal tokens.
//
// A [Registry] holds routes and their handlers; [Handle], [HandleUpload], [HandleDownload] and [HandleEvents] register them, one
// file of routes per noun (routes_admin.go). [New] makes the HTTP handler of a registry, [ListenSocket] and [ListenLoopback] the ways in.
//
// Guarantees: no handler runs before the caller is known and the route's permission allows its role; bodies and times are bounded;
// every error leaves in one shape with a stable code; the description is generated from the routes that answer.
package api

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"reflect"
	"sort"

	"kontor/node"
	"kontor/node/api/wire"
)

// Caller is who calls: the owner of the socket, or the holder of a personal token.
type Caller struct {
	Name    string // the token's name; "owner" for whoever may open the socket
	Role    wire.Role
	Scope   wire.Scope
	Command node.Command // the ID of this command: a retry with it returns the first result
}

// Registry holds the routes of an API.
type Registry struct {
	entries []entry
	taken   map[string]bool
	streams streams
}

// entry is a route with the types erased.
type entry struct {
	wire.Spec
	in, out reflect.Type
	serve   func(w http.ResponseWriter, r *http.Request, c Caller) error
}

// NewRegistry makes an empty registry.
func NewRegistry() *Registry { return &Registry{taken: map[string]bool{}} }

// Routes lists what is registered, by path and method.
func (r *Registry) Routes() []wire.Spec {
	var out []wire.Spec
	for _, e := range r.entries {
		out = append(out, e.Spec)
	}
	sort.Slice(out, func(i, j int) bool {
		if out[i].Path != out[j].Path {
			return out[i].Path < out[j].Path
		}
		return out[i].Method < out[j].Method
	})
	return out
}

func (r *Registry) add(e entry) {
	key := e.Method + " " + e.Path
	if r.taken[key] {
		panic("invariant: a route is registered once: " + key)
	}
	r.taken[key] = true
	r.entries = append(r.entries, e)
}

// Handle registers the handler of a route that takes and gives documents.
func Handle[In, Out any](r *Registry, route wire.Route[In, Out], handle func(ctx context.Context, c Caller, in In) (Out, error)) {
	mustCarry(route.Spec, wire.JSON)
	r.add(entry{route.Spec, reflect.TypeFor[In](), reflect.TypeFor[Out](), func(w http.ResponseWriter, req *http.Request, c Caller) error {
		in, err := readIn[In](req)
		if err != nil {
			return err
		}
		out, err := handle(req.Context(), c, in)
		if err != nil {
			return err
		}
		return writeJSON(w, http.StatusOK, out)
	}})
}

// HandleUpload registers the handler of a route that takes a file. The file ends with an error when it exceeds the route's bound.
func HandleUpload[In, Out any](r *Registry, route wire.Route[In, Out], handle func(ctx context.Context, c Caller, in In, file io.Reader) (Out, error)) {
	mustCarry(route.Spec, wire.Upload)
	r.add(entry{route.Spec, reflect.TypeFor[In](), reflect.TypeFor[Out](), func(w http.ResponseWriter, req *http.Request, c Caller) error {
		var in In
		if err := wire.DecodeQuery(req.URL.Query(), &in); err != nil {
			return err
		}
		out, err := handle(req.Context(), c, in, req.Body)
		if err != nil {
			return err
		}
		return writeJSON(w, http.StatusOK, out)
	}})
}

// HandleDownload registers the handler of a route that gives a file. An error before the first byte is answered as one; an error after
// it breaks the connection off, so that the caller never takes a part for the whole.
func HandleDownload[In any](r *Registry, route wire.Route[In, wire.None], handle func(ctx context.Context, c Caller, in In, file io.Writer) error) {
	mustCarry(route.Spec, wire.Download)
	r.add(entry{route.Spec, reflect.TypeFor[In](), reflect.TypeFor[wire.None](), func(w http.ResponseWriter, req *http.Request, c Caller) error {
		in, err := readIn[In](req)
		if err != nil {
			return err
		}
		out := &begun{Writer: w}
		w.Header().Set("Content-Type", "application/octet-stream")
		err = handle(req.Context(), c, in, out)
		if err != nil && out.any {
			panic(http.ErrAbortHandler)
		}
		if err != nil {
			w.Header().Del("Content-Type")
		}
		return err
	}})
}

// begun notes whether anything was written.
type begun struct {
	io.Writer
	any bool
}

func (b *begun) Write(p []byte) (int, error) {
	b.any = b.any || len(p) > 0
	return b.Writer.Write(p)
}

func mustCarry(s wire.Spec, c wire.Carries) {
	if s.Carries != c {
		panic(fmt.Sprintf("invariant: %s %s carries %s, its handler %s", s.Method, s.Path, s.Carries, c))
	}
}

// readIn reads what goes in: from the query of a route that reads, from the body of a command.
func readIn[In any](req *http.Request) (in In, err error) {
	if req.Method == http.MethodGet {
		return in, wire.DecodeQuery(req.URL.Query(), &in)
	}
	if len(req.URL.RawQuery) > 0 {
		return in, wire.Problemf("BAD_REQUEST", "a command takes its parameters in the body, not in the query")
	}
	return in, readBody(req, &in)
}

// readBody reads the one document of a command's body. On error what into points to is zero.
func readBody(req *http.Request, into any) error {
	d := json.NewDecoder(req.Body)
	d.DisallowUnknownFields()
	err := d.Decode(into)
	if errors.Is(err, io.EOF) {
		return nil // no body: every parameter has its zero value
	}
	if err == nil {
		if _, end := d.Token(); errors.Is(end, io.EOF) {
			return nil
		}
	}
	reflect.ValueOf(into).Elem().SetZero()
	if err != nil {
		return bodyProblem(err)
	}
	return wire.Problemf("BAD_REQUEST", "something follows the document in the request's body")
}

func bodyProblem(err error) error {
	var large *http.MaxBytesError
	if errors.As(err, &large) {
		return wire.Problemf("TOO_LARGE", "the request's body has more than %d bytes", large.Limit)
	}
	return wire.Problemf("BAD_REQUEST", "the request's body: %v", err)
}

func writeJSON(w http.ResponseWriter, status int, doc any) error {
	data, err := json.Marshal(doc)
	if err != nil {
		return fmt.Errorf("write the answer: %w", err)
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	w.Write(append(data, '\n'))
	return nil
}

// ProblemOf gives any error the one shape.
func ProblemOf(err error) *wire.Problem {
	var p *wire.Problem
	var large *http.MaxBytesError
	var query url.EscapeError
	switch {
	case errors.As(err, &p):
		return p
	case errors.As(err, &large):
		return wire.Problemf("TOO_LARGE", "the request's body has more than %d bytes", large.Limit)
	case errors.As(err, &query):
		return wire.Problemf("BAD_REQUEST", "the query: %v", query)
	case errors.Is(err, context.DeadlineExceeded):
		return wire.Problemf("TIMEOUT", "the call took too long and was ended; what it had committed stands")
	case errors.Is(err, context.Canceled):
		return wire.Problemf("STOPPING", "the call was ended before it was done")
	}
	f := node.AsFailure(err)
	return &wire.Problem{Code: f.Code, Text: f.Text, Findings: f.Findings, Next: wire.Meaning(f.Code).Next}
}
