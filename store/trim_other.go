//go:build !linux

package store

// pageOut leaves mapped files to the operating system.
func pageOut(string) {}

// unmapProgram leaves the program's pages to the operating system.
func unmapProgram() {}
