package node

import (
	"net"
	"slices"
	"strings"
	"testing"
)

// A port left to the system is kept: the node comes back where partners dial it. While another program holds it the node listens elsewhere, and
// returns when it is free again.
func TestTheFirstPortIsKept(t *testing.T) {
	o := found(t, "buyer")
	first := o.Host().Addresses()
	o.stop()
	again := open(t, o.home)
	if got := again.Host().Addresses(); !slices.Equal(got, first) {
		t.Fatalf("the node listens at %v, at first it did at %v", got, first)
	}
	again.stop()

	_, port, _ := strings.Cut(first[0], "/tcp/")
	thief, err := net.Listen("tcp", "127.0.0.1:"+port)
	if err != nil {
		t.Fatal(err)
	}
	elsewhere := open(t, o.home)
	if got := elsewhere.Host().Addresses(); len(got) != 1 || slices.Equal(got, first) {
		t.Fatalf("the node listens at %v, where another program does", got)
	}
	elsewhere.stop()
	if err := thief.Close(); err != nil {
		t.Fatal(err)
	}
	if got := open(t, o.home).Host().Addresses(); !slices.Equal(got, first) {
		t.Fatalf("the port is free again; the node listens at %v, at first it did at %v", got, first)
	}
}

// A port that somebody wrote down is not exchanged for another: partners were told it.
func TestAWrittenPortIsNotExchanged(t *testing.T) {
	o := found(t, "buyer")
	settings, err := o.home.Settings()
	if err != nil {
		t.Fatal(err)
	}
	settings.Listen, settings.Bound = o.Host().Addresses(), nil
	o.stop()
	if err := o.home.SaveSettings(settings); err != nil {
		t.Fatal(err)
	}
	holder := open(t, o.home)
	_, port, _ := strings.Cut(holder.Host().Addresses()[0], "/tcp/")
	holder.stop()
	thief, err := net.Listen("tcp", "127.0.0.1:"+port)
	if err != nil {
		t.Fatal(err)
	}
	defer thief.Close()
	if _, err := Open(Config{Home: o.home}); codeOf(err) != "LISTEN_ADDRESS" {
		t.Fatalf("opened at a taken port: %v", err)
	}
}
