package virtual

import (
	"crypto/sha256"
	"fmt"
	"slices"

	"kontor/crypto/keys"
	"kontor/protocol"
	"kontor/protocol/artifact"
	"kontor/protocol/block"
	"kontor/protocol/calendar"
	"kontor/protocol/campaign"
	"kontor/protocol/capacity"
	"kontor/protocol/decision"
	"kontor/protocol/forecast"
	"kontor/protocol/identity"
	"kontor/protocol/partnership"
	"kontor/protocol/performance"
	"kontor/protocol/product"
	"kontor/protocol/quality"
	"kontor/protocol/quantity"
	"kontor/protocol/terms"
)

// This file makes the papers of a scenario: small, but real documents of every kind.

// Seat is a company's place in a partnership.
type Seat struct {
	Company *Company
	Role    string
}

// Found makes the genesis of a partnership; products limits its scopes, none means all. Witness may be nil.
func Found(seats []Seat, witness *Company, products ...string) (partnership.Genesis, error) {
	channel := sha256.Sum256([]byte("channel"))
	g := partnership.Genesis{Materiality: identity.Amount{Minor: 100_000_00, Currency: "EUR"}, Scopes: partnership.DefaultScopes(products, nil), Channel: channel[:]}
	for _, s := range seats {
		node := s.Company.Node.Public()
		nonce := sha256.Sum256([]byte("nonce " + s.Company.Name))
		g.Members = append(g.Members, partnership.Member{Company: s.Company.ID, Role: s.Role, NodeKey: node[:], Addresses: []string{}, Nonce: nonce[:partnership.NonceSize]})
	}
	if witness != nil {
		g.Witness = &witness.ID
	}
	return partnership.New(g)
}

// Months are the buckets of every forecast: the first quarter of 2027.
var Months = calendar.MonthsFrom(calendar.MonthOf(2027, 1), 3)

// Product is the item every scenario is about.
const Product = "ZDV-300"

// SeriesOf names a series by a text.
func SeriesOf(text string) (id artifact.SeriesID) {
	sum := sha256.Sum256([]byte("series/" + text))
	copy(id[:], sum[:])
	return id
}

func header(typ, series string, revision int64, parent *block.CID, at int64) artifact.Header {
	return artifact.Header{Type: typ, Series: SeriesOf(series), Revision: revision, Parent: parent, Issued: at,
		Provenance: artifact.Provenance{SourceSystem: "spreadsheet", ExtractedAt: at}, Evidence: artifact.GradeB, Scope: artifact.Everything()}
}

// Forecast is a revision of a series of forecasts over Months, with an 80 % band around each mean.
func Forecast(series string, revision int64, parent *block.CID, at int64, means ...int64) forecast.Document {
	line := forecast.Line{Item: forecast.Item{BuyersID: Product}, Location: forecast.Location{Region: "CI"}, Unit: "PK", Kind: forecast.Total,
		Category: forecast.Default, BucketBasis: forecast.Gross, DateBasis: forecast.ByNeed, SourcingShare: forecast.PPM, Lot: quantity.Of(1)}
	for i, mean := range means {
		line.Buckets = append(line.Buckets, forecast.Cell{Bucket: Months[i], Mean: quantity.Of(mean), Quantiles: []forecast.Quantile{
			{P: 100_000, Q: quantity.Of(mean / 2)}, {P: 500_000, Q: quantity.Of(mean)}, {P: 900_000, Q: quantity.Of(mean * 2)}}})
	}
	return forecast.Document{Header: header(forecast.Type, series, revision, parent, at), Purpose: forecast.OrderForecast,
		Method: forecast.Method{Name: "planner", Bands: forecast.BandsModel}, Lines: []forecast.Line{line}}
}

// Plan is a capacity plan of one group over Months.
func Plan(series string, revision int64, parent, made *block.CID, at int64, actual int64) capacity.Plan {
	g := capacity.Group{ID: "line 1", Unit: "PK", Links: []capacity.Link{{Product: Product}}}
	for _, m := range Months {
		g.Capacities = append(g.Capacities, capacity.Capacity{Bucket: m, Actual: quantity.Of(actual), Maximum: quantity.Of(actual + actual/5)})
	}
	return capacity.Plan{Header: header(capacity.PlanType, series, revision, parent, at), Forecast: made, Groups: []capacity.Group{g}}
}

