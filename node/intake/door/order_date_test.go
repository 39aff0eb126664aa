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
