package edifact

import (
	"fmt"
	"strconv"
	"strings"

	"kontor/node/intake"
)

// Bounds of an interchange beside those of every file.
const (
	maxSegments = 2_000_000 // of one interchange: a year of days of five thousand parts
	maxElements = 200       // of one segment; the largest of the directories has 20
	maxSegment  = 8 << 10   // bytes of one segment; 2 KiB are usual for the longest text
)

// segment is one segment of the interchange. N counts from 1, UNB the first;
// line is that of the file as an editor shows it.
type segment struct {
	tag      string
	elements [][]string
	n, line  int
}

// at is component c of element e, both from 0 and without the tag, or "".
func (s segment) at(e, c int) string {
	if e >= len(s.elements) || c >= len(s.elements[e]) {
		return ""
	}
	return s.elements[e][c]
}

// place is where a complaint about the segment points; element "" means all of it.
func (s segment) place(element string) intake.Complaint {
	return intake.Complaint{Line: s.line, Segment: s.n, Column: strings.TrimSpace(s.tag + " " + element)}
}

// marks are the service characters.
type marks struct {
	component, element, decimal, release, terminator rune
}

var standardMarks = marks{':', '+', ',', '?', '\''}

// Is tells whether a file is an EDIFACT interchange: UNA or UNB at the front,
// blanks and a byte order mark before it left aside.
func Is(data []byte) bool {
	head := strings.TrimLeft(string(data[:min(len(data), 256)]), " \t\r\n\ufeff")
	if strings.HasPrefix(head, "UNA") {
		return len(head) >= 9
	}
	return strings.HasPrefix(head, "UNB+") || strings.HasPrefix(head, "UNH+")
}

// split takes the text apart into segments.
func split(text string, r *intake.Report) ([]segment, marks, bool) {
	line := 1
	skip := func(s string) string {
		rest := strings.TrimLeft(s, " \t\r\n\ufeff")
		line += strings.Count(s[:len(s)-len(rest)], "\n")
		return rest
	}
	text = skip(text)
	text, m, ok := marked(text, line, r)
	if !ok {
		return nil, m, false
	}
	if m.terminator == '\n' {
		text += "\n" // the file's end ends the last line
	}
	var out []segment
	var b strings.Builder
	s := segment{}
	var element []string
	start, released, size := line, false, 0
	endComponent := func() {
		element = append(element, b.String())
		b.Reset()
	}
	endElement := func() {
		endComponent()
		s.elements = append(s.elements, element)
		element = nil
	}
	for _, c := range text {
		if size++; size > maxSegment {
			r.Complain(intake.Complaint{Code: intake.CodeTooLarge, Line: start, Segment: len(out) + 1, Text: fmt.Sprintf("a segment of more than %d characters", maxSegment), Want: "segments ended by " + strconv.QuoteRune(m.terminator)})
			return nil, m, false
		}
		switch {
		case released:
			b.WriteRune(c)
			released = false
		case c == m.release && m.release != 0:
			released = true
		case c == m.terminator:
			endElement()
			if s.tag = strings.TrimSpace(s.elements[0][0]); s.tag != "" || len(s.elements) > 1 {
				s.elements, s.n, s.line = s.elements[1:], len(out)+1, start
				out = append(out, s)
			}
			s, size = segment{}, 0
			if c == '\n' {
				line++
			}
			start = line
			if len(out) > maxSegments {
				r.Complain(intake.Complaint{Code: intake.CodeTooLarge, Line: line, Text: fmt.Sprintf("more than %d segments", maxSegments), Want: "the interchange in parts"})
				return nil, m, false
			}
		case c == m.element:
			endElement()
			if len(s.elements) > maxElements {
				r.Complain(intake.Complaint{Code: intake.CodeTooLarge, Line: start, Segment: len(out) + 1, Text: fmt.Sprintf("a segment of more than %d elements", maxElements), Want: "segments as the directory has them"})
				return nil, m, false
			}
		case c == m.component:
			endComponent()
			if len(element) > maxElements {
				r.Complain(intake.Complaint{Code: intake.CodeTooLarge, Line: start, Segment: len(out) + 1, Text: fmt.Sprintf("an element of more than %d components", maxElements), Want: "segments as the directory has them"})
				return nil, m, false
			}
		case c == '\n' || c == '\r':
			if c == '\n' {
				line++
			}
			if b.Len() == 0 && len(s.elements) == 0 && len(element) == 0 {
				start, size = line, 0 // between segments: line ends and blank lines belong to nobody
			}
		default:
			b.WriteRune(c)
		}
	}
	if strings.TrimSpace(b.String()) != "" || len(s.elements) > 0 || len(element) > 0 {
		r.Complain(intake.Complaint{Code: intake.CodeTruncated, Line: start, Segment: len(out) + 1, Value: b.String(), Text: "the last segment does not end", Want: "a file that ends with UNZ and " + strconv.QuoteRune(m.terminator) + ": was it sent in full?"})
		return nil, m, false
	}
	return out, m, true
}

