package bench

import (
	"context"
	"fmt"
	"math/big"
	"time"

	"kontor/node/desk"
	"kontor/protocol/artifact"
	"kontor/protocol/calendar"
	"kontor/protocol/capacity"
	"kontor/protocol/forecast"
	"kontor/protocol/quantity"
)

// measureMatch sets forecasts against capacity groups, both views, from a hundredth of the series and groups to all, on all cores as a node does. Its
// limit is the arithmetic no match can do without: each mean times its load factor, added up, on one.
func measureMatch(ctx context.Context, b *bench) error {
	for _, series := range []int{b.Series / 100, b.Series / 10, b.Series} {
		groups := max(series/50, 1)
		f, plan := matchOf(series, groups)
		var p pair
		for range min(b.Rounds, 3) {
			if err := ctx.Err(); err != nil {
				return err
			}
			began := time.Now()
			r, err := desk.Match(capacity.Input{Forecast: f, Plan: plan})
			work := time.Since(began)
			if err != nil {
				return err
			}
			if last := r.Products[len(r.Products)-1].Buckets; len(r.Groups) != groups || len(r.Notes) > 0 || last[len(last)-1].Cover.Basis != capacity.BasisDependence {
				return fmt.Errorf("%d groups are matched, with notes %v", len(r.Groups), r.Notes)
			}
			began = time.Now()
			sum, factor := new(big.Int), big.NewInt(12_500_000)
			for _, l := range f.Lines {
				for _, c := range l.Buckets {
					n, _ := c.Mean.At(-9)
					sum.Add(sum, n.Mul(n, factor))
				}
			}
			p.add(work, time.Since(began))
		}
		name := fmt.Sprintf("match of %s series against %d groups, 52 weeks, both views", thousands(series), groups)
		if err := b.emit(p.milliseconds(name, "multiplying and adding every mean").judge(goal{under: 1000 * float64(series) / 10_000})); err != nil {
			return err
		}
	}
	return nil
}

// matchOf is a forecast of products in eight regions with five quantiles, and groups that each make some of the products.
func matchOf(series, groups int) (forecast.Document, capacity.Plan) {
	regions := []string{"DE", "FR", "CI", "PL", "GB", "US", "JP", "ES"}
	issued := calendar.MustDate("2026-11-23").Millis()
	header := artifact.Header{Type: forecast.Type, Series: artifact.SeriesID{1}, Issued: issued, Evidence: artifact.GradeB, Provenance: artifact.Provenance{SourceSystem: "bench"}, Scope: artifact.Everything()}
	f := forecast.Document{Header: header, Purpose: forecast.OrderForecast, Method: forecast.Method{Bands: forecast.BandsModel}}
	weeks := calendar.WeeksFrom(calendar.MustDate("2027-01-04"), weeksShared)
	products := (series + len(regions) - 1) / len(regions)
	for s := range series {
		l := forecast.Line{Item: forecast.Item{BuyersID: fmt.Sprintf("ART-%06d", s/len(regions))}, Location: forecast.Location{Region: regions[s%len(regions)]}, Unit: quantity.Pack,
			Kind: forecast.Total, Category: forecast.Default, BucketBasis: forecast.Gross, DateBasis: forecast.ByNeed, SourcingShare: forecast.PPM}
		sum := int64(0)
		for k, w := range weeks {
			mean := int64(100 + (s*weeksShared+k)*7919%10_000)
			sum += mean
			c := forecast.Cell{Bucket: w, Mean: quantity.Of(mean)}
			for _, q := range []struct{ p, per int64 }{{100_000, 80}, {250_000, 90}, {500_000, 100}, {750_000, 110}, {900_000, 120}} {
				c.Cumulative = append(c.Cumulative, forecast.Quantile{P: q.p, Q: quantity.Of(sum * q.per / 100)})
			}
			l.Buckets = append(l.Buckets, c)
		}
		f.Lines = append(f.Lines, l)
	}
	header.Type = capacity.PlanType
	plan := capacity.Plan{Header: header}
	for g := range groups {
		group := capacity.Group{ID: fmt.Sprintf("G%03d", g), Unit: quantity.Hour}
		for p := g % products; p < products; p += groups {
			group.Links = append(group.Links, capacity.Link{Product: fmt.Sprintf("ART-%06d", p), Factor: quantity.MustParse("0.0125"), Share: forecast.PPM / int64((products+groups-1)/groups)})
		}
		for _, w := range weeks {
			group.Capacities = append(group.Capacities, capacity.Capacity{Bucket: w, Actual: quantity.Of(3000), Maximum: quantity.Of(3600)})
		}
		plan.Groups = append(plan.Groups, group)
	}
	stock := quantity.Of(50_000)
	for p := range products {
		plan.Positions = append(plan.Positions, capacity.Position{Product: fmt.Sprintf("ART-%06d", p), Unit: quantity.Pack, AsOf: calendar.MustDate("2026-11-23"), Stock: &stock})
	}
	return f, plan
}
