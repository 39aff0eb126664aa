package decision

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"slices"

	"kontor/protocol/artifact"
	"kontor/protocol/block"
)

// Digest is a SHA-256 hash that commits to something.
type Digest [32]byte

// String is the digest in hex.
func (d Digest) String() string { return hex.EncodeToString(d[:]) }

// MarshalText writes String, for JSON.
func (d Digest) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

// UnmarshalText reads 64 hexadecimal digits.
func (d *Digest) UnmarshalText(text []byte) error {
	b, err := hex.DecodeString(string(text))
	if err != nil || len(b) != len(d) {
		return fmt.Errorf("malformed digest %q: want %d hexadecimal digits", text, 2*len(d))
	}
	copy(d[:], b)
	return nil
}

// IsZero tells a digest that was never set.
func (d Digest) IsZero() bool { return d == Digest{} }

// Secret is what a company keeps to open its commitments later. Losing it means that nothing can be revealed; showing
// it lets the partner guess scores, of which there are few.
type Secret struct {
	Salt        [32]byte  `cbor:"salt"`
	Partnership block.CID `cbor:"pid"`
	Topic       block.CID `cbor:"topic"`
	Company     block.CID `cbor:"company"`
}

// NewSecret draws the salt of one company's commitments in one topic.
func NewSecret(rand io.Reader, partnership, topic, company block.CID) (Secret, error) {
	s := Secret{Partnership: partnership, Topic: topic, Company: company}
	if _, err := io.ReadFull(rand, s.Salt[:]); err != nil {
		return Secret{}, fmt.Errorf("draw the salt of a score commitment: %w", err)
	}
	return s, nil
}

// leaf names a part that can be opened alone. Each has its own salt, derived from the secret, so opening one says
// nothing about another.
type leaf string

const (
	weightsLeaf   leaf = "kontor decision v1 weights"
	scoresLeaf    leaf = "kontor decision v1 scores"
	valuesLeaf    leaf = "kontor decision v1 values"
	rankLeaf      leaf = "kontor decision v1 rank"
	positionsLeaf leaf = "kontor decision v1 positions"
	rootLeaf      leaf = "kontor decision v1 commitment"
)

func (s Secret) salt(l leaf) []byte {
	mac := hmac.New(sha256.New, s.Salt[:])
	mac.Write([]byte(l))
	return mac.Sum(nil)
}

// place is where a commitment stands; it is hashed in, so that a commitment copied to another topic opens nothing.
type place struct{ partnership, topic, company block.CID }

func (p place) hash(l leaf, salt []byte, v any) (Digest, error) {
	body, err := block.Marshal(v)
	if err != nil {
		return Digest{}, fmt.Errorf("write %q: %w", l, err)
	}
	h := sha256.New() // every part but the last has a fixed length, or is a constant that ends in a zero byte
	h.Write([]byte(l))
	h.Write([]byte{0})
	for _, part := range [][]byte{salt, p.partnership.Bytes(), p.topic.Bytes(), p.company.Bytes(), body} {
		h.Write(part)
	}
	return Digest(h.Sum(nil)), nil
}

// Parts are the hashes under a score commitment, in this order: weights, scores, values, rank, positions.
type Parts struct {
	Weights   Digest `cbor:"weights" json:"weights"`
	Scores    Digest `cbor:"scores" json:"scores"`
	Values    Digest `cbor:"values" json:"values"`
	Rank      Digest `cbor:"rank" json:"rank"`
	Positions Digest `cbor:"positions" json:"positions"`
}

func (p Parts) root() Digest {
	h := sha256.New()
	h.Write([]byte(rootLeaf))
	h.Write([]byte{0})
	for _, d := range []Digest{p.Weights, p.Scores, p.Values, p.Rank, p.Positions} {
		h.Write(d[:])
	}
	return Digest(h.Sum(nil))
}

// RankedValue is an option with its company value.
type RankedValue struct {
	Option string `cbor:"option" json:"option"`
	Value  int64  `cbor:"value" json:"value"`
}

// OptionPosition is a company's word on one option, with the conditions that would lift its open objections.
type OptionPosition struct {
	Option     string   `cbor:"option" json:"option"`
	Position   Position `cbor:"position" json:"position"`
	Open       int64    `cbor:"open" json:"open"`                                 // objections that stand
	Conditions []string `cbor:"conditions,omitempty" json:"conditions,omitempty"` // of those that name one
}

