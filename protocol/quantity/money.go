package quantity

import (
	"fmt"
	"math"
	"strings"
)

// Currency is a code of ISO 4217. The zero value means "no currency given".
type Currency string

// minorDigits of the currencies known to version 1; ISO 4217 table A.1.
var minorDigits = map[Currency]int{
	"AED": 2, "AUD": 2, "BHD": 3, "BRL": 2, "CAD": 2, "CHF": 2, "CLP": 0, "CNY": 2, "CZK": 2, "DKK": 2, "EUR": 2,
	"GBP": 2, "HKD": 2, "HUF": 2, "IDR": 2, "ILS": 2, "INR": 2, "ISK": 0, "JPY": 0, "KES": 2, "KRW": 0, "KWD": 3,
	"MXN": 2, "MYR": 2, "NGN": 2, "NOK": 2, "NZD": 2, "OMR": 3, "PHP": 2, "PLN": 2, "RON": 2, "SAR": 2, "SEK": 2,
	"SGD": 2, "THB": 2, "TND": 3, "TRY": 2, "TWD": 2, "USD": 2, "VND": 0, "XAF": 0, "XOF": 0, "ZAR": 2,
}

// ParseCurrency reads a known ISO 4217 code.
func ParseCurrency(s string) (Currency, error) {
	if _, ok := minorDigits[Currency(s)]; ok {
		return Currency(s), nil
	}
	return "", fmt.Errorf("unknown currency %q: want an ISO 4217 code such as EUR or USD", s)
}

// Digits is the number of decimals of the currency's minor unit: EUR 2, JPY 0, BHD 3; -1 for an unknown one.
func (c Currency) Digits() int {
	if d, ok := minorDigits[c]; ok {
		return d
	}
	return -1
}

// Money is an amount in minor units (cents) of a currency. The zero value is no money in no currency, and adds to any.
type Money struct {
	Minor    int64    `cbor:"minor" json:"minor"`       // minor units of the currency: cents for EUR, yen for JPY
	Currency Currency `cbor:"currency" json:"currency"` // ISO 4217
}

// ParseMoney reads an amount as people write it: "120.00 EUR", "1000000 USD". It has no sign, and no more decimals than the currency.
func ParseMoney(s string) (Money, error) {
	number := strings.TrimRight(s, "ABCDEFGHIJKLMNOPQRSTUVWXYZ")
	currency, err := ParseCurrency(s[len(number):])
	if err != nil {
		return Money{}, err
	}
	whole, cents, _ := strings.Cut(strings.TrimSpace(number), ".")
	digits := currency.Digits()
	if len(cents) > digits || whole == "" || len(whole)+digits > 18 {
		return Money{}, fmt.Errorf("%q: %s has %d decimals", s, currency, digits)
	}
	m := Money{Currency: currency}
	for _, r := range whole + cents + strings.Repeat("0", digits-len(cents)) {
		if r < '0' || r > '9' {
			return Money{}, fmt.Errorf("%q is no amount", s)
		}
		m.Minor = m.Minor*10 + int64(r-'0')
	}
	return m, nil
}

// Add is the sum of two amounts of one currency.
func (m Money) Add(n Money) (Money, error) {
	if m == (Money{}) {
		return n, nil
	}
	if n == (Money{}) {
		return m, nil
	}
	if m.Currency != n.Currency {
		return Money{}, fmt.Errorf("add %s to %s: different currencies", n, m)
	}
	sum := m.Minor + n.Minor
	if (sum > m.Minor) != (n.Minor > 0) && n.Minor != 0 {
		return Money{}, fmt.Errorf("add %s to %s: %w", n, m, ErrOverflow)
	}
	return Money{sum, m.Currency}, nil
}

// Cmp compares amounts of one currency; amounts of different currencies are an error.
func (m Money) Cmp(n Money) (int, error) {
	if m.Currency != n.Currency && m.Minor != 0 && n.Minor != 0 {
		return 0, fmt.Errorf("compare %s with %s: different currencies", m, n)
	}
	switch {
	case m.Minor < n.Minor:
		return -1, nil
	case m.Minor > n.Minor:
		return 1, nil
	}
	return 0, nil
}

// String is the amount with its decimals and code, such as "1 204.50 EUR".
func (m Money) String() string {
	digits := max(m.Currency.Digits(), 0)
	if m.Minor == math.MinInt64 {
		return strings.TrimSpace(fmt.Sprintf("%dE-%d %s", m.Minor, digits, m.Currency))
	}
	q, err := Scaled(m.Minor, -digits)
	if err != nil {
		return strings.TrimSpace(fmt.Sprintf("%dE-%d %s", m.Minor, digits, m.Currency))
	}
	return strings.TrimSpace(q.Format(digits) + " " + string(m.Currency))
}

// Price is what a number of units costs: "12.3450 EUR per 1000". It may have more digits than the currency (practice T20).
type Price struct {
	Amount   Quantity `cbor:"amount" json:"amount"`
	Currency Currency `cbor:"currency" json:"currency"`
	Per      Quantity `cbor:"per" json:"per"` // the price base in units of the product; more than zero
}

// Times is the price of q units, rounded once, half-up away from zero, to the minor unit of the currency.
func (p Price) Times(q Quantity) (Money, error) {
	digits := p.Currency.Digits()
	if digits < 0 {
		return Money{}, fmt.Errorf("price in unknown currency %q", string(p.Currency))
	}
	if p.Per.Sign() <= 0 {
		return Money{}, fmt.Errorf("price base %s is not above zero", p.Per)
	}
	gross, err := p.Amount.Decimal().Mul(q.Decimal())
	if err != nil {
		return Money{}, err
	}
	net, err := gross.Quo(p.Per.Decimal())
	if err != nil {
		return Money{}, err
	}
	amount, err := net.Round(digits)
	if err != nil {
		return Money{}, fmt.Errorf("price of %s units: %w", q, err)
	}
	minor, exact := amount.At(-digits)
	if !exact || !minor.IsInt64() || minor.Int64() == math.MinInt64 {
		return Money{}, fmt.Errorf("price of %s units: %w", q, ErrOverflow)
	}
	return Money{minor.Int64(), p.Currency}, nil
}
