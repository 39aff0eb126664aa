package virtual

import (
	"fmt"
	"sort"

	"kontor/protocol"
	"kontor/protocol/block"
	"kontor/protocol/feed"
	"kontor/protocol/identity"
	"kontor/protocol/partnership"
	"kontor/protocol/state"
	"kontor/store/kv"
	"kontor/store/memory"
)

// Scene is one partnership played by hand: nothing happens that the script does not say. Tests of single rules and the transcripts
// a planner reads are scenes.
type Scene struct {
	Now     int64 // ms UTC, everybody's clock
	Cast    Cast
	Genesis partnership.Genesis
	Desks   []*Desk
}

// Desk is a company in a scene.
type Desk struct {
	*Company
	DB       *memory.Store
	Contract *protocol.Contract
	At       int                 // milestone up to which its chain is published
	Skew     int64               // its clock minus the scene's
	Known    map[block.CID]int64 // places of identity heads known of others; absent: everything
	scene    *Scene
}

// NewScene seats the first n of the cast: the agency buys, the maker sells, a third sells too, or witnesses.
func NewScene(n int, witness bool) (*Scene, error) {
	cast, err := sharedCast()
	if err != nil {
		return nil, err
	}
	cast = cast[:n]
	members := make([]int, n)
	for i := range members {
		members[i] = i
	}
	by := nobody
	if witness {
		by.witness = n - 1
	}
	g, err := genesisOf(cast, members, by)
	if err != nil {
		return nil, err
	}
	return NewSceneOf(cast, g)
}

// NewSceneOf opens a scene for a genesis.
func NewSceneOf(cast Cast, g partnership.Genesis) (*Scene, error) {
	s := &Scene{Now: Start, Cast: cast, Genesis: g}
	for _, c := range cast {
		if _, member := g.Member(c.ID); !member {
			continue
		}
		d := &Desk{Company: c, DB: memory.New(), scene: s, Known: map[block.CID]int64{}}
		var err error
		if d.Contract, err = protocol.NewContract(g, d.identities); err != nil {
			return nil, err
		}
		s.Desks = append(s.Desks, d)
	}
	return s, nil
}

// Desk finds a company by name.
func (s *Scene) Desk(name string) *Desk {
	for _, d := range s.Desks {
		if d.Name == name {
			return d
		}
	}
	panic("no desk of " + name)
}

// Signed lets everybody sign the partnership and hear of it.
func (s *Scene) Signed() error {
	for _, d := range s.Desks {
		b, err := block.New(s.Genesis)
		if err != nil {
			return err
		}
		if _, err := d.Write(protocol.Draft{Kind: protocol.KindSign, Body: &b}); err != nil {
			return err
		}
	}
	return s.Meet()
}

// Meet lets everybody hear all that everybody holds, with receipts, until nothing is new.
func (s *Scene) Meet() error {
	for range 8 {
		moved := 0
		for _, from := range s.Desks {
			for _, to := range s.Desks {
				if from == to {
					continue
				}
				before := to.DB.Len()
				if err := from.Tell(to); err != nil {
					return err
				}
				moved += to.DB.Len() - before
			}
		}
		if moved == 0 {
			break
		}
	}
	return nil
}

func (d *Desk) identities(company, head block.CID) (identity.View, bool) {
	c := d.scene.Cast.Of(company)
	if c == nil {
		return identity.View{}, false
	}
	view, ok := c.Chain.At(head)
	if known, limited := d.Known[company]; limited && ok && view.Seq() > known {
		return identity.View{}, false
	}
	return view, ok
}

// Clock is the desk's clock.
func (d *Desk) Clock() int64 { return d.scene.Now + d.Skew }

// Author is the company as it writes now.
func (d *Desk) Author() protocol.Author { return d.Company.Author(d.At) }

// Write writes the desk's next entry.
func (d *Desk) Write(draft protocol.Draft) (e feed.Entry, err error) {
	err = d.DB.Update(func(kv kv.KV) error {
		out, err := d.Contract.Open(kv).Write(draft, d.Author(), d.Clock())
		if err == nil {
			e = out.Admitted[0]
		}
		return err
	})
	if err == nil {
		err = d.finish()
	}
	return e, err
}