// Positions are the positions a company may show; option 0 and unscored options have none.
func Positions(values []OptionValue) []OptionPosition {
	out := []OptionPosition{}
	for _, v := range values {
		if v.Position == "" {
			continue
		}
		p := OptionPosition{Option: v.Option, Position: v.Position}
		for _, o := range v.Objections {
			if o.Lifted {
				continue
			}
			p.Open++
			if o.Lift != "" {
				p.Conditions = append(p.Conditions, o.Lift)
			}
		}
		out = append(out, p)
	}
	return out
}

func rankedValues(values []OptionValue) []RankedValue {
	out := []RankedValue{}
	for _, v := range values {
		if v.Scored {
			out = append(out, RankedValue{v.Option, v.Value})
		}
	}
	return out
}

// CommitWeights is the commitment to a company's weights that goes into its feed before its first score.
func (s Secret) CommitWeights(w CompanyWeights) (Digest, error) {
	return s.place().hash(weightsLeaf, s.salt(weightsLeaf), w)
}

func (s Secret) place() place { return place{s.Partnership, s.Topic, s.Company} }

// Commit is the salted commitment to (scores, weights, values, rank) that leaves the house.
func (s Secret) Commit(sheet ScoreSheet) (Digest, error) {
	parts, err := s.parts(sheet)
	if err != nil {
		return Digest{}, err
	}
	return parts.root(), nil
}

func (s Secret) parts(sheet ScoreSheet) (Parts, error) {
	if found := sheet.Check(); len(found) > 0 {
		return Parts{}, fmt.Errorf("commit to scores: %s %s: %s", found[0].Code, found[0].Path, found[0].Text)
	}
	values := sheet.Evaluate()
	var p Parts
	for _, part := range []struct {
		into *Digest
		leaf leaf
		v    any
	}{
		{&p.Weights, weightsLeaf, sheet.Weights},
		{&p.Scores, scoresLeaf, sheet},
		{&p.Values, valuesLeaf, rankedValues(values)},
		{&p.Rank, rankLeaf, Rank(values)},
		{&p.Positions, positionsLeaf, Positions(values)},
	} {
		d, err := s.place().hash(part.leaf, s.salt(part.leaf), part.v)
		if err != nil {
			return Parts{}, err
		}
		*part.into = d
	}
	return p, nil
}

// Show says which parts a company chooses to open. Scores open everything.
type Show struct{ Positions, Rank, Scores bool }

// Reveal opens parts of a score commitment. What is not opened stays a hash.
type Reveal struct {
	Parts     Parts           `cbor:"parts" json:"parts"`
	Positions *PositionsShown `cbor:"positions,omitempty" json:"positions,omitempty"`
	Rank      *RankShown      `cbor:"rank,omitempty" json:"rank,omitempty"`
	Scores    *ScoresShown    `cbor:"scores,omitempty" json:"scores,omitempty"`
}

// PositionsShown opens the positions.
type PositionsShown struct {
	Salt      []byte           `cbor:"salt" json:"salt"`
	Positions []OptionPosition `cbor:"positions" json:"positions"`
}

// RankShown opens the ranking, best first.
type RankShown struct {
	Salt  []byte   `cbor:"salt" json:"salt"`
	Order []string `cbor:"order" json:"order"`
}

// ScoresShown opens the whole sheet.
type ScoresShown struct {
	WeightsSalt []byte     `cbor:"weights_salt" json:"weights_salt"`
	ScoresSalt  []byte     `cbor:"scores_salt" json:"scores_salt"`
	ValuesSalt  []byte     `cbor:"values_salt" json:"values_salt"`
	Sheet       ScoreSheet `cbor:"sheet" json:"sheet"`
}

// Reveal opens the chosen parts of the commitment to sheet.
func (s Secret) Reveal(sheet ScoreSheet, show Show) (Reveal, error) {
	parts, err := s.parts(sheet)
	if err != nil {
		return Reveal{}, err
	}
	values := sheet.Evaluate()
	r := Reveal{Parts: parts}
	if show.Positions || show.Scores {
		r.Positions = &PositionsShown{s.salt(positionsLeaf), Positions(values)}
	}
	if show.Rank || show.Scores {
		r.Rank = &RankShown{s.salt(rankLeaf), Rank(values)}
	}
	if show.Scores {
		r.Scores = &ScoresShown{s.salt(weightsLeaf), s.salt(scoresLeaf), s.salt(valuesLeaf), sheet}
	}
	return r, nil
}

// Committed is what a company's feed holds about its scores before it reveals any.
type Committed struct {
	Partnership, Topic, Company block.CID
	Weights                     Digest // from before the first score
	Scores                      Digest
}

