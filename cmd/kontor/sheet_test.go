package main

import (
	"strconv"
	"strings"

	"github.com/rogpeppe/go-internal/testscript"
	"github.com/xuri/excelize/v2"
)

// sheet fills cells of a workbook's first sheet as a person would, and saves it under another name: sheet FROM TO CELL=VALUE... A value that is a number is
// stored as one, and CELL==FORMULA stores a formula.
func sheet(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: sheet FROM TO CELL=VALUE...")
	}
	f, err := excelize.OpenFile(ts.MkAbs(args[0]))
	ts.Check(err)
	defer f.Close()
	name := f.GetSheetName(f.GetActiveSheetIndex())
	for _, a := range args[2:] {
		cell, value, ok := strings.Cut(a, "=")
		if !ok {
			ts.Fatalf("%q is no CELL=VALUE", a)
		}
		if formula, is := strings.CutPrefix(value, "="); is {
			ts.Check(f.SetCellFormula(name, cell, formula))
		} else if n, err := strconv.ParseFloat(value, 64); err == nil {
			ts.Check(f.SetCellValue(name, cell, n))
		} else {
			ts.Check(f.SetCellValue(name, cell, value))
		}
	}
	ts.Check(f.SaveAs(ts.MkAbs(args[1])))
}
