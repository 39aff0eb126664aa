package node

import (
	"context"
	"errors"
	"path/filepath"
	"testing"
	"time"

	"kontor/protocol/identity"
	"kontor/protocol/partnership"
)

// office is a running node of a test.
type office struct {
	*Node
	home Home
	stop func()
}

func found(t *testing.T, name string) *office {
	t.Helper()
	home := Home(filepath.Join(t.TempDir(), name))
	if _, err := Init(home, InitOptions{Company: name, Listen: []string{"/ip4/127.0.0.1/tcp/0"}, Now: time.Now()}); err != nil {
		t.Fatal(err)
	}
	return open(t, home)
}

func open(t *testing.T, home Home) *office {
	t.Helper()
	n, err := Open(Config{Home: home})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() { defer close(done); n.Run(ctx) }()
	stopped := false
	o := &office{n, home, func() {
		if stopped {
			return
		}
		stopped = true
		cancel()
		<-done
		if err := n.Close(); err != nil {
			t.Error(err)
		}
	}}
	t.Cleanup(o.stop)
	return o
}

func proposal() partnership.Offer {
	return partnership.Offer{Role: partnership.RoleSeller, Materiality: identity.Amount{Minor: 10_000_00, Currency: "USD"},
		Products: []string{}, Regions: []string{}, Expires: time.Now().Add(time.Hour).UnixMilli()}
}

// eventually waits for what another goroutine brings about.
func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for began := time.Now(); time.Since(began) < time.Minute; time.Sleep(10 * time.Millisecond) {
		if ok() {
			return
		}
	}
	t.Fatal("never came: " + what)
}

func codeOf(err error) string {
	var f *Failure
	if errors.As(err, &f) {
		return f.Code
	}
	if err != nil {
		return "uncoded: " + err.Error()
	}
	return ""
}

func stage(t *testing.T, o *office, id string) string {
	t.Helper()
	p, err := o.PairingOf(id)
	if err != nil {
		t.Fatal(err)
	}
	return p.Stage
}

func pair(t *testing.T, buyer, seller *office) *Partnership {
	t.Helper()
	ctx := context.Background()
	_, text, err := buyer.Invite(ctx, "", proposal(), false)
	if err != nil {
		t.Fatal(err)
	}
	p, err := seller.AcceptInvitation(ctx, text)
	if err != nil {
		t.Fatal(err)
	}
	if p, err = seller.ConfirmWordsOf(ctx, p.ID, true); err != nil {
		t.Fatal(err)
	}
	if p.PID == nil || p.Stage != partnership.StageDone {
		t.Fatalf("after the words the pairing stands at %q", p.Stage)
	}
	eventually(t, "the partnership at the inviter", func() bool { _, err := buyer.Partnership(*p.PID); return err == nil })
	held, err := seller.Partnership(*p.PID)
	if err != nil {
		t.Fatal(err)
	}
	return held
}
