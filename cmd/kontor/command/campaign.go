package command

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/urfave/cli/v2"

	"kontor/node"
	"kontor/node/api"
	"kontor/node/api/wire"
	"kontor/node/client"
	"kontor/node/desk"
	"kontor/protocol/campaign"
)

func campaignNoun() *cli.Command {
	return noun("campaign", "campaigns: events, blackouts and replies; what stands against them; launches and their gates",
		campaignImportVerb(), campaignPlanVerb, campaignBlackoutVerb, campaignReplyVerb,
		verb{
			name: "preview", short: "show every field a partner would see, and why it may", flags: []cli.Flag{withFlag()},
			examples: []string{"kontor campaign preview --with \"Tablet Maker\"", "kontor campaign preview --json"},
			run: func(c *call) error {
				out, err := ask(c, api.CampaignPreview, api.WithQuery{With: c.String("with")})
				if err != nil {
					return err
				}
				return c.print(out, func(w io.Writer) {
					printPreview(w, out.Preview)
					for _, x := range out.Diff {
						fmt.Fprintf(w, "changes: %s %s%s%s\n", x.Row, x.Field, arrow(x.Old, x.New), material(x.Material))
					}
					for _, x := range out.Blocked {
						fmt.Fprintf(w, "would not go: %s: %s\n", x.Event, x.Text)
					}
				})
			},
		},
		verb{
			name: "share", short: "share the campaign calendar with a partner", flags: []cli.Flag{withFlag()}, exits: []int{wire.ExitRefused},
			long:     "An event that becomes ACTIVE is checked first: what is blocked does not go. Resale prices are not in the calendar at all.",
			examples: []string{"kontor campaign share --with \"Tablet Maker\""},
			run:      answerWith(api.CampaignShare, func(w io.Writer, out desk.Shared) { printSharedRows(w, campaign.Type, "event", out) }),
		},
		verb{
			name: "list", short: "list the events in force, own and partners'",
			examples: []string{"kontor campaign list --json"},
			run: func(c *call) error {
				out, err := ask(c, api.CampaignList, wire.None{})
				if err != nil {
					return err
				}
				return c.print(out, func(w io.Writer) {
					var rows [][]string
					for _, e := range out {
						rows = append(rows, []string{e.Event.ID, e.Event.Name, e.With, e.Author, stateOf(e), e.Event.Period.String(), strings.Join(itemsOf(e.Event), " "), against(e)})
					}
					table(w, []string{"event", "name", "with", "author", "state", "period", "products", "against it"}, rows)
				})
			},
		},
		verb{
			name: "show", short: "show an event in force and what stands against it", args: "EVENT", flags: []cli.Flag{withFlag()},
			examples: []string{"kontor campaign show spring", "kontor campaign show --json spring"},
			run: func(c *call) error {
				out, err := ask(c, api.CampaignShow, api.EventQuery{With: c.String("with"), Event: c.Args().First()})
				if err != nil {
					return err
				}
				return c.print(out, func(w io.Writer) { printEvent(w, out) })
			},
		},
		verb{
			name: "check", short: "find the conflicts of the events in force, and where launches stand", flags: []cli.Flag{withFlag()},
			long: "Both nodes find the same: against blackouts, against other campaigns on the same product and place, against cover (the planned lift on\n" +
				"top of the forecast, blocked lots out of stock), against lot blocks by severity, and what replies and approvals are missing.\n" +
				"BLOCK keeps an event from becoming ACTIVE, WARN does not.",
			examples: []string{"kontor campaign check", "kontor campaign check --with \"Tablet Maker\" --json"},
			run: func(c *call) error {
				out, err := ask(c, api.CampaignCheck, api.WithQuery{With: c.String("with")})
				if err != nil {
					return err
				}
				for _, n := range out.Notes {
					c.note("note: %s", n)
				}
				return c.print(out, func(w io.Writer) { printCheck(w, out) })
			},
		},
		campaignCalendarVerb)
}

func campaignImportVerb() verb {
	v := importVerb("campaigns", "event, name, type, from, to, product, region, bucket, baseline, lift, p10, p50, p90, unit, mechanism, depth, buyer share, ship start, ship end", api.CampaignImport)
	v.long = "A table with one line for each event, product, place and bucket of its lift; or a JSON document {\"zone\", \"events\", \"blackouts\"} as\n" +
		"kontor campaign show --json prints an event.\n" + v.long
	v.flags = v.flags[:len(v.flags):len(v.flags)]
	return v
}

