package command

import (
	"fmt"
	"io"
	"strings"

	"github.com/urfave/cli/v2"
)

// scripts ask the program itself for candidates, so that they never age.
var scripts = map[string]string{
	"bash": `_kontor() {
  local words=("${COMP_WORDS[@]:1:COMP_CWORD}")
  COMPREPLY=($(compgen -W "$(kontor __complete "${words[@]}" 2>/dev/null)" -- "${COMP_WORDS[COMP_CWORD]}"))
}
complete -o default -F _kontor kontor
`,
	"zsh": `#compdef kontor
_kontor() {
  local -a found
  found=(${(f)"$(kontor __complete "${words[@]:1:$((CURRENT-1))}" 2>/dev/null)"})
  if (( ${#found} )); then compadd -a found; else _files; fi
}
compdef _kontor kontor
`,
	"fish": `complete -c kontor -a '(kontor __complete (commandline -opc)[2..-1] (commandline -ct) 2>/dev/null)'
`,
}

var completionVerb = verb{
	name: "completion", short: "print a shell's completion script", args: "bash|zsh|fish", most: 1, local: true,
	examples: []string{`source <(kontor completion bash)`, `kontor completion fish > ~/.config/fish/completions/kontor.fish`},
	run: func(c *call) error {
		script, known := scripts[c.Args().First()]
		if !known {
			return usagef("no completion for the shell %q; bash, zsh and fish are known", c.Args().First())
		}
		return c.document([]byte(script))
	},
}

// complete prints the candidates for the last of words, one a line: verbs, or flags once a word begins with a dash.
func complete(words []string, w io.Writer) {
	level := nouns()
	var at *cli.Command
	last := ""
	if len(words) > 0 {
		last = words[len(words)-1]
		for _, word := range words[:len(words)-1] {
			if next := find(level, word); next != nil {
				at, level = next, next.Subcommands
			}
		}
	}
	if strings.HasPrefix(last, "-") {
		if at == nil {
			return
		}
		for _, f := range at.Flags {
			for _, name := range f.Names() {
				if len(name) > 1 && strings.HasPrefix("--"+name, last) {
					fmt.Fprintln(w, "--"+name)
				}
			}
		}
		return
	}
	for _, c := range level {
		if !c.Hidden && strings.HasPrefix(c.Name, last) {
			fmt.Fprintln(w, c.Name)
		}
	}
}
