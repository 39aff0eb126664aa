package demo

import (
	"bytes"
	"context"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"math/big"
	"slices"
	"strconv"
	"time"

	"kontor/node/api"
	"kontor/node/api/wire"
	"kontor/node/desk"
	"kontor/protocol/calendar"
	"kontor/protocol/decision"
	"kontor/protocol/remedy"
	"kontor/testnet/proc"
)

// ServiceReport is the service level that was missed.
type ServiceReport struct {
	Month       string  `json:"month"`
	Lines       int     `json:"lines"`
	OnTime      float64 `json:"on_time"`
	Target      float64 `json:"target"`
	Credit      string  `json:"credit"`
	Remedy      string  `json:"remedy"` // its ID on both nodes
	EqualOnBoth bool    `json:"equal_on_both"`
}

// serviceTarget is the promise of the demonstration's terms, and serviceLines the fewest lines its month has.
const (
	serviceTarget = 0.95
	serviceLines  = 30
)

// serviceMonth is the month of the figures in which the smallest share of at least serviceLines order lines was on time.
type serviceMonth struct {
	month         calendar.Month
	lines, onTime int64
	orders        []byte   // its order lines, as a table
	prices        []string // of each product: what a pack cost in that month, as JSON price clauses
}

// lateMonth finds it. The figures count lines by product, country and month; each line is a part of the packs, due in the middle of its month, and the late
// ones came ten days after.
func (f figures) lateMonth() (worst serviceMonth, err error) {
	rows, err := csv.NewReader(bytes.NewReader(f.monthly)).ReadAll()
	if err != nil || len(rows) == 0 {
		return worst, fmt.Errorf("monthly.csv: %w", err)
	}
	at := map[string]int{}
	for i, name := range rows[0] {
		at[name] = i
	}
	for _, name := range []string{"product", "region", "month", "packs_delivered", "order_lines", "order_lines_on_time", "value_usd"} {
		if _, known := at[name]; !known {
			return worst, nil // figures of another shape hold no service level
		}
	}
	sums := map[string]*serviceMonth{}
	count := func(r []string, column string) (n int64) {
		n, _ = strconv.ParseInt(r[at[column]], 10, 64)
		return n
	}
	for _, r := range rows[1:] {
		key := r[at["month"]]
		if sums[key] == nil {
			sums[key] = &serviceMonth{}
		}
		sums[key].lines += count(r, "order_lines")
		sums[key].onTime += count(r, "order_lines_on_time")
	}
	worstKey := ""
	for key, m := range sums {
		if m.lines < serviceLines {
			continue
		}
		a, b := m.onTime*worst.lines, worst.onTime*m.lines
		if worst.lines == 0 || a < b || a == b && key < worstKey {
			worst, worstKey = *m, key
		}
	}
	if worstKey == "" {
		return worst, nil
	}
	bucket, err := calendar.ParseBucket(worstKey)
	if err != nil {
		return worst, err
	}
	worst.month = bucket.Start.Month()
	var out bytes.Buffer
	out.WriteString("order,line,product,region,ordered,due,delivered,accepted,unit\n")
	packs, value := map[string]int64{}, map[string]*big.Rat{}
	due := bucket.Start.AddDays(14)
	for _, r := range rows[1:] {
		if r[at["month"]] != worstKey {
			continue
		}
		product, q, n := r[at["product"]], count(r, "packs_delivered"), count(r, "order_lines")
		cost, ok := new(big.Rat).SetString(r[at["value_usd"]])
		if !ok {
			return worst, fmt.Errorf("monthly.csv: value %q of %s in %s is no number", r[at["value_usd"]], product, worstKey)
		}
		packs[product] += q
		if value[product] == nil {
			value[product] = new(big.Rat)
		}
		value[product].Add(value[product], cost)
		for i := range n {
			part, on := q/n, due
			if i == 0 {
				part += q % n
			}
			if i >= count(r, "order_lines_on_time") {
				on = due.AddDays(10)
			}
			fmt.Fprintf(&out, "%s-%s-%d,1,%s,%s,%d,%s,%s,%d,PK\n", product, r[at["region"]], i+1, product, r[at["region"]], part, due, on, part)
		}
	}
	worst.orders = out.Bytes()
	products := []string{}
	for p := range packs {
		if packs[p] > 0 {
			products = append(products, p)
		}
	}
	slices.Sort(products)
	year := yearOf(worst.month)
	for _, p := range products {
		per := new(big.Rat).Quo(value[p], new(big.Rat).SetInt64(packs[p]))
		name, err := json.Marshal(p)
		if err != nil {
			return worst, err
		}
		worst.prices = append(worst.prices, fmt.Sprintf(`{"id":%s,"items":[%s],"unit":"PK","valid":{"start":"%s","end":"%s"},"kind":"FIXED","price":{"amount":"%s","currency":"USD","per":"1"}}`,
			name, name, year.Start, year.End, trimmed(per.FloatString(4))))
	}
	return worst, nil
}

