package decision

import (
	"slices"

	"kontor/protocol/artifact"
	"kontor/protocol/block"
)

// Observe is the topic after any entry of a party, before the entry's own act. The first entry of a party with a
// claimed time of deadline + 15 min or later passes the deadline: what that entry does not know can't be timely any
// more, so the topic expires. Where all have accepted and the document is on the table, the acceptance stands if that
// entry knew it, and then sign_by decides.
func (t Topic) Observe(e Event) Topic {
	if e.T < t.Deadline+Grace || t.party(e.Member) < 0 {
		return t
	}
	switch t.Status {
	case Proposed, InContext, Scoring, Negotiation:
	case Signing:
		// Since and Closer name the last acceptance. A signature is a firm offer of its own, judged by its own sign_by.
		if t.Bound || t.Document != nil && e.saw(*t.Closer, t.Since.Seq) {
			return t
		}
	default:
		return t
	}
	t.Closer, t.Reason, t.Document, t.SignBy = &e.Member, "deadline passed", nil, 0
	return t.move(DeadlinePassed, Expired, Mark{e.Seq, e.Lam, e.T})
}

// Rests tells whether the topic rests on a version of an artifact, as named or as revised since.
func (t Topic) Rests(on block.CID) bool {
	return slices.ContainsFunc(t.Context, func(ref ContextRef) bool { return ref.names(on) })
}

func (r ContextRef) names(c block.CID) bool {
	return r.CID == c || r.ReplacedBy != nil && *r.ReplacedBy == c
}

// Revise is the topic after a revision of an artifact (withdrawn: to is nil). A material one (practice T1) sends it
// back to context unless a role signature stands; scores are kept and marked old until each side reconfirms or
// commits anew. An immaterial one is only noted.
func (t Topic) Revise(from block.CID, to *block.CID, material bool, at Mark) Topic {
	named := false
	for i, ref := range t.Context {
		if ref.names(from) {
			if !named {
				t = t.clone()
				named = true
			}
			t.Context[i].ReplacedBy = to
		}
	}
	if !named || !material || t.Bound {
		return t
	}
	switch t.Status {
	case InContext:
		t.unready()
	case Scoring, Negotiation, Signing:
		t.unready()
		for i := range t.Parties {
			t.Parties[i].Old = t.Parties[i].Commitment != nil
			t.Parties[i].Accepted = 0
		}
		t.Document, t.SignBy, t.Closer = nil, 0, nil
		t = t.move(ContextRevised, InContext, at)
	}
	return t
}

// Draft is the topic after a party has put the agreement document of the accepted offer on the table, or the
// AGREEMENT-xx findings that refuse it. A round has one document: to change it, make a new offer.
func (t Topic) Draft(doc Agreement, cid block.CID, auth Authority, at At) (Topic, []artifact.Finding) {
	switch {
	case t.party(at.Member) < 0:
		return t, refuse("TOPIC-21", "", "%s is no party of the topic", at.Member.Short())
	case t.Status != Signing:
		return t, refuse("TOPIC-20", "", "a topic in %s takes no document", t.Status)
	case t.Document != nil:
		return t, refuse("TOPIC-23", "", "round %d has its document: make a new offer to change it", doc.Round)
	}
	if found := doc.Check(); len(found) > 0 {
		return t, found
	}
	if found := append(doc.CheckAgainst(t, at.T), doc.CheckAuthority(auth)...); len(found) > 0 {
		return t, found
	}
	t.Document, t.SignBy = &cid, doc.SignBy
	return t, nil
}

// Settle is the topic after its round has observed an entry; do it after each.
func (t Topic) Settle(r Round, at Mark) Topic {
	if t.Document == nil || *t.Document != r.Document {
		return t
	}
	t.Bound = t.Bound || r.Signed()
	switch {
	case r.Verdict == Final && (t.Status == Signing || t.Status == InContest):
		return t.move(RoundFinal, Agreed, at)
	case r.Verdict == Contested && (t.Status == Signing || t.Status == Agreed):
		return t.move(RoundContested, InContest, at)
	case r.Verdict == Void && t.Status == InContest:
		return t.move(RoundVoid, Expired, at)
	case r.Verdict == Void && t.Status == Signing:
		t.Document, t.SignBy, t.Bound = nil, 0, false
		if at.T >= t.Deadline+Grace {
			t.Closer, t.Reason = nil, "round void and deadline passed"
			return t.move(RoundVoid, Expired, at)
		}
		return t.move(RoundVoid, Negotiation, at)
	}
	return t
}

// Dispute is the topic after a dispute has taken it over; only an agreed or contested one can be disputed.
func (t Topic) Dispute(at Mark) (Topic, []artifact.Finding) {
	if t.Status != Agreed && t.Status != InContest {
		return t, refuse("TOPIC-20", "", "a topic in %s can't be disputed", t.Status)
	}
	return t.move(DisputeOpened, Disputed, at), nil
}
