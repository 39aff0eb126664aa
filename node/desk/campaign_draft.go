package desk

import (
	"bytes"
	"cmp"
	"encoding/json"
	"slices"
	"strings"

	"kontor/node"
	"kontor/node/intake"
	"kontor/protocol/artifact"
	"kontor/protocol/block"
	"kontor/protocol/campaign"
)

// The draft of the company's campaigns: what it would share, before scope. An event may be meant for one partnership only.
const (
	draftEvents    = "draft/campaign/event/"
	draftBlackouts = "draft/campaign/blackout/"
	draftReplies   = "draft/campaign/reply/" // by partnership
	draftZone      = "draft/campaign-zone"
)

type draftEvent struct {
	Event campaign.Event `cbor:"event"`
	Only  *block.CID     `cbor:"only,omitempty"` // the partnership it is for; absent: whoever it is shared with
}

type draftBlackout struct {
	Blackout campaign.Blackout `cbor:"blackout"`
	UID      string            `cbor:"uid,omitempty"` // of the calendar it came from
	Sequence int64             `cbor:"sequence"`
}

// campaignDraft is the whole draft as one partnership would get it.
func (d *Desk) campaignDraft(pid block.CID) (doc campaign.Document, err error) {
	doc.Zone = defaultZone
	err = d.node.ReadPrivate(func(rows node.PrivateRows) error {
		if _, err := rows.Get(draftZone, &doc.Zone); err != nil {
			return err
		}
		err := rows.Scan(draftEvents, func(_ string, decode func(any) error) (bool, error) {
			var e draftEvent
			err := decode(&e)
			if e.Only == nil || *e.Only == pid {
				doc.Events = append(doc.Events, e.Event)
			}
			return true, err
		})
		if err != nil {
			return err
		}
		err = rows.Scan(draftBlackouts, func(_ string, decode func(any) error) (bool, error) {
			var b draftBlackout
			err := decode(&b)
			doc.Blackouts = append(doc.Blackouts, b.Blackout)
			return true, err
		})
		if err != nil {
			return err
		}
		return rows.Scan(draftReplies+pid.String()+"/", func(_ string, decode func(any) error) (bool, error) {
			var y campaign.Reply
			err := decode(&y)
			doc.Replies = append(doc.Replies, y)
			return true, err
		})
	})
	return doc, err
}

// defaultZone is whose days the dates of a calendar are where none was set.
const defaultZone = "UTC"

// campaignFile is what a JSON file of campaigns holds: parts of a calendar.
type campaignFile struct {
	Zone      string              `json:"zone"`
	Events    []campaign.Event    `json:"events"`
	Blackouts []campaign.Blackout `json:"blackouts"`
}

// jsonFile is the format of a document that says all that the draft holds.
const jsonFile = "json"

// looksJSON tells a JSON document from a table.
func looksJSON(data []byte) bool {
	head := strings.TrimLeft(strings.TrimPrefix(string(data[:min(len(data), 64)]), "\ufeff"), " \t\r\n")
	return strings.HasPrefix(head, "{")
}

// readJSON reads a document written by hand or by another program; unknown fields are refused, by their path and with those that are known there.
func readJSON(data []byte, into any) error {
	if len(data) > intake.MaxBytes {
		return node.Failf("IMPORT_REFUSED", "the file has %d bytes; at most %d are read", len(data), intake.MaxBytes)
	}
	data = withHexHashes(bytes.TrimPrefix(data, []byte("\ufeff")))
	r := json.NewDecoder(bytes.NewReader(data))
	r.DisallowUnknownFields()
	if err := r.Decode(into); err != nil {
		if fault := jsonFault(data, into); fault != "" {
			return node.Failf("IMPORT_REFUSED", "nothing was imported: read the JSON document: %s", fault)
		}
		return node.Failf("IMPORT_REFUSED", "nothing was imported: read the JSON document: %v", err)
	}
	return nil
}

