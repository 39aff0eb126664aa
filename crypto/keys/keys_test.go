package keys

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// steady is a source of bytes that a test knows beforehand.
type steady byte

func (s *steady) Read(b []byte) (int, error) {
	for i := range b {
		b[i] = byte(*s)
		*s++
	}
	return len(b), nil
}

func key(t testing.TB, first byte) Private {
	t.Helper()
	random := steady(first)
	k, err := Generate(&random)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func TestKeysFromTheSameRandomnessAreTheSame(t *testing.T) {
	a, b := key(t, 1), key(t, 1)
	if a.Public() != b.Public() || a.Public() == key(t, 2).Public() {
		t.Error("a key does not follow from its randomness")
	}
	again, err := FromSeed(a.Seed())
	if err != nil || again.Public() != a.Public() {
		t.Error("the seed makes another key")
	}
	if _, err := AdmitPublic(a.Public().slice()); err != nil {
		t.Error(err)
	}
	for _, n := range []int{0, 31, 33} {
		if k, err := FromSeed(make([]byte, n)); err == nil || k.Defined() {
			t.Errorf("a seed of %d bytes was taken", n)
		}
		if p, err := AdmitPublic(make([]byte, n)); err == nil || p != (Public{}) {
			t.Errorf("a key of %d bytes was admitted", n)
		}
	}
	short := io.LimitReader(new(steady), 31)
	if k, err := Generate(short); err == nil || k.Defined() {
		t.Error("31 random bytes made a key")
	}
}

func TestSecretsDoNotPrint(t *testing.T) {
	k := key(t, 1)
	random := steady(1)
	s, err := GenerateSeal(&random)
	if err != nil {
		t.Fatal(err)
	}
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%x", "%q", "%d"} {
		for _, v := range []any{k, &k, s, &s, struct{ K Private }{k}, []SealPrivate{s}} {
			text := fmt.Sprintf(verb, v)
			for _, secret := range [][]byte{k.Seed()[:8], s.Seed()[:8]} {
				for _, form := range []string{fmt.Sprintf("%x", secret), strings.Trim(fmt.Sprint(secret), "[]"), string(secret)} {
					if strings.Contains(text, form) {
						t.Errorf("%s of %T tells the secret: %s", verb, v, text)
					}
				}
			}
		}
	}
	for _, v := range []any{k, s} {
		if text, err := json.Marshal(v); err == nil {
			t.Errorf("JSON of %T: %s", v, text)
		}
	}
}

func TestPublicForms(t *testing.T) {
	p := key(t, 9).Public()
	text, err := json.Marshal(map[string]Public{"key": p})
	if err != nil || string(text) != `{"key":"`+p.Hex()+`"}` {
		t.Fatalf("%s %v", text, err)
	}
	var back map[string]Public
	if err := json.Unmarshal(text, &back); err != nil || back["key"] != p {
		t.Fatalf("%v %v", back, err)
	}
	for _, s := range []string{"", "00", strings.ToUpper(p.Hex()), p.Hex() + "00", strings.Repeat("0", 64), strings.Repeat("zz", 32)} {
		if got, err := ParsePublic(s); err == nil || got != (Public{}) {
			t.Errorf("%q was read as a key", s)
		}
	}
}

func TestIDReadsBackAsPeopleTypeIt(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := Public(rapid.SliceOfN(rapid.Byte(), 32, 32).Draw(t, "key"))
		id := p.ID()
		if len(id) != 24 {
			t.Fatalf("%q has %d characters", id, len(id))
		}
		plain := strings.ReplaceAll(string(id), "-", "")
		for _, typed := range []string{string(id), strings.ToUpper(string(id)), plain, strings.ReplaceAll(string(id), "-", " "),
			strings.ReplaceAll(plain, "0", "o"), strings.ReplaceAll(plain, "1", "I"), strings.ReplaceAll(plain, "1", "l")} {
			if got, err := ParseID(typed); err != nil || got != id {
				t.Fatalf("%q was read as %q: %v", typed, got, err)
			}
		}
		at := rapid.IntRange(0, len(plain)-1).Draw(t, "at")
		wrong := rapid.SampledFrom([]byte(alphabet)).Draw(t, "wrong")
		if wrong != plain[at] {
			if got, err := ParseID(plain[:at] + string(wrong) + plain[at+1:]); err == nil {
				t.Fatalf("one wrong character of %q was not noticed: %q", plain, got)
			}
		}
		if at > 0 && plain[at-1] != plain[at] {
			swapped := plain[:at-1] + string(plain[at]) + string(plain[at-1]) + plain[at+1:]
			if got, err := ParseID(swapped); err == nil {
				t.Fatalf("two swapped characters of %q were not noticed: %q", plain, got)
			}
		}
	})
	for _, s := range []string{"", "0000-0000-0000-0000-000", "0000-0000-0000-0000-00000", "u000-0000-0000-0000-0000",
		"0000-0000-0000-0000-0001", strings.Repeat("0", 1000), "é000-0000-0000-0000-0000"} {
		if got, err := ParseID(s); err == nil {
			t.Errorf("%q was read as %q", s, got)
		}
	}
}

