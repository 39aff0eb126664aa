package board

import (
	"context"
	"slices"
	"strings"

	"kontor/node"
	"kontor/node/api/wire"
	"kontor/protocol/calendar"
	"kontor/protocol/decision"
	"kontor/protocol/quantity"
)

// Offer makes an offer: a value for every issue; those left out keep the last offer's. The answer says what it changed and how far apart the
// parties are now and were before.
func (b *Board) Offer(ctx context.Context, by By, in wire.TopicOfferRequest) (out wire.TopicOffered, err error) {
	f, roles, done, err := b.begin(by, in.TopicAct)
	if err != nil {
		return out, err
	}
	defer done()
	w, err := b.act(ctx, f, by.Command, roles, func(t decision.Topic, _ int64) (decision.Act, error) {
		if n := len(t.Offers); in.Counter && (n == 0 || t.Offers[n-1].By == b.node.Company()) {
			return decision.Act{}, node.Failf("NO_OFFER", "there is no offer of another party to counter; kontor topic offer makes one, kontor topic status says whose turn it is")
		}
		terms, err := termsOf(t, in)
		return decision.Act{Verb: decision.MakeOffer, Offer: &terms}, err
	})
	if err != nil {
		return out, err
	}
	if err := b.refresh(&f); err != nil {
		return out, err
	}
	out.TopicReceipt = receipt(f, w)
	// Read back by the entry: a retry of the command gives the same answer, whatever came after.
	for i, o := range f.t.Offers {
		if o.Entry == w.Entry {
			out.Round, out.Option = o.Round, o.Option
			out.Changes, out.Distance = changes(f.t, i), distance(f.t, o.Round)
			if o.Round > 1 {
				out.Before = distance(f.t, o.Round-1)
			}
		}
	}
	return out, nil
}

// changes is what the offer at a place changed against the one before.
func changes(t decision.Topic, i int) []decision.Change {
	out := []decision.Change{}
	if i > 0 {
		out = append(out, decision.Difference(t.Issues, t.Offers[i-1].Terms, t.Offers[i].Terms)...)
	}
	return out
}

// distance is how far the parties are apart after a round; nil before each has offered.
func distance(t decision.Topic, round int64) *decision.Distance {
	d, ok := t.Distance(round)
	if !ok {
		return nil
	}
	return &d
}

// termsOf reads an offer over the topic's issues.
func termsOf(t decision.Topic, in wire.TopicOfferRequest) (decision.Terms, error) {
	option := in.Option
	if option == "" && len(t.Offers) > 0 {
		option = t.Offers[len(t.Offers)-1].Option
	}
	if option == "" {
		return decision.Terms{}, node.Failf("MISSING_VALUE", "the first offer names its option: --option with one of those that kontor topic show lists, but 0")
	}
	terms := t.NextOffer(option)
	terms.Note = in.Note
	if in.Trades != nil {
		terms.Trades = in.Trades
	}
	for _, text := range in.Values {
		id, value, ok := strings.Cut(text, "=")
		i := slices.IndexFunc(t.Issues, func(i decision.Issue) bool { return i.ID == strings.TrimSpace(id) })
		if !ok || i < 0 {
			return terms, node.Failf("BAD_VALUE", "%q: want issue=value with one of the issues %s", text, issueNames(t))
		}
		v, err := valueOf(t.Issues[i], strings.TrimSpace(value))
		if err != nil {
			return terms, node.Failf("BAD_VALUE", "issue %q: %v", t.Issues[i].ID, err)
		}
		terms.Values = slices.DeleteFunc(terms.Values, func(old decision.IssueValue) bool { return old.Issue == t.Issues[i].ID })
		terms.Values = append(terms.Values, decision.IssueValue{Issue: t.Issues[i].ID, Value: v})
	}
	slices.SortFunc(terms.Values, func(x, y decision.IssueValue) int { return strings.Compare(x.Issue, y.Issue) })
	for _, i := range t.Issues {
		if !slices.ContainsFunc(terms.Values, func(v decision.IssueValue) bool { return v.Issue == i.ID }) {
			return terms, node.Failf("MISSING_VALUE", "an offer is a full package: issue %q (%s, from %s to %s %s) has no value", i.ID, i.Name, i.Low, i.High, i.Unit)
		}
	}
	return terms, nil
}

func issueNames(t decision.Topic) string {
	var ids []string
	for _, i := range t.Issues {
		ids = append(ids, i.ID)
	}
	return strings.Join(ids, ", ")
}

func valueOf(i decision.Issue, text string) (decision.Value, error) {
	if i.Kind == decision.DateIssue {
		d, err := calendar.ParseDate(text)
		return decision.Day(d), err
	}
	q, err := quantity.Parse(text)
	return decision.Number(q), err
}

// Accept accepts the newest offer. When every party has, this node puts the document on the table, unless it is told not to.
func (b *Board) Accept(ctx context.Context, by By, in wire.TopicAcceptRequest) (out wire.TopicAccepted, err error) {
	f, roles, done, err := b.begin(by, in.TopicAct)
	if err != nil {
		return out, err
	}
	defer done()
	w, err := b.act(ctx, f, by.Command, roles, func(t decision.Topic, _ int64) (decision.Act, error) {
		last := len(t.Offers)
		switch {
		case last == 0:
			return decision.Act{}, node.Failf("NO_OFFER", "no offer is on the table yet; make one: kontor topic offer")
		case in.Round != 0 && in.Round != int64(last):
			return decision.Act{}, node.Failf("STATE_MOVED", "round %d is not the newest any more; round %d is: look at it first (kontor topic show)", in.Round, last)
		}
		o := t.Offers[last-1]
		return decision.Act{Verb: decision.AcceptOffer, Accept: &decision.Acceptance{Round: o.Round, Offer: o.Entry}}, nil
	})
	if err != nil {
		return out, err
	}
	if err := b.refresh(&f); err != nil {
		return out, err
	}
	out.TopicReceipt, out.Round = receipt(f, w), int64(len(f.t.Offers))
	if in.NoDraft || f.t.Status != decision.Signing {
		return out, nil
	}
	drafted, err := b.draft(ctx, f, by.step("draft"), roles, wire.AgreementDraftRequest{})
	if err != nil {
		// The acceptance stands; the document can still be written by hand.
		out.Undrafted = node.AsFailure(err).Text
		return out, nil
	}
	out.Agreement = drafted.Agreement
	if err := b.refresh(&f); err != nil {
		return out, err
	}
	out.SignBy = f.t.SignBy
	return out, nil
}
