package desk

import (
	"fmt"

	"kontor/node"
	"kontor/protocol/artifact"
)

// loneHeader is what a document that is judged by itself stands under, before there is one to share.
func (d *Desk) loneHeader(typ string) artifact.Header {
	return artifact.Header{Type: typ, Series: artifact.SeriesID{1}, Issued: d.node.Now(), Evidence: artifact.GradeB, Provenance: artifact.Provenance{SourceSystem: "desk"}, Scope: artifact.Everything()}
}

// maxTold bounds how many broken rules one refusal tells.
const maxTold = 20

// refuseJSON refuses a JSON document that breaks rules: each with its code and its path in the file.
func refuseJSON(found []artifact.Finding) error {
	if len(found) == 0 {
		return nil
	}
	text := fmt.Sprintf("nothing was imported: the JSON document breaks the rules in %s:", node.Count(len(found), "place"))
	for _, f := range found[:min(len(found), maxTold)] {
		text += "\n  " + f.Error()
	}
	if more := len(found) - maxTold; more > 0 {
		text += fmt.Sprintf("\n  and %d more", more)
	}
	return node.Failf("IMPORT_REFUSED", "%s", text)
}