// Answer accepts every bucket of a forecast.
func Answer(series string, revision int64, parent *block.CID, at int64, root block.CID, doc forecast.Document) capacity.Answer {
	a := capacity.Answer{Header: header(capacity.AnswerType, series, revision, parent, at), Forecast: root}
	for _, l := range doc.Lines {
		out := capacity.AnswerLine{Line: l.Key(), Unit: l.Unit}
		for _, c := range l.Buckets {
			out.Buckets = append(out.Buckets, capacity.Commit{Bucket: c.Bucket, Committed: c.Mean, State: capacity.StateAccepted})
		}
		a.Lines = append(a.Lines, out)
	}
	return a
}

// seriesKey salts the blocks of a scenario. A real author draws it at random.
var seriesKey = sha256.Sum256([]byte("series key"))

// Campaign is a calendar of one event in March with a lift, and a blackout in February.
func Campaign(series string, revision int64, parent *block.CID, at int64, status campaign.Status, lift int64) campaign.Document {
	return campaign.Document{Header: header(campaign.Type, series, revision, parent, at), Zone: "Africa/Abidjan",
		Events: []campaign.Event{{ID: "spring", Name: "spring week", Status: status, Kind: campaign.JointlySponsored, Period: Months[2],
			Items: []forecast.Item{{BuyersID: Product}}, Places: []forecast.Location{{Region: "CI"}},
			Impacts: []campaign.Impact{{Item: Product, Place: forecast.Location{Region: "CI"}, Bucket: Months[2], Unit: "PK", Lift: quantity.Of(lift)}},
			Funding: &campaign.Funding{BuyerPPM: 500_000, SellerPPM: 500_000}}},
		Blackouts: []campaign.Blackout{{ID: "stocktaking", Reason: campaign.ForInventory, Period: Months[1]}}}
}

// Quality is a report of one measure and one lot block.
func Quality(series string, revision int64, parent *block.CID, at int64, status quality.BlockStatus, bad int64) quality.Document {
	salt := sha256.Sum256([]byte("salt/" + series))
	received := quantity.Of(10_000)
	d := quality.Document{Header: header(quality.Type, series, revision, parent, at), Salt: salt[:quality.SaltSize], Service: quality.DefaultService(),
		Measures: []quality.Measure{{Item: forecast.Item{BuyersID: Product}, Period: Months[0], Unit: "PK", Denominator: quality.ByReceived, Counting: quality.CountConfirmed,
			Received: &received, Defectives: quantity.Of(bad), Confirmed: quantity.Of(bad)}},
		Blocks: []quality.Block{{ID: "lot 7", Item: forecast.Item{BuyersID: Product}, Status: status, Severity: quality.Critical, Lots: [][]byte{quality.HashLot(salt[:quality.SaltSize], "L7")},
			Quantity: quantity.Of(50), Unit: "PK", Since: calendar.DateOf(Start)}}}
	if status != quality.Blocked {
		d.Blocks[0].Ended = calendar.DateOf(at)
	}
	return d
}

// Terms are contract terms of 2027 with one price, two bands and one authorisation, without an SLA.
func Terms(series string, revision int64, parent *block.CID, at int64, cents int64) terms.Document {
	year := calendar.Bucket{Start: calendar.MustDate("2027-01-01"), End: calendar.MustDate("2028-01-01")}
	price := quantity.Price{Amount: quantity.MustParse("12.345"), Currency: "EUR", Per: quantity.Of(1000)}
	if cents > 0 {
		price.Amount = quantity.Of(cents)
	}
	return terms.Document{Header: header(terms.Type, series, revision, parent, at), Frame: terms.Frame{Contract: "FRAME-2027", Period: year, Currency: "EUR",
		Rounding: terms.Rounding{Mode: terms.HalfUp, Level: terms.PerDocument}, Calendar: terms.Calendar{Zone: "Africa/Abidjan", Data: "2026b"},
		Loop: terms.Loop{Backward: 1, OnNoAnswer: forecast.NoCommit}, Data: terms.DataTerms{Purposes: []string{"PLANNING"}, RetentionDays: 730, Onward: terms.OnwardNone},
		Disputes: []terms.DisputeLevel{{Level: "DESK", Days: 5, Default: terms.NextLevel}, {Level: "COO", Days: 10, Default: terms.Stands}},
		Cadence:  []terms.Cadence{{ID: "sop", Name: "monthly planning", First: year.Start, RRule: "FREQ=MONTHLY;BYDAY=1MO"}}},
		Prices: []terms.Price{{ID: "tablets", Items: []string{Product}, Unit: "PK", Valid: year, Kind: terms.Fixed, Base: price}},
		Bands:  []terms.FlexBand{{ID: "1-firm", From: 0, To: 56, Zone: terms.FirmZone, UpPPM: 100_000, DownPPM: 50_000}, {ID: "2-free", From: 56, To: 400, Zone: terms.Free}},
		Authorisations: []terms.Authorisation{{ID: "all", Unit: "PK", FabDays: 28, RawDays: 84, Finished: price, Raw: price, LiablePPM: terms.Liability{Finished: terms.PPM, Raw: terms.PPM / 2},
			Year: year.Start, AgeDays: 60}}}
}

