package x12

import (
	"fmt"
	"strconv"
	"strings"

	"kontor/node/intake"
	"kontor/protocol/quantity"
)

// Bounds of an interchange beside those of every file.
const (
	maxSegments = 2_000_000
	maxElements = 200     // of one segment; the largest of the dictionary has 30
	maxSegment  = 8 << 10 // bytes of one segment
)

// segment is one segment. N counts from 1, ISA the first.
type segment struct {
	tag      string
	elements []string // without the tag
	n, line  int
}

// at is element i as the dictionary counts it, from 1, without blanks around it.
func (s segment) at(i int) string {
	if i > len(s.elements) {
		return ""
	}
	return strings.TrimSpace(s.elements[i-1])
}

func (s segment) place(element int) intake.Complaint {
	c := intake.Complaint{Line: s.line, Segment: s.n, Column: s.tag}
	if element > 0 {
		c.Column = fmt.Sprintf("%s%02d", s.tag, element)
	}
	return c
}

// Is tells whether a file is an X12 interchange.
func Is(data []byte) bool {
	head := strings.TrimLeft(string(data[:min(len(data), 512)]), " \t\r\n\ufeff")
	for _, tag := range []string{"ISA", "ST"} {
		if rest, ok := strings.CutPrefix(head, tag); ok && rest != "" {
			sep := rest[0]
			return !isWord(sep) && sep != ' ' && sep != ',' && sep != ';' && sep != '\t' && (tag == "ISA" && strings.Count(head, string(rest[0])) >= 11 || tag == "ST" && len(rest) > 4 && rest[4] == sep && isWord(rest[1]) && strings.Trim(rest[1:4], "0123456789") == "")
		}
	}
	return false
}

func isWord(c byte) bool {
	return c >= '0' && c <= '9' || c >= 'A' && c <= 'Z' || c >= 'a' && c <= 'z'
}

// split takes the text apart.
func split(text string, r *intake.Report) ([]segment, bool) {
	body := strings.TrimLeft(text, " \t\r\n\ufeff")
	line := 1 + strings.Count(text[:len(text)-len(body)], "\n")
	element, terminator := byte('*'), byte('~')
	if strings.HasPrefix(body, "ISA") {
		element = body[3]
		at := 3 // of the sixteenth separator
		for i := 0; i < 15 && at >= 0; i++ {
			next := strings.IndexByte(body[at+1:], element)
			if next < 0 || at > 400 {
				at = -1
				break
			}
			at += 1 + next
		}
		if at < 0 || at+2 >= len(body) {
			r.Complain(intake.Complaint{Code: intake.CodeSyntax, Line: line, Segment: 1, Column: "ISA", Text: "the envelope has fewer than sixteen elements", Want: "ISA as the standard fixes it: 106 characters"})
			return nil, false
		}
		terminator = body[at+2]
		if terminator == '\r' {
			terminator = '\n'
		}
	} else {
		element = body[2]
		if !strings.Contains(body, "~") {
			terminator = '\n'
		}
	}
	if isWord(terminator) || terminator == element || terminator == ' ' {
		r.Complain(intake.Complaint{Code: intake.CodeSyntax, Line: line, Segment: 1, Column: "ISA", Value: string(terminator), Text: "this can't end segments", Want: "the terminator right after ISA16, such as ~"})
		return nil, false
	}
	var out []segment
	for body != "" {
		raw, rest, _ := strings.Cut(body, string(terminator))
		body = rest
		trimmed := strings.TrimLeft(raw, " \t\r\n")
		start := line + strings.Count(raw[:len(raw)-len(trimmed)], "\n")
		line += strings.Count(raw, "\n")
		if terminator == '\n' {
			line++
		}
		trimmed = strings.TrimRight(trimmed, "\r\n")
		if trimmed == "" {
			continue
		}
		if len(trimmed) > maxSegment || strings.Count(trimmed, string(element)) > maxElements || len(out) >= maxSegments {
			r.Complain(intake.Complaint{Code: intake.CodeTooLarge, Line: start, Segment: len(out) + 1, Text: fmt.Sprintf("more than %d segments, %d elements of one, or %d bytes of one", maxSegments, maxElements, maxSegment), Want: "segments ended by " + strconv.QuoteRune(rune(terminator))})
			return nil, false
		}
		parts := strings.Split(trimmed, string(element))
		out = append(out, segment{strings.TrimSpace(parts[0]), parts[1:], len(out) + 1, start})
	}
	return out, true
}

