package door

import (
	"fmt"
	"strings"
	"testing"

	"kontor/protocol/calendar"
)

// Dates of orders and damage are taken where a message says them, and from nowhere else.
func TestDatesOfOrders(t *testing.T) {
	edifact := func(kind, body string) string {
		return "UNB+UNOA:3+B+S+260119:1420+91'UNH+1+" + kind + ":D:96A:UN'BGM+351+DA-1+9'DTM+11:20260119:102'" + body + "UNT+" + fmt.Sprint(strings.Count(body, "'")+4) + "+1'UNZ+1+91'"
	}
	x12 := func(prf string) string {
		return "ISA*00*          *00*          *ZZ*S              *ZZ*B              *260119*1420*U*00401*000000001*0*P*>~GS*SH*S*B*20260119*1420*1*X*004010~ST*856*0001~BSN*00*ASN-1*20260119*1420~DTM*011*20260119~HL*1**S~HL*2*1*O~" +
			prf + "~HL*3*2*I~LIN**BP*B~SN1**7*EA~CTT*3~SE*10*0001~GE*1*1~IEA*1*000000001~"
	}
	for _, c := range []struct{ name, text, ordered, damaged string }{
		{"of the message", edifact("DESADV", "RFF+ON:PO-1'DTM+171:20260105:102'LIN+1++B:IN'QTY+12:7:PCE'"), "2026-01-05", ""},
		{"of the line", edifact("DESADV", "LIN+1++B:IN'QTY+12:7:PCE'RFF+ON:PO-1'DTM+171:20260106:102'"), "2026-01-06", ""},
		{"of another reference", edifact("DESADV", "RFF+ON:PO-1'RFF+CT:C-1'DTM+171:20260107:102'LIN+1++B:IN'QTY+12:7:PCE'"), "", ""},
		{"of another order", edifact("DESADV", "RFF+ON:PO-1'DTM+171:20260105:102'LIN+1++B:IN'QTY+12:7:PCE'RFF+ON:PO-2'"), "", ""},
		{"damage", edifact("RECADV", "RFF+ON:PO-1'LIN+1++B:IN'QTY+48:7:PCE'QTY+124:2:PCE'"), "", "2"},
		{"no damage said", edifact("RECADV", "RFF+ON:PO-1'LIN+1++B:IN'QTY+48:7:PCE'"), "", ""},
		{"damage in a despatch", edifact("DESADV", "RFF+ON:PO-1'LIN+1++B:IN'QTY+12:7:PCE'QTY+124:2:PCE'"), "", ""},
		{"856", x12("PRF*PO-1***20260105"), "2026-01-05", ""},
		{"856 without", x12("PRF*PO-1"), "", ""},
	} {
		draft, report := Read([]byte(c.text), Options{})
		if draft == nil || len(draft.Movements) != 1 {
			t.Errorf("%s: %+v", c.name, report.Complaints)
			continue
		}
		m := draft.Movements[0]
		ordered, damaged := "", ""
		if m.Ordered != calendar.Date(0) {
			ordered = m.Ordered.String()
		}
		if m.Damaged != nil {
			damaged = m.Damaged.String()
		}
		if ordered != c.ordered || damaged != c.damaged || m.Quantity.String() != "7" {
			t.Errorf("%s: ordered %q, damaged %q, %s; want %q, %q, 7", c.name, ordered, damaged, m.Quantity, c.ordered, c.damaged)
		}
	}
}

// In a UBL advice an order has its date beside its number: that of the line's order, and where the line names none or the same, that of the document.
func TestOrderDateOfAUBLAdvice(t *testing.T) {
	const order = "<cac:OrderReference><cbc:ID>%s</cbc:ID>%s</cac:OrderReference>"
	dated := func(day string) string { return "<cbc:IssueDate>" + day + "</cbc:IssueDate>" }
	for _, c := range []struct{ name, document, line, ordered string }{
		{"of the document", fmt.Sprintf(order, "PO-1", dated("2026-01-05")), "", "2026-01-05"},
		{"of the line", fmt.Sprintf(order, "PO-1", dated("2026-01-05")), fmt.Sprintf(order, "PO-2", dated("2026-01-07")), "2026-01-07"},
		{"of the same order", fmt.Sprintf(order, "PO-1", dated("2026-01-05")), fmt.Sprintf(order, "PO-1", ""), "2026-01-05"},
		{"not of another order", fmt.Sprintf(order, "PO-1", dated("2026-01-05")), fmt.Sprintf(order, "PO-2", ""), ""},
		{"none", fmt.Sprintf(order, "PO-1", ""), "", ""},
		{"no day", fmt.Sprintf(order, "PO-1", dated("last week")), "", "refused"},
	} {
		text := `<ReceiptAdvice xmlns="urn:oasis:names:specification:ubl:schema:xsd:ReceiptAdvice-2" xmlns:cac="urn:oasis:names:specification:ubl:schema:xsd:CommonAggregateComponents-2" xmlns:cbc="urn:oasis:names:specification:ubl:schema:xsd:CommonBasicComponents-2">` +
			"<cbc:ID>RA-1</cbc:ID><cbc:IssueDate>2026-01-20</cbc:IssueDate>" + c.document + `<cac:ReceiptLine><cbc:ID>1</cbc:ID><cbc:ReceivedQuantity unitCode="C62">7</cbc:ReceivedQuantity><cac:OrderLineReference><cbc:LineID>10</cbc:LineID>` + c.line +
			"</cac:OrderLineReference><cac:Item><cac:BuyersItemIdentification><cbc:ID>A</cbc:ID></cac:BuyersItemIdentification></cac:Item></cac:ReceiptLine></ReceiptAdvice>"
		draft, report := Read([]byte(text), Options{})
		got := "refused"
		if draft != nil && len(draft.Movements) == 1 {
			if got = ""; draft.Movements[0].Ordered != 0 {
				got = draft.Movements[0].Ordered.String()
			}
		}
		if got != c.ordered {
			t.Errorf("%s: ordered %q, want %q: %+v", c.name, got, c.ordered, report.Complaints)
		}
	}
}
