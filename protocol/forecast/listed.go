package forecast

import (
	"kontor/protocol/block"
	"kontor/protocol/calendar"
	"kontor/protocol/quantity"
)

// listedCell is a bucket as rows held it before there were columns: a map of its own. Such rows are read for ever and written no more.
type listedCell struct {
	calendar.Bucket
	Mean        quantity.Quantity  `cbor:"mean"`
	Quantiles   []listedQuantile   `cbor:"quantiles,omitempty"`
	Cumulative  []listedQuantile   `cbor:"cumulative,omitempty"`
	Firmness    Firmness           `cbor:"firmness,omitempty"`
	Ordered     *quantity.Quantity `cbor:"ordered,omitempty"`
	Accumulated *quantity.Quantity `cbor:"cumulativeQuantity,omitempty"`
}

type listedQuantile struct {
	P int64             `cbor:"p"`
	Q quantity.Quantity `cbor:"q"`
}

// listed tells the older form from columns.
func listed(buckets []byte) bool { return len(buckets) > 0 && buckets[0]>>5 == majorArray }

func readListed(buckets []byte) (Cells, error) {
	var list []listedCell
	if err := block.Unmarshal(buckets, &list); err != nil {
		return nil, err
	}
	levels := func(from []listedQuantile) (qs []Quantile) {
		for _, q := range from {
			qs = append(qs, Quantile(q))
		}
		return qs
	}
	cs := make(Cells, len(list))
	for i, c := range list {
		cs[i] = Cell{c.Bucket, c.Mean, levels(c.Quantiles), levels(c.Cumulative), c.Firmness, c.Ordered, c.Accumulated}
	}
	return cs, nil
}
