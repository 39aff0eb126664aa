package command

import (
	"fmt"
	"io"
	"strings"

	"github.com/urfave/cli/v2"

	"kontor/node/api"
	"kontor/node/api/wire"
	"kontor/node/desk"
	"kontor/protocol/artifact"
)

func scopeNoun() *cli.Command {
	return noun("scope", "what may leave: products, regions, kinds, purpose, roles, parts and grain, per partnership and role",
		verb{
			name: "show", short: "show what every member may share, kind by kind", flags: []cli.Flag{withFlag()},
			long:     "What the invitation granted by role, and what each company has narrowed since. What is not here is denied; arriving, it is stored as refused.",
			examples: []string{"kontor scope show", "kontor scope show --with \"Tablet Maker\" --json"},
			run: func(c *call) error {
				out, err := ask(c, api.ScopeShow, api.WithQuery{With: c.String("with")})
				if err != nil {
					return err
				}
				return c.print(out, func(w io.Writer) {
					var rows [][]string
					for _, v := range out {
						rows = append(rows, []string{v.Company, v.Role, v.Kind, scopeList(v.Products), scopeList(v.Regions), strings.Join(v.Purposes, "; "), narrowed(v)})
					}
					table(w, []string{"company", "role", "kind", "products", "regions", "purpose", "set by the company"}, rows)
					for _, v := range out {
						for _, g := range v.Grants {
							fmt.Fprintf(w, "%s granted detail of %s until %s: %s\n", v.Company, v.Kind, moment(g.Ends), g.Purpose)
						}
					}
				})
			},
		},
		verb{
			name: "texts", short: "show or set what becomes of personal data in texts that leave", flags: []cli.Flag{
				&cli.StringSliceFlag{Name: "mask", Usage: "`KIND` that is masked: E_MAIL, IDENTIFIER, PHONE, NAME"},
				&cli.StringSliceFlag{Name: "refuse", Usage: "`KIND` that lets nothing leave until it is taken out"},
				&cli.StringSliceFlag{Name: "allow", Usage: "`NAME` of a place, brand or company that is no person; may be repeated"}},
			long:     "Without flags it is shown. With flags they are the whole policy: kinds that are not named are masked, identifiers refused.",
			examples: []string{"kontor scope texts", "kontor scope texts --refuse E_MAIL --allow \"Dr. Oetker\""},
			run: func(c *call) error {
				in := desk.TextPolicy{Actions: map[string]string{}, Allow: append([]string{}, c.StringSlice("allow")...)}
				for flag, action := range map[string]string{"mask": "MASK", "refuse": "REFUSE"} {
					for _, kind := range c.StringSlice(flag) {
						in.Actions[kind] = action
					}
				}
				if len(in.Actions)+len(in.Allow) > 0 {
					if _, err := ask(c, api.TextRules, in); err != nil {
						return err
					}
				}
				out, err := ask(c, api.TextRulesShow, wire.None{})
				if err != nil {
					return err
				}
				return c.print(out, func(w io.Writer) {
					for _, kind := range []string{"E_MAIL", "IDENTIFIER", "PHONE", "NAME"} {
						action := out.Actions[kind]
						if action == "" {
							action = map[bool]string{true: "REFUSE", false: "MASK"}[kind == "IDENTIFIER"]
						}
						fmt.Fprintf(w, "%s: %s\n", kind, strings.ToLower(action))
					}
					fmt.Fprintf(w, "no people: %s\n", strings.Join(out.Allow, ", "))
				})
			},
		},
		verb{
			name: "set", short: "narrow what this company lets leave of a kind, or open it again", exits: []int{wire.ExitRefused, wire.ExitNotFound},
			flags: []cli.Flag{withFlag(),
				&cli.StringFlag{Name: "kind", Usage: "`KIND` of artifact", Required: true},
				&cli.BoolFlag{Name: "closed", Usage: "nothing of the kind leaves"},
				&cli.StringSliceFlag{Name: "product", Usage: "`NUMBER` that may leave; none: all of the invitation"},
				&cli.StringSliceFlag{Name: "region", Usage: "`COUNTRY` that may leave; none: all of the invitation"},
				&cli.StringSliceFlag{Name: "purpose", Usage: "`PURPOSE` it may be used for, such as PLANNING"},
				&cli.StringSliceFlag{Name: "role", Usage: "`ROLE` of the partner's people who may see it, such as COO; none: all"},
				&cli.StringSliceFlag{Name: "field", Usage: "`PART` that leaves: of a forecast quantiles, cumulative, ordered, firmness, lot, description, gapReason; of capacity capacity, stock; of performance its figures (received, sold, ...), days, cumulative, deliveries, service, lines"},
				&cli.StringSliceFlag{Name: "grain", Usage: "`DAYS:GRAIN:PLACE` by horizon, such as 56:WEEK:SITE, or 400:MONTH:REGION:FAMILY; or default, or items"}},
			long: "It stands in the feed: the partner's node holds this company to it, and an artifact beyond it is stored as refused. It narrows what the invitation\n" +
				"granted; one side alone can't widen that. Without lists, everything of the invitation is open again.\n" +
				"The default grain: weeks 0 to 8 by week and site, 9 to 26 by week and region, the rest by product family, month and region; items is the\n" +
				"same without families. kontor product family says what counts to which; far figures of products without a family stay at home.\n" +
				"A capacity plan takes the periods of it alone (56:WEEK:REGION), and a performance report, which speaks of what is past, one step (0:MONTH:REGION).",
			examples: []string{"kontor scope set --kind forecast --product ZDV-300 --region CI", "kontor scope set --kind forecast --grain default", "kontor scope set --kind capacity --field capacity",
				"kontor scope set --kind capacity --grain 56:WEEK:REGION --grain 10000:MONTH:REGION", "kontor scope set --kind performance --grain 0:MONTH:REGION",
				"kontor scope set --kind quality --closed"},
			run: func(c *call) error {
				out, err := ask(c, api.ScopeSet, desk.ScopeOptions{With: c.String("with"), Kind: c.String("kind"), Closed: c.Bool("closed"), Products: c.StringSlice("product"), Regions: c.StringSlice("region"),
					Purpose: c.StringSlice("purpose"), Roles: c.StringSlice("role"), Fields: c.StringSlice("field"), Grain: c.StringSlice("grain")})
				if err != nil {
					return err
				}
				return c.print(out, func(w io.Writer) {
					fmt.Fprintf(w, "from now on %s of this company reaches %s so: %s\n", out.Set.Kind, out.With, narrowed(desk.ScopeView{Set: &out.Set, Closed: out.Set.Closed}))
				})
			},
		})
}

func scopeList(values []string) string {
	if len(values) == 1 && values[0] == "*" {
		return "all"
	}
	return strings.Join(values, " ")
}

// narrowed says what a company has set, in words.
func narrowed(v desk.ScopeView) string {
	if v.Set == nil {
		return "-"
	}
	if v.Closed {
		return "closed"
	}
	var parts []string
	for _, p := range []struct {
		name string
		list []string
	}{{"products", v.Set.Products}, {"regions", v.Set.Regions}, {"purpose", v.Set.Purpose}, {"roles", v.Set.Roles}, {"parts", v.Set.Fields}} {
		if len(p.list) > 0 {
			parts = append(parts, p.name+" "+strings.Join(p.list, " "))
		}
	}
	for _, s := range v.Set.Grain {
		parts = append(parts, fmt.Sprintf("to day %d by %s and %s", s.UntilDays, strings.ToLower(string(s.Time)), strings.ToLower(string(s.Place))))
		if s.Level == artifact.Family {
			parts[len(parts)-1] += ", by product family"
		}
	}
	if len(parts) == 0 {
		return "all of the invitation"
	}
	return strings.Join(parts, "; ")
}