func yearOf(m calendar.Month) calendar.Bucket {
	start := m - m%12
	return calendar.Bucket{Start: start.First(), End: start.Add(12).First()}
}

// trimmed is a decimal without zeros at its end: the one way to write it.
func trimmed(s string) string {
	s = string(bytes.TrimRight([]byte(s), "0"))
	return string(bytes.TrimRight([]byte(s), "."))
}

// serviceTerms are terms of the year of the month, with one promise and what follows when it is missed.
func serviceTerms(m serviceMonth) []byte {
	year := yearOf(m.month)
	prices := bytes.Join(func() (out [][]byte) {
		for _, p := range m.prices {
			out = append(out, []byte(p))
		}
		return out
	}(), []byte(","))
	return fmt.Appendf(nil, `{"contractReference":"SUPPLY-%s","effectivePeriod":{"start":"%s","end":"%s"},"currency":"USD","rounding":{"mode":"HALF_UP","level":"DOCUMENT"},"paymentDays":30,
"calendar":{"zone":"Africa/Abidjan","tzdata":"2026b","offsetMinutes":0},"tolerance":{"over":0,"under":0,"early":0,"late":0},
"loop":{"backward":1,"forward":1,"answerDays":0,"onNoAnswer":"NO_COMMIT"},"dataTerms":{"purposes":["PLANNING"],"retention":730,"onward":"NONE","minAggregation":0},
"disputePath":[{"level":"DESK","days":5,"default":"NEXT_LEVEL"},{"level":"COO","days":10,"default":"STANDS"}],"prices":[%s],
"slas":[{"id":"on-time","name":"order lines on time","by":"SELLER","measure":{"code":"ON_TIME"},"target":"%.2f","window":{"kind":"MONTH"},"minSample":%d,"measurementSource":"BOTH",
"reporting":[{"by":"BUYER","what":"receipts","reportDue":3,"correctUntil":10},{"by":"SELLER","what":"despatches","reportDue":3,"correctUntil":10}],"onMissing":"COUNTERPARTY_STANDS"}],
"remedies":[{"id":"credit","sla":"on-time","kind":"CREDIT","pool":"delivery","poolShare":500000,"allocation":400000,"atRisk":100000,"cap":{"minor":1000000000,"currency":"USD"},"capPeriod":"YEAR","autoApply":true,"disputeWindow":10}]}`,
		year.Start.String()[:4], year.Start, year.End, prices, serviceTarget, serviceLines)
}

// serve: terms with a promise, signed by the officers of both sides; both report a month of real deliveries; the same credit on both nodes.
func (d *demo) serve(ctx context.Context) error {
	m, err := d.figures.lateMonth()
	if err != nil {
		return err
	}
	if m.lines == 0 || m.onTime*100 >= m.lines*int64(serviceTarget*100) {
		d.say("no month of these figures holds %d order lines of which too many were late: nothing follows", serviceLines)
		return nil
	}
	month := m.month.String()
	d.say("in %s, %d of %d order lines arrived on time; the terms promise %.0f %%", month, m.onTime, m.lines, 100*serviceTarget)
	if err := d.signTerms(ctx, serviceTerms(m)); err != nil {
		return err
	}
	for _, c := range []*proc.Company{d.agency, d.maker} {
		path, err := c.WriteFile("orders.csv", m.orders)
		if err != nil {
			return err
		}
		with := d.maker.Name
		if c == d.maker {
			with = d.agency.Name
		}
		if _, err := c.Run(ctx, "performance", "import", path, "--with", with); err != nil {
			return err
		}
		if _, err := c.Run(ctx, "performance", "close", "--window", month, "--with", with); err != nil {
			return err
		}
	}
	d.say("both count the month's lines at home, report what they come to, and close the month")
	seen := map[*proc.Company]desk.RemedyList{}
	for _, c := range []*proc.Company{d.agency, d.maker} {
		err := proc.Eventually(ctx, "the credit at "+c.Name, 10*time.Second, func() (bool, error) {
			list, err := do(ctx, c, api.RemedyList, desk.SLAQuery{})
			seen[c] = list
			return err == nil && len(list.Items) == 1 && list.Items[0].Stands, err
		})
		if err != nil {
			return claim(false, "the missed month brings no credit at %s: %v", c.Name, err)
		}
	}
	a, b := seen[d.agency].Items[0].Item, seen[d.maker].Items[0].Item
	d.report.SLA = &ServiceReport{Month: month, Lines: int(m.lines), OnTime: round(float64(m.onTime)/float64(m.lines), 4), Target: serviceTarget, Credit: a.Amount.String(), Remedy: a.ID, EqualOnBoth: a.ID == b.ID && a.Amount == b.Amount && a.Status == b.Status}
	if err := claim(d.report.SLA.EqualOnBoth && a.Status == remedy.Due && a.Amount.Minor > 0, "the credit differs: %s and %s", a, b); err != nil {
		return err
	}
	d.say("each node evaluates the promise by itself: %s owes %s (half of the at-risk pool, 40 %% of it for this promise, 10 %% of the month's charges)", d.maker.Name, a.Amount)
	if err := d.quarrel(ctx, a); err != nil {
		return err
	}
	if _, err := d.maker.Run(ctx, "remedy", "acknowledge", a.ID); err != nil {
		return err
	}
	d.say("%s acknowledges what is left of it; what it pays, and by which reference, both will see", d.maker.Name)
	return nil
}

