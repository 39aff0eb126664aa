package provenance_test

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"

	"kontor/protocol/artifact"
	"kontor/protocol/block"
	"kontor/protocol/provenance"
	"kontor/protocol/provenance/provtest"
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

// The export keeps the structure that PROV-JSON asks for, with all that the graph has, and one graph has one form.
func TestPROVIsStructurallyValid(t *testing.T) {
	g := build(t, id("answer"))
	data, err := g.PROV()
	if err != nil {
		t.Fatal(err)
	}
	if again, _ := g.PROV(); !bytes.Equal(again, data) {
		t.Error("one graph, two forms")
	}
	for _, wrong := range provtest.Check(data) {
		t.Error(wrong)
	}
	var doc map[string]map[string]json.RawMessage
	if err := json.Unmarshal(data, &doc); err != nil {
		t.Fatal(err)
	}
	for section, want := range map[string]int{"entity": 6, "activity": 5, "wasGeneratedBy": 4, "wasDerivedFrom": 6, "wasInvalidatedBy": 1, "wasAttributedTo": 4} {
		if len(doc[section]) != want {
			t.Errorf("%d of %s, want %d", len(doc[section]), section, want)
		}
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
