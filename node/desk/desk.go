// Package desk is what a company's planners, buyers and accounts do at their node: keep private figures, draft a forecast, a
// capacity plan or an answer, see what the partner would see, share it, match demand against supply, and close small exceptions inside a mandate.
//
// A [Desk] works on a node.Node. Private figures stay in private rows; what is shared becomes a draft and then an entry of the feed.
package desk

import (
	"context"
	"crypto/rand"
	"fmt"
	"slices"
	"sync"

	"kontor/node"
	"kontor/protocol"
	"kontor/protocol/artifact"
	"kontor/protocol/block"
	"kontor/protocol/decision"
)

// Desk is the planners' side of one node.
type Desk struct {
	node     *node.Node
	register sync.Mutex // of exceptions: one at a time brings it up to the documents
	outlooks struct {
		sync.Mutex
		known map[block.CID]decision.Expectation
	}
	// step is told each time something durable was done about a file. Tests stop the process there; nil otherwise.
	step func(what, file string)
}

func (d *Desk) did(what, file string) {
	if d.step != nil {
		d.step(what, file)
	}
}

// New opens the desk of a node.
func New(n *node.Node) *Desk { return &Desk{node: n} }

// Partner picks a partnership by its ID, by a partner's name or CompanyID, or, when with is empty, the only one in which this
// company has the given role ("" for any).
func (d *Desk) Partner(with, role string) (*node.Partnership, error) {
	var fits []*node.Partnership
	for _, p := range d.node.Partnerships() {
		if p.Removed || (with == "" && d.unmeant(p)) || (role != "" && d.node.Own(p).Role != role) {
			continue
		}
		if with == "" || p.PID.String() == with || p.PID.Short() == with || d.names(p, with) {
			fits = append(fits, p)
		}
	}
	if len(fits) > 1 && with != "" { // a partner's name means the partnership of two with it; a circle is meant by its ID
		if pairs := slices.DeleteFunc(slices.Clone(fits), func(p *node.Partnership) bool { return len(p.Genesis.Members) > 2 }); len(pairs) == 1 {
			fits = pairs
		}
	}
	switch {
	case len(fits) == 1:
		return fits[0], nil
	case len(fits) == 0 && with == "":
		return nil, d.noPartner(role)
	case len(fits) == 0:
		return nil, node.Failf("NO_PARTNER", "no partner is called %q%s; kontor partner list shows all", with, asRole(role))
	}
	return nil, node.Failf("WHICH_PARTNER", "%d partnerships fit; say which with --with NAME or --with PARTNERSHIP (kontor partner list)", len(fits))
}

// unmeant tells a partnership that is not meant unless it is named: one that both sides have ended, and a circle that not all have signed.
func (d *Desk) unmeant(p *node.Partnership) bool {
	stands := d.stands(p)
	return stands == "ended" || stands == "proposed" && len(p.Genesis.Members) > 2
}

// ended tells that both sides have ended a partnership.
func (d *Desk) ended(p *node.Partnership) bool { return d.stands(p) == "ended" }

// stands is how a partnership stands; empty where that can't be read.
func (d *Desk) stands(p *node.Partnership) (standing string) {
	_ = d.node.View(p.PID, func(r *protocol.Replica) (err error) {
		standing, err = r.Standing()
		return err
	})
	return standing
}

// noPartner is why no partnership fits where none was named: there is none at all, or this company has the other role in all of them.
func (d *Desk) noPartner(role string) error {
	for _, p := range d.node.Partnerships() {
		if own := d.node.Own(p).Role; role != "" && own != role && !p.Removed && !d.unmeant(p) {
			return node.Failf("NO_PARTNER", "this is for the %s, and this company is the %s of %s: its partner does it at its own node; a partnership in which this company is the %s: kontor partner invite --as %s",
				role, own, d.PartnerName(p), role, role)
		}
	}
	return node.Failf("NO_PARTNER", "there is no partner yet%s; run: kontor partner invite --as buyer|seller", asRole(role))
}

func asRole(role string) string {
	if role == "" {
		return ""
	}
	return fmt.Sprintf(" to whom this company is %s", role)
}

func (d *Desk) names(p *node.Partnership, with string) bool {
	for _, m := range p.Genesis.Others(d.node.Company()) {
		if d.node.CompanyName(m.Company) == with || m.Company.String() == with {
			return true
		}
	}
	return false
}

// seriesRow is the secret of one artifact series: its ID and the key of its salts.
type seriesRow struct {
	Series artifact.SeriesID `cbor:"series"`
	Key    [32]byte          `cbor:"key"`
}

func seriesKey(pid block.CID, typ, name string) string {
	return "series/" + pid.String() + "/" + typ + "/" + name
}

