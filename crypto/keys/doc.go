// Package keys holds the keys of companies, nodes and officers.
//
// [AdmitPublic] turns a partner's 32 bytes into a [Public] that may be relied on, [Private] signs, [Public.Verify]
// checks. [Wrap] and [Unwrap] seal a short secret to one holder of a [SealPublic]. [SealFile] and [OpenFile] keep a
// key in a file under a passphrase. An [ID] is a key's name for people, with check characters.
//
// Guarantees. A signature is valid as in RFC 8032 without cofactor: S below the group order, R compared bytewise. A
// key that was admitted is canonical, on the curve and not of small order. A key file says for which one [Usage] its
// key was made and can't be changed to say another. Randomness comes from the caller; nothing here touches files.
//
// Not guaranteed: secrets are not wiped from memory.
package keys
