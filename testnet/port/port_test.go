package port

import (
	"fmt"
	"net"
	"testing"
)

// A port is given once, lies outside the range of near ends, and can be listened on.
func TestFree(t *testing.T) {
	seen := map[int]bool{}
	for range 50 {
		p, err := Free()
		if err != nil {
			t.Fatal(err)
		}
		if seen[p] || p < first || p >= last {
			t.Fatalf("port %d was given", p)
		}
		seen[p] = true
	}
}

// A port somebody listens on is not given.
func TestBusy(t *testing.T) {
	held := map[int]bool{}
	for p := first; p < first+200; p++ {
		if l, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", p)); err == nil {
			defer l.Close()
			held[p] = true
		}
	}
	draws := 0
	drawn = func() int {
		draws++
		if draws <= 100 {
			return first + draws
		}
		return draw()
	}
	defer func() { drawn = draw }()
	p, err := Free()
	if err != nil {
		t.Fatal(err)
	}
	if held[p] || draws <= 100 {
		t.Errorf("after %d draws port %d was given, which is in use", draws, p)
	}
}
