package partnership_test

import (
	"reflect"
	"strings"
	"testing"

	"kontor/protocol/partnership"
)

func TestTokenReadsBack(t *testing.T) {
	d := begin(t)
	got, err := partnership.ParseToken("  " + d.text[:40] + "\n" + d.text[40:] + "\r\n")
	check(t, err)
	if !reflect.DeepEqual(got, d.in.Token) {
		t.Fatalf("read %+v", got)
	}
	if upper, err := partnership.ParseToken(strings.ToUpper(d.text)); err != nil || upper.ID() != got.ID() {
		t.Fatalf("upper case: %v", err)
	}
	a, _ := got.Throwaway()
	b, _ := d.in.Token.Throwaway()
	if a.Public() != b.Public() {
		t.Fatal("the two sides make different throw-away keys")
	}
}

// Every single altered character, and every cut, is noticed as an alteration.
func TestTokenAltered(t *testing.T) {
	text := begin(t).text
	for i := len("kontor1"); i < len(text); i++ {
		other := "q"
		if text[i] == 'q' {
			other = "p"
		}
		if _, err := partnership.ParseToken(text[:i] + other + text[i+1:]); code(err) != partnership.CodeAltered {
			t.Fatalf("character %d altered: %v", i, err)
		}
	}
	for cut := 1; cut < 20; cut++ {
		if _, err := partnership.ParseToken(text[:len(text)-cut]); code(err) != partnership.CodeAltered {
			t.Fatalf("%d characters cut: %v", cut, err)
		}
	}
	for _, bad := range []string{"", "kontor", "bitcoin1qqqqqq", strings.Repeat("k", 1<<20)} {
		if _, err := partnership.ParseToken(bad); code(err) != partnership.CodeToken {
			t.Fatalf("%.20q: %v", bad, err)
		}
	}
}

func TestTokenBounds(t *testing.T) {
	good := begin(t).in.Token
	for name, change := range map[string]func(*partnership.Token){
		"version":     func(t *partnership.Token) { t.V = 2 },
		"node":        func(t *partnership.Token) { t.Node = make([]byte, 32) },
		"addresses":   func(t *partnership.Token) { t.Addresses = make([]string, 9) },
		"address":     func(t *partnership.Token) { t.Addresses = []string{strings.Repeat("a", 257)} },
		"secret":      func(t *partnership.Token) { t.Secret = t.Secret[:31] },
		"role":        func(t *partnership.Token) { t.Role = partnership.RoleObserver },
		"materiality": func(t *partnership.Token) { t.Materiality.Minor = 0 },
		"products":    func(t *partnership.Token) { t.Products = make([]string, 65) },
		"region":      func(t *partnership.Token) { t.Regions = []string{""} },
	} {
		bad := good
		change(&bad)
		if bad.Check() == nil {
			t.Errorf("%s: nothing is wrong with %+v", name, bad)
		}
		if _, err := bad.Text(); err == nil {
			t.Errorf("%s: a token that can't be read is written", name)
		}
	}
}

func FuzzParseToken(f *testing.F) {
	f.Add("kontor1qqqq")
	f.Add("kontor1" + strings.Repeat("q", 200))
	f.Fuzz(func(t *testing.T, text string) {
		token, err := partnership.ParseToken(text)
		if err != nil {
			if !reflect.DeepEqual(token, partnership.Token{}) {
				t.Fatal("a refused invitation gives a token")
			}
			return
		}
		again, err := token.Text()
		if err != nil || again != strings.ToLower(strings.Join(strings.Fields(text), "")) {
			t.Fatalf("%q reads as %q: %v", text, again, err)
		}
	})
}
