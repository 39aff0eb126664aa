package capacity

import (
	"fmt"
	"strings"
	"testing"

	"kontor/protocol/artifact"
	"kontor/protocol/calendar"
	"kontor/protocol/forecast"
	"kontor/protocol/quantity"
)

// subdivision is the name of one of many places.
func subdivision(i int) string { return fmt.Sprintf("US-%c%c%c", 'A'+i/676%26, 'A'+i/26%26, 'A'+i%26) }

func days(n int) []calendar.Bucket {
	all := make([]calendar.Bucket, n)
	for i := range all {
		start := calendar.MustDate("2027-01-01").AddDays(i)
		all[i] = calendar.Bucket{Start: start, End: start.AddDays(1)}
	}
	return all
}

func oneCell(product, region string, b calendar.Bucket) forecast.Line {
	return line(product, region, forecast.Cell{Bucket: b, Mean: quantity.Of(1)})
}

func groupOf(id string, buckets []calendar.Bucket, products ...string) Group {
	g := Group{ID: id, Unit: quantity.Pack}
	for _, b := range buckets {
		g.Capacities = append(g.Capacities, Capacity{Bucket: b, Actual: quantity.Of(1), Maximum: quantity.Of(1)})
	}
	for _, p := range products {
		g.Links = append(g.Links, Link{Product: p})
	}
	return g
}

// Documents that pass their checks and would hold a node for minutes are refused before they do.
func TestWorkIsCountedBeforeItIsDone(t *testing.T) {
	for name, hostile := range map[string]func(f *forecast.Document, p *Plan){
		"groups that hold the same groups": func(f *forecast.Document, p *Plan) {
			var products, inside []string
			for i := range 100 {
				products = append(products, fmt.Sprintf("P%03d", i))
				f.Lines = append(f.Lines, oneCell(products[i], "CI", days(1)[0]))
			}
			for i := range MaxNested {
				inside = append(inside, fmt.Sprintf("inside %d", i))
				p.Groups = append(p.Groups, groupOf(inside[i], days(1), products...))
			}
			for i := range 1000 {
				g := groupOf(fmt.Sprintf("outside %d", i), days(1))
				g.Nested = inside
				p.Groups = append(p.Groups, g)
			}
		},
		"ten years of capacity for lines of a day": func(f *forecast.Document, p *Plan) {
			for i := range 400 {
				f.Lines = append(f.Lines, oneCell("A", subdivision(i), days(1)[0]))
			}
			buckets := days(MaxCapacities)
			for i := range 100 {
				p.Groups = append(p.Groups, groupOf(fmt.Sprint("G", i), buckets, "A"))
			}
		},
		"a product of which every line has a day of its own": func(f *forecast.Document, p *Plan) {
			for i, b := range days(4500) {
				f.Lines = append(f.Lines, oneCell("A", subdivision(i), b))
			}
			p.Groups = append(p.Groups, groupOf("G", days(1), "A"))
		},
	} {
		t.Run(name, func(t *testing.T) {
			f, p := doc(), Plan{Header: header(PlanType)}
			hostile(&f, &p)
			for _, found := range [][]string{findings(forecast.Check(f)), findings(CheckPlan(p))} {
				if len(found) > 0 {
					t.Fatalf("it is to pass its checks: %v", found)
				}
			}
			if _, err := Match(Input{Forecast: f, Plan: p}); err == nil || !strings.Contains(err.Error(), "exceed") {
				t.Errorf("%v, want a refusal", err)
			}
		})
	}
}

func findings(all []artifact.Finding) (texts []string) {
	for _, f := range all {
		texts = append(texts, f.Error())
	}
	return texts
}
