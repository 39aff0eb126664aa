package planner

import (
	"cmp"
	"math"
	"slices"
)

// leads are the bands of months ahead that share one fit: near months know more
// from the last deliveries than far ones do.
var leads = [...]struct{ from, to int }{{1, 2}, {3, 6}, {7, 12}, {13, MaxAhead}}

// MaxAhead is how many months past the end of a history a forecast may reach.
const MaxAhead = 36

func leadOf(ahead int) int {
	for i, l := range leads {
		if ahead <= l.to {
			return i
		}
	}
	panic("planner: a month further ahead than MaxAhead")
}

// Settings of the fit. They were chosen on forecasts made from 2009 to August
// 2012 of the demonstration's figures and judged on later ones; neighbouring
// values do about as well.
const (
	trainingHalfLife = 36.0 // months: how fast past situations stop teaching
	warmUp           = 6    // months of history before a situation counts
	ridge            = 20.0 // weight of the priors below, in situations
	spreadPrior      = 6.0  // weight of everyone's spread of sizes, in deliveries
	ownHalfLife      = 24.0 // months: how fast a series' own sizes stop being drawn
	ownShare         = 0.5  // of the draws, for a series with many deliveries
	ownPrior         = 3.0  // deliveries at which half of ownShare is given
	sizeCap          = 1.5  // largest size forecast, in largest sizes seen
	shapePoints      = 199  // points of the residuals' shape
	minResiduals     = 30   // below it the shape is the normal one
	maxSituations    = 400_000
)

// What is believed before the data speaks: recent rates carry most weight, and a
// series delivers about what it used to.
var (
	occurrencePrior = []float64{0, 0, 0.5, 0.3, 0.1, 0.1, 0, 0.3, 0.1}
	sizePrior       = []float64{0, 0.5, 0.4, 0.1, 0}
)

// model is what one history teaches, by band of months ahead.
//
// Whether a month has a delivery and how large it is are fitted apart, each over
// all series at once, from the features a series had when the forecast would
// have been made. Sizes are then drawn half from that fit and its residuals,
// half from the series' own deliveries, recent ones more often.
type model struct {
	history History
	known   [][]state
	lead    [len(leads)]*leadFit
}

type leadFit struct {
	occurrence, size []float64
	spread           []float64 // by series: standard deviation of the log size
	shape            []float64 // standardised residuals, ascending
	table            []sizes   // by series
}

// fit learns from every month of h, for forecasts up to longest months ahead.
func fit(h History, longest int, stretch float64) *model {
	m := &model{history: h, known: states(h)}
	for b, lead := range leads {
		if lead.from > longest {
			break
		}
		each := pastOf(h, lead.from, min(lead.to, longest))
		l := &leadFit{
			occurrence: fitOccurrence(m.known, h.Values, each, occurrencePrior, ridge),
			size:       fitSize(m.known, h.Values, each, sizePrior, ridge),
		}
		l.residuals(m, each)
		m.lead[b] = l
	}
	m.stretch(stretch)
	return m
}

// pastOf visits the situations that lay from..to months before a month of h.
// Of a very large history it visits every so-manieth.
func pastOf(h History, from, to int) situations {
	count := (to - from + 1) * h.Months * len(h.Keys)
	stride := 1 + count/maxSituations
	return func(visit func(series, at, ahead int, weight float64)) {
		for ahead := from; ahead <= to; ahead++ {
			for at := warmUp - 1; at+ahead < h.Months; at++ {
				age := float64(h.Months - 1 - at - ahead)
				weight := math.Exp2(-age/trainingHalfLife) * float64(stride) / float64(to-from+1)
				for i := (at + ahead) % stride; i < len(h.Keys); i += stride {
					visit(i, at, ahead, weight)
				}
			}
		}
	}
}

// residuals notes how far sizes fell from their fit: how widely, by series held
// to everyone's, and in what shape, from all series together.
func (l *leadFit) residuals(m *model, each situations) {
	values := m.history.Values
	var everyone decayed
	own := make([]decayed, len(values))
	var points []weighted
	var series []int
	each(func(i, at, ahead int, weight float64) {
		y := values[i][at+ahead]
		if y <= 0 {
			return
		}
		r := math.Log(y) - dot(m.known[i][at].size[:], l.size)
		everyone.sum += weight * r * r
		everyone.weight += weight
		own[i].sum += weight * r * r
		own[i].weight += weight
		points = append(points, weighted{r, weight})
		series = append(series, i)
	})
	usual := everyone.mean(1, 1)
	l.spread = make([]float64, len(values))
	for i := range own {
		l.spread[i] = math.Sqrt(max(own[i].mean(usual, spreadPrior), 1e-6))
	}

	l.shape = make([]float64, shapePoints)
	if len(points) < minResiduals {
		for k := range l.shape {
			l.shape[k] = normalQuantile((float64(k) + 0.5) / shapePoints)
		}
		return
	}
	total := 0.0
	for k := range points {
		points[k].value /= l.spread[series[k]]
		total += points[k].weight
	}
	slices.SortFunc(points, func(a, b weighted) int { return cmp.Compare(a.value, b.value) })
	k, run := 0, 0.0
	for _, p := range points {
		run += p.weight
		for k < shapePoints && run >= (float64(k)+0.5)/shapePoints*total {
			l.shape[k] = p.value
			k++
		}
	}
	for ; k < shapePoints; k++ {
		l.shape[k] = points[len(points)-1].value
	}
}

// stretch makes every series' table of sizes, wider (above 1) or narrower.
func (m *model) stretch(stretch float64) {
	h := m.history
	product, _, products, _ := h.indexes()
	largest := make([]float64, products)
	for i, values := range h.Values {
		largest[product[i]] = max(largest[product[i]], slices.Max(values))
	}
	fade := halfLife(ownHalfLife)
	for _, l := range m.lead {
		if l == nil {
			continue
		}
		l.table = make([]sizes, len(h.Keys))
		for i, values := range h.Values {
			var points []weighted
			weight, total := 1.0, 0.0
			for t := h.Months - 1; t >= 0; t-- {
				if values[t] > 0 {
					points = append(points, weighted{values[t], weight})
					total += weight
				}
				weight *= fade
			}
			top, own := largest[product[i]], 0.0
			if total > 0 {
				top = slices.Max(values)
				own = ownShare * total / (total + ownPrior)
				for k := range points {
					points[k].weight *= own / total
				}
			}
			middle := dot(m.known[i][h.Months-1].size[:], l.size)
			for _, z := range l.shape {
				points = append(points, weighted{math.Exp(middle + l.spread[i]*z), (1 - own) / shapePoints})
			}
			l.table[i] = newSizes(points, stretch, sizeCap*top)
		}
	}
}

// at is the forecast of one series so many months after the history's end.
func (m *model) at(series, ahead int) law {
	l := m.lead[leadOf(ahead)]
	known := &m.known[series][m.history.Months-1]
	return law{p: logistic(dot(known.occurrence[:], l.occurrence)), sizes: l.table[series]}
}
