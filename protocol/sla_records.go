package protocol

import (
	"cmp"
	"slices"

	"kontor/protocol/block"
	"kontor/protocol/calendar"
	"kontor/protocol/capacity"
	"kontor/protocol/feed"
	"kontor/protocol/forecast"
	"kontor/protocol/performance"
	"kontor/protocol/quantity"
	"kontor/protocol/remedy"
	"kontor/protocol/terms"
)

// dated is a version with the time it stood from.
type dated struct {
	ArtifactRow
	from int64
}

// between are the versions of one side's artifacts whose claimed times lie in a range, by series, oldest first, with the newest before the range where
// asked. Of several in one day (UTC) the last stands for all, where thin is asked.
func (s *slaReader) between(typ string, side terms.Party, from, to int64, before, thin bool) (out [][]dated, err error) {
	all, err := s.versions(typ)
	if err != nil {
		return nil, err
	}
	series := map[string][]ArtifactRow{}
	for _, v := range all {
		if s.sides[v.Author] != side || v.T >= to {
			continue
		}
		key := v.Author.String() + v.Series
		list := series[key]
		n := len(list)
		switch {
		case v.T < from && !before:
			continue
		case v.T < from && n > 0:
			list[n-1] = v // one before the range is enough
		case thin && n > 0 && list[n-1].T >= from && calendar.DateOf(list[n-1].T) == calendar.DateOf(v.T):
			list[n-1] = v
		default:
			list = append(list, v)
		}
		series[key] = list
	}
	keys := make([]string, 0, len(series))
	for k := range series {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	for _, k := range keys {
		rows := series[k]
		if thin && len(rows) > maxForecastVersions {
			rows = rows[len(rows)-maxForecastVersions:]
		}
		var list []dated
		for _, v := range rows {
			at, err := s.stood(v)
			if err != nil {
				return nil, err
			}
			list = append(list, dated{v, at})
		}
		slices.SortStableFunc(list, func(a, b dated) int { return cmp.Or(cmp.Compare(a.from, b.from), cmp.Compare(a.Revision, b.Revision)) })
		out = append(out, list)
	}
	return out, nil
}

// series are the buyer's forecasts about a period with what was committed to each bucket before it began.
func (s *slaReader) series(doc terms.Document, period calendar.Bucket, days int) (out [][]performance.Version, err error) {
	from, to := doc.Calendar.Begin(period.Start.AddDays(-days)), doc.Calendar.Begin(period.End)
	lists, err := s.between(forecast.Type, terms.Buyer, from, to, true, true)
	if err != nil {
		return nil, err
	}
	answers, err := s.answers(from-2*maxForecastVersions*24*hour, to)
	if err != nil {
		return nil, err
	}
	for _, list := range lists {
		var versions []performance.Version
		for _, row := range list {
			d, known := s.forecasts[row.Root]
			if !known {
				if d, err = s.replica.Forecast(row.Root); err != nil {
					return nil, err
				}
				s.forecasts[row.Root] = d
			}
			said := answers[row.Root]
			versions = append(versions, performance.Version{At: row.from, Document: d, Committed: func(line string, b calendar.Bucket) (q quantity.Quantity, answered bool) {
				begin := doc.Calendar.Begin(b.Start)
				for _, a := range said { // oldest first: the last one before the bucket counts
					if v, there := a.buckets[line+"|"+b.String()]; there && a.at < begin {
						q, answered = v, true
					}
				}
				return q, answered
			}})
		}
		out = append(out, versions)
	}
	return out, nil
}

// answers are the seller's answers written in a range, oldest first, by the forecast they answer.
func (s *slaReader) answers(from, to int64) (map[block.CID][]answerSaid, error) {
	lists, err := s.between(capacity.AnswerType, terms.Seller, from, to, false, false)
	if err != nil {
		return nil, err
	}
	out := map[block.CID][]answerSaid{}
	for _, list := range lists {
		for _, row := range list {
			said, known := s.answered[row.Root]
			if !known {
				a, err := s.replica.Answer(row.Root)
				if err != nil {
					return nil, err
				}
				said = answerSaid{row.from, a.Forecast, map[string]quantity.Quantity{}}
				for _, l := range a.Lines {
					for _, b := range l.Buckets {
						said.buckets[l.Line+"|"+b.Bucket.String()] = b.Committed
					}
				}
				s.answered[row.Root] = said
			}
			out[said.forecast] = append(out[said.forecast], said)
		}
	}
	for _, list := range out {
		slices.SortStableFunc(list, func(a, b answerSaid) int { return cmp.Compare(a.at, b.at) })
	}
	return out, nil
}

// asked are the revisions of the buyer's forecasts whose answers were due in a period.
func (s *slaReader) asked(doc terms.Document, sla terms.SLA, period calendar.Bucket) (out []remedy.Asked, err error) {
	begin, end := doc.Calendar.Begin(period.Start), doc.Calendar.Begin(period.End)
	back := 2*doc.Loop.AnswerDays + 14 // calendar days that so many working days are at most, but for holidays
	if doc.Loop.AnswerDays <= 0 {
		back = maxForecastVersions
	}
	from := begin - min(back, maxForecastVersions)*24*hour
	lists, err := s.between(forecast.Type, terms.Buyer, from, end, false, false)
	if err != nil {
		return nil, err
	}
	answers, err := s.answers(from, end)
	if err != nil {
		return nil, err
	}
	for _, list := range lists {
		for i, row := range list {
			a := remedy.Asked{At: row.from, Due: doc.AnswerDue(row.from)}
			if i+1 < len(list) {
				a.Replaced = list[i+1].from
			}
			if a.Due == 0 || len(sla.Items) > 0 {
				d, known := s.forecasts[row.Root]
				if !known {
					if d, err = s.replica.Forecast(row.Root); err != nil {
						return nil, err
					}
					s.forecasts[row.Root] = d
				}
				a.Products = productsOf(d)
				if a.Due == 0 {
					a.Due = d.AnswerDue
				}
			}
			if said := answers[row.Root]; len(said) > 0 {
				a.Answered = said[0].at
			}
			if a.Due >= begin && a.Due < end {
				out = append(out, a)
			}
		}
	}
	return out, nil
}

func productsOf(d forecast.Document) []string {
	seen := map[string]bool{}
	for _, l := range d.Lines {
		for _, id := range []string{l.Item.BuyersID, l.Item.SellersID, l.Item.GTIN} {
			if id != "" {
				seen[id] = true
			}
		}
	}
	out := make([]string, 0, len(seen))
	for id := range seen {
		out = append(out, id)
	}
	slices.Sort(out)
	return out
}

// stood is when a version may count from: its claimed time, unless the other side wrote a day later and still had not seen it; then the first of the
// other side's entries that had. Nobody dates a forecast or an answer back to before it knew what came.
func (s *slaReader) stood(v ArtifactRow) (int64, error) {
	e, found, err := s.replica.Log.Get(v.Entry)
	if err != nil || !found {
		return v.T, err
	}
	at, out := s.replica.Circle.Index(v.Author), v.T
	for _, m := range s.genesis.Members {
		if _, party := s.sides[m.Company]; !party || m.Company == v.Author {
			continue
		}
		later, found, err := s.first(m.Company, func(x feed.Entry) bool { return x.Header.T >= v.T+believed })
		if err != nil {
			return 0, err
		}
		saw := func(x feed.Entry) bool { return at >= 0 && at < len(x.Clock) && x.Clock[at] >= e.Header.Seq }
		if !found || saw(later) {
			continue
		}
		if later, found, err = s.first(m.Company, saw); err != nil {
			return 0, err
		}
		if !found {
			return int64(1) << 62, nil
		}
		out = max(out, later.Header.T)
	}
	return out, nil
}
