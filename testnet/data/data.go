// Package data holds the real figures that the demonstration runs on: a relief
// agency's deliveries of twelve HIV medicines to eight countries, month by
// month from 2007 to 2015, with the packs' descriptions and the kilograms of
// each active ingredient in one pack.
//
// Monthly, Products and BillOfMaterials return the three tables as the bytes of
// CSV files, so that they enter a node the way any company's own files do. The
// bytes are copies: changing them changes nothing here. README.md names the
// source.
package data

import (
	"bytes"
	_ "embed"
)

//go:embed monthly.csv
var monthly []byte

//go:embed products.csv
var products []byte

//go:embed bill_of_materials.csv
var billOfMaterials []byte

// LastIncompleteMonth is the last month in Monthly. The records end inside it,
// so its figures are too low and a reader drops it, and says so.
const LastIncompleteMonth = "2015-09"

// Monthly is the history: product, region, month, packs_delivered and three
// columns nobody needs for a forecast. A month without a row had no delivery.
func Monthly() []byte { return bytes.Clone(monthly) }

// Products names each product and the number of tablets in a pack.
func Products() []byte { return bytes.Clone(products) }

// BillOfMaterials gives the kilograms of each active ingredient in one pack.
func BillOfMaterials() []byte { return bytes.Clone(billOfMaterials) }
