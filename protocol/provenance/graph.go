// Package provenance says where an artifact comes from: which revision it replaces, which documents it was made from, by which activity of
// which company, and how well all that is evidenced.
//
// [Graph] is the derivation as nodes and edges; [Add] puts in one artifact; [Graph.PROV] writes it as W3C PROV-JSON, which any tool of that
// family reads; [Grade] is practice T11.
//
// Guarantees: pure; the same artifacts give the same bytes. Inputs from other tiers stand as salted commitments without a name: nothing in a
// graph leads out of its partnership (practice T10).
package provenance

import (
	"encoding/hex"
	"slices"
	"strings"

	"kontor/protocol/artifact"
	"kontor/protocol/block"
)

// MaxNodes bounds a graph: as many artifacts as a person can look through, and far more than one rests on.
const MaxNodes = 1024

// Relation says what an edge means.
type Relation string

// The relations, in the words of PROV.
const (
	RevisionOf  Relation = "wasRevisionOf"  // the same series, one revision earlier
	DerivedFrom Relation = "wasDerivedFrom" // made from it: an answer from a forecast, an agreement from what its parties looked at
)

// Node is one artifact, or an input that has no more than a commitment here.
type Node struct {
	ID         string         `json:"id"` // CID, or hexadecimal of a commitment
	Type       string         `json:"type,omitempty"`
	Author     string         `json:"author,omitempty"` // CompanyID
	Name       string         `json:"name,omitempty"`   // of the author, where it is known
	Revision   int64          `json:"revision"`
	Issued     int64          `json:"issued,omitempty"` // ms UTC
	Source     string         `json:"source,omitempty"` // system the figures come from
	Record     string         `json:"record,omitempty"`
	Version    string         `json:"version,omitempty"` // of the system or method
	Activity   string         `json:"activity,omitempty"`
	Extracted  int64          `json:"extracted,omitempty"` // ms UTC
	Grade      artifact.Grade `json:"grade,omitempty"`
	Evidence   string         `json:"evidence,omitempty"` // the grade in words
	Status     string         `json:"status,omitempty"`
	Withdrawn  int64          `json:"withdrawn,omitempty"` // ms UTC
	Commitment bool           `json:"commitment,omitempty"`
	Held       bool           `json:"held"` // false: named by another, and not here
}

// Edge leads from an artifact to what it comes from.
type Edge struct {
	From string   `json:"from"`
	To   string   `json:"to"`
	Rel  Relation `json:"relation"`
}

// Graph is the derivation of an artifact. Nodes stand in the order in which they were reached, the artifact itself first.
type Graph struct {
	Root  string `json:"root"`
	Nodes []Node `json:"nodes"`
	Edges []Edge `json:"edges"`
	// Cut says that more than MaxNodes artifacts stand behind it.
	Cut bool `json:"cut,omitempty"`
}

// Input is one artifact with what it names.
type Input struct {
	Node
	Parent      *block.CID
	Inputs      []block.CID // it was made from
	Commitments [][]byte    // of inputs from other tiers
}

// Build follows what artifacts name, from the root on. open answers what is known of a CID; Held is false where nothing is.
func Build(root block.CID, open func(block.CID) (Input, error)) (Graph, error) {
	g := Graph{Root: root.String(), Nodes: []Node{}, Edges: []Edge{}}
	queue, seen := []block.CID{root}, map[block.CID]bool{root: true}
	for len(queue) > 0 {
		id := queue[0]
		queue = queue[1:]
		if len(g.Nodes) >= MaxNodes {
			g.Cut = true
			break
		}
		in, err := open(id)
		if err != nil {
			return Graph{}, err
		}
		in.ID = id.String()
		g.Nodes = append(g.Nodes, in.Node)
		follow := func(to block.CID, rel Relation) {
			g.Edges = append(g.Edges, Edge{in.ID, to.String(), rel})
			if !seen[to] {
				seen[to] = true
				queue = append(queue, to)
			}
		}
		if in.Parent != nil {
			follow(*in.Parent, RevisionOf)
		}
		inputs := slices.Clone(in.Inputs)
		slices.SortFunc(inputs, block.CID.Compare)
		for _, to := range slices.Compact(inputs) {
			follow(to, DerivedFrom)
		}
		for _, c := range in.Commitments {
			name := hex.EncodeToString(c)
			g.Edges = append(g.Edges, Edge{in.ID, name, DerivedFrom})
			if !slices.ContainsFunc(g.Nodes, func(n Node) bool { return n.ID == name }) {
				g.Nodes = append(g.Nodes, Node{ID: name, Commitment: true})
			}
		}
	}
	// What was cut off has no node: its edges go too.
	known := map[string]bool{}
	for _, n := range g.Nodes {
		known[n.ID] = true
	}
	g.Edges = slices.DeleteFunc(g.Edges, func(e Edge) bool { return !known[e.To] })
	return g, nil
}

// Grade is practice T11 for an artifact: C where it was recorded on behalf of a partner without a node, A where both sides signed, else B. The
// sentence says who has it.
func Grade(claimed artifact.Grade, bothSigned bool, received []string) (artifact.Grade, string) {
	switch {
	case claimed == artifact.GradeC:
		return artifact.GradeC, "recorded on behalf of a partner without a node: it shows, matches and measures, and triggers no remedy unless the terms say so"
	case bothSigned:
		return artifact.GradeA, "both sides signed"
	case len(received) == 0:
		return artifact.GradeB, "its author signed; nobody has acknowledged it yet"
	}
	return artifact.GradeB, "its author signed; received by " + strings.Join(received, ", ")
}
