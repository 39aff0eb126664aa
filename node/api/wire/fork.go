package wire

// ForkListing lists the forks of a partnership.
type ForkListing struct {
	Partnership string     `json:"partnership"`
	Forks       []ForkInfo `json:"forks"`
}

// ForkInfo is a place where a member wrote two entries with one number, and what has been signed about it.
type ForkInfo struct {
	Member   string       `json:"member" doc:"CompanyID of the member that forked"`
	Name     string       `json:"name"`
	Own      bool         `json:"own" doc:"this company's own"`
	Seq      int64        `json:"seq" doc:"number of the entry it wrote twice"`
	Resolved bool         `json:"resolved"`
	Branches []ForkBranch `json:"branches"`
	// Document is what officers sign: the resolution signed first, or while nobody has signed, one that keeps all entries held.
	Document []byte       `json:"document" doc:"canonical bytes of the resolution to sign"`
	Digest   string       `json:"digest" doc:"CID of the document; compare it by telephone before anybody signs: a company signs one only"`
	Members  []ForkMember `json:"members" doc:"who has signed the document"`
	Others   []string     `json:"others,omitempty" doc:"CIDs of other resolutions that somebody has signed"`
}

// ForkBranch is one history past a fork.
type ForkBranch struct {
	Proof   []byte `json:"proof" doc:"the signed entry with which this history begins, as CBOR: two of them and the member's identity chain prove the fork to anyone"`
	Last    string `json:"last" doc:"CID of the last entry kept"`
	Seq     int64  `json:"seq" doc:"its number"`
	T       int64  `json:"t" doc:"its claimed time, ms UTC"`
	Entries int64  `json:"entries" doc:"how many stand past the fork"`
	Counts  bool   `json:"counts" doc:"its acts count; on the others only signatures and acknowledgements do, against their author"`
	GoesOn  bool   `json:"goes_on" doc:"the member's next entry builds on it"`
}

// ForkMember is who signed for a member.
type ForkMember struct {
	Company string   `json:"company"`
	Name    string   `json:"name"`
	Own     bool     `json:"own"`
	Signed  []string `json:"signed" doc:"roles"`
	Missing string   `json:"missing,omitempty" doc:"who is still to sign"`
}