// signTerms takes terms from a file to the signatures of COO and CFO of both sides.
func (d *demo) signTerms(ctx context.Context, file []byte) error {
	path, err := d.maker.WriteFile("terms.json", file)
	if err != nil {
		return err
	}
	if _, err := d.maker.Run(ctx, "terms", "import", path); err != nil {
		return err
	}
	if _, err := d.maker.Run(ctx, "terms", "share", "--with", d.agency.Name); err != nil {
		return err
	}
	var topic wire.TopicReceipt
	if err := d.maker.Ask(ctx, &topic, "terms", "propose", "--with", d.agency.Name); err != nil {
		return err
	}
	if err := d.seen(ctx, d.agency, topic.Topic, "the terms", func(wire.TopicDetail) bool { return true }); err != nil {
		return err
	}
	q := wire.TopicQuery{Topic: topic.Topic}
	for _, c := range []*proc.Company{d.agency, d.maker} {
		for _, role := range []decision.Role{decision.COO, decision.CFO} {
			in := wire.TopicScoreRequest{TopicAct: wire.TopicAct{TopicQuery: q, As: role}, Scores: []wire.Scoring{{Option: "1", Lens: decision.LocalPurpose, Points: 7}}}
			if _, err := do(ctx, c, wire.TopicScore, in); err != nil {
				return err
			}
		}
	}
	if err := d.seen(ctx, d.maker, topic.Topic, "the scores of both sides", func(t wire.TopicDetail) bool { return t.Status == decision.Negotiation }); err != nil {
		return err
	}
	if _, err := do(ctx, d.maker, wire.TopicOffer, wire.TopicOfferRequest{TopicAct: wire.TopicAct{TopicQuery: q, As: decision.COO}, Option: "1",
		Trades: []decision.TradeOff{{Gave: "a credit when deliveries are late", Got: "a year of orders"}}}); err != nil {
		return err
	}
	if err := d.seen(ctx, d.agency, topic.Topic, "the offer", func(t wire.TopicDetail) bool { return len(t.Offers) > 0 }); err != nil {
		return err
	}
	accepted, err := do(ctx, d.agency, wire.TopicAccept, wire.TopicAcceptRequest{TopicAct: wire.TopicAct{TopicQuery: q, As: decision.COO}})
	if err != nil {
		return err
	}
	if err := claim(accepted.Agreement != "", "no document came of the accepted terms: %s", accepted.Undrafted); err != nil {
		return err
	}
	for _, c := range []*proc.Company{d.agency, d.maker} {
		if err := proc.Eventually(ctx, "the document at "+c.Name, 10*time.Second, func() (bool, error) {
			_, err := do(ctx, c, wire.AgreementShow, wire.AgreementQuery{Agreement: accepted.Agreement})
			return err == nil, err
		}); err != nil {
			return err
		}
		for _, role := range officers {
			if _, err := c.Run(ctx, "agreement", "sign", accepted.Agreement, "--key-file", d.keyFile(c, role), "--yes"); err != nil {
				return err
			}
		}
	}
	if err := d.awaitFinal(ctx, accepted.Agreement); err != nil {
		return err
	}
	d.say("COO and CFO of both sides sign terms that promise it, with a credit where it is missed")
	return nil
}
