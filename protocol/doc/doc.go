// Package doc holds the specification of the protocol: the markdown pages beside this file, from which another implementation could be
// written. README.md is their index.
//
// The tests of this package make every example and the table of codes again from the program itself and compare. After a wanted
// change, go test ./protocol/doc -update writes them anew, and the difference is reviewed.
package doc
