package desk

import (
	"cmp"
	"errors"
	"fmt"
	"slices"

	"kontor/node"
	"kontor/protocol"
	"kontor/protocol/artifact"
	"kontor/protocol/block"
	"kontor/protocol/decision"
	"kontor/protocol/exception"
	"kontor/protocol/quantity"
)

// ExceptionState is what became of an exception, as of now.
type ExceptionState string

// The states of exceptions. All but the first are over.
const (
	ExceptionOpen    ExceptionState = "OPEN"    // somebody should do something about it, or is at it in a topic
	ExceptionClosed  ExceptionState = "CLOSED"  // a desk closed it under its mandate
	ExceptionAgreed  ExceptionState = "AGREED"  // officers agreed about it, or what they agreed on covers it
	ExceptionGone    ExceptionState = "GONE"    // its cause went with newer documents
	ExceptionDefault ExceptionState = "DEFAULT" // nobody did anything, or a topic ended without an agreement: the default outcome happened
)

// ExceptionView is an exception with who answers for it and what became of it.
type ExceptionView struct {
	exception.Exception
	State  ExceptionState `json:"state"`
	Owner  string         `json:"owner"`  // company
	Raised int64          `json:"raised"` // ms UTC
	Closed bool           `json:"closed"` // not OPEN
	// ClosedBy is a company, or how it ended by itself; Reason says why in a sentence; Resolution is a UBL code where a desk gave one.
	ClosedBy   string `json:"closed_by,omitempty"`
	ClosedAt   int64  `json:"closed_at,omitempty"` // ms UTC
	Resolution string `json:"resolution,omitempty"`
	Reason     string `json:"reason,omitempty"`
	Topic      string `json:"topic,omitempty"` // that officers opened about it, the newest
	// Grown says that it was dealt with, has grown since by more than the tolerance of practice T1, and is the officers' now.
	Grown bool `json:"grown,omitempty"`
	// Claimed is the value the closing side signed; Value is the one computed here. The rules can't compare them, people can.
	Claimed *quantity.Money `json:"claimed,omitempty"`
	// Grade is of the evidence, where nobody else signed it: C for a partner without a node.
	Grade artifact.Grade `json:"grade,omitempty"`
	// Acted says that somebody did something about it: a desk closed it, officers took it up, or it went because somebody said what was to be said.
	Acted bool `json:"acted"`
}

// ExceptionCID names an exception in a topic. Exceptions have no block: both nodes derive them from the documents of both.
func ExceptionCID(id exception.ID) block.CID { return block.SumRaw(id[:]) }

// protocolView is what the feeds say about exceptions.
type protocolView struct {
	closed map[string]protocol.ExceptionRow
	topics map[block.CID]decision.Topic // the newest about each
}

func readView(r *protocol.Replica) (v protocolView, err error) {
	if v.closed, err = r.ClosedExceptions(); err != nil {
		return v, err
	}
	topics, err := r.Topics()
	v.topics = map[block.CID]decision.Topic{}
	for _, t := range topics {
		if t.Exception != nil {
			v.topics[*t.Exception] = t
		}
	}
	return v, err
}

// views puts what is found now under the names of the register: the first list is what is found, most valuable first; the second every exception
// there ever was, found or not. Those below what this company looks at are left out.
func (d *Desk) views(p *node.Partnership, tracks []exception.Track, found []exception.Exception, desk protocolView) (now, all []ExceptionView) {
	now, all = []ExceptionView{}, []ExceptionView{}
	least := d.leastUnits()
	named := exception.Reconcile(exception.Open(tracks), found)
	current := map[exception.ID]exception.Exception{}
	for _, e := range named.Kept {
		current[e.ID] = e
	}
	for _, e := range named.Raised { // what an agreement left over in two parts: the second has no track of its own
		e.ID = exception.NewID(e.Kind, e.Scope)
		at := exception.Moment{T: d.node.Now()}
		tracks = append(tracks, exception.Track{ID: e.ID, Raised: at, Seen: []exception.Sighting{{Moment: at, Exception: e}}})
		current[e.ID] = e
	}
	for _, t := range tracks {
		e, here := current[t.ID]
		if !here {
			e = t.Newest()
		}
		if e.UnitsMax.Cmp(least) <= 0 {
			continue
		}
		// A deadline is the register's: a revision gives nobody more time.
		e.Deadline, e.Default = t.Newest().Deadline, t.Newest().Default
		v := d.view(p, t, e, here, desk)
		all = append(all, v)
		if here {
			now = append(now, v)
		}
	}
	slices.SortStableFunc(now, byValue)
	slices.SortStableFunc(all, byValue)
	return now, all
}

