package quality

import (
	"fmt"
	"slices"

	"kontor/protocol/artifact"
	"kontor/protocol/forecast"
)

func checkRole(r *artifact.Report, path, role string) {
	if role != "" && !artifact.IsRole(role) {
		r.Add(CodeRole, path, "%q is no code of a role such as QUALITY_MANAGER: people are not named here", artifact.Clip(role))
	}
}

func checkComplaint(r *artifact.Report, path string, c Complaint) {
	checkItem(r, path, c.Item, c.Site, c.Family)
	if !artifact.IsName(c.ID) || c.SupplierID != "" && !artifact.IsName(c.SupplierID) || c.Raised <= 0 || c.Raised > artifact.MaxTime || !slices.Contains(complaintStatuses, c.Status) || !artifact.IsSentence(c.Text) || !figure(c.Units) || c.Unit != "" && !c.Unit.Known() {
		r.Add(CodeComplaint, path, "complaint %q of status %q is malformed", artifact.Clip(c.ID), artifact.Clip(string(c.Status)))
	}
	if !c.Severity.Known() {
		r.Add(CodeSeverity, path+".severity", "unknown severity %q", artifact.Clip(string(c.Severity)))
	}
	checkCodes(r, path, c.Codes)
	checkHashes(r, path+".serialRanges", c.Serials)
	if v := c.Verified; v != nil {
		checkRole(r, path+".verified.role", v.Role)
		if v.Role == "" || !v.At.Valid() || len(v.Evidence) != 0 && len(v.Evidence) != hashSize {
			r.Add(CodeComplaint, path+".verified", "a verification names a role, a day and, if any, the hash of its evidence")
		}
	}
	if c.Recurs != nil {
		checkRole(r, path+".recurrence.confirmedBy", c.Recurs.Role)
		if !artifact.IsName(c.Recurs.Of) || c.Recurs.Of == c.ID || c.Recurs.Role == "" {
			r.Add(CodeComplaint, path+".recurrence", "a recurrence names another complaint and the role that confirmed it")
		}
	}
}

func checkCase(r *artifact.Report, path string, c Case) {
	if !artifact.IsName(c.Complaint) || !artifact.IsSentence(c.Is) || !artifact.IsSentence(c.IsNot) {
		r.Add(CodeComplaint, path, "complaint %q, or what the problem is and is not, is malformed", artifact.Clip(c.Complaint))
	}
	checkRole(r, path+".leader", c.Leader)
	if len(c.Team) > MaxActions || len(c.Causes) > MaxCauses || len(c.Actions) > MaxActions || len(c.Steps) > len(steps) {
		r.Add(CodeBounds, path, "%d roles, %d causes, %d actions or %d steps are too many", len(c.Team), len(c.Causes), len(c.Actions), len(c.Steps))
		return
	}
	for _, role := range c.Team {
		checkRole(r, path+".team", role)
	}
	for i, k := range c.Causes {
		ok := slices.Contains(causeTypes, k.Type) && artifact.IsName(k.Node) && len(k.Whys) > 0 && len(k.Whys) <= MaxWhys
		for _, w := range k.Whys {
			ok = ok && w != "" && artifact.IsSentence(w)
		}
		if !ok {
			r.Add(CodeCause, fmt.Sprintf("%s.causes[%d]", path, i), "a cause is TUA, TUN, SUA or SUN, names its node and has 1 to %d whys", MaxWhys)
		}
	}
	checkActions(r, path, c.Actions)
	checkSteps(r, path, c)
}

func checkActions(r *artifact.Report, path string, actions []Action) {
	seen := map[string]bool{}
	for i, a := range actions {
		at := fmt.Sprintf("%s.actions[%d]", path, i)
		ok := artifact.IsName(a.ID) && !seen[a.ID] && slices.Contains(steps, a.Step) && slices.Contains(actionKinds, a.Kind) && slices.Contains(actionStatuses, a.Status) && a.Measure != "" && artifact.IsSentence(a.Measure) && a.Role != ""
		ok = ok && (a.Due == 0 || a.Due.Valid()) && (a.Begun == 0 || a.Begun.Valid()) && (len(a.Evidence) == 0 || len(a.Evidence) == hashSize) && (a.Effective == nil || *a.Effective >= 0 && *a.Effective <= PPMWhole)
		if !ok {
			r.Add(CodeAction, at, "action %q of %s is malformed, twice, without a responsible role, or of an unknown kind or status: want a step D0 to D8, CONTAINMENT, CORRECTIVE or PREVENTIVE, a status open, in progress or closed, and a hash of 32 bytes", artifact.Clip(a.ID), artifact.Clip(string(a.Step)))
		}
		checkRole(r, at+".responsibleRole", a.Role)
		seen[a.ID] = true
	}
}

