// Package house keeps the rules of the house: which package may import which, and what the pure core never names. The rules are
// text (imports.txt); the test that reads them fails with the reason.
package house
