package forecast

import (
	"math/big"

	"kontor/protocol/calendar"
	"kontor/protocol/quantity"
)

// MaxConsumption is the most buckets an order looks backward or forward: half a year of weeks. Beyond it an order says nothing of a bucket's
// forecast.
const MaxConsumption = 26

// Consumption says in which buckets beside its own an order may be what a forecast foresaw (practice T5). The zero value is its own bucket only.
type Consumption struct {
	Backward int64 `cbor:"backward,omitzero" json:"backward"`
	Forward  int64 `cbor:"forward,omitzero" json:"forward"`
}

// Consumed is one bucket after consumption. Sums over a line: consumed and remaining are the forecast; consumed and extra are the orders; remaining
// and ordered are the demand, which is the forecast and what was ordered beyond it.
type Consumed struct {
	calendar.Bucket
	Forecast  quantity.Quantity `json:"forecast"`
	Ordered   quantity.Quantity `json:"ordered"`
	Consumed  quantity.Quantity `json:"consumed"`  // of this bucket's forecast, by orders of any bucket; never above it
	Remaining quantity.Quantity `json:"remaining"` // forecast that no order has met
	Extra     quantity.Quantity `json:"extra"`     // ordered here and foreseen in no bucket of the window
	Demand    quantity.Quantity `json:"demand"`    // what is needed in the bucket
}

// Consume sets orders against forecast, bucket by bucket: both lists have one figure a bucket, in one scale, not negative. Each order first meets the
// forecast of its own bucket; what is left meets the buckets before, the nearest first, then those after. No forecast is met twice and no order counts
// twice. It is the one function by which both sides know what is still to be ordered; linear in buckets times the window.
func (c Consumption) Consume(forecast, ordered []*big.Int) (consumed, extra []*big.Int) {
	n := len(forecast)
	consumed, extra = make([]*big.Int, n), make([]*big.Int, n)
	left := make([]*big.Int, n) // of the forecast
	meet := func(order, bucket int) {
		if extra[order].Sign() == 0 || left[bucket].Sign() == 0 {
			return
		}
		met := new(big.Int).Set(extra[order])
		if left[bucket].Cmp(met) < 0 {
			met.Set(left[bucket])
		}
		extra[order].Sub(extra[order], met)
		left[bucket].Sub(left[bucket], met)
		consumed[bucket].Add(consumed[bucket], met)
	}
	for i := range forecast {
		consumed[i], left[i], extra[i] = new(big.Int), new(big.Int).Set(forecast[i]), new(big.Int).Set(ordered[i])
	}
	for i := range forecast { // all first meet their own, so that an early order takes nothing that a later one foresaw
		meet(i, i)
	}
	for i := range forecast {
		for back := 1; back <= int(c.Backward) && i-back >= 0; back++ {
			meet(i, i-back)
		}
		for ahead := 1; ahead <= int(c.Forward) && i+ahead < n; ahead++ {
			meet(i, i+ahead)
		}
	}
	return consumed, extra
}

// Demand is what is needed in each bucket once orders have met forecast: what remains of the forecast and all that is ordered. Of a forecast net of
// orders nothing is consumed: its sender has done so, and orders come on top.
func (c Consumption) Demand(basis BucketBasis, forecast, ordered []*big.Int) []*big.Int {
	out := make([]*big.Int, len(forecast))
	consumed, _ := c.Consume(forecast, ordered)
	for i := range forecast {
		out[i] = new(big.Int).Add(forecast[i], ordered[i])
		if basis != NetOfOrders {
			out[i].Sub(out[i], consumed[i])
		}
	}
	return out
}

// Consume sets the orders of a line against its means. The line has passed Check.
func (l Line) Consume(c Consumption) ([]Consumed, error) {
	scale := 0
	for _, cell := range l.Buckets {
		scale = min(scale, cell.Mean.Exponent())
		if cell.Ordered != nil {
			scale = min(scale, cell.Ordered.Exponent())
		}
	}
	means, ordered := make([]*big.Int, len(l.Buckets)), make([]*big.Int, len(l.Buckets))
	for i, cell := range l.Buckets {
		means[i], _ = cell.Mean.At(scale)
		ordered[i] = new(big.Int)
		if cell.Ordered != nil {
			ordered[i], _ = cell.Ordered.At(scale)
		}
	}
	consumed, extra := c.Consume(means, ordered)
	if l.BucketBasis == NetOfOrders {
		for i := range consumed {
			consumed[i], extra[i] = new(big.Int), ordered[i]
		}
	}
	out := make([]Consumed, len(l.Buckets))
	var err error
	of := func(n *big.Int) quantity.Quantity {
		q, e := quantity.FromBig(n, scale)
		if err == nil {
			err = e
		}
		return q
	}
	for i, cell := range l.Buckets {
		remaining := new(big.Int).Sub(means[i], consumed[i])
		out[i] = Consumed{Bucket: cell.Bucket, Forecast: cell.Mean, Ordered: of(ordered[i]), Consumed: of(consumed[i]), Remaining: of(remaining), Extra: of(extra[i]),
			Demand: of(new(big.Int).Add(remaining, ordered[i]))}
	}
	return out, err
}

// HasOrders tells whether any bucket of the line states what is ordered.
func (l Line) HasOrders() bool {
	for _, c := range l.Buckets {
		if c.Ordered != nil && c.Ordered.Sign() > 0 {
			return true
		}
	}
	return false
}

// Statement says what stands behind a part of a bucket's demand, in the order of precedence: what is ordered comes before what is committed, that
// before what is firm, that before what is only foreseen (practice T5).
type Statement string

// The statements, strongest first.
const (
	CallOff      Statement = "CALL_OFF"
	Committed    Statement = "COMMIT"
	FirmDemand   Statement = "FIRM"
	JustForecast Statement = "FORECAST"
)

// Layers divide a bucket's demand by the strongest statement that stands behind each part. They sum to the demand.
type Layers struct {
	CallOff  quantity.Quantity `json:"callOff"`
	Commit   quantity.Quantity `json:"commit"` // committed by the seller and not called off yet
	Firm     quantity.Quantity `json:"firm"`
	Forecast quantity.Quantity `json:"forecast"`
}

// Layers of a consumed bucket: all that is ordered is called off; of what remains, what the seller's commitment covers beyond the call-offs is
// committed; the rest is firm where the bucket is, else forecast. A commitment beyond the demand adds nothing: nobody asked for it.
func (c Consumed) Layers(firmness Firmness, commit *quantity.Quantity) (out Layers, err error) {
	out.CallOff = c.Ordered
	rest := c.Remaining
	if commit != nil {
		beyond, err := commit.Sub(c.Ordered)
		if err != nil {
			return out, err
		}
		if beyond.Sign() > 0 {
			out.Commit = beyond
			if rest.Less(beyond) {
				out.Commit = rest
			}
			if rest, err = rest.Sub(out.Commit); err != nil {
				return out, err
			}
		}
	}
	if firmness == Firm {
		out.Firm = rest
	} else {
		out.Forecast = rest
	}
	return out, nil
}

// Governs is the strongest statement behind a bucket's demand.
func (l Layers) Governs() Statement {
	switch {
	case l.CallOff.Sign() > 0:
		return CallOff
	case l.Commit.Sign() > 0:
		return Committed
	case l.Firm.Sign() > 0:
		return FirmDemand
	}
	return JustForecast
}
