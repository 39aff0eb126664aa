package planner

import "math"

// Half-lives of the recency weights, in months. Three speeds let the fit decide
// how fast old deliveries stop mattering; the middle one is about a year,
// because an agency's programmes are budgeted by year.
const (
	fastHalfLife = 5.0
	midHalfLife  = 15.0
	slowHalfLife = 50.0
)

// priorMonths is the weight, in months of observation, of what a series'
// product and region say about it. Two months are enough to keep a probability
// away from 0 and 1 and little enough for a year's own record to outvote it.
const priorMonths = 2.0

// maxGap caps "months since the last delivery": after four years of silence one
// more month says nothing new.
const maxGap = 48

// priorSizes is the weight, in deliveries, of the product's and region's usual
// size against a series' own deliveries.
const priorSizes = 1.5

const (
	occurrenceFeatures = 9
	sizeFeatures       = 5
)

// state is what one series looks like at the end of one month. Nothing in it
// comes from a later month.
type state struct {
	occurrence [occurrenceFeatures]float64
	size       [sizeFeatures]float64
}

// decayed is an exponentially weighted mean.
type decayed struct{ sum, weight float64 }

func (d *decayed) age(factor float64)           { d.sum *= factor; d.weight *= factor }
func (d *decayed) add(x float64)                { d.sum += x; d.weight++ }
func (d decayed) mean(prior, n float64) float64 { return (d.sum + prior*n) / (d.weight + n) }

func halfLife(months float64) float64 { return math.Exp2(-1 / months) }

func logit(p float64) float64 {
	p = min(max(p, 1e-4), 1-1e-4)
	return math.Log(p / (1 - p))
}

func logistic(x float64) float64 { return 1 / (1 + math.Exp(-x)) }

// states walks the history once, month by month, and notes what every series
// looked like at each month's end: states[i][t].
func states(h History) [][]state {
	product, region, products, regions := h.indexes()
	fade := [3]float64{halfLife(fastHalfLife), halfLife(midHalfLife), halfLife(slowHalfLife)}

	rate := make([][3]decayed, len(h.Keys)) // own share of months with a delivery
	size := make([][3]decayed, len(h.Keys)) // own log sizes
	productRate, regionRate := make([]decayed, products), make([]decayed, regions)
	productFast, regionFast := make([]decayed, products), make([]decayed, regions)
	productSize, regionSize := make([]decayed, products), make([]decayed, regions)
	var allRate, allSize decayed
	gap := make([]int, len(h.Keys))
	for i := range gap {
		gap[i] = maxGap
	}

	out := make([][]state, len(h.Keys))
	for i := range out {
		out[i] = make([]state, h.Months)
	}
	for t := range h.Months {
		for p := range productRate {
			productRate[p].age(fade[1])
			productFast[p].age(fade[0])
			productSize[p].age(fade[2])
		}
		for r := range regionRate {
			regionRate[r].age(fade[1])
			regionFast[r].age(fade[0])
			regionSize[r].age(fade[2])
		}
		allRate.age(fade[1])
		allSize.age(fade[2])
		for i, values := range h.Values {
			gap[i] = min(gap[i]+1, maxGap)
			for s := range fade {
				rate[i][s].age(fade[s])
				size[i][s].age(fade[s])
			}
			occurred := 0.0
			if y := values[t]; y > 0 {
				occurred, gap[i] = 1, 0
				l := math.Log(y)
				for s := range fade {
					size[i][s].add(l)
				}
				productSize[product[i]].add(l)
				regionSize[region[i]].add(l)
				allSize.add(l)
			}
			for s := range fade {
				rate[i][s].add(occurred)
			}
			productRate[product[i]].add(occurred)
			productFast[product[i]].add(occurred)
			regionFast[region[i]].add(occurred)
			regionRate[region[i]].add(occurred)
			allRate.add(occurred)
		}
		everyone := allRate.mean(0.25, 1)
		usual := allSize.mean(0, 1e-9)
		for i := range h.Keys {
			ofProduct := productRate[product[i]].mean(everyone, 4)
			ofRegion := regionRate[region[i]].mean(everyone, 4)
			prior := logistic(logit(ofProduct) + logit(ofRegion) - logit(everyone))
			o := &out[i][t].occurrence
			o[0] = 1
			for s := range fade {
				o[1+s] = logit(rate[i][s].mean(prior, priorMonths))
			}
			o[4] = logit(ofProduct)
			o[5] = logit(ofRegion)
			o[6] = math.Log1p(float64(gap[i]))
			o[7] = logit(regionFast[region[i]].mean(ofRegion, 2)) - o[5]
			o[8] = logit(productFast[product[i]].mean(ofProduct, 2)) - o[4]

			typical := productSize[product[i]].mean(usual, priorSizes) + regionSize[region[i]].mean(usual, priorSizes) - usual
			z := &out[i][t].size
			z[0] = 1
			z[1] = size[i][1].mean(typical, priorSizes)
			z[2] = size[i][2].mean(typical, priorSizes)
			z[3] = typical
			z[4] = o[2]
		}
	}
	return out
}
