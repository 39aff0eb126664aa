package command

import (
	"fmt"
	"io"
	"strconv"

	"github.com/urfave/cli/v2"

	"kontor/node"
	"kontor/node/api"
	"kontor/node/api/wire"
	"kontor/node/desk"
	"kontor/protocol/product"
)

func productNoun() *cli.Command {
	products := importVerb("products", "product, gtin, description, unit, partner item, partner, from, until, units, plant, kit, share", api.ProductImport)
	products.long = "One line for each own item, and one more for each further number that a partner has for it. GTINs are checked. Once products are kept, lines of\n" +
		"other files about products that nothing explains are parked in the worklist, and the rest is imported.\n" + products.long
	return noun("product", "products: own items, the numbers partners have for them, and what nothing explains yet", products,
		verb{
			name: "list", short: "list own items, the links in force, and the worklist", flags: []cli.Flag{withFlag(), &cli.BoolFlag{Name: "worklist", Usage: "only products that nothing explains yet"}},
			examples: []string{"kontor product list", "kontor product list --worklist --json"},
			run: func(c *call) error {
				out, err := ask(c, api.ProductList, api.WithQuery{With: c.String("with")})
				if err != nil {
					return err
				}
				kept := len(out.Products) > 0
				if c.Bool("worklist") {
					out.Products, out.Links = []desk.OwnProduct{}, []desk.HeldLink{}
				}
				return c.print(out, func(w io.Writer) {
					switch {
					case len(out.Products)+len(out.Links)+len(out.Worklist) > 0:
						printProducts(w, out)
					case c.Bool("worklist") && kept:
						fmt.Fprintln(w, "Nothing waits to be explained.")
					case c.Bool("worklist"):
						fmt.Fprintln(w, "Nothing waits to be explained: without products of your own every number is taken as it is. Take them from a file: kontor product import FILE")
					default:
						fmt.Fprintln(w, "No products yet. Take them from a file: kontor product import FILE")
					}
				})
			},
		},
		verb{
			name: "show", short: "show an item with all its numbers", args: "NUMBER", exits: []int{wire.ExitNotFound},
			long:     "NUMBER is an own number, a partner's, or a GTIN.",
			examples: []string{"kontor product show ZDV-300"},
			run: func(c *call) error {
				out, err := ask(c, api.ProductList, api.WithQuery{})
				if err != nil {
					return err
				}
				if out = aboutProduct(out, c.Args().First()); len(out.Products)+len(out.Links)+len(out.Worklist) == 0 {
					return wire.Problemf("NO_SUCH_PRODUCT", "nothing is known of product %q; kontor product list shows what is", c.Args().First())
				}
				return c.print(out, func(w io.Writer) { printProducts(w, out) })
			},
		},
		verb{
			name: "map", short: "say what an own item is called by a partner", args: "OWN THEIRS", most: 2, flags: []cli.Flag{withFlag(),
				&cli.StringFlag{Name: "from", Usage: "first `DAY`"}, &cli.StringFlag{Name: "until", Usage: "first `DAY` on which it holds no more"},
				&cli.StringFlag{Name: "units", Usage: "`N` of the seller's item in one of the buyer's"}, &cli.StringFlag{Name: "plant", Usage: "`PLACE` where it holds: GLN, UN/LOCODE or region"},
				&cli.BoolFlag{Name: "kit", Usage: "one of several parts that are needed together"}, &cli.BoolFlag{Name: "remove", Usage: "take the number away"}},
			long: "Many to many, dated. A number of the same two items that was open ends where the new one begins: so a pack size changes. It leaves with the next\n" +
				"kontor product share; a changed pack size overtakes the figures that were shared before.",
			examples: []string{"kontor product map ZDV-300 M-77 --units 60", "kontor product map ZDV-300 M-77 --units 90 --from 2027-03-01"},
			run: func(c *call) error {
				out, err := ask(c, api.ProductMap, desk.MapOptions{Own: c.Args().Get(0), Theirs: c.Args().Get(1), With: c.String("with"), From: c.String("from"), Until: c.String("until"), Units: c.String("units"),
					Plant: c.String("plant"), Kit: c.Bool("kit"), Remove: c.Bool("remove")})
				if err != nil {
					return err
				}
				return c.print(out, func(w io.Writer) {
					printProducts(w, desk.ProductListing{Products: []desk.OwnProduct{out}})
					fmt.Fprintln(w, "share it with: kontor product share")
				})
			},
		},
		verb{
			name: "family", short: "count own items to a product family", args: "FAMILY PRODUCT...", most: 1000,
			long: "Where a scope's grain has a step by family, far figures of its products leave together under its name, and those of a product without one stay\n" +
				"at home. The name is none of a product, and one that the scope of the partnership covers. \"\" as FAMILY takes products out of theirs.",
			examples: []string{"kontor product family \"HIV tests\" TDF300-30 EFV600-30", "kontor scope set --kind forecast --grain default"},
			run: func(c *call) error {
				out, err := ask(c, api.ProductFamily, desk.FamilyOptions{Family: c.Args().First(), Products: c.Args().Tail()})
				if err != nil {
					return err
				}
				return c.print(out, func(w io.Writer) {
					fmt.Fprintf(w, "%s of family %q\n", node.Count(len(out), "product"), c.Args().First())
				})
			},
		},
		verb{
			name: "preview", short: "show the product map a partner would hold", flags: []cli.Flag{withFlag()},
			examples: []string{"kontor product preview --with \"Tablet Maker\""},
			run:      answerWith(api.ProductPreview, printPreview),
		},
		verb{
			name: "share", short: "share the product map with a partner", flags: []cli.Flag{withFlag()}, exits: []int{wire.ExitRefused, wire.ExitNotFound},
			examples: []string{"kontor product share --with \"Tablet Maker\""},
			run:      answerWith(api.ProductShare, func(w io.Writer, out desk.Shared) { printSharedRows(w, product.Type, "link", out) }),
		})
}