// series finds or makes the series under which a company shares one kind of artifact in one partnership.
func (d *Desk) series(pid block.CID, typ, name string) (row seriesRow, err error) {
	key := seriesKey(pid, typ, name)
	err = d.node.Private(func(rows node.PrivateRows) error {
		found, err := rows.Get(key, &row)
		if err != nil || found {
			return err
		}
		if row.Series, err = artifact.NewSeriesID(rand.Reader); err != nil {
			return err
		}
		if _, err := rand.Read(row.Key[:]); err != nil {
			return err
		}
		return rows.Put(key, row)
	})
	return row, err
}

// next fills in the header of the next revision of a series: its number and its parent, the version in force or the one withdrawn last. current is
// the version in force, if any.
func (d *Desk) next(r *protocol.Replica, typ string, s seriesRow, now int64) (h artifact.Header, current *protocol.ArtifactRow, err error) {
	h = artifact.Header{Type: typ, Series: s.Series, Issued: now, Evidence: artifact.GradeB, Freshness: artifact.DefaultFreshness()}
	head, found, err := r.SeriesHead(typ, d.node.Company(), s.Series.String())
	if err != nil || !found {
		return h, nil, err
	}
	root := head.Root
	h.Revision, h.Parent = head.Revision+1, &root
	if head.Status == protocol.InForce {
		current = &head
	}
	return h, current, nil
}

// granted is what this company may share of a kind with a partner.
func (d *Desk) granted(p *node.Partnership, kind string) (artifact.Scope, error) {
	l, err := d.leaving(p, kind)
	return l.Scope, err
}

// PartnerName is the name of the other company, or of the others.
func (d *Desk) PartnerName(p *node.Partnership) string {
	name := ""
	for i, m := range p.Genesis.Others(d.node.Company()) {
		if i > 0 {
			name += ", "
		}
		name += d.node.CompanyName(m.Company)
	}
	return name
}

// share stores an artifact's blocks and writes the entry that carries it.
func (d *Desk) share(ctx context.Context, p *node.Partnership, command node.Command, kind string, sheet block.Sheet) (node.Written, int, error) {
	base, err := d.newestOf(p, sheet)
	if err != nil {
		return node.Written{}, 0, err
	}
	v, root, fresh, err := sheet.BuildOn(base, node.Spread)
	if err != nil {
		return node.Written{}, 0, err
	}
	size := len(root.Data)
	for _, b := range fresh {
		size += len(b.Data)
	}
	if size > largeArtifact {
		// Too large for the entry's own transaction: blocks first, unreferenced until the entry stands.
		if err := d.node.PutArtifact(p.PID, base, v, append(fresh, root)); err != nil {
			return node.Written{}, 0, err
		}
		fresh = nil
	}
	w, err := d.node.Write(ctx, p.PID, command, func(*protocol.Replica, int64) (protocol.Draft, error) {
		return protocol.Draft{Kind: kind, Body: &root, Blocks: fresh}, nil
	})
	return w, v.BlockBytes(), err
}

// newestOf is the version in force of a sheet's series, whose blocks need not be written again; the zero version where there is none, or the sheet is so small that it does
// not matter.
func (d *Desk) newestOf(p *node.Partnership, sheet block.Sheet) (base block.Version, err error) {
	if len(sheet.Rows) < block.MaxChunkRows {
		return base, nil
	}
	err = d.node.View(p.PID, func(r *protocol.Replica) error {
		rows, err := r.InForce(sheet.Type, d.node.Company())
		for _, row := range rows {
			v, bad := r.Artifact(row.Root)
			if bad != nil {
				return bad
			}
			if v.SeriesKey == sheet.SeriesKey {
				base = v
			}
		}
		return err
	})
	return base, err
}

// waits are the names of the members that have not acknowledged an entry of this company and are not connected.
func (d *Desk) waits(p *node.Partnership, entry block.CID) (names []string, err error) {
	host := d.node.Host()
	if host == nil {
		return nil, nil
	}
	connected := map[block.CID]bool{}
	for _, s := range host.Sessions() {
		connected[s.Company] = connected[s.Company] || s.Connected
	}
	err = d.node.View(p.PID, func(r *protocol.Replica) error {
		names = nil
		e, held, err := r.Log.Get(entry)
		if err != nil || !held {
			return err
		}
		for _, m := range p.Genesis.Others(d.node.Company()) {
			acked, err := r.Acknowledged(d.node.Company(), m.Company)
			if err != nil {
				return err
			}
			if acked < e.Header.Seq && !connected[m.Company] {
				names = append(names, d.node.CompanyName(m.Company))
			}
		}
		return nil
	})
	return names, err
}

// largeArtifact is where blocks no longer ride in the entry's transaction, which is bounded at 3 MiB.
const largeArtifact = 1 << 20
