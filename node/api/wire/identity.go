package wire

// IdentityReport is this company's identity chain as it stands.
type IdentityReport struct {
	Company     string     `json:"company"`
	Name        string     `json:"name"`
	Fingerprint string     `json:"fingerprint"`
	Head        string     `json:"head" doc:"CID of the newest entry"`
	Len         int64      `json:"len"`
	DualHat     bool       `json:"dual_hat" doc:"one person may hold several roles"`
	Quorum      string     `json:"quorum" doc:"which officers bind the company"`
	Keys        []KeyInfo  `json:"keys"`
	Chain       [][]byte   `json:"chain,omitempty" doc:"the entries as they travel, to extend the chain by hand"`
	Announced   int        `json:"announced,omitempty" doc:"partnerships that were told of the last change"`
	Persons     []NamedKey `json:"persons,omitempty" doc:"names this node knows persons by; they never leave it"`
}

// NamedKey is a person's 16 bytes and the name this node keeps for them.
type NamedKey struct {
	Person string `json:"person" doc:"hex"`
	Name   string `json:"name"`
}

// KeyInfo is a key of the chain.
type KeyInfo struct {
	Key     string  `json:"key" doc:"hex"`
	ID      string  `json:"id" doc:"with check digits, for people"`
	Usage   string  `json:"usage"`
	Role    string  `json:"role,omitempty"`
	Person  string  `json:"person,omitempty" doc:"hex"`
	Name    string  `json:"name,omitempty" doc:"of the person, as this node knows it"`
	Limit   *Amount `json:"limit,omitempty"`
	From    int64   `json:"from" doc:"ms UTC"`
	Until   int64   `json:"until" doc:"ms UTC"`
	Revoked bool    `json:"revoked"`
}

// ExtendRequest carries one signed entry of the identity chain.
type ExtendRequest struct {
	Envelope []byte `json:"envelope" doc:"canonical CBOR of the entry and the roots' signatures"`
}

// PersonRequest names a person.
type PersonRequest struct {
	Name string `json:"name"`
}

// PersonReport is what stands for the person outside this node.
type PersonReport struct {
	Name   string `json:"name"`
	Person string `json:"person" doc:"16 random bytes, hex"`
}

// SignedRequest hands in a document that an officer or a desk signed in its own program.
type SignedRequest struct {
	Partnership string `json:"partnership"`
	Document    []byte `json:"document" doc:"the exact bytes signed"`
	Key         []byte `json:"key" doc:"Ed25519 public key"`
	Signature   []byte `json:"signature"`
}

// MandateInfo is a mandate and whether it is in force.
type MandateInfo struct {
	Partnership string   `json:"partnership"`
	Partner     string   `json:"partner"`
	Holder      string   `json:"holder" doc:"the desk"`
	Key         string   `json:"key" doc:"the desk's public key, hex"`
	ID          string   `json:"id" doc:"of the desk's key"`
	Kinds       []string `json:"kinds"`
	Products    []string `json:"products"`
	Limit       Amount   `json:"limit"`
	From        int64    `json:"from"`
	Until       int64    `json:"until"`
	Role        string   `json:"role" doc:"of the officer who granted it"`
	State       string   `json:"state" doc:"in force, revoked, expired, not yet, or fallen with the officer's key"`
}

// MandateListing lists mandates.
type MandateListing struct {
	Mandates []MandateInfo `json:"mandates"`
}
