package command

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/urfave/cli/v2"

	"kontor/crypto/sign"
	"kontor/node"
	"kontor/node/api/wire"
	"kontor/node/client"
	"kontor/protocol"
	"kontor/protocol/decision"
	"kontor/protocol/identity"
)

// policyInfo is whose signatures bind the company in topics of a kind, whatever they are worth.
type policyInfo struct {
	Kind   string `json:"kind"`
	Quorum string `json:"quorum"`
}

func policyNoun() *cli.Command {
	return noun("policy", "say whose signatures bind the company, and see who binds the partners", policySet, policyShow)
}

var policySet = verb{
	name: "set", tells: true, short: "set whose signatures bind the company, by kind of topic, amount, product and region",
	long: "The root key signs the quorum into the company's identity chain, where partners see it. It holds for topics opened after it; topics that are open keep\n" +
		"what they have. A quorum is made of COO, CFO, CMO, CTO and CEO: \"COO and CFO\", \"COO and 1 of (CFO, CTO)\", \"CEO or (COO and CFO)\". Kinds are\n" +
		"DEMAND_CAPACITY, JOINT_MARKETING, QUALITY and COMMERCIAL; without --kind it is set for each of them.\n" +
		"SETTLEMENT is what the company signs in disputes: without a policy of its own whoever speaks at the dispute's level signs alone.\n\n" +
		"With --above, --product or --region the quorum takes the kind's place for agreements that meet the condition: that commit to more than the amount (or to\n" +
		"one that is unknown or in another currency), that are about one of the products, one of the regions. Of several the highest amount is asked first, then the\n" +
		"one that names more, then the newest; kontor policy show lists them in this order. --end takes a condition's quorum back.",
	examples: []string{`kontor policy set --kind DEMAND_CAPACITY --quorum "COO and CFO"`,
		`kontor policy set --kind COMMERCIAL --above "1000000 USD" --quorum "CEO and CFO"`,
		`kontor policy set --kind SETTLEMENT --above "5000 USD" --quorum "COO and CFO"`,
		`kontor policy set --kind QUALITY --product ZDV-300 --quorum "COO and CTO"`,
		`kontor policy set --kind COMMERCIAL --above "1000000 USD" --end`},
	exits: []int{wire.ExitNotNow, wire.ExitMachine},
	flags: append([]cli.Flag{
		&cli.StringFlag{Name: "kind", Usage: "`KIND` of topic", DefaultText: "every kind"},
		&cli.StringFlag{Name: "quorum", Usage: "`QUORUM` of officers"},
		&cli.StringFlag{Name: "above", Usage: "for agreements that commit to more than this `AMOUNT`"},
		&cli.StringSliceFlag{Name: "product", Usage: "for agreements about this `PRODUCT`; may be repeated"},
		&cli.StringSliceFlag{Name: "region", Usage: "for agreements about this `REGION`; may be repeated"},
		&cli.BoolFlag{Name: "end", Usage: "the condition's quorum no longer holds"},
	}, rootFlags()...),
	run: func(c *call) error {
		policy, err := policyFrom(c)
		if err != nil {
			return err
		}
		kinds := decision.Kinds
		if kind := decision.Kind(c.String("kind")); kind != "" {
			if !kind.Known() && kind != protocol.SettlementKind {
				return usagef("--kind %q: %s, %s are known", string(kind), joinKinds(), protocol.SettlementKind)
			}
			kinds = []decision.Kind{kind}
		}
		return setPolicy(c, kinds, policy)
	},
}

// policyFrom reads quorum and condition; the chain takes a quorum in its printed form alone.
func policyFrom(c *call) (out identity.Policy, err error) {
	when := identity.Condition{Products: ascending(c.StringSlice("product")), Regions: ascending(c.StringSlice("region"))}
	if text := c.String("above"); text != "" {
		amount, err := parseAmount("above", text)
		if err != nil {
			return out, err
		}
		when.Above = &identity.Amount{Minor: amount.Minor, Currency: amount.Currency}
	}
	if when.Above != nil || len(when.Products)+len(when.Regions) > 0 {
		out.When = &when
	}
	text := c.String("quorum")
	switch {
	case c.Bool("end") && text != "":
		return out, usagef("--end and --quorum exclude each other")
	case c.Bool("end") && out.When == nil:
		return out, usagef("--end wants the condition that ends: --above, --product or --region as it was set; a kind's own quorum is replaced by another")
	case c.Bool("end"):
		return out, nil
	case text == "":
		return out, missing("quorum", `who signs, for example "COO and CFO"`)
	}
	policy, err := sign.ParsePolicy(text)
	if err != nil {
		return out, usagef("--quorum: %v", err)
	}
	out.Quorum = policy.String()
	return out, nil
}

