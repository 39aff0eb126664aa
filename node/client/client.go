// Package client is the typed client of a node's local API: the command line, the console's server and the tests use it.
//
// [Dial] finds the node of a home (or an address), [Call] calls a route; [Upload], [Download] and [Events] are for routes that
// carry files and events. Errors are *wire.Problem, the same shape the node answers with; when the node can't be reached they say
// why and which command helps.
package client

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"path/filepath"
	"strings"
	"time"

	"kontor/node/api/wire"
)

const (
	commandHeader = "Kontor-Command"
	// socketName is the socket's name in a home.
	socketName = "kontor.sock"
	// dialTime is how long a node on this machine may take to accept a connection.
	dialTime = 5 * time.Second
	// retries is how often a command is sent again when the connection broke before its answer; its ID makes that safe.
	retries = 2
	// maxAnswer bounds a document the node answers with: the longest lists stay far below.
	maxAnswer = 64 << 20
)

// Client calls one node.
type Client struct {
	home  string // empty when dialled by address
	base  string
	token string
	http  *http.Client
}

// Dial prepares calls to the node of a home directory, or to one at "http://127.0.0.1:PORT". Token may be empty for the owner of the
// home. Nothing is sent before the first call.
func Dial(homeOrAddress, token string) *Client {
	if strings.HasPrefix(homeOrAddress, "http://") {
		return &Client{base: strings.TrimSuffix(homeOrAddress, "/"), token: token, http: &http.Client{Transport: &http.Transport{}}}
	}
	c := &Client{home: homeOrAddress, base: "http://kontor", token: token}
	socket := filepath.Join(homeOrAddress, socketName)
	c.http = &http.Client{Transport: &http.Transport{DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		d := net.Dialer{Timeout: dialTime}
		return d.DialContext(ctx, "unix", socket)
	}}}
	return c
}

// Close lets idle connections go.
func (c *Client) Close() { c.http.CloseIdleConnections() }

type commandKey struct{}

// WithCommand sets the ID of the commands sent with a context, for a caller that retries on its own. Without it each call draws one.
func WithCommand(ctx context.Context, id string) context.Context {
	return context.WithValue(ctx, commandKey{}, id)
}

func commandOf(ctx context.Context) string {
	if id, ok := ctx.Value(commandKey{}).(string); ok {
		return id
	}
	var b [16]byte
	rand.Read(b[:])
	return hex.EncodeToString(b[:])
}

// Call calls a route that takes and gives documents.
func Call[In, Out any](ctx context.Context, c *Client, route wire.Route[In, Out], in In) (out Out, err error) {
	var body []byte
	target := c.base + route.Path
	if route.Method == http.MethodGet {
		target += query(in)
	} else if body, err = json.Marshal(in); err != nil {
		return out, err
	}
	id := commandOf(ctx)
	for try := 0; ; try++ {
		var answer *http.Response
		answer, err = c.send(ctx, route.Spec, target, id, bytes.NewReader(body))
		if err == nil {
			return out, decode(answer, &out)
		}
		if try >= retries || !brokenOff(err) || ctx.Err() != nil {
			return out, c.explain(ctx, err)
		}
	}
}

// Upload calls a route that takes a file.
func Upload[In, Out any](ctx context.Context, c *Client, route wire.Route[In, Out], in In, file io.Reader) (out Out, err error) {
	answer, err := c.send(ctx, route.Spec, c.base+route.Path+query(in), commandOf(ctx), file)
	if err != nil {
		return out, c.explain(ctx, err)
	}
	return out, decode(answer, &out)
}

// Download calls a route that gives a file and copies it to w. On an error w may hold a part.
func Download[In any](ctx context.Context, c *Client, route wire.Route[In, wire.None], in In, w io.Writer) error {
	target, body := c.base+route.Path, []byte(nil)
	if route.Method == http.MethodGet {
		target += query(in)
	} else {
		var err error
		if body, err = json.Marshal(in); err != nil {
			return err
		}
	}
	answer, err := c.send(ctx, route.Spec, target, "", bytes.NewReader(body))
	if err != nil {
		return c.explain(ctx, err)
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		return problem(answer)
	}
	if _, err := io.Copy(w, answer.Body); err != nil {
		return wire.Problemf("INTERNAL", "the node broke off in the middle of %s: %v; what was received is incomplete", route.Path, err)
	}
	return nil
}

