package outlet

import (
	"encoding/xml"
	"fmt"
	"strings"
	"time"

	"kontor/protocol/forecast"
)

// elements writes those of a UBL document.
type elements struct{ strings.Builder }

func (b *elements) put(format string, args ...any) {
	for i, a := range args {
		if s, ok := a.(string); ok {
			var e strings.Builder
			_ = xml.EscapeText(&e, []byte(s)) // a strings.Builder does not fail
			args[i] = e.String()
		}
	}
	fmt.Fprintf(b, format+"\n", args...)
}

// begin writes what every document begins with.
func (b *elements) begin(name, number string, issued int64) {
	at := time.UnixMilli(issued).UTC()
	b.put(`<?xml version="1.0" encoding="UTF-8"?>`)
	b.put(`<%s xmlns="urn:oasis:names:specification:ubl:schema:xsd:%s-2" xmlns:cac="urn:oasis:names:specification:ubl:schema:xsd:CommonAggregateComponents-2" xmlns:cbc="urn:oasis:names:specification:ubl:schema:xsd:CommonBasicComponents-2">`, name, name)
	b.put(`<cbc:UBLVersionID>2.1</cbc:UBLVersionID>`)
	b.put(`<cbc:ID>%s</cbc:ID>`, number)
	b.put(`<cbc:CopyIndicator>false</cbc:CopyIndicator>`)
	b.put(`<cbc:IssueDate>%s</cbc:IssueDate>`, at.Format("2006-01-02"))
	b.put(`<cbc:IssueTime>%s</cbc:IssueTime>`, at.Format("15:04:05"))
}

func (b *elements) period(name, first, last string) {
	b.put(`<cac:%s><cbc:StartDate>%s</cbc:StartDate><cbc:EndDate>%s</cbc:EndDate></cac:%s>`, name, first, last, name)
}

func (b *elements) parties(o Options) {
	for _, role := range [][2]string{{"SenderParty", o.Sender}, {"ReceiverParty", o.Receiver}} {
		b.put(`<cac:%s><cac:PartyIdentification><cbc:ID>%s</cbc:ID></cac:PartyIdentification></cac:%s>`, role[0], role[1], role[0])
	}
}

func (b *elements) item(name string, i forecast.Item) {
	b.put(`<cac:%s>`, name)
	if i.Description != "" {
		b.put(`<cbc:Name>%s</cbc:Name>`, i.Description)
	}
	for _, id := range [][2]string{{"BuyersItemIdentification", i.BuyersID}, {"SellersItemIdentification", i.SellersID}, {"StandardItemIdentification", i.GTIN}} {
		if id[1] != "" {
			b.put(`<cac:%s><cbc:ID>%s</cbc:ID></cac:%s>`, id[0], id[1], id[0])
		}
	}
	b.put(`</cac:%s>`, name)
}
