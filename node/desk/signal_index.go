package desk

import (
	"fmt"
	"slices"
	"strings"

	"kontor/protocol"
	"kontor/protocol/calendar"
	"kontor/protocol/exception"
	"kontor/protocol/terms"
)

// indexDays is how far back a month of deliveries is looked for whose adjustment may still wait for a value, beside the days until values are final: that of the
// longest month, and the days after it in which both correct their reports.
const indexDays = 62

// indexes raises the values of indexes that months of deliveries are adjusted by, for each side that has not stated one, from the end of the month on until the
// adjustment is made. Of a side that stays silent the other's value stands, so each is told what the other says. What nobody has stated by then is overdue until
// values are final: stated late it still corrects the adjustment, once.
func (s *sight) indexes() (out []exception.Exception, err error) {
	var stated []protocol.IndexRow
	for _, a := range s.inForce {
		today := s.d.dayBy(a.Document)
		for _, price := range a.Document.Prices {
			sla, adjusts := price.Adjusts()
			if !adjusts {
				continue
			}
			if stated == nil {
				if stated, err = s.r.Indexes(); err != nil {
					return nil, err
				}
			}
			for _, e := range s.indexesOf(a.Document, price, sla, today, stated) {
				at := slices.IndexFunc(out, func(x exception.Exception) bool { return x.ID == e.ID })
				switch {
				case at < 0:
					out = append(out, e)
				case e.Deadline < out[at].Deadline: // one value serves every clause
					out[at] = e
				}
			}
		}
	}
	return out, nil
}

// indexesOf are the values that one price waits for.
func (s *sight) indexesOf(doc terms.Document, price terms.Price, sla terms.SLA, today calendar.Date, stated []protocol.IndexRow) (out []exception.Exception) {
	work, final := doc.Calendar.Workdays(), int(price.Index.Adjust.FinalDays)
	for _, w := range doc.Windows(sla, calendar.Bucket{Start: work.Add(today, -final).AddDays(-indexDays), End: today}) {
		last := max(w.Until, work.Add(w.Period.Last(), final))
		if today > last {
			continue
		}
		for _, side := range []terms.Party{terms.Buyer, terms.Seller} {
			e, due := s.indexDue(doc, price, w, side, stated)
			if !due || today > w.Until && e.Default.Code == string(terms.CounterpartyStands) {
				continue // the other's value was taken
			}
			if today > w.Until {
				e = overdueIndex(e, w, last, side)
			}
			out = append(out, e)
		}
	}
	return out
}

// indexDue is what a side has to state of the month that counts for a window, unless it did, or the terms say the value themselves.
func (s *sight) indexDue(doc terms.Document, price terms.Price, w terms.Span, side terms.Party, stated []protocol.IndexRow) (e exception.Exception, due bool) {
	index := price.Index
	month := index.Counts(w.Period.Start)
	if slices.ContainsFunc(index.Values, func(v terms.IndexValue) bool { return v.Month == month }) {
		return e, false
	}
	other := ""
	for _, row := range stated {
		if first := row.Stated[0]; first.Index != index.ID || first.Month != month {
			continue
		}
		if partyOf(s.p, row.Company) == side {
			return e, false
		}
		other = row.Stated[len(row.Stated)-1].Value.String()
	}
	e = exception.Exception{Kind: exception.IndexDue, Side: exception.Buyer, Speed: exception.Desk, Role: "ACCOUNT", Scope: exception.Scope{Group: index.ID, Buckets: month.Month().Bucket()},
		Deadline: w.Until.AddDays(1).Millis() - 1, Default: withoutIndex(index.Adjust.OnMissing),
		Cause: fmt.Sprintf("deliveries of %s are adjusted on %s by what %s was published at for %s (price %s of %s), which the %s has not stated", w.Period, w.Until, index.ID, month.Month(), price.ID, doc.Contract, side)}
	if side == terms.Seller {
		e.Side = exception.Seller
	}
	if other != "" {
		e.Cause += "; the partner states " + other
		e.Default = exception.Outcome{Code: string(terms.CounterpartyStands), Text: fmt.Sprintf("If nothing is stated the partner's value of %s counts.", other)}
	}
	return named(e, exception.Scope{Group: index.ID + "/" + string(side), Buckets: month.Month().Bucket()}), true
}

// overdueIndex is a value that nobody had stated when the adjustment was made. It is another exception: the first ended with its default.
func overdueIndex(e exception.Exception, w terms.Span, final calendar.Date, side terms.Party) exception.Exception {
	e.Deadline = final.AddDays(1).Millis() - 1
	e.Cause += fmt.Sprintf("; neither side had by %s, so that they were adjusted without it, and until %s it still corrects that", w.Until, final)
	e.Default.Text = strings.TrimSuffix(e.Default.Text, ".") + fmt.Sprintf(", for good from %s on.", final.AddDays(1))
	return named(e, exception.Scope{Group: e.Scope.Group + "/" + string(side) + "/overdue", Buckets: e.Scope.Buckets})
}

// withoutIndex says what counts where neither side states a value.
func withoutIndex(what terms.IndexMissing) exception.Outcome {
	text := "If nobody states it the newest value of an earlier month counts."
	switch what {
	case terms.AtBase:
		text = "If nobody states it the base price counts."
	case terms.Unadjusted:
		text = "If nobody states it the price stays as it was charged."
	}
	return exception.Outcome{Code: string(what), Text: text}
}
