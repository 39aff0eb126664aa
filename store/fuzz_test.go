package store

import (
	"bytes"
	"fmt"
	"testing"
)

// FuzzKeyFile: a key file is a key in one of two forms, or nothing.
func FuzzKeyFile(f *testing.F) {
	k := Key{1, 2, 3}
	f.Add(fmt.Appendf(nil, "%x\n", k[:]))
	f.Add(fmt.Appendf(nil, "%X\r\n", k[:]))
	f.Add(k[:])
	f.Add(make([]byte, len(k)))
	f.Add([]byte("passphrase\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		k, err := readKey(bytes.NewReader(data), "here")
		if err != nil {
			if k != (Key{}) {
				t.Fatal("an error came with a key")
			}
			return
		}
		if k == (Key{}) {
			t.Fatal("a key of zeros was taken")
		}
		if again, err := readKey(bytes.NewReader(fmt.Appendf(nil, "%x\n", k[:])), "here"); err != nil || again != k {
			t.Fatalf("%q, written as MakeKeyFile does, reads as another key: %v", data, err)
		}
	})
}

// FuzzSaltFile: what is taken is within the bounds and writes the same bytes.
func FuzzSaltFile(f *testing.F) {
	good := cost{argonTime, argonMemKiB, argonThreads, bytes.Repeat([]byte{7}, 32)}.text()
	f.Add(good)
	f.Add(good[:len(good)-1])
	f.Add(append(good, '\n'))
	f.Add(cost{maxArgonTime + 1, argonMemKiB, 1, make([]byte, 16)}.text())
	f.Add(cost{1, 8, 1 << 31, make([]byte, 16)}.text())
	f.Fuzz(func(t *testing.T, data []byte) {
		c, ok := parseCost(data)
		if !ok {
			if c.salt != nil || c.time != 0 {
				t.Fatalf("refused, and %+v", c)
			}
			return
		}
		if !bytes.Equal(c.text(), data) {
			t.Fatalf("%q is written again as %q", data, c.text())
		}
		if c.time > maxArgonTime || c.mem > maxArgonMemKiB || c.threads > maxArgonThreads || c.threads == 0 {
			t.Fatalf("out of bounds: %+v", c)
		}
	})
}
