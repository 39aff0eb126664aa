package bench

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"os"
	"time"

	"kontor/node"
	"kontor/protocol/block"
	"kontor/protocol/quantity"
	"kontor/protocol/release"
	"kontor/protocol/state"
	"kontor/store"
)

const (
	// gateWeeks are the buckets of a release: each is a group of the ledger.
	gateWeeks = 52
	// gateProducts stand behind all components of a supplier, so that components share what customers ask for.
	gateProducts = 500
)

// measureStoredGate judges the components of a release as a node does that was started for it: the ledgers of a year of weekly releases are read from the
// store, each component is judged and held, and what is new is written. Components share products, and every customer changes what it asks for each week.
func measureStoredGate(ctx context.Context, b *bench) error {
	for _, cells := range []int{b.Cells / 100, b.Cells / 10, b.Cells} {
		if err := b.storedGate(ctx, max(cells/gateWeeks, 1)); err != nil {
			return err
		}
	}
	return nil
}

func (b *bench) storedGate(ctx context.Context, components int) error {
	var key store.Key
	if _, err := rand.Read(key[:]); err != nil {
		return err
	}
	dir, err := os.MkdirTemp(b.dir, "ledgers-")
	if err != nil {
		return err
	}
	db, err := store.Open(store.Options{Dir: dir, Key: key})
	if err != nil {
		return err
	}
	defer db.Close()
	if err := fillGate(ctx, db, components); err != nil {
		return err
	}
	fresh := make([]release.Sum, components)
	for c := range fresh {
		fresh[c] = gateComponent(c, components, releasesBefore)
	}
	began, errs := time.Now(), make([]error, gateWeeks)
	node.Spread(gateWeeks, func(group int) {
		if errs[group] = ctx.Err(); errs[group] == nil {
			errs[group] = releaseGroup(db, group, fresh)
		}
	})
	work := time.Since(began)
	if err := errors.Join(errs...); err != nil {
		return err
	}
	began = time.Now()
	node.Spread(gateWeeks, func(group int) {
		errs[group] = db.View(func(kv store.KV) error { return eachGatePage(kv, group, func(release.Page) error { return nil }) })
	})
	limit := time.Since(began)
	if err := errors.Join(errs...); err != nil {
		return err
	}
	cells := components * gateWeeks
	r := Result{Work: fmt.Sprintf("the same with %s cells of components that share products, their ledgers read from the store and written back, on all cores", thousands(cells)), Unit: "ms", Value: ms(work), Limit: ms(limit),
		LimitOf: "reading and decoding the ledgers", Samples: 1}
	return b.emit(r.judge(goal{under: 1500 * float64(cells) / 520_000}))
}

// releaseGroup judges and holds the figures of a week.
func releaseGroup(db *store.DB, group int, fresh []release.Sum) error {
	l, err := loadGate(db, group)
	if err != nil {
		return err
	}
	for c := range fresh {
		w, found := l.Weigh(fresh[c])
		if len(found) > 0 {
			return fmt.Errorf("component %d is refused: %v", c, found[0])
		}
		l.Take("this week", w, false)
	}
	return storeGate(db, group, l)
}

// fillGate stores the same year of releases as the ledger of each week.
func fillGate(ctx context.Context, db *store.DB, components int) error {
	var l release.Ledger
	for week := range releasesBefore {
		if err := ctx.Err(); err != nil {
			return err
		}
		for c := range components {
			l.Add(fmt.Sprint("week ", week), gateComponent(c, components, week), false)
		}
	}
	_, pages := l.Unstored()
	for group := range gateWeeks {
		if err := putGatePages(db, group, 0, pages); err != nil {
			return err
		}
	}
	return nil
}

// putGatePages writes as many pages at once as an update takes.
func putGatePages(db *store.DB, group, first int, pages []release.Page) error {
	for len(pages) > 0 {
		n := min(len(pages), 8)
		if err := db.Update(func(kv store.KV) error {
			for i, p := range pages[:n] {
				data, err := block.Marshal(p)
				if err != nil {
					return err
				}
				if err := kv.Put(state.TablePrivate, fmt.Appendf(nil, "%02d/%08d", group, first+i), data); err != nil {
					return err
				}
			}
			return nil
		}); err != nil {
			return err
		}
		first, pages = first+n, pages[n:]
	}
	return nil
}

func eachGatePage(kv store.KV, group int, each func(release.Page) error) error {
	prefix := fmt.Appendf(nil, "%02d/", group)
	return kv.Scan(state.TablePrivate, prefix, prefix, func(_, value []byte) (bool, error) {
		var p release.Page
		if err := block.Unmarshal(value, &p); err != nil {
			return false, err
		}
		return true, each(p)
	})
}

func loadGate(db *store.DB, group int) (*release.Ledger, error) {
	l := &release.Ledger{}
	return l, db.View(func(kv store.KV) error { return eachGatePage(kv, group, l.Load) })
}

func storeGate(db *store.DB, group int, l *release.Ledger) error {
	first, pages := l.Unstored()
	return putGatePages(db, group, first, pages)
}

// gateComponent is what eight customers ask for in a week of one to three products that a component is for.
func gateComponent(component, components, week int) release.Sum {
	s := release.Sum{Path: fmt.Sprint("component ", component)}
	products := min(gateProducts, max(components/4, 1))
	for i := range 1 + component%3 {
		product := (component*(i+1) + i*component/products) % products
		if i > 0 && product == component%products {
			continue
		}
		what := fmt.Sprint("product ", product)
		for c := range contributors {
			s.Terms = append(s.Terms, release.Term{Contributor: fmt.Sprint("customer ", c), What: what, Amount: quantity.Of(int64(1 + week*gateProducts*contributors + product*contributors + c)), Factor: quantity.Of(int64(1 + (component+i)%9))})
		}
	}
	return s
}
