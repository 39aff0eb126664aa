package command

import (
	"fmt"
	"io"
	"strings"

	"kontor/node/api/wire"
)

// printInvitations lists the pairings that are not partnerships yet: who each waits for, since when, and when it ends by itself.
func printInvitations(w io.Writer, list []wire.InvitationInfo) {
	var rows [][]string
	for _, i := range list {
		from := "ours"
		if !i.Ours {
			from = "taken up"
		}
		rows = append(rows, []string{i.ID, from, i.As, i.Stage, moment(i.Since), pairingWaits(i), moment(i.Ends), strings.Join(i.Words, " ")})
	}
	fmt.Fprintln(w)
	table(w, []string{"invitation", "", "we are", "stage", "since", "waits for", "ends by itself", "words"}, rows)
	for _, i := range list {
		if !i.Ours && i.Stage == "signed" {
			fmt.Fprintf(w, "Pairing %s is signed here alone; the partner can confirm until %s. To take it back: kontor partner withdraw %s\n", i.ID[:8], moment(i.Expires), i.ID[:8])
		}
	}
}

// pairingWaits says whose turn a pairing is.
func pairingWaits(i wire.InvitationInfo) string {
	partner := i.Name
	if partner == "" {
		partner = "the partner"
	}
	switch {
	case i.Stage == "expired":
		return "nobody: it is over"
	case i.Stage == "bound" && i.Ours && i.Ask:
		return "us: kontor partner confirm"
	case (i.Stage == "bound" || i.Stage == "open") && !i.Ours:
		return "us: kontor partner accept"
	}
	return partner
}

// printTakenBack says what became of a pairing that was given up.
func printTakenBack(w io.Writer, p wire.Pairing) {
	if !p.Signed {
		fmt.Fprintf(w, "Invitation %s is closed.\n", p.ID)
		return
	}
	fmt.Fprintf(w, "Pairing %s is taken back. If the partner has confirmed or still does, a partnership comes about: this node asks until %s and ends it at once.\n", p.ID, moment(p.Ends))
}
