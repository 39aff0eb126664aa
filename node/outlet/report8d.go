package outlet

import (
	"cmp"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"kontor/protocol/calendar"
	"kontor/protocol/quality"
	"kontor/protocol/quantity"
)

// Contact is the customer as a Report8D must name it; nothing of it is in a quality report, which names no persons.
type Contact struct{ Company, City, Country, Email string }

// ParseContact reads COMPANY, CITY, COUNTRY, EMAIL.
func ParseContact(text string) (Contact, error) {
	parts := strings.Split(text, ",")
	for i := range parts {
		parts[i] = strings.TrimSpace(parts[i])
	}
	if len(parts) != 4 || slices.Contains(parts, "") || !mailbox.MatchString(parts[3]) {
		return Contact{}, fmt.Errorf("the contact %q does not have the form COMPANY, CITY, COUNTRY, EMAIL", text)
	}
	return Contact{parts[0], parts[1], parts[2], parts[3]}, nil
}

var mailbox = regexp.MustCompile(`^[a-zA-Z0-9.!#$%&?*+/=^_{|}~-]+@[a-zA-Z0-9-]+(\.[a-zA-Z0-9-]+)*$`)

type contact8D struct {
	Company string `json:"companyName"`
	City    string `json:"city"`
	Country string `json:"country"`
	Number  string `json:"bpnlProperty"`
	Email   string `json:"email"`
}

type part8D struct {
	Customers string `json:"customerPartNumber"`
	Order     string `json:"orderNumber"`
	Suppliers string `json:"supplierPartNumber,omitempty"`
	Name      string `json:"partName,omitempty"`
}

type header8D struct {
	Complained string    `json:"complaintDate"`
	Revised    string    `json:"lastRevisionDate"`
	Title      string    `json:"title,omitempty"`
	CustomerID string    `json:"customerComplaintId"`
	SupplierID string    `json:"supplierComplaintId,omitempty"`
	Contact    contact8D `json:"customerContact"`
	Parts      []part8D  `json:"parts"`
	Supplier   string    `json:"supplierId"`
}

type measure8D struct {
	Introduced string      `json:"introductionDate"`
	Role       string      `json:"responsiblePerson,omitempty"`
	Proof      string      `json:"proofOfEffectiveness"`
	Result     json.Number `json:"effectivenessResult,omitempty"`
	Status     string      `json:"status,omitempty"`
	Measure    string      `json:"measure,omitempty"`
}

type cause8D struct {
	Type       string `json:"typeOfCauses"`
	Hypothesis string `json:"causeHypothesisDescription"`
	Clarified  string `json:"clarificationDate"`
	Result     string `json:"result"`
	Method     string `json:"method"`
	Category   string `json:"errorCauseCategory,omitempty"`
}

type payload8D struct {
	Header header8D       `json:"header"`
	D0     map[string]any `json:"stepD0,omitempty"`
	D3     map[string]any `json:"stepD3,omitempty"`
	D4     map[string]any `json:"stepD4,omitempty"`
	D5     map[string]any `json:"stepD5,omitempty"`
	D6     map[string]any `json:"stepD6,omitempty"`
	D7     map[string]any `json:"stepD7,omitempty"`
	D8     map[string]any `json:"stepD8,omitempty"`
}

