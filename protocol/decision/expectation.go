package decision

import "fmt"

// Codes of what is found about a stated expectation. They are marks, not refusals: an option may rest on things no match knows.
const (
	ExpectDiffers   = "EXPECT-01" // the documents the topic names give another figure
	ExpectRevised   = "EXPECT-02" // it followed from the documents named; their revisions give another
	ExpectUncounted = "EXPECT-03" // no forecast and plan are named to count it from
)

// ExpectationCheck is what computing an option's expected units again found.
type ExpectationCheck struct {
	Option   string       `json:"option"`
	Code     string       `json:"code,omitempty"` // empty: what is stated follows
	Text     string       `json:"text,omitempty"`
	Stated   Expectation  `json:"stated"`
	Computed *Expectation `json:"computed,omitempty"` // from the documents named
}

// CheckExpectation compares what an option states with what the documents the topic names give, and with what their newest revisions give; nil where
// nothing can be computed. Both are the same on every node, so the mark is.
func (o Option) CheckExpectation(named, newest *Expectation) ExpectationCheck {
	c := ExpectationCheck{Option: o.ID, Stated: o.Expect, Computed: named}
	switch {
	case named == nil:
		c.Code, c.Text = ExpectUncounted, "the topic names no forecast and plan from which the figures could be computed: ask where they come from"
	case *named != o.Expect:
		c.Code = ExpectDiffers
		c.Text = fmt.Sprintf("stated are %s short and %s over; the documents named give %s and %s, and these are what Partnership Value is computed from",
			o.Expect.Short, o.Expect.Over, named.Short, named.Over)
	case newest != nil && *newest != o.Expect:
		c.Code = ExpectRevised
		c.Text = fmt.Sprintf("the documents were revised since: they give %s short and %s over now", newest.Short, newest.Over)
	}
	return c
}

// Expecting is the topic with the computed figures in place of stated ones that do not follow: what Partnership Value is computed from.
func (t Topic) Expecting(checks []ExpectationCheck) Topic {
	t = t.clone()
	for _, c := range checks {
		for i := range t.Options {
			if t.Options[i].ID == c.Option && c.Code == ExpectDiffers {
				t.Options[i].Expect = *c.Computed
			}
		}
	}
	return t
}
