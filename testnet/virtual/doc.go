// Package virtual runs small networks of companies inside one goroutine: the pure core of the product on stores in memory and a bus
// that loses, repeats, reorders and delays what it carries, with partitions, wrong clocks, crashes and restored databases.
//
// [Run] plays one seed and returns what happened, or the promise that was broken; the same seed plays the same network again,
// event for event. [NewCast] and the papers in paper.go serve other tests that need companies and documents.
//
// Some networks play a story besides (story.go): credits of months or of a year under terms with an SLA; agreements that are amended, ended early,
// said again and rolled out; a campaign of three with an arbiter, and disputes in which the word of each is needed. A forker's second history holds what its
// people would have said: signatures, offers, acts on disputes.
//
// What is checked after every step (THREATS, promises): no acknowledged write is lost (P2), every entry counts exactly once
// and arrives after any partition (P3), equal heads have equal rows and roots (P4), a second history is detected and provable (P5), a
// verdict or the end of a dispute that was reached stands (P1), a restored company never writes a second history (P7).
// At the end of a story all members keep the same books: no credit twice or above its cap, every dispute with one end, one effect in a cell, no step of a rollout
// plan out of its order.
package virtual
