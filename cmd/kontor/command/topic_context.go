package command

import (
	"fmt"
	"io"
	"strconv"

	"github.com/urfave/cli/v2"

	"kontor/node/api/wire"
	"kontor/protocol/block"
)

func topicContext() verb {
	return verb{
		name: "context", short: "list what a topic rests on, add to it or take back; keep notes at home", args: "[TOPIC]", most: 1,
		long: "--add and --drop name shared artifacts by CID: both sides see them, and everybody declares the context complete again. --note and --ref are this company's own: they\n" +
			"never leave this node. " + topicArgument,
		examples: []string{"kontor topic context", "kontor topic context --add bafyreih2mkdg325557wb7iqpwxicbd7uvrldj5u7kahjr3de7lxvsuup2i", `kontor topic context --note "their line 3 is down till May" --ref "ticket 4711"`, "kontor topic context --forget 2"},
		exits:    boardExits,
		flags: []cli.Flag{withFlag(), asFlag, repeated("add", "`CID` of a shared artifact, several times"), repeated("drop", "`CID` of an artifact this company named, several times"),
			&cli.StringFlag{Name: "note", Usage: "`TEXT` for this company alone"}, &cli.StringFlag{Name: "ref", Usage: "`TEXT`: where to look at home, a ticket or a file"},
			&cli.Int64Flag{Name: "forget", Usage: "note `N`"}},
		run: func(c *call) error {
			in := wire.TopicContextRequest{TopicAct: c.topicAct()}
			for _, list := range []struct {
				flag string
				into *[]block.CID
			}{{"add", &in.Artifacts}, {"drop", &in.Drop}} {
				for _, text := range c.texts(list.flag) {
					cid, err := block.ParseCID(text)
					if err != nil {
						return usagef("--%s: %v", list.flag, err)
					}
					*list.into = append(*list.into, cid)
				}
			}
			if len(in.Artifacts)+len(in.Drop) > 0 {
				if _, err := ask(c, wire.TopicContext, in); err != nil {
					return err
				}
			}
			if c.IsSet("note") || c.IsSet("ref") || c.IsSet("forget") {
				note := wire.TopicNoteRequest{TopicAct: in.TopicAct, Text: c.String("note"), Ref: c.String("ref"), Forget: c.Int64("forget")}
				if _, err := ask(c, wire.TopicNote, note); err != nil {
					return err
				}
			}
			out, err := ask(c, wire.TopicShow, c.topicQuery())
			if err != nil {
				return err
			}
			return c.print(out, func(w io.Writer) { printContext(w, out) })
		},
	}
}

func printContext(w io.Writer, t wire.TopicDetail) {
	var rows [][]string
	for _, r := range t.Context {
		by, newer := t.ProposedBy, "-"
		for _, p := range t.Parties {
			if r.By != nil && p.Company == r.By.String() {
				by = p.Name
			}
		}
		if r.ReplacedBy != nil {
			newer = r.ReplacedBy.String()
		}
		rows = append(rows, []string{r.CID.String(), by, newer})
	}
	table(w, []string{"artifact, seen by both", "named by", "revised as"}, rows)
	rows = nil
	for _, n := range t.Notes {
		rows = append(rows, []string{strconv.FormatInt(n.N, 10), moment(n.T), n.By, orDash(n.Text), orDash(n.Ref)})
	}
	if len(rows) > 0 {
		fmt.Fprintln(w, "\nof this company alone, in this node:")
		table(w, []string{"note", "of", "by", "text", "where to look"}, rows)
	}
}