// Force writes an entry without asking the fold, its header altered before it is signed.
func (d *Desk) Force(draft protocol.Draft, alter func(*feed.Header)) (e feed.Entry, err error) {
	err = d.DB.Update(func(kv kv.KV) error {
		r := d.Contract.Open(kv)
		s, err := Forge(r, draft, d.Author(), d.Clock(), alter)
		if err != nil {
			return err
		}
		out, err := r.Receive([]feed.Signed{s}, 0)
		if err == nil {
			e = out.Admitted[0]
		}
		return err
	})
	if err == nil {
		err = Rest(d.DB, d.Contract, nil)
	}
	return e, err
}

// Parcel is what travels: entries in their order, and the blocks of their bodies.
type Parcel struct {
	Envelopes []feed.Envelope
	Blocks    []block.Block
}

// Pack packs all the desk holds that another does not; nil: everything.
func (d *Desk) Pack(other *Desk) (p Parcel, err error) {
	held := map[state.OrderKey]bool{}
	if other != nil {
		err := other.View(func(r *protocol.Replica) error {
			places, err := r.Log.Places()
			for _, at := range places {
				held[at] = true
			}
			return err
		})
		if err != nil {
			return p, err
		}
	}
	err = d.View(func(r *protocol.Replica) error {
		places, err := r.Log.Places()
		if err != nil {
			return err
		}
		for _, at := range places {
			if held[at] {
				continue
			}
			e, err := r.Log.Resolve(at)
			if err != nil {
				return err
			}
			p.Envelopes = append(p.Envelopes, e.Envelope)
			if e.Header.Body != nil && e.Header.Kind != protocol.KindSign {
				blocks, err := below(r, *e.Header.Body, e.Header.Kind)
				if err != nil {
					return err
				}
				p.Blocks = append(p.Blocks, blocks...)
			}
		}
		return nil
	})
	return p, err
}

// Take receives a parcel, and writes a receipt if there was business in it.
func (d *Desk) Take(p Parcel) (out protocol.Outcome, err error) {
	var signed []feed.Signed
	var stopped error
	for _, env := range p.Envelopes {
		s, err := feed.Open(d.Contract.Circle, env, d.Contract.Identities)
		if err != nil {
			stopped = err
			break
		}
		signed = append(signed, s)
	}
	err = d.DB.Update(func(kv kv.KV) error {
		r := d.Contract.Open(kv)
		for _, b := range p.Blocks {
			if err := r.PutBlock(b); err != nil {
				return err
			}
		}
		var err error
		if out, err = r.Receive(signed, d.Clock()); err != nil {
			if !protocol.IsVerdict(err) {
				return err
			}
			stopped = err
		}
		if out.Business {
			_, err = r.Write(protocol.Draft{Kind: protocol.KindReceipt}, d.Author(), d.Clock())
			return err
		}
		return nil
	})
	if err == nil {
		err = Rest(d.DB, d.Contract, nil)
	}
	if err == nil {
		err = d.finish()
	}
	if err == nil {
		err = stopped
	}
	return out, err
}

// finish folds what a desk holds and has not folded.
func (d *Desk) finish() error { return Rest(d.DB, d.Contract, func(protocol.Outcome) {}) }

// Tell gives another desk all it lacks. What waits for something else is no error.
func (d *Desk) Tell(to *Desk) error {
	p, err := d.Pack(to)
	if err != nil || len(p.Envelopes) == 0 {
		return err
	}
	_, err = to.Take(p)
	if err != nil && haltOf(err) != "parked" {
		return fmt.Errorf("%s tells %s: %w", d.Name, to.Name, err)
	}
	return nil
}

// View reads the desk's replica.
func (d *Desk) View(fn func(*protocol.Replica) error) error {
	return d.DB.View(func(kv kv.KV) error { return fn(d.Contract.Open(kv)) })
}

// Entries lists what the desk holds, in the total order.
func (d *Desk) Entries() (out []feed.Entry, err error) {
	err = d.View(func(r *protocol.Replica) error {
		for _, m := range r.Circle.Members {
			err := r.Log.From(m.Company, 1, func(e feed.Entry) (bool, error) {
				out = append(out, e)
				return true, nil
			})
			if err != nil {
				return err
			}
		}
		return nil
	})
	sort.Slice(out, func(i, j int) bool { return out[i].Key().Compare(out[j].Key()) < 0 })
	return out, err
}
