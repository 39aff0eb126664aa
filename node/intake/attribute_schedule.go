package intake

import (
	"strings"

	"kontor/protocol/artifact"
	"kontor/protocol/calendar"
	"kontor/protocol/forecast"
)

// What a table says of a product's life (practice T16).
var lifecycleAttributes = []*Attribute{
	{Name: "life cycle", names: []string{"lifecycle", "life cycle status", "lebenszyklus"},
		text: lifeText(func(c forecast.Lifecycle) string { return string(c.Status) }),
		set: setLife(func(c *forecast.Lifecycle, v value) string {
			c.Status = forecast.LifeStatus(strings.ToUpper(v.text))
			switch c.Status {
			case forecast.PhasingIn, forecast.InSeries, forecast.PhasingOut, forecast.LastBuy, forecast.Discontinued:
				return ""
			}
			return "PHASE_IN, ACTIVE, PHASE_OUT, LAST_BUY or DISCONTINUED"
		}),
		keep: func(now *forecast.Line, was forecast.Line) {
			if was.Lifecycle != nil {
				lifecycleOf(now).Status = was.Lifecycle.Status
			}
		}},
	lifeName("predecessor", func(c *forecast.Lifecycle) *string { return &c.Predecessor }, "vorgänger"),
	lifeName("successor", func(c *forecast.Lifecycle) *string { return &c.Successor }, "nachfolger"),
	lifeDay("life cycle from", func(c *forecast.Lifecycle) *calendar.Date { return &c.From }),
	lifeDay("last buy by", func(c *forecast.Lifecycle) *calendar.Date { return &c.LastBuyBy }, "last buy"),
	lifeDay("service until", func(c *forecast.Lifecycle) *calendar.Date { return &c.ServiceUntil }),
}

func lifecycleOf(l *forecast.Line) *forecast.Lifecycle {
	if l.Lifecycle == nil {
		l.Lifecycle = &forecast.Lifecycle{}
	}
	return l.Lifecycle
}

func lifeText(text func(forecast.Lifecycle) string) func(*Demand, forecast.Line, forecast.Cell) string {
	return func(_ *Demand, l forecast.Line, _ forecast.Cell) string {
		if l.Lifecycle == nil {
			return ""
		}
		return text(*l.Lifecycle)
	}
}

func setLife(set func(*forecast.Lifecycle, value) string) func(*Demand, *forecast.Line, *forecast.Cell, value) string {
	return func(_ *Demand, l *forecast.Line, _ *forecast.Cell, v value) string { return set(lifecycleOf(l), v) }
}

func lifeName(name string, at func(*forecast.Lifecycle) *string, names ...string) *Attribute {
	return &Attribute{Name: name, names: names,
		text: lifeText(func(c forecast.Lifecycle) string { return *at(&c) }),
		set: setLife(func(c *forecast.Lifecycle, v value) string {
			if *at(c) = strings.Clone(v.text); !artifact.IsName(v.text) {
				return "a product number"
			}
			return ""
		}),
		keep: func(now *forecast.Line, was forecast.Line) {
			if was.Lifecycle != nil && *at(was.Lifecycle) != "" {
				*at(lifecycleOf(now)) = *at(was.Lifecycle)
			}
		}}
}

func lifeDay(name string, at func(*forecast.Lifecycle) *calendar.Date, names ...string) *Attribute {
	return &Attribute{Name: name, names: names, form: Period,
		text: lifeText(func(c forecast.Lifecycle) string { return dayText(*at(&c)) }),
		set: setLife(func(c *forecast.Lifecycle, v value) string {
			*at(c) = v.day
			return ""
		}),
		keep: func(now *forecast.Line, was forecast.Line) {
			if was.Lifecycle != nil && *at(was.Lifecycle) != 0 {
				*at(lifecycleOf(now)) = *at(was.Lifecycle)
			}
		}}
}

