// Package provtest judges PROV-JSON by the structure that its definition asks for (W3C member submission of 24 April 2013, PROV-JSON), so that every
// test of an export asks the same. [Check] answers all that is wrong.
package provtest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"
)

// section is what records of one name hold: which attributes of the prefix prov they must and may have, and what those name.
type section struct {
	must, may map[string]string // attribute to "entity", "activity", "agent", "time" or a section
}

var sections = map[string]section{
	"entity":            {},
	"activity":          {may: map[string]string{"prov:startTime": "time", "prov:endTime": "time"}},
	"agent":             {},
	"wasGeneratedBy":    {must: map[string]string{"prov:entity": "entity"}, may: map[string]string{"prov:activity": "activity", "prov:time": "time"}},
	"used":              {must: map[string]string{"prov:activity": "activity"}, may: map[string]string{"prov:entity": "entity", "prov:time": "time"}},
	"wasInformedBy":     {must: map[string]string{"prov:informed": "activity", "prov:informant": "activity"}},
	"wasStartedBy":      {must: map[string]string{"prov:activity": "activity"}, may: map[string]string{"prov:trigger": "entity", "prov:starter": "activity", "prov:time": "time"}},
	"wasEndedBy":        {must: map[string]string{"prov:activity": "activity"}, may: map[string]string{"prov:trigger": "entity", "prov:ender": "activity", "prov:time": "time"}},
	"wasInvalidatedBy":  {must: map[string]string{"prov:entity": "entity"}, may: map[string]string{"prov:activity": "activity", "prov:time": "time"}},
	"wasDerivedFrom":    {must: map[string]string{"prov:generatedEntity": "entity", "prov:usedEntity": "entity"}, may: map[string]string{"prov:activity": "activity", "prov:generation": "wasGeneratedBy", "prov:usage": "used"}},
	"wasAttributedTo":   {must: map[string]string{"prov:entity": "entity", "prov:agent": "agent"}},
	"wasAssociatedWith": {must: map[string]string{"prov:activity": "activity"}, may: map[string]string{"prov:agent": "agent", "prov:plan": "entity"}},
	"actedOnBehalfOf":   {must: map[string]string{"prov:delegate": "agent", "prov:responsible": "agent"}, may: map[string]string{"prov:activity": "activity"}},
	"wasInfluencedBy":   {must: map[string]string{"prov:influencee": "", "prov:influencer": ""}},
	"specializationOf":  {must: map[string]string{"prov:specificEntity": "entity", "prov:generalEntity": "entity"}},
	"alternateOf":       {must: map[string]string{"prov:alternate1": "entity", "prov:alternate2": "entity"}},
	"hadMember":         {must: map[string]string{"prov:collection": "entity", "prov:entity": "entity"}},
}

// anywhere are the attributes of the prefix prov that every record may have.
var anywhere = []string{"prov:label", "prov:location", "prov:role", "prov:type", "prov:value"}

// localName is what follows a prefix: characters that a qualified name may have without an escape.
var localName = regexp.MustCompile(`^[A-Za-z0-9_][A-Za-z0-9_.-]*$`)

type document struct {
	prefix  map[string]string
	records map[string]map[string][]map[string]any // section, then name
	found   []string
}

// Check answers what of a PROV-JSON document breaks its structure: sections and attributes that are none, prefixes that are not declared, records that name
// nothing declared or something of another sort, times that are none, an activity that ends before it begins, values that are no literals, and derivations in a circle.
func Check(data []byte) []string {
	d := &document{prefix: map[string]string{}, records: map[string]map[string][]map[string]any{}}
	var top map[string]map[string]json.RawMessage
	if err := json.Unmarshal(data, &top); err != nil {
		return []string{"no JSON object of objects: " + err.Error()}
	}
	for name, uri := range top["prefix"] {
		var text string
		if json.Unmarshal(uri, &text) != nil || !strings.Contains(text, ":") {
			d.wrong("prefix %q stands for %s, which is no URI", name, uri)
		}
		d.prefix[name] = text
	}
	for name, things := range top {
		if name == "prefix" {
			continue
		}
		if _, known := sections[name]; !known {
			d.wrong("section %q is none of PROV-JSON's", name)
			continue
		}
		d.records[name] = map[string][]map[string]any{}
		for id, raw := range things {
			d.qualified(id)
			d.records[name][id] = d.instances(name, id, raw)
		}
	}
	derives := map[string][]string{}
	for name, things := range d.records {
		for id, list := range things {
			for _, attrs := range list {
				d.record(name, id, attrs)
				if from, ok := attrs["prov:generatedEntity"].(string); ok && name == "wasDerivedFrom" {
					used, _ := attrs["prov:usedEntity"].(string)
					derives[from] = append(derives[from], used)
				}
			}
		}
	}
	if circle(derives) {
		d.wrong("a derivation goes in a circle")
	}
	slices.Sort(d.found)
	return d.found
}