// checkSteps is the order of an 8D: each step once, in order and not before the one it follows, and D8 only with D3 to
// D7 closed and an effect that was measured.
func checkSteps(r *artifact.Report, path string, c Case) {
	last, closed := -1, map[Step]bool{}
	for i, s := range c.Steps {
		at := slices.Index(steps, s.Step)
		if at <= last || !s.At.Valid() || i > 0 && s.At < c.Steps[i-1].At {
			r.Add(CodeStep, fmt.Sprintf("%s.steps[%d]", path, i), "step %q on %s is unknown, twice or out of order", artifact.Clip(string(s.Step)), s.At)
			return
		}
		last, closed[s.Step] = at, true
	}
	if !closed[D8] {
		return
	}
	measured := slices.ContainsFunc(c.Actions, func(a Action) bool { return a.Effective != nil })
	for _, s := range []Step{D3, D4, D5, D6, D7} {
		if !closed[s] {
			r.Add(CodeStep, path+".steps", "D8 is closed and %s is not", s)
		}
	}
	if !measured {
		r.Add(CodeStep, path+".steps", "D8 is closed and no action says how effective it was")
	}
}

func checkBlock(r *artifact.Report, path string, b Block) {
	checkItem(r, path, b.Item, b.Site, b.Complaint)
	ended := b.Status == Released || b.Status == Withdrawn
	ok := artifact.IsName(b.ID) && slices.Contains(blockStatuses, b.Status) && figure(b.Quantity) && b.Unit.Known() && b.Since.Valid() && (len(b.Lots)+len(b.Serials) > 0 || b.Made != nil && b.Made.Valid())
	ok = ok && ended == (b.Ended != 0) && (!ended || b.Ended.Valid() && b.Ended >= b.Since) && (len(b.Evidence) == 0 || len(b.Evidence) == hashSize)
	if !ok {
		r.Add(CodeBlock, path, "block %q of status %q is malformed, names no lots, or has no day on which it ended", artifact.Clip(b.ID), artifact.Clip(string(b.Status)))
	}
	if !b.Severity.Known() {
		r.Add(CodeSeverity, path+".severity", "unknown severity %q", artifact.Clip(string(b.Severity)))
	}
	checkHashes(r, path, b.Lots, b.Serials)
	checkCodes(r, path, b.Codes)
	checkRole(r, path+".decidedBy", b.Role)
	if len(b.Release) > MaxCodes {
		r.Add(CodeBounds, path+".releaseQuantiles", "%d chances of release are more than %d", len(b.Release), MaxCodes)
		return
	}
	for i, c := range b.Release {
		if c.P <= 0 || c.P >= PPMWhole || !c.By.Valid() || c.By < b.Since || i > 0 && (c.P <= b.Release[i-1].P || c.By < b.Release[i-1].By) {
			r.Add(CodeChance, fmt.Sprintf("%s.releaseQuantiles[%d]", path, i), "%d ppm by %s: chances and days rise, from the block on", c.P, c.By)
			return
		}
	}
}

func checkAudit(r *artifact.Report, path string, a Audit) {
	ok := artifact.IsName(a.ID) && artifact.IsName(a.Standard) && a.At.Valid() && (a.Until == 0 || a.Until.Valid() && a.Until >= a.At) && slices.Contains(auditResults, a.Result) && len(a.Evidence) == hashSize && len(a.Findings) <= MaxFindings
	for _, f := range a.Findings {
		ok = ok && artifact.IsName(f.Clause) && slices.Contains(findingGrades, f.Grade) && artifact.IsSentence(f.Text) && (f.Closed == 0 || f.Closed.Valid())
	}
	if !ok {
		r.Add(CodeAudit, path, "audit %q by %q is malformed or has no hash of its evidence: want PASSED, CONDITIONAL or FAILED, findings MAJOR, MINOR or OBSERVATION, and the SHA-256 of the evidence", artifact.Clip(a.ID), artifact.Clip(a.Standard))
	}
	if a.Site != (forecast.Location{}) {
		checkItem(r, path+".site", forecast.Item{BuyersID: "-"}, a.Site, "")
	}
}