var campaignPlanVerb = verb{
	name: "plan", short: "begin or change an event of the draft", args: "EVENT", flags: []cli.Flag{
		&cli.StringFlag{Name: "with", Usage: "the event is for this `PARTNER` only"},
		&cli.StringFlag{Name: "name", Usage: "`TEXT`"},
		&cli.StringFlag{Name: "type", Usage: "UBL event type `CODE`, such as HOLIDAY or TRADE_ITEM_INTRODUCTION"},
		&cli.StringFlag{Name: "status", Usage: "UBL `STATE`: PROPOSED, PLANNED, ACTIVE (go), COMPLETED, CANCELED, TERMINATED"},
		&cli.StringFlag{Name: "from", Usage: "first `DAY`"}, &cli.StringFlag{Name: "to", Usage: "last `DAY`"},
		&cli.StringFlag{Name: "ship-from", Usage: "first `DAY` of deliveries"}, &cli.StringFlag{Name: "ship-to", Usage: "last `DAY` of deliveries"},
		&cli.StringFlag{Name: "sales-to", Usage: "last `DAY` on which sales are counted"},
		&cli.StringFlag{Name: "accept-by", Usage: "last `DAY` of acceptance"},
		&cli.StringSliceFlag{Name: "product", Usage: "`NUMBER`; may be repeated"}, &cli.StringSliceFlag{Name: "region", Usage: "`COUNTRY` or subdivision; may be repeated"},
		&cli.StringFlag{Name: "lift", Usage: "mean `UNITS` on top, of each product and region"}, &cli.StringFlag{Name: "low", Usage: "its level p10, `UNITS`"}, &cli.StringFlag{Name: "high", Usage: "its level p90, `UNITS`"},
		&cli.StringFlag{Name: "unit", Usage: "UN/ECE Rec 20 `CODE`"}, &cli.StringFlag{Name: "bucket", Usage: "`PERIOD` of the lift where it is not the event's: 2027-03"},
		&cli.StringSliceFlag{Name: "cannibalises", Usage: "`PRODUCT` the event takes sales from"}, &cli.StringSliceFlag{Name: "halo", Usage: "`PRODUCT` the event adds sales to"},
		&cli.BoolFlag{Name: "in-forecast", Usage: "the forecast in force holds the lift already"},
		&cli.Int64Flag{Name: "buyer-share", DefaultText: "nothing is said of funding", Usage: "`PERCENT` of the funding; the rest is the seller's"},
		&cli.Int64Flag{Name: "max-shortage", Usage: "`PERCENT` probability of a shortage above which it may not go", DefaultText: "20, where the event states none"},
		&cli.StringFlag{Name: "display", Usage: "UBL display `CODE`, such as END_CAP_DISPLAY"}, &cli.StringFlag{Name: "channel", Usage: "`CODE` such as SOCIAL, TV or RETAIL_MEDIA"},
		&cli.StringFlag{Name: "asset", Usage: "message `FILE`; its hash leaves, it does not"}, &cli.StringFlag{Name: "replaces", Usage: "`HASH` of the message it takes the place of; who approves it and the embargo stay, approvals do not"},
		&cli.StringSliceFlag{Name: "needs", Usage: "who approves it, `SIDE:ROLE` such as seller:CTO"}, &cli.StringFlag{Name: "embargo", Usage: "not to be shown before this `DAY`"},
		&cli.StringFlag{Name: "launch", Usage: "`DAY` on which its first product is launched"}, &cli.StringSliceFlag{Name: "gate", Usage: "`KIND=DAY`: CAMPAIGN, CAPACITY, QUALITY, MESSAGE, MANUAL:ROLE"},
		&cli.StringSliceFlag{Name: "done", Usage: "a MANUAL gate is passed, `ROLE=DAY`"},
	},
	long:     "What is not named stays as it is. The draft stays at home until kontor campaign share.",
	examples: []string{"kontor campaign plan spring --from 2027-03-08 --to 2027-03-21 --product ZDV-300 --region CI --lift 400 --low 250 --high 600 --unit PK --buyer-share 60", "kontor campaign plan spring --status ACTIVE", "kontor campaign plan spring --launch 2027-03-08 --gate QUALITY=2027-02-15 --gate CAPACITY=2027-02-01"},
	run: func(c *call) error {
		in := desk.CampaignPlan{Event: c.Args().First(), With: c.String("with"), Name: c.String("name"), Type: c.String("type"), Status: c.String("status"), From: c.String("from"), To: c.String("to"),
			ShipFrom: c.String("ship-from"), ShipTo: c.String("ship-to"), SalesTo: c.String("sales-to"), AcceptBy: c.String("accept-by"), Products: c.StringSlice("product"), Regions: c.StringSlice("region"),
			Lift: c.String("lift"), Low: c.String("low"), High: c.String("high"), Unit: c.String("unit"), Bucket: c.String("bucket"), Cannibalises: c.StringSlice("cannibalises"), Halo: c.StringSlice("halo"),
			Display: c.String("display"), Channel: c.String("channel"), Replaces: c.String("replaces"), Needs: c.StringSlice("needs"), Embargo: c.String("embargo"), Launch: c.String("launch"), Gates: c.StringSlice("gate"), Done: c.StringSlice("done")}
		if c.IsSet("in-forecast") {
			v := c.Bool("in-forecast")
			in.InForecast = &v
		}
		for name, to := range map[string]**int64{"buyer-share": &in.BuyerShare, "max-shortage": &in.MaxShortage} {
			if c.IsSet(name) {
				v := c.Int64(name)
				if v < 0 || v > 100 {
					return usagef("--%s %d: want 0 to 100 percent", name, v)
				}
				*to = &v
			}
		}
		if path := c.String("asset"); path != "" {
			sum, err := hashFile(path)
			if err != nil {
				return err
			}
			in.Asset = hex.EncodeToString(sum)
		}
		out, err := ask(c, api.CampaignPlan, in)
		if err != nil {
			return err
		}
		for _, f := range out.Findings {
			c.note("would be refused: %s", f.Error())
		}
		return c.print(out, func(w io.Writer) {
			fmt.Fprintf(w, "event %q is planned: %s, %s, %s, %s; share it with: kontor campaign share\n", out.Event.ID, out.Event.Status, out.Event.Period, node.Count(len(out.Event.Items), "product"), node.Count(len(out.Event.Impacts), "lift"))
			for _, m := range out.Event.Messages {
				fmt.Fprintln(w, messageLine(m))
			}
		})
	},
}

