package doc

import (
	"fmt"
	"os"
	"regexp"
	"strings"
	"testing"
)

var (
	// A row of the first table, and a test that a row names.
	attackRow = regexp.MustCompile(`(?m)^\| (\d+) \|.*$`)
	namedTest = regexp.MustCompile("`([a-z0-9_/]+_test\\.go):(Test[A-Za-z0-9_]+)`")
)

// attacks is how many the design lists.
const attacks = 27

// Every attack has a row with at least one test, and every test that is named exists.
func TestThreats(t *testing.T) {
	page, err := os.ReadFile("threats.md")
	if err != nil {
		t.Fatal(err)
	}
	rows := attackRow.FindAllStringSubmatch(string(page), -1)
	if len(rows) != attacks {
		t.Errorf("%d attacks have a row, not %d", len(rows), attacks)
	}
	for i, row := range rows {
		if row[1] != fmt.Sprint(i+1) {
			t.Errorf("row %d is of attack %s", i+1, row[1])
		}
	}
	sources := map[string]string{}
	for _, line := range strings.Split(string(page), "\n") {
		if !strings.HasPrefix(line, "| ") || strings.HasPrefix(line, "| # |") || strings.HasPrefix(line, "| attack |") {
			continue
		}
		tests := namedTest.FindAllStringSubmatch(line, -1)
		if len(tests) == 0 || strings.Count(line, "_test.go") != len(tests) {
			t.Errorf("no test, or one that can't be read: %s", line)
		}
		for _, named := range tests {
			file, name := named[1], named[2]
			if _, known := sources[file]; !known {
				data, err := os.ReadFile("../../" + file)
				if err != nil {
					t.Errorf("the page names a file that is not there: %v", err)
				}
				sources[file] = string(data)
			}
			if !strings.Contains(sources[file], "\nfunc "+name+"(") {
				t.Errorf("%s has no test %s", file, name)
			}
		}
	}
}
