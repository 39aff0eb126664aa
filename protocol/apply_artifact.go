package protocol

import (
	"kontor/protocol/artifact"
	"kontor/protocol/block"
	"kontor/protocol/calendar"
	"kontor/protocol/campaign"
	"kontor/protocol/capacity"
	"kontor/protocol/forecast"
	"kontor/protocol/performance"
	"kontor/protocol/product"
	"kontor/protocol/quality"
	"kontor/protocol/terms"
)

// Statuses of a version of an artifact. A refused one has a RefusedRow instead.
const (
	InForce    = "IN_FORCE"
	Superseded = "SUPERSEDED"
	Withdrawn  = "WITHDRAWN" // its author took it back: nothing of the series is in force until the next revision
)

// ArtifactRow is one version of a shared artifact.
type ArtifactRow struct {
	Type     string    `cbor:"type" json:"type"`
	Author   block.CID `cbor:"author" json:"author"`
	Series   string    `cbor:"series" json:"series"` // hexadecimal
	Revision int64     `cbor:"revision" json:"revision"`
	Root     block.CID `cbor:"root" json:"root"`
	Entry    block.CID `cbor:"entry" json:"entry"`
	T        int64     `cbor:"t" json:"t"` // claimed time of the entry, ms UTC
	Status   string    `cbor:"status" json:"status"`
	Ended    *Ended    `cbor:"ended,omitempty" json:"ended,omitempty"` // of a version that was withdrawn
}

// Row keys of artifacts: the version in force of each series, and every version by its root.
const (
	inForcePrefix = "inforce/"
	versionPrefix = "version/"
)

func inForceKey(typ string, author block.CID, series string) string {
	return inForcePrefix + typ + "/" + author.String() + "/" + series
}

func versionKey(root block.CID) string { return versionPrefix + root.String() }

func applyForecast(f *fold) ([]string, error) {
	v, err := f.judge(func(s block.Sheet, scopes []artifact.Scope, rules RuleSet) (verdict, error) {
		doc, err := forecast.FromSheet(s)
		if err != nil {
			return verdict{}, err
		}
		f.replica.opened.put(*f.entry.Header.Body, doc)
		return verdict{codes: artifact.Codes(append(forecast.CheckUnder(doc, rules.Artifacts), outside(func(s artifact.Scope) []artifact.Finding { return forecast.CheckScope(doc, s) }, scopes)...)), header: doc.Header}, nil
	})
	if err != nil || len(v.codes) > 0 {
		return v.codes, err
	}
	return f.install(v)
}

func applyCapacity(f *fold) ([]string, error) {
	v, err := f.judge(func(s block.Sheet, scopes []artifact.Scope, _ RuleSet) (verdict, error) {
		plan, err := capacity.PlanFromSheet(s)
		if err != nil {
			return verdict{}, err
		}
		return verdict{codes: artifact.Codes(append(capacity.CheckPlan(plan), outside(func(s artifact.Scope) []artifact.Finding { return capacity.CheckPlanScope(plan, s) }, scopes)...)), header: plan.Header, answers: plan.Forecast}, nil
	})
	if err != nil || len(v.codes) > 0 {
		return v.codes, err
	}
	if codes, err := f.answersCurrent(v); err != nil || len(codes) > 0 {
		return codes, err
	}
	return f.install(v)
}

func applyAnswer(f *fold) ([]string, error) {
	v, err := f.judge(func(s block.Sheet, scopes []artifact.Scope, _ RuleSet) (verdict, error) {
		answer, err := capacity.AnswerFromSheet(s)
		if err != nil {
			return verdict{}, err
		}
		return verdict{codes: artifact.Codes(capacity.CheckAnswer(answer)), header: answer.Header, answers: &answer.Forecast}, nil
	})
	if err != nil || len(v.codes) > 0 {
		return v.codes, err
	}
	if codes, err := f.answersCurrent(v); err != nil || len(codes) > 0 {
		return codes, err
	}
	if codes, err := f.fitsForecast(*v.answers); err != nil || len(codes) > 0 {
		return codes, err
	}
	return f.install(v)
}

// fitsForecast compares an answer with the forecast it answers, which is in force and so held. This verdict is not remembered:
// whether the forecast is here when an answer is first judged depends on the order of arrival.
func (f *fold) fitsForecast(asked block.CID) ([]string, error) {
	answer, err := f.replica.Answer(*f.entry.Header.Body)
	if err != nil {
		return nil, err
	}
	doc, err := f.replica.Forecast(asked)
	if err != nil {
		return nil, err
	}
	return artifact.Codes(capacity.CheckAnswerAgainst(answer, doc)), nil
}

