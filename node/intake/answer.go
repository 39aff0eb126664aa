package intake

import (
	"slices"
	"strings"

	"kontor/protocol/calendar"
	"kontor/protocol/capacity"
	"kontor/protocol/quantity"
)

// Columns of a table of answers: one line for each product, place and period of a forecast.
const (
	answerProduct = iota
	answerRegion
	answerPeriod
	answerUnit
	answerReason
	answerNote
	answerAsked
	answerCommitted
)

var answerColumns = []Column{
	answerProduct:   {Says: "the product", Names: productNames, Needed: true},
	answerRegion:    {Says: "the region", Names: regionNames},
	answerPeriod:    {Says: "the period", Names: periodNames, Form: Period, Needed: true},
	answerUnit:      {Says: "the unit", Names: []string{"unit", "uom", "unit of measure", "einheit", "me"}},
	answerReason:    {Says: "why it is less", Names: []string{"reason", "commit reason", "grund"}},
	answerNote:      {Says: "a note", Names: []string{"note", "comment", "bemerkung", "notiz"}},
	answerAsked:     {Says: "the quantity asked for", Names: []string{"asked", "requested", "requested quantity", "angefragt"}, Form: Number},
	answerCommitted: {Says: "the quantity committed", Names: []string{"committed", "committed quantity", "commitment", "commit", "promised quantity", "zusage", "zugesagt"}, Form: Number, Needed: true},
}

// AnswerRow says what a seller commits of what a forecast asks for.
type AnswerRow struct {
	Line            int
	Product, Region string
	Period          calendar.Bucket
	Unit            quantity.Unit // "" where the file does not say
	Asked           *quantity.Quantity
	Committed       quantity.Quantity
	Reason          capacity.CommitReason
	Note            string
}

// ReadAnswer reads a table of answers. The rows are nil when the report has complaints and SkipBad isn't set.
func ReadAnswer(data []byte, options Options) ([]AnswerRow, *Report) {
	t, report := Open(data, answerColumns, false, options)
	if t == nil {
		return nil, report
	}
	var out []AnswerRow
	series := map[string]bool{}
	if !t.Each(func(l *Line) {
		r, ok := readAnswer(l)
		if ok && l.Once("that product, place and period", r.Product, r.Region, r.Period.String()) {
			series[r.Product+"\x00"+r.Region] = true
			out = append(out, r)
		}
	}) {
		return nil, report
	}
	report.Kind, report.Series, report.Buckets = Answers, len(series), len(out)
	return out, report
}

func readAnswer(l *Line) (AnswerRow, bool) {
	r := AnswerRow{Line: l.Number(), Product: l.Text(answerProduct), Region: l.Text(answerRegion), Period: l.Period(answerPeriod), Note: l.Text(answerNote)}
	if l.row.cells[answerUnit] != "" {
		r.Unit = l.t.unit(l.row, answerUnit, "")
	}
	q, _ := l.Quantity(answerCommitted)
	if r.Committed = q; q.Sign() < 0 {
		l.Refuse(answerCommitted, CodeSign, "below zero", "a number of 0 or more")
	}
	if asked, stated := l.Quantity(answerAsked); stated {
		if r.Asked = &asked; asked.Sign() < 0 {
			l.Refuse(answerAsked, CodeSign, "below zero", "a number of 0 or more")
		}
	}
	if reason := l.Text(answerReason); reason != "" {
		r.Reason = capacity.CommitReason(strings.ToUpper(strings.ReplaceAll(reason, " ", "_")))
		if !slices.Contains(capacity.CommitReasons, r.Reason) {
			var names []string
			for _, known := range capacity.CommitReasons {
				names = append(names, string(known))
			}
			l.Refuse(answerReason, CodeOption, "no reason of the list", strings.Join(names, ", "))
		}
	}
	return r, !l.Bad()
}
