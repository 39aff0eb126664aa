package decision

import (
	"fmt"
	"strings"

	"kontor/protocol/artifact"
)

// resaleWords are how people name the price a buyer will ask of its own customers, in lower case without marks between the words. Two
// companies of different steps of trade may not agree on it (practice T19). Words alone can't catch every disguise: the list is the
// sender's policy and the receiver's warning, never a rule of the fold (PROTOCOL 4).
var resaleWords = []string{
	"resale price", "resell price", "reselling price", "retail price", "shelf price", "consumer price", "street price", "selling price to consumer",
	"price to consumer", "advertised price", "rrp", "msrp", "srp", "wiederverkaufspreis", "ladenpreis", "endkundenpreis", "verkaufspreis", "uvp",
	"prix de revente", "prix public", "precio de reventa", "precio de venta al publico", "pvp", "prezzo di rivendita", "prezzo al pubblico",
}

// ResalePrice tells whether a text speaks of a resale price, and by which word.
func ResalePrice(text string) (word string, named bool) {
	words := strings.FieldsFunc(strings.ToLower(text), func(r rune) bool { return !('a' <= r && r <= 'z' || r > 127) })
	plain := " " + strings.Join(words, " ") + " "
	for _, w := range resaleWords {
		if strings.Contains(plain, " "+w+" ") || strings.Contains(plain, " "+w+"s ") {
			return w, true
		}
	}
	return "", false
}

// ResaleIssues lists the issues that name a resale price: nothing about them may be offered or accepted.
func ResaleIssues(issues []Issue) (out []Issue) {
	for _, i := range issues {
		if _, named := ResalePrice(i.ID + " " + i.Name + " " + i.Unit); named {
			out = append(out, i)
		}
	}
	return out
}

// refuseResale keeps a person from negotiating a resale price (PERSON-06): as an issue, or as a side of a trade-off.
func refuseResale(issues []Issue, trades []TradeOff) []artifact.Finding {
	var f artifact.Report
	for _, i := range ResaleIssues(issues) {
		f.Add("PERSON-06", "issues", "issue %q (%s) is a resale price: the buyer alone decides what its customers pay; leave it out, or decline", i.ID, artifact.Clip(i.Name))
	}
	for i, t := range trades {
		if word, named := ResalePrice(t.Gave + " / " + t.Got); named {
			f.Add("PERSON-06", fmt.Sprintf("offer.trades[%d]", i), "a trade-off names a %s: the buyer alone decides what its customers pay", word)
		}
	}
	return f.Findings()
}

// MayPropose tells whether a person may open a topic like this: PERSON-06 it would negotiate a resale price.
func (p Proposal) MayPropose() []artifact.Finding { return refuseResale(p.Issues, nil) }