func FuzzParseID(f *testing.F) {
	f.Add(string(Public{}.ID()))
	f.Add("4GQ2 M9XF o7kd aa3t 9w5c")
	f.Fuzz(func(t *testing.T, s string) {
		id, err := ParseID(s)
		if err != nil {
			if id != "" {
				t.Fatal("refused, yet an ID came back")
			}
			return
		}
		if again, err := ParseID(string(id)); err != nil || again != id {
			t.Fatalf("%q reads as %q, which reads as %q: %v", s, id, again, err)
		}
	})
}

func TestWrapOpensForItsHolderAndLabel(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		random := steady(rapid.Byte().Draw(t, "random"))
		k, err := GenerateSeal(&random)
		if err != nil {
			t.Fatal(err)
		}
		other, err := GenerateSeal(&random)
		if err != nil {
			t.Fatal(err)
		}
		if pub := k.Public(); true {
			if _, err := AdmitSealPublic(pub[:]); err != nil {
				t.Fatal(err)
			}
		}
		message := rapid.SliceOf(rapid.Byte()).Draw(t, "message")
		box, err := Wrap(&random, k.Public(), "channel key", message)
		if err != nil || len(box) != len(message)+WrapOverhead {
			t.Fatalf("%d bytes, %v", len(box), err)
		}
		got, err := Unwrap(k, "channel key", box)
		if err != nil || !bytes.Equal(got, message) {
			t.Fatalf("%x %v", got, err)
		}
		if got, err := Unwrap(k, "backup key", box); err == nil || got != nil {
			t.Fatal("opened for another purpose")
		}
		if got, err := Unwrap(other, "channel key", box); err == nil || got != nil {
			t.Fatal("opened by another key")
		}
		bit := rapid.IntRange(0, len(box)*8-1).Draw(t, "bit")
		box[bit/8] ^= 1 << (bit % 8)
		if got, err := Unwrap(k, "channel key", box); err == nil || got != nil {
			t.Fatalf("opened with bit %d flipped", bit)
		}
	})
}

func TestWrapRefuses(t *testing.T) {
	random := steady(0)
	k, err := GenerateSeal(&random)
	if err != nil {
		t.Fatal(err)
	}
	for name, wrap := range map[string]func() ([]byte, error){
		"no label":           func() ([]byte, error) { return Wrap(&random, k.Public(), "", nil) },
		"a long label":       func() ([]byte, error) { return Wrap(&random, k.Public(), strings.Repeat("x", MaxLabel+1), nil) },
		"a long message":     func() ([]byte, error) { return Wrap(&random, k.Public(), "x", make([]byte, MaxWrapped+1)) },
		"a key of order one": func() ([]byte, error) { return Wrap(&random, SealPublic{}, "x", nil) },
		"no randomness":      func() ([]byte, error) { return Wrap(strings.NewReader(""), k.Public(), "x", nil) },
		"a short box":        func() ([]byte, error) { return Unwrap(k, "x", make([]byte, WrapOverhead-1)) },
		"a box from zero":    func() ([]byte, error) { return Unwrap(k, "x", make([]byte, WrapOverhead)) },
		"a long box":         func() ([]byte, error) { return Unwrap(k, "x", make([]byte, WrapOverhead+MaxWrapped+1)) },
	} {
		if got, err := wrap(); err == nil || got != nil {
			t.Errorf("%s: taken", name)
		}
	}
}

func FuzzUnwrap(f *testing.F) {
	random := steady(0)
	k, err := GenerateSeal(&random)
	if err != nil {
		f.Fatal(err)
	}
	box, err := Wrap(&random, k.Public(), "x", []byte("message"))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(box)
	f.Fuzz(func(t *testing.T, data []byte) {
		if got, err := Unwrap(k, "x", data); err != nil && got != nil || err == nil && !bytes.Equal(data, box) {
			t.Fatalf("%x opened as %q: %v", data, got, err)
		}
	})
}

func TestUsages(t *testing.T) {
	for _, u := range Usages {
		if !u.Valid() {
			t.Errorf("%s", u)
		}
	}
	for _, u := range []Usage{"", "Root", "roles"} {
		if u.Valid() {
			t.Errorf("%q is a usage", u)
		}
	}
	if errors.Is(ErrPassphrase, ErrNeedsPassphrase) {
		t.Error("two errors are one")
	}
}

func FuzzParsePublic(f *testing.F) {
	random := steady(0)
	k, err := Generate(&random)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(k.Public().Hex())
	f.Add(strings.ToUpper(k.Public().Hex()))
	f.Add(Public{}.Hex())
	f.Add(Public{1}.Hex())
	f.Fuzz(func(t *testing.T, s string) {
		p, err := ParsePublic(s)
		if err != nil {
			if p != (Public{}) {
				t.Fatal("refused, yet a key came back")
			}
			return
		}
		if p.Hex() != s {
			t.Fatalf("%q is written again as %q", s, p.Hex())
		}
	})
}