// Performance is a report of one product in one month, 2026-10 or another that is over, with a root over two lines.
func Performance(series string, revision int64, parent *block.CID, at int64, month calendar.Bucket, closed bool, received int64) performance.Document {
	ordered, got := quantity.Of(1_000), quantity.Of(received)
	var lines []performance.Line
	for i, q := range []quantity.Quantity{quantity.Of(received - received/2), quantity.Of(received / 2)} {
		lines = append(lines, performance.Line{Order: fmt.Sprintf("PO-%d", i+1), Line: "10", Item: Product, Due: month.Last(), Event: performance.ReceiptPosted, Accepted: &q, Date: month.Last()})
	}
	cell := performance.Cell{Item: forecast.Item{BuyersID: Product}, Place: forecast.Location{Region: "CI"}, Bucket: month, Unit: "PK", Ordered: &ordered, Received: &got}
	tree, err := performance.NewTree(performance.NewSalt([]byte("channel key")), cell.Key(), lines)
	if err != nil {
		panic("invariant: two lines make a tree: " + err.Error())
	}
	root := tree.Root()
	cell.Lines = &root
	by, err := performance.DeliveryBy(nil)
	if err != nil {
		panic("invariant: the default definition is one: " + err.Error())
	}
	return performance.Document{Header: header(performance.Type, series, revision, parent, at), Window: month, Closed: closed, Delivery: by, Cells: []performance.Cell{cell}}
}

// Products is a revision of a map by which one of the buyer's numbers is a pack of the seller's.
func Products(series string, revision int64, parent *block.CID, at int64, units int64) product.Document {
	return product.Document{Header: header(product.Type, series, revision, parent, at),
		Links: []product.Link{{Buyers: Product, Sellers: "M-77", From: calendar.MustDate("2026-01-01"), Units: quantity.Of(units), Description: "tablets in a pack"}}}
}

// Share makes the draft of an entry that carries an artifact.
func Share(doc any) (protocol.Draft, error) {
	var kind string
	var sheet block.Sheet
	var err error
	switch d := doc.(type) {
	case forecast.Document:
		kind = protocol.KindForecast
		sheet, err = forecast.ToSheet(d, seriesKey)
	case capacity.Plan:
		kind = protocol.KindCapacity
		sheet, err = capacity.PlanToSheet(d, seriesKey)
	case capacity.Answer:
		kind = protocol.KindAnswer
		sheet, err = capacity.AnswerToSheet(d, seriesKey)
	case campaign.Document:
		kind = protocol.KindCampaign
		sheet, err = campaign.ToSheet(d, seriesKey)
	case quality.Document:
		kind = protocol.KindQuality
		sheet, err = quality.ToSheet(d, seriesKey)
	case terms.Document:
		kind = protocol.KindTerms
		sheet, err = terms.ToSheet(d, seriesKey)
	case performance.Document:
		kind = protocol.KindPerformance
		sheet, err = performance.ToSheet(d, seriesKey)
	case product.Document:
		kind = protocol.KindProduct
		sheet, err = product.ToSheet(d, seriesKey)
	default:
		err = fmt.Errorf("share: %T is no artifact", doc)
	}
	if err != nil {
		return protocol.Draft{}, err
	}
	root, below, err := sheet.Build()
	if err != nil {
		return protocol.Draft{}, err
	}
	return protocol.Draft{Kind: kind, Body: &root, Blocks: below}, nil
}

// Body makes the draft of an entry that carries one document.
func Body(kind string, v any) (protocol.Draft, error) {
	b, err := block.New(v)
	return protocol.Draft{Kind: kind, Body: &b}, err
}

// SignedBody is Body for a document an officer or a desk signs by itself.
func SignedBody(kind, label string, key keys.Private, v any) (protocol.Draft, error) {
	s, err := protocol.SignDocument(key, label, v)
	if err != nil {
		return protocol.Draft{}, err
	}
	return Body(kind, s)
}