// hashFile is the SHA-256 of a file.
func hashFile(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, usagef("%v", err)
	}
	defer f.Close()
	h := sha256.New()
	if _, err := io.Copy(h, f); err != nil {
		return nil, usagef("%v", err)
	}
	return h.Sum(nil), nil
}

var campaignBlackoutVerb = verb{
	name: "blackout", short: "set or remove a window in which nothing may run", args: "ID", flags: []cli.Flag{
		&cli.StringFlag{Name: "reason", Usage: "`CODE`: INVENTORY, QUALITY_HOLD, LEGAL, BRAND or FREEZE", Value: "FREEZE"},
		&cli.StringFlag{Name: "from", Usage: "first `DAY`"}, &cli.StringFlag{Name: "to", Usage: "last `DAY`"},
		&cli.StringFlag{Name: "rrule", Usage: "RFC 5545 recurrence `RULE`: FREQ=MONTHLY;BYMONTHDAY=-1"},
		&cli.StringSliceFlag{Name: "product", Usage: "only this `NUMBER`; may be repeated"}, &cli.StringSliceFlag{Name: "region", Usage: "only this `COUNTRY`; may be repeated"},
		&cli.BoolFlag{Name: "soft", Usage: "a warning, not a stop"}, &cli.StringFlag{Name: "note", Usage: "`TEXT` for the partner"}, &cli.BoolFlag{Name: "remove", Usage: "take it out of the draft"},
	},
	examples: []string{"kontor campaign blackout stocktaking --reason INVENTORY --from 2027-01-31 --to 2027-01-31 --rrule 'FREQ=MONTHLY;BYMONTHDAY=-1'", "kontor campaign blackout stocktaking --remove"},
	run: func(c *call) error {
		out, err := ask(c, api.CampaignBlackout, desk.BlackoutPlan{ID: c.Args().First(), Reason: c.String("reason"), From: c.String("from"), To: c.String("to"), RRule: c.String("rrule"),
			Products: c.StringSlice("product"), Regions: c.StringSlice("region"), Soft: c.Bool("soft"), Note: c.String("note"), Remove: c.Bool("remove")})
		if err != nil {
			return err
		}
		return c.print(out, func(w io.Writer) {
			if c.Bool("remove") {
				fmt.Fprintf(w, "blackout %q is out of the draft\n", out.ID)
				return
			}
			fmt.Fprintf(w, "blackout %q: %s, %s %s; share it with: kontor campaign share\n", out.ID, out.Reason, out.Period, out.RRule)
		})
	},
}

