package protocol

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"

	"kontor/protocol/block"
	"kontor/protocol/calendar"
	"kontor/protocol/remedy"
	"kontor/protocol/terms"
)

// IndexRow is what one side stated of an index in a month, oldest first.
type IndexRow struct {
	Company block.CID     `cbor:"company" json:"company"`
	Stated  []IndexStated `cbor:"stated" json:"stated"`
}

// IndexStated is one statement.
type IndexStated struct {
	remedy.Point
	T   int64 `cbor:"t" json:"t"`     // claimed time of its entry, ms UTC
	Seq int64 `cbor:"seq" json:"seq"` // of its entry in the feed
}

const indexPrefix = "index/"

// indexKey holds the index as a digest, as an SLA's name stands in its key.
func indexKey(index string, month calendar.Date, company block.CID) string {
	sum := sha256.Sum256([]byte(index))
	return fmt.Sprintf("%s%s/%s/%s", indexPrefix, hex.EncodeToString(sum[:12]), month, company)
}

// stateIndex keeps what a side says that an index was published at. The index must move a price that is adjusted, in a month that can count for one: else
// a hostile side could have as many rows as it likes.
func (f *fold) stateIndex(p remedy.Point) ([]string, error) {
	ledger, err := f.replica.AgreedTerms(calendar.DateOf(f.entry.Header.T))
	if err != nil {
		return nil, err
	}
	counts := slices.ContainsFunc(ledger, func(a terms.Agreed) bool {
		return slices.ContainsFunc(a.Document.Prices, func(c terms.Price) bool {
			_, adjusts := c.Adjusts()
			return adjusts && c.Index.ID == p.Index && p.Month >= c.Index.Counts(a.Document.Period.Start).AddMonths(-remedy.LookBack) && p.Month <= c.Index.Counts(a.Document.Period.Last())
		})
	})
	key, row := indexKey(p.Index, p.Month, f.author.Company), IndexRow{Company: f.author.Company}
	if _, err := get(f.rows, key, &row); err != nil {
		return nil, err
	}
	if !counts || len(row.Stated) >= remedy.MaxPoints {
		return []string{remedy.CodeIndex}, nil
	}
	row.Stated = append(row.Stated, IndexStated{p, f.entry.Header.T, f.entry.Header.Seq})
	return nil, put(f.rows, key, row)
}

// values finds what each side stated by a deadline and the other had seen when it passed it. An error stays in err.
func (s *slaReader) values(deadline int64, passed []SLAPassing, err *error) remedy.Values {
	return func(side terms.Party, index string, month calendar.Date) (out *remedy.Point) {
		for _, m := range s.genesis.Members {
			if s.sides[m.Company] != side || *err != nil {
				continue
			}
			var row IndexRow
			if _, *err = get(s.replica.Rows(), indexKey(index, month, m.Company), &row); *err != nil {
				return nil
			}
			at := s.replica.Circle.Index(m.Company)
			for _, x := range row.Stated {
				unseen := slices.ContainsFunc(passed, func(p SLAPassing) bool {
					return p.Member != m.Company && !p.Lapsed && (at < 0 || at >= len(p.Saw) || p.Saw[at] < x.Seq)
				})
				if x.T <= deadline && !unseen && (out == nil || x.Final || !out.Final) {
					out = &x.Point
				}
			}
		}
		return out
	}
}

// Indexes lists what both sides stated of indexes, by index and month.
func (r *Replica) Indexes() (out []IndexRow, err error) {
	err = scanRows(r.Rows(), indexPrefix, func(_ string, row IndexRow) error {
		out = append(out, row)
		return nil
	})
	slices.SortStableFunc(out, func(a, b IndexRow) int {
		x, y := a.Stated[0], b.Stated[0]
		return cmp.Or(cmp.Compare(x.Index, y.Index), cmp.Compare(x.Month, y.Month))
	})
	return out, err
}