func ascending(list []string) []string {
	return slices.Compact(slices.Sorted(slices.Values(list)))
}

func setPolicy(c *call, kinds []decision.Kind, policy identity.Policy) error {
	n, err := c.node()
	if err != nil {
		return err
	}
	defer n.Close()
	before, err := client.Call(c.Context.Context, n, wire.PolicyShow, wire.PartnerQuery{})
	if err != nil {
		return err
	}
	if policy.When != nil && policy.Quorum == "" && !slices.ContainsFunc(kinds, func(k decision.Kind) bool { return holds(before.Companies[0], k, *policy.When) }) {
		return &wire.Problem{Code: "NO_SUCH_POLICY", Text: "no quorum with this condition is in force", Next: "kontor policy show lists them"}
	}
	root, err := openRoot(c)
	if err != nil {
		return err
	}
	var report wire.IdentityReport
	for _, kind := range kinds {
		if policy.Quorum == "" && !holds(before.Companies[0], kind, *policy.When) {
			continue
		}
		chain, err := ownChain(c, n)
		if err != nil {
			return err
		}
		entry := chain.Next(identity.KindSetPolicy)
		entry.Policy = &identity.Policy{TopicKind: string(kind), Quorum: policy.Quorum, When: policy.When}
		if report, err = extendChain(c, n, entry, root); err != nil {
			return err
		}
	}
	after, err := client.Call(c.Context.Context, n, wire.PolicyShow, wire.PartnerQuery{})
	if err != nil {
		return err
	}
	own := after.Companies[0]
	if roles := unseated(policy.Quorum, own.Officers); len(roles) > 0 {
		c.note("no key of %s is in force: until one is, what this quorum is asked for can't be signed; kontor officer add --role %s", strings.Join(roles, ", "), roles[0])
	}
	return c.print(own, func(w io.Writer) {
		printPolicies(w, own)
		fmt.Fprintf(w, "It binds in topics opened from now on, and of SETTLEMENT in what is signed from now on; told in %s.\n", node.Count(report.Announced, "partnership"))
	})
}

// unseated are the roles without a key that a quorum can't be met without; nil where the seats there are can meet it.
func unseated(quorum string, seats []wire.OfficerCount) []string {
	policy, err := sign.ParsePolicy(quorum)
	if err != nil {
		return nil // no quorum was set
	}
	var roles []string
	var lacks func(p sign.Policy) bool
	lacks = func(p sign.Policy) bool {
		if p.Role != "" {
			seated := slices.ContainsFunc(seats, func(s wire.OfficerCount) bool { return s.Role == p.Role && s.Keys > 0 })
			if !seated && !slices.Contains(roles, p.Role) {
				roles = append(roles, p.Role)
			}
			return !seated
		}
		met := int64(0)
		for _, part := range p.Of {
			if !lacks(part) {
				met++
			}
		}
		return met < p.Need
	}
	if !lacks(policy) {
		return nil
	}
	return roles
}

// holds tells whether a quorum with this very condition is in force.
func holds(own wire.CompanyPolicies, kind decision.Kind, when identity.Condition) bool {
	return slices.ContainsFunc(own.Policies, func(p wire.PolicyInfo) bool {
		sum := (p.Above == nil) == (when.Above == nil) && (p.Above == nil || identity.Amount(*p.Above) == *when.Above)
		return p.Kind == string(kind) && sum && slices.Equal(p.Products, when.Products) && slices.Equal(p.Regions, when.Regions)
	})
}

