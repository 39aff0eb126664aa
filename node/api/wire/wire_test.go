package wire

import (
	"net/http"
	"net/url"
	"reflect"
	"testing"

	"pgregory.net/rapid"

	"kontor/protocol/block"
)

type flat struct {
	Text  string    `json:"text"`
	Count int64     `json:"count,omitempty"`
	Yes   bool      `json:"yes"`
	List  []string  `json:"list"`
	Role  Role      `json:"role"`
	CID   block.CID `json:"cid"`
	inner
}

type inner struct {
	Deep string `json:"deep"`
}

// What is written as a query reads back as it was.
func TestQueryRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		in := flat{Text: rapid.String().Draw(t, "text"), Count: rapid.Int64().Draw(t, "count"), Yes: rapid.Bool().Draw(t, "yes"),
			List: rapid.SliceOfN(rapid.String(), 1, 5).Draw(t, "list"), Role: Planner, CID: block.Sum([]byte{0xa0}), inner: inner{rapid.String().Draw(t, "deep")}}
		q, err := url.ParseQuery(EncodeQuery(in).Encode())
		if err != nil {
			t.Fatal(err)
		}
		var out flat
		if err := DecodeQuery(q, &out); err != nil {
			t.Fatal(err)
		}
		if !reflect.DeepEqual(in, out) {
			t.Fatalf("%+v came back as %+v", in, out)
		}
	})
}

func FuzzDecodeQuery(f *testing.F) {
	for _, seed := range []string{"", "text=x&count=-7&yes=true", "list=a&list=b&list=", "count=007", "count=1&count=2", "yes=1", "nope=1", "deep=x&text=%00",
		"cid=" + block.Sum([]byte{0xa0}).String(), "cid=bafkqaatine", "role=admin"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		q, err := url.ParseQuery(text)
		if err != nil {
			return
		}
		var in, again flat
		if err := DecodeQuery(q, &in); err != nil {
			return
		}
		if err := DecodeQuery(EncodeQuery(in), &again); err != nil {
			t.Fatalf("what was read from %q does not read again: %v", text, err)
		}
		if EncodeQuery(in).Encode() != EncodeQuery(again).Encode() {
			t.Fatalf("%q is read as %+v and then as %+v", text, in, again)
		}
	})
}

// The table is what scripts rely on: each class of codes keeps its statuses.
func TestMeanings(t *testing.T) {
	for code, want := range map[string][2]int{
		"INTERNAL": {500, ExitFailed}, "NEVER_HEARD_OF": {500, ExitFailed}, "BAD_ROLE": {400, ExitUsage}, "BAD_REQUEST": {400, ExitUsage},
		"WHICH_PARTNER": {400, ExitUsage}, "REFUSED": {422, ExitRefused}, "FORECAST-07": {422, ExitRefused}, "PAIR-06": {422, ExitRefused},
		"PAIR-03": {409, ExitNotNow}, "NO_PARTNER": {404, ExitNotFound}, "TOKEN_EXPIRED": {401, ExitDenied}, "FORBIDDEN": {403, ExitDenied},
		"NODE_STOPPED": {503, ExitNoNode}, "RECOVERING": {409, ExitNotNow}, "CLOCK_LEAP": {409, ExitNotNow}, "STORE_WRONG_KEY": {500, ExitMachine},
		"STORE_DISK_FULL": {507, ExitMachine}, "KEY_FILE_MODE": {500, ExitMachine}, "ENTRY_LAM": {422, ExitRefused},
	} {
		if got := Meaning(code); got.Status != want[0] || got.Exit != want[1] {
			t.Errorf("%s: HTTP %d and exit %d; %v is right", code, got.Status, got.Exit, want)
		}
	}
	for code, class := range classes {
		if class.Exit <= ExitOK || class.Exit >= len(Exits) && class.Exit != ExitInterrupted || http.StatusText(class.Status) == "" {
			t.Errorf("%s has the statuses %d and %d", code, class.Status, class.Exit)
		}
	}
}

func TestScope(t *testing.T) {
	all, some := Scope{}, Scope{Products: []string{"a"}, Regions: []string{"DE"}, Partners: []string{"x"}}
	if !all.Product("b") || !all.Region("FR") || !all.Partner("y") {
		t.Error("an empty scope hides something")
	}
	if !some.Product("a") || some.Product("b") || some.Region("FR") || some.Partner("y") {
		t.Error("a scope shows what it does not name")
	}
}
