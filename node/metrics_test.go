package node

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"kontor/protocol/bound"
)

var update = flag.Bool("update", false, "write METRICS.md anew")

// The page of the metrics is made from the registry of a node, so that it names what there is.
func TestMetricsPage(t *testing.T) {
	home := Home(filepath.Join(t.TempDir(), "acme"))
	if _, err := Init(home, InitOptions{Company: "acme", Listen: []string{"/ip4/127.0.0.1/tcp/0"}, Now: time.Now()}); err != nil {
		t.Fatal(err)
	}
	o := open(t, home)
	got := metricsPage(t, o.registry)
	if *update {
		if err := os.WriteFile("METRICS.md", []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile("METRICS.md")
	if err != nil || string(want) != got {
		t.Errorf("METRICS.md is not what the program has, %v; write it with: go test ./node -run MetricsPage -update", err)
	}
}

// Every limit of PROTOCOL 9 stands in the table once, with a positive value.
func TestBoundsAreComplete(t *testing.T) {
	var names []string
	for _, b := range Bounds {
		if b.Limit <= 0 || b.Unit == "" {
			t.Errorf("%+v is no limit", b)
		}
		names = append(names, b.Name)
	}
	if !slices.Equal(names, bound.All) {
		t.Errorf("the table has %v, the limits are %v", names, bound.All)
	}
	for code, name := range limitCodes {
		if !slices.Contains(bound.All, name) {
			t.Errorf("%s stands for %q, which is no limit", code, name)
		}
	}
}

var descForm = regexp.MustCompile(`fqName: "([^"]+)", help: "((?:[^"\\]|\\.)*)", (?:unit: "[^"]*", )?constLabels: \{\}, variableLabels: \{([^}]*)\}`)

func metricsPage(t *testing.T, registry *prometheus.Registry) string {
	t.Helper()
	descriptions := make(chan *prometheus.Desc)
	go func() { registry.Describe(descriptions); close(descriptions) }()
	var rows []string
	for d := range descriptions {
		m := descForm.FindStringSubmatch(d.String())
		if m == nil {
			t.Fatalf("a description of another form: %s", d)
		}
		rows = append(rows, fmt.Sprintf("| `%s` | %s | %s |", m[1], m[3], m[2]))
	}
	slices.Sort(rows)
	var b strings.Builder
	b.WriteString(`# Metrics

What Prometheus scrapes of a node: ` + "`GET /metrics`" + ` on the local API, over the unix socket of the home or over loopback with a token.

` + "```\ncurl --unix-socket HOME/kontor.sock http://kontor/metrics\n```" + `

No label holds what a partner may choose: partnerships, members and partners are the short forms of their IDs, reasons are codes. Figures of store, disk,
acknowledgement and use are read when they are asked for, once a second at the most. A counter begins at zero with each start.

| metric | labels | meaning |
|---|---|---|
`)
	b.WriteString(strings.Join(rows, "\n"))
	b.WriteString(`

## Limits

Each limit of the protocol has ` + "`kontor_limit{limit}`" + ` and ` + "`kontor_limit_refused_total{limit}`" + `; where use can be said in one figure, also ` + "`kontor_limit_used{limit}`" + `.

| limit | value | of what | ` + "`kontor_limit_used`" + ` |
|---|---|---|---|
`)
	for _, l := range Bounds {
		use := l.What
		if use == "" {
			use = "-"
		}
		fmt.Fprintf(&b, "| `%s` | %d | %s | %s |\n", l.Name, l.Limit, l.Unit, use)
	}
	b.WriteString(`
## What to be woken for

| alarm | means |
|---|---|
| ` + "`kontor_equivocations_total > 0`" + ` | a member wrote two histories: nothing binding goes on until both sides resolve it |
| ` + "`kontor_commitment_mismatch_total > 0`" + ` | two nodes hold different states: ` + "`kontor status`" + ` names the first differing row |
| ` + "`kontor_store_writable == 0`" + ` | the disk is full or failed |
| ` + "`kontor_unacked_age_seconds > 86400`" + ` | a partner has acknowledged nothing for a day: every node writes at least one entry a day |
| ` + "`increase(kontor_verify_fail_total[1h]) > 0`" + ` | a partner's node sends what no node may accept |
`)
	return b.String()
}
