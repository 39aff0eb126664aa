package vectors

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"os"
	"reflect"
	"testing"

	"kontor/protocol"
	"kontor/protocol/block"
	"kontor/protocol/cadence"
	"kontor/protocol/dispute"
	"kontor/protocol/feed"
	"kontor/protocol/identity"
	"kontor/protocol/partnership"
	"kontor/protocol/release"
	"kontor/protocol/remedy"
	"kontor/protocol/request"
)

// bodies are the signed and the carried documents that have no parser of their own beside block.Unmarshal.
var bodies = []any{
	feed.Header{}, identity.Entry{}, identity.Genesis{}, identity.Certificate{}, identity.RootSet{}, protocol.Signed{}, protocol.Mandate{},
	protocol.MandateRevocation{}, protocol.ExceptionClose{}, protocol.Record{}, protocol.PartnershipAct{}, protocol.Commitment{}, protocol.Lapse{},
	protocol.Witnessing{}, release.Grant{}, protocol.Withdrawal{}, protocol.Reaffirmation{}, protocol.MilestoneReport{}, protocol.Reconfirmation{},
	protocol.ScopeSet{}, request.Request{}, request.Reply{}, cadence.Minutes{}, cadence.MinutesAnswer{}, remedy.Act{}, dispute.Instrument{},
	partnership.CircleClose{},
}

// FuzzBodies reads bytes as each of the signed documents: what is accepted writes the same bytes, what is refused leaves nothing behind. The
// golden vectors are its seeds.
func FuzzBodies(f *testing.F) {
	text, err := os.ReadFile("signed.json")
	if err != nil {
		f.Fatal(err)
	}
	var file struct{ Signed []struct{ Body string } }
	if err := json.Unmarshal(text, &file); err != nil {
		f.Fatal(err)
	}
	for _, v := range file.Signed {
		body, err := hex.DecodeString(v.Body)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(body)
	}
	for _, body := range bodies {
		empty, err := block.Marshal(body)
		if err != nil {
			continue // one that can't be empty
		}
		f.Add(empty)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		for _, body := range bodies {
			v := reflect.New(reflect.TypeOf(body))
			if err := block.Unmarshal(data, v.Interface()); err != nil {
				if !v.Elem().IsZero() {
					t.Fatalf("%T: an error, and %+v", body, v.Elem())
				}
				continue
			}
			if again, err := block.Marshal(v.Interface()); err != nil || !bytes.Equal(again, data) {
				t.Fatalf("%T: %x is written again as %x, %v", body, data, again, err)
			}
		}
	})
}
