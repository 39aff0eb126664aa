// Package decision takes two companies from a CoordinationTopic to a signed PartnershipAgreement.
//
// Most callers need Topic (one decision under way, with Apply for what the feeds carry), Round (who signed, who
// acknowledged, and whether the agreement is final) and Agreement (the document that is signed). Scores, weights and
// values of a company stay in a ScoreSheet at home; Commit makes the salted commitment that leaves.
//
// The nouns:
//   - a topic is one matter two companies decide together; a pubsub topic is called a channel elsewhere;
//   - option 0 is what happens by itself when nothing is agreed: it scores 5 on every lens and is always on the list;
//   - a lens is one of the four questions an officer scores an option by, 0 to 10;
//   - an objection is a very low score by a role whose word has weight; a veto is a broken duty;
//   - an offer is a full package over the topic's issues; a round is one offer and what it led to;
//   - effects are data: the cells of forecasts and capacity an agreement changes, never code that changes them.
//
// Guarantees: everything here is a pure value or function. Nothing reads a clock, draws randomness or uses floats;
// sums are integers or exact decimals, so both nodes reach the same digits. A refused act changes nothing and answers
// with stable codes (TOPIC-xx, AGREEMENT-xx, SCORE-xx). Slices inside rows have one order.
package decision