func (d *document) wrong(format string, args ...any) {
	d.found = append(d.found, fmt.Sprintf(format, args...))
}

// instances are what stands under one name: one record, or a list of them.
func (d *document) instances(name, id string, raw json.RawMessage) (list []map[string]any) {
	read := json.NewDecoder(bytes.NewReader(raw))
	read.UseNumber()
	if len(raw) > 0 && raw[0] == '[' {
		if err := read.Decode(&list); err != nil {
			d.wrong("%s %s: %v", name, id, err)
		}
		return list
	}
	var one map[string]any
	if err := read.Decode(&one); err != nil {
		d.wrong("%s %s: %v", name, id, err)
	}
	return []map[string]any{one}
}

func (d *document) qualified(name string) {
	prefix, local, ok := strings.Cut(name, ":")
	if !ok || !localName.MatchString(local) || prefix != "_" && d.prefix[prefix] == "" {
		d.wrong("%q is no qualified name under a declared prefix", name)
	}
}

func (d *document) record(name, id string, attrs map[string]any) {
	s := sections[name]
	for attr := range s.must {
		if attrs[attr] == nil {
			d.wrong("%s %s: %s is missing", name, id, attr)
		}
	}
	for attr, value := range attrs {
		d.qualified(attr)
		sort, reserved := s.must[attr]
		if !reserved {
			sort, reserved = s.may[attr]
		}
		switch {
		case !reserved && strings.HasPrefix(attr, "prov:") && !slices.Contains(anywhere, attr):
			d.wrong("%s %s: %s is no attribute of it", name, id, attr)
		case !reserved:
			d.literals(name, id, attr, value)
		case sort == "time":
			if text, ok := value.(string); !ok || !isTime(text) {
				d.wrong("%s %s: %s is no xsd:dateTime: %v", name, id, attr, value)
			}
		case sort != "":
			target, _ := value.(string)
			if len(d.records[sort][target]) == 0 {
				d.wrong("%s %s: %s names %v, which is no declared %s", name, id, attr, value, sort)
			}
		}
	}
	begun, _ := attrs["prov:startTime"].(string)
	ended, _ := attrs["prov:endTime"].(string)
	if begun != "" && ended != "" && isTime(begun) && isTime(ended) && at(ended).Before(at(begun)) {
		d.wrong("%s %s ends before it begins", name, id)
	}
}

// literals judges the value of an attribute that is not reserved: a JSON literal, a typed one, or a list of these.
func (d *document) literals(name, id, attr string, value any) {
	list, many := value.([]any)
	if !many {
		list = []any{value}
	}
	for _, v := range list {
		switch v := v.(type) {
		case string, json.Number, bool:
		case map[string]any:
			text, isText := v["$"].(string)
			typ, typed := v["type"].(string)
			_, tongued := v["lang"].(string)
			if !isText || typed == tongued || len(v) != 2 {
				d.wrong("%s %s: %s is no typed literal: %v", name, id, attr, v)
				continue
			}
			if typed {
				d.qualified(typ)
			}
			if typ == "prov:QUALIFIED_NAME" || typ == "xsd:QName" {
				d.qualified(text)
			}
		default:
			d.wrong("%s %s: %s is no literal: %v", name, id, attr, v)
		}
	}
}

func isTime(text string) bool {
	_, err := time.Parse(time.RFC3339, text)
	return err == nil
}

func at(text string) time.Time {
	t, _ := time.Parse(time.RFC3339, text)
	return t
}

func circle(derives map[string][]string) bool {
	state := map[string]int{} // 1: on the way, 2: done
	var walk func(string) bool
	walk = func(name string) bool {
		if state[name] != 0 {
			return state[name] == 1
		}
		state[name] = 1
		for _, to := range derives[name] {
			if walk(to) {
				return true
			}
		}
		state[name] = 2
		return false
	}
	for name := range derives {
		if walk(name) {
			return true
		}
	}
	return false
}