func aboutProduct(all desk.ProductListing, id string) desk.ProductListing {
	out := desk.ProductListing{Products: []desk.OwnProduct{}, Links: []desk.HeldLink{}, Worklist: []desk.ParkedProduct{}}
	for _, p := range all.Products {
		named := p.ID == id || p.GTIN == id
		for _, n := range p.Numbers {
			named = named || n.Theirs == id
		}
		if named {
			out.Products = append(out.Products, p)
		}
	}
	for _, l := range all.Links {
		if l.Buyers == id || l.Sellers == id || l.GTIN == id {
			out.Links = append(out.Links, l)
		}
	}
	for _, w := range all.Worklist {
		if w.Product == id {
			out.Worklist = append(out.Worklist, w)
		}
	}
	return out
}

func printProducts(w io.Writer, out desk.ProductListing) {
	if len(out.Products) > 0 {
		var rows [][]string
		for _, p := range out.Products {
			if len(p.Numbers) == 0 {
				rows = append(rows, []string{p.ID, p.GTIN, p.Description, string(p.Unit), "-", "-", "-", "-"})
			}
			for _, n := range p.Numbers {
				rows = append(rows, []string{p.ID, p.GTIN, p.Description, string(p.Unit), n.Theirs, list(nonEmpty(n.With)), n.Units.String(), days(n.From.String(), n.Until.String(), n.Until != 0)})
			}
		}
		table(w, []string{"own number", "gtin", "description", "unit", "their number", "partner", "units", "holds"}, rows)
	}
	if len(out.Links) > 0 {
		var rows [][]string
		for _, l := range out.Links {
			place := l.Plant.Key()
			if place == "" {
				place = "everywhere"
			}
			rows = append(rows, []string{l.Author, l.Buyers, l.Sellers, l.GTIN, l.Units.String(), place, days(l.From.String(), l.Until.String(), l.Until != 0)})
		}
		table(w, []string{"shared by", "buyer's number", "seller's number", "gtin", "units", "plant", "holds"}, rows)
	}
	if len(out.Worklist) > 0 {
		var rows [][]string
		for _, x := range out.Worklist {
			rows = append(rows, []string{x.Product, x.Where, strconv.Itoa(x.Count), moment(x.T)})
		}
		table(w, []string{"not known", "named in", "lines", "dated"}, rows)
		fmt.Fprintln(w, "say what it is: kontor product map OWN THEIRS")
	}
}

func nonEmpty(s string) []string {
	if s == "" {
		return nil
	}
	return []string{s}
}

func days(from, until string, ends bool) string {
	if !ends {
		return "from " + from
	}
	return from + " until " + until
}
