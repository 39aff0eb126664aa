// Package sign holds labelled signatures and the policies that say whose signatures suffice.
//
// [Sign] and [Verify] bind a signature to the kind of thing signed, so that one made for a feed entry is never one
// for an agreement. A [Policy] such as "COO and 1 of (CFO, CTO)" is read by [ParsePolicy]; [Policy.Met] says whether
// a set of signers meets it and [Policy.Missing] who is still to sign.
//
// Guarantees. Whether a policy is met does not depend on the order of the signers or on repeats; another valid signer
// never un-meets it; distinct keys and distinct persons count once each. The functions keep no state.
package sign
