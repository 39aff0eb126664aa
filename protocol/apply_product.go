package protocol

import (
	"slices"

	"kontor/protocol/artifact"
	"kontor/protocol/block"
	"kontor/protocol/decision"
	"kontor/protocol/product"
)

func applyProduct(f *fold) ([]string, error) {
	v, err := f.judge(func(s block.Sheet, scopes []artifact.Scope, rules RuleSet) (verdict, error) {
		doc, err := product.FromSheet(s)
		if err != nil {
			return verdict{}, err
		}
		return verdict{codes: artifact.Codes(append(product.CheckUnder(doc, rules.Artifacts), outside(func(s artifact.Scope) []artifact.Finding { return product.CheckScope(doc, s) }, scopes)...)), header: doc.Header}, nil
	})
	if err != nil || len(v.codes) > 0 {
		return v.codes, err
	}
	return f.install(v)
}

// reviseProduct finds which products a revision of a map means something else by: it is material to what is about those.
func (f *fold) reviseProduct(old, revised block.CID) ([]string, error) {
	a, err := f.replica.ProductMap(old)
	if err != nil {
		return nil, err
	}
	b, err := f.replica.ProductMap(revised)
	if err != nil {
		return nil, err
	}
	before := map[string]product.Link{}
	for _, l := range a.Links {
		before[l.Key()] = l
	}
	var moved []string
	for _, l := range b.Links {
		if was, there := before[l.Key()]; !there || was.Units != l.Units || was.Until != l.Until || was.Kit != l.Kit || was.Share != l.Share {
			moved = append(moved, l.Buyers, l.Sellers)
		}
		delete(before, l.Key())
	}
	for _, l := range before {
		moved = append(moved, l.Buyers, l.Sellers)
	}
	f.revised = &revision{other: func(s decision.Scope) bool {
		return slices.ContainsFunc(moved, func(id string) bool {
			return slices.Contains(s.Products, id) || slices.Contains(s.Products, artifact.All)
		})
	}}
	return nil, nil
}

// ProductMap opens a product map by its root.
func (r *Replica) ProductMap(root block.CID) (product.Document, error) {
	sheet, err := r.Sheet(root)
	if err != nil {
		return product.Document{}, err
	}
	return product.FromSheet(sheet)
}

// ProductLinks are the links of all product maps in force, of every member.
func (r *Replica) ProductLinks() (links []product.Link, err error) {
	rows, err := r.InForce(product.Type, block.CID{})
	if err != nil {
		return nil, err
	}
	for _, row := range rows {
		doc, err := r.ProductMap(row.Root)
		if err != nil {
			return nil, err
		}
		links = append(links, doc.Links...)
	}
	return links, nil
}
