package campaign

import (
	"fmt"
	"math"
	"math/big"
	"slices"

	"kontor/protocol/artifact"
	"kontor/protocol/calendar"
	"kontor/protocol/forecast"
	"kontor/protocol/quantity"
)

// liftDecimals is the precision at which a lift is split, and read between its levels; one too large for it has fewer.
const liftDecimals = 6

// WithLift is a forecast with the planned lift of open events on top: of every event that is not said to be in the
// forecast already. Each lift joins the line of its item and place, in the bucket that holds all of it, level by
// level, as if lift and demand were high together: the careful reading, since nothing is known of their dependence.
// A lift across several buckets that hold all of it together comes evenly over its days, and is noted as split that way
// (practice T13). What finds no line or no buckets is noted and left out, not guessed; so is a lift whose figures can't be held, or with which the line would be
// no forecast any more: one party's lift does not take the cover of all the others with it.
func WithLift(f forecast.Document, events []Event) (forecast.Document, []string) {
	var notes []string
	lines, lifted := slices.Clone(f.Lines), map[string]bool{}
	for _, e := range events {
		if !e.Status.Open() || e.InForecast {
			continue
		}
		for _, m := range e.Impacts {
			item, _ := e.item(m.Item)
			at := lineFor(lines, item, m)
			if at < 0 {
				notes = append(notes, fmt.Sprintf("event %q: the forecast has no line of %q in %q: its lift is not in the cover", artifact.Clip(e.ID), artifact.Clip(m.Item), artifact.Clip(m.Place.Key())))
				continue
			}
			line := lines[at]
			line.Buckets = slices.Clone(line.Buckets)
			buckets, err := addLift(&line, m)
			if err == nil && buckets > 0 {
				err = stillForecast(f, line)
			}
			switch {
			case err != nil:
				notes = append(notes, fmt.Sprintf("event %q: the lift of %q over %s can't be held on top of the forecast and is not in the cover: %v", artifact.Clip(e.ID), artifact.Clip(m.Item), m.Bucket, err))
				continue
			case buckets == 0:
				notes = append(notes, fmt.Sprintf("event %q: no buckets of the forecast hold %s in %s: the lift of %q is not in the cover", artifact.Clip(e.ID), m.Bucket, m.Unit, artifact.Clip(m.Item)))
			case buckets > 1:
				notes = append(notes, fmt.Sprintf("event %q: the lift of %q over %s is split by days over %d buckets of the forecast", artifact.Clip(e.ID), artifact.Clip(m.Item), m.Bucket, buckets))
			}
			lines[at] = line
			if buckets > 0 && line.Kind == forecast.Total {
				lifted[partsOf(line)] = true
			}
		}
	}
	f.Lines = slices.DeleteFunc(lines, func(l forecast.Line) bool { return l.Kind != forecast.Total && lifted[partsOf(l)] })
	return f, notes
}

// partsOf is the same of a TOTAL and of the lines that say what it is made of. Those don't add up to a lifted one any more, and a match counts the TOTAL.
func partsOf(l forecast.Line) string {
	return forecast.JoinKey(l.Item.ID(), l.Location.Key(), string(l.Category), string(l.Role))
}

// stillForecast holds a lifted line to the rules of a forecast, since the match reads no other: the first finding is the error.
func stillForecast(f forecast.Document, lifted forecast.Line) error {
	f.Lines = []forecast.Line{lifted}
	if found := forecast.Check(f); len(found) > 0 {
		return found[0]
	}
	return nil
}

// lineFor finds the line that stands for all demand of an item where the lift is: TOTAL before BASE.
func lineFor(lines []forecast.Line, item forecast.Item, m Impact) int {
	found := -1
	for i, l := range lines {
		if !sameItem(l.Item, item) || l.Role == forecast.EndDemand || (l.Kind != forecast.Total && l.Kind != forecast.Base) {
			continue
		}
		if p := m.Place.Key(); p != "" && l.Location.Key() != p && (m.Place.Region == "" || l.Location.Region != m.Place.Region) {
			continue
		}
		if found < 0 || l.Kind == forecast.Total && lines[found].Kind != forecast.Total {
			found = i
		}
	}
	return found
}

func sameItem(a, b forecast.Item) bool {
	same := func(x, y string) bool { return x != "" && x == y }
	return same(a.BuyersID, b.BuyersID) || same(a.SellersID, b.SellersID) || same(a.GTIN, b.GTIN)
}

