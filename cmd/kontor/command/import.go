package command

import (
	"bytes"
	"cmp"
	"fmt"
	"io"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/urfave/cli/v2"

	"kontor/node"
	"kontor/node/api"
	"kontor/node/api/wire"
	"kontor/node/desk"
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

// importNoun takes a file; its verbs look after what was taken.
func importNoun() *cli.Command {
	c := importAny.command()
	c.Subcommands = []*cli.Command{importList.command(), importUndo.command()}
	return c
}

var importAny = verb{
	name: "import", short: "take a file of any kind and format; list imports, undo one", args: "FILE", exits: []int{wire.ExitRefused},
	flags: append(append([]cli.Flag{}, importFlags...),
		&cli.StringFlag{Name: "kind", Usage: "`KIND` of the file where it leaves that open: history, forecast, capacity, stock, bom, products, campaign, quality, performance, answer"},
		&cli.BoolFlag{Name: "preview", Usage: "ask the node what the file would change of what is there, cell by cell, and change nothing"},
		&cli.StringSliceFlag{Name: "line", Usage: "production `LINE` that a calendar of shutdowns is of; all where none is given; may be given often"},
		&cli.StringFlag{Name: "reason", Usage: "`REASON` of days without campaigns that a calendar names: INVENTORY, QUALITY_HOLD, LEGAL, BRAND, FREEZE (FREEZE where it is not given)"}, linesFlag),
	long: "Formats, found by content: CSV and XLSX tables, long, wide and by field; EDIFACT DELFOR, DELJIT, DESADV, RECADV, SLSRPT, INVRPT; ANSI X12 830, 862,\n" +
		"852, 856; VDA 4905; UBL 2.1 Forecast, ForecastRevision, ProductActivity, RetailEvent, ExceptionNotification, DespatchAdvice, ReceiptAdvice in XML\n" +
		"and JSON; Catena-X demand, capacity, notification, request, stock, delivery, output and 8D payloads; the vendor forecasting report; iCalendar.\n" +
		"Entries of a calendar are days without campaigns, or with --kind capacity, or where all have the category SHUTDOWN, days on which\n" +
		"production lines make nothing: an entry whose LOCATION is a line is that line's, others are of all or of --line. Such a calendar is the whole of a line's shutdowns, its recurrences are written out two years ahead, and its titles stay at home.\n" +
		"With --dry-run the file is read here, without a node: what it says, warnings, and errors with line, segment, element and what would be right.\n" +
		"A mapping that --home keeps for such files is used and named; without a home the file is read as it is.\n" +
		"The first 20 things it says are listed, or --lines N, or all; also of kinds that nothing keeps. A segment counts\n" +
		"through the whole file, UNB, ISA or 511 the first, and not inside its message. A count of the file that is higher than what was found refuses it.\n" +
		"With --preview the node compares it with what is there: cells added, changed and removed, and which of that is material.\n" +
		"A code of the sender's own for a place is left out unless --place says what it means. In a line with dates of delivery, one of shipment\n" +
		"is put --transit DAYS later. FILE \"-\" is standard input.\n\n" +
		"A mapping (--map) is for tables whose headers nobody could guess:\n" +
		"  kind: forecast\n" +
		"  columns: {Teilenr.: product, Bed.: mean, KW: period, Notiz: ignore}\n" +
		"  constants: {region: DE}\n" +
		"  units: {ST: C62}\n" +
		"  codes: {product: {'4711': ART-1}}\n" +
		"or a CSV with the columns what, from, to, field. With --save it is kept in the home as maps/KIND.map or maps/PARTNER/KIND.map and used for\n" +
		"such files from then on, also for those in inbox/KIND/ and inbox/KIND/PARTNER/.",
	examples: []string{"kontor import --dry-run --json delfor.edi", "kontor import --dry-run --lines all recadv.edi", "kontor import --place BCZB=CZ delfor.edi", "kontor import --transit 3 deljit.edi", "kontor import --kind history sales.xlsx",
		"kontor import --preview forecast.xlsx", "kontor import holidays.ics --reason LEGAL", "kontor import --kind capacity --line press-2 shutdowns.ics", "kontor import --map plan.yaml --save --from acme plan.csv", "kontor import list", "kontor import undo 3"},
	run: func(c *call) error {
		kind, ok := intake.ParseKind(c.String("kind"))
		if !ok {
			return usagef("--kind %q is none of history, forecast, capacity, stock, bom, products, campaign, quality, performance and answer", c.String("kind"))
		}
		o, err := c.importOptions()
		if err != nil {
			return err
		}
		switch preview := c.Bool("preview"); {
		case preview && c.Bool("dry-run"):
			return usagef("--dry-run reads the file without a node, and --preview asks the node: one of both")
		case c.Bool("dry-run"):
			return c.readHere(kind, o.Map, o.From)
		default:
			o.DryRun = preview
		}
		out, err := upload(c, api.Import, api.ImportQuery{ImportOptions: o, Kind: string(kind)})
		if err != nil {
			return err
		}
		return c.printImport(out)
	},
}

var importList = verb{
	name: "list", short: "list what was imported, the newest first",
	long:     "Each import has a number, under which it can be undone as long as what stood before is kept.",
	examples: []string{"kontor import list", "kontor import list --json"},
	run: func(c *call) error {
		out, err := ask(c, api.ImportList, wire.None{})
		if err != nil {
			return err
		}
		return c.print(out, func(w io.Writer) {
			if len(out) == 0 {
				fmt.Fprintln(w, "nothing was imported yet")
				return
			}
			t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
			fmt.Fprintln(t, "IMPORT\tTIME\tKIND\tFORMAT\tFILE\tCELLS\tUNDO")
			for _, i := range out {
				fmt.Fprintf(t, "%d\t%s\t%s\t%s\t%s\t+%d ~%d -%d\t%s\n", i.Number, time.UnixMilli(i.T).UTC().Format("2006-01-02 15:04"), i.Kind, i.Format, cmp.Or(i.File, "-"), i.Added, i.Changed, i.Removed, i.Undo)
			}
			t.Flush()
		})
	},
}

var importUndo = verb{
	name: "undo", short: "put back what stood before an import", args: "NUMBER", exits: []int{wire.ExitRefused, wire.ExitNotFound},
	flags: []cli.Flag{&cli.BoolFlag{Name: "dry-run", Usage: "say what would be put back and change nothing"}},
	long: "Refused, with the reason, where the figures were shared with a partner since, where a draft was made of them, and where a newer import or\n" +
		"a hand has changed them: undo that first, or import what is right.",
	examples: []string{"kontor import undo 3 --dry-run", "kontor import undo 3"},
	run: func(c *call) error {
		number, err := strconv.ParseInt(c.Args().First(), 10, 64)
		if err != nil || number < 1 {
			return usagef("%q is no number of an import; kontor import list shows them", c.Args().First())
		}
		out, err := ask(c, api.ImportUndo, desk.UndoOptions{Number: number, DryRun: c.Bool("dry-run")})
		if err != nil {
			return err
		}
		return c.print(out, func(w io.Writer) {
			verb := "undone"
			if out.DryRun {
				verb = "would be undone"
			}
			fmt.Fprintf(w, "import %d %s\n", out.Number, verb)
			printDifference(w, out.Difference)
		})
	},
}

// readHere reads the file in this process and says what it says. A mapping that was not given is the one that the home keeps for such files, where there is a home.
func (c *call) readHere(kind intake.Kind, mapping, partner string) error {
	places, err := intake.ParsePlaces(c.StringSlice("place"))
	if err != nil {
		return usagef("--place: %v", err)
	}
	most, err := c.contentBound()
	if err != nil {
		return err
	}
	transit, err := intake.ParseTransit(c.String("transit"))
	if err != nil {
		return usagef("--transit: %v", err)
	}
	var m *intake.Mapping
	kept := ""
	if mapping != "" {
		if m, err = intake.ParseMapping([]byte(mapping)); err != nil {
			return usagef("--map: %v", err)
		}
	} else if m, kept, err = desk.KeptMapping(c.home(), partner, kind); err != nil {
		return err
	}
	o := door.Options{Format: door.Format(c.String("format")), Sheet: c.String("sheet"), Options: intake.Options{Kind: kind, SkipBad: c.Bool("skip-bad"),
		Decimal: c.String("decimal"), DateOrder: c.String("date-order"), Unit: quantity.Unit(c.String("unit")), Places: places, Transit: transit, Map: m}}
	file, size, err := c.inputFile(c.Args().First())
	if err != nil {
		return err
	}
	defer file.Close()
	p := c.progress("reading", -1)
	data := bytes.NewBuffer(make([]byte, 0, max(0, min(size, intake.MaxBytes))+bytes.MinRead))
	if _, err := data.ReadFrom(io.LimitReader(file, intake.MaxBytes+1)); err != nil {
		p.Done()
		return usagef("%v", err)
	}
	draft, report := door.Read(data.Bytes(), o)
	desk.NoteMapping(report, kept)
	if draft != nil && draft.Fields != nil {
		if _, ok := desk.ReadFields(draft.Kind, draft.Fields, report); !ok {
			draft = nil
		}
	}
	p.Done()
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
