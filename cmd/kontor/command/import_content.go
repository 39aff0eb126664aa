package command

import (
	"fmt"
	"io"
	"math"
	"strconv"

	"github.com/urfave/cli/v2"

	"kontor/node/intake"
)

// defaultContent is how many entries of a file --dry-run lists: enough to see whether it was understood.
const defaultContent = 20

var linesFlag = &cli.StringFlag{Name: "lines", Value: strconv.Itoa(defaultContent), Usage: "with --dry-run, list `N` of the things the file says, or all"}

func (c *call) contentBound() (int, error) {
	text := c.String("lines")
	if text == "all" {
		return math.MaxInt, nil
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 0 {
		return 0, usagef("--lines %q: want a number from 0, or all", text)
	}
	return n, nil
}

// printContent is what a file says, as a table.
func printContent(w io.Writer, content []intake.Said, all int) {
	if len(content) == 0 {
		return
	}
	var rows [][]string
	for _, s := range content {
		names := s.Product
		if s.Seller != "" {
			names += " (seller " + s.Seller + ")"
		}
		more := intake.Words(s.Levels)
		if further := intake.Words(s.Further); further != "" {
			if more != "" {
				more += ", "
			}
			more += further
		}
		rows = append(rows, []string{s.What, names, s.Place, s.Period, s.Quantity, string(s.Unit), more})
	}
	table(w, []string{"what", "product", "place", "period", "quantity", "unit", "further"}, rows)
	if all > len(content) {
		fmt.Fprintf(w, "and %d more (--lines all)\n", all-len(content))
	}
}
