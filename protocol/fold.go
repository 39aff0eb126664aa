package protocol

import (
	"fmt"
	"sort"
	"strings"

	"kontor/protocol/block"
	"kontor/protocol/feed"
	"kontor/protocol/state"
)

// kinds is the table of entry kinds.
var kinds map[string]kind

func init() {
	kinds = map[string]kind{
		KindSign:           {form: documentBody, critical: true, apply: applySign},
		KindSuspend:        {form: documentBody, critical: true, apply: applySuspend},
		KindEnd:            {form: documentBody, critical: true, apply: applyEnd},
		KindCircle:         {form: documentBody, critical: true, binding: true, apply: applyCircle},
		KindCircleClose:    {form: documentBody, critical: true, apply: applyCircleClose},
		KindReceipt:        {form: noBody, housekeeping: true, commutes: true},
		KindHeartbeat:      {form: noBody, housekeeping: true, commutes: true},
		KindCommitment:     {form: documentBody, housekeeping: true, commutes: true, apply: applyCommitment, critical: true},
		KindAttachment:     {form: sheetBody, critical: true, apply: applyAttachment},
		KindForecast:       {form: sheetBody, critical: true, apply: applyForecast},
		KindCapacity:       {form: sheetBody, critical: true, apply: applyCapacity},
		KindAnswer:         {form: sheetBody, critical: true, apply: applyAnswer, binding: true},
		KindAnswerSign:     {form: documentBody, critical: true, binding: true, apply: applyAnswerSign},
		KindCampaign:       {form: sheetBody, critical: true, apply: applyCampaign},
		KindQuality:        {form: sheetBody, critical: true, apply: applyQuality},
		KindWithdraw:       {form: documentBody, critical: true, apply: applyWithdraw},
		KindReaffirm:       {form: documentBody, critical: true, apply: applyReaffirm},
		KindTerms:          {form: sheetBody, critical: true, apply: applyTerms},
		KindPerformance:    {form: sheetBody, critical: true, apply: applyPerformance},
		KindProduct:        {form: sheetBody, critical: true, apply: applyProduct},
		KindScope:          {form: documentBody, critical: true, apply: applyScope},
		KindRequest:        {form: documentBody, critical: true, apply: applyRequest},
		KindReply:          {form: documentBody, critical: true, apply: applyReply},
		KindMandateGrant:   {form: documentBody, critical: true, binding: true, apply: applyMandateGrant},
		KindMandateRevoke:  {form: documentBody, critical: true, apply: applyMandateRevoke},
		KindExceptionClose: {form: documentBody, critical: true, binding: true, apply: applyExceptionClose},
		KindTopic:          {form: documentBody, critical: true, binding: true, apply: applyTopic},
		KindRecord:         {form: documentBody, critical: true, binding: true, commutes: true, apply: applyRecord},
		KindDraft:          {form: documentBody, critical: true, binding: true, apply: applyDraft},
		KindSignature:      {form: documentBody, critical: true, binding: true, apply: applySignature},
		KindLapse:          {form: documentBody, critical: true, apply: applyLapse},
		KindResolve:        {form: documentBody, critical: true, apply: applyWitness},
		KindAbort:          {form: documentBody, critical: true, apply: applyWitness},
		KindMilestone:      {form: documentBody, critical: true, apply: applyMilestone},
		KindReconfirm:      {form: documentBody, critical: true, binding: true, apply: applyReconfirm},
		KindRemedy:         {form: documentBody, critical: true, winds: true, apply: applyRemedy},
		KindDispute:        {form: documentBody, critical: true, winds: true, apply: applyDispute},
		KindMinutes:        {form: documentBody, critical: true, binding: true, apply: applyMinutes},
		KindMinutesAnswer:  {form: documentBody, critical: true, binding: true, apply: applyMinutesAnswer},
		KindForkResolve:    {form: documentBody, critical: true, apply: applyForkResolve},
		KindRuleset:        {form: documentBody, critical: true, apply: applyRuleset},
		KindResume:         {form: documentBody, critical: true, apply: applyResume},
	}
}

// Kinds lists the kinds this program knows, for documentation.
func Kinds() []string {
	var out []string
	for name := range kinds {
		out = append(out, name)
	}
	sort.Strings(out)
	return out
}

// RefusedRow is what stands of an entry that the business rules refused: stored, never in force, the same on every node.
type RefusedRow struct {
	Kind   string    `cbor:"kind"`
	Author block.CID `cbor:"author"`
	Codes  []string  `cbor:"codes"`
}

// Refusal is the business verdict on a command or an entry.
type Refusal struct {
	Kind  string
	Codes []string
}

func (r *Refusal) Error() string {
	sentences := make([]string, len(r.Codes))
	for i, code := range r.Codes {
		sentences[i] = code
		if text := Sentence(code); text != "" {
			sentences[i] += " (" + text + ")"
		}
	}
	return fmt.Sprintf("%s refused: %s", r.Kind, strings.Join(sentences, "; "))
}

func refusedKey(entry block.CID) string { return "refused/" + entry.String() }

// Refusal reads the verdict on an entry; nil when it is in force.
func (r *Replica) Refusal(entry block.CID) (*Refusal, error) {
	var row RefusedRow
	found, err := get(r.Rows(), refusedKey(entry), &row)
	if err != nil || !found {
		return nil, err
	}
	return &Refusal{Kind: row.Kind, Codes: row.Codes}, nil
}

