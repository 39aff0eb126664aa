package command

import (
	"fmt"
	"io"
	"math/big"
	"strings"

	"kontor/protocol/quantity"
)

// stripWidth is how many characters a strip has: with a label and a figure beside it, it fits a terminal of 100.
const stripWidth = 60

// strip draws figures as characters on one line of a common scale: plain text that also reads aloud.
type strip struct{ low, high *big.Rat }

// cover widens the scale.
func (s *strip) cover(all ...quantity.Decimal) {
	for _, d := range all {
		r := d.Rat()
		if s.low == nil || r.Cmp(s.low) < 0 {
			s.low = r
		}
		if s.high == nil || r.Cmp(s.high) > 0 {
			s.high = r
		}
	}
}

// mark is a character at a figure; a later mark covers an earlier one.
type mark struct {
	at   quantity.Decimal
	sign byte
}

func (s *strip) draw(marks ...mark) string {
	line := []byte(strings.Repeat(" ", stripWidth))
	for _, m := range marks {
		line[s.place(m.at.Rat())] = m.sign
	}
	return strings.TrimRight(string(line), " ")
}

// place is the column of a figure, inside the strip in any case.
func (s *strip) place(v *big.Rat) int {
	span := new(big.Rat).Sub(s.high, s.low)
	if span.Sign() == 0 {
		return stripWidth / 2
	}
	r := new(big.Rat).Quo(new(big.Rat).Sub(v, s.low), span)
	at := new(big.Rat).Mul(r, big.NewRat(stripWidth-1, 1))
	n := new(big.Int).Quo(at.Num(), at.Denom())
	return int(min(max(n.Int64(), 0), stripWidth-1))
}

// bars draws counts as rows of #, the longest as wide as a strip.
func bars(w io.Writer, labels []string, counts []int) {
	most, width := 1, 0
	for i, n := range counts {
		most, width = max(most, n), max(width, len(labels[i]))
	}
	for i, n := range counts {
		length := n * stripWidth / most
		if n > 0 && length == 0 {
			length = 1
		}
		fmt.Fprintln(w, strings.TrimRight(fmt.Sprintf("%-*s %8d %s", width, labels[i], n, strings.Repeat("#", length)), " "))
	}
}
