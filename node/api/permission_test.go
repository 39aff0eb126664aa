package api_test

import (
	"context"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"kontor/node/api/wire"
)

// may is the table of who may do what, written by hand: what wire.Permission computes must agree with it.
var may = map[wire.Permission]string{
	wire.Administer: "admin",
	wire.Plan:       "admin planner",
	wire.Decide:     "admin CEO COO CMO CFO CTO",
	wire.Work:       "admin planner CEO COO CMO CFO CTO",
	wire.View:       "admin planner CEO COO CMO CFO CTO viewer",
}

// Every route is asked by every role. A role without the permission is refused before anything else is looked at; one with it may get
// any other answer.
func TestEveryRouteByEveryRole(t *testing.T) {
	s := serve(t)
	socket := &http.Client{Transport: &http.Transport{DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, "unix", s.home.Socket())
	}}}
	defer socket.CloseIdleConnections()
	for _, role := range wire.Roles {
		token := s.token(t, role, wire.Scope{})
		for _, route := range s.registry.Routes() {
			ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
			req, err := http.NewRequestWithContext(ctx, route.Method, "http://kontor"+route.Path, strings.NewReader("{}"))
			if err != nil {
				t.Fatal(err)
			}
			req.Header.Set("Authorization", "Bearer "+token)
			answer, err := socket.Do(req)
			if err != nil {
				t.Fatal(err)
			}
			var p wire.Problem
			if route.Carries != wire.Events {
				data, _ := io.ReadAll(answer.Body)
				json.Unmarshal(data, &p)
			}
			cancel()
			answer.Body.Close()
			allowed := false
			for _, r := range strings.Fields(may[route.Permission]) {
				allowed = allowed || r == string(role)
			}
			if refused := p.Code == "FORBIDDEN"; refused == allowed || (refused && answer.StatusCode != http.StatusForbidden) {
				t.Errorf("%s asks %s %s (%s): HTTP %d, code %q", role, route.Method, route.Path, route.Permission, answer.StatusCode, p.Code)
			}
		}
	}
}
