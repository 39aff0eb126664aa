package outlet

import (
	"bytes"
	"cmp"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"kontor/node/intake"
	"kontor/node/intake/door"
	"kontor/protocol/artifact"
	"kontor/protocol/campaign"
	"kontor/protocol/capacity"
	"kontor/protocol/forecast"
	"kontor/protocol/quality"
)

func FuzzDELFOR(f *testing.F)  { fuzzFormat(f, DELFOR, "delfor_*") }
func FuzzX12(f *testing.F)     { fuzzFormat(f, X12, "x12_*") }
func FuzzUBL(f *testing.F)     { fuzzFormat(f, UBL, "ubl_*") }
func FuzzCatenaX(f *testing.F) { fuzzFormat(f, CatenaX, "catenax_*") }

// fuzzFormat: what a format's reader accepts and its writer can write comes back as the same document, but for what was said to be left out; written
// again, it has the same bytes. The seeds are the inputs of the door's cases, between their lines of dashes.
func fuzzFormat(f *testing.F, format Format, cases string) {
	paths, err := filepath.Glob("../intake/door/testdata/cases/" + cases)
	if err != nil || len(paths) < 3 {
		f.Fatalf("%d cases are named %s (%v)", len(paths), cases, err)
	}
	for _, path := range paths {
		content, err := os.ReadFile(path)
		if err != nil {
			f.Fatal(err)
		}
		f.Add([]byte(strings.SplitN(string(content), "\n----\n", 3)[1]))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		draft, report := door.Read(data, fuzzedOptions(format))
		if draft == nil || !report.OK() {
			return
		}
		settle(draft)
		written, left, err := rewrite(draft, format)
		if written == nil || err != nil {
			return // of another kind than this format is written in, or more than it can tell apart
		}
		if twice, _, err := rewrite(draft, format); err != nil || !bytes.Equal(written, twice) {
			t.Fatalf("written twice, and not the same (%v)\n%s\n%s", err, written, twice)
		}
		again, report := door.Read(written, fuzzedOptions(format))
		if again == nil || !report.OK() {
			t.Fatalf("what was written is refused: %v\n%s", report.Complaints, written)
		}
		settle(again)
		if len(left) == 0 {
			comeBack(t, draft, again, written)
		}
		if rewritten, _, err := rewrite(again, format); err != nil || !bytes.Equal(written, rewritten) {
			t.Fatalf("read and written again, and not the same (%v)\n%s\n%s", err, written, rewritten)
		}
	})
}

// rewrite writes what a draft says in a format, under options that stay the same; nothing where the format has no document of its kind.
func rewrite(draft *intake.Draft, format Format) ([]byte, []string, error) {
	o := customer
	if format == CatenaX {
		o.Places = sites
	}
	header := artifact.Header{Issued: 1_767_571_200_000}
	switch {
	case draft.Message != nil && len(draft.Message.Lines) > 0:
		d := forecast.Document{Header: header, Purpose: draft.Message.Purpose, Lines: draft.Message.Lines, Fences: draft.Message.Fences}
		d.Header.Reason = draft.Message.Reason
		if draft.Message.Revision {
			d.Header.Revision = 1
		}
		o.Number = draft.Message.Number
		return Forecast(d, format, o)
	case len(draft.Groups) > 0 && format == CatenaX:
		return Plan(capacity.Plan{Header: header, Groups: draft.Groups}, format, o)
	case len(draft.Complaints) > 0 && format == CatenaX:
		o.Number = draft.Complaints[0].ID
		return Report(quality.Document{Header: header, Complaints: draft.Complaints, Cases: draft.Cases}, format, o)
	case len(draft.Events) > 0 && format == UBL:
		o.Number = draft.Events[0].ID
		return Calendar(campaign.Document{Header: header, Events: draft.Events}, format, o)
	}
	return nil, nil, nil
}

// settle says in one way what formats have one word for: a period that nobody called firm is planned, and who is responsible for a measure is known
// by role where the report has a team, which none that is written has.
func settle(draft *intake.Draft) {
	if draft.Message != nil {
		for _, l := range draft.Message.Lines {
			for i := range l.Buckets {
				l.Buckets[i].Firmness = cmp.Or(l.Buckets[i].Firmness, forecast.PlannedLevel)
			}
		}
	}
	for _, k := range draft.Cases {
		for i := range k.Actions {
			k.Actions[i].Role = "RESPONSIBLE"
		}
	}
}

// comeBack compares what was written with what was read from it, where nothing was left out.
func comeBack(t *testing.T, draft, again *intake.Draft, written []byte) {
	t.Helper()
	if draft.Message != nil {
		if again.Message == nil {
			t.Fatalf("a forecast became none\n%s", written)
		}
		same(t, draft.Message.Lines, again.Message.Lines, written)
		return
	}
	if !reflect.DeepEqual(draft.Groups, again.Groups) {
		t.Fatalf("%+v\nbecame\n%+v\n%s", draft.Groups, again.Groups, written)
	}
	if len(draft.Events) == 1 && !reflect.DeepEqual(draft.Events, again.Events) {
		t.Fatalf("%+v\nbecame\n%+v\n%s", draft.Events, again.Events, written)
	}
}

// fuzzedOptions: Catena-X has site numbers for places, and a partner's table says what they mean here.
func fuzzedOptions(format Format) (o door.Options) {
	if format == CatenaX {
		o.Places = sitesIn()
	}
	return o
}
