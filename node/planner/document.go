package planner

import (
	"fmt"
	"math"

	"kontor/protocol/forecast"
	"kontor/protocol/quantity"
)

// MethodName is the name under which the baseline's bands are shared.
const MethodName = "kontor baseline"

// MethodVersion changes whenever the same history would give other figures.
const MethodVersion = "1"

// Lines are the forecast's lines for a shared document, in whole units: means
// and quantiles rounded half up, which keeps quantiles from falling. Series for
// which no level is above zero and the year's mean rounds to nothing are left
// out: they would say nothing a missing line does not.
func (r Result) Lines(unit quantity.Unit) ([]forecast.Line, error) {
	var lines []forecast.Line
	for _, s := range r.Series {
		line := forecast.Line{
			Item: forecast.Item{BuyersID: s.Product}, Location: forecast.Location{Region: s.Region}, Unit: unit,
			Kind: forecast.Total, Category: forecast.Default,
			BucketBasis: forecast.Gross, DateBasis: forecast.ByNeed, SourcingShare: forecast.PPM,
		}
		speaks := false
		for k, o := range s.Months {
			cell := forecast.Cell{Bucket: o.Month.Bucket()}
			var err error
			if cell.Mean, err = whole(o.Mean); err != nil {
				return nil, fmt.Errorf("write the forecast of %q in %q, %s: %w", s.Product, s.Region, o.Month, err)
			}
			for q, level := range r.Levels {
				p := int64(math.Round(level * forecast.PPM))
				month, err := whole(o.Quantiles[q])
				if err != nil {
					return nil, fmt.Errorf("write the forecast of %q in %q, %s: %w", s.Product, s.Region, o.Month, err)
				}
				total, err := whole(s.Cumulative[k].Quantiles[q])
				if err != nil {
					return nil, fmt.Errorf("write the forecast of %q in %q to %s: %w", s.Product, s.Region, o.Month, err)
				}
				cell.Quantiles = append(cell.Quantiles, forecast.Quantile{P: p, Q: month})
				cell.Cumulative = append(cell.Cumulative, forecast.Quantile{P: p, Q: total})
				speaks = speaks || !total.IsZero()
			}
			speaks = speaks || !cell.Mean.IsZero()
			line.Buckets = append(line.Buckets, cell)
		}
		if speaks {
			lines = append(lines, line)
		}
	}
	return lines, nil
}

// Method describes the bands, with the coverage that j measured; a zero j says
// that nothing was measured.
func (j Judgement) Method() forecast.Method {
	return forecast.Method{
		Name: MethodName, Version: MethodVersion, Bands: forecast.BandsModel,
		Coverage: int64(math.Round(j.Coverage80 * forecast.PPM)), Samples: int64(j.Cells),
	}
}

// whole is the nearest whole quantity.
func whole(x float64) (quantity.Quantity, error) {
	n := math.Floor(x + 0.5)
	if !(n >= 0 && n <= forecast.MaxQuantity) {
		return quantity.Quantity{}, fmt.Errorf("quantity %v is outside 0 to %d", x, int64(forecast.MaxQuantity))
	}
	return quantity.Of(int64(n)), nil
}