func byValue(a, b ExceptionView) int {
	return cmp.Or(cmp.Compare(a.Value.Currency, b.Value.Currency), cmp.Compare(b.Value.Minor, a.Value.Minor), cmp.Compare(a.Deadline, b.Deadline), slices.Compare(a.ID[:], b.ID[:]))
}

// view says what became of one exception.
func (d *Desk) view(p *node.Partnership, t exception.Track, e exception.Exception, here bool, desk protocolView) ExceptionView {
	v := ExceptionView{Exception: e, State: ExceptionOpen, Owner: d.ownerOf(p, e.Side), Raised: t.Raised.T}
	row, byDesk := desk.closed[t.ID.String()]
	topic, inTopic := desk.topics[ExceptionCID(t.ID)]
	if inTopic {
		v.Topic, v.Acted = topic.ID.String(), true
	}
	end := func(state ExceptionState, at int64, by, reason string) {
		v.State, v.Closed, v.ClosedAt, v.ClosedBy, v.Reason = state, true, at, by, reason
	}
	switch {
	case byDesk:
		v.Acted = true
		end(ExceptionClosed, row.T, d.node.CompanyName(row.By), row.Note)
		v.Resolution = row.Resolution
		v.Claimed = &quantity.Money{Minor: row.Value.Minor, Currency: quantity.Currency(row.Value.Currency)}
	case inTopic && topic.Status == decision.Agreed:
		end(ExceptionAgreed, topic.Since.T, "agreement", "topic "+topic.ID.Short()+" ended with an agreement")
	case t.Gone != nil:
		end(ExceptionGone, t.Gone.T, "itself", "its cause is gone with newer documents")
		v.Acted = v.Acted || slices.Contains(curedByAct, v.Kind)
		return v
	case inTopic && (topic.Status == decision.Declined || topic.Status == decision.Expired):
		end(ExceptionDefault, topic.Since.T, "itself", "topic "+topic.ID.Short()+" ended without an agreement: "+e.Default.Text)
	case inTopic && topic.Status != decision.Withdrawn:
	case !here:
		end(ExceptionAgreed, 0, "agreement", "what was agreed covers it")
	case d.node.Now() >= e.Deadline:
		end(ExceptionDefault, e.Deadline, "itself", e.Default.Text)
		return v // the register gives a new deadline when it grows after the old one
	}
	again := t.Grown(v.ClosedAt) || t.Returned && v.ClosedAt < t.Raised.T
	if v.Closed && v.ClosedAt > 0 && here && t.Gone == nil && again {
		v.State, v.Closed, v.Grown = ExceptionOpen, false, true
		v.Speed, v.Role = exception.Officers, v.Kind.Officer()
	}
	return v
}

// ownerOf is the company on a side of the trade; "" in a circle with several there.
func (d *Desk) ownerOf(p *node.Partnership, side exception.Side) (name string) {
	for _, m := range p.Genesis.Members {
		if m.Role == map[exception.Side]string{exception.Buyer: "buyer", exception.Seller: "seller"}[side] {
			if name != "" {
				return ""
			}
			name = d.node.CompanyName(m.Company)
		}
	}
	return name
}