// ImportCampaigns takes events from a table, or events and blackouts from a JSON document, into the draft. An event of the file takes the
// place of the one of its ID, and keeps its status where the file is a table, which has none.
func (d *Desk) ImportCampaigns(data []byte, o ImportOptions) (ImportResult, error) {
	var file campaignFile
	report := &intake.Report{Kind: "campaign", Format: jsonFile}
	if looksJSON(data) {
		if err := readJSON(data, &file); err != nil {
			return ImportResult{Report: report}, err
		}
		if err := refuseJSON(d.checkCampaigns(file)); err != nil {
			return ImportResult{Report: report}, err
		}
		report.Lines, report.Imported = len(file.Events)+len(file.Blackouts), len(file.Events)+len(file.Blackouts)
		return d.takeCampaigns(file, report, o)
	}
	return d.importKind(intake.Campaign, data, o)
}

// checkCampaigns is what the rules say of a file by itself. A zone alone is a file, though no calendar.
func (d *Desk) checkCampaigns(file campaignFile) []artifact.Finding {
	found := campaign.Check(campaign.Document{Header: d.loneHeader(campaign.Type), Zone: cmp.Or(file.Zone, defaultZone), Events: file.Events, Blackouts: file.Blackouts})
	return slices.DeleteFunc(found, func(f artifact.Finding) bool { return f.Code == campaign.CodeEmpty && f.Path == "" && file.Zone != "" })
}

// takeCampaigns puts events and blackouts into the draft.
func (d *Desk) takeCampaigns(file campaignFile, report *intake.Report, o ImportOptions) (ImportResult, error) {
	result := ImportResult{Report: report, DryRun: o.DryRun}
	err := d.change(o, &result, func(rows node.PrivateRows) error {
		zone := ""
		if _, err := rows.Get(draftZone, &zone); err != nil {
			return err
		}
		if file.Zone != "" && file.Zone != cmp.Or(zone, defaultZone) {
			if err := rows.Put(draftZone, file.Zone); err != nil {
				return err
			}
		}
		for _, e := range file.Events {
			var was draftEvent
			found, err := rows.Get(draftEvents+e.ID, &was)
			if err != nil {
				return err
			}
			if found && report.HeaderLine > 0 {
				e = keepByHand(was.Event, e)
			}
			if err := putCounted(rows, draftEvents+e.ID, draftEvent{e, was.Only}, was, found, &result); err != nil {
				return err
			}
		}
		for _, b := range file.Blackouts {
			var was draftBlackout
			found, err := rows.Get(draftBlackouts+b.ID, &was)
			if err != nil {
				return err
			}
			if err := putCounted(rows, draftBlackouts+b.ID, draftBlackout{b, was.UID, was.Sequence}, was, found, &result); err != nil {
				return err
			}
		}
		return nil
	})
	return result, err
}

// keepByHand is an event of a table with what tables do not hold and somebody planned by hand.
func keepByHand(was, e campaign.Event) campaign.Event {
	e.Status, e.Submitted, e.AcceptBy, e.Go, e.Launch, e.Messages, e.Tactics, e.InForecast, e.PreDays, e.PostDays = was.Status, was.Submitted, was.AcceptBy, was.Go, was.Launch, was.Messages, was.Tactics, was.InForecast, was.PreDays, was.PostDays
	if e.Funding == nil {
		e.Funding = was.Funding
	}
	if e.SellIn == nil {
		e.SellIn = was.SellIn
	}
	if e.SellOut == nil {
		e.SellOut = was.SellOut
	}
	return e
}

// putCounted sets a row and counts what that did; was is read where found.
func putCounted(rows node.PrivateRows, key string, now, was any, found bool, result *ImportResult) error {
	if !found {
		result.Added++
		return rows.Put(key, now)
	}
	a, err := block.Marshal(now)
	if err != nil {
		return err
	}
	b, err := block.Marshal(was)
	if err != nil {
		return err
	}
	if string(a) == string(b) {
		result.Unchanged++
		return nil
	}
	result.Changed++
	return rows.Put(key, now)
}