// What a table says of accumulated quantities and authorisations.
var scheduleAttributes = []*Attribute{
	{Name: "cumulative from", names: []string{"cum reset date", "cumulative since", "nullstellung"}, form: Period,
		text: scheduleText(func(s forecast.Schedule) string { return dayText(s.Reset) }),
		set: setSchedule(func(s *forecast.Schedule, v value) string {
			s.Reset = v.day
			return ""
		}),
		keep: keepSchedule(func(now *forecast.Schedule, was forecast.Schedule) { now.Reset = was.Reset })},
	{Name: "cumulative received", names: []string{"cum received", "cum qty received", "eingangsfortschrittszahl"}, form: Number,
		text: scheduleText(func(s forecast.Schedule) string { return optional(s.Received) }),
		set: setSchedule(func(s *forecast.Schedule, v value) string {
			s.Received = &v.number
			return ""
		}),
		keep: keepSchedule(func(now *forecast.Schedule, was forecast.Schedule) { now.Received = was.Received })},
	{Name: "backlog", names: []string{"overdue", "past due", "rückstand"}, form: Number,
		text: scheduleText(func(s forecast.Schedule) string { return optional(s.Backlog) }),
		set: setSchedule(func(s *forecast.Schedule, v value) string {
			s.Backlog = &v.number
			return ""
		}),
		keep: keepSchedule(func(now *forecast.Schedule, was forecast.Schedule) { now.Backlog = was.Backlog })},
	{Name: "last despatch", names: []string{"last received asn", "last asn", "letzter lieferschein"},
		text: scheduleText(func(s forecast.Schedule) string { return s.LastDespatch }),
		set: setSchedule(func(s *forecast.Schedule, v value) string {
			s.LastDespatch = strings.Clone(v.text)
			return ""
		}),
		keep: keepSchedule(func(now *forecast.Schedule, was forecast.Schedule) { now.LastDespatch = was.LastDespatch })},
	authorised("fabrication", func(s *forecast.Schedule) **forecast.Authorisation { return &s.Fabrication }, "fab auth qty", "fab authorisation", "fabrication authorization", "fertigungsfreigabe"),
	authorisedDay("fabrication from", func(s *forecast.Schedule) **forecast.Authorisation { return &s.Fabrication }, false),
	authorisedDay("fabrication until", func(s *forecast.Schedule) **forecast.Authorisation { return &s.Fabrication }, true),
	authorised("material", func(s *forecast.Schedule) **forecast.Authorisation { return &s.Material }, "mat auth qty", "material authorisation", "material authorization", "materialfreigabe"),
	authorisedDay("material from", func(s *forecast.Schedule) **forecast.Authorisation { return &s.Material }, false),
	authorisedDay("material until", func(s *forecast.Schedule) **forecast.Authorisation { return &s.Material }, true),
}

func scheduleOf(l *forecast.Line) *forecast.Schedule {
	if l.Schedule == nil {
		l.Schedule = &forecast.Schedule{}
	}
	return l.Schedule
}

func scheduleText(text func(forecast.Schedule) string) func(*Demand, forecast.Line, forecast.Cell) string {
	return func(_ *Demand, l forecast.Line, _ forecast.Cell) string {
		if l.Schedule == nil {
			return ""
		}
		return text(*l.Schedule)
	}
}

func setSchedule(set func(*forecast.Schedule, value) string) func(*Demand, *forecast.Line, *forecast.Cell, value) string {
	return func(_ *Demand, l *forecast.Line, _ *forecast.Cell, v value) string { return set(scheduleOf(l), v) }
}

func keepSchedule(keep func(now *forecast.Schedule, was forecast.Schedule)) func(*forecast.Line, forecast.Line) {
	return func(now *forecast.Line, was forecast.Line) {
		if was.Schedule != nil {
			keep(scheduleOf(now), *was.Schedule)
		}
	}
}

// authorised is the quantity of an authorisation. It is written under "fabrication authorised", so that "material" stays the header of a product.
func authorised(what string, at func(*forecast.Schedule) **forecast.Authorisation, names ...string) *Attribute {
	return &Attribute{Name: what + " authorised", names: names, form: Number,
		text: scheduleText(func(s forecast.Schedule) string {
			if a := *at(&s); a != nil {
				return Figure(a.Quantity)
			}
			return ""
		}),
		set: setSchedule(func(s *forecast.Schedule, v value) string {
			authorisation(at(s)).Quantity = v.number
			return ""
		}),
		keep: keepSchedule(func(now *forecast.Schedule, was forecast.Schedule) {
			if a := *at(&was); a != nil {
				authorisation(at(now)).Quantity = a.Quantity
			}
		})}
}

// authorisedDay is a first or last day of an authorisation; a table names the last day itself, a document the day after it.
func authorisedDay(name string, at func(*forecast.Schedule) **forecast.Authorisation, last bool) *Attribute {
	day := func(a *forecast.Authorisation) *calendar.Date {
		if last {
			return &a.To
		}
		return &a.From
	}
	return &Attribute{Name: name, form: Period,
		text: scheduleText(func(s forecast.Schedule) string {
			a := *at(&s)
			switch {
			case a == nil || *day(a) == 0:
				return ""
			case last:
				return day(a).AddDays(-1).String()
			}
			return day(a).String()
		}),
		set: setSchedule(func(s *forecast.Schedule, v value) string {
			if last {
				v.day = v.day.AddDays(1)
			}
			*day(authorisation(at(s))) = v.day
			return ""
		}),
		keep: keepSchedule(func(now *forecast.Schedule, was forecast.Schedule) {
			if a := *at(&was); a != nil {
				*day(authorisation(at(now))) = *day(a)
			}
		})}
}

func authorisation(at **forecast.Authorisation) *forecast.Authorisation {
	if *at == nil {
		*at = &forecast.Authorisation{}
	}
	return *at
}

func dayText(d calendar.Date) string {
	if d == 0 {
		return ""
	}
	return d.String()
}
