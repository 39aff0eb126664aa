package edifact

import (
	"testing"

	"kontor/node/intake"
	"kontor/protocol/forecast"
)

// FuzzRead: whatever comes, reading ends, and a draft with lines has no negative
// size; what is refused says why.
func FuzzRead(f *testing.F) {
	for _, seed := range []string{
		"UNB+UNOC:3+BUYER:OD+SELLER:OD+260105:0800+77'\nUNH+1+DELFOR:D:97A:UN'\nBGM+241+S-1+9'\nDTM+137:20260105:102'\nNAD+ST+5410013000006::9++Plant+++++BE'\nLIN+1++P-100:IN'\nSCC+1++F'\nQTY+113:1:PCE'\nDTM+2:260112:101'\nSCC+1++F'\nQTY+113:2:PCE'\nDTM+2:20260113:102'\nSCC+4++F'\nQTY+113:3:PCE'\nDTM+2:20260114-20260118:718'\nSCC+4++F'\nQTY+113:4:PCE'\nDTM+2:202604:616'\nSCC+4++F'\nQTY+113:5:PCE'\nDTM+2:202602:610'\nUNT+21+1'\nUNZ+1+77'",
		"UNB+UNOC:3+BUYER:OD+SELLER:OD+260105:0800+77'\nUNH+1+DELFOR:D:97A:UN'\nBGM+241+S-1+9'\nDTM+137:20260105:102'\nNAD+ST+5410013000006::9++Plant+++++BE'\nLIN+1++P-100:IN'\nQTY+70:900:PCE'\nDTM+51:20250101:102'\nSCC+1++W'\nQTY+3:950:PCE'\nDTM+2:20251222:102'\nSCC+4++W'\nQTY+3:1000:PCE'\nDTM+2:20251229:102'\nSCC+4++W'\nQTY+3:40:PCE'\nDTM+2:20260105:102'\nUNT+17+1'\nUNZ+1+77'",
		"UNB+UNOC:3+B+S+260119:1420+91'UNH+1+RECADV:D:96A:UN'BGM+632+RA-91+9'DTM+50:20260119:102'RFF+ON:PO-1'NAD+ST+5410013000006::9'LIN+1++5410013101239:EN'QTY+48:480:PCE'QTY+194:476:PCE'UNT+9+1'UNZ+1+91'",
		"UNB+UNOC:3+B+S+260119:1420+91'UNH+1+SLSRPT:D:96A:UN'BGM+73E+729058+9'DTM+137:20260708:102'DTM+90:20260706:102'DTM+91:20260712:102'NAD+SU+5410013000006::9'LOC+162+SHOP7::92'LIN+1++5410013101239:EN'QTY+153:12:PCE'LIN+2++X-1:SA'QTY+153:3:PCE'UNT+12+1'UNZ+1+91'",
		"UNB+UNOC:3+B+S+260119:1420+91'UNH+1+INVRPT:D:97A:UN'BGM+35+1+9'DTM+366:20260708:102'LIN+1++X-1:SA'LOC+14+W1'QTY+145:850:PCE'QTY+198:10:PCE'LIN+2++X-1:SA'LOC+14+W2'QTY+145:50:PCE'UNT+11+1'UNZ+1+91'",
		"UNA*|.# ~UNB|UNOC*3|BUYER|SELLER|260105*0800|77~\nUNH|1|DELFOR*D*97A*UN~\nBGM|241|S-1|9~\nNAD|ST|5410013000006**9~\nLIN|1||P-100*IN~\nSCC|1||D~\nQTY|113*20*PCE~\nDTM|2*20260112*102~\nUNT|8|1~\nUNZ|1|77~",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		draft, report := Read(data, intake.Options{})
		if draft == nil && report.OK() {
			t.Fatal("refused without a complaint")
		}
		if draft == nil {
			return
		}
		for _, l := range linesOf(draft) {
			for i := range l.Buckets {
				if i > 0 && l.Buckets[i].Start < l.Buckets[i-1].End {
					t.Fatalf("periods overlap: %s after %s", l.Buckets[i].Bucket, l.Buckets[i-1].Bucket)
				}
				if l.Buckets[i].Mean.Sign() < 0 {
					t.Fatalf("a quantity below zero: %s", l.Buckets[i].Mean)
				}
			}
		}
	})
}

func linesOf(d *intake.Draft) []forecast.Line {
	if d.Message == nil {
		return nil
	}
	return d.Message.Lines
}
