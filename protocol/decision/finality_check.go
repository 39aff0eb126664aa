package decision

import (
	"fmt"
	"slices"

	"kontor/protocol/artifact"
)

// Check finds what in an entry the round refuses; the rest of the entry counts. ROUND-01 signature by no party, -02
// after sign_by, -03 after the signer's company revised a named artifact, -04 a key that has signed, or too many;
// -05 to -08 lapse by one that has not acknowledged, over no other party, too early, or over one that has answered;
// -09 to -12 witness's word by another, resolve late or incomplete, abort early or without a void, a second word.
func (r Round) Check(e Event) []artifact.Finding {
	var out []artifact.Finding
	for i, s := range e.Signatures {
		for _, f := range r.signatureRefused(e, s) {
			f.Path = fmt.Sprintf("signatures[%d]", i)
			out = append(out, f)
		}
	}
	after := r.collect(e).place(e)
	if e.Lapsed != nil {
		out = append(out, after.lapseRefused(e)...)
	}
	if e.Resolve {
		out = append(out, after.resolveRefused(e)...)
	}
	if e.Abort {
		out = append(out, after.abortRefused(e)...)
	}
	return out
}

func (r Round) signatureRefused(e Event, s SignatureFact) []artifact.Finding {
	i := r.party(e.Member)
	switch {
	case i < 0:
		return refuse("ROUND-01", "signatures", "%s is no party to the document", e.Member.Short())
	case e.T > r.SignBy:
		return refuse("ROUND-02", "signatures", "signed at %d, after sign_by %d", e.T, r.SignBy)
	case e.Revises || r.Parties[i].Revised != nil && r.Parties[i].Revised.Seq <= e.Seq:
		return refuse("ROUND-03", "signatures", "%s revised a named artifact before this signature; sign a new round", e.Member.Short())
	case len(r.Signatures) >= MaxSignatures:
		return refuse("ROUND-04", "signatures", "the round holds %d signatures already", MaxSignatures)
	case slices.ContainsFunc(r.Signatures, func(c Collected) bool { return c.Company == e.Member && c.Key == s.Key && sameSide(c.Side, e.Side) }):
		return refuse("ROUND-04", "signatures", "key %s has signed this round already", s.Key.ID())
	}
	return nil
}

func (r Round) lapseRefused(e Event) []artifact.Finding {
	by, over := r.party(e.Member), r.party(*e.Lapsed)
	switch {
	case by < 0 || r.Parties[by].Ack == nil || r.Parties[by].Ack.Seq > e.Seq:
		return refuse("ROUND-05", "lapsed", "%s has not acknowledged the document", e.Member.Short())
	case over < 0 || over == by:
		return refuse("ROUND-06", "lapsed", "%s is no other party", e.Lapsed.Short())
	case e.T < r.passing()+LapseAfter:
		return refuse("ROUND-07", "lapsed", "recorded at %d, possible from %d", e.T, r.passing()+LapseAfter)
	}
	p := r.Parties[over]
	if p.Ack != nil && e.sawOn(p.Company, p.Ack.Seq, p.AckSide) || p.Void != nil && e.saw(p.Company, p.Void.Seq) {
		return refuse("ROUND-08", "lapsed", "%s has answered, and this entry knows it", p.Company.Short())
	}
	return nil
}

func (r Round) resolveRefused(e Event) []artifact.Finding {
	switch {
	case r.Witness == nil || *r.Witness != e.Member:
		return refuse("ROUND-09", "resolve", "%s is not the witness", e.Member.Short())
	case e.T >= r.passing():
		return refuse("ROUND-10", "resolve", "written at %d, possible before %d", e.T, r.passing())
	case !r.Complete(e):
		return refuse("ROUND-10", "resolve", "the set of signatures is not complete here")
	case r.Resolved != nil || r.Aborted != nil:
		return refuse("ROUND-12", "resolve", "the witness has spoken already")
	}
	return nil
}

func (r Round) abortRefused(e Event) []artifact.Finding {
	voided := func(p RoundParty) bool { return p.Void != nil && e.saw(p.Company, p.Void.Seq) }
	switch {
	case r.Witness == nil || *r.Witness != e.Member:
		return refuse("ROUND-09", "abort", "%s is not the witness", e.Member.Short())
	case e.T < r.passing():
		return refuse("ROUND-11", "abort", "written at %d, possible from %d", e.T, r.passing())
	case !slices.ContainsFunc(r.Parties, voided):
		return refuse("ROUND-11", "abort", "no party's void is known here")
	case r.Resolved != nil || r.Aborted != nil:
		return refuse("ROUND-12", "abort", "the witness has spoken already")
	}
	return nil
}
