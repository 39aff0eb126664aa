package wire

// Amount is money in minor units of an ISO 4217 currency.
type Amount struct {
	Minor    int64  `json:"minor" doc:"minor units: cents of USD, yen of JPY"`
	Currency string `json:"currency" doc:"ISO 4217"`
}

// Routes of a node's administration.
var (
	Status = Get[None, StatusReport]("/v1/status", View,
		"Tell who this node is, how it stands and how its partners do.")

	PartnerInvite = Post[InviteRequest, Invitation]("/v1/partner/invite", Administer,
		"Open an invitation for one partner.")
	PartnerAccept = Post[AcceptRequest, Pairing]("/v1/partner/accept", Administer,
		"Take up a partner's invitation up to the six words that people compare.").Slow(pairTime)
	PartnerConfirm = Post[ConfirmRequest, Pairing]("/v1/partner/confirm", Administer,
		"Say whether the six words are those the partner sees. The acceptor signs and waits for the inviter's signature.").Slow(pairTime)
	PartnerWithdraw = Post[TokenQuery, Pairing]("/v1/partner/withdraw", Administer,
		"Close an open invitation, or give up a pairing that is not signed here.")
	PartnerCircle = Post[CircleRequest, Circle]("/v1/partner/circle", Administer,
		"Found a circle of three and more with partners, sign it and propose it to each.")
	PartnerJoin = Post[JoinRequest, Circle]("/v1/partner/join", Administer,
		"Sign a circle that a partner proposed. It exists when all have signed.")
	PartnerClose = Post[CloseRequest, Circle]("/v1/partner/close", Administer,
		"Withdraw a circle this company proposed, or decline one that was proposed to it, before all have signed.")
	PartnerList = Get[None, PartnerListing]("/v1/partner/list", View,
		"List partnerships, open invitations and proposed circles.")
	PartnerShow = Get[PartnerQuery, PartnerDetail]("/v1/partner/show", View,
		"Show one partnership: members, keys, scopes, feeds.")
	PartnerSuspend = Post[PartnerActRequest, EntryReceipt]("/v1/partner/suspend", Administer,
		"Suspend a partnership, or lift the suspension: nothing new can bind, obligations run on.")
	PartnerEnd = Post[PartnerActRequest, EntryReceipt]("/v1/partner/end", Administer,
		"End a partnership. It has ended when all members did.")
	PartnerForks = Get[PartnerQuery, ForkListing]("/v1/partner/forks", View,
		"List the places where members wrote two histories, how they are to be resolved, and who has signed.")
	PartnerResolve = Post[SignedRequest, EntryReceipt]("/v1/partner/resolve", Decide,
		"Hand in an officer's signature over the resolution of a fork.")
	PartnerThaw = Post[ThawRequest, ThawReport]("/v1/partner/thaw", Administer,
		"Say that the fingerprint a company read out is that of the identity held here: a company with two histories is written with again.")
	PartnerLost = Get[ResumeQuery, ResumeDocument]("/v1/partner/lost", View,
		"Show from where a member's feed would go on that had sent more than any remaining member holds.")
	PartnerResume = Post[SignedRequest, EntryReceipt]("/v1/partner/resume", Decide,
		"Hand in an officer's countersignature over that.")

	IdentityShow = Get[None, IdentityReport]("/v1/identity/show", View,
		"Show this company's identity chain: keys in force and revoked, roots, policies.")
	IdentityExtend = Post[ExtendRequest, IdentityReport]("/v1/identity/extend", Administer,
		"Append an entry that the company's roots signed to its identity chain and announce it.")
	OfficerPerson = Post[PersonRequest, PersonReport]("/v1/officer/person", Administer,
		"Find or make the 16 random bytes that stand for a natural person; the name stays in this node.")

	PolicyShow = Get[PartnerQuery, PolicyReport]("/v1/policy/show", View,
		"Show whose signatures bind this company and its partners, by kind of topic, amount, product and region.")

	MandateGrant = Post[SignedRequest, EntryReceipt]("/v1/mandate/grant", Decide,
		"Hand in a mandate that an officer signed.")
	MandateRevoke = Post[SignedRequest, EntryReceipt]("/v1/mandate/revoke", Decide,
		"Hand in the revocation of a mandate that an officer signed.")
	MandateList = Get[PartnerQuery, MandateListing]("/v1/mandate/list", View,
		"List the mandates of this company.")

	TokenAdd = Post[TokenRequest, TokenSecret]("/v1/token/add", Administer,
		"Make a personal token. Its secret is shown once.")
	TokenList = Get[None, TokenListing]("/v1/token/list", Administer,
		"List the personal tokens, without their secrets.")
	TokenRevoke = Post[TokenQuery, TokenInfo]("/v1/token/revoke", Administer,
		"Revoke a personal token.")

	ClockConfirm = Post[None, ClockReport]("/v1/clock/confirm", Administer,
		"Vouch for this machine's clock until the node stops.")
	Backup = Post[BackupRequest, None]("/v1/backup", Administer, "Write an encrypted backup.").asFile()
)

// asFile makes a command that answers with a file: its parameters hold a secret and stay out of the query.
func (r Route[In, Out]) asFile() Route[In, Out] {
	r.Carries, r.Timeout = Download, fileTime
	return r
}
