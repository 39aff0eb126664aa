package command

import (
	"fmt"
	"io"

	"github.com/urfave/cli/v2"

	"kontor/node/api"
	"kontor/node/api/wire"
	"kontor/node/desk"
)

func noticeNoun() *cli.Command {
	return noun("notice", "notices of disturbances that came in partners' files",
		verb{
			name: "list", short: "list the notices held, those that wait first",
			long: "A DemandAndCapacityNotification of Catena-X, or a line of a UBL ExceptionNotification, imported or dropped into the inbox, is a notice. It stays at home, waits in\n" +
				"kontor status and as a DISTURBANCE in kontor exception list until somebody has seen to it or its sender resolves it, and changes no figure: what it means is entered\n" +
				"as a forecast or a plan. Import with --from PARTNER, or drop it into inbox/KIND/PARTNER/, where several partners buy or make the same products. An\n" +
				"IdBasedRequestForUpdate waits in the same way; a PlannedProductionOutput is kept and asks nobody for anything.",
			examples: []string{"kontor notice list", "kontor notice list --json"},
			run: func(c *call) error {
				out, err := ask(c, api.NoticeList, wire.None{})
				if err != nil {
					return err
				}
				return c.print(out, func(w io.Writer) {
					var rows [][]string
					for _, n := range out {
						state := n.Status
						if n.Done {
							state += ", seen to"
						}
						end := "-"
						if n.End != 0 {
							end = moment(n.End)
						}
						var products []string
						for _, i := range n.Products {
							products = append(products, i.ID())
						}
						rows = append(rows, []string{n.ID, n.Effect, n.Cause, state, moment(n.Start), end, list(products), n.Text})
					}
					table(w, []string{"notice", "effect", "cause", "state", "from", "until", "products", "what"}, rows)
				})
			},
		},
		verb{
			name: "done", short: "say that a notice is seen to", args: "ID", flags: []cli.Flag{&cli.BoolFlag{Name: "forget", Usage: "take it away altogether"}},
			long:     "A newer word of its sender under the same ID waits again.",
			examples: []string{"kontor notice done urn:uuid:2f0c...", "kontor notice done urn:uuid:2f0c... --forget"}, exits: []int{wire.ExitNotFound},
			run: func(c *call) error {
				out, err := ask(c, api.NoticeSeen, desk.NoticeDone{ID: c.Args().First(), Forget: c.Bool("forget")})
				if err != nil {
					return err
				}
				return c.print(out, func(w io.Writer) { fmt.Fprintf(w, "notice %s is seen to\n", out.ID) })
			},
		},
		verb{
			name: "export", short: "write a notice as a DemandAndCapacityNotification", args: "ID",
			long:     "Valid against the schema Catena-X publishes; for a planning system or the next partner along the chain, as a file. It sends nothing.",
			examples: []string{"kontor notice export urn:uuid:2f0c... > notice.json"}, exits: []int{wire.ExitNotFound},
			run: func(c *call) error {
				out, err := ask(c, api.NoticeFile, api.NoticeQuery{ID: c.Args().First()})
				if err != nil {
					return err
				}
				_, err = c.stdout.Write(append(out.Data, '\n'))
				return err
			},
		},
	)
}
