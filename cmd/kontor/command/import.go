package command

import (
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/urfave/cli/v2"

	"kontor/node"
	"kontor/node/api"
	"kontor/node/api/wire"
	"kontor/node/intake"
	"kontor/node/intake/door"
	"kontor/protocol/quantity"
)

// reading is what a file says, without a node.
type reading struct {
	Format   string             `json:"format"`
	Kind     intake.Kind        `json:"kind"`
	Lines    int                `json:"lines"`   // series: an item at a place, a group, a position
	Buckets  int                `json:"buckets"` // periods of all of them
	Warnings []intake.Complaint `json:"warnings"`
	Errors   []intake.Complaint `json:"errors"`
	Further  int                `json:"further,omitempty"` // errors beyond the first hundred
	Rows     int                `json:"rows"`              // of a table; else as lines
	Skipped  []int              `json:"skipped,omitempty"`
	Content  []intake.Said      `json:"content,omitempty"` // what it says, as much of it as --lines asks for
	Total    int                `json:"total,omitempty"`   // of what it says, all
}

var importAny = verb{
	name: "import", short: "take a file of any kind and format", args: "FILE", exits: []int{wire.ExitRefused},
	flags: append(append([]cli.Flag{}, importFlags...), &cli.StringFlag{Name: "kind", Usage: "`KIND` of the file where it leaves that open: history, forecast, capacity, stock, bom"}, linesFlag),
	long: "Formats, found by content: CSV and XLSX tables, long and wide; EDIFACT DELFOR, DELJIT, DESADV, RECADV, SLSRPT, INVRPT; ANSI X12 830, 862,\n" +
		"852, 856; VDA 4905; UBL 2.1 Forecast, ForecastRevision, ProductActivity, DespatchAdvice, ReceiptAdvice in XML and JSON; Catena-X demand,\n" +
		"capacity, notification, request, stock, delivery and output payloads; the vendor forecasting report.\n" +
		"With --dry-run the file is read here, without a node: what it says, warnings, and errors with line, segment, element and what would be right.\n" +
		"The first 20 things it says are listed, or --lines N, or all; also of kinds that nothing keeps. A segment counts\n" +
		"through the whole file, UNB, ISA or 511 the first, and not inside its message. A count of the file that is higher than what was found refuses it.\n" +
		"A code of the sender's own for a place is left out unless --place says what it means. FILE \"-\" is standard input.",
	examples: []string{"kontor import --dry-run --json delfor.edi", "kontor import --dry-run --lines all recadv.edi", "kontor import --place BCZB=CZ delfor.edi", "kontor import --kind history sales.xlsx"},
	run: func(c *call) error {
		if info, err := os.Stat(c.Args().First()); err == nil && info.IsDir() {
			return usagef("%s is a directory; name a file", c.Args().First())
		}
		kind, ok := intake.ParseKind(c.String("kind"))
		if !ok {
			return usagef("--kind %q is none of history, forecast, capacity, stock, bom and products", c.String("kind"))
		}
		if c.Bool("dry-run") {
			return c.readHere(kind)
		}
		out, err := upload(c, api.Import, api.ImportQuery{ImportOptions: c.importOptions(), Kind: string(kind)})
		if err != nil {
			return err
		}
		return c.printImport(out)
	},
}

// readHere reads the file in this process and says what it says.
func (c *call) readHere(kind intake.Kind) error {
	places, err := intake.ParsePlaces(c.StringSlice("place"))
	if err != nil {
		return usagef("--place: %v", err)
	}
	o := door.Options{Format: door.Format(c.String("format")), Sheet: c.String("sheet"), Options: intake.Options{Kind: kind, SkipBad: c.Bool("skip-bad"),
		Decimal: c.String("decimal"), DateOrder: c.String("date-order"), Unit: quantity.Unit(c.String("unit")), Places: places}}
	most, err := c.contentBound()
	if err != nil {
		return err
	}
	var file io.Reader = c.stdin
	if path := c.Args().First(); path != "-" {
		f, err := os.Open(path)
		if err != nil {
			return usagef("%v", err)
		}
		defer f.Close()
		file = f
	}
	data, err := io.ReadAll(io.LimitReader(file, intake.MaxBytes+1))
	if err != nil {
		return usagef("%v", err)
	}
	draft, report := door.Read(data, o)
	out := reading{Format: report.Format, Kind: report.Kind, Warnings: report.Notes, Errors: report.Complaints, Further: report.Further, Rows: report.Lines, Skipped: report.Skipped}
	out.Lines, out.Buckets = report.Series, report.Buckets
	out.Content, out.Total = draft.Content(most)
	if out.Warnings == nil {
		out.Warnings = []intake.Complaint{}
	}
	if out.Errors == nil {
		out.Errors = []intake.Complaint{}
	}
	err = c.print(out, func(w io.Writer) {
		facts(w, "format", out.Format, "kind", string(out.Kind), "lines", fmt.Sprint(out.Lines), "buckets", fmt.Sprint(out.Buckets))
		for _, n := range out.Warnings {
			fmt.Fprintf(w, "warning: %s\n", n)
		}
		for _, e := range out.Errors {
			fmt.Fprintf(w, "error: %s\n", e)
		}
		printContent(w, out.Content, out.Total)
	})
	if err == nil && draft == nil {
		err = &wire.Problem{Code: "IMPORT_REFUSED", Text: "the file would not be imported: " + node.Count(len(report.Complaints)+report.Further, "complaint"), Next: strings.TrimSpace(wire.Meaning("IMPORT_REFUSED").Next)}
	}
	return err
}
