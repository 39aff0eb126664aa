package provenance_test

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"kontor/protocol/artifact"
	"kontor/protocol/block"
	"kontor/protocol/provenance"
)

func id(s string) block.CID { return block.SumRaw([]byte(s)) }

// family is a forecast of two revisions, a plan made for the later one with an input from another tier, and an answer from both.
func family() map[block.CID]provenance.Input {
	parent := id("forecast 0")
	node := func(typ, author, activity string, revision, issued int64) provenance.Node {
		return provenance.Node{Type: typ, Author: author, Name: author, Activity: activity, Source: "ERP", Version: "7", Revision: revision, Issued: issued, Extracted: issued - 1000,
			Grade: artifact.GradeB, Status: "IN_FORCE", Held: true}
	}
	first := node("SharedForecast.v1", "agency", "IMPORT", 0, 1_795_305_600_000)
	first.Status, first.Withdrawn = "WITHDRAWN", 1_795_305_700_000
	return map[block.CID]provenance.Input{
		parent:           {Node: first},
		id("forecast 1"): {Node: node("SharedForecast.v1", "agency", "EDIT", 1, 1_795_309_200_000), Parent: &parent},
		id("plan"):       {Node: node("CapacityPlan.v1", "maker", "IMPORT", 0, 1_795_312_800_000), Inputs: []block.CID{id("forecast 1"), id("elsewhere")}, Commitments: [][]byte{{1, 2, 3}}},
		id("answer"):     {Node: node("ForecastAnswer.v1", "maker", "ANSWER", 0, 1_795_316_400_000), Inputs: []block.CID{id("plan"), id("forecast 1"), id("plan")}},
	}
}

func build(t *testing.T, root block.CID) provenance.Graph {
	t.Helper()
	known := family()
	g, err := provenance.Build(root, func(c block.CID) (provenance.Input, error) { return known[c], nil })
	if err != nil {
		t.Fatal(err)
	}
	return g
}

func TestBuildFollowsWhatArtifactsName(t *testing.T) {
	g := build(t, id("answer"))
	if len(g.Nodes) != 6 || len(g.Edges) != 6 || g.Nodes[0].Type != "ForecastAnswer.v1" || g.Cut {
		t.Fatalf("%d nodes, %d edges: %+v", len(g.Nodes), len(g.Edges), g)
	}
	held, commitments := 0, 0
	for _, n := range g.Nodes {
		if n.Held {
			held++
		}
		if n.Commitment {
			commitments++
		}
	}
	if held != 4 || commitments != 1 {
		t.Errorf("%d held, %d commitments", held, commitments)
	}
}

// A chain longer than the bound is cut, and no edge hangs in the air.
func TestBuildIsBounded(t *testing.T) {
	g, err := provenance.Build(id("x"), func(c block.CID) (provenance.Input, error) {
		next := block.SumRaw([]byte(c.String()))
		return provenance.Input{Node: provenance.Node{Held: true}, Parent: &next}, nil
	})
	if err != nil || len(g.Nodes) != provenance.MaxNodes || !g.Cut || len(g.Edges) != provenance.MaxNodes-1 {
		t.Fatalf("%d nodes, %d edges, %v", len(g.Nodes), len(g.Edges), err)
	}
}

// relations are those of PROV-JSON that a graph writes: what each has to name, and of which sort.
var relations = map[string]map[string]string{
	"wasGeneratedBy":    {"prov:entity": "entity", "prov:activity": "activity"},
	"used":              {"prov:activity": "activity", "prov:entity": "entity"},
	"wasDerivedFrom":    {"prov:generatedEntity": "entity", "prov:usedEntity": "entity"},
	"wasAttributedTo":   {"prov:entity": "entity", "prov:agent": "agent"},
	"wasAssociatedWith": {"prov:activity": "activity", "prov:agent": "agent"},
	"actedOnBehalfOf":   {"prov:delegate": "agent", "prov:responsible": "agent"},
	"wasInvalidatedBy":  {"prov:entity": "entity", "prov:activity": "activity"},
}

