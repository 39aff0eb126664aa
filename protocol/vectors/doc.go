// Package vectors holds the golden vectors of the protocol: files that another implementation can be checked with.
//
// Each file is JSON with byte strings in hexadecimal. Our own tests make every value again and compare; after a wanted
// change, go test ./protocol/vectors -update writes the files anew, and the difference is reviewed.
package vectors
