package desk

import (
	"slices"
	"strings"

	"kontor/node"
	"kontor/protocol/calendar"
	"kontor/protocol/capacity"
	"kontor/protocol/forecast"
)

// answerReasons say why less is committed than is asked for, where the match alone would say CAPACITY (practice T22: asked per group of lines, with the
// node's guess filled in).
type answerReasons struct {
	all     capacity.CommitReason
	product map[string]capacity.CommitReason
	line    map[string]capacity.CommitReason // by product and region
}

// reasonAt joins product and region as --reason and the receipt write them.
func reasonAt(product, region string) string { return product + "@" + region }

// readReasons reads CODE, PRODUCT=CODE and PRODUCT@REGION=CODE against the forecast that is answered: what it does not ask for is refused.
func readReasons(texts []string, asked forecast.Document) (out answerReasons, err error) {
	out.product, out.line = map[string]capacity.CommitReason{}, map[string]capacity.CommitReason{}
	for _, text := range texts {
		of, code := "", text
		if i := strings.LastIndexByte(text, '='); i >= 0 {
			of, code = text[:i], text[i+1:]
		}
		reason := capacity.CommitReason(strings.ToUpper(code))
		if !slices.Contains(capacity.CommitReasons, reason) {
			return out, node.Failf("BAD_COMMIT_REASON", "reason %q is not on the list: want %s", code, commitReasons())
		}
		to, at := out.product, of
		switch {
		case of == "":
			if out.all != "" && out.all != reason {
				return out, node.Failf("BAD_COMMIT_REASON", "%s and %s are both named for every line; name products: PRODUCT=CODE", out.all, reason)
			}
			out.all = reason
			continue
		case slices.ContainsFunc(asked.Lines, func(l forecast.Line) bool { return l.Item.ID() == of }):
		case slices.ContainsFunc(asked.Lines, func(l forecast.Line) bool { return reasonAt(l.Item.ID(), l.Location.Key()) == of }):
			to = out.line
		default:
			return out, node.Failf("NO_FORECAST_LINE", "the forecast in force has no line %q; name a product, or PRODUCT@REGION, as kontor forecast show writes them", of)
		}
		if before, twice := to[at]; twice && before != reason {
			return out, node.Failf("BAD_COMMIT_REASON", "%s and %s are both named for %s", before, reason, of)
		}
		to[at] = reason
	}
	return out, nil
}

func commitReasons() string {
	var all []string
	for _, r := range capacity.CommitReasons {
		all = append(all, string(r))
	}
	return strings.Join(all, ", ")
}

// of is the reason named for a line, the most particular one; empty where none is.
func (r answerReasons) of(l forecast.Line) capacity.CommitReason {
	for _, named := range []capacity.CommitReason{r.line[reasonAt(l.Item.ID(), l.Location.Key())], r.product[l.Item.ID()], r.all} {
		if named != "" {
			return named
		}
	}
	return ""
}

// explain puts what the desk names in the place of the reason that the match gives, wherever less is committed than asked. Cells written by hand have their own.
func (r answerReasons) explain(a *capacity.Answer, asked forecast.Document, drafts map[string]map[calendar.Bucket]answerCell, out *AnswerResult) {
	for i := range a.Lines {
		named := r.of(asked.Lines[i])
		for k := range a.Lines[i].Buckets {
			c := &a.Lines[i].Buckets[k]
			if _, written := drafts[a.Lines[i].Line][c.Bucket]; named != "" && c.State == capacity.StateCountered && !written {
				c.Reason = named
				out.Explained++
			}
		}
	}
}
