package transcript

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write the answers in testdata anew")

// TestTranscripts plays every transcript and compares the answers.
func TestTranscripts(t *testing.T) {
	files, err := filepath.Glob("testdata/*.txt")
	if err != nil || len(files) < 6 {
		t.Fatalf("%d transcripts, %v", len(files), err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txt"), func(t *testing.T) {
			want, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			got, err := Play(string(want))
			if err != nil {
				t.Fatal(err)
			}
			if !strings.HasPrefix(got, "# Shows ") || !strings.Contains(got, "# Why it matters") || !strings.Contains(got, "\nassert ") {
				t.Error("a transcript opens with what it shows and why it matters, and ends with assertions")
			}
			if *update {
				if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
				return
			}
			if got != string(want) {
				t.Errorf("other answers than recorded; if that is wanted, run go test ./testnet/transcript -update and review\n%s", got)
			}
		})
	}
}

// TestTranscriptFails: a transcript whose assertion does not hold, or that asks for what nobody knows, ends with the line.
func TestTranscriptFails(t *testing.T) {
	for text, want := range map[string]string{
		"agency writes": "first step",
		"partnership of agency and maker\nagency dances":                                                                          "line 2",
		"partnership of agency and maker\ntime passes soon":                                                                       "line 2",
		"partnership of agency and maker\nnegotiate\nagency drafts agreement sign-by 1d\nassert the agreement is FINAL at agency": "it is \"OPEN\" at agency",
	} {
		if _, err := Play(text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: got %v, want %q", text, err, want)
		}
	}
}
