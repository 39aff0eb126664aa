package desk

import (
	"encoding/csv"
	"errors"
	"io"
	"strings"

	"kontor/node"
	"kontor/node/intake"
	"kontor/protocol/quantity"
)

// What a unit is worth to this company: private, and used to put a value on exceptions.
const (
	priceRows = "figures/price/"
	policyKey = "figures/exception-policy"
)

type priceRow struct {
	Product string         `cbor:"product"`
	Price   quantity.Price `cbor:"price"`
}

// policyRow is up to which value the desk deals with an exception, and below which size it is none.
type policyRow struct {
	DeskLimit quantity.Money    `cbor:"desk_limit"`
	MinUnits  quantity.Quantity `cbor:"min_units"`
}

// SetExceptionPolicy sets up to which value the desk deals with an exception under a mandate.
func (d *Desk) SetExceptionPolicy(limit quantity.Money, minUnits quantity.Quantity) error {
	return d.node.Private(func(rows node.PrivateRows) error {
		return rows.Put(policyKey, policyRow{DeskLimit: limit, MinUnits: minUnits})
	})
}

// maxPrices bounds a price file.
const maxPrices = 100_000

// ImportPrices takes unit values from CSV with the columns product, price, currency and, if not one, per. Nothing is imported when a line is wrong.
func (d *Desk) ImportPrices(data []byte) (int, error) {
	r := csv.NewReader(strings.NewReader(strings.TrimPrefix(string(data), "\ufeff")))
	r.TrimLeadingSpace = true
	header, err := r.Read()
	if err != nil {
		return 0, node.Failf("IMPORT_REFUSED", "read the header: %v; want: product,price,currency,per", err)
	}
	at := map[string]int{}
	for i, name := range header {
		at[strings.ToLower(strings.TrimSpace(name))] = i
	}
	for _, name := range []string{"product", "price", "currency"} {
		if _, ok := at[name]; !ok {
			return 0, refusedRow(&intake.Report{}, intake.Complaint{Code: intake.CodeMissing, Line: 1, Column: name, Text: "there is no such column", Want: "product,price,currency,per"})
		}
	}
	var rows []priceRow
	for {
		rec, err := r.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return 0, node.Failf("IMPORT_REFUSED", "%v", err)
		}
		if len(rows) >= maxPrices {
			return 0, node.Failf("IMPORT_REFUSED", "more than %d prices", maxPrices)
		}
		row, wrong := priceOf(rec, at)
		if wrong != nil {
			wrong.Line, _ = r.FieldPos(0)
			return 0, refusedRow(&intake.Report{}, *wrong)
		}
		rows = append(rows, row)
	}
	return len(rows), d.node.Private(func(p node.PrivateRows) error {
		for _, row := range rows {
			if err := p.Put(priceRows+rowName(row.Product), row); err != nil {
				return err
			}
		}
		return nil
	})
}

// priceOf reads one line, or says which column is wrong and what would be right.
func priceOf(rec []string, at map[string]int) (row priceRow, wrong *intake.Complaint) {
	field := func(name string) string {
		if i, ok := at[name]; ok && i < len(rec) {
			return strings.TrimSpace(rec[i])
		}
		return ""
	}
	bad := func(code intake.Code, column, text, want string) (priceRow, *intake.Complaint) {
		return row, &intake.Complaint{Code: code, Column: column, Value: intake.Shortened(field(column)), Text: text, Want: want}
	}
	var err error
	if row.Product = field("product"); row.Product == "" {
		return bad(intake.CodeMissing, "product", "empty", "the number of a product")
	}
	if row.Price.Amount, err = quantity.Parse(field("price")); err != nil {
		return bad(intake.CodeNumber, "price", err.Error(), "an amount such as 12.50")
	}
	row.Price.Currency = quantity.Currency(field("currency"))
	if row.Price.Currency.Digits() < 0 {
		return bad(intake.CodeField, "currency", "no ISO 4217 currency", "a code such as EUR")
	}
	row.Price.Per = quantity.Of(1)
	if per := field("per"); per != "" {
		if row.Price.Per, err = quantity.Parse(per); err != nil || row.Price.Per.Sign() <= 0 {
			return bad(intake.CodeSign, "per", "no positive number", "how many units the price is of, such as 1000")
		}
	}
	return row, nil
}