// marked finds the marks by which the text, whose first line is given, is taken apart, and returns it without the service string that names them.
func marked(text string, line int, r *intake.Report) (rest string, m marks, ok bool) {
	m = standardMarks
	if strings.HasPrefix(text, "UNA") {
		una := []rune(text[:min(len(text), 32)])
		if len(una) < 9 {
			r.Complain(intake.Complaint{Code: intake.CodeSyntax, Line: line, Column: "UNA", Text: "the service string has fewer than six characters", Want: `UNA:+.? '`})
			return text, m, false
		}
		m = marks{una[3], una[4], una[5], una[6], una[8]}
		if m.release == ' ' {
			m.release = 0
		}
		text = text[len(string(una[:9])):]
	} else if !strings.ContainsRune(text, m.terminator) && strings.Contains(text, "\n") {
		m.terminator = '\n' // some senders end segments with the line
	}
	if m.component == m.element || m.element == m.terminator || m.component == m.terminator || strings.ContainsRune("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789", m.terminator) {
		r.Complain(intake.Complaint{Code: intake.CodeSyntax, Line: line, Column: "UNA", Text: "the service string names one character twice", Want: `UNA:+.? '`})
		return text, m, false
	}
	return text, m, true
}

// message is one message of the interchange, UNH and UNT included.
type message struct {
	kind, release string // DELFOR, D.97A
	segments      []segment
}

// messages divides the interchange and counts its trailers again.
func messages(all []segment, r *intake.Report) ([]message, bool) {
	var out []message
	var header, open *segment
	groups := 0
	count := func(trailer segment, element int, have int, what string) {
		c := trailer.place("0036")
		if trailer.tag == "UNT" {
			c.Column = "UNT 0074"
		}
		r.Counted(trailer.at(element, 0), have, what, c)
	}
	same := func(trailer segment, was string) {
		if got := trailer.at(1, 0); got != was {
			c := trailer.place("reference")
			c.Code, c.Value, c.Text, c.Want = intake.NoteTrailer, got, "the trailer has another reference than its header", was
			r.Note(c)
		}
	}
	truncated := func(at segment, what string) bool {
		c := at.place("")
		c.Code, c.Text, c.Want = intake.CodeTruncated, what, "the whole interchange: was the file sent in full?"
		r.Complain(c)
		return false
	}
	ended := false
	for i := range all {
		s := all[i]
		if ended {
			c := s.place("")
			c.Code, c.Text, c.Want = intake.CodeSyntax, "a segment after the end of the interchange", "one interchange in a file"
			r.Complain(c)
			return nil, false
		}
		switch s.tag {
		case "UNB":
			header = &all[i]
		case "UNG":
			groups++
		case "UNE":
		case "UNH":
			if open != nil {
				return nil, truncated(s, "a message begins before UNT has ended the one before")
			}
			open = &all[i]
			out = append(out, message{kind: s.at(1, 0), release: s.at(1, 1) + "." + s.at(1, 2)})
			out[len(out)-1].segments = append(out[len(out)-1].segments, s)
		case "UNT":
			if open == nil {
				return nil, truncated(s, "a message ends that did not begin")
			}
			m := &out[len(out)-1]
			m.segments = append(m.segments, s)
			count(s, 0, len(m.segments), "segments from UNH to UNT")
			same(s, open.at(0, 0))
			open = nil
		case "UNZ":
			ended = true
			if open != nil {
				return nil, truncated(s, "the interchange ends before UNT has ended its last message")
			}
			if groups > 0 {
				count(s, 0, groups, "groups")
			} else {
				count(s, 0, len(out), "messages")
			}
			if header != nil {
				same(s, header.at(4, 0))
			}
		default:
			if open == nil {
				c := s.place("")
				c.Code, c.Text, c.Want = intake.CodeSyntax, "a segment outside a message", "messages from UNH to UNT"
				r.Complain(c)
				return nil, false
			}
			m := &out[len(out)-1]
			m.segments = append(m.segments, s)
		}
	}
	switch {
	case len(all) == 0:
		r.Complain(intake.Complaint{Code: intake.CodeEmpty, Text: "the interchange is empty", Want: "one message or more"})
		return nil, false
	case open != nil:
		return nil, truncated(all[len(all)-1], "the last message has no end (UNT)")
	case header != nil && !ended:
		return nil, truncated(all[len(all)-1], "the interchange has no end (UNZ)")
	case len(out) == 0:
		r.Complain(intake.Complaint{Code: intake.CodeEmpty, Text: "the interchange has no message", Want: "one message or more"})
		return nil, false
	}
	return out, true
}
