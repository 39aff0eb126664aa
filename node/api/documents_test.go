package api_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"kontor/node"
	"kontor/node/api"
	"kontor/node/api/wire"
	"kontor/node/client"
)

// Routes of the test's own, for what the node's routes do not show.
var (
	echo   = wire.Post[echoIn, echoIn]("/v1/test/echo", wire.View, "Echo.")
	find   = wire.Get[echoIn, echoIn]("/v1/test/find", wire.View, "Echo a query.")
	weigh  = wire.PostFile[echoIn, echoIn]("/v1/test/weigh", wire.View, "Weigh a file.")
	pour   = wire.GetFile[echoIn]("/v1/test/pour", wire.View, "Pour a file.")
	sleepy = wire.Post[wire.None, wire.None]("/v1/test/sleep", wire.View, "Sleep.").Slow(50 * time.Millisecond)
)

type echoIn struct {
	Text  string   `json:"text,omitempty" doc:"any"`
	Count int64    `json:"count,omitempty"`
	Yes   bool     `json:"yes,omitempty"`
	List  []string `json:"list,omitempty"`
}

func testRoutes(r *api.Registry) {
	same := func(_ context.Context, _ api.Caller, in echoIn) (echoIn, error) { return in, nil }
	api.Handle(r, echo, same)
	api.Handle(r, find, same)
	small := weigh
	small.MaxBody = 1 << 20
	api.HandleUpload(r, small, func(_ context.Context, _ api.Caller, in echoIn, file io.Reader) (echoIn, error) {
		n, err := io.Copy(io.Discard, file)
		in.Count = n
		return in, err
	})
	api.HandleDownload(r, pour, func(_ context.Context, _ api.Caller, in echoIn, w io.Writer) error {
		if in.Text == "dry" {
			return node.Failf("NO_WATER", "there is nothing to pour")
		}
		fmt.Fprint(w, strings.Repeat("x", int(in.Count)))
		if in.Text == "break" {
			return errors.New("broke in the middle")
		}
		return nil
	})
	api.Handle(r, sleepy, func(ctx context.Context, _ api.Caller, _ wire.None) (wire.None, error) {
		<-ctx.Done()
		return wire.None{}, ctx.Err()
	})
}

func TestDocumentsAndFiles(t *testing.T) {
	s := serve(t, testRoutes)
	ctx := context.Background()
	in := echoIn{Text: "Füße & Hände", Count: -7, Yes: true, List: []string{"a", "b,c", ""}}
	for name, call := range map[string]func() (echoIn, error){
		"body":  func() (echoIn, error) { return client.Call(ctx, s.client, echo, in) },
		"query": func() (echoIn, error) { return client.Call(ctx, s.client, find, in) },
	} {
		if out, err := call(); err != nil || fmt.Sprint(out) != fmt.Sprint(in) {
			t.Errorf("%s: %+v came back as %+v: %v", name, in, out, err)
		}
	}
	if out, err := client.Upload(ctx, s.client, weigh, echoIn{Text: "t"}, bytes.NewReader(make([]byte, 1<<20))); err != nil || out.Count != 1<<20 || out.Text != "t" {
		t.Errorf("an upload: %+v, %v", out, err)
	}
	if _, err := client.Upload(ctx, s.client, weigh, echoIn{}, bytes.NewReader(make([]byte, 1<<20+1))); code(err) != "TOO_LARGE" {
		t.Errorf("an upload one byte too large: %v", err)
	}
	var file bytes.Buffer
	if err := client.Download(ctx, s.client, pour, echoIn{Count: 100_000}, &file); err != nil || file.Len() != 100_000 {
		t.Errorf("a download of %d bytes: %v", file.Len(), err)
	}
	if err := client.Download(ctx, s.client, pour, echoIn{Text: "dry"}, io.Discard); code(err) != "NO_WATER" {
		t.Errorf("a download that fails at once: %v", err)
	}
	if err := client.Download(ctx, s.client, pour, echoIn{Text: "break", Count: 100_000}, io.Discard); err == nil {
		t.Error("a download that broke off passed for whole")
	}
	if _, err := client.Call(ctx, s.client, sleepy, wire.None{}); code(err) != "TIMEOUT" {
		t.Errorf("a call that takes too long: %v", err)
	}
}

// What does not belong to the contract is refused in the one shape of an error.
func TestBadRequests(t *testing.T) {
	s := serve(t, testRoutes)
	token := s.token(t, wire.Admin, wire.Scope{})
	for name, test := range map[string]struct {
		method, path, body string
		status             int
		code               string
	}{
		"an unknown path":         {"GET", "/v1/nothing", "", 404, "NOT_FOUND"},
		"another method":          {"GET", "/v1/test/echo", "", 404, "NOT_FOUND"},
		"an unknown field":        {"POST", "/v1/test/echo", `{"tekst":"x"}`, 400, "BAD_REQUEST"},
		"no JSON":                 {"POST", "/v1/test/echo", `text=x`, 400, "BAD_REQUEST"},
		"two documents":           {"POST", "/v1/test/echo", `{} {}`, 400, "BAD_REQUEST"},
		"a wrong type":            {"POST", "/v1/test/echo", `{"count":"x"}`, 400, "BAD_REQUEST"},
		"a query on a command":    {"POST", "/v1/test/echo?text=x", `{}`, 400, "BAD_REQUEST"},
		"an unknown parameter":    {"GET", "/v1/test/find?tekst=x", "", 400, "BAD_REQUEST"},
		"a repeated parameter":    {"GET", "/v1/test/find?text=x&text=y", "", 400, "BAD_REQUEST"},
		"a parameter of no type":  {"GET", "/v1/test/find?count=x", "", 400, "BAD_REQUEST"},
		"a document too large":    {"POST", "/v1/test/echo", `{"text":"` + strings.Repeat("x", wire.MaxDocument) + `"}`, 413, "TOO_LARGE"},
		"a partner that is none":  {"GET", "/v1/partner/show?with=nobody", "", 404, "NO_PARTNER"},
		"a backup without secret": {"POST", "/v1/backup", `{}`, 400, "BAD_BACKUP"},
	} {
		req, err := http.NewRequest(test.method, s.loopback+test.path, strings.NewReader(test.body))
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Authorization", "Bearer "+token)
		answer, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		data, _ := io.ReadAll(answer.Body)
		answer.Body.Close()
		var p wire.Problem
		if err := json.Unmarshal(data, &p); err != nil || answer.StatusCode != test.status || p.Code != test.code || p.Text == "" {
			t.Errorf("%s: HTTP %d with %s; HTTP %d with %s is right", name, answer.StatusCode, data, test.status, test.code)
		}
	}
}
