package api_test

import (
	"bytes"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"sort"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"

	"kontor/node/api"
	"kontor/node/api/wire"
	"kontor/node/client"
)

var update = flag.Bool("update", false, "write the frozen list of routes anew")

func TestHealthMetricsAndDescription(t *testing.T) {
	s := serve(t)
	ctx := context.Background()
	for path, want := range map[string]string{"/healthz": `"alive"`, "/readyz": `"ready"`, "/metrics": "kontor_entries_parked_total", "/openapi.json": `"openapi":"3.1.0"`} {
		status, data, err := s.client.Raw(ctx, path)
		if err != nil || status != http.StatusOK || !bytes.Contains(data, []byte(want)) {
			t.Errorf("%s: HTTP %d, %v; it lacks %s", path, status, err, want)
		}
	}
	_, data, err := s.client.Raw(ctx, "/openapi.json")
	if err != nil {
		t.Fatal(err)
	}
	var doc struct {
		Paths      map[string]map[string]struct{ OperationID string }
		Components struct{ Schemas map[string]json.RawMessage }
	}
	if err := json.Unmarshal(data, &doc); err != nil {
		t.Fatal(err)
	}
	operations := map[string]bool{}
	for _, route := range s.registry.Routes() {
		op, found := doc.Paths[route.Path][strings.ToLower(route.Method)]
		if !found || operations[op.OperationID] {
			t.Errorf("%s %s is not described, or its name %q is taken", route.Method, route.Path, op.OperationID)
		}
		operations[op.OperationID] = true
		if route.Doc == "" || !strings.HasSuffix(route.Doc, ".") {
			t.Errorf("%s %s is described by %q; a sentence is right", route.Method, route.Path, route.Doc)
		}
	}
	for _, ref := range strings.Split(string(data), `"#/components/schemas/`)[1:] {
		name, _, _ := strings.Cut(ref, `"`)
		if doc.Components.Schemas[name] == nil {
			t.Errorf("the description refers to %s, which it does not hold", name)
		}
	}
}

// A recovering node is up but takes no commands; the two questions tell that apart.
func TestReadyTellsRecovering(t *testing.T) {
	server := api.New(api.NewRegistry(), nil, func() (string, string) { return "recovering", "wait" }, prometheus.NewRegistry())
	l, err := api.ListenLoopback("127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	go server.Serve(ctx, l, false)
	c := client.Dial("http://"+l.Addr().String(), "")
	if status, data, err := c.Raw(ctx, "/readyz"); err != nil || status != 503 || !bytes.Contains(data, []byte("recovering")) {
		t.Errorf("ready: HTTP %d %s, %v", status, data, err)
	}
	if status, _, err := c.Raw(ctx, "/healthz"); err != nil || status != 200 {
		t.Errorf("health: HTTP %d, %v", status, err)
	}
}

// The routes are a promise: this list changes on purpose only.
func TestRoutesAreFrozen(t *testing.T) {
	s := serve(t)
	var lines []string
	for _, r := range s.registry.Routes() {
		lines = append(lines, fmt.Sprintf("%s %s %s %s", r.Method, r.Path, r.Permission, r.Carries))
	}
	sort.Strings(lines)
	path := filepath.Join("testdata", "routes.txt")
	got := strings.Join(lines, "\n") + "\n"
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for _, line := range strings.Split(strings.TrimSpace(string(want)), "\n") {
		if !strings.Contains(got, line+"\n") {
			t.Errorf("the route %q is gone or changed; callers rely on it", line)
		}
	}
	for _, line := range lines {
		if !strings.Contains(string(want), line+"\n") {
			t.Errorf("the route %q is new; write it down with: go test ./node/api -run Frozen -update", line)
		}
	}
}

func TestEventsStreamAndStop(t *testing.T) {
	s := serve(t)
	ctx, cancel := context.WithCancel(context.Background())
	opened := make(chan struct{})
	ended := make(chan error, 1)
	go func() {
		ended <- client.Events(ctx, s.client, wire.Notices, wire.None{}, func() { close(opened) }, func(wire.Notice) error { return nil })
	}()
	select {
	case <-opened:
	case err := <-ended:
		t.Fatal(err)
	}
	cancel()
	if err := <-ended; err != nil && code(err) != "STOPPING" {
		t.Fatal(err)
	}
}
