package command

import (
	"fmt"
	"io"
	"runtime"
	"runtime/debug"

	"kontor/node/api/wire"
)

// Version is set at build time for a release: -ldflags "-X kontor/cmd/kontor/command.Version=1.0.0".
var Version = "development"

// versionDocument is what kontor version --json prints.
type versionDocument struct {
	Version  string `json:"version"`
	Revision string `json:"revision"` // of the source, where the build knew it
	Go       string `json:"go"`
	System   string `json:"system"`
}

var versionVerb = verb{
	name: "version", short: "print the program's version", local: true,
	examples: []string{"kontor version", "kontor version --json"},
	run: func(c *call) error {
		printVersion(map[bool][]string{true: {"--json"}}[c.asJSON()], c.stdout)
		return nil
	},
}

func printVersion(args []string, w io.Writer) int {
	doc := versionDocument{Version: Version, Go: runtime.Version(), System: runtime.GOOS + "/" + runtime.GOARCH}
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, s := range info.Settings {
			if s.Key == "vcs.revision" {
				doc.Revision = s.Value
			}
		}
	}
	if wantsJSON(args) {
		printJSON(w, doc)
		return wire.ExitOK
	}
	fmt.Fprintf(w, "kontor %s (%s, %s)\n", doc.Version, doc.Go, doc.System)
	return wire.ExitOK
}
