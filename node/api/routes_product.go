package api

import (
	"context"
	"io"

	"kontor/node/api/wire"
	"kontor/node/desk"
)

// Routes of products and their numbers at partners.
var (
	ProductImport  = wire.PostFile[desk.ImportOptions, desk.ImportResult]("/v1/product/import", wire.Plan, "Takes own items, and the numbers partners have for them, from a table.")
	ProductList    = wire.Get[WithQuery, desk.ProductListing]("/v1/product/list", wire.View, "Lists own items, the links of the maps in force, and products that nothing explains yet.")
	ProductMap     = wire.Post[desk.MapOptions, desk.OwnProduct]("/v1/product/map", wire.Plan, "Says what an own item is called by a partner.")
	ProductFamily  = wire.Post[desk.FamilyOptions, []desk.OwnProduct]("/v1/product/family", wire.Plan, "Counts own products to a family, under whose name far figures leave where a scope says so.")
	ProductPreview = wire.Get[WithQuery, desk.Preview]("/v1/product/preview", wire.Plan, "Shows the product map a partner would hold.")
	ProductShare   = wire.Post[WithQuery, desk.Shared]("/v1/product/share", wire.Plan, "Shares the product map with a partner.")
)

func registerProducts(r *Registry, d *desk.Desk) {
	HandleUpload(r, ProductImport, func(_ context.Context, _ Caller, in desk.ImportOptions, file io.Reader) (desk.ImportResult, error) {
		data, err := io.ReadAll(file)
		if err != nil {
			return desk.ImportResult{}, err
		}
		return d.ImportProducts(data, in)
	})
	Handle(r, ProductList, func(_ context.Context, c Caller, in WithQuery) (desk.ProductListing, error) {
		out, err := d.Products(in.With)
		if err != nil {
			return desk.ProductListing{}, err
		}
		return c.products(out), nil
	})
	Handle(r, ProductMap, func(_ context.Context, _ Caller, in desk.MapOptions) (desk.OwnProduct, error) {
		return d.MapProduct(in)
	})
	Handle(r, ProductFamily, func(_ context.Context, _ Caller, in desk.FamilyOptions) ([]desk.OwnProduct, error) {
		return d.SetFamily(in)
	})
	Handle(r, ProductPreview, func(_ context.Context, _ Caller, in WithQuery) (desk.Preview, error) {
		return d.PreviewProducts(in.With)
	})
	Handle(r, ProductShare, func(ctx context.Context, c Caller, in WithQuery) (desk.Shared, error) {
		return d.ShareProducts(ctx, in.With, c.Command)
	})
}

// products leaves out what a caller's token does not cover.
func (c Caller) products(all desk.ProductListing) desk.ProductListing {
	out := desk.ProductListing{Products: []desk.OwnProduct{}, Links: []desk.HeldLink{}, Worklist: []desk.ParkedProduct{}}
	for _, p := range all.Products {
		if c.Scope.Product(p.ID) {
			out.Products = append(out.Products, p)
		}
	}
	for _, l := range all.Links {
		if c.Scope.Product(l.Buyers) || c.Scope.Product(l.Sellers) {
			out.Links = append(out.Links, l)
		}
	}
	for _, w := range all.Worklist {
		if c.Scope.Product(w.Product) {
			out.Worklist = append(out.Worklist, w)
		}
	}
	return out
}