var policyShow = verb{
	name: "show", short: "show whose signatures bind this company and its partners",
	long: "As the identity chains say. Of a kind's lines the first that an agreement meets binds; officers are the keys in force now, with the most one signature commits to.\n\n" +
		"Where a company has set nothing, the officers sign whose matter it is: CMO and CFO of JOINT_MARKETING, COO and CTO of QUALITY, COO and CFO of the others.\n" +
		"As long as nobody holds one of these offices, COO and CFO sign in their place.",
	examples: []string{"kontor policy show", "kontor policy show --with \"Tablet Maker\""},
	exits:    []int{wire.ExitNotFound},
	flags:    []cli.Flag{withFlag()},
	run: func(c *call) error {
		out, err := ask(c, wire.PolicyShow, wire.PartnerQuery{With: c.String("with")})
		if err != nil {
			return err
		}
		return c.print(out, func(w io.Writer) {
			for i, company := range out.Companies {
				if i > 0 {
					fmt.Fprintln(w)
				}
				own := ""
				if company.Own {
					own = " (this company)"
				}
				fmt.Fprintf(w, "%s%s\n", company.Name, own)
				printPolicies(w, company)
				printOfficers(w, company)
			}
		})
	},
}

func printPolicies(w io.Writer, company wire.CompanyPolicies) {
	var rows [][]string
	for _, p := range company.Policies {
		rows = append(rows, []string{p.Kind, conditionText(p), p.Quorum, originText(p)})
	}
	table(w, []string{"topics about", "when", "are signed by", "set"}, rows)
}

func conditionText(p wire.PolicyInfo) string {
	var parts []string
	if p.Above != nil {
		parts = append(parts, "above "+amount(p.Above))
	}
	if len(p.Products) > 0 {
		parts = append(parts, "about "+strings.Join(p.Products, ", "))
	}
	if len(p.Regions) > 0 {
		parts = append(parts, "in "+strings.Join(p.Regions, ", "))
	}
	return strings.Join(parts, "; ")
}

// originText says who set a quorum, and what takes a default's place by itself.
func originText(p wire.PolicyInfo) string {
	switch {
	case !p.Default:
		return "by the company"
	case p.Vacant != "":
		return "by default; " + p.Vacant + " once two people hold these offices"
	}
	return "by default"
}

func printOfficers(w io.Writer, company wire.CompanyPolicies) {
	var rows [][]string
	for _, o := range company.Officers {
		limits := []string{}
		for _, l := range o.Limits {
			limits = append(limits, amount(&l))
		}
		if o.Unlimited {
			limits = append(limits, "no limit")
		}
		rows = append(rows, []string{o.Role, fmt.Sprint(o.Keys), strings.Join(limits, ", ")})
	}
	if len(rows) == 0 {
		fmt.Fprintln(w, "no officer has a key in force: nothing can be signed")
		return
	}
	table(w, []string{"officers", "keys", "sign up to"}, rows)
}

// policiesOf reads from the chain itself which quorums hold for topics that open now.
func policiesOf(chain *identity.Chain, now time.Time) []policyInfo {
	out := []policyInfo{}
	for _, kind := range decision.Kinds {
		quorum, _ := chain.Now().Quorum(string(kind), now.UnixMilli())
		out = append(out, policyInfo{string(kind), quorum})
	}
	return out
}

// noteQuorums says which kinds of topics others sign now that an officer has come or gone: defaults follow who is appointed.
func (c *call) noteQuorums(before []policyInfo, report wire.IdentityReport) error {
	chain, err := chainOf(report)
	if err != nil {
		return err
	}
	for i, now := range policiesOf(chain, c.now()) {
		if now != before[i] {
			c.note("topics about %s that open from now on are signed by %s, no longer by %s: the default follows who is in office; kontor policy set --kind %s sets another", now.Kind, now.Quorum, before[i].Quorum, now.Kind)
		}
	}
	return nil
}

func printQuorums(w io.Writer, list []policyInfo) {
	var rows [][]string
	for _, p := range list {
		rows = append(rows, []string{p.Kind, p.Quorum})
	}
	table(w, []string{"topics about", "are signed by"}, rows)
}

func joinKinds() string {
	var names []string
	for _, k := range decision.Kinds {
		names = append(names, string(k))
	}
	return strings.Join(names, ", ")
}
