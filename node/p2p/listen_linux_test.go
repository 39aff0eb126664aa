package p2p

import (
	"context"
	"errors"
	"net"
	"strings"
	"syscall"
	"testing"

	"github.com/libp2p/go-libp2p"
	manet "github.com/multiformats/go-multiaddr/net"
	"golang.org/x/sys/unix"
)

// A second node at a port is told so before it starts. And the system lets nobody share a port with a node, whoever asks for it: else connections
// would reach one of the two by chance.
func TestListenAddressIsOnesOwn(t *testing.T) {
	sharing := net.ListenConfig{Control: func(_, _ string, c syscall.RawConn) (err error) {
		return errors.Join(c.Control(func(fd uintptr) { err = unix.SetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_REUSEPORT, 1) }), err)
	}}
	for _, loopback := range []string{"/ip4/127.0.0.1/tcp/0", "/ip4/127.0.0.1/udp/0/quic-v1"} {
		first, err := libp2p.New(append(append([]libp2p.Option{libp2p.ListenAddrStrings(loopback)}, lean...), transports(nil)...)...)
		if err != nil {
			t.Fatal(err)
		}
		defer first.Close()
		at := first.Addrs()[0]
		var listen *ListenError
		if err := checkListen([]string{loopback, at.String()}); !errors.As(err, &listen) || listen.Address != at.String() || err.Error() != "another program listens at "+at.String()+" already" {
			t.Errorf("%s: %v", at, err)
		}
		socket, err := manet.ToNetAddr(ipPort(at))
		if err != nil {
			t.Fatal(err)
		}
		if socket.Network() == "udp" {
			_, err = sharing.ListenPacket(context.Background(), "udp", socket.String())
		} else {
			_, err = sharing.Listen(context.Background(), "tcp", socket.String())
		}
		if !errors.Is(err, syscall.EADDRINUSE) {
			t.Errorf("a second program shares %s: %v", at, err)
		}
	}
	if err := checkListen([]string{"/ip4/127.0.0.1/tcp/0", "/ip4/127.0.0.1/udp/0/quic-v1"}); err != nil {
		t.Error(err)
	}
	if err := checkListen([]string{"/dns4/example.test/tcp/4001"}); err == nil || !strings.Contains(err.Error(), "/dns4/example.test/tcp/4001") {
		t.Errorf("a name is no address to listen at: %v", err)
	}
	if text := (&ListenError{"/ip4/192.0.2.9/tcp/4001", syscall.EADDRNOTAVAIL}).Error(); text != "/ip4/192.0.2.9/tcp/4001 is no address of this machine" {
		t.Error(text)
	}
}
