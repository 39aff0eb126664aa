// Package partnership owns the circle of companies that trade: its genesis, members, roles and default scopes.
//
// A partnership is the CID of its unsigned [Genesis]; each member signs it as the first entry of its feed. Members never
// change: a changed circle is a new partnership that names the old.
package partnership

import (
	"fmt"
	"slices"
	"sort"

	"kontor/crypto/keys"
	"kontor/protocol/block"
	"kontor/protocol/feed"
	"kontor/protocol/identity"
)

// Roles of a member.
const (
	RoleBuyer    = "buyer"
	RoleSeller   = "seller"
	RoleObserver = "observer"
)

// Bounds of a genesis.
const (
	MaxAddresses   = 8
	MaxAddressSize = 256
	MaxScopes      = 64
	MaxScopeItems  = 4096
	NonceSize      = 16
)

// FirstRuleset is the version of the business rules this program begins a partnership with.
const FirstRuleset = 1

// Genesis is what the members of a partnership sign.
type Genesis struct {
	V           int64           `cbor:"v"`
	Members     []Member        `cbor:"members"` // ascending by company
	Arbiter     *block.CID      `cbor:"arbiter,omitempty"`
	Witness     *block.CID      `cbor:"witness,omitempty"` // a writing member
	Materiality identity.Amount `cbor:"materiality"`       // M of the lenses: what moves Partnership Value by five points
	Scopes      []Scope         `cbor:"scopes"`
	Ruleset     int64           `cbor:"ruleset"`
	Channel     []byte          `cbor:"channel"` // SHA-256 of the channel key
	Replaces    *block.CID      `cbor:"replaces,omitempty"`
	Notice      int64           `cbor:"notice,omitempty"` // days after one member's end on which the partnership is over; 0: all members end it
}

// MaxNotice bounds a notice period in days: five years, longer than framework contracts run.
const MaxNotice = 1826

// Member is one company of the circle.
type Member struct {
	Company   block.CID `cbor:"company"`
	Role      string    `cbor:"role"`
	NodeKey   []byte    `cbor:"node_key"`  // Ed25519 key of its libp2p node
	Addresses []string  `cbor:"addresses"` // multiaddrs it can be dialled at
	Nonce     []byte    `cbor:"nonce"`     // 16 random bytes of its own
}

// Scope says what members of a role may share. Default deny: what no scope names does not leave, and
// where it arrives it is stored as refused.
type Scope struct {
	Role     string   `cbor:"role"`
	Kinds    []string `cbor:"kinds"`
	Products []string `cbor:"products"` // empty: all
	Regions  []string `cbor:"regions"`  // empty: all
	Purpose  string   `cbor:"purpose"`
}

// DefaultScopes is what an invitation grants: the buyer's forecasts, the seller's capacity and answers, and of both their campaign calendars,
// quality reports, contract terms and performance reports, each for its own purpose. No scope names attachments: any member may attach. Who
// observes shares nothing.
func DefaultScopes(products, regions []string) []Scope {
	if products == nil {
		products = []string{}
	}
	if regions == nil {
		regions = []string{}
	}
	return []Scope{
		{Role: RoleBuyer, Kinds: []string{"forecast"}, Products: products, Regions: regions, Purpose: "demand-capacity sync"},
		{Role: RoleSeller, Kinds: []string{"capacity", "answer"}, Products: products, Regions: regions, Purpose: "demand-capacity sync"},
		{Role: RoleBuyer, Kinds: []string{"campaign"}, Products: products, Regions: regions, Purpose: "joint campaigns"},
		{Role: RoleSeller, Kinds: []string{"campaign"}, Products: products, Regions: regions, Purpose: "joint campaigns"},
		{Role: RoleBuyer, Kinds: []string{"quality"}, Products: products, Regions: regions, Purpose: "quality"},
		{Role: RoleSeller, Kinds: []string{"quality"}, Products: products, Regions: regions, Purpose: "quality"},
		{Role: RoleBuyer, Kinds: []string{"terms"}, Products: products, Regions: regions, Purpose: "contract terms"},
		{Role: RoleSeller, Kinds: []string{"terms"}, Products: products, Regions: regions, Purpose: "contract terms"},
		{Role: RoleBuyer, Kinds: []string{"performance"}, Products: products, Regions: regions, Purpose: "performance"},
		{Role: RoleSeller, Kinds: []string{"performance"}, Products: products, Regions: regions, Purpose: "performance"},
		{Role: RoleBuyer, Kinds: []string{"product"}, Products: products, Regions: regions, Purpose: "product identity"},
		{Role: RoleSeller, Kinds: []string{"product"}, Products: products, Regions: regions, Purpose: "product identity"},
	}
}

// Check tells why a genesis can't found a partnership.
func (g Genesis) Check() error {
	if g.V != 1 {
		return fmt.Errorf("partnership genesis: version %d is unknown; this program reads version 1", g.V)
	}
	if len(g.Members) < 2 || len(g.Members) > feed.MaxMembers {
		return fmt.Errorf("partnership genesis: %d members; 2 to %d are allowed", len(g.Members), feed.MaxMembers)
	}
	writers, err := g.checkMembers()
	if err != nil {
		return err
	}
	if err := g.checkJudges(writers); err != nil {
		return err
	}
	if g.Materiality.Minor <= 0 || len(g.Materiality.Currency) != 3 {
		return fmt.Errorf("partnership genesis: materiality %d %q is no positive amount", g.Materiality.Minor, g.Materiality.Currency)
	}
	if g.Notice < 0 || g.Notice > MaxNotice {
		return fmt.Errorf("partnership genesis: notice of %d days; 0 to %d are allowed", g.Notice, MaxNotice)
	}
	if g.Ruleset != FirstRuleset {
		return fmt.Errorf("partnership genesis: rule set %d is unknown; this program begins with %d", g.Ruleset, FirstRuleset)
	}
	if len(g.Channel) != 32 {
		return fmt.Errorf("partnership genesis: channel key commitment has %d bytes instead of 32", len(g.Channel))
	}
	return checkScopes(g.Scopes)
}

