package p2p

import (
	"errors"
	"fmt"
	"net"
	"strings"
	"syscall"

	ma "github.com/multiformats/go-multiaddr"
	manet "github.com/multiformats/go-multiaddr/net"
)

// ListenError says at which address of its own settings a node can't listen.
type ListenError struct {
	Address string
	Err     error
}

func (e *ListenError) Error() string {
	switch {
	case errors.Is(e.Err, syscall.EADDRINUSE):
		return fmt.Sprintf("another program listens at %s already", e.Address)
	case errors.Is(e.Err, syscall.EADDRNOTAVAIL):
		return fmt.Sprintf("%s is no address of this machine", e.Address)
	}
	return fmt.Sprintf("listen at %s: %v", e.Address, e.Err)
}

func (e *ListenError) Unwrap() error { return e.Err }

// checkListen tries every address once. libp2p starts as long as one of several can be listened at, and names none in a way a program could tell.
func checkListen(addresses []string) error {
	for _, text := range addresses {
		if err := tryListen(text); err != nil {
			return &ListenError{text, err}
		}
	}
	return nil
}

func tryListen(text string) error {
	addr, err := ma.NewMultiaddr(text)
	if err != nil {
		return err
	}
	netAddr, err := manet.ToNetAddr(ipPort(addr))
	if err != nil {
		return err
	}
	if netAddr.Network() == "udp" {
		c, err := net.ListenPacket("udp", netAddr.String())
		if err != nil {
			return err
		}
		return c.Close()
	}
	l, err := net.Listen("tcp", netAddr.String())
	if err != nil {
		return err
	}
	return l.Close()
}

// ipPort is what of an address a socket is bound to: the first two parts, without QUIC above them.
func ipPort(addr ma.Multiaddr) ma.Multiaddr {
	if len(addr) > 2 {
		return addr[:2]
	}
	return addr
}

// withFreePort is the address with 0 in place of its port.
func withFreePort(addr ma.Multiaddr) string {
	var out strings.Builder
	for _, c := range addr {
		value := c.Value()
		if code := c.Protocol().Code; code == ma.P_TCP || code == ma.P_UDP {
			value = "0"
		}
		out.WriteString("/" + c.Protocol().Name)
		if value != "" {
			out.WriteString("/" + value)
		}
	}
	return out.String()
}
