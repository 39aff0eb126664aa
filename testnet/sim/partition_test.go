package sim

import (
	"testing"
	"time"

	"kontor/protocol/block"
)

// Three companies, each the partner of each of the others. The way between two of them is cut for half an hour. It shows that the third works on with
// both as if nothing was, that the two hold nothing of each other meanwhile, and that after the way is mended everything arrives within
// the longest wait before a partner is dialled again.
func TestPartition(t *testing.T) {
	if testing.Short() {
		t.Skip("long")
	}
	play(t, func(t *testing.T, w *world) {
		agency, maker, ingredients := w.found("Agency"), w.found("Maker"), w.found("Ingredients")
		direct := agency.buysFrom(maker)
		other := agency.buysFrom(ingredients)
		further := maker.buysFrom(ingredients)
		all := func(limit time.Duration) {
			t.Helper()
			agency.inStep(direct, maker, limit)
			agency.inStep(other, ingredients, limit)
			maker.inStep(further, ingredients, limit)
		}
		all(time.Minute)

		w.network.part(agency.ip, maker.ip)
		held := maker.head(direct, agency.Company())
		for range 6 {
			time.Sleep(5 * time.Minute)
			packs := 1000 + int(time.Since(firstDay).Minutes())
			check(t, agency.expects(maker, packs))
			check(t, agency.expects(ingredients, packs))
			check(t, maker.expects(ingredients, packs))
			for _, ask := range []struct {
				of  *company
				pid block.CID
			}{{agency, other}, {maker, further}} {
				if took := ingredients.await(ask.pid, ask.of.Company(), ask.of.head(ask.pid, ask.of.Company()), time.Minute); took > 500*time.Millisecond {
					t.Errorf("beside the cut an entry of %s took %v", ask.of.name, took)
				}
			}
			if got := maker.head(direct, agency.Company()); got != held {
				t.Fatalf("entry %d came over a cut way", got)
			}
		}
		behind := agency.head(direct, agency.Company()) - held
		if behind < 6 {
			t.Fatalf("only %d entries wait", behind)
		}

		w.network.meet(agency.ip, maker.ip)
		took := maker.await(direct, agency.Company(), agency.head(direct, agency.Company()), 6*time.Minute)
		t.Logf("%d entries that waited were held %v after the way was mended", behind, took.Round(time.Millisecond))
		all(time.Minute)
		maker.entries(direct, agency.Company())

		check(t, agency.expects(maker, 5000))
		if took := maker.await(direct, agency.Company(), agency.head(direct, agency.Company()), time.Minute); took > 500*time.Millisecond {
			t.Errorf("after the cut an entry took %v", took)
		}
	})
}
