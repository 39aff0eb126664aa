package catenax

import (
	"cmp"
	"encoding/json"
	"fmt"
	"strings"
	"unicode"

	"kontor/node/intake"
	"kontor/protocol/calendar"
	"kontor/protocol/forecast"
	"kontor/protocol/quality"
)

// report8D is a Report8D 1.0.0, as far as it is read: names, addresses and numbers of persons are not.
type report8D struct {
	Header struct {
		Complained string `json:"complaintDate"`
		Title      string `json:"title"`
		CustomerID string `json:"customerComplaintId"`
		SupplierID string `json:"supplierComplaintId"`
		Parts      []struct {
			Suppliers string `json:"supplierPartNumber"`
			Customers string `json:"customerPartNumber"`
			Name      string `json:"partName"`
			Serial    string `json:"serialNumber"`
			Batch     string `json:"batchNumber"`
		} `json:"parts"`
	} `json:"header"`
	D0 struct {
		Actions []measure8D `json:"defineEmergencyResponseAction"`
		Problem string      `json:"problemDescription"`
	} `json:"stepD0"`
	D1 struct {
		Sponsor *person8D  `json:"sponsor"`
		Contact *person8D  `json:"contactPerson"`
		Leader  *person8D  `json:"teamLeader"`
		Members []person8D `json:"teamMembers"`
	} `json:"stepD1"`
	D2 struct {
		Symptom string `json:"symptomDescription"`
		Problem string `json:"problemDescription"`
		Type    string `json:"errorType"`
	} `json:"stepD2"`
	D3 struct {
		Actions []measure8D `json:"descriptionOfInterimContainmentActions"`
	} `json:"stepD3"`
	D4 struct {
		Causes []struct {
			Type       string `json:"typeOfCauses"`
			Hypothesis string `json:"causeHypothesisDescription"`
			Result     string `json:"result"`
			Category   string `json:"errorCauseCategory"`
		} `json:"causes"`
	} `json:"stepD4"`
	D5 struct {
		Actions []measure8D `json:"definePermanentCorrectiveActions"`
	} `json:"stepD5"`
	D6 struct {
		Actions []measure8D `json:"implementedCorrectiveMeasures"`
	} `json:"stepD6"`
	D7 struct {
		Actions []measure8D `json:"errorPreventiveMeasures"`
	} `json:"stepD7"`
	D8 struct {
		Closing string `json:"closingDate"`
	} `json:"stepD8"`
}

type person8D struct {
	Name string `json:"name"`
	Role string `json:"role"`
}

type measure8D struct {
	Introduced string      `json:"introductionDate"`
	Person     string      `json:"responsiblePerson"`
	Proof      string      `json:"proofOfEffectiveness"`
	Result     json.Number `json:"effectivenessResult"`
	Status     string      `json:"status"`
	Measure    string      `json:"measure"`
}

// notCoded is the node of a cause whose report names no category.
const notCoded = "NOT_CODED"

// responsible is the role of a person whose role the report does not say.
const responsible = "RESPONSIBLE"

