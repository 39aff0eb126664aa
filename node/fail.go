package node

import (
	"errors"
	"fmt"
	"io/fs"
	"strings"

	"kontor/protocol"
	"kontor/protocol/artifact"
	"kontor/protocol/block"
	"kontor/protocol/feed"
	"kontor/store"
)

// Failure is an error with a stable code, for the API, the command line and scripts. Its text says what was wrong and, where the
// reader can act, what to do.
type Failure struct {
	Code     string
	Text     string
	Findings []artifact.Finding // coded complaints about a document, if that is the matter
}

func (f *Failure) Error() string { return f.Text }

// Failf makes a Failure.
func Failf(code, format string, args ...any) *Failure {
	return &Failure{Code: code, Text: fmt.Sprintf(format, args...)}
}

// Count writes a number with its noun for people: "1 line", "2 lines".
func Count[N int | int64](n N, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	if stem, found := strings.CutSuffix(noun, "y"); found && noun != "day" {
		return fmt.Sprintf("%d %sies", n, stem)
	}
	if noun == "series" {
		return fmt.Sprintf("%d series", n)
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

// AsFailure gives any error a code: its own where it has one, INTERNAL otherwise.
func AsFailure(err error) *Failure {
	var f *Failure
	var refusal *protocol.Refusal
	var verdict *feed.Error
	var stored *store.Error
	var written *block.Error
	switch {
	case err == nil:
		return nil
	case errors.As(err, &f):
		return f
	case errors.As(err, &refusal):
		f = &Failure{Code: "REFUSED", Text: refusal.Error()}
		for _, code := range refusal.Codes {
			f.Findings = append(f.Findings, artifact.Finding{Code: code, Text: protocol.Sentence(code)})
		}
		return f
	case errors.As(err, &verdict):
		return &Failure{Code: verdict.Code, Text: verdict.Error()}
	case errors.As(err, &stored):
		return &Failure{Code: string(stored.Code), Text: stored.Error()}
	case errors.As(err, &written) && written.Code == block.CodeEncode:
		// What is written was given by somebody: a text or a list beyond what a block takes.
		return &Failure{Code: "BAD_SIZE", Text: "what was given can't be kept: " + err.Error()}
	case errors.Is(err, fs.ErrPermission):
		return &Failure{Code: "FILE_ACCESS", Text: err.Error()}
	}
	return &Failure{Code: "INTERNAL", Text: err.Error()}
}
