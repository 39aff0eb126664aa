// Kontor is a company's office in its supply network: "kontor run" is the node, every other command a thin client of it.
package main

import (
	"os"

	"kontor/cmd/kontor/command"
)

func main() { os.Exit(command.Main(os.Args[1:], os.Stdin, os.Stdout, os.Stderr)) }
