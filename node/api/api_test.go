package api_test

import (
	"context"
	"errors"
	"net/http"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"kontor/node"
	"kontor/node/admin"
	"kontor/node/api"
	"kontor/node/api/wire"
	"kontor/node/client"
)

// served is a node without network and its API, on the socket and on loopback.
type served struct {
	home     node.Home
	office   *admin.Office
	registry *api.Registry
	client   *client.Client
	loopback string
}

func serve(t *testing.T, more ...func(*api.Registry)) *served {
	t.Helper()
	home := node.Home(filepath.Join(t.TempDir(), "home"))
	if _, err := node.Init(home, node.InitOptions{Company: "Acme", Now: time.Now()}); err != nil {
		t.Fatal(err)
	}
	n, err := node.Open(node.Config{Home: home, Offline: true})
	if err != nil {
		t.Fatal(err)
	}
	s := &served{home: home, office: admin.New(n)}
	s.registry = api.Routes(n, s.office)
	for _, register := range more {
		register(s.registry)
	}
	server := api.New(s.registry, s.office, s.office.State, n.Metrics())
	socket, err := api.ListenSocket(home.Socket())
	if err != nil {
		t.Fatal(err)
	}
	loopback, err := api.ListenLoopback("127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s.loopback = "http://" + loopback.Addr().String()
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 2)
	go func() { done <- server.Serve(ctx, socket, true) }()
	go func() { done <- server.Serve(ctx, loopback, false) }()
	s.client = client.Dial(string(home), "")
	t.Cleanup(func() {
		s.client.Close()
		cancel()
		for range 2 {
			if err := <-done; err != nil {
				t.Error(err)
			}
		}
		if err := n.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

func (s *served) token(t *testing.T, role wire.Role, scope wire.Scope) string {
	t.Helper()
	secret, err := s.office.AddToken("", wire.TokenRequest{Name: string(role), Role: role, Scope: scope})
	if err != nil {
		t.Fatal(err)
	}
	return secret.Token
}

func code(err error) string {
	var p *wire.Problem
	if errors.As(err, &p) {
		return p.Code
	}
	if err != nil {
		return "uncoded: " + err.Error()
	}
	return ""
}

// A planner can't hand in what officers sign, and nobody without a token says anything over TCP.
func TestCallers(t *testing.T) {
	s := serve(t)
	ctx := context.Background()
	planner := client.Dial(string(s.home), s.token(t, wire.Planner, wire.Scope{}))
	if _, err := client.Call(ctx, planner, wire.MandateGrant, wire.SignedRequest{}); code(err) != "FORBIDDEN" {
		t.Errorf("a planner hands in a mandate: %v", err)
	}
	if _, err := client.Call(ctx, client.Dial(s.loopback, ""), wire.Status, wire.None{}); code(err) != "TOKEN_MISSING" {
		t.Errorf("without a token over TCP: %v", err)
	}
	viewer := s.token(t, wire.Viewer, wire.Scope{})
	if st, err := client.Call(ctx, client.Dial(s.loopback, viewer), wire.Status, wire.None{}); err != nil || st.Name != "Acme" {
		t.Errorf("a viewer over TCP: %v", err)
	}
	altered := viewer[:len(viewer)-1] + map[bool]string{true: "a", false: "b"}[viewer[len(viewer)-1] != 'a']
	for _, token := range []string{altered, "kontor_", "nonsense", "kontor_aaaaaaaa_" + strings.Repeat("a", 52)} {
		if _, err := client.Call(ctx, client.Dial(string(s.home), token), wire.Status, wire.None{}); code(err) != "TOKEN_REFUSED" {
			t.Errorf("token %q: %v", token, err)
		}
	}
	// The shortest life in which this machine can make a token.
	var past wire.TokenSecret
	for life := 20 * time.Millisecond; ; life *= 4 {
		expires := time.Now().Add(life)
		var err error
		if past, err = s.office.AddToken("", wire.TokenRequest{Name: "x", Role: wire.Viewer, Expires: expires.UnixMilli()}); err == nil {
			time.Sleep(time.Until(expires))
			break
		}
		if life > time.Minute {
			t.Fatal(err)
		}
	}
	if _, err := client.Call(ctx, client.Dial(string(s.home), past.Token), wire.Status, wire.None{}); code(err) != "TOKEN_EXPIRED" {
		t.Errorf("an expired token: %v", err)
	}
	// A browser led here under another name reaches nothing.
	req, _ := http.NewRequest("GET", s.loopback+wire.Status.Path, nil)
	req.Host = "attacker.example"
	req.Header.Set("Authorization", "Bearer "+viewer)
	answer, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	answer.Body.Close()
	if answer.StatusCode != http.StatusForbidden {
		t.Errorf("a foreign host name: HTTP %d", answer.StatusCode)
	}
}

// A retry of a command gives the first result, though no secret of a token is kept.
func TestCommandIDsMakeRetriesSafe(t *testing.T) {
	s := serve(t)
	ctx := client.WithCommand(context.Background(), "add-bob")
	req := wire.TokenRequest{Name: "Bob", Role: wire.Viewer}
	first, err := client.Call(ctx, s.client, wire.TokenAdd, req)
	if err != nil {
		t.Fatal(err)
	}
	again, err := client.Call(ctx, s.client, wire.TokenAdd, req)
	if err != nil || again.Token != first.Token {
		t.Fatalf("a retry gave another token: %v", err)
	}
	other, err := client.Call(context.Background(), s.client, wire.TokenAdd, req)
	if err != nil || other.Token == first.Token {
		t.Fatalf("another command gave the same token: %v", err)
	}
	list, err := client.Call(ctx, s.client, wire.TokenList, wire.None{})
	if err != nil || len(list.Tokens) != 2 {
		t.Fatalf("%d tokens are listed: %v", len(list.Tokens), err)
	}
	if _, err := client.Call(client.WithCommand(ctx, strings.Repeat("x", node.MaxCommand+1)), s.client, wire.TokenAdd, req); code(err) != "BAD_COMMAND_ID" {
		t.Fatalf("a long command ID: %v", err)
	}
}