// leastUnits is the shortage up to which this company looks away.
func (d *Desk) leastUnits() (least quantity.Quantity) {
	var set policyRow
	err := d.node.ReadPrivate(func(rows node.PrivateRows) error {
		_, err := rows.Get(policyKey, &set)
		return err
	})
	if err != nil {
		return quantity.Quantity{}
	}
	return set.MinUnits
}

// Exceptions lists what somebody should do something about, most valuable first: shortages of the match, and whatever else names itself by its cause
// (practice T4). With all, those that are over too, with why and by whom.
func (d *Desk) Exceptions(with string, all bool) ([]ExceptionView, error) {
	open, past, err := d.exceptions(with)
	if err != nil {
		return nil, err
	}
	list := open
	if all {
		list = past
	}
	return slices.DeleteFunc(list, func(v ExceptionView) bool { return v.Closed && !all }), nil
}

func (d *Desk) exceptions(with string) (now, all []ExceptionView, err error) {
	p, err := d.Partner(with, "")
	if err != nil {
		return nil, nil, err
	}
	v, all, err := d.look(p)
	var missing *node.Failure
	if err != nil && (!errors.As(err, &missing) || missing.Code != "NO_CAPACITY" && missing.Code != "NO_FORECAST") {
		return nil, nil, err
	}
	tracks, err := d.observed(p)
	if err != nil {
		return nil, nil, err
	}
	var said protocolView
	if err := d.node.View(p.PID, func(r *protocol.Replica) (err error) {
		said, err = readView(r)
		return err
	}); err != nil {
		return nil, nil, err
	}
	more, past := d.signalViews(p, tracks, said)
	now, all = append(append([]ExceptionView{}, v.Exceptions...), more...), append(append([]ExceptionView{}, all...), past...)
	slices.SortStableFunc(now, byValue)
	slices.SortStableFunc(all, byValue)
	return now, all, nil
}

// ExceptionQuality says what exceptions were worth: of those that are over, how many somebody acted on.
type ExceptionQuality struct {
	Raised   int `json:"raised"`
	Open     int `json:"open"`
	Acted    int `json:"acted"`     // over or not: closed by a desk, taken up in a topic, or gone because somebody sent what was missing
	Itself   int `json:"itself"`    // over without an act because the cause went
	Default  int `json:"default"`   // over without an act: the default outcome happened
	SharePPM int `json:"share_ppm"` // acted on, of those acted on or over
}

// curedByAct are the kinds whose cause goes when somebody says what was to be said, and not otherwise: an answer, a revision, a report, a plan, a payment.
var curedByAct = []exception.Kind{exception.Flex, exception.FrozenZone, exception.StaleData, exception.Invalidated, exception.Missing, exception.SlotReview, exception.Unmapped,
	exception.IndexDue, exception.Unpaid, exception.Late, exception.Disturbed, exception.Upstream}

// Quality measures the exceptions of a partnership.
func (d *Desk) Quality(with string) (ExceptionQuality, error) {
	_, all, err := d.exceptions(with)
	return qualityOf(all), err
}

func qualityOf(all []ExceptionView) (q ExceptionQuality) {
	for _, v := range all {
		q.Raised++
		switch {
		case v.Acted:
			q.Acted++
		case v.State == ExceptionOpen:
		case v.State == ExceptionDefault:
			q.Default++
		default:
			q.Itself++
		}
		if !v.Closed {
			q.Open++
		}
	}
	if over := q.Acted + q.Itself + q.Default; over > 0 {
		q.SharePPM = q.Acted * 1_000_000 / over
	}
	return q
}

// String is the measure in a sentence.
func (q ExceptionQuality) String() string {
	if q.Acted+q.Itself+q.Default == 0 {
		return fmt.Sprintf("%d raised, %d open; none is over yet", q.Raised, q.Open)
	}
	return fmt.Sprintf("%d raised, %d open; somebody acted on %d.%d %% (%d), %d went by themselves, %d ended by default", q.Raised, q.Open, q.SharePPM/10_000, q.SharePPM/1000%10,
		q.Acted, q.Itself, q.Default)
}
