package performance_test

import (
	"fmt"

	"kontor/protocol/calendar"
	"kontor/protocol/performance"
	"kontor/protocol/quantity"
)

// One line of two hundred differs: the walk finds it, and neither side saw another.
func ExampleBisect() {
	salt := performance.NewSalt([]byte("the channel key of a partnership"))
	var ours, theirs []performance.Line
	for i := range 200 {
		hundred := quantity.Of(100)
		l := performance.Line{Order: fmt.Sprintf("PO-%d", i), Item: "ZDV-300", Due: calendar.MustDate("2026-10-09"), Event: performance.ReceiptPosted, Accepted: &hundred, Date: calendar.MustDate("2026-10-09")}
		ours = append(ours, l)
		if i == 117 {
			l.Date = calendar.MustDate("2026-10-10")
		}
		theirs = append(theirs, l)
	}
	a, _ := performance.NewTree(salt, "ZDV-300|CI|2026-10", ours)
	b, _ := performance.NewTree(salt, "ZDV-300|CI|2026-10", theirs)
	asked := 0
	found, _, err := performance.Bisect(a, b.Root(), 200, func(paths [][]byte) (nodes []performance.Node, err error) {
		asked += len(paths)
		for _, p := range paths {
			n, _ := b.Node(p)
			nodes = append(nodes, n)
		}
		return nodes, nil
	})
	opening, _, _ := a.Open(found[0].At)
	fmt.Println(len(found), opening.Line.Order, opening.Line.Date, asked < 5, err)
	// Output: 1 PO-117 2026-10-09 true <nil>
}