// eightD reads a report as a complaint and the case of it.
func (r *reader) eightD(m report8D, path string) {
	h := m.Header
	if h.CustomerID == "" || len(h.Parts) == 0 {
		r.complain(path+"header", h.CustomerID, intake.CodeMissing, "no number of the complaint, or no part", "customerComplaintId and parts")
		return
	}
	raised, ok := r.date(h.Complained, path+"header.complaintDate")
	if !ok {
		return
	}
	part := h.Parts[0]
	c := quality.Complaint{ID: h.CustomerID, SupplierID: h.SupplierID, Raised: raised.Millis(), Severity: quality.Major, Status: quality.ComplaintOpen,
		Item: forecast.Item{BuyersID: part.Customers, SellersID: part.Suppliers, Description: part.Name}, Text: cmp.Or(m.D2.Symptom, h.Title, m.D0.Problem)}
	if c.Item.ID() == "" {
		r.complain(path+"header.parts[0]", "", intake.CodeIdentity, "no number of the part", "customerPartNumber")
		return
	}
	r.note(path+"header", string(c.Severity), intake.NoteAssumed, "the model has no severity of a complaint: MAJOR was assumed")
	if len(h.Parts) > 1 {
		r.note(path+"header.parts", fmt.Sprint(len(h.Parts)), intake.NoteNotCarried, "a complaint has one product: the first part was taken")
	}
	if part.Serial != "" || part.Batch != "" {
		r.note(path+"header.parts", "", intake.NoteNotCarried, "serial and batch numbers stay out of what is shared: kontor quality block takes them, and hashes them")
	}
	k := quality.Case{Complaint: h.CustomerID, Is: cmp.Or(m.D2.Problem, m.D0.Problem)}
	roles := map[string]string{}
	for _, p := range append([]person8D{deref(m.D1.Sponsor), deref(m.D1.Contact), deref(m.D1.Leader)}, m.D1.Members...) {
		if role := roleCode(p.Role); role != "" {
			roles[p.Name] = role
		}
	}
	if m.D1.Leader != nil {
		k.Leader = roleCode(m.D1.Leader.Role)
	}
	for _, p := range m.D1.Members {
		if role := roleCode(p.Role); role != "" {
			k.Team = append(k.Team, role)
		}
	}
	r.note(path+"stepD1", "", intake.NoteNotCarried, "names, addresses and numbers of persons: roles alone are read")
	for i, cause := range m.D4.Causes {
		node := cause.Category
		if node == "" {
			node = notCoded
			r.note(fmt.Sprintf("%sstepD4.causes[%d]", path, i), "", intake.NoteAssumed, "a cause without a category: recurrences of it are not found")
		}
		whys := []string{cause.Hypothesis}
		if cause.Result != "" {
			whys = append(whys, cause.Result)
		}
		k.Causes = append(k.Causes, quality.Cause{Type: quality.CauseType(cause.Type), Node: node, Whys: whys})
	}
	for _, s := range []struct {
		step    quality.Step
		kind    quality.ActionKind
		actions []measure8D
	}{{quality.D0, quality.Containment, m.D0.Actions}, {quality.D3, quality.Containment, m.D3.Actions}, {quality.D5, quality.Corrective, m.D5.Actions}, {quality.D6, quality.Corrective, m.D6.Actions}, {quality.D7, quality.Preventive, m.D7.Actions}} {
		for i, a := range s.actions {
			at := fmt.Sprintf("%sstep%s[%d]", path, s.step, i)
			if action, ok := r.action(a, s.step, at, roles); ok {
				action.ID, action.Kind = fmt.Sprintf("%s-%d", s.step, i+1), s.kind
				k.Actions = append(k.Actions, action)
			}
		}
	}
	if m.D8.Closing != "" {
		c.Status = quality.ComplaintClosed
		r.note(path+"stepD8.closingDate", m.D8.Closing, intake.NoteNotCarried, "the report says when D8 was closed and not when D3 to D7 were, without which no D8 is: the day was left out")
	}
	r.draft.Complaints, r.draft.Cases = append(r.draft.Complaints, c), append(r.draft.Cases, k)
}

func (r *reader) action(m measure8D, step quality.Step, at string, roles map[string]string) (quality.Action, bool) {
	a := quality.Action{Step: step, Measure: m.Measure, Role: roles[m.Person], Status: quality.ActionStatus(m.Status)}
	if a.Role == "" {
		a.Role = responsible
		r.note(at+".responsiblePerson", "", intake.NoteAssumed, "the role of the responsible person is not said: "+responsible)
	}
	if m.Introduced != "" {
		var ok bool
		if a.Begun, ok = r.date(m.Introduced, at+".introductionDate"); !ok {
			return a, false
		}
	}
	if step == quality.D3 { // the model has no text and no state of a containment
		a.Measure = m.Proof
		a.Status = quality.ActionBegun
	} else if m.Proof != "" {
		r.note(at+".proofOfEffectiveness", "", intake.NoteNotCarried, "the proof is a text, and a case holds the hash of one: left out")
	}
	switch a.Status {
	case "":
		a.Status = quality.ActionOpen
	case quality.ActionOpen, quality.ActionBegun, quality.ActionClosed:
	default:
		r.complain(at+".status", m.Status, intake.CodeSyntax, "an unknown state of a measure", "open, in progress or closed")
		return a, false
	}
	if m.Result != "" {
		q, ok := r.number(m.Result, at+".effectivenessResult")
		if !ok {
			return a, false
		}
		n, exact := q.At(-4)
		if !exact || !n.IsInt64() || n.Int64() < 0 || n.Int64() > quality.PPMWhole {
			r.complain(at+".effectivenessResult", m.Result.String(), intake.CodeNumber, "not a percentage", "0 to 100, with at most four decimals")
			return a, false
		}
		ppm := n.Int64()
		a.Effective = &ppm
	}
	return a, true
}

func (r *reader) date(text, path string) (calendar.Date, bool) {
	d, err := calendar.ParseDate(text)
	if err != nil {
		r.complain(path, text, intake.CodePeriod, "not a date", "a date as 2026-11-22")
	}
	return d, err == nil
}

// roleCode is a role as a code: QualityExpert is QUALITY_EXPERT.
func roleCode(role string) string {
	var b strings.Builder
	lower := false
	for _, c := range role {
		switch {
		case c >= 'A' && c <= 'Z' && lower:
			b.WriteByte('_')
			b.WriteRune(c)
		case c < unicode.MaxASCII && (unicode.IsLetter(c) || unicode.IsDigit(c)):
			b.WriteRune(unicode.ToUpper(c))
		case b.Len() > 0 && !strings.HasSuffix(b.String(), "_"):
			b.WriteByte('_')
		}
		lower = c >= 'a' && c <= 'z' || c >= '0' && c <= '9'
	}
	const most = 40
	code := strings.Trim(b.String(), "_")
	return strings.Trim(code[:min(len(code), most)], "_")
}

func deref(p *person8D) person8D {
	if p == nil {
		return person8D{}
	}
	return *p
}
