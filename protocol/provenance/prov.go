package provenance

import (
	"encoding/json"
	"strconv"
	"time"
)

// The namespaces of a written graph. A CID is its own name; commitments, companies, activities and systems have names of this product.
const (
	provSpace   = "http://www.w3.org/ns/prov#"
	schemaSpace = "http://www.w3.org/2001/XMLSchema#"
	ipfsSpace   = "ipfs://"
	ownSpace    = "urn:kontor:"
)

// document is a PROV-JSON document (W3C member submission of 24 April 2013). Maps are written with their keys in order, so that one graph has one
// form.
type document struct {
	Prefix            map[string]string         `json:"prefix"`
	Entity            map[string]map[string]any `json:"entity"`
	Activity          map[string]map[string]any `json:"activity"`
	Agent             map[string]map[string]any `json:"agent"`
	WasGeneratedBy    map[string]map[string]any `json:"wasGeneratedBy,omitempty"`
	Used              map[string]map[string]any `json:"used,omitempty"`
	WasDerivedFrom    map[string]map[string]any `json:"wasDerivedFrom,omitempty"`
	WasAttributedTo   map[string]map[string]any `json:"wasAttributedTo,omitempty"`
	WasAssociatedWith map[string]map[string]any `json:"wasAssociatedWith,omitempty"`
	ActedOnBehalfOf   map[string]map[string]any `json:"actedOnBehalfOf,omitempty"`
	WasInvalidatedBy  map[string]map[string]any `json:"wasInvalidatedBy,omitempty"`
}

// PROV writes the graph as PROV-JSON: artifacts are entities, the making of each an activity of its author, the system the figures come from an agent
// that acted on the author's behalf.
func (g Graph) PROV() ([]byte, error) {
	d := document{Prefix: map[string]string{"prov": provSpace, "xsd": schemaSpace, "ipfs": ipfsSpace, "kontor": ownSpace},
		Entity: map[string]map[string]any{}, Activity: map[string]map[string]any{}, Agent: map[string]map[string]any{},
		WasGeneratedBy: map[string]map[string]any{}, Used: map[string]map[string]any{}, WasDerivedFrom: map[string]map[string]any{},
		WasAttributedTo: map[string]map[string]any{}, WasAssociatedWith: map[string]map[string]any{}, ActedOnBehalfOf: map[string]map[string]any{}, WasInvalidatedBy: map[string]map[string]any{}}
	nodes := map[string]Node{}
	for _, n := range g.Nodes {
		nodes[n.ID] = n
		d.entity(n)
		if n.Held && n.Author != "" {
			d.making(n)
		}
	}
	for i, e := range g.Edges {
		link := map[string]any{"prov:generatedEntity": entityName(nodes[e.From]), "prov:usedEntity": entityName(nodes[e.To])}
		if e.Rel == RevisionOf {
			link["prov:type"] = typed("prov:Revision", "prov:QUALIFIED_NAME")
		}
		if from := nodes[e.From]; from.Held && from.Author != "" {
			link["prov:activity"] = activityName(from)
			d.Used["_:u"+strconv.Itoa(i)] = map[string]any{"prov:activity": activityName(from), "prov:entity": entityName(nodes[e.To])}
		}
		d.WasDerivedFrom["_:d"+strconv.Itoa(i)] = link
	}
	return json.MarshalIndent(d, "", "  ")
}

func (d *document) entity(n Node) {
	attrs := map[string]any{}
	if n.Commitment {
		attrs["prov:type"] = "salted commitment of an input from another tier"
	}
	if n.Type != "" {
		attrs["prov:type"], attrs["kontor:revision"] = n.Type, typed(strconv.FormatInt(n.Revision, 10), "xsd:long")
	}
	for name, value := range map[string]string{"kontor:evidence": string(n.Grade), "kontor:status": n.Status, "kontor:sourceRecord": n.Record} {
		if value != "" {
			attrs[name] = value
		}
	}
	d.Entity[entityName(n)] = attrs
}

// making is the activity by which an artifact came about, and who answers for it.
func (d *document) making(n Node) {
	activity, company := activityName(n), companyName(n)
	begun := n.Extracted
	if begun == 0 {
		begun = n.Issued
	}
	attrs := map[string]any{"prov:startTime": instant(begun), "prov:endTime": instant(n.Issued)}
	if n.Activity != "" {
		attrs["prov:type"] = n.Activity
	}
	d.Activity[activity] = attrs
	agent := map[string]any{"prov:type": typed("prov:Organization", "prov:QUALIFIED_NAME")}
	if n.Name != "" {
		agent["prov:label"] = n.Name
	}
	d.Agent[company] = agent
	d.WasGeneratedBy["_:g"+n.ID] = map[string]any{"prov:entity": entityName(n), "prov:activity": activity, "prov:time": instant(n.Issued)}
	d.WasAttributedTo["_:t"+n.ID] = map[string]any{"prov:entity": entityName(n), "prov:agent": company}
	d.WasAssociatedWith["_:a"+n.ID] = map[string]any{"prov:activity": activity, "prov:agent": company}
	if n.Source != "" {
		system := "kontor:system-" + n.ID
		label := map[string]any{"prov:type": typed("prov:SoftwareAgent", "prov:QUALIFIED_NAME"), "prov:label": n.Source}
		if n.Version != "" {
			label["kontor:version"] = n.Version
		}
		d.Agent[system] = label
		d.ActedOnBehalfOf["_:b"+n.ID] = map[string]any{"prov:delegate": system, "prov:responsible": company, "prov:activity": activity}
		d.WasAssociatedWith["_:s"+n.ID] = map[string]any{"prov:activity": activity, "prov:agent": system}
	}
	if n.Withdrawn != 0 {
		gone := "kontor:withdrawal-" + n.ID
		d.Activity[gone] = map[string]any{"prov:startTime": instant(n.Withdrawn), "prov:endTime": instant(n.Withdrawn), "prov:type": "WITHDRAWAL"}
		d.WasInvalidatedBy["_:i"+n.ID] = map[string]any{"prov:entity": entityName(n), "prov:activity": gone, "prov:time": instant(n.Withdrawn)}
		d.WasAssociatedWith["_:w"+n.ID] = map[string]any{"prov:activity": gone, "prov:agent": company}
	}
}

func entityName(n Node) string {
	if n.Commitment {
		return "kontor:commitment-" + n.ID
	}
	return "ipfs:" + n.ID
}

func activityName(n Node) string { return "kontor:making-" + n.ID }
func companyName(n Node) string  { return "kontor:company-" + n.Author }

func typed(value, typ string) map[string]string { return map[string]string{"$": value, "type": typ} }

func instant(ms int64) string {
	return time.UnixMilli(ms).UTC().Format("2006-01-02T15:04:05.000Z07:00")
}