// ErrStop, returned by the function given to Events, ends a stream without an error.
var ErrStop = errors.New("stop")

// Events calls a route that streams events and gives each to fn until fn returns an error, ctx ends or the node stops. ready, if not nil, is called once
// the stream is open: nothing that happens after it is missed.
func Events[In, Out any](ctx context.Context, c *Client, route wire.Route[In, Out], in In, ready func(), fn func(Out) error) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	answer, err := c.send(ctx, route.Spec, c.base+route.Path+query(in), "", nil)
	if err != nil {
		return c.explain(ctx, err)
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		return problem(answer)
	}
	if ready != nil {
		ready()
	}
	return scanEvents(answer.Body, fn)
}

func query(in any) string {
	if q := wire.EncodeQuery(in).Encode(); q != "" {
		return "?" + q
	}
	return ""
}

func (c *Client) send(ctx context.Context, s wire.Spec, target, id string, body io.Reader) (*http.Response, error) {
	req, err := http.NewRequestWithContext(ctx, s.Method, target, body)
	if err != nil {
		return nil, err
	}
	if s.Method != http.MethodGet {
		if id == "" {
			id = commandOf(ctx)
		}
		req.Header.Set(commandHeader, id)
		req.Header.Set("Content-Type", "application/json")
		if s.Carries == wire.Upload {
			req.Header.Set("Content-Type", "application/octet-stream")
		}
	}
	if c.token != "" {
		req.Header.Set("Authorization", "Bearer "+c.token)
	}
	return c.http.Do(req)
}

func decode(answer *http.Response, into any) error {
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		return problem(answer)
	}
	data, err := io.ReadAll(io.LimitReader(answer.Body, maxAnswer+1))
	if err != nil {
		return wire.Problemf("INTERNAL", "the node broke off its answer: %v", err)
	}
	if len(data) > maxAnswer {
		return wire.Problemf("INTERNAL", "the node's answer has more than %d bytes", maxAnswer)
	}
	// Fields are only ever added: a client reads past those it does not know.
	if err := json.Unmarshal(data, into); err != nil {
		return wire.Problemf("INTERNAL", "the node's answer: %v", err)
	}
	return nil
}

func problem(answer *http.Response) error {
	data, err := io.ReadAll(io.LimitReader(answer.Body, maxAnswer))
	if err != nil {
		return wire.Problemf("INTERNAL", "the node's answer: %v", err)
	}
	var p wire.Problem
	if json.Unmarshal(data, &p) != nil || p.Code == "" {
		return wire.Problemf("INTERNAL", "what answers at this address is no node: HTTP %s", answer.Status)
	}
	return &p
}

// brokenOff tells a connection that broke before the answer from one that never was.
func brokenOff(err error) bool {
	var failed *url.Error
	var dial *net.OpError
	if !errors.As(err, &failed) || (errors.As(err, &dial) && dial.Op == "dial") {
		return false
	}
	return errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || errors.As(err, &dial)
}

// Raw calls a path that is no route (/metrics, /healthz) and returns status and body.
func (c *Client) Raw(ctx context.Context, path string) (int, []byte, error) {
	answer, err := c.send(ctx, wire.Spec{Method: http.MethodGet}, c.base+path, "", nil)
	if err != nil {
		return 0, nil, c.explain(ctx, err)
	}
	defer answer.Body.Close()
	data, err := io.ReadAll(io.LimitReader(answer.Body, maxAnswer))
	if err != nil {
		return 0, nil, fmt.Errorf("read %s: %w", path, err)
	}
	return answer.StatusCode, data, nil
}