// report8D writes the complaint named as the number, and its case, as a Catena-X Report8D 1.0.0. Where the model wants a person it is
// given the role.
func report8D(d quality.Document, o Options, n *notes) ([]byte, error) {
	if err := o.partners(); err != nil {
		return nil, err
	}
	var ids []string
	for _, c := range d.Complaints {
		ids = append(ids, c.ID)
	}
	at := 0
	if len(ids) != 1 || o.Number != "" {
		if at = slices.Index(ids, o.Number); at < 0 {
			return nil, fmt.Errorf("a Report8D is of one complaint; name it as the number: %s", strings.Join(ids[:min(len(ids), 20)], ", "))
		}
	}
	c := d.Complaints[at]
	if o.Contact == (Contact{}) || o.Order == "" {
		return nil, fmt.Errorf("a Report8D names the customer's contact and the order of the part, which no quality report holds; give both: COMPANY, CITY, COUNTRY, EMAIL, and the order's number")
	}
	if c.Item.BuyersID == "" {
		return nil, fmt.Errorf("the product of complaint %q has no number of the customer's, which the model wants", c.ID)
	}
	raised := calendar.DateOf(c.Raised).String()
	out := payload8D{Header: header8D{Complained: raised, Revised: time.UnixMilli(d.Header.Issued).UTC().Format("2006-01-02"), Title: c.Text, CustomerID: c.ID, SupplierID: c.SupplierID,
		Contact: contact8D{o.Contact.Company, o.Contact.City, o.Contact.Country, o.Receiver, o.Contact.Email}, Parts: []part8D{{c.Item.BuyersID, o.Order, c.Item.SellersID, c.Item.Description}}, Supplier: o.Sender}}
	n.add("Report8D has no severity, status, units and failure codes of a complaint")
	k := quality.Case{Complaint: c.ID}
	if i := slices.IndexFunc(d.Cases, func(k quality.Case) bool { return k.Complaint == c.ID }); i >= 0 {
		k = d.Cases[i]
	}
	if k.Leader != "" || len(k.Team) > 0 {
		n.add("Report8D names the persons of a team: D1 was left out, roles stand at the measures")
	}
	if k.IsNot != "" {
		n.add("Report8D has no place for what the problem is not")
	}
	actions := func(s quality.Step) []measure8D { return measures8D(k, s, n) }
	if emergency, problem := actions(quality.D0), cmp.Or(k.Is, c.Text); len(emergency) > 0 || problem != "" {
		out.D0 = map[string]any{"defineEmergencyResponseAction": emergency, "customerComplaintId": c.ID, "problemDescription": problem, "complaintDate": raised}
	}
	for _, s := range []struct {
		into *map[string]any
		step quality.Step
		name string
	}{{&out.D3, quality.D3, "descriptionOfInterimContainmentActions"}, {&out.D5, quality.D5, "definePermanentCorrectiveActions"}, {&out.D6, quality.D6, "implementedCorrectiveMeasures"}, {&out.D7, quality.D7, "errorPreventiveMeasures"}} {
		if list := actions(s.step); len(list) > 0 {
			*s.into = map[string]any{s.name: list}
		}
	}
	out.D4 = causes8D(k, n)
	if closed := closedOn(k, quality.D8); closed != "" {
		out.D8 = map[string]any{"closingDate": closed}
	}
	if len(k.Steps) > 0 {
		n.add("Report8D has no days on which steps were closed, but those of D4 and D8")
	}
	return json.MarshalIndent(out, "", " ")
}

func closedOn(k quality.Case, s quality.Step) string {
	for _, done := range k.Steps {
		if done.Step == s {
			return done.At.String()
		}
	}
	return ""
}

func measures8D(k quality.Case, s quality.Step, n *notes) []measure8D {
	out := []measure8D{}
	for _, a := range k.Actions {
		if a.Step != s {
			continue
		}
		begun := a.Begun
		if begun == 0 {
			begun = a.Due
		}
		if begun == 0 {
			n.add("a measure of Report8D has a day: %s was left out, which has none", a.ID)
			continue
		}
		m := measure8D{Introduced: begun.String(), Role: a.Role, Proof: "none yet", Status: string(a.Status), Measure: a.Measure}
		if len(a.Evidence) > 0 {
			m.Proof = "SHA-256 " + hex.EncodeToString(a.Evidence)
		}
		if s == quality.D3 { // the model has no text of a containment but that of its proof
			m.Proof, m.Measure, m.Status = a.Measure, "", ""
		}
		if a.Effective != nil {
			if percent, err := quantity.Scaled(*a.Effective, -4); err == nil {
				m.Result = json.Number(percent.String())
			}
		}
		out = append(out, m)
	}
	return out
}

func causes8D(k quality.Case, n *notes) map[string]any {
	if len(k.Causes) == 0 {
		return nil
	}
	clarified := closedOn(k, quality.D4)
	if clarified == "" {
		n.add("a cause of Report8D has the day on which it was clarified: causes were left out, as D4 is not closed")
		return nil
	}
	var out []cause8D
	for _, c := range k.Causes {
		whys := c.Whys
		if len(whys) == 0 {
			whys = []string{c.Node}
		}
		if len(whys) > 2 {
			n.add("a cause of Report8D has a hypothesis and a result: the whys in between were left out")
		}
		out = append(out, cause8D{string(c.Type), whys[0], clarified, whys[len(whys)-1], "5why", c.Node})
	}
	return map[string]any{"causes": out}
}
