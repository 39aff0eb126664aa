package x12

import (
	"testing"

	"kontor/node/intake"
	"kontor/protocol/forecast"
)

// FuzzRead: whatever comes, reading ends, and a draft with lines has no negative
// size; what is refused says why.
func FuzzRead(f *testing.F) {
	for _, seed := range []string{
		"ISA*00*          *00*          *ZZ*BUYER          *ZZ*SELLER         *260105*0700*U*00401*000000830*0*P*>~\nGS*PS*BUYER*SELLER*20260105*0700*1*X*004010~\nST*830*0001~\nBFR*00*W36*01*DL*A*20260105*20261130~\nN1*ST*Detroit*92*PLANT04~\nN4*Detroit*MI*48201*US~\nLIN*1*BP*PART-99042*EC*REV-C*VP*V-7~\nUIT*EA~\nFST*500*C*D*20260109~\nFST*600*D*W*20260111~\nFST*.5*D*M*20260201~\nFST*7*D*F*20260301*20260315~\nATH*FI*20260201*1000~\nCTT*1*1107.5~\nSE*13*0001~\nGE*1*1~\nIEA*1*000000830~",
		"ISA*00*          *00*          *ZZ*BUYER          *ZZ*SELLER         *260105*0700*U*00401*000000830*0*P*>~\nGS*PS*BUYER*SELLER*20260105*0700*1*X*004010~\nST*852*0001~\nXQ*H*20260105*20260111~\nN1*ST*Store*UL*5410013000006~\nLIN*1*VN*SKU-A101~\nZA*QS*48*EA~\nZA*QA*120*EA~\nCTT*1~\nSE*8*0001~\nGE*1*1~\nIEA*1*000000830~",
		"ISA*00*          *00*          *ZZ*BUYER          *ZZ*SELLER         *260105*0700*U*00401*000000830*0*P*>~\nGS*PS*BUYER*SELLER*20260105*0700*1*X*004010~\nST*856*0001~\nBSN*00*SHIP-1*20260105*0700~\nHL*1**S~\nDTM*011*20260104~\nN1*ST*Plant*UL*5410013000006~\nHL*2*1*O~\nPRF*PO-7~\nHL*3*2*I~\nLIN**BP*P-1*VP*V-1~\nSN1**120*EA~\nCTT*3~\nSE*12*0001~\nGE*1*1~\nIEA*1*000000830~",
		"ISA*00*          *00*          *ZZ*BUYER          *ZZ*SELLER         *260105*0700*U*00401*000000830*0*P*>\r\nGS*PS*BUYER*SELLER*20260105*0700*1*X*004010\r\nST*830*0001\r\nBFR*00*W36**DL*A*20260105\r\nLIN*1*BP*P1\r\nUIT*EA\r\nFST*12*C*D*20260109\r\nSE*6*0001\r\nGE*1*1\r\nIEA*1*000000830",
		"ISA*00*          *00*          *ZZ*BUYER          *ZZ*SELLER         *260105*0700*U*00401*000000830*0*P*>~\nGS*PS*BUYER*SELLER*20260105*0700*1*X*004010~\nST*830*0001~\nBFR*05*W36**DL*C*20260105~\nLIN*1*BP*P-1~\nUIT*EA~\nFST*1200*C*D*20260109~\nFST*1250*D*W*20260112~\nSHP*02*1000*011*20250101**20260105~\nSE*8*0001~\nGE*1*1~\nIEA*1*000000830~",
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
