package command

import (
	"fmt"
	"io"
	"strings"

	"github.com/urfave/cli/v2"

	"kontor/crypto/sign"
	"kontor/node"
	"kontor/node/api/wire"
	"kontor/protocol/decision"
	"kontor/protocol/identity"
)

// topicKinds are the kinds of topics a quorum can be set for.
var topicKinds = []decision.Kind{decision.DemandCapacity, decision.JointMarketing, decision.Quality, decision.Commercial}

// policyInfo is whose signatures bind the company in topics of a kind.
type policyInfo struct {
	Kind   string `json:"kind"`
	Quorum string `json:"quorum"`
}

var officerPolicy = verb{
	name: "policy", short: "set whose signatures bind the company in topics of a kind",
	long: "The root key signs the quorum into the company's identity chain. It holds for topics opened after it; topics that are open keep the one they have.\n" +
		"A quorum is made of COO, CFO, CMO, CTO and CEO: \"COO and CFO\", \"COO and 1 of (CFO, CTO)\", \"CEO or (COO and CFO)\". Kinds are DEMAND_CAPACITY,\n" +
		"JOINT_MARKETING, QUALITY and COMMERCIAL; without --kind it is set for each of them.",
	examples: []string{`kontor officer policy --kind DEMAND_CAPACITY --quorum "COO and CFO"`},
	exits:    []int{wire.ExitNotNow, wire.ExitMachine},
	flags: append([]cli.Flag{
		&cli.StringFlag{Name: "kind", Usage: "`KIND` of topic", DefaultText: "every kind"},
		&cli.StringFlag{Name: "quorum", Usage: "`QUORUM` of officers"},
	}, rootFlags()...),
	run: func(c *call) error {
		text := c.String("quorum")
		if text == "" {
			return missing("quorum", `who signs, for example "COO and CFO"`)
		}
		policy, err := sign.ParsePolicy(text)
		if err != nil {
			return usagef("--quorum: %v", err)
		}
		kinds := topicKinds
		if kind := decision.Kind(c.String("kind")); kind != "" {
			if !kind.Known() {
				return usagef("--kind %q: %s are known", string(kind), joinKinds())
			}
			kinds = []decision.Kind{kind}
		}
		return setPolicy(c, kinds, policy.String()) // the chain takes the printed form alone
	},
}

func setPolicy(c *call, kinds []decision.Kind, quorum string) error {
	n, err := c.node()
	if err != nil {
		return err
	}
	defer n.Close()
	root, err := openRoot(c)
	if err != nil {
		return err
	}
	var report wire.IdentityReport
	for _, kind := range kinds {
		chain, err := ownChain(c, n)
		if err != nil {
			return err
		}
		entry := chain.Next(identity.KindSetPolicy)
		entry.Policy = &identity.Policy{TopicKind: string(kind), Quorum: quorum}
		if report, err = extendChain(c, n, entry, root); err != nil {
			return err
		}
	}
	l, err := officersOf(report)
	if err != nil {
		return err
	}
	return c.print(l, func(w io.Writer) {
		printPolicies(w, l.Policies)
		fmt.Fprintf(w, "It binds in topics opened from now on; told in %s.\n", node.Count(report.Announced, "partnership"))
	})
}

// policiesOf reads the quorums from the chain itself.
func policiesOf(chain *identity.Chain) []policyInfo {
	out := []policyInfo{}
	for _, kind := range topicKinds {
		quorum, _ := chain.Now().Quorum(string(kind))
		out = append(out, policyInfo{string(kind), quorum})
	}
	return out
}

func printPolicies(w io.Writer, list []policyInfo) {
	var rows [][]string
	for _, p := range list {
		rows = append(rows, []string{p.Kind, p.Quorum})
	}
	table(w, []string{"topics about", "are signed by"}, rows)
}

func joinKinds() string {
	var names []string
	for _, k := range topicKinds {
		names = append(names, string(k))
	}
	return strings.Join(names, ", ")
}
