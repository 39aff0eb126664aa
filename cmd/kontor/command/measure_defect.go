package command

import (
	"fmt"
	"io"

	"github.com/urfave/cli/v2"

	"kontor/node/intake"
	"kontor/protocol/measure"
	"kontor/protocol/quantity"
)

// Columns of a table of lots that were judged.
var lotColumns = []intake.Column{
	{Says: "the units judged", Names: []string{"units", "received", "received quantity", "delivered quantity", "shipped", "produced", "inspected", "sample size", "quantity", "qty", "n", "denominator", "menge"}, Form: intake.Number, Needed: true},
	{Says: "the bad units confirmed", Names: []string{"defective", "defectives", "confirmed", "nonconforming", "nonconforming units", "rejected", "rejects", "bad units", "fehlerhaft", "ausschuss"}, Form: intake.Number, Needed: true},
	{Says: "the defects", Names: []string{"defects", "nonconformities", "fehler"}, Form: intake.Number},
	{Says: "whether the lot is only suspect", Names: []string{"suspect", "provisional", "on hold", "verdächtig"}, Form: intake.Flag},
}

const lotUnits, lotDefective, lotDefects, lotSuspect = 0, 1, 2, 3

var measureDefectVerb = verb{
	name: "defect", short: "judge lots: defective parts per million with their interval, yield", local: true, exits: []int{3},
	long: "--lots is a table: units (received, inspected and so on), defective, and where known defects and suspect. A suspect lot is left out until it is\n" +
		"confirmed. No defect in fifty parts says little, so the interval is shown; its exact upper bound where none was found.\n" +
		"kontor measure chart draws the same counts along time.\n" + fileHelp,
	examples: []string{"kontor measure defect --lots lots.csv --denominator RECEIVED", "kontor measure defect --lots lots.csv --opportunities 12 --json"},
	flags: fileFlags(
		&cli.StringFlag{Name: "lots", Usage: "CSV `FILE` of lots"},
		&cli.StringFlag{Name: "denominator", Usage: "what the units are: `RECEIVED`, SHIPPED, PRODUCED or INSPECTED"},
		&cli.StringFlag{Name: "confidence", Usage: "`PROBABILITY` of the interval: 0.8, 0.9, 0.95 or 0.99"},
		&cli.Int64Flag{Name: "opportunities", Usage: "`NUMBER` of ways in which a unit can be defective, for defects per million opportunities"}),
	run: func(c *call) error {
		setting, err := c.setting(map[string]string{"denominator": "denominator", "confidence": "confidence"})
		if err != nil {
			return err
		}
		if n := c.Int64("opportunities"); c.IsSet("opportunities") && (n < 1 || n > 1_000_000) {
			return usagef("--opportunities %d: want a number from 1 to 1000000", n)
		}
		t, err := c.openTable("lots", lotColumns, true)
		if err != nil {
			return err
		}
		if c.Int64("opportunities") > 0 && !t.Has(lotDefects) {
			return usagef("%s has no column for the defects, which --opportunities are of", c.String("lots"))
		}
		d := measure.Defects{Setting: setting}
		var units, bad quantity.Quantity
		file, err := c.each("lots", t, func(l *intake.Line) {
			lot := measure.Lot{Provisional: l.Flag(lotSuspect)}
			lot.Units, _ = l.Quantity(lotUnits)
			lot.Defective, _ = l.Quantity(lotDefective)
			lot.Defects, _ = l.Quantity(lotDefects)
			if lot.Units.Sign() < 0 || lot.Defective.Sign() < 0 || lot.Units.Less(lot.Defective) {
				l.Refuse(lotDefective, intake.CodeContradiction, "below zero, or more defective units than there are", "0 up to the units of the lot")
			}
			if l.Bad() {
				return
			}
			if sum, err := units.Add(lot.Units); err == nil && !lot.Provisional {
				units = sum
			}
			if sum, err := bad.Add(lot.Defective); err == nil && !lot.Provisional {
				bad = sum
			}
			d.Add(lot)
		})
		if err != nil {
			return err
		}
		results := []measure.Result{d.Result(measure.DefectPPM), d.Result(measure.Yield)}
		if n := c.Int64("opportunities"); n > 0 {
			results = append(results, d.PerMillionOpportunities(n))
		}
		return c.print(map[string]any{"units": units, "defective": bad, "files": []measuredFile{file}, "results": results}, func(w io.Writer) {
			fmt.Fprintf(w, "%s defective of %s units\n\n", bad, units)
			printResults(w, results)
		})
	},
}