// apply folds one entry: what its claimed time means for open topics, the rules of its kind, then what the entry, with what it
// carries, means for open signing rounds.
func (r *Replica) apply(at state.OrderKey, rows state.Rows) error {
	entry, err := r.Log.Resolve(at)
	if err != nil {
		return err
	}
	if at.Compare(r.last) <= 0 {
		r.idle = false // the fold went back
	}
	r.last = at
	h := entry.Header
	view, held := r.Identities(h.Author, h.IDHead)
	if !held {
		return fmt.Errorf("identity head %s of an admitted entry is not held", h.IDHead.Short())
	}
	author, _ := r.Genesis.Member(h.Author)
	f := &fold{replica: r, entry: entry, genesis: &r.Genesis, author: author, view: view, rows: rows}
	if f.side, err = r.sideBranch(entry); err != nil {
		return err
	}
	if f.side != nil {
		return f.applySide()
	}
	if kinds[h.Kind].commutes && len(r.forks) == 0 {
		// The index rows are read even where we know that there are none, and are left unread.
		state.Complete(rows, activeTopicPrefix, openRoundPrefix, slaNextKey(h.Author), disputeNextKey(h.Author))
	}
	if err := f.observeTopics(); err != nil {
		return err
	}
	if err := f.observeDisputes(); err != nil {
		return err
	}
	if k, known := kinds[h.Kind]; known && k.apply != nil && !(h.Body != nil && r.withheld[*h.Body]) {
		codes, err := f.rule(k)
		if err != nil {
			return err
		}
		if len(codes) > 0 {
			r.refused = true
			f.signatures, f.replaces, f.revised, f.word, f.owing = nil, nil, nil, nil, false
			if err := put(rows, refusedKey(entry.CID), RefusedRow{Kind: h.Kind, Author: h.Author, Codes: codes}); err != nil {
				return err
			}
		}
	}
	if err := f.forkRounds(); err != nil {
		return err
	}
	if f.replaces != nil {
		if err := f.reviseTopics(); err != nil {
			return err
		}
	}
	if err := f.observeRounds(); err != nil {
		return err
	}
	if err := f.observeSLAs(); err != nil {
		return err
	}
	if f.revised != nil {
		return f.revised.unread
	}
	return nil
}

// applySide folds an entry of a forked feed's side branch: its act is refused, but an officer's signature that it carries, in a dispute too, and
// what it acknowledges, count.
func (f *fold) applySide() error {
	h := f.entry.Header
	k, known := kinds[h.Kind]
	codes := []string{codeSideBranch}
	switch {
	case !known || k.apply == nil || k.housekeeping:
		codes = nil
	case h.Kind == KindSignature || h.Kind == KindForkResolve || h.Kind == KindDispute && !f.replica.withheld[*h.Body]:
		var err error
		if codes, err = f.rule(k); err != nil {
			return err
		}
		if len(codes) > 0 {
			f.signatures = nil
		}
	}
	if len(codes) > 0 {
		f.replica.refused = true
		if err := put(f.rows, refusedKey(f.entry.CID), RefusedRow{Kind: h.Kind, Author: h.Author, Codes: codes}); err != nil {
			return err
		}
	}
	if err := f.observeDisputes(); err != nil {
		return err
	}
	if err := f.forkRounds(); err != nil {
		return err
	}
	if err := f.observeRounds(); err != nil || !f.owing && !f.ruled {
		return err
	}
	return f.observeSLAs() // a round it acknowledged is final
}

// rule applies the rules of the entry's kind and returns the codes that refuse it.
func (f *fold) rule(k kind) ([]string, error) {
	codes, err := f.admissible(k)
	if err != nil || len(codes) > 0 {
		return codes, err
	}
	if f.entry.Header.Body != nil {
		if f.body, err = f.replica.bodyOf(f.entry.Header); err != nil {
			return nil, err
		}
	}
	return k.apply(f)
}

func (r *Replica) bodyOf(h feed.Header) ([]byte, error) {
	if h.Kind == KindSign {
		return block.Marshal(r.Genesis)
	}
	return r.Block(*h.Body)
}

// admissible is what must hold for any business entry: a partnership in force and, for one that binds, no suspension its author knew.
// What its author could not know does not take the act back: a verdict reached must stand whatever arrives late.
func (f *fold) admissible(k kind) ([]string, error) {
	if f.entry.Header.Kind == KindSign || k.housekeeping {
		return nil, nil
	}
	p, err := f.partnership()
	if err != nil {
		return nil, err
	}
	switch {
	case p.withdrawnAt(f):
		return []string{codeWithdrawn}, nil
	case len(p.Signed) < len(f.genesis.Members) && f.entry.Header.Kind != KindEnd:
		return []string{codeUnsigned}, nil
	case !k.winds && p.over(f):
		return []string{codeEnded}, nil
	case k.binding && p.suspendedAt(f):
		return []string{codeSuspended}, nil
	}
	return nil, nil
}

// get reads a row; a row that does not decode is a broken database.
func get(rows state.Rows, key string, into any) (bool, error) {
	data, found, err := rows.Get(key)
	if err != nil || !found {
		return false, err
	}
	if err := block.Unmarshal(data, into); err != nil {
		return false, fmt.Errorf("row %q: %w", key, err)
	}
	return true, nil
}

func put(rows state.Rows, key string, value any) error {
	data, err := block.Marshal(value)
	if err != nil {
		return fmt.Errorf("row %q: %w", key, err)
	}
	return rows.Put(key, data)
}
