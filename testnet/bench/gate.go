package bench

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"time"

	"kontor/protocol/quantity"
	"kontor/protocol/release"
)

const (
	// releasesBefore is how many releases the ledger already holds.
	releasesBefore = 52
	// contributors stand behind each cell: as many as the gate needs to let cells pass without a grant.
	contributors = 8
)

// gateGroups is how many ledgers are held at once: all that a release of the largest size would have are more than a machine should have to hold.
// Cells have the same amounts in each portion of so many, and judging changes no ledger, so one portion after the other is judged against the same.
const gateGroups = 2000

// measureGate judges new cells against a ledger of a year of weekly releases, one group of the ledger for each cell of a portion, from a hundredth of the
// cells to all. Only the judging of the new release is timed, on one core: the ledger is kept from one release to the next. Its limit is one SHA-256 over
// each new amount.
func measureGate(ctx context.Context, b *bench) error {
	ledgers := make([]release.Ledger, min(gateGroups, b.Cells))
	for i := range ledgers {
		for week := range releasesBefore {
			if !ledgers[i].Add(fmt.Sprint("week ", week), gateCell(i, week), false) {
				return fmt.Errorf("the ledger of cell %d is full in week %d", i, week)
			}
		}
	}
	for _, cells := range []int{b.Cells / 100, b.Cells / 10, b.Cells} {
		var work, limit time.Duration
		for from := 0; from < cells; from += gateGroups {
			if err := ctx.Err(); err != nil {
				return err
			}
			fresh := make([]release.Sum, min(gateGroups, cells-from))
			for i := range fresh {
				fresh[i] = gateCell(from+i, releasesBefore)
			}
			began := time.Now()
			for i := range fresh {
				if found := ledgers[i].Judge(fresh[i]); len(found) > 0 {
					return fmt.Errorf("cell %d is refused: %v", from+i, found[0])
				}
			}
			work += time.Since(began)
			began = time.Now()
			for i := range fresh {
				for _, t := range fresh[i].Terms {
					var data [16]byte
					binary.LittleEndian.PutUint64(data[:], uint64(t.Amount.Mantissa()))
					sha256.Sum256(data[:])
				}
			}
			limit += time.Since(began)
		}
		r := Result{Work: fmt.Sprintf("release gate, %s new cells against %d releases", thousands(cells), releasesBefore), Unit: "ms", Value: ms(work), Limit: ms(limit), LimitOf: "one SHA-256 of each amount behind them", Samples: 1}
		if err := b.emit(r.judge(goal{under: 1500 * float64(cells) / 520_000})); err != nil {
			return err
		}
	}
	return nil
}

// gateCell is a cell in a week: most weeks change what some contributors add.
func gateCell(cell, week int) release.Sum {
	s := release.Sum{Path: fmt.Sprint("cell ", cell)}
	for c := range contributors {
		s.Terms = append(s.Terms, release.Term{Contributor: fmt.Sprint("customer ", c), What: "product", Amount: quantity.Of(int64(cell%gateGroups*10_000 + week*contributors + c)), Factor: quantity.Of(1)})
	}
	return s
}