var campaignReplyVerb = verb{
	name: "reply", short: "accept or reject an event, or approve its messages", args: "EVENT", flags: []cli.Flag{withFlag(),
		&cli.StringFlag{Name: "role", Usage: "`CODE` of the role that says so, such as CMO", Required: true},
		&cli.BoolFlag{Name: "accept", Usage: "accept the event as it stands now"}, &cli.BoolFlag{Name: "reject", Usage: "reject it"}, &cli.BoolFlag{Name: "seen", Usage: "acknowledge it"},
		&cli.StringSliceFlag{Name: "approve", Usage: "approve the message of this `HASH`, or all"}, &cli.BoolFlag{Name: "own", Usage: "an event of the own calendar: its own approvals"},
	},
	long:     "A word is about the event as it stands now: when it changes, it is asked again. It leaves with the next kontor campaign share.",
	examples: []string{"kontor campaign reply spring --role COO --accept", "kontor campaign reply spring --role CTO --approve all"},
	run: func(c *call) error {
		in := desk.ReplyPlan{With: c.String("with"), Event: c.Args().First(), Own: c.Bool("own"), Role: c.String("role"), Approve: c.StringSlice("approve")}
		given := 0
		for flag, verdict := range map[string]campaign.Verdict{"accept": campaign.Accepted, "reject": campaign.Declined, "seen": campaign.Seen} {
			if c.Bool(flag) {
				in.Verdict = string(verdict)
				given++
			}
		}
		if given > 1 {
			return usagef("say one of --accept, --reject and --seen")
		}
		out, err := ask(c, api.CampaignReply, in)
		if err != nil {
			return err
		}
		return c.print(out, func(w io.Writer) {
			fmt.Fprintf(w, "%s on event %q: %s%s approved; it leaves with: kontor campaign share\n", out.Role, out.Event, spaced(string(out.Verdict)), node.Count(len(out.Assets), "message"))
		})
	},
}

func spaced(s string) string {
	if s == "" {
		return ""
	}
	return s + ", "
}

var campaignCalendarVerb = verb{
	name: "calendar", short: "write the campaigns as iCalendar, or take such a file in", args: "[FILE]", most: 1, flags: []cli.Flag{withFlag(),
		&cli.StringFlag{Name: "reason", Usage: "entries of other programs become blackouts of this `REASON`", Value: "FREEZE"}},
	long: "Without FILE the calendar goes to stdout: one UID for each event through all revisions, SEQUENCE rising with them. With FILE (\"-\" is\n" +
		"standard input) days of the own events move in the draft, and other entries become blackouts of it; their titles stay at home.\n" +
		"Days taken out of a recurrence (EXDATE), added to it (RDATE) or moved (RECURRENCE-ID) are blackouts side by side; an entry that takes no time\n" +
		"(TRANSP:TRANSPARENT) is noted and becomes none.",
	examples: []string{"kontor campaign calendar > campaigns.ics", "kontor campaign calendar holidays.ics --reason LEGAL"},
	run: func(c *call) error {
		if c.Args().Present() {
			out, err := upload(c, api.CalendarImport, api.CalendarQuery{Reason: c.String("reason")})
			if err != nil {
				return err
			}
			return c.printImport(out)
		}
		n, err := c.node()
		if err != nil {
			return err
		}
		defer n.Close()
		var ics bytes.Buffer
		if err := client.Download(c.Context.Context, n, api.CampaignCalendar, api.WithQuery{With: c.String("with")}, &ics); err != nil {
			return err
		}
		return c.document(ics.Bytes())
	},
}
