package decision

// Deadline is a day at which something happens by itself, known beforehand to both sides.
type Deadline struct {
	What string `json:"what"`
	At   int64  `json:"at"`   // ms UTC
	Then string `json:"then"` // what happens by itself
}

// Deadlines lists what happens by itself to a topic where it stands now, the earliest first. Every state that waits for people has one: a topic
// that nobody touches ends.
func (t Topic) Deadlines() (out []Deadline) {
	out = []Deadline{}
	if !t.Status.Active() {
		return out
	}
	if t.Status != Signing || t.Document == nil {
		return append(out, Deadline{"the topic", t.Deadline, t.Default()})
	}
	then := "no agreement of this round: the talks go on until the topic's deadline"
	if t.SignBy >= t.Deadline {
		then = t.Default()
	}
	out = append(out, Deadline{"the signatures", t.SignBy, then})
	out = append(out, Deadline{"the answer to a complete set of signatures", t.SignBy + Grace + LapseAfter,
		"a party that acknowledged may record the other's silence; from then on the document reserves nothing there"})
	if t.Deadline > t.SignBy {
		out = append(out, Deadline{"the topic, should this round be void", t.Deadline, t.Default()})
	}
	return out
}
