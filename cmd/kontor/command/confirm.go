package command

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/urfave/cli/v2"
	"golang.org/x/term"

	"kontor/node/api/wire"
)

// yesFlag answers the question a command would ask.
func yesFlag(usage string) cli.Flag {
	return &cli.BoolFlag{Name: "yes", Aliases: []string{"y"}, Usage: usage}
}

// terminal is the terminal behind stdin; nil where there is none.
func (c *call) terminal() *os.File {
	in, isFile := c.stdin.(*os.File)
	if !isFile || !term.IsTerminal(int(in.Fd())) {
		return nil
	}
	return in
}

// maxAnswer bounds a line typed as an answer, in bytes.
const maxAnswer = 4096

// askLine asks on the terminal and returns the line typed, without spaces around it.
func (c *call) askLine(in *os.File, question string) (string, error) {
	fmt.Fprint(c.stderr, question)
	line, err := typed(c, func() (string, error) { return bufio.NewReader(io.LimitReader(in, maxAnswer)).ReadString('\n') })
	if err != nil && !(errors.Is(err, io.EOF) && line != "") {
		fmt.Fprintln(c.stderr)
		if errors.Is(err, io.EOF) {
			err = nil // nothing was typed: that is no answer
		}
		return "", err
	}
	return strings.TrimSpace(line), nil
}

// errInterrupted ends a command at whose question somebody pressed Ctrl-C.
var errInterrupted = wire.Problemf("INTERRUPTED", "interrupted at the question; nothing was done")

// typed waits for what read takes from the terminal, or for Ctrl-C, which leaves the read behind: the program ends.
func typed[T any](c *call, read func() (T, error)) (T, error) {
	type answer struct {
		got T
		err error
	}
	done := make(chan answer, 1)
	go func() {
		got, err := read()
		done <- answer{got, err}
	}()
	select {
	case a := <-done:
		return a.got, a.err
	case <-c.Context.Context.Done():
		var none T
		return none, errInterrupted
	}
}

// agree asks a yes-or-no question that --yes answers beforehand. No answer, and no terminal to ask on, is a no: the problem says so.
func (c *call) agree(question string, no *wire.Problem) error {
	if c.Bool("yes") {
		return nil
	}
	in := c.terminal()
	if in == nil {
		return no
	}
	answer, err := c.askLine(in, question+" [y/N] ")
	if err != nil {
		return err
	}
	if answer = strings.ToLower(answer); answer == "y" || answer == "yes" {
		return nil
	}
	return no
}
