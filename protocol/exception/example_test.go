package exception_test

import (
	"fmt"

	"kontor/protocol/calendar"
	"kontor/protocol/exception"
)

func ExampleReconcile() {
	scope := exception.Scope{Product: "EFV600-30", Buckets: calendar.MustBucket("2027-01")}
	open := []exception.Exception{{ID: exception.NewID(exception.Shortage, scope), Kind: exception.Shortage, Scope: scope}}
	after := exception.Reconcile(open, nil) // an agreement has filled the gap
	fmt.Println(len(after.Raised), "raised,", len(after.Kept), "kept,", len(after.Closed), "closed by itself")
	// Output: 0 raised, 0 kept, 1 closed by itself
}