// Proposal opens a topic about March among the parties of a partnership; deadline in ms UTC.
func Proposal(g partnership.Genesis, by block.CID, deadline int64, context ...block.CID) decision.Proposal {
	p := decision.Proposal{Kind: decision.DemandCapacity, Title: "March 2027", Trigger: decision.ByHand, Priority: decision.High, Deadline: deadline,
		Scope:   decision.Scope{Products: []string{Product}, Regions: []string{"CI"}, Horizon: Months[2]},
		Context: append([]block.CID{}, context...),
		Options: []decision.Option{
			{ID: "0", Summary: "what happens by itself: a part arrives in April", By: by, Effects: []decision.OptionEffect{}, Basis: []decision.StatedBasis{}},
			{ID: "1", Summary: "a third shift in March", By: by, Effects: []decision.OptionEffect{}, Basis: []decision.StatedBasis{}},
		},
		Issues: []decision.Issue{{ID: "volume", Name: "volume", Kind: decision.QuantityIssue, Unit: "PK", Low: decision.Number(quantity.Of(0)), High: decision.Number(quantity.Of(1000))}},
	}
	for _, m := range g.Members {
		if m.Role != partnership.RoleObserver && (g.Witness == nil || *g.Witness != m.Company) && (g.Arbiter == nil || *g.Arbiter != m.Company) {
			p.Required = append(p.Required, decision.Requirement{Company: m.Company, Roles: []decision.Role{"CFO", "COO"}})
		}
	}
	return p
}

// DigestOf is a commitment to something nobody will open in this scenario.
func DigestOf(text string) *decision.Digest {
	d := decision.Digest(sha256.Sum256([]byte(text)))
	return &d
}

// Offer is a full package for option 1.
func Offer(round, volume int64) *decision.Terms {
	return &decision.Terms{Round: round, Option: "1", Values: []decision.IssueValue{{Issue: "volume", Value: decision.Number(quantity.Of(volume))}},
		Trades: []decision.TradeOff{{Gave: "overtime", Got: "delivery in March"}}}
}

// Agreement writes the document of a topic whose offer all parties accepted. Amount is in euro cents.
func Agreement(r *protocol.Replica, cast Cast, t decision.Topic, signBy, amount int64, artifacts ...block.CID) (decision.Agreement, error) {
	doc, ok := t.Agree()
	if !ok {
		return doc, fmt.Errorf("topic %s is in %s and has no accepted offer", t.ID.Short(), t.Status)
	}
	policies, err := r.Policies(t.ID)
	if err != nil {
		return doc, err
	}
	doc.Witness = r.Genesis.Witness
	doc.Effects, doc.Targets, doc.Rollback = []decision.Effect{}, []decision.Target{}, []decision.Rollback{}
	doc.Artifacts = append([]block.CID{}, artifacts...)
	slices.SortFunc(doc.Artifacts, block.CID.Compare)
	for i, p := range doc.Parties {
		doc.Parties[i].Name = cast.Of(p.Company).Name
		for _, policy := range policies.Parties {
			if policy.Company == p.Company {
				doc.Parties[i].Quorum, doc.Parties[i].Policy, doc.Parties[i].DualHat = policy.Quorum, policy.Policy, policy.DualHat
			}
		}
		doc.Effects = append(doc.Effects, decision.Effect{Kind: decision.SlotCommitted, Party: p.Company, Quantity: quantity.Of(100), Unit: "PK",
			Cell: decision.Cell{Product: Product, Region: "CI", Bucket: Months[2]}})
	}
	doc.Rollout = []decision.Milestone{{ID: "start", Title: "shift roster posted", Party: doc.Parties[0].Company, Owner: "COO",
		Due: calendar.MustDate("2027-02-15"), After: []string{}, Proof: "the roster"}}
	doc.Reviews = []calendar.Date{calendar.MustDate("2027-04-01")}
	doc.SignBy, doc.From, doc.Expires = signBy, Months[2].Start, calendar.MustDate("2027-12-31")
	if amount > 0 {
		doc.Amount = &quantity.Money{Minor: amount, Currency: "EUR"}
	}
	return doc.Sorted(), nil
}

// RoleSignature is an officer's signature over a document, as its company's entry carries it.
func RoleSignature(c *Company, at int, officer string, doc decision.Agreement, cid block.CID) (decision.SignedRole, error) {
	key := c.Officer(officer)
	body, err := doc.For(cid, c.ID, c.Heads[at], Role(officer), key.Public())
	if err != nil {
		return decision.SignedRole{}, err
	}
	return body.Sign(key)
}