// Verify finds out whether a reveal opens what was committed: REVEAL-01 other commitment, REVEAL-02 weights set after
// the first score, REVEAL-03 a part that does not fit its hash, REVEAL-04 scores that give other values, ranks or
// positions than shown, REVEAL-05 options that are not the topic's.
func (r Reveal) Verify(c Committed, options []string) []artifact.Finding {
	if r.Parts.root() != c.Scores {
		return refuse("REVEAL-01", "parts", "the parts hash to %s, committed was %s", r.Parts.root(), c.Scores)
	}
	if r.Parts.Weights != c.Weights {
		return refuse("REVEAL-02", "parts.weights", "weights were committed as %s before the first score", c.Weights)
	}
	at := place{c.Partnership, c.Topic, c.Company}
	opens := func(path string, l leaf, salt []byte, v any, want Digest) []artifact.Finding {
		if len(salt) != sha256.Size {
			return refuse("REVEAL-03", path, "the salt has %d bytes, not %d", len(salt), sha256.Size)
		}
		if got, err := at.hash(l, salt, v); err != nil || got != want {
			return refuse("REVEAL-03", path, "what is shown is not what was committed")
		}
		return nil
	}
	if p := r.Positions; p != nil {
		if f := opens("positions", positionsLeaf, p.Salt, p.Positions, r.Parts.Positions); f != nil {
			return f
		}
		if f := checkPositions(p.Positions, options); f != nil {
			return f
		}
	}
	if p := r.Rank; p != nil {
		if f := opens("rank", rankLeaf, p.Salt, p.Order, r.Parts.Rank); f != nil {
			return f
		}
		sorted := slices.Sorted(slices.Values(p.Order))
		if !slices.Equal(sorted, slices.Sorted(slices.Values(options))) {
			return refuse("REVEAL-05", "rank.order", "the ranking %q is not one of the topic's options", p.Order)
		}
	}
	if r.Scores != nil {
		return r.verifyScores(opens)
	}
	if r.Positions == nil && r.Rank == nil {
		return refuse("REVEAL-03", "", "nothing is revealed")
	}
	return nil
}

func checkPositions(shown []OptionPosition, options []string) []artifact.Finding {
	for i, p := range shown {
		known := p.Position == Accept || p.Position == Conditional || p.Position == Reject
		if !known || !slices.Contains(options, p.Option) || p.Option == NoAgreement ||
			i > 0 && p.Option <= shown[i-1].Option || p.Open < int64(len(p.Conditions)) {
			return refuse("REVEAL-05", fmt.Sprintf("positions.positions[%d]", i), "position %q on option %q", p.Position, p.Option)
		}
		for _, condition := range p.Conditions {
			if !plain(condition, MaxReason) {
				return refuse("REVEAL-05", fmt.Sprintf("positions.positions[%d].conditions", i), "a condition is too long or not plain text")
			}
		}
	}
	return nil
}

// verifyScores computes values, rank and positions again from the sheet shown: a company can't commit to scores that
// say one thing and a rank that says another and be found out only by a lawyer.
func (r Reveal) verifyScores(opens func(string, leaf, []byte, any, Digest) []artifact.Finding) []artifact.Finding {
	s := r.Scores
	if r.Positions == nil || r.Rank == nil {
		return refuse("REVEAL-04", "", "scores are shown without the rank and the positions they give")
	}
	if f := opens("scores.sheet", scoresLeaf, s.ScoresSalt, s.Sheet, r.Parts.Scores); f != nil {
		return f
	}
	if f := opens("scores.sheet.weights", weightsLeaf, s.WeightsSalt, s.Sheet.Weights, r.Parts.Weights); f != nil {
		return f
	}
	if f := s.Sheet.Check(); len(f) > 0 {
		return f
	}
	values := s.Sheet.Evaluate()
	if f := opens("scores.values", valuesLeaf, s.ValuesSalt, rankedValues(values), r.Parts.Values); f != nil {
		return refuse("REVEAL-04", "scores.values", "the scores give other values than were committed")
	}
	if !slices.Equal(Rank(values), r.Rank.Order) {
		return refuse("REVEAL-04", "rank.order", "the scores give the ranking %q, shown is %q", Rank(values), r.Rank.Order)
	}
	same := slices.EqualFunc(Positions(values), r.Positions.Positions, func(a, b OptionPosition) bool {
		return a.Option == b.Option && a.Position == b.Position && a.Open == b.Open && slices.Equal(a.Conditions, b.Conditions)
	})
	if !same {
		return refuse("REVEAL-04", "positions.positions", "the scores give other positions than shown")
	}
	return nil
}