// set is one transaction set, ST and SE included.
type set struct {
	kind, version string
	segments      []segment
}

// sets divides the interchange and counts its trailers again.
func sets(all []segment, r *intake.Report) ([]set, bool) {
	var out []set
	var isa, gs, st *segment
	groups, inGroup := 0, 0
	check := func(trailer segment, element int, want string, what string) {
		got := trailer.at(element)
		if got == want {
			return
		}
		if a, err := strconv.Atoi(got); err == nil {
			if b, err := strconv.Atoi(want); err == nil && a == b {
				return
			}
		}
		c := trailer.place(element)
		c.Code, c.Value, c.Text, c.Want = intake.NoteTrailer, got, what, want
		r.Note(c)
	}
	count := func(trailer segment, have int, what string) {
		r.Counted(trailer.at(1), have, what, trailer.place(1))
	}
	truncated := func(at segment, text string) bool {
		c := at.place(0)
		c.Code, c.Text, c.Want = intake.CodeTruncated, text, "the whole interchange: was the file sent in full?"
		r.Complain(c)
		return false
	}
	ended := false
	for i := range all {
		s := all[i]
		if ended {
			c := s.place(0)
			c.Code, c.Text, c.Want = intake.CodeSyntax, "a segment after the end of the interchange", "one interchange in a file"
			r.Complain(c)
			return nil, false
		}
		switch s.tag {
		case "ISA":
			isa = &all[i]
		case "GS":
			gs, inGroup = &all[i], 0
			groups++
		case "ST":
			if st != nil {
				return nil, truncated(s, "a transaction set begins before SE has ended the one before")
			}
			st = &all[i]
			version := ""
			if gs != nil {
				version = gs.at(8)
			}
			out = append(out, set{kind: s.at(1), version: version, segments: []segment{s}})
			inGroup++
		case "SE":
			if st == nil {
				return nil, truncated(s, "a transaction set ends that did not begin")
			}
			t := &out[len(out)-1]
			t.segments = append(t.segments, s)
			count(s, len(t.segments), "segments from ST to SE")
			check(s, 2, st.at(2), "the trailer has another control number than its header")
			st = nil
		case "GE":
			count(s, inGroup, "transaction sets in the group")
			if gs != nil {
				check(s, 2, gs.at(6), "the trailer has another control number than its header")
			}
			gs = nil
		case "IEA":
			ended = true
			if st != nil {
				return nil, truncated(s, "the interchange ends before SE has ended its last transaction set")
			}
			count(s, groups, "groups")
			if isa != nil {
				check(s, 2, isa.at(13), "the trailer has another control number than its header")
			}
		default:
			if st == nil {
				c := s.place(0)
				c.Code, c.Text, c.Want = intake.CodeSyntax, "a segment outside a transaction set", "transaction sets from ST to SE"
				r.Complain(c)
				return nil, false
			}
			t := &out[len(out)-1]
			t.segments = append(t.segments, s)
		}
	}
	switch {
	case len(all) == 0 || len(out) == 0:
		r.Complain(intake.Complaint{Code: intake.CodeEmpty, Text: "the interchange has no transaction set", Want: "one or more"})
		return nil, false
	case st != nil:
		return nil, truncated(all[len(all)-1], "the last transaction set has no end (SE)")
	case isa != nil && !ended:
		return nil, truncated(all[len(all)-1], "the interchange has no end (IEA)")
	}
	return out, true
}

// total checks CTT: the number of lines, and the sum of quantities where one is
// given.
func total(s segment, lines int, sum quantity.Quantity, r *intake.Report) {
	if s.at(1) != "" {
		r.Counted(s.at(1), lines, "lines", s.place(1))
	}
	if s.at(2) == "" {
		return
	}
	if q, err := quantity.Parse(s.at(2)); err != nil || q != sum {
		c := s.place(2)
		c.Code, c.Value, c.Text, c.Want = intake.NoteTrailer, s.at(2), "the control total is wrong: the quantities add up to "+sum.String(), sum.String()
		r.Note(c)
	}
}