// checkMembers tells what is wrong with the members, and how many of them write.
func (g Genesis) checkMembers() (writers int, err error) {
	for i, m := range g.Members {
		if i > 0 && g.Members[i-1].Company.Compare(m.Company) >= 0 {
			return 0, fmt.Errorf("partnership genesis: members are not in ascending order without repetition at %d", i)
		}
		switch m.Role {
		case RoleBuyer, RoleSeller:
			writers++
		case RoleObserver:
		default:
			return 0, fmt.Errorf("partnership genesis: member %d has the role %q; buyer, seller and observer are known", i, m.Role)
		}
		if _, err := keys.AdmitPublic(m.NodeKey); err != nil {
			return 0, fmt.Errorf("partnership genesis: node key of member %d: %w", i, err)
		}
		if len(m.Nonce) != NonceSize {
			return 0, fmt.Errorf("partnership genesis: nonce of member %d has %d bytes instead of %d", i, len(m.Nonce), NonceSize)
		}
		if len(m.Addresses) > MaxAddresses {
			return 0, fmt.Errorf("partnership genesis: member %d has %d addresses; at most %d are allowed", i, len(m.Addresses), MaxAddresses)
		}
		for _, a := range m.Addresses {
			if len(a) > MaxAddressSize {
				return 0, fmt.Errorf("partnership genesis: an address of member %d has %d bytes; at most %d are allowed", i, len(a), MaxAddressSize)
			}
		}
	}
	if writers < 2 {
		return 0, fmt.Errorf("partnership genesis: %d members write; a partnership needs two", writers)
	}
	return writers, nil
}

// checkJudges tells why a company can't be the witness or the arbiter of a circle of so many writers.
func (g Genesis) checkJudges(writers int) error {
	if g.Witness != nil {
		m, known := g.Member(*g.Witness)
		if !known || m.Role == RoleObserver {
			return fmt.Errorf("partnership genesis: witness %s is no writing member", g.Witness.Short())
		}
	}
	if g.Arbiter != nil {
		if m, member := g.Member(*g.Arbiter); member && (len(g.Members) == 2 || m.Role != RoleObserver && writers < 3) {
			return fmt.Errorf("partnership genesis: arbiter %s is one of the two that trade; an arbiter is no party", g.Arbiter.Short())
		}
	}
	return nil
}

func checkScopes(scopes []Scope) error {
	if len(scopes) > MaxScopes {
		return fmt.Errorf("partnership genesis: %d scopes; at most %d are allowed", len(scopes), MaxScopes)
	}
	for i, s := range scopes {
		for _, list := range [][]string{s.Kinds, s.Products, s.Regions} {
			if len(list) > MaxScopeItems {
				return fmt.Errorf("partnership genesis: scope %d lists %d items; at most %d are allowed", i, len(list), MaxScopeItems)
			}
		}
	}
	return nil
}

// New puts members in order and checks the result.
func New(g Genesis) (Genesis, error) {
	g.V, g.Ruleset = 1, FirstRuleset
	g.Members = append([]Member{}, g.Members...)
	sort.Slice(g.Members, func(i, j int) bool { return g.Members[i].Company.Compare(g.Members[j].Company) < 0 })
	return g, g.Check()
}

// ID is the PartnershipID: the CID of the unsigned body.
func (g Genesis) ID() (block.CID, error) {
	b, err := block.New(g)
	return b.CID, err
}

// Decode reads and checks a genesis body.
func Decode(data []byte) (Genesis, error) {
	var g Genesis
	if err := block.Unmarshal(data, &g); err != nil {
		return Genesis{}, fmt.Errorf("partnership genesis: %w", err)
	}
	return g, g.Check()
}

// Member finds a member by company.
func (g Genesis) Member(company block.CID) (Member, bool) {
	for _, m := range g.Members {
		if m.Company == company {
			return m, true
		}
	}
	return Member{}, false
}

// Others lists the members that are not company.
func (g Genesis) Others(company block.CID) []Member {
	var out []Member
	for _, m := range g.Members {
		if m.Company != company {
			out = append(out, m)
		}
	}
	return out
}

// Circle is what admission needs of this genesis.
func (g Genesis) Circle() (feed.Circle, error) {
	id, err := g.ID()
	if err != nil {
		return feed.Circle{}, err
	}
	c := feed.Circle{PID: id}
	for _, m := range g.Members {
		c.Members = append(c.Members, feed.Member{Company: m.Company, Writes: m.Role != RoleObserver})
	}
	return c, nil
}

// Granted is what a role may share of a kind, over all scopes that name both: products and regions, nil meaning all. ok is false
// where no scope does.
func (g Genesis) Granted(role, kind string) (products, regions []string, ok bool) {
	allProducts, allRegions := false, false
	for _, s := range g.Scopes {
		if s.Role != role || !slices.Contains(s.Kinds, kind) {
			continue
		}
		ok = true
		allProducts = allProducts || len(s.Products) == 0
		allRegions = allRegions || len(s.Regions) == 0
		products = append(products, s.Products...)
		regions = append(regions, s.Regions...)
	}
	if allProducts {
		products = nil
	}
	if allRegions {
		regions = nil
	}
	return products, regions, ok
}
