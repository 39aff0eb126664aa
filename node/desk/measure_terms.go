package desk

import (
	"cmp"
	"fmt"
	"slices"

	"kontor/node"
	"kontor/protocol"
	"kontor/protocol/calendar"
	"kontor/protocol/measure"
	"kontor/protocol/remedy"
	"kontor/protocol/terms"
)

// promised measures by the terms: each clause in force by its own definition, with its tolerances, its window of delivery, its exclusions and its target, over the
// newest of its windows that is over and the one that runs, or over all that lie in the days asked for. It is the same evaluation as that of remedies, so a
// clause has one value here and there.
func (d *Desk) promised(p *node.Partnership, m *measuring) (out []MeasuredGroup, err error) {
	inForce := map[string]bool{}
	clauses := map[string]terms.SLA{}
	if err := d.node.View(p.PID, func(r *protocol.Replica) error {
		list, err := r.TermsInForce(calendar.DateOf(d.node.Now()))
		for _, a := range list {
			inForce[a.Document.Contract] = true
			for _, s := range a.Document.SLAs {
				clauses[a.Document.Contract+"\x00"+s.ID] = s
			}
		}
		return err
	}); err != nil || len(inForce) == 0 {
		return nil, err
	}
	list, err := d.SLAs(SLAQuery{With: p.PID.String()}, func(product string) bool { return m.q.Product == "" || product == m.q.Product })
	if err != nil {
		return nil, err
	}
	all := m.from != 0 || m.to != 0
	newest := map[string]calendar.Date{}
	for _, s := range list {
		if s.State != SLARunning {
			at := s.Contract + "\x00" + s.SLA
			newest[at] = max(newest[at], s.Period.End)
		}
	}
	list = slices.DeleteFunc(list, func(s SLAStatus) bool {
		clause, stands := clauses[s.Contract+"\x00"+s.SLA]
		if m.q.Region != "" && len(clause.Regions) > 0 && !slices.Contains(clause.Regions, m.q.Region) {
			return true
		}
		if all {
			return m.from != 0 && s.Period.Start < m.from || m.to != 0 && s.Period.Last() > m.to
		}
		return !stands || s.State != SLARunning && s.Period.End != newest[s.Contract+"\x00"+s.SLA]
	})
	at := map[string]int{}
	for _, s := range list {
		i, seen := at[s.Contract]
		if !seen {
			i = len(out)
			at[s.Contract] = i
			out = append(out, MeasuredGroup{Of: "terms " + s.Contract, Results: []MeasuredValue{}, Notes: []string{}})
		}
		g := &out[i]
		g.Results = append(g.Results, s.measured())
		if note := countedOtherwise(m.setting, s); note != "" && !slices.Contains(g.Notes, note) {
			g.Notes = append(g.Notes, note)
		}
	}
	return out, nil
}

// measured is a window of a clause as a measured value.
func (s SLAStatus) measured() MeasuredValue {
	e, _ := measure.Describe(s.Measure.Code)
	v := MeasuredValue{Measure: s.Measure.Code, Definition: s.Measure.CID().String(), Parameters: map[string]string{}, Unit: e.Unit, Window: s.Period.String(), Clause: s.SLA, Target: s.Target.String(), AtMost: s.AtMost,
		Standing: string(s.State)}
	for _, p := range s.Measure.Parameters {
		v.Parameters[p.Name] = p.Value
	}
	value := s.Result
	if value == nil {
		value = s.Preview
	}
	switch {
	case s.Ahead != nil:
		v.Standing, v.Count = string(SLARunning)+", "+string(s.Ahead.Outlook), int(s.Ahead.Count)
		if s.Ahead.Value != nil {
			v.Measured, v.Value = true, s.Ahead.Value.String()
		} else {
			v.Reason = measure.Pending
		}
	case value != nil:
		v.Standing, v.Count = string(value.Verdict), int(value.Count)
		if !s.Settled {
			v.Standing += ", not settled yet"
		}
		if value.Value != nil && value.Verdict != remedy.NotMeasured {
			v.Measured, v.Value = true, value.Value.String()
		} else {
			v.Reason = cmp.Or(value.Reason, measure.Reason(value.Why), measure.NoData)
		}
		for _, left := range value.Excluded {
			if v.Excluded == nil {
				v.Excluded = map[measure.Reason]int{}
			}
			v.Excluded[left.Reason] += int(left.Lines)
		}
	default:
		v.Reason = measure.Pending
	}
	return v
}

// countedOtherwise says where a clause defines a share of deliveries otherwise than the reports count it: the two values then differ, and only the clause's has
// consequences.
func countedOtherwise(reports measure.Setting, s SLAStatus) string {
	if !slices.Contains([]measure.Code{measure.OTIF, measure.OnTime, measure.InFull, measure.OTIFUnits}, s.Measure.Code) {
		return ""
	}
	for _, p := range s.Measure.Parameters {
		if got, counted := reports[p.Name]; counted && got != p.Value {
			return fmt.Sprintf("%s counts deliveries with %s=%s, the reports with %s=%s: report them as the terms say with kontor performance share --set %s=%s", s.SLA, p.Name, p.Value, p.Name, got, p.Name, p.Value)
		}
	}
	return ""
}