// addLift raises the buckets that hold the lift, and says how many they are: none where some of its days lie in no bucket, or it is in a unit of another kind. An
// error says that a figure can't be held; the line is of no use then.
func addLift(l *forecast.Line, m Impact) (buckets int, err error) {
	first, held := -1, 0
	for j, c := range l.Buckets {
		if days := overlap(c.Bucket, m.Bucket); days > 0 {
			if first < 0 {
				first = j
			}
			held += days
			buckets++
		}
	}
	total := m.Bucket.Days()
	if held != total || l.Unit.Dimension() != m.Unit.Dimension() {
		return 0, nil
	}
	convert := func(q quantity.Quantity) quantity.Quantity {
		if err == nil {
			q, err = quantity.Convert(q, m.Unit, l.Unit)
		}
		return q
	}
	lift := convert(m.Lift)
	largest := lift.Abs()
	levels := make([]forecast.Quantile, len(m.Quantiles))
	for i, q := range m.Quantiles {
		levels[i] = forecast.Quantile{P: q.P, Q: convert(q.Q)}
		if size := levels[i].Q.Abs(); largest.Less(size) {
			largest = size
		}
	}
	places := placesFor(largest)
	for j, passed := first, 0; j < len(l.Buckets); j++ {
		c := &l.Buckets[j]
		if days := overlap(c.Bucket, m.Bucket); days > 0 {
			part := lift
			if days < total { // what comes up to here less what came before, so that the parts sum to the lift
				part = lessOf(partOf(lift, passed+days, total, places, &err), partOf(lift, passed, total, places, &err), &err)
			}
			c.Mean = plus(c.Mean, part, &err)
			c.Quantiles = raised(c.Quantiles, levels, lift, days, total, places, &err)
			passed += days
		}
		c.Cumulative = raised(c.Cumulative, levels, lift, passed, total, places, &err)
	}
	return buckets, err
}

// overlap counts the days two buckets share.
func overlap(a, b calendar.Bucket) int {
	if !a.Overlaps(b) {
		return 0
	}
	return min(a.End, b.End).Sub(max(a.Start, b.Start))
}

// placesFor is the precision at which all parts of a lift fit a quantity, told by its largest figure: one for all its levels, so that they still rise after rounding.
// Twice the figure fits, which is the most that two levels of different signs lie apart.
func placesFor(largest quantity.Quantity) int {
	for places := liftDecimals; places > 0; places-- {
		if fits, err := quantity.Scaled(math.MaxInt64/2, -places); err == nil && largest.Less(fits) {
			return places
		}
	}
	return 0
}

// partOf is what comes of a quantity in some of its days, to so many decimals.
func partOf(q quantity.Quantity, days, total, places int, err *error) quantity.Quantity {
	if *err != nil || days == total {
		return q
	}
	exact, e := quantity.DecimalOf(new(big.Rat).Mul(q.Rat(), big.NewRat(int64(days), int64(total))))
	if e == nil {
		q, e = exact.Round(places)
	}
	*err = e
	return q
}

func lessOf(a, b quantity.Quantity, err *error) quantity.Quantity {
	if *err == nil {
		a, *err = a.Sub(b)
	}
	return a
}

// plus adds, and keeps demand at or above nothing.
func plus(a, b quantity.Quantity, err *error) quantity.Quantity {
	if *err != nil {
		return a
	}
	var sum quantity.Quantity
	if sum, *err = a.Add(b); sum.Sign() < 0 {
		sum = quantity.Quantity{}
	}
	return sum
}

// raised are quantiles with the part of the lift that comes in some of its days.
func raised(of, levels []forecast.Quantile, mean quantity.Quantity, days, total, places int, err *error) []forecast.Quantile {
	out := slices.Clone(of)
	for i := range out {
		out[i].Q = plus(out[i].Q, partOf(levelAt(levels, out[i].P, mean, places, err), days, total, places, err), err)
	}
	return out
}

// levelAt reads a lift at a probability: straight between its levels, the outer levels beyond them, its mean where
// there are none.
func levelAt(levels []forecast.Quantile, p int64, mean quantity.Quantity, places int, err *error) quantity.Quantity {
	if len(levels) == 0 {
		return mean
	}
	for i, q := range levels {
		if p > q.P {
			continue
		}
		if i == 0 || p == q.P {
			return q.Q
		}
		before := levels[i-1]
		rise, e := q.Q.Sub(before.Q)
		var part quantity.Decimal
		if e == nil {
			part, e = quantity.Of(p - before.P).Quo(quantity.Of(q.P - before.P))
		}
		if e == nil {
			part, e = part.Mul(rise.Decimal())
		}
		if e == nil {
			rise, e = part.Round(places)
		}
		if e == nil {
			rise, e = rise.Add(before.Q)
		}
		if e != nil {
			*err = e
		}
		return rise
	}
	return levels[len(levels)-1].Q
}
