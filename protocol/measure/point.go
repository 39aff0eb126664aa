package measure

import (
	"math/big"

	"kontor/protocol/calendar"
	"kontor/protocol/quantity"
)

// Errors collects the errors of a point forecast, in any order. The zero value collects with default parameters.
type Errors struct {
	// Setting gives the parameters of the results, such as actualBasis and lag.
	Setting Setting

	n                                 int
	signed, absolute, squared, actual total // Σe, Σ|e|, Σe², Σ|y|
	symmetric, relative               terms // |e| / (|y| + |f|), |e| / |y|
	zeroes                            int   // actuals of zero, which no percentage has
	ex                                excluded
	window                            calendar.Bucket
}

// Add takes one actual and the forecast of it.
func (e *Errors) Add(actual, forecast quantity.Quantity) {
	e.n++
	y, size := actual.Abs(), total{}
	size.add(y)
	size.add(forecast.Abs())
	miss, err := forecast.Sub(actual)
	var missed *big.Rat
	if err == nil {
		e.signed.add(miss)
		e.absolute.add(miss.Abs())
		e.squared.addProduct(miss, miss)
		missed = miss.Abs().Rat()
	} else {
		r := difference(forecast, actual)
		e.signed.addRat(r)
		missed = new(big.Rat).Abs(r)
		e.absolute.addRat(missed)
		e.squared.addRat(square(r))
	}
	e.actual.add(y)
	if both := size.rat(); both.Sign() != 0 {
		e.symmetric.add(over(missed, both))
	} else {
		e.symmetric.add(new(big.Rat))
	}
	if y.IsZero() {
		e.zeroes++
	} else {
		e.relative.add(over(missed, y.Rat()))
	}
}

// Exclude counts an observation that is left out.
func (e *Errors) Exclude(why Reason) { e.ex.add(why, 1) }

// Cover widens the window of the results by the bucket of an observation.
func (e *Errors) Cover(b calendar.Bucket) { e.window = widened(e.window, b) }

func widened(w, b calendar.Bucket) calendar.Bucket {
	switch {
	case !b.Valid():
		return w
	case !w.Valid():
		return b
	}
	return calendar.Bucket{Start: min(w.Start, b.Start), End: max(w.End, b.End)}
}

// Join takes what another collector has seen.
func (e *Errors) Join(o *Errors) {
	e.n += o.n
	e.zeroes += o.zeroes
	e.signed.join(o.signed)
	e.absolute.join(o.absolute)
	e.squared.join(o.squared)
	e.actual.join(o.actual)
	e.symmetric.join(&o.symmetric)
	e.relative.join(&o.relative)
	e.ex.join(o.ex)
	e.window = widened(e.window, o.window)
}

// Count is the number of observations taken.
func (e *Errors) Count() int { return e.n }

// Signed is Σe: positive where the forecasts were too high.
func (e *Errors) Signed() quantity.Decimal { return decimal(e.signed.rat()) }

// Absolute is the sum of absolute errors.
func (e *Errors) Absolute() quantity.Decimal { return decimal(e.absolute.rat()) }

// Result is one of MAE, RMSE, WAPE, MAPE, SMAPE1, SMAPE2, BIAS and TRACKING_TEST.
func (e *Errors) Result(code Code) Result {
	d := define(code, e.Setting)
	r := e.result(d)
	r.Window = e.window
	return r
}

func (e *Errors) result(d Definition) Result {
	if e.n == 0 {
		return missing(d, e.ex.only(), 0, e.ex)
	}
	count := whole(e.n)
	switch d.Code {
	case MAE:
		return value(d, over(e.absolute.rat(), count), e.n, e.ex)
	case RMSE:
		r := value(d, new(big.Rat), e.n, e.ex)
		r.Value = root(over(e.squared.rat(), count))
		return r
	case SMAPE1:
		return value(d, e.symmetric.mean(), e.n, e.ex)
	case SMAPE2:
		return value(d, times(whole(2), e.symmetric.mean()), e.n, e.ex)
	case WAPE, Bias:
		sum := e.absolute.rat()
		if e.actual.rat().Sign() == 0 && sum.Sign() == 0 {
			return value(d, sum, e.n, e.ex) // nothing was wanted, nothing was forecast
		}
		if d.Code == Bias {
			sum = e.signed.rat()
		}
		return share(d, sum, e.actual.rat(), e.n, e.ex)
	case MAPE:
		var ex excluded
		ex.join(e.ex)
		ex.add(ZeroActual, e.zeroes)
		if e.relative.count == 0 {
			return missing(d, NoData, 0, ex)
		}
		return value(d, e.relative.mean(), e.relative.count, ex)
	case TrackingTest:
		return e.trackingTest(d)
	}
	panic("invariant: " + string(d.Code) + " is no measure of point errors")
}

// trackingTest asks whether the summed error is more than errors without a bias would sum to: the mean absolute error is 0.8 standard
// deviations of a normal error, and n independent ones sum to √n of them. The raw ratio of sums, which texts compare with 4, alarms on
// every second year of weeks without any bias.
func (e *Errors) trackingTest(d Definition) Result {
	sum := e.absolute.rat()
	if sum.Sign() == 0 {
		r := value(d, new(big.Rat), e.n, e.ex)
		r.Verdict = d.enough(e.n, NotBiased)
		return r
	}
	// |Σe| / (1.25 · Σ|e|/n · √n), squared: n · (Σe)² / (1.5625 · (Σ|e|)²).
	squared := over(times(whole(e.n), square(e.signed.rat())), times(fraction(25, 16), square(sum)))
	r := value(d, new(big.Rat), e.n, e.ex)
	r.Value = root(squared)
	r.Verdict = NotBiased
	if squared.Cmp(square(d.number("limit"))) > 0 {
		r.Verdict = Biased
	}
	r.Verdict = d.enough(e.n, r.Verdict)
	return r
}

// enough is the verdict, where there are enough observations for one.
func (d Definition) enough(n int, v Verdict) Verdict {
	if n < d.count("minimum") {
		return TooFewToTell
	}
	return v
}

// Tracking follows the smoothed signal of one series, in the order of time.
type Tracking struct {
	Setting Setting

	n            int
	error, total quantity.Decimal
}

// Add takes the next actual and its forecast.
func (t *Tracking) Add(actual, forecast quantity.Quantity) {
	alpha := define(TrackingSignal, t.Setting).number("alpha")
	miss := difference(forecast, actual)
	t.error = decimal(plus(times(alpha, miss), times(minus(whole(1), alpha), t.error.Rat())))
	t.total = decimal(plus(times(alpha, new(big.Rat).Abs(miss)), times(minus(whole(1), alpha), t.total.Rat())))
	t.n++
}

// Result is TRACKING_SIGNAL.
func (t *Tracking) Result() Result {
	d := define(TrackingSignal, t.Setting)
	switch {
	case t.n == 0:
		return missing(d, NoData, 0, nil)
	case t.total.Rat().Sign() == 0:
		return value(d, new(big.Rat), t.n, nil)
	}
	return value(d, bounded(over(t.error.Rat(), t.total.Rat()), whole(-1), whole(1)), t.n, nil)
}
