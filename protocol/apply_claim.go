package protocol

import (
	"slices"

	"kontor/protocol/calendar"
	"kontor/protocol/forecast"
	"kontor/protocol/performance"
	"kontor/protocol/quantity"
	"kontor/protocol/remedy"
	"kontor/protocol/terms"
)

// raiseClaim books a claim by the terms in force on its day.
func (f *fold) raiseClaim(c remedy.Claim, side terms.Party) ([]string, error) {
	if known, err := isShared(f.rows, *c.Evidence); err != nil || !known {
		return []string{remedy.CodeEvidence}, err
	}
	list, err := f.replica.TermsInForce(c.Day)
	if err != nil {
		return nil, err
	}
	for _, a := range list {
		if a.Document.Contract != c.Contract {
			continue
		}
		entries, err := f.replica.Remedies()
		if err != nil {
			return nil, err
		}
		i, code, err := remedy.Raise(c, a.Document, &a.Root, entries, side, dayOf(a.Document, f.entry.Header.T), func(clause terms.Authorisation) (quantity.Quantity, quantity.Quantity, error) {
			return f.authorised(a.Document, clause, c)
		})
		if err != nil {
			return nil, err
		}
		if code != "" {
			return []string{code}, nil
		}
		return nil, put(f.rows, remedyPrefix+i.ID, i)
	}
	return []string{remedy.CodeClaim}, nil
}

// authorised is what may be left of an authorisation for a product: by the buyer's forecasts up to this entry, less what either side reports as received.
func (f *fold) authorised(doc terms.Document, a terms.Authorisation, c remedy.Claim) (finished, raw quantity.Quantity, err error) {
	reader := newSLAReader(f.replica, f.genesis, f.entry.Clock)
	since := a.Since(c.Day)
	lists, err := reader.between(forecast.Type, terms.Buyer, doc.Calendar.Begin(since), f.entry.Header.T, false, true)
	if err != nil {
		return finished, raw, err
	}
	received, err := reader.receivedSince(c.Product, calendar.Bucket{Start: since, End: doc.Calendar.Day(f.entry.Header.T).AddDays(1)})
	if err != nil {
		return finished, raw, err
	}
	for _, list := range lists {
		var versions []forecast.Document
		taken := map[string]terms.Position{}
		for _, v := range list {
			d, err := f.replica.Forecast(v.Root)
			if err != nil {
				return finished, raw, err
			}
			d.Lines = slices.DeleteFunc(d.Lines, func(l forecast.Line) bool {
				return l.Item.BuyersID != c.Product && l.Item.SellersID != c.Product && l.Item.GTIN != c.Product
			})
			for _, l := range d.Lines {
				taken[l.Key()] = terms.Position{Received: received[receivedAt{l.Location.Key(), l.Unit}]}
			}
			versions = append(versions, d)
		}
		exposed, err := doc.Exposure(versions, taken)
		if err != nil {
			continue // units that don't fit authorise nothing
		}
		for _, e := range exposed {
			if e.Clause != a.ID {
				continue
			}
			x, err := finished.Add(e.Finished)
			if err != nil {
				continue
			}
			y, err := raw.Add(e.Raw)
			if err != nil {
				continue
			}
			finished, raw = x, y
		}
	}
	return finished, raw, nil
}

// receivedAt is where something came, and how it is counted.
type receivedAt struct {
	place string
	unit  quantity.Unit
}

// receivedSince is what came of a product in a time, by place and unit: by the buyer's reports, or by the seller's where the buyer's say less.
func (s *slaReader) receivedSince(product string, within calendar.Bucket) (map[receivedAt]quantity.Quantity, error) {
	buyer, seller, err := s.ofWindow(within, int64(1)<<62, nil)
	if err != nil {
		return nil, err
	}
	out := map[receivedAt]quantity.Quantity{}
	for _, docs := range [][]performance.Document{buyer, seller} {
		side := map[receivedAt]quantity.Quantity{}
		for _, d := range docs {
			for _, x := range d.Cells {
				if x.Received == nil || !within.Covers(x.Bucket) || x.Item.BuyersID != product && x.Item.SellersID != product && x.Item.GTIN != product {
					continue
				}
				at := receivedAt{x.Place.Key(), x.Unit}
				if sum, err := side[at].Add(*x.Received); err == nil {
					side[at] = sum
				}
			}
		}
		for at, sum := range side {
			if out[at].Less(sum) {
				out[at] = sum
			}
		}
	}
	return out, nil
}
