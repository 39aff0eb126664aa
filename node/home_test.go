package node

import (
	"encoding/json"
	"reflect"
	"testing"
)

// FuzzSettings: settings that are read are written and read again as the same; what is refused leaves nothing behind.
func FuzzSettings(f *testing.F) {
	good, err := json.MarshalIndent(Settings{Version: 1, Company: "Acme", Listen: []string{"/ip4/127.0.0.1/tcp/4001"}}, "", "  ")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(good)
	f.Add(good[:len(good)-2])
	f.Add([]byte(`{"version":2}`))
	f.Add([]byte(`{"version":1,"listen":null}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		s, err := parseSettings(data, "kontor.json")
		if err != nil {
			if !reflect.ValueOf(s).IsZero() {
				t.Fatalf("an error, and %+v", s)
			}
			return
		}
		written, err := json.Marshal(s)
		if err != nil {
			t.Fatal(err)
		}
		if again, err := parseSettings(written, "kontor.json"); err != nil || !reflect.DeepEqual(again, s) {
			t.Fatalf("%+v is read again as %+v, %v", s, again, err)
		}
	})
}
