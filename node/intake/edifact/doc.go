// Package edifact reads UN/EDIFACT interchanges into drafts: DELFOR and DELJIT
// as forecasts, DESADV as despatches, RECADV as receipts, SLSRPT as history and
// INVRPT as stock, of the directories D.96A to D.04A and those around them whose
// segments are the same.
//
// Is tells an interchange by its first bytes, and Read reads it. Words: a segment
// is a tag and its elements, an element has components; all three separators, the
// decimal mark and the release character come from UNA where there is one.
//
// Guarantees: pure; bounded by the constants of segments.go; trailers are counted
// again, and where one counts more than there is, or is missing, the file is refused,
// because lines may be missing; one that counts less is a note with the number of its
// segment.
package edifact
