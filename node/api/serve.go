package api

import (
	"context"
	"net"
	"net/http"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"kontor/node"
	"kontor/node/api/wire"
)

// CommandHeader carries the client-chosen ID of a command.
const CommandHeader = "Kontor-Command"

// Bounds of a connection, against callers that hold it open without asking.
const (
	headerTime  = 5 * time.Second
	idleTime    = 2 * time.Minute
	maxHeader   = 64 << 10
	closingTime = 3 * time.Second
)

// Tokens finds out who holds a personal token. The error for one that is unknown, revoked or expired has the code TOKEN_REFUSED.
type Tokens interface {
	Holder(token string) (name string, role wire.Role, scope wire.Scope, err error)
}

// State is how the node stands, for /readyz: "ready", "recovering" or "starting", and a sentence.
type State func() (state, text string)

// Server answers the local API.
type Server struct {
	registry *Registry
	tokens   Tokens
	state    State
	mux      *http.ServeMux
}

// New makes the server of a registry's routes.
func New(r *Registry, tokens Tokens, state State, metrics prometheus.Gatherer) *Server {
	s := &Server{registry: r, tokens: tokens, state: state, mux: http.NewServeMux()}
	s.mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) {
		writeJSON(w, http.StatusOK, map[string]string{"state": "alive"})
	})
	s.mux.HandleFunc("GET /readyz", s.readyz)
	s.mux.Handle("GET /metrics", s.known(wire.View, promhttp.HandlerFor(metrics, promhttp.HandlerOpts{})))
	s.mux.Handle("GET /openapi.json", s.known(wire.View, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		writeJSON(w, http.StatusOK, Describe(r))
	})))
	for _, e := range r.entries {
		s.mux.Handle(e.Method+" "+e.Path, s.route(e))
	}
	s.mux.HandleFunc("/", func(w http.ResponseWriter, req *http.Request) {
		writeProblem(w, wire.Problemf("NOT_FOUND", "there is no %s %s; /openapi.json lists what there is", req.Method, req.URL.Path))
	})
	return s
}

// readyz answers 200 when commands are taken, 503 with a reason otherwise.
func (s *Server) readyz(w http.ResponseWriter, _ *http.Request) {
	state, text := s.state()
	status := http.StatusOK
	if state != "ready" {
		status = http.StatusServiceUnavailable
	}
	writeJSON(w, status, map[string]string{"state": state, "text": text})
}

// localKey marks requests that came over the socket.
type localKey struct{}

// Serve answers on a listener until ctx ends; local says that whoever reaches it is the owner. It returns after the calls under
// way ended or a few seconds passed.
func (s *Server) Serve(ctx context.Context, l net.Listener, local bool) error {
	stopping, stop := context.WithCancel(context.WithValue(context.Background(), localKey{}, local))
	defer stop()
	server := &http.Server{Handler: s, ReadHeaderTimeout: headerTime, IdleTimeout: idleTime, MaxHeaderBytes: maxHeader,
		BaseContext: func(net.Listener) context.Context { return stopping }}
	done := make(chan error, 1)
	go func() { done <- server.Serve(l) }()
	select {
	case err := <-done:
		return err
	case <-ctx.Done():
	}
	// Streams of events end at once; commands under way get a moment.
	s.registry.streams.stop()
	closing, cancel := context.WithTimeout(context.Background(), closingTime)
	defer cancel()
	if err := server.Shutdown(closing); err != nil {
		stop()
		server.Close()
	}
	<-done
	return nil
}

// ServeHTTP implements http.Handler.
func (s *Server) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	// A browser led here by another site's name must not reach the API.
	if local, _ := req.Context().Value(localKey{}).(bool); !local && !loopbackHost(req.Host) {
		writeProblem(w, wire.Problemf("FORBIDDEN", "the API answers to localhost, not to %q", req.Host))
		return
	}
	w.Header().Set("X-Content-Type-Options", "nosniff")
	w.Header().Set("Cache-Control", "no-store")
	s.mux.ServeHTTP(w, req)
}

func loopbackHost(host string) bool {
	if h, _, err := net.SplitHostPort(host); err == nil {
		host = h
	}
	ip := net.ParseIP(strings.Trim(host, "[]"))
	return host == "localhost" || (ip != nil && ip.IsLoopback())
}

// route puts the checks before a handler: who, may they, how much, how long.
func (s *Server) route(e entry) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		caller, err := s.caller(req)
		if err == nil && !e.Permission.Allows(caller.Role) {
			err = wire.Problemf("FORBIDDEN", "%s %s needs the permission %q, which the role %s does not have", e.Method, e.Path, e.Permission, caller.Role)
		}
		if err != nil {
			writeProblem(w, err)
			return
		}
		if e.Timeout > 0 {
			ctx, cancel := context.WithTimeout(req.Context(), e.Timeout)
			defer cancel()
			control := http.NewResponseController(w)
			// Not every writer of a test has deadlines; the context bounds the handler all the same.
			_ = control.SetReadDeadline(time.Now().Add(e.Timeout))
			_ = control.SetWriteDeadline(time.Now().Add(e.Timeout + closingTime))
			req = req.WithContext(ctx)
		}
		req.Body = http.MaxBytesReader(w, req.Body, e.MaxBody)
		if err := e.serve(w, req, caller); err != nil {
			writeProblem(w, err)
		}
	})
}

// known puts the checks before something that is no route.
func (s *Server) known(p wire.Permission, h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		caller, err := s.caller(req)
		if err == nil && !p.Allows(caller.Role) {
			err = wire.Problemf("FORBIDDEN", "the role %s may not read %s", caller.Role, req.URL.Path)
		}
		if err != nil {
			writeProblem(w, err)
			return
		}
		h.ServeHTTP(w, req)
	})
}

// caller finds out who calls. Whoever reaches the socket owns the home and is admin, unless a token says less.
func (s *Server) caller(req *http.Request) (Caller, error) {
	c := Caller{Command: node.Command(req.Header.Get(CommandHeader))}
	if len(c.Command) > node.MaxCommand {
		return c, wire.Problemf("BAD_COMMAND_ID", "command ID has %d bytes; at most %d are allowed", len(c.Command), node.MaxCommand)
	}
	header := req.Header.Get("Authorization")
	if header == "" {
		if local, _ := req.Context().Value(localKey{}).(bool); local {
			c.Name, c.Role = "owner", wire.Admin
			return c, nil
		}
		return c, wire.Problemf("TOKEN_MISSING", "over TCP every call carries a personal token: Authorization: Bearer TOKEN")
	}
	token, ok := strings.CutPrefix(header, "Bearer ")
	if !ok {
		return c, wire.Problemf("TOKEN_REFUSED", "the Authorization header is not of the form: Bearer TOKEN")
	}
	var err error
	c.Name, c.Role, c.Scope, err = s.tokens.Holder(token)
	return c, err
}

func writeProblem(w http.ResponseWriter, err error) {
	p := ProblemOf(err)
	status := wire.Meaning(p.Code).Status
	if status == http.StatusUnauthorized {
		w.Header().Set("WWW-Authenticate", "Bearer")
	}
	writeJSON(w, status, p)
}
