// Package x12 reads ANSI X12 interchanges into drafts: 830 and 862 as forecasts,
// 852 as history or stock, 856 as despatches.
//
// Is tells an interchange by its first bytes, and Read reads it. A file without
// envelope, from ST to SE, is read as well. Element separator and terminator come
// from ISA alone (positions 4 and 106), or from ST where there is no envelope.
//
// Guarantees: pure; bounded by the constants of segments.go; SE, GE, IEA and CTT
// are counted again, and where one counts more than there is, or SE or IEA is missing,
// the file is refused, because lines may be missing; one that counts less, and a wrong
// control total, is a note with the number of its segment.
package x12