// answersCurrent refuses what was made for a forecast that is not in force any more.
func (f *fold) answersCurrent(v verdict) ([]string, error) {
	if v.answers == nil {
		return nil, nil
	}
	var row ArtifactRow
	found, err := get(f.rows, versionKey(*v.answers), &row)
	if err != nil {
		return nil, err
	}
	if !found || row.Status != InForce || row.Type != forecast.Type {
		return []string{codeSuperseded}, nil
	}
	return nil, nil
}

// install puts an artifact in force: the first of its series, or the next revision over the one in force.
func (f *fold) install(v verdict) ([]string, error) {
	root, series := *f.entry.Header.Body, v.header.Series.String()
	row := ArtifactRow{Type: v.header.Type, Author: f.author.Company, Series: series, Revision: v.header.Revision, Root: root,
		Entry: f.entry.CID, T: f.entry.Header.T, Status: InForce}
	key := inForceKey(row.Type, row.Author, series)
	var old ArtifactRow
	found, err := get(f.rows, key, &old)
	if err != nil {
		return nil, err
	}
	gone := false
	if !found { // a series that was withdrawn goes on where it ended
		if gone, err = get(f.rows, withdrawnKey(row.Type, row.Author, series), &old); err != nil {
			return nil, err
		}
		found = gone
	}
	if known, err := f.rowExists(versionKey(root)); err != nil || known {
		return []string{codeRevision}, err
	}
	switch {
	case !found && (v.header.Revision != 0 || v.header.Parent != nil):
		return []string{codeRevision}, nil
	case found && (v.header.Revision != old.Revision+1 || v.header.Parent == nil || *v.header.Parent != old.Root):
		return []string{codeRevision}, nil
	}
	if found {
		codes, err := f.revise(old.Root, root, row.Type)
		if err != nil || len(codes) > 0 {
			return codes, err
		}
		f.replaces = &old.Root
		if gone {
			err = f.rows.Delete(withdrawnKey(row.Type, row.Author, series))
		} else {
			old.Status = Superseded
			err = put(f.rows, versionKey(old.Root), old)
		}
		if err != nil {
			return nil, err
		}
	}
	if err := put(f.rows, versionKey(root), row); err != nil {
		return nil, err
	}
	return nil, put(f.rows, key, row)
}

func (f *fold) rowExists(key string) (bool, error) {
	_, found, err := f.rows.Get(key)
	return found, err
}

// revise compares a revision with the version in force: the codes that refuse it, else what it may be material to.
func (f *fold) revise(old, revised block.CID, typ string) (codes []string, err error) {
	switch typ {
	case campaign.Type:
		return f.reviseCampaign(old, revised)
	case quality.Type:
		return f.reviseQuality(old, revised)
	case product.Type:
		return f.reviseProduct(old, revised)
	case terms.Type:
		return f.reviseTerms(old, revised)
	case performance.Type:
		return f.revisePerformance(old, revised)
	}
	f.revised = &revision{day: calendar.DateOf(f.entry.Header.T)}
	switch typ {
	case forecast.Type:
		return f.reviseForecast(old, revised)
	case capacity.PlanType:
		for i, root := range []block.CID{old, revised} {
			sheet, err := f.replica.Sheet(root)
			if err != nil {
				return nil, err
			}
			if f.revised.plans[i], err = capacity.PlanFromSheet(sheet); err != nil {
				return nil, err
			}
		}
	default:
		f.revised.whole = true
	}
	return nil, nil
}

// reviseForecast compares two revisions of a forecast. Their cells are read only where something asks whether the revision is material to it.
func (f *fold) reviseForecast(old, revised block.CID) ([]string, error) {
	var docs [2]forecast.Document
	read := func() (err error) {
		for i, root := range []block.CID{old, revised} {
			if docs[i], err = f.forecast(root); err != nil {
				return err
			}
		}
		return nil
	}
	f.revised.forecasts = func() ([2]forecast.Document, error) {
		if len(docs[1].Lines) > 0 {
			return docs, nil
		}
		err := read()
		return docs, err
	}
	rules, _, err := f.rules()
	if err != nil {
		return nil, err
	}
	before, after, follows, err := f.replica.Follows(old, revised, rules.Artifacts)
	if err != nil {
		return nil, err
	}
	if follows {
		return artifact.Codes(forecast.CheckRevision(before, after)), nil
	}
	if err := read(); err != nil {
		return nil, err
	}
	return artifact.Codes(forecast.CheckRevision(docs[0], docs[1])), nil
}

// Scope is what a role may share of a kind in this partnership; ok is false where no scope grants anything.
func (c *Contract) Scope(role, kind string) (scope artifact.Scope, ok bool) {
	return grantedScope(&c.Genesis, role, kind)
}
