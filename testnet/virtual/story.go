package virtual

// story is what a network is about beside what every network plays: what comes about by chance is too rare, and its months too long.
type story int

const (
	noStory        story = iota
	creditStory          // two companies under terms with an SLA: windows, credits, disputes over them, before an arbiter in half of the networks
	agreementStory       // two companies: topics of each kind, agreements amended and ended early, milestones, exceptions, figures that change meanwhile
	circleStory          // three companies and an arbiter: a campaign of all, credits, and disputes in which the word of each is needed
)

// storyOf is the story of a seed; the number of its companies follows the seed as well (see newWorld).
func storyOf(seed uint64) story {
	switch {
	case seed%8 == 4:
		return creditStory
	case seed%16 == 0:
		return agreementStory
	case seed%32 == 5:
		return circleStory
	}
	return noStory
}

// disputes tells whether a network of this story starts under terms with a dispute path.
func (s story) disputes() bool { return s == creditStory || s == circleStory }

// notary is the place of the arbiter in the cast: outside the partnership, or a member with a feed.
const notary = 3

// begin lets a story's companies agree on what it starts with, before any fault, and plans what it is about.
func (w *world) begin() error {
	switch w.story {
	case creditStory, circleStory:
		if err := w.agreeTerms(); err != nil {
			return err
		}
		w.live()
	case agreementStory:
		if err := w.agreeFirst(); err != nil {
			return err
		}
	}
	w.setUp = w.totals.Entries
	return nil
}

// storyStep is what the people of a story's office do beside what all do.
func (w *world) storyStep(o *office) build {
	switch w.story {
	case creditStory, circleStory:
		return w.creditStep(o)
	}
	return w.agreementStep(o)
}

// played tells whether a network has shown enough of its story. What a forker said may come to nothing.
func (w *world) played() bool {
	since := w.totals.Entries - w.setUp
	switch w.story {
	case creditStory, circleStory:
		if w.year {
			return w.months >= 12
		}
		return since >= least && (w.quarrel > 0 && w.totals.Entries >= w.quarrel+least/2 || w.forking)
	case agreementStory:
		return since >= 2*least
	}
	return true
}
