package command

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/urfave/cli/v2"

	"kontor/node/api"
	"kontor/node/api/wire"
	"kontor/node/desk"
	"kontor/node/outlet"
)

// written is what an export did.
type written struct {
	Type   string   `json:"type"`
	Format string   `json:"format"`
	Left   []string `json:"left"` // what the format does not carry
	File   string   `json:"file,omitempty"`
	Bytes  int      `json:"bytes"`
}

var exportAny = verb{
	name: "export", short: "write an artifact, a draft or own figures for another system or a spreadsheet", args: "[CID]", most: 1, exits: []int{wire.ExitRefused},
	flags: []cli.Flag{
		&cli.StringFlag{Name: "as", Usage: "`FORMAT`: " + strings.Join(append(outlet.Formats(), "icalendar"), ", "), Value: "csv"},
		&cli.StringFlag{Name: "output", Aliases: []string{"o"}, Usage: "`FILE` to write, which must not exist; standard output where it is not given"},
		&cli.StringFlag{Name: "number", Usage: "`NUMBER` of the document at its receiver"},
		&cli.StringFlag{Name: "sender", Usage: "`CODE` of this company: interchange address, GLN or BPNL"},
		&cli.StringFlag{Name: "receiver", Usage: "`CODE` of the receiver"},
		&cli.StringSliceFlag{Name: "place", Usage: "how the receiver calls a place, `PLACE=CODE`, *=CODE where a line names none; may be given often"},
		&cli.StringFlag{Name: "kind", Usage: "`KIND` of the draft or of the figures at home, where no CID is given: forecast, answer, campaign, quality, terms, history, capacity, stock, bom, products, performance or lines"},
		&cli.StringFlag{Name: "layout", Usage: "`LAYOUT` of a csv or xlsx: " + outlet.Layouts(), DefaultText: "period"},
		&cli.StringFlag{Name: "contact", Usage: "the customer as a Report8D names it: `COMPANY, CITY, COUNTRY, EMAIL`"},
		&cli.StringFlag{Name: "order", Usage: "`NUMBER` of the part's order, for a Report8D"},
		&cli.StringFlag{Name: "numbers", Usage: "`WHOSE`: own, for a buyer's forecast in this company's own numbers by the product map"},
		withFlag(),
	},
	long: "Without CID the draft is written, of the forecast or of --kind, or with --with the newest forecast exchanged with that partner. A forecast goes\n" +
		"out as any format, and a revision of one as ubl-exception, which tells how it differs from the one before; a capacity plan also as catena-x;\n" +
		"a campaign calendar, an event at a time, as ubl; a quality report, a complaint at a time, as catena-x (a Report8D); every artifact as csv,\n" +
		"xlsx, car or dag-json; the days of a campaign calendar and the shutdowns of a capacity plan (or of --kind capacity) as icalendar. What a format does not carry is listed, and lines it can't tell apart are refused.\n" +
		"Layouts of a table: period has a line for each period, long one for each figure, wide a column for each period; fields has a line for each\n" +
		"field of the whole document, records a column. What kontor export wrote, edited and imported again, changes the edited cells alone:\n" +
		"kontor import --preview shows them. --kind lines are the order lines kept with a partner.",
	examples: []string{"kontor export --kind terms --as xlsx -o terms.xlsx", "kontor export --kind history --as csv --layout wide -o history.csv", "kontor export --kind answer --as xlsx -o answer.xlsx", "kontor export --kind campaign --as xlsx -o events.xlsx", "kontor export --as delfor -o delfor.edi", "kontor export --with \"Relief Agency\" --numbers own -o need.csv", "kontor export bafyrei... --as car -o forecast.car", "kontor export --as catena-x --sender BPNL8888888888XX --receiver BPNL6666666666YY --place DE=BPNS0000000000DE"},
	run: func(c *call) error {
		out, err := ask(c, api.Export, desk.ExportOptions{CID: c.Args().First(), With: c.String("with"), Format: c.String("as"), Number: c.String("number"),
			Sender: c.String("sender"), Receiver: c.String("receiver"), Places: c.StringSlice("place"), Kind: c.String("kind"), Layout: c.String("layout"), Contact: c.String("contact"), Order: c.String("order"), Numbers: c.String("numbers")})
		if err != nil {
			return err
		}
		for _, l := range out.Left {
			c.note("left out: %s", l)
		}
		for _, n := range out.Notes {
			c.note("%s", n)
		}
		path := c.String("output")
		if path == "" {
			if c.asJSON() {
				return printJSON(c.stdout, struct {
					written
					raw
				}{written{out.Type, out.Format, append([]string{}, out.Left...), "", len(out.Data)}, rawOf(out.Data)})
			}
			return c.document(out.Data)
		}
		if err := writeNew(path, out.Data); err != nil {
			return err
		}
		return c.print(written{out.Type, out.Format, append([]string{}, out.Left...), path, len(out.Data)}, func(w io.Writer) {
			fmt.Fprintf(w, "wrote %s as %s to %s, %s\n", out.Type, out.Format, path, bytesText(int64(len(out.Data))))
		})
	},
}

// writeNew writes a file that must not exist. What can't be completed is not left behind.
func writeNew(path string, data []byte) (err error) {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if errors.Is(err, os.ErrExist) {
		return wire.Problemf("ALREADY_THERE", "%s exists; an export never replaces a file", path)
	}
	if err != nil {
		return usagef("%v", err)
	}
	defer func() {
		if err != nil {
			os.Remove(path)
		}
	}()
	_, err = f.Write(data)
	return errors.Join(err, f.Sync(), f.Close())
}
