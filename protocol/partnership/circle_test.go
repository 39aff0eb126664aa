package partnership_test

import (
	"bytes"
	"crypto/rand"
	"crypto/sha256"
	"testing"

	"kontor/crypto/keys"
	"kontor/protocol/block"
	"kontor/protocol/partnership"
)

func circle(t testing.TB) (partnership.Genesis, [32]byte, keys.SealPrivate) {
	t.Helper()
	g := genesis(t, 3, true)
	key := sha256.Sum256([]byte("channel"))
	sum := sha256.Sum256(key[:])
	g.Channel = sum[:]
	seal, err := keys.GenerateSeal(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return g, key, seal
}

// TestCircleProposal: the member it is for reads genesis and channel key; nobody else reads the key, and nothing altered passes.
func TestCircleProposal(t *testing.T) {
	g, key, seal := circle(t)
	p, err := partnership.ProposeCircle(rand.Reader, g, key, g.Members[0].Company, seal.Public(), 1)
	if err != nil {
		t.Fatal(err)
	}
	data, err := block.Marshal(p)
	if err != nil {
		t.Fatal(err)
	}
	read, err := partnership.ParseCircle(data)
	if err != nil {
		t.Fatal(err)
	}
	_, pid, err := read.Circle()
	if want, _ := g.ID(); err != nil || pid != want {
		t.Fatalf("circle %s: %v", pid, err)
	}
	if got, err := read.ChannelKey(seal); err != nil || got != key {
		t.Fatalf("the channel key read is another: %v", err)
	}
	_, _, stranger := circle(t)
	if _, err := read.ChannelKey(stranger); err == nil {
		t.Error("a stranger's seal key opens it")
	}
	altered := read
	altered.Wrapped = bytes.Clone(read.Wrapped)
	altered.Wrapped[len(altered.Wrapped)-1] ^= 1
	if _, err := altered.ChannelKey(seal); err == nil {
		t.Error("an altered wrapping opens")
	}
	// The same wrapping under another genesis, as by a founder who tells members different terms.
	g.Materiality.Minor++
	other, err := block.New(g)
	if err != nil {
		t.Fatal(err)
	}
	altered = read
	altered.Genesis = other.Data
	if _, err := altered.ChannelKey(seal); err == nil {
		t.Error("a wrapped key opens under an altered genesis")
	}
	key[0] ^= 1
	if _, err := partnership.ProposeCircle(rand.Reader, g, key, g.Members[0].Company, seal.Public(), 1); err == nil {
		t.Error("a key is proposed that the genesis does not commit to")
	}
}

// FuzzParseCircle: an accepted proposal writes the same bytes; on error nothing is returned.
func FuzzParseCircle(f *testing.F) {
	g, key, seal := circle(f)
	p, err := partnership.ProposeCircle(rand.Reader, g, key, g.Members[0].Company, seal.Public(), 1)
	if err != nil {
		f.Fatal(err)
	}
	data, err := block.Marshal(p)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(data)
	f.Add(data[:len(data)-1])
	f.Fuzz(func(t *testing.T, data []byte) {
		p, err := partnership.ParseCircle(data)
		if err != nil {
			if p.Genesis != nil || p.Wrapped != nil || p.Founder.Defined() {
				t.Fatal("an error comes with a proposal")
			}
			return
		}
		again, err := block.Marshal(p)
		if err != nil || !bytes.Equal(again, data) {
			t.Fatalf("an accepted proposal writes other bytes: %v", err)
		}
		if g, pid, err := p.Circle(); err == nil {
			if id, err := g.ID(); err != nil || id != pid {
				t.Fatalf("its genesis has another ID: %v", err)
			}
		}
	})
}