// The export keeps the structure that PROV-JSON asks for: declared prefixes, known relations, every relation about things declared, times that
// are times, an activity that begins before it ends, a generation inside it, and no derivation in a circle.
func TestPROVIsStructurallyValid(t *testing.T) {
	g := build(t, id("answer"))
	data, err := g.PROV()
	if err != nil {
		t.Fatal(err)
	}
	if again, _ := g.PROV(); !bytes.Equal(again, data) {
		t.Error("one graph, two forms")
	}
	var doc map[string]map[string]json.RawMessage
	if err := json.Unmarshal(data, &doc); err != nil {
		t.Fatal(err)
	}
	qualified := func(name string) {
		t.Helper()
		prefix, local, ok := strings.Cut(name, ":")
		if prefix != "_" && (!ok || local == "" || doc["prefix"][prefix] == nil) {
			t.Errorf("%q has no declared prefix", name)
		}
	}
	count := map[string]int{}
	derives := map[string][]string{}
	for section, things := range doc {
		if section == "prefix" {
			continue
		}
		needs, relation := relations[section]
		if !relation && section != "entity" && section != "activity" && section != "agent" {
			t.Errorf("section %q is none of PROV-JSON's that are written here", section)
		}
		for name, raw := range things {
			qualified(name)
			count[section]++
			var attrs map[string]any
			if err := json.Unmarshal(raw, &attrs); err != nil {
				t.Fatal(err)
			}
			for attr, value := range attrs {
				qualified(attr)
				if strings.HasSuffix(attr, "ime") {
					if _, err := time.Parse(time.RFC3339, value.(string)); err != nil {
						t.Errorf("%s of %s: %v", attr, name, err)
					}
				}
				if typed, ok := value.(map[string]any); ok && (typed["$"] == nil || typed["type"] == nil) {
					t.Errorf("%s of %s is no typed literal: %v", attr, name, value)
				}
			}
			for attr, sort := range needs {
				target, _ := attrs[attr].(string)
				if doc[sort][target] == nil {
					t.Errorf("%s %s: %s names %q, which is no declared %s", section, name, attr, target, sort)
				}
			}
			if section == "activity" && attrs["prov:startTime"].(string) > attrs["prov:endTime"].(string) {
				t.Errorf("activity %s ends before it begins", name)
			}
			if section == "wasDerivedFrom" {
				from := attrs["prov:generatedEntity"].(string)
				derives[from] = append(derives[from], attrs["prov:usedEntity"].(string))
			}
		}
	}
	for section, want := range map[string]int{"entity": 6, "activity": 5, "wasGeneratedBy": 4, "wasDerivedFrom": 6, "wasInvalidatedBy": 1, "wasAttributedTo": 4} {
		if count[section] != want {
			t.Errorf("%d of %s, want %d", count[section], section, want)
		}
	}
	var walk func(string, int)
	walk = func(name string, depth int) {
		if depth > len(g.Nodes) {
			t.Fatal("a derivation goes in a circle")
		}
		for _, to := range derives[name] {
			walk(to, depth+1)
		}
	}
	for name := range derives {
		walk(name, 0)
	}
}

func TestGrade(t *testing.T) {
	for _, c := range []struct {
		claimed  artifact.Grade
		both     bool
		received []string
		want     artifact.Grade
		says     string
	}{{artifact.GradeB, false, nil, "B", "nobody"}, {artifact.GradeB, false, []string{"Maker"}, "B", "received by Maker"}, {artifact.GradeB, true, nil, "A", "both"}, {artifact.GradeC, true, nil, "C", "no remedy"}} {
		if grade, text := provenance.Grade(c.claimed, c.both, c.received); grade != c.want || !strings.Contains(text, c.says) {
			t.Errorf("%+v: %s %s", c, grade, text)
		}
	}
}
